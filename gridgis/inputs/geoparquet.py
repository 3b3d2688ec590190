"""GeoParquet."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from gridgis.errors import InputError
from gridgis.inputs.vector import unreadable
from gridgis.languages import Said


def read_geoparquet(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a GeoParquet file, which holds one layer; raises InputError when it is none."""
    import pyarrow as pa

    if layer is not None and layer != path.stem:
        raise InputError(
            Said("{name}: a GeoParquet file has no layers, so none is called “{layer}”", name=path.name, layer=layer)
        )
    try:
        return gpd.read_parquet(path)
    except (pa.ArrowException, ValueError, OSError, KeyError) as error:
        raise InputError(unreadable(path.name, error)) from None


def geoparquet_layers(path: Path) -> list[str]:
    """Return the one layer's name: that of the file."""
    return [path.stem]
