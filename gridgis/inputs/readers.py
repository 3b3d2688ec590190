"""Which file is read how: one file a format, a new format is a line in `READERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd

from gridgis.errors import InputError
from gridgis.inputs.geoparquet import geoparquet_layers, read_geoparquet
from gridgis.inputs.osm_objects import osm_layers, read_osm
from gridgis.inputs.shapefile import read_shapefile, shapefile_layers
from gridgis.inputs.vector import read_geojson, read_vector, vector_layers
from gridgis.languages import Said, listed


class Reader(NamedTuple):
    """How one format is read: its name, file and layer -> frame, file -> names of its layers."""

    format: str
    read: Callable[[Path, str | None], gpd.GeoDataFrame]
    layers: Callable[[Path], list[str]]


READERS: Mapping[str, Reader] = {
    ".shp": Reader("Shapefile", read_shapefile, shapefile_layers),
    ".zip": Reader("Shapefile (zipped)", read_shapefile, shapefile_layers),
    ".gpkg": Reader("GeoPackage", read_vector, vector_layers),
    ".geojson": Reader("GeoJSON", read_geojson, vector_layers),
    ".json": Reader("GeoJSON", read_geojson, vector_layers),
    ".fgb": Reader("FlatGeobuf", read_vector, vector_layers),
    ".parquet": Reader("GeoParquet", read_geoparquet, geoparquet_layers),
    ".geoparquet": Reader("GeoParquet", read_geoparquet, geoparquet_layers),
    ".pbf": Reader("OpenStreetMap", read_osm, osm_layers),
    ".osm": Reader("OpenStreetMap", read_osm, osm_layers),
}
"""Suffix -> reader."""


def find_reader(path: str | Path) -> tuple[Path, Reader]:
    """Return the file and its format's reader; raises InputError for what is missing or of no known format."""
    file = Path(path)
    if file.is_dir():
        raise InputError(Said("{path}: is a folder; give a file in it", path=path))
    if not file.exists():
        raise InputError(Said("{path}: there is no such file; check its name and folder", path=path))
    if file.stat().st_size == 0:
        raise InputError(Said("{path}: the file is empty (0 bytes); copy or export it again", path=path))
    reader = READERS.get(file.suffix.casefold())
    if reader is None:
        raise InputError(
            Said(
                "{path}: “{suffix}” is no known format; use one of {readers}",
                path=path,
                suffix=file.suffix,
                readers=listed(READERS),
            )
        )
    return file, reader


def read_layer(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a file as it is, nothing repaired.

    Parameters
    ----------
    path
        A file of a format in `READERS`.
    layer
        Name of the layer, where the file has several.

    Raises
    ------
    InputError
        When the file is missing, unreadable or of no known format.
    """
    file, reader = find_reader(path)
    return reader.read(file, layer)
