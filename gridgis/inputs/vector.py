"""GeoPackage, GeoJSON and FlatGeobuf."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed


def read_vector(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a file that GDAL knows; raises InputError when it is unreadable."""
    names = vector_layers(path)
    if layer is not None and layer not in names:
        raise InputError(
            Said(
                "{name}: there is no layer “{layer}” in it; there are: {names}",
                name=path.name,
                layer=layer,
                names=listed(names),
            )
        )
    return read_with(path, layer=layer if layer is not None else names[0], engine="pyogrio")


def read_geojson(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read GeoJSON; it is in WGS 84 by its standard, unless its coordinates cannot be degrees."""
    frame = read_vector(path, layer)
    box = frame.total_bounds if len(frame) else np.zeros(4)
    beyond = np.isfinite(box).all() and (np.abs(box[[0, 2]]) > 360).any() | (np.abs(box[[1, 3]]) > 90).any()
    if frame.crs is not None and frame.crs.is_geographic and beyond:
        return frame.set_crs(None, allow_override=True)
    return frame


def vector_layers(path: Path) -> list[str]:
    """Return the names of the layers that have geometry."""
    try:
        listed = pyogrio.list_layers(path)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(unreadable(path.name, error)) from None
    return [str(name) for name, kind in listed if kind is not None]


def read_with(
    path: Path, *, shown: str | None = None, reader: Callable[..., Any] = gpd.read_file, **how: Any
) -> gpd.GeoDataFrame:
    """Read with a function that takes the path and `how`; `shown` is the name for messages."""
    name = shown or path.name
    try:
        frame = reader(path, **how)
    except (DataSourceError, DataLayerError, OSError, UnicodeDecodeError, shapely.errors.GEOSException) as error:
        raise InputError(unreadable(name, error)) from None
    except ValueError as error:  # the engines raise it for geometry that cannot be built
        raise InputError(unreadable(name, error)) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(Said("{name}: there is no geometry in it; give the layer that has the shapes", name=name))
    return frame


def unreadable(name: str, error: Exception) -> Words:
    """Say that a file cannot be read, with the reader's first line as the reason."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return Said(
        "{name}: cannot be read ({reason}); open it in a desktop GIS and save it again", name=name, reason=reason
    )
