"""What a file says of each grid and each building; the same in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd

if TYPE_CHECKING:
    from gridgis.plan import Plan


def grid_features(plan: Plan) -> gpd.GeoDataFrame:
    """Return the grids with their record, in the layers' metric CRS, in the order of their codes.

    Columns: ``code, name, name_en, households, population, buildings, area_m2, in_band`` (1 or 0),
    ``bounds_zh, bounds_en, colour, label_x, label_y`` (metres).
    """
    features = plan.grids[
        ["code", "name", "name_en", "households", "population", "buildings", "area_m2", "geometry"]
    ].copy()
    features.insert(7, "in_band", plan.report.grids["in_band"].astype("int64"))
    for column in ("bounds_zh", "bounds_en", "colour", "label_x", "label_y"):
        features[column] = plan.grids[column]
    return features


def building_features(plan: Plan) -> gpd.GeoDataFrame:
    """Return every building with its grid's code, its counts, and whether each is measured or estimated.

    ``grid`` is None for a building outside the jurisdiction; such a building is not counted.
    """
    buildings = plan.layers.buildings
    counts = plan.counts.reindex(buildings.index)
    codes = plan.building_grid.reindex(buildings.index).map(plan.grids["code"])
    return gpd.GeoDataFrame(
        {
            "building_id": buildings.index.to_numpy(),
            "source_id": buildings["source_id"],
            "name": buildings["name"],
            "use": buildings["use"],
            "grid": codes.astype(object).where(codes.notna(), None),
            "households": counts["households"],
            "population": counts["population"],
            "households_source": counts["households_source"],
            "population_source": counts["population_source"],
        },
        geometry=buildings.geometry,
        crs=plan.layers.crs,
    )
