"""Fewest moves in a small plan: every grid that there can be, and the best choice among them.

A few dozen units have some ten thousands of connected sets within their bounds. Each may be chosen; every unit lies in
one. At the prices that units have in the program with shares, a set that costs more than the best division does beyond
the program's value is in no better one (Baldacci and others 2008): what is left is solved in whole numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csc_array, hstack, vstack

from gridgis.compiled import bare
from gridgis.graph import Floats, Ints
from gridgis.partition.moves_regions import Regions, counted, outside
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, Solution, solve

Bools = npt.NDArray[np.bool_]
Masks = npt.NDArray[np.int64]

MOST_UNITS = 62
"""Sets are the bits of one number."""
MOST_SETS = 300_000
MOST_STEPS = 20_000_000
ROUNDING = 1e-6
TAKEN_IN = 500
"""Sets that come into the program with shares at a time."""
FIRST_GAP, WIDER = 20.0, 2.5
"""What a division may cost beyond that program's value to begin with, and how that grows."""


class Best(NamedTuple):
    """The division with the fewest grids outside a bound, and of those the one that moves fewest."""

    grid: Ints
    broken: int


class Choices(NamedTuple):
    """Grids that there may be.

    Attributes
    ----------
    member
        (c, n) which units they hold.
    place
        (c,) the grid whose number they keep; k stands for a new one.
    broken
        (c,) outside a bound, as the grid of that number is by now.
    """

    member: Bools
    place: Ints
    broken: Bools


def best_of_all(task: Regions, clock: Clock) -> Best | None:
    """Return the best division of a small plan; None where it is too large, or the time ended first.

    Grids outside a bound may stay so, though no farther than they are.
    """
    free = np.flatnonzero(~task.now.fixed)
    if not 0 < len(free) <= MOST_UNITS or not task.measures or (task.frozen[task.now.start] & ~task.now.fixed).any():
        return None
    choices = _choices(task, free)
    if choices is None:
        return None
    rows = _Rows(choices, _costs(task, free), task)
    for broken in range(rows.broken_now + 1):
        chosen = rows.cheapest(broken, clock)
        if chosen is None:
            return None
        if len(chosen):
            grid, fresh = task.now.start.copy(), task.k
            for c in chosen.tolist():
                new = choices.place[c] == task.k
                grid[free[choices.member[c]]] = fresh if new else choices.place[c]
                fresh += int(new)
            return Best(grid, broken)
    return None


