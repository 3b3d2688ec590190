"""Map colours: a number for each grid, so that neighbours never share one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

COLOURS = 6
"""Enough for any planar map by the greedy rule below: some grid always has at most five neighbours."""

Pairs = npt.NDArray[np.int64]


def touching_pairs(polygons: Sequence[Any] | npt.NDArray[np.object_]) -> tuple[Pairs, npt.NDArray[np.bool_]]:
    """Find which polygons touch.

    Returns
    -------
    pairs
        (m, 2) positions, the lower first, ascending.
    line
        (m,) True where they share a line, False where only corners meet.
    """
    shapes = np.asarray(polygons, object)
    shapely.prepare(shapes)
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.column_stack([i, j])[i < j].astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    # boundaries share a line, or interiors overlap (a partition made elsewhere)
    first, second = shapes[pairs[:, 0]], shapes[pairs[:, 1]]
    line = shapely.relate_pattern(first, second, "****1****") | shapely.relate_pattern(first, second, "2********")
    return pairs, line


def colour_map(polygons: Sequence[Any] | npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Colour polygons with 0 … 5 so that neighbours differ; deterministic.

    Polygons that share a line always differ while the map is planar (no grid of several
    parts); those that meet at a corner differ too wherever six colours allow it. The order
    is smallest-last (Matula and Beck, 1983, Journal of the ACM 30(3)).

    Returns
    -------
    (n,) int64
    """
    pairs, line = touching_pairs(polygons)
    n = len(polygons)
    colours = _greedy(n, pairs, pairs[:0])
    if np.any(colours[pairs[:, 0]] == colours[pairs[:, 1]]):
        colours = _greedy(n, pairs[line], pairs[~line])
    return colours


def _greedy(n: int, hard: Pairs, soft: Pairs) -> npt.NDArray[np.int64]:
    """Colour in smallest-last order: fewest conflicts over lines, then over corners, then the least used colour."""
    strong, weak = _neighbours(n, hard), _neighbours(n, soft)
    colours = np.full(n, -1, np.int64)
    used = [0] * COLOURS
    for i in reversed(_smallest_last(strong)):
        lines = [int(colours[j]) for j in strong[i]]
        corners = [int(colours[j]) for j in weak[i]]
        best = min(range(COLOURS), key=lambda c: (lines.count(c), corners.count(c), used[c], c))
        colours[i] = best
        used[best] += 1
    return colours


def _neighbours(n: int, pairs: Pairs) -> list[set[int]]:
    neighbours: list[set[int]] = [set() for _ in range(n)]
    for i, j in pairs.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    return neighbours


def _smallest_last(neighbours: list[set[int]]) -> list[int]:
    """Take away, again and again, the node with the fewest neighbours left."""
    degree = [len(s) for s in neighbours]
    buckets: list[set[int]] = [set() for _ in range(max(degree, default=0) + 1)]
    for i, d in enumerate(degree):
        buckets[d].add(i)
    order: list[int] = []
    gone = [False] * len(degree)
    for _ in degree:
        i = min(next(bucket for bucket in buckets if bucket))
        buckets[degree[i]].remove(i)
        gone[i] = True
        order.append(i)
        for j in neighbours[i]:
            if not gone[j]:
                buckets[degree[j]].remove(j)
                degree[j] -= 1
                buckets[degree[j]].add(j)
    return order
