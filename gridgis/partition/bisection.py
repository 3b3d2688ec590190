"""The start: recursive bisection into connected parts of about equal load, along x and y or along the graph."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np

from gridgis.graph import Floats, Ints
from gridgis.partition.kernels import Net, Rng, draw

STRAY = 0.15
"""Share of a grid's load that a straight cut may leave on the wrong side before the graph is asked instead."""


class Halving(NamedTuple):
    """Working arrays of a bisection, (n,) each: load, x, y; the part and side of a unit; steps; a queue."""

    load: Floats
    x: Floats
    y: Floats
    part: Ints
    side: Ints
    near: Ints
    far: Ints
    queue: Ints


@nb.njit(cache=True)
def spread(net: Net, work: Halving, start: int, depth: Ints) -> int:
    """Write the steps from `start` to every unit of its part into ``depth`` (-1 before); return the farthest unit."""
    part, queue = work.part, work.queue
    depth[start] = 0
    queue[0] = start
    head = 0
    tail = 1
    while head < tail:
        v = queue[head]
        head += 1
        for j in range(net.indptr[v], net.indptr[v + 1]):
            u = net.indices[j]
            if part[u] == part[start] and depth[u] < 0:
                depth[u] = depth[v] + 1
                queue[tail] = u
                tail += 1
    return int(queue[tail - 1])


@nb.njit(cache=True)
def axis_keys(work: Halving, members: Ints) -> Floats:
    """Return each unit's place along the longest axis of their scatter; all 0 when they lie on one point."""
    x = work.x[members]
    y = work.y[members]
    x -= x.mean()
    y -= y.mean()
    angle = 0.5 * math.atan2(2.0 * (x * y).sum(), (x * x).sum() - (y * y).sum())
    return x * math.cos(angle) + y * math.sin(angle)


@nb.njit(cache=True)
def graph_keys(net: Net, work: Halving, members: Ints) -> Floats:
    """Return for each unit the steps from one end of the part less the steps from the other.

    Units up to any value form a connected piece, and so do those from it on (ties apart): every unit's next step
    towards the first end has a key no larger, towards the second end no smaller.
    """
    near, far = work.near, work.far
    one = spread(net, work, members[0], near)
    near[members] = -1
    other = spread(net, work, one, near)
    spread(net, work, other, far)
    keys = (near[members] - far[members]) + near[members] / (4.0 * len(members) + 4.0)
    near[members] = -1
    far[members] = -1
    return keys


@nb.njit(cache=True)
def heaviest_piece(net: Net, work: Halving, members: Ints, wanted: int) -> float:
    """Leave only the heaviest piece of one side on it; the others change sides. Returns the load that changed."""
    part, side, piece, queue = work.part, work.side, work.near, work.queue
    name = part[members[0]]
    best = -1.0
    keep = -1
    everything = 0.0
    pieces = 0
    for r in members:
        if side[r] != wanted or piece[r] >= 0:
            continue
        piece[r] = pieces
        queue[0] = r
        head = 0
        tail = 1
        weight = 0.0
        while head < tail:
            v = queue[head]
            head += 1
            weight += work.load[v] + 1e-9
            for j in range(net.indptr[v], net.indptr[v + 1]):
                u = net.indices[j]
                if piece[u] < 0 and part[u] == name and side[u] == wanted:
                    piece[u] = pieces
                    queue[tail] = u
                    tail += 1
        if weight > best:
            best = weight
            keep = pieces
        everything += weight
        pieces += 1
    for v in members:
        if side[v] == wanted and piece[v] != keep:
            side[v] = 1 - wanted
        piece[v] = -1
    return everything - best


@nb.njit(cache=True)
def halve(net: Net, work: Halving, members: Ints, keys: Floats, first: int, k: int) -> float:
    """Put the units with the lower keys on side 0, as many as hold the load of `first` of k parts; both connected.

    Returns the load that is not on the side its key says.
    """
    by = np.argsort(keys, kind="mergesort")
    want = work.load[members].sum() * first / k
    run = 0.0
    cut = 0
    for i in by:
        load = work.load[members[i]]
        if cut >= len(members) - (k - first) or (cut >= first and run + 0.5 * load > want):
            break
        run += load
        cut += 1
    for i in range(len(members)):
        work.side[members[by[i]]] = 0 if i < cut else 1
    # one piece stays on side 0; of what is left one piece stays on side 1, and the others touch side 0
    return heaviest_piece(net, work, members, 0) + heaviest_piece(net, work, members, 1)


@nb.njit(cache=True, nogil=True)
def bisect(net: Net, grid: Ints, parts: Ints, load: Floats, x: Floats, y: Floats, rng: Rng) -> None:
    """Split each connected area a = ``grid[v]`` into ``parts[a]`` connected parts, in place.

    Recursively: the units of a part are put in order along its longest axis (or, where they have no place or the
    axis cuts it into pieces, along the graph) and cut where the load is shared in proportion. Parts are numbered
    so that near numbers are near one another. No part is empty; the load of each is as the order allows.
    """
    n = len(grid)
    work = Halving(
        load,
        x,
        y,
        grid.copy(),
        np.zeros(n, np.int64),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.empty(n, np.int64),
    )
    order = np.argsort(grid, kind="mergesort")
    ends = np.cumsum(np.bincount(grid, minlength=len(parts)))
    todo = np.empty((len(parts) + parts.sum() + 8, 3), np.int64)
    waiting = 0
    for a in range(len(parts) - 1, -1, -1):
        todo[waiting] = np.array([ends[a - 1] if a > 0 else 0, ends[a], parts[a]])
        waiting += 1
    number = 0
    fresh = len(parts)
    while waiting > 0:
        waiting -= 1
        start, end, k = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
        members = order[start:end].copy()
        if k <= 1:
            grid[members] = number
            number += 1
            continue
        first = (k + draw(rng) % 2) // 2
        keys = axis_keys(work, members)
        allowed = STRAY * load[members].sum() / k
        if keys.max() - keys.min() <= 0.0 or halve(net, work, members, keys, first, k) > allowed:
            halve(net, work, members, graph_keys(net, work, members), first, k)
        ones = work.side[members]
        left = len(members) - ones.sum()
        total = load[members].sum()
        share = (load[members] * (1 - ones)).sum() / total if total > 0.0 else first / k
        first = max(1, k - len(members) + left, min(int(np.round(k * share)), k - 1, left))
        order[start : start + left] = members[ones == 0]
        order[start + left : end] = members[ones == 1]
        work.part[members[ones == 1]] = fresh
        fresh += 1
        todo[waiting] = np.array([start + left, end, k - first])
        todo[waiting + 1] = np.array([start, start + left, first])
        waiting += 2