class _Rows:
    """The program: every unit once, every number once, so many grids outside a bound, and as many as now if need be."""

    def __init__(self, choices: Choices, cost: Floats, task: Regions) -> None:
        c, n = choices.member.shape
        k = task.k
        self.n, self.k = n, k
        self.broken_now = int((outside(task.measures, task.now.start, k, len(task.now.start)) & ~task.frozen).sum())
        self.broken = choices.broken
        self.costs: Floats = (choices.member * cost.T[choices.place]).sum(axis=1)
        columns, rows = np.nonzero(choices.member)
        kept, bad = np.flatnonzero(choices.place < k), np.flatnonzero(choices.broken)
        column, row = [columns, kept, bad], [rows, n + choices.place[kept], np.full(len(bad), n + k)]
        self.number = []
        if task.keep_number:
            column.append(np.arange(c))
            row.append(np.full(c, n + k + 1))
            self.number = [len(np.unique(task.now.start[~task.now.fixed]))]
        at = np.concatenate(row), np.concatenate(column)
        self.matrix = csc_array((np.ones(len(at[0])), at), shape=(n + k + 1 + len(self.number), c))

    def cheapest(self, broken: int, clock: Clock) -> Ints | None:
        """Return the cheapest choice with at most so many grids outside; empty: there is none; None: no time."""
        value, over = self._shares(broken, clock)
        if clock.over:
            return None
        gap = FIRST_GAP
        while math.isfinite(value):
            near = np.flatnonzero(over <= gap + ROUNDING)
            answer = self._whole(near, broken, clock)
            if answer.status == "open":
                return None
            cost = math.inf if answer.x is None else float(self.costs[near] @ np.round(answer.x))
            if cost - value <= gap + ROUNDING or (len(near) == len(over) and math.isfinite(cost)):
                best: Ints = near[answer.x > 0.5]
                return best
            if len(near) == len(over):
                break
            gap = cost - value if math.isfinite(cost) else WIDER * gap
        return np.zeros(0, np.int64)

    def _limits(self, broken: int) -> tuple[Floats, Floats]:
        low = np.concatenate([np.ones(self.n), np.zeros(self.k + 1), self.number])
        return low, np.concatenate([np.ones(self.n + self.k), [broken], self.number])

    def _shares(self, broken: int, clock: Clock) -> tuple[float, Floats]:
        """Return the value of the program with shares, infinite if none, and what sets cost beyond its prices."""
        low, high = self._limits(broken)
        # what no set holds yet is paid dearly, so that the first programs have an answer
        dear = 10.0 * (float(self.costs.max()) + 1.0)
        open_ = np.flatnonzero(~self.broken if not broken else np.ones_like(self.broken))
        known = open_[np.argsort(self.costs[open_], kind="stable")[:TAKEN_IN]]
        loose = csc_array(np.eye(len(low), self.n))
        while not clock.over:
            part = self.matrix[:, known]
            left = hstack([part, loose], format="csr")
            costs = np.concatenate([self.costs[known], np.full(self.n, dear)])
            found = linprog(
                costs,
                A_eq=left[: self.n],
                b_eq=low[: self.n],
                A_ub=vstack([left[self.n :], -left[self.n :]]),
                b_ub=np.concatenate([high[self.n :], -low[self.n :]]),
                method="highs",
            )
            ups, downs = np.split(found.ineqlin.marginals, 2)
            price = np.concatenate([found.eqlin.marginals, ups - downs])
            over = self.costs - price @ self.matrix
            over[np.setdiff1d(np.arange(len(over)), open_)] = math.inf
            best = open_[np.argsort(over[open_], kind="stable")[:TAKEN_IN]]
            best = best[over[best] < -ROUNDING]
            if not len(best):
                possible = found.x[len(known) :].max() < ROUNDING
                return (float(found.fun) if possible else math.inf), over
            known = np.union1d(known, best)
        return math.inf, self.costs

    def _whole(self, near: Ints, broken: int, clock: Clock) -> Solution:
        low, high = self._limits(broken)
        part = self.matrix[:, near]
        program = Program(self.costs[near], np.ones(len(near)), part.indptr, part.indices, part.data, low, high)
        return solve(program, seconds=clock.left_s, on_time=True)


def _choices(task: Regions, free: Ints) -> Choices | None:
    """Return all grids within the bounds, and those that a grid outside them may be; None: there are too many."""
    n, k, now, measures = len(free), task.k, task.now, task.measures
    least = np.stack([m.counts[free] for m in measures], axis=1).astype(float)
    most = np.stack([counted(m.counts[free].astype(float), m) for m in measures], axis=1)
    low = np.array([m.low for m in measures], float)
    high = np.array([m.high for m in measures], float)
    start, own = now.start[free], now.own[free]
    broken = np.flatnonzero(outside(measures, now.start, k, len(now.start)) & ~task.frozen)
    held = np.stack([least[start == grid].sum(axis=0) for grid in broken.tolist()] or [low])
    full = np.stack([most[start == grid].sum(axis=0) for grid in broken.tolist()] or [high])
    at_least = np.minimum(low, held.min(axis=0)) - ROUNDING
    at_most = np.maximum(high, full.max(axis=0)) + ROUNDING
    masks = _connected_sets(_neighbours(task, free), least, most, at_least, at_most)
    if masks is None:
        return None
    member = (masks[:, None] >> np.arange(n) & 1).astype(bool)
    has, fills = member @ least, member @ most
    sound = ((has >= low - ROUNDING) & (fills <= high + ROUNDING)).all(axis=1)
    sets, places, outsiders = (
        [np.flatnonzero(sound)],
        [np.full(int(sound.sum()), k)],
        [np.zeros(int(sound.sum()), bool)],
    )
    stays = np.zeros((n, k), bool)
    stays[np.flatnonzero(own >= 0), own[own >= 0]] = now.weight[free][own >= 0] > 0
    for grid in range(k):
        # where no household of it lies, keeping a number is worth nothing
        worth = np.flatnonzero(sound & (member @ stays[:, grid]))
        kinds = [(worth, False)]
        if grid in broken:
            here = int(np.searchsorted(broken, grid))
            within = has >= np.minimum(low, held[here]) - ROUNDING
            within &= fills <= np.maximum(high, full[here]) + ROUNDING
            kinds.append((np.flatnonzero(within.all(axis=1) & ~sound), True))
        for which, is_broken in kinds:
            sets.append(which)
            places.append(np.full(len(which), grid))
            outsiders.append(np.full(len(which), is_broken))
    chosen = np.concatenate(sets)
    if len(chosen) > MOST_SETS:
        return None
    return Choices(member[chosen], np.concatenate(places).astype(np.int64), np.concatenate(outsiders))


