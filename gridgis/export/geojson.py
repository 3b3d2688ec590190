"""``grids.geojson``: the grids by RFC 7946, in WGS 84, outer rings counter-clockwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gridgis.export.attributes import level_features
from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan

Shapes = npt.NDArray[np.object_]

DECIMALS = 12
"""Of a degree, finer than the micrometre that units are drawn to: a narrow corner does not come to cross itself."""


def write_geojson(plan: Plan, path: Path, *, language: Language = "zh", layer: str = "grids") -> None:
    """Write one feature a grid, its code as the feature's id; or of another level, see `attributes.level_features`."""
    write_features(level_features(plan, layer), path, attribution=plan.layers.attribution, name=layer)


def write_features(areas: gpd.GeoDataFrame, path: Path, *, attribution: str, name: str = "grids") -> None:
    """Write areas as `level_features` returns them, with whatever columns they have beside."""
    features = areas.to_crs(4326)
    shapes, bbox = _at_antimeridian(features.geometry.to_numpy())
    shapes = shapely.transform(shapely.orient_polygons(shapes), lambda xy: np.round(xy, DECIMALS))
    records = features.drop(columns=["geometry", "label_x", "label_y"], errors="ignore").to_dict("records")
    collection = {
        "type": "FeatureCollection",
        "name": name,
        "attribution": attribution,
        "bbox": [round(float(x), DECIMALS) for x in bbox],
        "features": [
            {"type": "Feature", "id": record["code"], "properties": record, "geometry": shapely.geometry.mapping(shape)}
            for record, shape in zip(records, shapes, strict=True)
        ],
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(collection, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def _at_antimeridian(shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.float64]]:
    """Divide shapes at 180° (RFC 7946, 3.1.9), and return the box around them: its west is then east of its east."""
    bounds = shapely.total_bounds(shapes)
    if bounds[2] - bounds[0] <= 180:
        return shapes, bounds
    turn = np.array([360.0, 0.0])
    onward = shapely.transform(shapes, lambda xy: xy + turn * (xy < 0))
    east, west = (shapely.intersection(onward, shapely.box(x, -90, x + 180, 90)) for x in (0, 180))
    west = shapely.transform(west, lambda xy: xy - turn)
    bounds = shapely.total_bounds(onward) - [0, 0, 360, 0]
    return shapely.union(east, west), bounds
