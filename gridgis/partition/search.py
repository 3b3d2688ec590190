"""The steps of a search, on a problem and its state: start, annealing, mending; and what each left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Ints
from gridgis.partition.adjacency import renumbered
from gridgis.partition.bisection import bisect, halving
from gridgis.partition.kernels import FIRST, HELD, HIGH, LOW, STRIDE, Rng, Split, breach, price_of, scratch, tally
from gridgis.partition.moves import anneal
from gridgis.partition.problem import Problem
from gridgis.partition.regrouping import anneal_groups
from gridgis.partition.repair import Quota, mend, polish_some, workroom

VISITS_A_STEP = 2_000_000
UNITS_A_STEP = 2000
"""How far annealing and mending go before they look at the clock; a second or less."""
TURNS_A_STEP = 20_000
"""Divisions of neighbouring grids between two looks at the clock."""


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
        grid = renumbered(grid)
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
    low, high = rule[FIRST + LOW :: STRIDE], rule[FIRST + HIGH :: STRIDE]
    bad = ((total[:, HELD:] < low) | (total[:, HELD:] > high)).any(axis=1)
    return np.flatnonzero(bad & (state.split.size > 0))


def misfit(problem: Problem, state: State) -> float:
    """Return the sum over the grids of how far they lie outside the bands."""
    total = state.split.total
    return sum(float(breach(total, g, total, g, 0.0, 1.0, problem.net.rule)) for g in broken(problem, state))


def price(problem: Problem, state: State) -> float:
    """Return what the whole partition costs, as the kernels count it."""
    return float(price_of(problem.net, state.split))


def begin(problem: Problem, area_of: Ints, grids: Ints, fewest: Ints, most: Ints, rng: Rng) -> State:
    """Return a start: every area bisected into its number of grids."""
    grid = np.empty(problem.n, np.int64)
    work, ends = halving(problem.load, problem.x, problem.y, area_of)
    bisect(problem.net, work, grid, ends, grids, rng)
    return State.opened(problem, grid, area_of, fewest, most)


def resume(problem: Problem, area_of: Ints, fewest: Ints, most: Ints) -> State | None:
    """Return the plan there is as a start, its grids divided into their connected pieces.

    None where there is no plan, where it leaves units out, or where an area has more or fewer grids than it may.
    """
    if problem.start is None or (problem.start < 0).any():
        return None
    row = np.repeat(np.arange(problem.n), np.diff(problem.net.indptr))
    same = problem.start[row] == problem.start[problem.net.indices]
    shape = (problem.n, problem.n)
    links = csr_matrix((np.ones(same.sum(), np.int8), (row[same], problem.net.indices[same])), shape=shape)
    grid = connected_components(links, directed=False)[1].astype(np.int64)
    have = np.bincount(area_of[np.unique(grid, return_index=True)[1]], minlength=len(fewest))
    if ((have < fewest) | (have > most)).any():
        return None
    return State.opened(problem, grid, area_of, fewest, most)


def cool(
    problem: Problem,
    state: State,
    rng: Rng,
    *,
    hot: float,
    cold: float,
    sweeps: int,
    places: Ints | None = None,
    clock: Clock | None = None,
) -> None:
    """Anneal the boundaries of a state in place, all or at some places; bands may be broken on the way.

    The clock is looked at after every ``VISITS_A_STEP`` visits of units.
    """
    soft = problem.net._replace(rule=problem.soft_rule)
    units = np.arange(problem.n) if places is None else places
    room = scratch(problem.n)
    value = np.empty(len(state.split.size))
    steps = min(sweeps, max(1, sweeps * len(units) // VISITS_A_STEP))
    heat = hot * (cold / hot) ** (np.arange(steps + 1) / steps)
    for step, turns in enumerate(np.diff(np.arange(steps + 1) * sweeps // steps).tolist()):
        if clock is not None and clock.over:
            return
        anneal(soft, state.split, units, value, heat[step], heat[step + 1], turns, rng, room)


def reshape(problem: Problem, state: State, rng: Rng, *, hot: float, cold: float, turns: int, clock: Clock) -> None:
    """Anneal a state by dividing neighbouring grids anew, in place; bands may be broken on the way."""
    soft = problem.net._replace(rule=problem.soft_rule)
    passes = -(-turns // TURNS_A_STEP)
    heat = hot * (cold / hot) ** (np.arange(passes + 1) / max(1, passes))
    for i in range(passes):
        if clock.over:
            break
        anneal_groups(soft, state.split, heat[i], heat[i + 1], turns // passes, rng)


def repair(
    problem: Problem, state: State, rng: Rng, *, rounds: int = 6, tries: int = 20, clock: Clock | None = None
) -> None:
    """Mend a state in place, as far as it can be, looking at the clock after every ``UNITS_A_STEP`` units."""
    net, split, room = problem.net, state.split, workroom(state.split)
    for turn in range(rounds):
        bad = broken(problem, state)
        if not len(bad):
            return
        at = 0
        while at < len(split.size):
            if clock is not None and clock.over:
                return
            at = mend(net, split, state.quota, room, at, UNITS_A_STEP, turn, tries, rng)


def polish(problem: Problem, state: State, rng: Rng, *, tries: int, clock: Clock | None = None) -> None:
    """Divide every pair of neighbouring grids of a state anew, in place, where that is better."""
    room = workroom(state.split)
    at = 0
    while at < len(state.split.size) and not (clock is not None and clock.over):
        at = polish_some(problem.net, state.split, room, at, UNITS_A_STEP, tries, rng)
