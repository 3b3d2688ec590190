"""What is the same in two plans: buildings, grids, and the lines between grids."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEAR_M = 30.0
"""A building with the same id is the same if it is no farther away; ids may have been given out anew."""
OVERLAP = 0.5
"""One with another id is the same if it shares this much of the smaller footprint."""
SAME_CODES = 0.5
"""Codes mean the same grids in both plans if they keep this much of what the best matching would keep."""
STEP_M, LINE_M = 2.0, 0.5
"""A boundary is looked at every so many metres; it stays where one of before is so near."""


def match_buildings(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Ints:
    """Return (n,) the place in `after` of each building of `before`; -1: it is gone.

    The same ``source_id`` at the same place, or else the footprint with which it shares most.
    """
    out = np.full(len(before), -1, np.int64)
    here, there = before.geometry.to_numpy(), after.geometry.to_numpy()
    ids = [frame["source_id"].drop_duplicates(keep=False) for frame in (before, after)]
    _, i, j = np.intersect1d(*(column.to_numpy(str) for column in ids), return_indices=True)
    i, j = ids[0].index.to_numpy()[i], ids[1].index.to_numpy()[j]
    near = shapely.distance(here[i], there[j]) <= NEAR_M
    out[i[near]] = j[near]

    left = np.flatnonzero(out < 0)
    free = np.setdiff1d(np.arange(len(after)), out)
    a, b = shapely.STRtree(there[free]).query(here[left], predicate="intersects")
    a, b = left[a], free[b]
    shared = shapely.area(shapely.intersection(here[a], there[b]))
    enough = shared >= OVERLAP * np.minimum(shapely.area(here[a]), shapely.area(there[b]))
    enough &= shared > 0
    taken: set[int] = set()
    for pair in np.lexsort((b, a, -shared)).tolist():
        if enough[pair] and out[a[pair]] < 0 and int(b[pair]) not in taken:
            out[a[pair]] = b[pair]
            taken.add(int(b[pair]))
    return out


def match_grids(before: pd.Series, after: pd.Series, overlap: Floats) -> tuple[Ints, str]:
    """Return (k after,) the grid before that each grid is, -1: it is new; and whether by ``codes`` or ``overlap``.

    Parameters
    ----------
    before, after
        Codes.
    overlap
        (k before, k after) what they share.
    """
    rows, columns = linear_sum_assignment(-overlap)
    place = {code: grid for grid, code in enumerate(before)}
    named = np.array([place.get(code, -1) for code in after], np.int64)
    known = np.flatnonzero(named >= 0)
    if len(known) and overlap[named[known], known].sum() >= SAME_CODES * overlap[rows, columns].sum():
        return named, "codes"
    out = np.full(len(after), -1, np.int64)
    shares = overlap[rows, columns] > 0
    out[columns[shares]] = rows[shares]
    return out, "overlap"


def compare_boundaries(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> tuple[float, float, float]:
    """Return the length of the lines between grids before, after, and of those after that were there before."""
    old, new = (_between(frame.geometry.to_numpy()) for frame in (before, after))
    length = np.hypot(*(new[:, 1] - new[:, 0]).T)
    total = float(np.hypot(*(old[:, 1] - old[:, 0]).T).sum()), float(length.sum())
    if not len(old) or not len(new):
        return (*total, 0.0)
    count = np.maximum(1, np.ceil(length / STEP_M)).astype(np.int64)
    row = np.repeat(np.arange(len(new)), count)
    along = (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[row]
    points = shapely.points(new[row, 0] + along[:, None] * (new[row, 1] - new[row, 0]))
    found = shapely.STRtree(shapely.linestrings(old)).query(points, predicate="dwithin", distance=LINE_M)[0]
    return (*total, float((length / count)[row[np.unique(found)]].sum()))


def _between(grids: npt.NDArray[np.object_]) -> Floats:
    """Return (s, 2, 2) the straight pieces of line that two grids have in common, each once."""
    points, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(grids)), return_index=True)
    ends = np.stack([points[:-1], points[1:]], axis=1)[ring[1:] == ring[:-1]]
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[swap] = ends[swap][:, ::-1]
    flat, count = np.unique(ends.reshape(-1, 4), axis=0, return_counts=True)
    return flat[count > 1].reshape(-1, 2, 2)
