"""Which buildings were there before, and in which grid: by id and place, else by footprint."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

SAME_SHARE = 0.5
"""A footprint is an old one when they share at least this much of the smaller of the two."""

Ints = npt.NDArray[np.int64]


def match_buildings(buildings: gpd.GeoDataFrame, was: gpd.GeoDataFrame) -> Ints:
    """Return (n,) the position of the building of before that each building is; -1: it is new.

    A building with the id of one that it touches is that one; else one that shares half of the smaller footprint.
    Of several that claim to be the same, the one that shares most is.

    Parameters
    ----------
    buildings, was
        With ``geometry``, in one CRS, and ``source_id``.
    """
    new, old = buildings.geometry.to_numpy(), was.geometry.to_numpy()
    i, j = shapely.STRtree(old).query(new, predicate="intersects").astype(np.int64)
    shared = shapely.area(shapely.intersection(new[i], old[j]))
    share = shared / np.maximum(np.minimum(shapely.area(new[i]), shapely.area(old[j])), 1e-9)
    same_id = buildings["source_id"].to_numpy(object)[i] == was["source_id"].to_numpy(object)[j]
    fits = same_id | (share >= SAME_SHARE)
    i, j, share, same_id = i[fits], j[fits], share[fits], same_id[fits]
    out = np.full(len(new), -1, np.int64)
    taken = np.zeros(len(old), bool)
    for at in np.lexsort((j, i, -share, ~same_id)).tolist():
        if out[i[at]] < 0 and not taken[j[at]]:
            out[i[at]] = j[at]
            taken[j[at]] = True
    return out


def came_from(buildings: gpd.GeoDataFrame, was: gpd.GeoDataFrame) -> pd.Series:
    """Return building_id -> the code of the grid that it was in; None for new ones."""
    of = match_buildings(buildings, was)
    codes = [*was["grid"].astype(object).where(was["grid"].notna(), None).tolist(), None]
    return pd.Series([codes[place] for place in of.tolist()], index=buildings.index, dtype=object, name="from")
