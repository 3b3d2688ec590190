"""What the base map shows of a jurisdiction's layers: land, water, compounds, roads and rails, without any counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from gridgis.features import ROADS

if TYPE_CHECKING:
    from gridgis.layers import Layers

LINES = (*ROADS, "rail", "tram", "river", "stream", "wall")
"""Kinds of lines that are drawn."""

TOLERANCE_M = 0.3
"""A tile at the finest zoom tells points apart that are this far from one another."""

SRID = 4326


def base_features(layers: Layers) -> tuple[Any, dict[str, list[str]]]:
    """Return the well-known binary of all features in longitude and latitude, and their ``kind`` and ``name``."""
    shapes, kinds, names = [], [], []
    for kind, name, shape in _features(layers):
        shapes.append(shape)
        kinds.append(kind)
        names.append(name or "")
    placed = gpd.GeoSeries(shapes, crs=layers.crs).to_crs(SRID)
    return placed.to_wkb().to_numpy(), {"kind": kinds, "name": names}


def _features(layers: Layers) -> Iterator[tuple[str, str | None, shapely.Geometry]]:
    yield "land", layers.name, shapely.simplify(layers.boundary, TOLERANCE_M)
    for kind, areas in (("compound", layers.compounds), ("water", layers.water)):
        for shape, name in zip(shapely.simplify(areas.geometry.to_numpy(), TOLERANCE_M), areas["name"], strict=True):
            yield kind, name, shape
    lines = layers.lines[layers.lines["kind"].isin(LINES) & ~layers.lines["tunnel"].astype(bool)]
    # a road comes in many pieces: its name needs room along the whole of it
    for (kind, name), pieces in lines.groupby(["kind", "name"], dropna=False, observed=True):
        whole = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(pieces.geometry.to_numpy())))
        for line in shapely.simplify(shapely.get_parts(whole), TOLERANCE_M):
            yield str(kind), name if isinstance(name, str) else None, line
