"""Boundary moves: single units by simulated annealing, and ejection chains of two moves at once."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from gridgis.compiled import bare
from gridgis.graph import Floats, Ints
from gridgis.partition.kernels import (
    Lists,
    Net,
    Rng,
    Scratch,
    Split,
    chance,
    draw,
    moved_worths,
    put,
    stays_connected,
    worth_of,
)


@bare
def grid_beside(net: Net, split: Split, v: int, rng: Rng) -> int:
    """Return a grid that touches unit v, not its own; -1 if there is none.

    From a random neighbour on, the first in another grid says which.
    """
    start = net.indptr[v]
    degree = net.indptr[v + 1] - start
    for i in range(degree):
        if split.grid[net.indices[start + i]] != split.grid[v]:
            k = draw(rng) % degree
            while split.grid[net.indices[start + k]] == split.grid[v]:
                k += 1
                if k == degree:
                    k = 0
            return int(split.grid[net.indices[start + k]])
    return -1


@bare
def anneal(
    net: Net,
    split: Split,
    units: Ints,
    value: Floats,
    hot: float,
    cold: float,
    sweeps: int,
    rng: Rng,
    room: Scratch,
) -> int:
    """Move units across boundaries, `sweeps` passes over `units`, cooling from `hot` to `cold`.

    The number of grids stays, and every grid stays connected. ``value`` (K,) is room for what each costs. Returns the
    number of moves (Kirkpatrick, Gelatt and Vecchi 1983).
    """
    moved = 0
    for g in range(len(value)):
        value[g] = worth_of(split, g, net.rule)
    for sweep in range(sweeps):
        heat = hot * (cold / hot) ** (sweep / max(1, sweeps - 1))
        for v in units:
            a = split.grid[v]
            if split.size[a] == 1:
                continue
            b = grid_beside(net, split, v, rng)
            if b < 0:
                continue
            new_a, new_b, cut, to_a, to_b = moved_worths(net, split, v, b)
            delta = new_a + new_b - value[a] - value[b] + cut
            if delta > 0.0 and (delta > 12.0 * heat or chance(rng) >= math.exp(-delta / heat)):
                continue
            if not stays_connected(net, split, v, room):
                continue
            put(net, split, v, b, to_a, to_b)
            value[a] = new_a
            value[b] = new_b
            moved += 1
    return moved


@bare
def shift(net: Net, split: Split, v: int, b: int) -> float:
    """Move unit v to grid b, whatever comes of it; return by how much the plan gets worse."""
    a = split.grid[v]
    before = worth_of(split, a, net.rule) + worth_of(split, b, net.rule)
    new_a, new_b, cut, to_a, to_b = moved_worths(net, split, v, b)
    put(net, split, v, b, to_a, to_b)
    return float(new_a + new_b + cut - before)


@nb.njit(cache=True)
def crossings(net: Net, split: Split, lists: Lists, p: int, both: bool) -> Ints:
    """Return (c, 2) moves of a unit of grid p into a grid it touches and, with `both`, of units there into p."""
    out = np.empty((2048, 2), np.int64)
    count = 0
    v = lists.first[p]
    while v >= 0:
        for j in range(net.indptr[v], net.indptr[v + 1]):
            u = net.indices[j]
            if split.grid[u] != p and count + 2 <= len(out):
                out[count, 0] = v
                out[count, 1] = split.grid[u]
                count += 1
                if both:
                    out[count, 0] = u
                    out[count, 1] = p
                    count += 1
        v = lists.after[v]
    return out[:count]


@bare
def touches(net: Net, split: Split, v: int, g: int) -> bool:
    """Say whether unit v has a neighbour in grid g."""
    found = False
    for j in range(net.indptr[v], net.indptr[v + 1]):
        found |= split.grid[net.indices[j]] == g
    return found


@bare
def relist(lists: Lists, v: int, a: int, b: int) -> None:
    """Take unit v from the list of grid a to that of grid b."""
    if lists.first[a] == v:
        lists.first[a] = lists.after[v]
    else:
        w = lists.first[a]
        while lists.after[w] != v:
            w = lists.after[w]
        lists.after[w] = lists.after[v]
    lists.after[v] = lists.first[b]
    lists.first[b] = v


@nb.njit(cache=True)
def chain(net: Net, split: Split, lists: Lists, p: int, room: Scratch) -> bool:
    """Ejection chain: mend grid p by a move into or out of it and one that answers it (Glover 1996).

    The answer gives a unit of the grid that took one on to any other, or brings one into the grid that lost one.
    The best pair is made, if it makes the plan better.
    """
    best = -1e-9
    moves = np.full((2, 2), -1)
    firsts = crossings(net, split, lists, p, True)
    for i in range(len(firsts)):
        v, b = firsts[i, 0], firsts[i, 1]
        a = split.grid[v]
        if not stays_connected(net, split, v, room):
            continue
        delta = shift(net, split, v, b)
        if delta < best:
            best = delta
            moves[0, 0], moves[0, 1], moves[1, 0] = v, b, -1
        for taker in (True, False):
            # the lists still show v where it was
            answers = crossings(net, split, lists, b if taker else a, not taker)
            for k in range(len(answers)):
                w, c = answers[k, 0], answers[k, 1]
                source = split.grid[w]
                if w == v or source == c or (not taker and c != a):
                    continue
                more = shift(net, split, w, c)
                shift(net, split, w, source)
                if delta + more < best and stays_connected(net, split, w, room) and touches(net, split, w, c):
                    best = delta + more
                    moves[0, 0], moves[0, 1] = v, b
                    moves[1, 0], moves[1, 1] = w, c
        shift(net, split, v, a)
    for i in range(2):
        v, b = moves[i, 0], moves[i, 1]
        if v >= 0:
            relist(lists, v, split.grid[v], b)
            shift(net, split, v, b)
    return bool(moves[0, 0] >= 0)
