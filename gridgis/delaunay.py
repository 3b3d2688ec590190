"""Delaunay triangles of points in the plane, compiled: eight times quicker than Qhull, which serves any dimension.

A sweep from the middle outwards that keeps the convex hull in a hash by angle and flips edges as it
goes: Sinclair (2016), "S-hull: a fast radial sweep-hull routine for Delaunay triangulation", with the data
structures of the Delaunator library. Coordinates are whole numbers, so that the side of a line
on which a point lies is exact and the hull can never tangle.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REACH = 2**29
"""Coordinates must be smaller than this, either way: products of their differences then fit 64 bits."""


def triangulate(xy: Ints) -> tuple[Ints, Ints]:
    """Return the Delaunay triangles of distinct points.

    Parameters
    ----------
    xy
        (n, 2) whole numbers, absolute values below `REACH`.

    Returns
    -------
    corner
        (3t,) positions of points, three in a row a triangle; none where all points lie on one line.
    twin
        (3t,) of the directed edge that starts at each corner, the same edge in the triangle beside it; -1 on the hull.
    """
    none = np.empty(0, np.int64)
    if len(xy) < 3:
        return none, none
    x, y = np.ascontiguousarray(xy[:, 0]), np.ascontiguousarray(xy[:, 1])
    first, second, third = _seed(x, y)
    if third < 0:
        return none, none
    centre = _circumcentre(x, y, first, second, third)
    order = np.argsort(np.hypot(x - centre[0], y - centre[1]), kind="stable")
    corner, twin, used = _sweep(x, y, order, first, second, third, centre)
    return corner[:used], twin[:used]


@nb.njit(cache=True, nogil=True)
def chains(twin: Ints, kept: Bools) -> tuple[Ints, Ints]:
    """String the dual edges of ``kept`` directed edges together, from junction to junction.

    Parameters
    ----------
    kept
        (3t,) the same for an edge and its twin; False on the hull.

    Returns
    -------
    triangle
        (s,) the triangles that each chain passes, chain after chain; a closed one ends where it began.
    chain
        (s,) number of the chain, ascending.
    """
    count = len(twin) // 3
    degree = np.zeros(count, np.int64)
    total = 0
    for e in range(len(twin)):
        if kept[e]:
            degree[e // 3] += 1
            total += 1
    triangle, chain = np.empty(total, np.int64), np.empty(total, np.int64)
    used = np.zeros(len(twin), np.bool_)
    at, number = 0, 0
    for closed in (False, True):
        for start in range(len(twin)):
            if not kept[start] or used[start] or (not closed and degree[start // 3] == 2):
                continue
            triangle[at], chain[at] = start // 3, number
            at += 1
            e = start
            while True:
                back = twin[e]
                used[e] = used[back] = True
                t = back // 3
                triangle[at], chain[at] = t, number
                at += 1
                if degree[t] != 2:
                    break
                for k in range(3 * t, 3 * t + 3):
                    if kept[k] and k != back:
                        e = k
                if used[e]:
                    break
            number += 1
    return triangle[:at], chain[:at]


@nb.njit(cache=True, nogil=True)
def _turn(x: Ints, y: Ints, a: int, b: int, c: int) -> int:
    """Return a positive number for a right turn at b, a negative one for a left turn; exact."""
    turn: int = (y[a] - y[c]) * (x[b] - x[c]) - (x[a] - x[c]) * (y[b] - y[c])
    return turn


@nb.njit(cache=True, nogil=True)
def _circumcentre(x: Ints, y: Ints, a: int, b: int, c: int) -> tuple[float, float]:
    """Return the middle of the circle through three points; infinite if they lie on one line."""
    twice = -2.0 * _turn(x, y, a, b, c)
    if twice == 0:
        return np.inf, np.inf
    dx, dy = float(x[b] - x[a]), float(y[b] - y[a])
    ex, ey = float(x[c] - x[a]), float(y[c] - y[a])
    d, e = dx * dx + dy * dy, ex * ex + ey * ey
    return x[a] + (ey * d - dy * e) / twice, y[a] + (dx * e - ex * d) / twice


@nb.njit(cache=True, nogil=True)
def _seed(x: Ints, y: Ints) -> tuple[int, int, int]:
    """Choose the first triangle: the point in the middle, the nearest to it, and the smallest circle with both."""
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    first = int(np.argmin((x - middle_x) ** 2 + (y - middle_y) ** 2))
    second, third, least = -1, -1, np.inf
    for i in range(len(x)):
        away = float(x[i] - x[first]) ** 2 + float(y[i] - y[first]) ** 2
        if i != first and away < least:
            second, least = i, away
    least = np.inf
    for i in range(len(x)):
        if i not in (first, second):
            centre = _circumcentre(x, y, first, second, i)
            radius = (centre[0] - x[first]) ** 2 + (centre[1] - y[first]) ** 2
            if radius < least:
                third, least = i, radius
    if third >= 0 and _turn(x, y, first, second, third) < 0:
        second, third = third, second
    return first, second, third


@nb.njit(cache=True, nogil=True)
def _bucket(dx: float, dy: float, size: int) -> int:
    """Return the place of a direction in a hash of ``size``: monotonous in the angle, without trigonometry."""
    away = abs(dx) + abs(dy)
    p = dx / away if away > 0 else 0.0
    return int((3 - p if dy > 0 else 1 + p) / 4 * size) % size


@nb.njit(cache=True, nogil=True)
def _in_circle(x: Ints, y: Ints, a: int, b: int, c: int, p: int) -> bool:
    """Whether p lies in the circle around a right-turning triangle."""
    dx, dy = float(x[a] - x[p]), float(y[a] - y[p])
    ex, ey = float(x[b] - x[p]), float(y[b] - y[p])
    fx, fy = float(x[c] - x[p]), float(y[c] - y[p])
    d, e, f = dx * dx + dy * dy, ex * ex + ey * ey, fx * fx + fy * fy
    return dx * (ey * f - e * fy) - dy * (ex * f - e * fx) + d * (ex * fy - ey * fx) < 0


@nb.njit(cache=True, nogil=True)
def _link(twin: Ints, a: int, b: int) -> None:
    twin[a] = b
    if b >= 0:
        twin[b] = a


@nb.njit(cache=True, nogil=True)
def _add(corner: Ints, twin: Ints, used: int, ends: tuple[int, int, int], beside: tuple[int, int, int]) -> int:
    """Append a triangle and link it to the edges beside it; return the new length."""
    for k in range(3):
        corner[used + k] = ends[k]
        _link(twin, used + k, beside[k])
    return used + 3


@nb.njit(cache=True, nogil=True)
def _flip(x: Ints, y: Ints, corner: Ints, twin: Ints, a: int, hull: tuple[Ints, Ints, int], stack: Ints) -> int:
    """Flip edges until none beside the new point has another point in its circle; return the hull's new edge.

    The new point is opposite every edge looked at and gains a neighbour with each flip, so this ends.
    """
    before, edge_of, start = hull
    waiting = 0
    while True:
        b = twin[a]
        a0 = a - a % 3
        ar = a0 + (a + 2) % 3
        if b >= 0:
            b0 = b - b % 3
            al, bl = a0 + (a + 1) % 3, b0 + (b + 2) % 3
            if _in_circle(x, y, corner[ar], corner[a], corner[al], corner[bl]):
                corner[a], corner[b] = corner[bl], corner[ar]
                outer = twin[bl]
                if outer < 0:  # the flipped edge was the hull's
                    e = start
                    while edge_of[e] != bl and before[e] != start:
                        e = before[e]
                    if edge_of[e] == bl:
                        edge_of[e] = a
                _link(twin, a, outer)
                _link(twin, b, twin[ar])
                _link(twin, ar, bl)
                if waiting < len(stack):
                    stack[waiting] = b0 + (b + 1) % 3
                    waiting += 1
                continue
        if waiting == 0:
            return ar
        waiting -= 1
        a = stack[waiting]


@nb.njit(cache=True, nogil=True)
def _sweep(
    x: Ints, y: Ints, order: Ints, i0: int, i1: int, i2: int, centre: tuple[float, float]
) -> tuple[Ints, Ints, int]:
    """Add point after point to the hull of those before it."""
    n = len(x)
    size = int(np.ceil(np.sqrt(n)))
    corner, twin = np.empty(6 * n, np.int64), np.empty(6 * n, np.int64)
    before, after, edge_of = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    nearby = np.full(size, -1, np.int64)
    stack = np.empty(4096, np.int64)
    after[i0], after[i1], after[i2] = i1, i2, i0
    before[i0], before[i1], before[i2] = i2, i0, i1
    edge_of[i0], edge_of[i1], edge_of[i2] = 0, 1, 2
    for i in (i0, i1, i2):
        nearby[_bucket(x[i] - centre[0], y[i] - centre[1], size)] = i
    used = _add(corner, twin, 0, (i0, i1, i2), (-1, -1, -1))
    start = i0
    for i in order:
        if i in (i0, i1, i2):
            continue
        # An edge of the hull that the point sees.
        bucket = _bucket(x[i] - centre[0], y[i] - centre[1], size)
        seen = -1
        for j in range(size):
            seen = nearby[(bucket + j) % size]
            if seen >= 0 and seen != after[seen]:
                break
        first = before[seen]
        e = first
        while e >= 0 and _turn(x, y, i, e, after[e]) >= 0:
            e = after[e] if after[e] != first else -1
        if e < 0:  # on the hull itself, by the rounding of distances: as good as there already
            continue
        used = _add(corner, twin, used, (e, i, after[e]), (-1, -1, edge_of[e]))
        edge_of[i] = _flip(x, y, corner, twin, used - 1, (before, edge_of, start), stack)
        edge_of[e] = used - 3
        # Further edges that it sees, forwards and backwards.
        ahead = after[e]
        while _turn(x, y, i, ahead, after[ahead]) < 0:
            q = after[ahead]
            used = _add(corner, twin, used, (ahead, i, q), (edge_of[i], -1, edge_of[ahead]))
            edge_of[i] = _flip(x, y, corner, twin, used - 1, (before, edge_of, start), stack)
            after[ahead] = ahead
            ahead = q
        if e == first:
            while _turn(x, y, i, before[e], e) < 0:
                q = before[e]
                used = _add(corner, twin, used, (q, i, e), (-1, edge_of[e], edge_of[q]))
                _flip(x, y, corner, twin, used - 1, (before, edge_of, start), stack)
                edge_of[q] = used - 3
                after[e] = e
                e = q
        start = e
        before[i], after[e], before[ahead], after[i] = e, i, i, ahead
        nearby[bucket] = i
        nearby[_bucket(x[e] - centre[0], y[e] - centre[1], size)] = e
    return corner, twin, used
