"""Map colours: a number for each grid, so that neighbours never share one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
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


def recolour(colours: npt.NDArray[np.int64], changed: npt.NDArray[np.int64], pairs: Pairs) -> bool:
    """Colour changed polygons in place, leaving all others as they are as far as possible.

    Parameters
    ----------
    colours
        (n,) the colours so far; -1: none yet.
    changed
        Positions of polygons whose neighbours may be others now.
    pairs
        (m, 2) which polygons share a line; those of the changed ones, and of their neighbours.

    Returns
    -------
    bool
        False where that takes more than recolouring neighbours; then all have to be coloured anew.
    """
    neighbours: dict[int, set[int]] = defaultdict(set)
    for i, j in pairs.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    for i in changed.tolist():
        if colours[i] < 0 or any(colours[j] == colours[i] for j in neighbours[i]):
            colours[i] = -1
            used = colours[list(neighbours[i])].tolist()
            plans = [_made_way(colours, neighbours, i, c) for c in sorted(range(COLOURS), key=used.count)]
            plan = min((p for p in plans if p is not None), key=len, default=None)
            if plan is None:
                return False
            for j, colour in plan.items():
                colours[j] = colour
    return True


def _made_way(
    colours: npt.NDArray[np.int64], neighbours: Mapping[int, set[int]], i: int, colour: int
) -> dict[int, int] | None:
    """Return new colours that give `i` this one, its neighbours of that colour taking others; None: they cannot."""
    out = {i: colour}
    for j in sorted(neighbours[i]):
        if colours[j] == colour:
            around = {out.get(n, int(colours[n])) for n in neighbours[j]}
            free = [c for c in range(COLOURS) if c not in around]
            if not free:
                return None
            out[j] = free[0]
    return out


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
