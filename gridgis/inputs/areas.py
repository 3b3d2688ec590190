"""Compounds and census areas: their names or counts, and those that reach into the jurisdiction."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Polygon

from gridgis.inputs.columns import as_text, coalesce, find_column, find_columns
from gridgis.inputs.counts import read_counts
from gridgis.inputs.tables import Table
from gridgis.repair import Repairs, clean_geometry

COUNTS = ("population", "households")


def census_counts(table: Table, faults: list[str]) -> gpd.GeoDataFrame:
    """Return the areas with `population` and `households` (float, NaN where not known)."""
    frame = table.frame[["geometry"]].copy()
    found = {field: find_column(table.frame, field) for field in COUNTS}
    if not any(found.values()):
        listed = ", ".join(str(c) for c in table.frame.columns if c != "geometry") or "none"
        faults.append(
            f"{table.label}: no column holds population or households (columns: {listed}); "
            "rename the one that does to “population”"
        )
    for field, column in found.items():
        frame[field] = np.nan
        if column is not None:
            frame[field], wrong = read_counts(table.frame[column], table.ids(), layer=table.label, column=column)
            faults += wrong
    return frame


def compound_names(table: Table) -> gpd.GeoDataFrame:
    """Return the compounds with `name` (text or None)."""
    frame = table.frame[["geometry"]].copy()
    named = find_columns(table.frame, "compound") + find_columns(table.frame, "name")
    frame["name"] = coalesce(pd.DataFrame({c: as_text(table.frame[c]) for c in named}, index=frame.index), named)
    return frame.assign(kind="compound", profile=None, dedicated=False)


def keep_reaching(table: Table, outline: Polygon | MultiPolygon, repairs: Repairs) -> gpd.GeoDataFrame:
    """Return the clean areas that share surface with the jurisdiction."""
    rows = pd.Series([f"row {n + 1}" for n in table.frame.index], index=table.frame.index, dtype=object)
    frame = clean_geometry(table.frame, table.label, "polygon", rows, repairs)
    geometry = frame.geometry.to_numpy()
    reaching = shapely.intersects(outline, geometry) & ~shapely.touches(outline, geometry)
    repairs.add(table.label, "wholly outside the jurisdiction", "left out", rows[frame.index[~reaching]].tolist())
    return frame[reaching].reset_index(drop=True)


def no_areas(fields: tuple[str, ...], crs: CRS) -> gpd.GeoDataFrame:
    """Return an empty layer with these columns."""
    kinds = {field: pd.Series(dtype="float64" if field in COUNTS else object) for field in fields}
    return gpd.GeoDataFrame({"geometry": gpd.GeoSeries([], crs=crs), **kinds}, geometry="geometry", crs=crs)
