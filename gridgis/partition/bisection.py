"""The start: recursive bisection into connected parts of about equal load, along x and y or along the graph."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from gridgis.graph import Floats, Ints
from gridgis.partition.adjacency import Places
from gridgis.partition.kernels import Net, Rng, draw

STRAY = 0.15
"""Share of a grid's load that a straight cut may leave on the wrong side before the graph is asked instead."""


class Halving(NamedTuple):
    """Working arrays of a bisection, (n,) each: load, x, y; the units part by part; the part and side of a unit; steps.

    A part has the number of its first place in ``order``, so that several can be halved at the same time.
    """

    load: Floats
    x: Floats
    y: Floats
    order: Places
    part: Places
    side: npt.NDArray[np.int8]
    near: Places
    far: Places


def halving(load: Floats, x: Floats, y: Floats, grid: Ints) -> tuple[Halving, Ints]:
    """Return the working arrays for the parts that `grid` says, and where each one ends."""
    n = len(grid)
    order = np.argsort(grid, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(grid))
    part = np.concatenate([[0], ends])[grid].astype(np.int32)
    near, far = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    return Halving(load, x, y, order, part, np.zeros(n, np.int8), near, far), ends


@nb.njit(cache=True)
def spread(net: Net, work: Halving, start: int, depth: Places, queue: Places) -> int:
    """Write the steps from `start` to every unit of its part into ``depth`` (-1 before); return the farthest unit."""
    part = work.part
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
def axis_keys(work: Halving, members: Places) -> Floats:
    """Return each unit's place along the longest axis of their scatter; all 0 when they lie on one point."""
    count = len(members)
    middle_x = 0.0
    middle_y = 0.0
    for v in members:
        middle_x += work.x[v] / count
        middle_y += work.y[v] / count
    xx = 0.0
    xy = 0.0
    yy = 0.0
    for v in members:
        x = work.x[v] - middle_x
        y = work.y[v] - middle_y
        xx += x * x
        xy += x * y
        yy += y * y
    angle = 0.5 * math.atan2(2.0 * xy, xx - yy)
    cos = math.cos(angle)
    sin = math.sin(angle)
    keys = np.empty(count)
    for i in range(count):
        keys[i] = (work.x[members[i]] - middle_x) * cos + (work.y[members[i]] - middle_y) * sin
    return keys


@nb.njit(cache=True)
def graph_keys(net: Net, work: Halving, members: Places) -> Floats:
    """Return for each unit the steps from one end of the part less the steps from the other.

    Units up to any value form a connected piece, and so do those from it on (ties apart): every unit's next step
    towards the first end has a key no larger, towards the second end no smaller.
    """
    near, far = work.near, work.far
    queue = np.empty(len(members), np.int32)
    one = spread(net, work, members[0], near, queue)
    for v in members:
        near[v] = -1
    other = spread(net, work, one, near, queue)
    spread(net, work, other, far, queue)
    keys = np.empty(len(members))
    for i in range(len(members)):
        v = members[i]
        keys[i] = (near[v] - far[v]) + near[v] / (4.0 * len(members) + 4.0)
        near[v] = -1
        far[v] = -1
    return keys


