"""Exact answers: every possible grid of a small problem listed, and the best choice of them that covers it.

A grid is a connected set of units within the bands. Where these sets can be listed, dividing a problem is a set
partitioning problem over them (Garfinkel and Nemhauser 1970), which HiGHS solves to proven optimality or proves
impossible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba as nb
import numpy as np
from scipy.sparse import csc_matrix, vstack

from gridgis.compiled import bare
from gridgis.graph import Floats, Ints
from gridgis.partition.kernels import AREA, CUT, FIRST, HELD, HIGH, LOW, OUTLINE, STRIDE, Net, worth
from gridgis.partition.problem import Problem
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, solve

MOST_NODES = 500
MOST_SECONDS = 60.0
"""Ends of an exact search: the first is reached long before the second, so that time decides nothing."""


class Listing(NamedTuple):
    """Room for sets: members of set s are ``members[starts[s]:starts[s + 1]]``, its worth is ``values[s]``."""

    starts: Ints
    members: Ints
    values: Floats


@bare
def record(net: Net, chosen: Ints, held: Ints, sums: Floats, room: Listing, known: int) -> bool:
    """Write a set behind the `known` ones; False when there is no room. ``held`` (n,) is 0 before and after.

    ``sums`` (1, columns of a node) has the weights of the set; its area and outline are written into it.
    """
    start = room.starts[known]
    if known + 1 >= len(room.starts) or start + len(chosen) > len(room.members):
        return False
    for v in chosen:
        held[v] = 1
    sums[0, AREA] = 0.0
    sums[0, OUTLINE] = 0.0
    price = 0.0
    for i in range(len(chosen)):
        v = chosen[i]
        room.members[start + i] = v
        sums[0, AREA] += net.node[v, AREA]
        sums[0, OUTLINE] += net.node[v, OUTLINE]
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if held[net.indices[j]]:
                sums[0, OUTLINE] -= net.length[j]
            else:
                price += 0.5 * net.cost[j]
    for v in chosen:
        held[v] = 0
    room.values[known] = worth(sums, 0, sums, 0, 0.0, 0.0, net.rule) + net.rule[CUT] * price
    room.starts[known + 1] = start + len(chosen)
    return True


@bare
def fits(sums: Floats, node: Floats, v: int, rule: Floats) -> bool:
    """Say whether a set with these sums stays below the upper bounds with unit v."""
    for w in range(node.shape[1] - HELD):
        if sums[0, HELD + w] + node[v, HELD + w] > rule[FIRST + STRIDE * w + HIGH]:
            return False
    return True


@bare
def suffices(sums: Floats, rule: Floats) -> bool:
    """Say whether a set with these sums reaches the lower bounds."""
    enough = True
    for w in range(sums.shape[1] - HELD):
        enough &= sums[0, HELD + w] >= rule[FIRST + STRIDE * w + LOW]
    return enough


@bare
def add(sums: Floats, node: Floats, v: int, sign: float) -> None:
    """Add unit v's weights to the sums of a set, or take them off."""
    for w in range(HELD, node.shape[1]):
        sums[0, w] += sign * node[v, w]


@nb.njit(cache=True)
def grow_sets(net: Net, root: int, closed: Ints, room: Listing, known: int, limit: int) -> int:
    """List every connected set within the bands that holds `root` and no closed unit (``closed`` > 0).

    Sets are written behind the `known` ones. Returns the new number of sets, or -1 when the room or `limit` steps
    did not suffice. Each set comes once: a unit met first is either taken, or left out of all that follows
    (Wernicke 2006). Weights are at least 0, so a set above a bound has no supersets within it.
    """
    n = len(closed)
    node, rule = net.node, net.rule
    line = np.empty(n, np.int64)
    chosen = np.empty(n, np.int64)
    place = np.empty(n, np.int64)
    ends = np.empty(n, np.int64)
    held = np.zeros(n, np.int64)
    line[0] = root
    closed[root] += 1
    lines = 1
    depth = 0
    at = 0
    sums = np.zeros((1, node.shape[1]))
    steps = 0
    while steps <= limit:
        while at < lines and not fits(sums, node, line[at], rule):
            at += 1
        if at < lines:
            steps += 1
            v = line[at]
            chosen[depth] = v
            place[depth] = at
            ends[depth] = lines
            depth += 1
            add(sums, node, v, 1.0)
            for j in range(net.indptr[v], net.indptr[v + 1]):
                u = net.indices[j]
                if closed[u] == 0:
                    closed[u] = 1
                    line[lines] = u
                    lines += 1
            if suffices(sums, rule):
                if not record(net, chosen[:depth], held, sums, room, known):
                    steps = limit + 1
                known += 1
        elif depth > 0:
            # give back the unit taken last, and what it brought into the line
            depth -= 1
            add(sums, node, chosen[depth], -1.0)
            at = place[depth]
            while lines > ends[depth]:
                lines -= 1
                closed[line[lines]] = 0
        else:
            closed[root] -= 1
            return known
        at += 1
        if depth == 0:
            at = lines
    return -1


