"""What layers say, as one number: the same whatever format or folder they came in."""

from __future__ import annotations

import hashlib
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

_DECIMALS = 3


def fingerprint_layers(boundary: BaseGeometry, *frames: gpd.GeoDataFrame) -> str:
    """Return the sha256 (hex) of the geometry, to the millimetre and in the order given, and of all columns."""
    digest = hashlib.sha256(_canonical(np.array([boundary], dtype=object)))
    for frame in frames:
        digest.update(f"#{len(frame)}".encode())
        digest.update(_canonical(frame.geometry.to_numpy()))
        for column in sorted(str(c) for c in frame.columns if c != frame.geometry.name):
            digest.update(column.encode())
            digest.update(json.dumps(_plain(frame[column]), ensure_ascii=False).encode())
    return digest.hexdigest()


def _canonical(geometry: np.ndarray[tuple[int], np.dtype[np.object_]]) -> bytes:
    rounded = shapely.transform(geometry, lambda xy: np.round(xy, _DECIMALS) + 0.0)
    return b"".join(shapely.to_wkb(shapely.normalize(rounded), byte_order=1).tolist())


def _plain(values: pd.Series) -> list[object]:
    if pd.api.types.is_bool_dtype(values):
        return [bool(v) for v in values]
    if pd.api.types.is_numeric_dtype(values):
        return [None if pd.isna(v) else round(float(v), 6) for v in values]
    return [None if v is None or pd.isna(v) else str(v) for v in values]
