"""What a file says of each area of every level and of each building; the same in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from gridgis.codes import community_codes

if TYPE_CHECKING:
    from gridgis.plan import Plan


def level_features(plan: Plan, layer: str) -> gpd.GeoDataFrame:
    """Return the areas of a level that the plan has: ``communities``, ``sectors``, ``grids`` or ``micro_grids``."""
    if layer == "communities":
        areas = plan.community_areas
    elif layer == "sectors":
        areas = _sector_features(plan)
    elif layer == "micro_grids":
        areas = None if plan.micro is None else grid_features(plan.micro)
    else:
        areas = grid_features(plan)
    assert areas is not None, f"the plan has no {layer}"
    return areas


def layers_of(plan: Plan) -> tuple[str, ...]:
    """Return the names of the levels that the plan has, from the top down."""
    there = {
        "communities": plan.community_areas is not None,
        "sectors": plan.sectors is not None,
        "grids": True,
        "micro_grids": plan.options.micro is not None,
    }
    return tuple(name for name, has in there.items() if has)


def grid_features(plan: Plan) -> gpd.GeoDataFrame:
    """Return the grids with their record, in the layers' metric CRS, in the order of their codes.

    Columns: ``code, name, name_en``; ``community``, ``sector`` where there are such levels (in micro-grids: ``grid``),
    the code of the area above; ``households, population, buildings, area_m2, in_band`` (1 or 0), ``fixed`` (``locked``,
    ``dedicated`` or empty) where anything is, ``bounds_zh, bounds_en, colour, label_x, label_y`` (metres).
    """
    features = plan.grids[["code", "name", "name_en"]].copy()
    for level, codes in parent_codes(plan).items():
        features[level] = codes
    for column in ("households", "population", "buildings", "area_m2"):
        features[column] = plan.grids[column]
    features["in_band"] = plan.report.grids["in_band"].astype("int64")
    fixed = plan.report.grids["fixed"]
    if fixed.ne("").any():
        features["fixed"] = fixed
    for column in ("bounds_zh", "bounds_en", "colour", "label_x", "label_y"):
        features[column] = plan.grids[column]
    return gpd.GeoDataFrame(features, geometry=plan.grids.geometry, crs=plan.layers.crs)


def parent_codes(plan: Plan) -> dict[str, list[str | None]]:
    """Return, for each level above that there is, the code of the area that each grid lies in."""
    codes: dict[str, list[str | None]] = {}
    if len(plan.layers.communities):
        given = community_codes(plan.layers, plan.options)
        above = "grid" if plan.options.level == "micro" else "community"
        codes[above] = [given[place] if place >= 0 else None for place in plan.grid_community.tolist()]
    if plan.sectors is not None:
        codes["sector"] = [plan.codes.sector[place] for place in plan.sectors.grid.tolist()]
    return codes


def _sector_features(plan: Plan) -> gpd.GeoDataFrame | None:
    """Return the sectors with the code of their community, where there are communities."""
    areas = plan.sector_areas
    if areas is None:
        return None
    given = community_codes(plan.layers, plan.options)
    above = [given[place] if place >= 0 else None for place in areas["community"].tolist()]
    return areas.drop(columns="community") if not given else areas.assign(community=above)


def building_features(plan: Plan) -> gpd.GeoDataFrame:
    """Return every building with its grid's code, its counts, and whether each is measured or estimated.

    ``grid`` is None for a building outside the jurisdiction; such a building is not counted. ``micro_grid`` and
    ``profile`` (the housing type it goes by) are there where the plan has them.
    """
    buildings = plan.layers.buildings
    counts = plan.counts.reindex(buildings.index)
    features = {
        "building_id": buildings.index.to_numpy(),
        "source_id": buildings["source_id"],
        "name": buildings["name"],
        "use": buildings["use"],
        "grid": _codes_of_buildings(plan, plan),
    }
    if plan.micro is not None:
        features["micro_grid"] = _codes_of_buildings(plan, plan.micro)
    if "profile" in counts:
        features["profile"] = counts["profile"]
    for column in ("households", "population", "households_source", "population_source"):
        features[column] = counts[column]
    return gpd.GeoDataFrame(features, geometry=buildings.geometry, crs=plan.layers.crs)


def _codes_of_buildings(plan: Plan, level: Plan) -> np.ndarray:
    codes = level.building_grid.reindex(plan.layers.buildings.index).map(level.grids["code"])
    return codes.astype(object).where(codes.notna(), None).to_numpy()
