"""The areas of a plan, of every level, as the store keeps them for maps: shapes, labels, colours, bounds, counts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.bounds import SIDES, four_bounds
from gridgis.colour import colour_map
from gridgis.export.attributes import parent_codes
from gridgis.plan import Plan

DECIMALS = 7
"""Of a degree, a centimetre: as fine as maps need."""
COUNTS = ("households", "population", "buildings")


def areas_of(plan: Plan) -> gpd.GeoDataFrame:
    """Return the areas of every level of a plan, the uppermost first, in its metric system.

    Columns are those of the store's `Grid`: ``level, number, code, parent_code, name, name_en``, counts, ``area_m2``,
    ``bounds`` (of grids and micro-grids), ``colour``, ``label_lon``, ``label_lat`` (the point with most room around
    it), ``geojson``; and ``geometry``.
    """
    levels = []
    above = parent_codes(plan)
    if plan.community_areas is not None:
        levels.append(_upper("community", plan.community_areas, [""] * len(plan.community_areas)))
    if plan.sector_areas is not None:
        of_grid = dict(zip(above["sector"], above.get("community", [""] * plan.assignment.grids), strict=True))
        levels.append(_upper("sector", plan.sector_areas, [of_grid[code] for code in plan.sector_areas["code"]]))
    levels.append(_grids("grid", plan, above.get("sector") or above.get("community")))
    if plan.micro is not None:
        levels.append(_grids("micro", plan.micro, parent_codes(plan.micro)["grid"]))
    areas = gpd.GeoDataFrame(pd.concat(levels, ignore_index=True), geometry="geometry", crs=plan.layers.crs)
    areas["geojson"] = geojson_of(areas.geometry)
    return areas


def geojson_of(geometry: gpd.GeoSeries) -> list[str]:
    """Return shapes as GeoJSON geometries in longitude and latitude, outer rings counter-clockwise (RFC 7946)."""
    shapes = shapely.orient_polygons(geometry.to_crs(4326).to_numpy())
    texts: list[str] = shapely.to_geojson(shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))).tolist()
    return texts


def _grids(level: str, plan: Plan, parents: list[str | None] | None) -> gpd.GeoDataFrame:
    grids = plan.grids
    numbers = [code.removeprefix(plan.options.parent_code) for code in plan.codes.code]
    words = four_bounds(plan.units, plan.assignment, numbers)
    bounds = [
        {side: {language: row[f"{side}_{language}"] for language in ("zh", "en")} for side in SIDES}
        for row in words.to_dict("records")
    ]
    frame = grids[["code", "name", "name_en", *COUNTS, "area_m2", "colour", "geometry"]].reset_index(drop=True)
    return _with_labels(
        frame, level, parents or [""] * len(frame), bounds, grids[["label_x", "label_y"]].to_numpy(float)
    )


def _upper(level: str, areas: gpd.GeoDataFrame, parents: list[str | None]) -> gpd.GeoDataFrame:
    frame = areas[["code", "name", "name_en", *COUNTS, "area_m2", "geometry"]].reset_index(drop=True)
    shapes = frame.geometry.to_numpy()
    room = shapely.maximum_inscribed_circle(shapes, np.sqrt(shapely.area(shapes)) / 100)
    points = shapely.get_coordinates(shapely.get_point(room, 0))
    return _with_labels(frame.assign(colour=colour_map(shapes)), level, parents, [{} for _ in shapes], points)


def _with_labels(
    frame: gpd.GeoDataFrame,
    level: str,
    parents: list[str | None],
    bounds: list[dict[str, dict[str, str]]],
    points: npt.NDArray[np.float64],
) -> gpd.GeoDataFrame:
    labels = gpd.GeoSeries(shapely.points(points), crs=frame.crs).to_crs(4326)
    return frame.assign(
        level=level,
        number=np.arange(len(frame)),
        parent_code=[parent or "" for parent in parents],
        bounds=bounds,
        label_lon=labels.x.to_numpy(),
        label_lat=labels.y.to_numpy(),
    )
