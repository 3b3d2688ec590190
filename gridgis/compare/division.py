"""A plan as it is compared: its grids, and which building is in which; from a `Plan` or from its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgis.errors import InputError, some
from gridgis.languages import Said

if TYPE_CHECKING:
    from gridgis.plan import Plan

GRIDS, BUILDINGS = ("code", "geometry"), ("source_id", "grid", "households", "population", "geometry")
CODE_WORDS = ("grid", "code", "网格", "网格编码", "编码")
OFFICER_WORDS = ("officer", "name", "网格员", "姓名")


@dataclass(frozen=True, kw_only=True)
class Division:
    """Grids and buildings of one plan, in one metric CRS.

    Attributes
    ----------
    grids
        ``code`` and ``geometry``, index 0 … k-1.
    buildings
        ``source_id``, ``grid`` (position of its grid), ``households``, ``population``, ``geometry``; only those
        that some grid holds, index 0 … b-1.
    """

    grids: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame

    @classmethod
    def of_plan(cls, plan: Plan) -> Self:
        """Take what is compared from a plan."""
        from gridgis.export.attributes import building_features

        return cls.of_frames(plan.grids, building_features(plan))

    @classmethod
    def of_frames(cls, grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> Self:
        """Take what is compared from the layers of a plan; the buildings' ``grid`` is a code."""
        grids = grids[list(GRIDS)].reset_index(drop=True)
        place = {code: position for position, code in enumerate(grids["code"])}
        held = buildings[buildings["grid"].notna()]
        unknown = sorted(set(held["grid"]) - set(place))
        if unknown:
            raise InputError(
                Said(
                    "buildings are in grids that the plan does not have: {unknown}; write the plan's files again",
                    unknown=some(unknown),
                )
            )
        values = {name: held[name].to_numpy() for name in ("households", "population")}
        return cls(
            grids=grids,
            buildings=gpd.GeoDataFrame(
                {
                    "source_id": held["source_id"].astype(str).to_numpy(object),
                    "grid": np.array([place[code] for code in held["grid"]], np.int64),
                    **{name: np.nan_to_num(column.astype(float)) for name, column in values.items()},
                },
                geometry=held.geometry.to_numpy(),
                crs=buildings.crs,
            ),
        )


def read_division(path: str | Path) -> Division:
    """Read the folder that a plan was written to, or its ``grids.gpkg``.

    Raises
    ------
    InputError
        There is no such file, or it is not a plan's.
    """
    from pyogrio.errors import DataLayerError, DataSourceError

    file = Path(path) / "grids.gpkg" if Path(path).is_dir() else Path(path)
    if not file.exists():
        raise InputError(
            Said("{path}: there is no plan here; give the folder a plan was written to, or its grids.gpkg", path=path)
        )
    try:
        layers = [gpd.read_file(file, layer=layer, engine="pyogrio") for layer in ("grids", "buildings")]
    except (DataLayerError, DataSourceError):
        raise InputError(
            Said(
                "{path}: has no layers grids and buildings; give the folder a plan was written to, or its grids.gpkg",
                path=path,
            )
        ) from None
    missing = [
        name for frame, names in zip(layers, (GRIDS, BUILDINGS), strict=True) for name in names if name not in frame
    ]
    if missing:
        raise InputError(
            Said("{path}: has no column {missing}; write the plan's files again", path=path, missing=some(missing))
        )
    return Division.of_frames(*layers)


def read_officers(path: str | Path) -> dict[str, str]:
    """Read a CSV table of grid codes and officers: columns ``grid`` and ``officer`` (网格, 网格员).

    Raises
    ------
    InputError
        The file cannot be read, lacks a column or names a grid twice.
    """
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig").dropna(how="all")
    except (OSError, ValueError) as error:
        raise InputError(
            Said("{path}: cannot be read as a CSV table in UTF-8 ({error}); save it as one", path=path, error=error)
        ) from None
    columns = [next((w for w in words if w in table), None) for words in (CODE_WORDS, OFFICER_WORDS)]
    if None in columns:
        raise InputError(
            Said(
                "{path}: needs the columns grid and officer; it has {columns}",
                path=path,
                columns=some(list(table.columns)),
            )
        )
    table = table[columns].dropna()
    twice = table[columns[0]][table[columns[0]].duplicated()].tolist()
    if twice:
        raise InputError(
            Said("{path}: grid {twice} has several officers; give each grid one", path=path, twice=some(twice))
        )
    return dict(zip(table[columns[0]].str.strip(), table[columns[1]].str.strip(), strict=True))