@nb.njit(cache=True)
def heaviest_piece(net: Net, work: Halving, members: Places, wanted: int) -> float:
    """Leave only the heaviest piece of one side on it; the others change sides. Returns the load that changed."""
    part, side, piece = work.part, work.side, work.near
    queue = np.empty(len(members), np.int32)
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
def halve(net: Net, work: Halving, members: Places, keys: Floats, first: int, k: int) -> float:
    """Put the units with the lower keys on side 0, as many as hold the load of `first` of k parts; both connected.

    Returns the load that is not on the side its key says.
    """
    n = len(members)
    low = keys.min()
    # keys fall into bins in order, and only the bins where the line may run are sorted
    bins = min(n, 4096)
    scale = bins / ((keys.max() - low) * (1.0 + 1e-12) + 1e-300)
    load_in = np.zeros(bins)
    count_in = np.zeros(bins, np.int64)
    want = 0.0
    for i in range(n):
        b = min(bins - 1, int((keys[i] - low) * scale))
        load_in[b] += work.load[members[i]]
        count_in[b] += 1
        want += work.load[members[i]]
    want *= first / k
    most = n - (k - first)
    run = 0.0
    cut = 0
    last = 0
    going = True
    border = np.zeros(0, np.int64)
    while going and last < bins:
        then = cut + count_in[last]
        if then <= most and (then <= first or run + load_in[last] <= want):
            run += load_in[last]
            cut = then
        else:
            border = np.empty(count_in[last], np.int64)
            m = 0
            for i in range(n):
                if min(bins - 1, int((keys[i] - low) * scale)) == last:
                    border[m] = i
                    m += 1
            border = border[np.argsort(keys[border], kind="mergesort")]
            m = 0
            while m < len(border):
                load = work.load[members[border[m]]]
                if cut >= most or (cut >= first and run + 0.5 * load > want):
                    going = False
                    break
                run += load
                cut += 1
                m += 1
            border = border[:m]
        last += going
    for i in range(n):
        work.side[members[i]] = min(bins - 1, int((keys[i] - low) * scale)) >= last
    if not going:
        for below in border:
            work.side[members[below]] = 0
    # one piece stays on side 0; of what is left one piece stays on side 1, and the others touch side 0
    return heaviest_piece(net, work, members, 0) + heaviest_piece(net, work, members, 1)


@nb.njit(cache=True, nogil=True)
def part_in_two(net: Net, work: Halving, start: int, end: int, k: int, coin: int) -> tuple[int, int]:
    """Split the part at ``order[start:end]``, k grids' worth, in place: connected parts of about equal load.

    Returns where the second one starts and how many grids the first one is worth; of an odd number, with `coin` 1
    the larger half.
    """
    members = work.order[start:end].copy()
    total = 0.0
    for v in members:
        total += work.load[v]
    first = (k + coin) // 2
    keys = axis_keys(work, members)
    allowed = STRAY * total / k
    if keys.max() - keys.min() <= 0.0 or halve(net, work, members, keys, first, k) > allowed:
        halve(net, work, members, graph_keys(net, work, members), first, k)
    left = 0
    load = 0.0
    for v in members:
        if work.side[v] == 0:
            load += work.load[v]
            left += 1
    one = start
    other = start + left
    middle = other
    for v in members:
        if work.side[v] == 0:
            work.order[one] = v
            one += 1
        else:
            work.order[other] = v
            work.part[v] = middle
            other += 1
    share = load / total if total > 0.0 else first / k
    first = max(1, k - len(members) + left, min(int(np.round(k * share)), k - 1, left))
    return middle, first


@nb.njit(cache=True, nogil=True)
def bisect(net: Net, work: Halving, grid: Ints, ends: Ints, parts: Ints, rng: Rng) -> None:
    """Split each connected area a, at ``order[ends[a-1]:ends[a]]``, into ``parts[a]`` connected grids.

    Recursively: the units of a part are put in order along its longest axis (or, where they have no place or the
    axis cuts it into pieces, along the graph) and cut where the load is shared in proportion. Grids are numbered
    so that near numbers are near one another. No grid is empty; the load of each is as the order allows.
    """
    todo = np.empty((len(parts) + parts.sum() + 8, 3), np.int64)
    waiting = 0
    for a in range(len(parts) - 1, -1, -1):
        todo[waiting, 0] = ends[a - 1] if a > 0 else 0
        todo[waiting, 1] = ends[a]
        todo[waiting, 2] = parts[a]
        waiting += 1
    number = 0
    while waiting > 0:
        waiting -= 1
        start, end, k = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
        if k <= 1:
            for i in range(start, end):
                grid[work.order[i]] = number
            number += 1
            continue
        middle, first = part_in_two(net, work, start, end, k, draw(rng) % 2)
        todo[waiting, 0] = middle
        todo[waiting, 1] = end
        todo[waiting, 2] = k - first
        todo[waiting + 1, 0] = start
        todo[waiting + 1, 1] = middle
        todo[waiting + 1, 2] = first
        waiting += 2
