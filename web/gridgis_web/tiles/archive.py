"""A PMTiles archive: written by GDAL, in one move; its tiles read from the file as it is mapped into memory."""

from __future__ import annotations

import gzip
import mmap
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pmtiles.tile import Entry, TileType, deserialize_directory, deserialize_header, find_tile, zxy_to_tileid

from gridgis_web.store.geometry import SRID

DEEPEST = 16
"""Zoom of the finest tiles; maps draw deeper ones from these."""

LEVELS_OF_DIRECTORIES = 4
"""At most, by PMTiles 3."""


def write_archive(
    file: Path,
    layer: str,
    shapes: npt.NDArray[np.object_],
    values: Mapping[str, Sequence[Any]],
    *,
    shallowest: int,
    geometry: str = "MultiPolygon",
) -> None:
    """Write shapes as vector tiles; the file is there whole or not at all.

    Parameters
    ----------
    shapes
        Well-known binary of each, in longitude and latitude.
    values
        Name -> one value each.
    shallowest
        The lowest zoom that has tiles; one that all shapes fit into without being thinned out.
    geometry
        Their type; ``Unknown``: of several.
    """
    from pyogrio.raw import write

    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".") as folder:
        made = Path(folder) / "made.pmtiles"
        write(
            str(made),
            geometry=shapes,
            field_data=[np.array(column) for column in values.values()],
            fields=np.array(list(values)),
            geometry_type=geometry,
            crs=f"EPSG:{SRID}",
            driver="PMTiles",
            layer=layer,
            dataset_options={
                "NAME": layer,
                "MINZOOM": str(shallowest),
                "MAXZOOM": str(DEEPEST),
                # each building counts, so none is left out of a tile, however full
                "MAX_FEATURES": "10000000",
                "MAX_SIZE": "100000000",
            },
        )
        with made.open("rb") as written:
            os.fsync(written.fileno())
        made.replace(file)


class Archive:
    """An archive that is read."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._bytes = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        self.header = deserialize_header(self._bytes[:127])
        if self.header["tile_type"] != TileType.MVT:
            raise ValueError(f"{file} holds no vector tiles")
        # reading a directory takes longer than reading a tile
        self._directory = lru_cache(maxsize=64)(self._read_directory)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, compressed (gzip); None: nothing is there."""
        if not self.header["min_zoom"] <= z <= self.header["max_zoom"]:
            return None
        number = zxy_to_tileid(z, x, y)
        at, length = self.header["root_offset"], self.header["root_length"]
        for _ in range(LEVELS_OF_DIRECTORIES):
            entry = find_tile(self._directory(at, length), number)
            if entry is None:
                return None
            if entry.run_length:
                at = self.header["tile_data_offset"] + entry.offset
                return self._bytes[at : at + entry.length]
            at, length = self.header["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def _read_directory(self, at: int, length: int) -> list[Entry]:
        found: list[Entry] = deserialize_directory(self._bytes[at : at + length])
        return found

    @property
    def metadata(self) -> bytes:
        """What GDAL tells of the layer and its fields; JSON."""
        at = self.header["metadata_offset"]
        return gzip.decompress(self._bytes[at : at + self.header["metadata_length"]])
