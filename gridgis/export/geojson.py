"""``grids.geojson``: the grids by RFC 7946, in WGS 84, outer rings counter-clockwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgis.export.attributes import grid_features
from gridgis.report import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan

DECIMALS = 9
"""Of a degree, a tenth of a millimetre: neighbours keep their common vertices and no building is cut."""


def write_geojson(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write one feature a grid, its code as the feature's id."""
    features = grid_features(plan).to_crs(4326)
    shapes = shapely.orient_polygons(features.geometry.to_numpy())
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    records = features.drop(columns=["geometry", "label_x", "label_y"]).to_dict("records")
    collection = {
        "type": "FeatureCollection",
        "name": "grids",
        "attribution": plan.layers.attribution,
        "bbox": [float(x) for x in np.round(shapely.total_bounds(shapes), DECIMALS)],
        "features": [
            {"type": "Feature", "id": record["code"], "properties": record, "geometry": shapely.geometry.mapping(shape)}
            for record, shape in zip(records, shapes, strict=True)
        ],
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(collection, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
