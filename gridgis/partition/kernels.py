"""Compiled pieces that every search shares: random numbers, the worth of a grid, contiguity."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from gridgis.graph import Floats, Ints


def drop_stale_code(folder: Path) -> None:
    """Delete compiled code that is older than the newest source in a folder.

    numba keeps the code of each file until that file changes, but the code holds what it calls in other files too.
    """
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    for index in folder.glob("__pycache__/*.nbi"):
        # another process may be first, or the folder not ours to write: then its owner has to
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


drop_stale_code(Path(__file__).parent)

Rng = npt.NDArray[np.uint64]
"""(1,) state of the random numbers; passed on, never global."""

(LOW1, HIGH1, SHARE1, SLOPE1, LOW2, HIGH2, SHARE2, SLOPE2, USED1, USED2, STEP, BREACH, BALANCE, SHAPE, CUT) = range(15)
"""Places in ``Net.rule``: for each weight its bounds, 1/target, worth per person outside a bound; whether it counts;
then the worth of breaking a bound at all, of breaches as a whole, of unequal load, of shape and of lines cut."""

WORST_SHAPE = 40.0
VISITS = 24 * 4**4
"""Units a contiguity check may visit: in very large grids a unit that takes more is left where it is."""


class Net(NamedTuple):
    """What does not change during a search: n units, 2m directed edges in CSR order.

    Attributes
    ----------
    node
        (n, 4) first weight, second weight, area, and perimeter: all shared lines and the outer one.
    rule
        (15,) bounds, targets and worths, by the places named above.
    """

    indptr: Ints
    indices: npt.NDArray[np.int32]
    length: Floats
    cost: Floats
    node: Floats
    rule: Floats


class Split(NamedTuple):
    """A partition on the way, changed in place; K slots for grids, some may be empty.

    Attributes
    ----------
    total
        (K, 4) like ``Net.node``, for each grid: sums of the weights and areas, and the grid's perimeter.
    size
        (K,) number of units.
    """

    grid: Ints
    total: Floats
    size: Ints


class Scratch(NamedTuple):
    """Room for the contiguity check: stamps (n+1,), the last one the latest used, and a queue (n,)."""

    mark: Ints
    queue: Ints


class Lists(NamedTuple):
    """The units of every grid: its first one (K,), after each unit the next one (n,), -1 at the end."""

    first: Ints
    after: Ints


@nb.njit(cache=True, nogil=True)
def list_units(split: Split) -> Lists:
    """Return the units of every grid, in ascending order."""
    first = np.full(len(split.size), -1, np.int64)
    after = np.full(len(split.grid), -1, np.int64)
    for v in range(len(split.grid) - 1, -1, -1):
        after[v] = first[split.grid[v]]
        first[split.grid[v]] = v
    return Lists(first, after)


def scratch(n: int) -> Scratch:
    """Return room for n units."""
    return Scratch(np.zeros(n + 1, np.int64), np.empty(n, np.int64))


@nb.njit(cache=True, inline="always")
def draw(rng: Rng) -> int:
    """Return the next random number, 0 … 2³¹-1 (xorshift64: Marsaglia 2003)."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return int(np.int64(x >> np.uint64(33)))


@nb.njit(cache=True, inline="always")
def chance(rng: Rng) -> float:
    """Return a random number in [0, 1)."""
    return draw(rng) / 2147483648.0


@nb.njit(cache=True)
def breach(weight1: float, weight2: float, count: float, rule: Floats) -> float:
    """Return how far the weights of `count` grids lie outside the bands: 0, or ``STEP`` per broken bound and more.

    The fixed part per bound keeps a search from stopping one person short of it.
    """
    out = 0.0
    if weight1 < rule[LOW1] * count:
        out += rule[STEP] + (rule[LOW1] * count - weight1) * rule[SLOPE1]
    elif weight1 > rule[HIGH1] * count:
        out += rule[STEP] + (weight1 - rule[HIGH1] * count) * rule[SLOPE1]
    if weight2 < rule[LOW2] * count:
        out += rule[STEP] + (rule[LOW2] * count - weight2) * rule[SLOPE2]
    elif weight2 > rule[HIGH2] * count:
        out += rule[STEP] + (weight2 - rule[HIGH2] * count) * rule[SLOPE2]
    return out


@nb.njit(cache=True)
def worth(weight1: float, weight2: float, area: float, perimeter: float, rule: Floats) -> float:
    """Return what a grid costs: broken bounds, unequal load, and shape (perimeter² / 4π area)."""
    load1 = weight1 * rule[SHARE1] - rule[USED1]
    load2 = weight2 * rule[SHARE2] - rule[USED2]
    out = rule[BALANCE] * (load1 * load1 + load2 * load2) + rule[BREACH] * breach(weight1, weight2, 1.0, rule)
    if area > 0.0:
        out += rule[SHAPE] * min(perimeter * perimeter / (4.0 * math.pi * area), WORST_SHAPE)
    return float(out)


@nb.njit(cache=True)
def worth_of(split: Split, g: int, rule: Floats) -> float:
    """Return what grid g costs as it is."""
    total = split.total
    return worth(total[g, 0], total[g, 1], total[g, 2], total[g, 3], rule)


