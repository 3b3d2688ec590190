"""Compiled pieces that every search shares: random numbers, the worth of a grid, contiguity."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from gridgis.compiled import bare, drop_stale_code
from gridgis.graph import Floats, Ints

drop_stale_code(Path(__file__).parent)

Rng = npt.NDArray[np.uint64]
"""(1,) state of the random numbers; passed on, never global."""

BREACH, BALANCE, SHAPE, CUT, STEP, FIRST = range(6)
"""Places in ``Net.rule``: what breaches as a whole are worth, unequal load, shape and lines cut; what it is worth to
break a bound at all; then, from ``FIRST`` on, four for every weight ..."""
LOW, HIGH, SHARE, SLOPE, STRIDE = range(5)
"""... its bounds, 1/target, and the worth per person outside a bound."""
AREA, OUTLINE, HELD = range(3)
"""Columns of ``Net.node`` and ``Split.total``: area, perimeter, then the weights."""

WORST_SHAPE = 40.0
VISITS = 24 * 4**4
"""Units a contiguity check may visit: in very large grids a unit that takes more is left where it is."""


class Net(NamedTuple):
    """What does not change during a search: n units, 2m directed edges in CSR order.

    Attributes
    ----------
    node
        (n, 2 + weights) area, perimeter (all shared lines and the outer one), and the weights.
    rule
        (5 + 4 · weights,) worths, bounds and targets, by the places named above.
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
        (K, 2 + weights) like ``Net.node``, for each grid: sums of areas and weights, and the grid's perimeter.
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


@bare
def breach(held: Floats, a: int, other: Floats, b: int, sign: float, count: float, rule: Floats) -> float:
    """Return how far the weights of `count` grids lie outside the bounds: 0, or ``STEP`` per broken bound and more.

    They are those of row a of ``held``, and ``sign`` times those of row b of ``other``. The fixed part per bound
    keeps a search from stopping one person short of it.
    """
    out = 0.0
    for w in range((len(rule) - FIRST) // STRIDE):
        at = FIRST + STRIDE * w
        weight = held[a, HELD + w] + sign * other[b, HELD + w]
        if weight < rule[at + LOW] * count:
            out += rule[STEP] + (rule[at + LOW] * count - weight) * rule[at + SLOPE]
        elif weight > rule[at + HIGH] * count:
            out += rule[STEP] + (weight - rule[at + HIGH] * count) * rule[at + SLOPE]
    return out


@bare
def worth(held: Floats, a: int, other: Floats, b: int, sign: float, more: float, rule: Floats) -> float:
    """Return what a grid costs: broken bounds, unequal load, and shape (perimeter² / 4π area).

    It is row a of ``held`` with ``sign`` times row b of ``other``, its perimeter `more` than that.
    """
    uneven = 0.0
    away = 0.0
    for w in range((len(rule) - FIRST) // STRIDE):
        at = FIRST + STRIDE * w
        weight = held[a, HELD + w] + sign * other[b, HELD + w]
        load = weight * rule[at + SHARE] - 1.0
        uneven += load * load
        # as in `breach`, which would read it all a second time
        if weight < rule[at + LOW]:
            away += rule[STEP] + (rule[at + LOW] - weight) * rule[at + SLOPE]
        elif weight > rule[at + HIGH]:
            away += rule[STEP] + (weight - rule[at + HIGH]) * rule[at + SLOPE]
    out = rule[BALANCE] * uneven + rule[BREACH] * away
    area = held[a, AREA] + sign * other[b, AREA]
    if area > 0.0:
        outline = held[a, OUTLINE] + sign * other[b, OUTLINE] + more
        out += rule[SHAPE] * min(outline * outline / (4.0 * math.pi * area), WORST_SHAPE)
    return float(out)


@bare
def worth_of(split: Split, g: int, rule: Floats) -> float:
    """Return what grid g costs as it is."""
    return worth(split.total, g, split.total, g, 0.0, 0.0, rule)


@bare
def is_bad(split: Split, g: int, rule: Floats) -> bool:
    """Say whether grid g exists and breaks a bound."""
    return split.size[g] > 0 and breach(split.total, g, split.total, g, 0.0, 1.0, rule) > 0.0


@bare
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


@bare
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
    """Return ``total`` and ``size (slots,)`` of every grid."""
    columns = net.node.shape[1]
    total = np.zeros((slots, columns))
    size = np.zeros(slots, np.int64)
    for v in range(len(grid)):
        g = grid[v]
        size[g] += 1
        for c in range(columns):
            total[g, c] += net.node[v, c]
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if grid[net.indices[j]] == g:
                total[g, OUTLINE] -= net.length[j]
    return total, size


@bare
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


@bare
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
    new_a = worth(total, a, node, v, -1.0, 2.0 * to_a, rule)
    new_b = worth(total, b, node, v, 1.0, -2.0 * to_b, rule)
    return new_a, new_b, rule[CUT] * cut, to_a, to_b


@bare
def put(net: Net, split: Split, v: int, b: int, to_a: float, to_b: float) -> None:
    """Move unit v to grid b, whatever comes of it; ``to_a`` and ``to_b`` as ``moved_worths`` says."""
    a = split.grid[v]
    for c in range(net.node.shape[1]):
        split.total[a, c] -= net.node[v, c]
        split.total[b, c] += net.node[v, c]
    split.total[a, OUTLINE] += 2.0 * to_a
    split.total[b, OUTLINE] -= 2.0 * to_b
    split.size[a] -= 1
    split.size[b] += 1
    split.grid[v] = b
