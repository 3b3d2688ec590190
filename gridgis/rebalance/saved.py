"""A plan as its folder keeps it: options, grids, buildings and codes that were used up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd

from gridgis.errors import InputError
from gridgis.languages import Said, listed
from gridgis.options import PlanOptions


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """What a plan's folder says.

    Attributes
    ----------
    file
        The GeoPackage with its grids and buildings.
    buildings
        ``source_id``, ``grid`` (code or None) and footprints.
    retired
        Codes that are not to be used again.
    """

    options: PlanOptions
    file: Path
    buildings: gpd.GeoDataFrame
    retired: tuple[str, ...]

    @property
    def existing(self) -> str:
        """The grids' layer, as `read_layers` takes it for ``existing``."""
        return f"{self.file}|layername=grids"


def read_plan(folder: str | Path) -> SavedPlan:
    """Read a plan that was written to a folder: its ``plan.json`` and ``grids.gpkg``.

    Raises
    ------
    InputError
        The files are missing, or not those of a plan.
    """
    folder = Path(folder)
    missing = [name for name in ("plan.json", "grids.gpkg") if not (folder / name).is_file()]
    if missing:
        raise InputError(
            Said(
                "{folder}: lacks {missing}; give the folder that a plan was written to (partition -o)",
                folder=folder,
                missing=listed(missing, "and"),
            )
        )
    try:
        values = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise InputError(
            Said("{name}/plan.json: cannot be read ({error}); write the plan again", name=folder.name, error=error)
        ) from None
    if not isinstance(values, dict) or values.get("format") != "gridgis-plan":
        raise InputError(Said("{name}/plan.json: is not a plan of gridgis; give the folder of one", name=folder.name))
    return SavedPlan(
        options=PlanOptions.from_dict(values["options"]),
        file=folder / "grids.gpkg",
        buildings=_buildings(folder),
        retired=tuple(values.get("retired", ())),
    )


def _buildings(folder: Path) -> gpd.GeoDataFrame:
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        return gpd.read_file(folder / "grids.gpkg", layer="buildings", engine="pyogrio")
    except (DataLayerError, DataSourceError) as error:
        raise InputError(
            Said(
                "{name}/grids.gpkg: the layer buildings cannot be read ({error}); write the plan again",
                name=folder.name,
                error=error,
            )
        ) from None