@nb.njit(cache=True)
def is_bad(split: Split, g: int, rule: Floats) -> bool:
    """Say whether grid g exists and breaks a band."""
    return split.size[g] > 0 and breach(split.total[g, 0], split.total[g, 1], 1.0, rule) > 0.0


@nb.njit(cache=True)
def explore(net: Net, split: Split, v: int, source: int, missing: int, limit: int, room: Scratch) -> int:
    """Look from a neighbour of v for the `missing` others of v's grid, not through v, in at most `limit` visits.

    Returns 1 when all were found, 0 when there is no way to one of them, -1 when the visits ran out.
    """
    grid = split.grid
    mark, queue = room
    n = len(grid)
    home = grid[v]
    wanted = mark[n] + 1
    seen = wanted + 1
    mark[n] = seen
    for j in range(net.indptr[v], net.indptr[v + 1]):
        if grid[net.indices[j]] == home:
            mark[net.indices[j]] = wanted
    mark[v] = seen
    mark[source] = seen
    queue[0] = source
    head = 0
    tail = 1
    while head < tail:
        if head == limit:
            return -1
        w = queue[head]
        head += 1
        for j in range(net.indptr[w], net.indptr[w + 1]):
            u = net.indices[j]
            if grid[u] == home and mark[u] != seen:
                if mark[u] == wanted:
                    missing -= 1
                    if missing == 0:
                        return 1
                mark[u] = seen
                queue[tail] = u
                tail += 1
    return 0


@nb.njit(cache=True)
def stays_connected(net: Net, split: Split, v: int, room: Scratch) -> bool:
    """Say whether the grid of v stays in one piece, and not empty, without v; a search too long counts as no.

    The neighbours of v in its grid are looked for from each of them in turn, farther every round: where v is the
    only link, the smaller side is soon exhausted.
    """
    home = split.grid[v]
    missing = -1
    for j in range(net.indptr[v], net.indptr[v + 1]):
        missing += split.grid[net.indices[j]] == home
    if missing <= 0:
        return missing == 0
    limit = 24
    while limit <= VISITS:
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if split.grid[net.indices[j]] == home:
                answer = explore(net, split, v, net.indices[j], missing, limit, room)
                if answer >= 0:
                    return answer == 1
        limit *= 4
    return False


@nb.njit(cache=True, nogil=True)
def tally(net: Net, grid: Ints, slots: int) -> tuple[Floats, Ints]:
    """Return ``total (slots, 4)`` and ``size (slots,)`` of every grid."""
    total = np.zeros((slots, 4))
    size = np.zeros(slots, np.int64)
    for v in range(len(grid)):
        g = grid[v]
        size[g] += 1
        for c in range(4):
            total[g, c] += net.node[v, c]
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if grid[net.indices[j]] == g:
                total[g, 3] -= net.length[j]
    return total, size


@nb.njit(cache=True, nogil=True)
def price_of(net: Net, split: Split) -> float:
    """Return what the whole partition costs: all grids and all lines between them."""
    out = 0.0
    for g in range(len(split.size)):
        if split.size[g] > 0:
            out += worth_of(split, g, net.rule)
    for v in range(len(split.grid)):
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if split.grid[net.indices[j]] != split.grid[v]:
                out += 0.5 * net.rule[CUT] * net.cost[j]
    return out


@nb.njit(cache=True)
def moved_worths(net: Net, split: Split, v: int, b: int) -> tuple[float, float, float, float, float]:
    """Return what moving unit v to grid b would make: worths of its grid and of b, more cut, lines to either."""
    a = split.grid[v]
    node, total, rule = net.node, split.total, net.rule
    to_a = 0.0
    to_b = 0.0
    cut = 0.0
    for j in range(net.indptr[v], net.indptr[v + 1]):
        g = split.grid[net.indices[j]]
        if g == a:
            to_a += net.length[j]
            cut += net.cost[j]
        elif g == b:
            to_b += net.length[j]
            cut -= net.cost[j]
    new_a = worth(
        total[a, 0] - node[v, 0],
        total[a, 1] - node[v, 1],
        total[a, 2] - node[v, 2],
        total[a, 3] - node[v, 3] + 2.0 * to_a,
        rule,
    )
    new_b = worth(
        total[b, 0] + node[v, 0],
        total[b, 1] + node[v, 1],
        total[b, 2] + node[v, 2],
        total[b, 3] + node[v, 3] - 2.0 * to_b,
        rule,
    )
    return new_a, new_b, rule[CUT] * cut, to_a, to_b


@nb.njit(cache=True)
def put(net: Net, split: Split, v: int, b: int, to_a: float, to_b: float) -> None:
    """Move unit v to grid b, whatever comes of it; ``to_a`` and ``to_b`` as ``moved_worths`` says."""
    a = split.grid[v]
    for c in range(4):
        split.total[a, c] -= net.node[v, c]
        split.total[b, c] += net.node[v, c]
    split.total[a, 3] += 2.0 * to_a
    split.total[b, 3] -= 2.0 * to_b
    split.size[a] -= 1
    split.size[b] += 1
    split.grid[v] = b
