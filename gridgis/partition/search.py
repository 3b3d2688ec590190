"""The steps of a search, on a problem and its state: start, annealing, mending; and what each left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from gridgis.graph import Ints
from gridgis.partition.bisection import bisect
from gridgis.partition.kernels import CUT, HIGH1, HIGH2, LOW1, LOW2, Rng, Split, breach, scratch, tally, worth
from gridgis.partition.moves import anneal
from gridgis.partition.problem import Problem
from gridgis.partition.repair import Quota, mend


@dataclass(kw_only=True)
class Clock:
    """What is left of the time the search may take."""

    limit_s: float | None
    started: float = field(default_factory=time.monotonic)

    @property
    def left_s(self) -> float:
        """Seconds left; infinite without a limit."""
        return float("inf") if self.limit_s is None else self.limit_s - (time.monotonic() - self.started)

    @property
    def over(self) -> bool:
        """Whether the time has run out."""
        return self.left_s <= 0


def seeded(seed: int) -> Rng:
    """Return the state of the compiled random numbers for a seed."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


@dataclass(kw_only=True)
class State:
    """A partition of a problem on the way, and how many grids its areas have and may have."""

    split: Split
    quota: Quota

    @classmethod
    def opened(cls, problem: Problem, grid: Ints, area_of: Ints, fewest: Ints, most: Ints) -> Self:
        """Return the state of a partition, its grids numbered without holes, with room for as many as may be."""
        grid = np.unique(grid, return_inverse=True)[1].astype(np.int64)
        used = int(grid.max()) + 1
        slots = used + int(min(np.maximum(most - fewest, 0).sum(), 8 + used // 10))
        total, size = tally(problem.net, grid, slots)
        home = np.zeros(used, np.int64)
        home[grid] = area_of
        have = np.bincount(home, minlength=len(fewest)).astype(np.int64)
        return cls(split=Split(grid, total, size), quota=Quota(area_of, have, fewest, most))

    def copy(self) -> State:
        """Return a state that can go its own way."""
        grid, total, size = self.split
        split = Split(grid.copy(), total.copy(), size.copy())
        return State(split=split, quota=self.quota._replace(have=self.quota.have.copy()))


def broken(problem: Problem, state: State) -> Ints:
    """Return the grids that break a band."""
    rule, total = problem.net.rule, state.split.total
    bad = (total[:, 0] < rule[LOW1]) | (total[:, 0] > rule[HIGH1])
    bad |= (total[:, 1] < rule[LOW2]) | (total[:, 1] > rule[HIGH2])
    return np.flatnonzero(bad & (state.split.size > 0))


def misfit(problem: Problem, state: State) -> float:
    """Return the sum over the grids of how far they lie outside the bands."""
    total = state.split.total
    return sum(float(breach(total[g, 0], total[g, 1], 1.0, problem.net.rule)) for g in broken(problem, state))


def price(problem: Problem, state: State) -> float:
    """Return what the whole partition costs, as the kernels count it."""
    net, split = problem.net, state.split
    value = 0.0
    for g in np.flatnonzero(split.size):
        w1, w2, area, outline = split.total[g]
        value += worth(w1, w2, area, outline, net.rule)
    row = np.repeat(np.arange(problem.n), np.diff(net.indptr))
    return float(value + net.rule[CUT] * net.cost[split.grid[row] != split.grid[net.indices]].sum() / 2)


def begin(problem: Problem, area_of: Ints, grids: Ints, fewest: Ints, most: Ints, rng: Rng) -> State:
    """Return a start: every area bisected into its number of grids."""
    grid = area_of.copy()
    bisect(problem.net, grid, grids, problem.load, problem.x, problem.y, rng)
    return State.opened(problem, grid, area_of, fewest, most)


def cool(
    problem: Problem, state: State, rng: Rng, *, hot: float, cold: float, sweeps: int, places: Ints | None = None
) -> None:
    """Anneal the boundaries of a state in place, all or at some places; bands may be broken on the way."""
    soft = problem.net._replace(rule=problem.soft_rule)
    units = np.arange(problem.n) if places is None else places
    anneal(soft, state.split, units, hot, cold, sweeps, rng, scratch(problem.n))


def repair(problem: Problem, state: State, rng: Rng, *, rounds: int = 6, tries: int = 20) -> int:
    """Mend a state in place; return how many grids still break a band."""
    return int(mend(problem.net, state.split, state.quota, rounds, tries, rng, scratch(problem.n)))
