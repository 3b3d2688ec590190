"""The best grid at given prices of units: a connected set within the bounds, found by branch and bound.

A set is worth what its units pay. Sets are gone through from a root on, each once (Wernicke 2006); branches are cut by
what the other units could pay at best, shares of them allowed, and by what the way to a unit costs at least.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from gridgis.compiled import bare
from gridgis.graph import Floats, Ints

Bools = npt.NDArray[np.bool_]

KEPT = 8
"""Sets of a search that are kept, the last and best ones."""
SLIGHT = 1e-7
NOTHING = -1e18


class Part(NamedTuple):
    """Units that a grid may hold, and what bounds it.

    Attributes
    ----------
    indptr, indices
        Neighbours of each unit, a row each.
    least, most
        (n, m) what a unit counts for each measure's lower and upper bound.
    low, high
        (m,) the bounds.
    together
        (n, n) pairs that one grid may hold, by what lies between them.
    """

    indptr: Ints
    indices: Ints
    least: Floats
    most: Floats
    low: Floats
    high: Floats
    together: Bools


class Room(NamedTuple):
    """Where a search writes: sets in ``members[i, :sizes[i]]``."""

    members: Ints
    sizes: Ints


class Walk(NamedTuple):
    """Where a search is: units in line, those chosen of them and where they stood there, and what is known of others.

    Attributes
    ----------
    line, chosen, place, ends
        Units met so far; those chosen; where each stood in the line; how long the line was before it.
    shut, seen, open, done
        (n,) units that are chosen or left out; those in line; those that may come at all; those whose way is known.
    far
        (n,) what a way from the root costs at least.
    order
        (m, n) the open units, those that pay most for what they count first.
    lo, hi
        (m,) what is chosen counts.
    at
        Lengths of the line, of the choice and of the order, and where in the line the search is.
    sums
        What is chosen pays, and that without what costs.
    """

    line: Ints
    chosen: Ints
    place: Ints
    ends: Ints
    shut: Bools
    seen: Bools
    open: Bools
    done: Bools
    far: Floats
    order: Ints
    lo: Floats
    hi: Floats
    at: Ints
    sums: Floats


LINES, DEPTH, COUNT, AT = 0, 1, 2, 3
PAID, GAINED = 0, 1


def room_for(n: int) -> Room:
    """Return room for the sets of a search among n units."""
    return Room(np.zeros((KEPT, n), np.int64), np.zeros(KEPT, np.int64))


def fit_together(links: csr_matrix, most: Floats, high: Floats) -> Bools:
    """Return (n, n) which pairs of units one grid may hold: a way between them keeps its upper bounds."""
    n = links.shape[0]
    out = np.ones((n, n), bool)
    ends = links.tocoo()
    for m in range(len(high)):
        steps = csr_matrix((most[ends.col, m] + 1e-9, (ends.row, ends.col)), shape=(n, n))
        load = dijkstra(steps, limit=high[m] + 1.0) + most[:, m][:, None]
        out &= load <= high[m] + 1e-3
    return out


def best_sets(part: Part, pays: Floats, roots: Ints, *, above: float, steps: int, room: Room) -> tuple[int, float]:
    """Look for connected sets within the bounds that hold a root and pay more than ``above``.

    Parameters
    ----------
    pays
        (n,) what each unit pays, or costs.
    steps
        Branches that may be gone into.

    Returns
    -------
    found
        How many were found, each better than the one before; number i is at ``i % KEPT`` in the room.
    bound
        No set pays more, or ``above`` where none pays more than that.
    """
    order = roots[np.argsort(-pays[roots], kind="stable")]
    share = pays[:, None] / np.maximum(part.most, 1e-9)
    ranked = np.ascontiguousarray(np.argsort(-share, axis=0, kind="stable").T)
    found, bound = _search(part, pays, order, ranked, above, steps, room)
    return int(found), float(bound)


@bare
def _at_best(part: Part, pays: Floats, walk: Walk) -> float:
    """Return what a set with these sums can pay with the units that are open, shares allowed; needs are met."""
    best = 1e18
    for m in range(len(part.low)):
        value, low, high, full = walk.sums[PAID], walk.lo[m], walk.hi[m], False
        for i in range(walk.at[COUNT]):
            u = walk.order[m, i]
            if walk.shut[u]:
                continue
            if pays[u] > 0:
                if high + part.most[u, m] <= part.high[m]:
                    value += pays[u]
                    high += part.most[u, m]
                    low += part.least[u, m]
                else:
                    value += pays[u] * (part.high[m] - high) / part.most[u, m]
                    full = True
                    break
            elif low >= part.low[m]:
                break
            elif part.least[u, m] > 0:
                share = min(1.0, (part.low[m] - low) / part.least[u, m])
                value += share * pays[u]
                low += share * part.least[u, m]
        if not full and low < part.low[m] - 1e-6:
            value = NOTHING
        best = min(best, value)
    return best


@bare
def _gains(part: Part, pays: Floats, walk: Walk) -> float:
    """Return the most that units which pay can bring beside those chosen, shares allowed, costs left out."""
    best = 1e18
    for m in range(len(part.low)):
        value, high = walk.sums[GAINED], walk.hi[m]
        for i in range(walk.at[COUNT]):
            u = walk.order[m, i]
            if walk.shut[u]:
                continue
            if pays[u] <= 0:
                break
            if high + part.most[u, m] > part.high[m]:
                value += pays[u] * (part.high[m] - high) / part.most[u, m]
                break
            value += pays[u]
            high += part.most[u, m]
        best = min(best, value)
    return best


@bare
def _rank(ranked: Ints, walk: Walk) -> None:
    """Write the open units in their orders."""
    for m in range(len(ranked)):
        n = 0
        for i in range(ranked.shape[1]):
            if walk.open[ranked[m, i]]:
                walk.order[m, n] = ranked[m, i]
                n += 1
        walk.at[COUNT] = n


@bare
def _ways(part: Part, pays: Floats, root: int, walk: Walk) -> None:
    """Write to ``far`` what a way from the root to each open unit costs at least, that unit included."""
    n, far, done = walk.at[COUNT], walk.far, walk.done
    for i in range(n):
        far[walk.order[0, i]] = 1e18
        done[walk.order[0, i]] = False
    far[root] = max(0.0, -pays[root])
    for _ in range(n):
        u = -1
        for i in range(n):
            v = walk.order[0, i]
            if not done[v] and far[v] < 1e17 and (u < 0 or far[v] < far[u]):
                u = v
        if u < 0:
            break
        done[u] = True
        for j in range(part.indptr[u], part.indptr[u + 1]):
            v = part.indices[j]
            if walk.open[v]:
                far[v] = min(far[v], far[u] + max(0.0, -pays[v]))


@bare
def _begin(part: Part, pays: Floats, root: int, ranked: Ints, past: Bools, walk: Walk, best: float) -> float:
    """Find out what may lie in a set with a root and without those before; return what it can pay at best."""
    for m in range(len(part.low)):
        walk.lo[m] = walk.hi[m] = 0.0
    walk.sums[PAID] = walk.sums[GAINED] = 0.0
    for u in range(len(pays)):
        walk.open[u] = part.together[root, u] and not past[u]
        walk.shut[u] = walk.seen[u] = False
    walk.line[0] = root
    walk.seen[root] = True
    walk.at[LINES], walk.at[DEPTH], walk.at[AT] = 1, 0, 0
    # units too far off for what they bring make others too far off
    while walk.open[root]:
        _rank(ranked, walk)
        bound = _at_best(part, pays, walk)
        if bound <= best + SLIGHT:
            break
        _ways(part, pays, root, walk)
        gains = _gains(part, pays, walk)
        fewer = False
        for i in range(walk.at[COUNT]):
            u = walk.order[0, i]
            if gains - walk.far[u] <= best + SLIGHT:
                walk.open[u] = False
                fewer = True
        if not fewer:
            return bound
    return NOTHING


@bare
def _goes_on(part: Part, pays: Floats, walk: Walk, best: float) -> bool:
    """Go on in the line to a unit that may be worth taking; say whether there is one."""
    spent = walk.sums[GAINED] - walk.sums[PAID]
    while walk.at[AT] < walk.at[LINES] and (walk.at[DEPTH] > 0 or walk.at[AT] == 0):
        v = walk.line[walk.at[AT]]
        fits = True
        for m in range(len(part.low)):
            fits &= walk.hi[m] + part.most[v, m] <= part.high[m] + 1e-6
        gains = _gains(part, pays, walk)
        if gains - spent <= best + SLIGHT:
            return False
        if fits and gains - max(walk.far[v], spent + max(0.0, -pays[v])) > best + SLIGHT:
            return _at_best(part, pays, walk) > best + SLIGHT
        walk.shut[v] = True
        walk.at[AT] += 1
    return False


@bare
def _take(part: Part, pays: Floats, walk: Walk) -> bool:
    """Take the unit the search is at, and line up its neighbours; say whether the lower bounds are reached."""
    v, depth = walk.line[walk.at[AT]], walk.at[DEPTH]
    walk.chosen[depth], walk.place[depth], walk.ends[depth] = v, walk.at[AT], walk.at[LINES]
    walk.at[DEPTH] += 1
    walk.at[AT] += 1
    walk.shut[v] = True
    walk.sums[PAID] += pays[v]
    walk.sums[GAINED] += max(0.0, pays[v])
    enough = True
    for m in range(len(part.low)):
        walk.lo[m] += part.least[v, m]
        walk.hi[m] += part.most[v, m]
        enough &= walk.lo[m] >= part.low[m] - 1e-6
    for j in range(part.indptr[v], part.indptr[v + 1]):
        u = part.indices[j]
        if walk.open[u] and not walk.seen[u]:
            walk.seen[u] = True
            walk.line[walk.at[LINES]] = u
            walk.at[LINES] += 1
    return enough


@bare
def _give_back(part: Part, pays: Floats, walk: Walk) -> None:
    """Give back the unit taken last, and what it brought into the line; from then on it is left out."""
    walk.at[DEPTH] -= 1
    depth = walk.at[DEPTH]
    v = walk.chosen[depth]
    walk.sums[PAID] -= pays[v]
    walk.sums[GAINED] -= max(0.0, pays[v])
    for m in range(len(part.low)):
        walk.lo[m] -= part.least[v, m]
        walk.hi[m] -= part.most[v, m]
    for i in range(walk.place[depth], walk.at[LINES]):
        walk.shut[walk.line[i]] = False
    while walk.at[LINES] > walk.ends[depth]:
        walk.at[LINES] -= 1
        walk.seen[walk.line[walk.at[LINES]]] = False
    walk.shut[v] = True
    walk.at[AT] = walk.place[depth] + 1


@bare
def _keep(walk: Walk, room: Room, found: int) -> None:
    """Write down the units chosen."""
    slot = found % KEPT
    for i in range(walk.at[DEPTH]):
        room.members[slot, i] = walk.chosen[i]
    room.sizes[slot] = walk.at[DEPTH]


@nb.njit(cache=True)
def _search(
    part: Part, pays: Floats, roots: Ints, ranked: Ints, above: float, steps: int, room: Room
) -> tuple[int, float]:
    n, measures = part.most.shape
    line, chosen = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    place, ends = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    shut, seen, open_, done = np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    order, sums, at = np.empty(ranked.shape, np.int64), np.zeros(2), np.zeros(4, np.int64)
    lo, hi = np.zeros(measures), np.zeros(measures)
    walk = Walk(line, chosen, place, ends, shut, seen, open_, done, np.empty(n), order, lo, hi, at, sums)
    past = np.zeros(n, np.bool_)
    best, unknown, found = above, NOTHING, 0
    for root in roots:
        bound = _begin(part, pays, root, ranked, past, walk, best)
        while bound > best + SLIGHT and steps >= 0:
            if _goes_on(part, pays, walk, best):
                steps -= 1
                if _take(part, pays, walk) and sums[PAID] > best + SLIGHT:
                    best = sums[PAID]
                    _keep(walk, room, found)
                    found += 1
            elif at[DEPTH] > 0:
                _give_back(part, pays, walk)
            else:
                break
        # what a root not gone through, and each after it, could still bring is not known
        if steps < 0:
            unknown = max(unknown, bound)
        past[root] = steps >= 0
    return found, max(best, unknown)