def _costs(task: Regions, free: Ints) -> Floats:
    """Return (n, k + 1) what every unit costs in every grid, and in a new one."""
    n, k, now = len(free), task.k, task.now
    unit, grid = np.divmod(np.arange(n * (k + 1)), k + 1)
    own = now.own[free]
    away = (own[unit] != grid) & (own[unit] >= 0)
    costs: Floats = now.weight[free][unit] * away + task.tied(free[unit], grid)
    return costs.reshape(n, k + 1)


def _neighbours(task: Regions, free: Ints) -> Masks:
    """Return (n,) the neighbours of every unit as bits."""
    local = np.full(len(task.now.start), -1, np.int64)
    local[free] = np.arange(len(free))
    u, v = local[task.u], local[task.v]
    beside = np.zeros(len(free), np.int64)
    np.bitwise_or.at(beside, u, np.int64(1) << v)
    np.bitwise_or.at(beside, v, np.int64(1) << u)
    return beside


def _connected_sets(beside: Masks, least: Floats, most: Floats, low: Floats, high: Floats) -> Masks | None:
    """Return all connected sets with sums from ``low`` to ``high`` as bits; None: there are too many."""
    out = np.zeros(MOST_SETS, np.int64)
    depth = len(beside) + 2
    stack = np.zeros((3, depth), np.int64)
    sums = np.zeros((2, depth, len(low)))
    found = int(_walk(beside, least, most, low, high, out, stack, sums))
    return None if found < 0 else out[:found]


@bare
def _add(sums: Floats, depth: int, least: Floats, most: Floats, high: Floats) -> bool:
    """Write the sums with one more unit one deeper; tell whether they fit."""
    fits = True
    for m in range(len(high)):
        sums[0, depth + 1, m] = sums[0, depth, m] + least[m]
        sums[1, depth + 1, m] = sums[1, depth, m] + most[m]
        fits = fits and sums[1, depth + 1, m] <= high[m]
    return fits


@bare
def _enough(sums: Floats, depth: int, low: Floats) -> bool:
    enough = True
    for m in range(len(low)):
        enough = enough and sums[0, depth, m] >= low[m]
    return enough


@bare
def _walk(
    beside: Masks,
    least: Floats,
    most: Floats,
    low: Floats,
    high: Floats,
    out: Masks,
    stack: Masks,
    sums: Floats,
) -> int:
    """Write every connected set once; return how many there are, -1: too many.

    A set grows from its first unit; at each step one neighbour is taken in, and is shut out of what comes after. Counts
    are never negative, so what is too full stays so.
    """
    found, steps = 0, 0
    one = np.int64(1)
    for root in range(len(beside)):
        if not _add(sums, 0, least[root], most[root], high):
            continue
        depth, arrived = 1, True
        stack[0, 1] = one << root
        # shut out: those that sets began from before
        stack[1, 1] = (one << root) - one
        stack[2, 1] = beside[root] & ~stack[0, 1] & ~stack[1, 1]
        while depth > 0:
            if arrived and _enough(sums, depth, low):
                if found == len(out):
                    return -1
                out[found] = stack[0, depth]
                found += 1
            steps += 1
            if steps > MOST_STEPS:
                return -1
            open_ = stack[2, depth]
            arrived = open_ != 0
            if not arrived:
                depth -= 1
                continue
            unit = 0
            while not (open_ >> unit) & one:
                unit += 1
            bit = one << unit
            stack[2, depth] = open_ & ~bit
            stack[1, depth] |= bit
            arrived = _add(sums, depth, least[unit], most[unit], high)
            if arrived:
                stack[0, depth + 1] = stack[0, depth] | bit
                stack[1, depth + 1] = stack[1, depth]
                stack[2, depth + 1] = (stack[2, depth] | beside[unit]) & ~stack[0, depth + 1] & ~stack[1, depth + 1]
                depth += 1
    return found