@dataclass(frozen=True, kw_only=True)
class Sets:
    """Connected sets within the bands: a row of units each, and what each is worth as a grid."""

    starts: Ints
    members: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.values)

    def units(self, s: int) -> Ints:
        """Return the units of set s."""
        return self.members[self.starts[s] : self.starts[s + 1]]


def list_sets(
    problem: Problem, roots: Ints, *, limit: int, together: bool = True, clock: Clock | None = None
) -> Sets | None:
    """List the possible grids that hold any of the roots; None when there are more than `limit`, or the time ends.

    With ``together=False`` a set that holds several roots is listed for each of them.
    """
    room = Listing(np.zeros(limit + 2, np.int64), np.empty(limit * 16, np.int64), np.empty(limit + 1))
    closed = np.zeros(problem.n, np.int64)
    known = 0
    for root in roots.tolist():
        known = grow_sets(problem.net, root, closed, room, known, 20 * limit)
        if known < 0 or (clock is not None and clock.over):
            return None
        if together:
            closed[root] += 1
    return Sets(starts=room.starts[: known + 1], members=room.members[: room.starts[known]], values=room.values[:known])


class Cover(NamedTuple):
    """The best cover of a problem, as far as it is known.

    Attributes
    ----------
    status
        ``optimal``; ``feasible`` when the work ended first; ``impossible``, proven; ``open``: no answer in the time;
        ``many``: more possible grids than may be listed.
    grid
        (n,) grids 0 …, for the first two.
    bound
        No division within the bands costs less.
    """

    status: str
    grid: Ints | None = None
    bound: float = -math.inf


def best_cover(
    problem: Problem,
    *,
    fewest: int,
    most: int,
    limit: int = 100_000,
    nodes: int = MOST_NODES,
    time_limit_s: float = MOST_SECONDS,
    on_time: bool = False,
) -> Cover:
    """Divide a small problem as well as can be, every grid within the bands, and say how well that is.

    With ``on_time`` the limit is kept even where HiGHS overruns it, at the price of a process.
    """
    clock = Clock(limit_s=time_limit_s)
    sets = list_sets(problem, np.arange(problem.n), limit=limit, clock=clock)
    if sets is None:
        return Cover("open" if clock.over else "many")
    covered = np.zeros(problem.n, bool)
    covered[sets.members] = True
    if not covered.all():
        return Cover("impossible")
    holds = csc_matrix((np.ones(len(sets.members)), sets.members, sets.starts), shape=(problem.n, len(sets)))
    matrix = vstack([holds, csc_matrix(np.ones((1, len(sets))))]).tocsc()
    once = np.ones(problem.n)
    low, high = np.append(once, fewest), np.append(once, most)
    program = Program(sets.values, np.ones(len(sets)), matrix.indptr, matrix.indices, matrix.data, low, high)
    answer = solve(program, seconds=clock.left_s, nodes=nodes, on_time=on_time)
    if answer.x is None:
        return Cover("impossible") if answer.status == "impossible" else Cover("open", bound=answer.bound)
    grid = np.full(problem.n, -1, np.int64)
    for g, s in enumerate(np.flatnonzero(answer.x > 0.5).tolist()):
        grid[sets.units(s)] = g
    return Cover("optimal" if answer.status == "optimal" else "feasible", grid, answer.bound)


def impossible_units(problem: Problem, units: Ints, *, limit: int = 20_000) -> Ints | None:
    """Return units, out of those given, that no grids within the bands can hold; None when nothing is shown.

    One unit is enough if no possible grid holds it. Otherwise all choices of separate possible grids for the units
    are gone through, as long as the lists are short. Grids may reach beyond the units as far as the problem goes, so
    what is shown holds for every partition of it.
    """
    lists: dict[int, list[frozenset[int]]] = {}
    for unit in units.tolist():
        sets = list_sets(problem, np.array([unit]), limit=limit)
        if sets is None:
            continue
        if len(sets) == 0:
            return np.array([unit])
        if len(sets) <= 2000:
            lists[unit] = [frozenset(sets.units(s).tolist()) for s in range(len(sets))]
    hard = sorted(lists, key=lambda unit: len(lists[unit]))[:12]
    for count in range(2, len(hard) + 1):
        covered = _can_cover(hard[:count], lists, budget=[50_000])
        if covered is None:
            return None
        if not covered:
            return np.array(hard[:count])
    return None


def _can_cover(units: list[int], lists: dict[int, list[frozenset[int]]], *, budget: list[int]) -> bool | None:
    """Say whether separate sets can hold all the units; None when the budget of steps ran out."""

    def cover(missing: list[int], used: frozenset[int]) -> bool | None:
        if not missing:
            return True
        unit = missing[0]
        for chosen in lists[unit]:
            budget[0] -= 1
            if budget[0] < 0:
                return None
            if used & chosen:
                continue
            done = cover([other for other in missing[1:] if other not in chosen], used | chosen)
            if done is not False:
                return done
        return False

    return cover(units, frozenset())
