"""Census areas, and what all layers of areas share: what reaches into the jurisdiction, what belongs together."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Polygon

from gridgis.inputs.columns import as_text, coalesce, find_column, find_columns
from gridgis.inputs.counts import read_counts
from gridgis.inputs.tables import Table
from gridgis.languages import Said, Words, listed
from gridgis.repair import Repairs, clean_geometry

COUNTS = ("population", "households")
_DTYPES = {"population": "float64", "households": "float64", "dedicated": "bool"}


def census_counts(table: Table, faults: list[Words]) -> gpd.GeoDataFrame:
    """Return the areas with `population` and `households` (float, NaN where not known)."""
    frame = table.frame[["geometry"]].copy()
    found = {field: find_column(table.frame, field) for field in COUNTS}
    if not any(found.values()):
        columns = listed(c for c in table.frame.columns if c != "geometry") or Said("none")
        faults.append(
            Said(
                "{label}: no column holds population or households (columns: {columns}); rename the one that "
                "does to “population”",
                label=table.label,
                columns=columns,
            )
        )
    for field, column in found.items():
        frame[field] = np.nan
        if column is not None:
            frame[field], wrong = read_counts(table.frame[column], table.ids(), layer=table.label, column=column)
            faults += wrong
    return frame


def texts(frame: pd.DataFrame, *fields: str) -> pd.Series:
    """Return, row by row, the first text written in the columns of these fields (None where there is none)."""
    named = list(dict.fromkeys(column for field in fields for column in find_columns(frame, field)))
    return coalesce(pd.DataFrame({c: as_text(frame[c]) for c in named}, index=frame.index), named)


def first_text(frame: pd.DataFrame, field: str) -> pd.Series:
    """Return the text of the likeliest column of a field that holds any (None where nothing is written)."""
    for column in find_columns(frame, field):
        text = as_text(frame[column])
        if text.notna().any():
            return text
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def keep_reaching(table: Table, outline: Polygon | MultiPolygon, repairs: Repairs) -> gpd.GeoDataFrame:
    """Return the clean areas that share surface with the jurisdiction."""
    rows = pd.Series([f"row {n + 1}" for n in table.frame.index], index=table.frame.index, dtype=object)
    frame = clean_geometry(table.frame, table.label, "polygon", rows, repairs)
    geometry = frame.geometry.to_numpy()
    reaching = shapely.intersects(outline, geometry) & ~shapely.touches(outline, geometry)
    repairs.add(table.label, "wholly outside the jurisdiction", "left out", rows[frame.index[~reaching]].tolist())
    return frame[reaching].reset_index(drop=True)


def united(frame: gpd.GeoDataFrame, keys: pd.Series, label: str, repairs: Repairs) -> gpd.GeoDataFrame:
    """Unite rows with the same key into one, in the order of the first; rows without a key stay by themselves."""
    alone = pd.Series([f"\0{n}" for n in range(len(frame))], index=frame.index, dtype=object)
    of, first = pd.factorize(keys.where(keys.notna(), alone))
    if len(first) == len(frame):
        return frame
    sizes = np.bincount(of)
    repairs.add(label, "several polygons of one name or code", "united", first[sizes > 1].tolist())
    shapes = frame.geometry.to_numpy()
    result = frame.groupby(of, sort=False).first()
    joined = [shapely.union_all(shapes[of == n]) if sizes[n] > 1 else shapes[of == n][0] for n in range(len(first))]
    return _with_none(gpd.GeoDataFrame(result.drop(columns="geometry"), geometry=joined, crs=frame.crs))


def middles_of(houses: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Return a point in each building that counts."""
    points: npt.NDArray[np.object_] = shapely.point_on_surface(houses.geometry[houses["inside"]].to_numpy())
    return points


def only_reach_in(
    frame: gpd.GeoDataFrame, outline: Polygon | MultiPolygon, middles: npt.NDArray[np.object_]
) -> npt.NDArray[np.bool_]:
    """Whether each area is a neighbour's that reaches in: less than half of it inside, and none of `middles` in it."""
    areas = frame.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(outline, areas))
    holds = np.zeros(len(areas), bool)
    holds[shapely.STRtree(areas).query(middles, predicate="intersects")[1]] = True
    result: npt.NDArray[np.bool_] = (inside < 0.5 * shapely.area(areas)) & ~holds
    return result


def no_areas(fields: tuple[str, ...], crs: CRS) -> gpd.GeoDataFrame:
    """Return an empty layer with these columns."""
    kinds = {field: pd.Series(dtype=_DTYPES.get(field, "object")) for field in fields}
    return gpd.GeoDataFrame({"geometry": gpd.GeoSeries([], crs=crs), **kinds}, geometry="geometry", crs=crs)


def _with_none(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Grouping writes NaN where no row of a group says anything; our text columns hold None."""
    for column in frame.columns.drop("geometry"):
        text = frame[column].astype(object)
        frame[column] = text.where(text.notna(), None)
    return frame
