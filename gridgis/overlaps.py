"""Footprints that overlap: no boundary can part them without cutting one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Polygons = npt.NDArray[np.object_]

OVERLAP_M2 = 1e-4
"""Buildings that share more than this overlap; less is rounding in the source."""


def overlapping_pairs(polygons: Polygons, *, over_m2: float = OVERLAP_M2) -> Ints:
    """Return the pairs (k, 2), ascending, of polygons that share more than ``over_m2``."""
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pair = one < other
    one, other = one[pair], other[pair]
    inner = shapely.relate_pattern(polygons[one], polygons[other], "T********")
    one, other = one[inner], other[inner]
    over = shapely.area(shapely.intersection(polygons[one], polygons[other])) > over_m2
    pairs: Ints = np.column_stack([one[over], other[over]]).astype(np.int64)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def overlapping(polygons: Polygons) -> Ints:
    """Label polygons (n,) so that those that overlap, directly or through others, have one label."""
    one, other = overlapping_pairs(polygons).T
    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(len(polygons), len(polygons)))
    label: Ints = connected_components(links, directed=False)[1].astype(np.int64)
    return label
