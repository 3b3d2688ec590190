"""Tables as GeoParquet and back, exactly: values, kinds of columns, what stands for nothing, the index."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Date of every entry, so that the same content is the same bytes."""


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip of these entries, in order of name; the same entries, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3
            # tables and pictures are compressed already
            entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".json", ".html")) else zipfile.ZIP_STORED
            archive.writestr(entry, entries[name])
    return out.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the entries of a zip that `zipped` made."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def to_json(values: Any) -> bytes:
    """Return JSON; the same values, the same bytes."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def pack_frame(frame: pd.DataFrame) -> tuple[bytes, dict[str, Any]]:
    """Return a table as (Geo)Parquet, and what that does not tell of it.

    Raises
    ------
    TypeError
        Its index is not one of whole numbers from 0 on.
    """
    index = frame.index
    if not index.equals(pd.RangeIndex(len(frame))):
        raise TypeError(f"a table is indexed by {type(index).__name__}, not by 0 … n-1")
    kinds = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    told: dict[str, Any] = {"index": index.name, "kinds": kinds, "nan": {}}
    for name, kind in kinds.items():
        if kind == "object":
            nan = [at for at, value in enumerate(frame[name].tolist()) if isinstance(value, float)]
            if nan:
                told["nan"][name] = nan
    out = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(out, index=False, compression="zstd")
    return out.getvalue(), told


def unpack_frame(content: bytes, told: Mapping[str, Any], crs: CRS | None = None) -> pd.DataFrame:
    """Return the table that `pack_frame` was given; with geometry in ``crs`` it is a GeoDataFrame."""
    source = io.BytesIO(content)
    frame = pd.read_parquet(source) if crs is None else gpd.read_parquet(source)
    index = pd.RangeIndex(len(frame), name=told["index"])
    columns: dict[str, pd.Series] = {}
    for name, kind in told["kinds"].items():
        values = frame[name]
        if kind == "geometry":
            columns[name] = gpd.GeoSeries(values.to_numpy(), index=index)
        elif kind == "object":
            cells = values.astype(object).to_numpy(copy=True)
            cells[values.isna().to_numpy()] = None
            cells[told["nan"].get(name, [])] = np.nan
            columns[name] = pd.Series(cells, index=index, dtype=object)
        else:
            columns[name] = pd.Series(values.astype(kind).array, index=index)
    if crs is None:
        return pd.DataFrame(columns, index=index)
    made: pd.DataFrame = gpd.GeoDataFrame(columns, geometry="geometry", crs=crs, index=index)
    return made
