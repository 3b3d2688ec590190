"""How much is searched, and how hot: chosen by the size of the problem, the grids wanted and the effort."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gridgis.graph import Ints
from gridgis.options import PlanOptions
from gridgis.partition.coarsening import coarsen
from gridgis.partition.kernels import Rng
from gridgis.partition.pieces import divide_in_pieces
from gridgis.partition.problem import Problem
from gridgis.partition.search import Clock, State, begin, broken, cool, polish, price, repair, reshape

VISITS = 5e6
"""Visits of units that annealing makes at effort 1 ..."""
FEWEST_SWEEPS, MOST_SWEEPS = 250, 1500
"""... but at least and at most this many passes over all units; visits left over go into further starts."""
HOT, COLD = 8.0, 0.4
"""Heat at the start and end, for ten units in a grid and worths as they are; it grows with the dearest of them,
and doubles where lines differ, and loads are dearer."""
CUT_HOT, CUT_COLD = 3.0, 0.2
"""The same where edges cut are counted, in edges."""
CUT_SWEEPS, CUT_VISITS, CUT_TURNS = 4000, 6e7, 20
COARSE, FINE = 25, 150
"""Units in a grid that coarsening aims at, and from how many on it is done."""
FLAT = 4000
"""Up to this many units in all, edges cut are counted without coarsening."""
REFINE = 100
REGROUPED = 12e6
"""Visits of units that dividing neighbouring grids anew makes at effort 1, up to ``LARGE`` units ..."""
FEWEST_TURNS, MOST_TURNS = 10, 600
"""... but at least and at most so many turns for every unit."""
LARGE = 60_000
"""Above this many units a problem is divided in pieces."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Number of starts, passes of each, turns with whole grids for each unit, and the heat from first to last."""

    starts: int
    sweeps: int
    turns: int
    hot: float
    cold: float
    polishing: int
    coarse: bool
    scaled: bool

    def scale(self, problem: Problem, grids: int) -> float:
        """Return the share of the heat that suits grids of so many units: a move changes less of a larger grid."""
        return min(1.0, math.sqrt(10.0 * grids / problem.n)) if self.scaled else 1.0


def plan_search(problem: Problem, grids: int, options: PlanOptions) -> Schedule:
    """Return the schedule for a problem; the same for the same sizes and options."""
    per_grid = problem.n / grids
    if options.objective != "balance":
        flat = problem.n <= FLAT
        affordable = CUT_VISITS * options.effort / (problem.n * CUT_SWEEPS) if flat else 1.0
        starts = min(60, max(1, round(affordable)))
        # fewer turns would only heat up again what is cold
        few = 2 * per_grid * problem.n * starts * CUT_TURNS <= REGROUPED * options.effort
        return Schedule(
            starts=starts,
            sweeps=CUT_SWEEPS if flat else max(20, round(FEWEST_SWEEPS * options.effort)),
            turns=CUT_TURNS if flat and few else 0,
            hot=CUT_HOT,
            cold=CUT_COLD,
            polishing=100 if per_grid > FINE or flat else 0,
            coarse=not flat and per_grid > FINE,
            scaled=False,
        )
    visits = VISITS * options.effort
    # worths that outgrow the heat would freeze the start as it is
    dearest = max(options.balance, options.compactness, options.lines) or 1.0
    warmth = dearest * (1.0 + problem.contrast)
    sweeps = max(FEWEST_SWEEPS * options.effort, min(visits / problem.n, MOST_SWEEPS * options.effort))
    affordable = visits / problem.n / (MOST_SWEEPS * options.effort)
    turns = 0
    most_turns = round(MOST_TURNS * max(0.5, options.effort))
    if problem.n <= LARGE and per_grid <= FINE:
        turns = int(options.effort * max(FEWEST_TURNS, REGROUPED / (2 * per_grid * problem.n)))
    if turns:
        # whole grids do the rest
        affordable, sweeps = turns / most_turns, min(sweeps, FEWEST_SWEEPS)
    return Schedule(
        starts=min(4 if turns else 8, max(1, round(affordable))),
        sweeps=max(10, round(sweeps)),
        turns=min(most_turns, turns),
        hot=HOT * warmth,
        cold=COLD * warmth,
        polishing=10 if per_grid > FINE or turns else 0,
        coarse=per_grid > FINE,
        scaled=True,
    )


def divide(
    problem: Problem,
    area_of: Ints,
    quota: tuple[Ints, Ints, Ints],
    schedule: Schedule,
    rng: Rng,
    clock: Clock,
) -> State:
    """Return one division of a problem: start, annealing, and where grids are large, on coarser units first.

    ``quota`` holds the number of grids of every area to start with, the fewest and the most.
    """
    grids = quota[0]
    scale = schedule.scale(problem, int(grids.sum()))
    if schedule.coarse and problem.n > COARSE * grids.sum():
        heaviest = float(problem.load.sum()) / (grids.sum() * COARSE / 2)
        inner, place = coarsen(problem, area_of, heaviest, np.argsort(problem.load, kind="stable"))
        first = np.zeros(inner.n, np.int64)
        first[place] = area_of
        roomy = (np.bincount(first, minlength=len(grids)) >= np.minimum(2 * quota[2], 4 * grids)).all()
        if roomy and inner.n < 0.9 * problem.n:
            state = divide(inner, first, quota, schedule, rng, clock)
            state = State.opened(problem, state.split.grid[place], area_of, quota[1], quota[2])
            hot, cold = scale * schedule.hot / 4, scale * schedule.cold
            cool(problem, state, rng, hot=hot, cold=cold, sweeps=REFINE, clock=clock)
            return state
    state = begin(problem, area_of, *quota, rng)
    hot, cold = scale * schedule.hot, scale * schedule.cold
    cool(problem, state, rng, hot=hot, cold=cold, sweeps=schedule.sweeps, clock=clock)
    reshape(problem, state, rng, hot=hot, cold=cold, turns=schedule.turns * problem.n, clock=clock)
    return state


def solve(
    problem: Problem, area_of: Ints, quota: tuple[Ints, Ints, Ints], schedule: Schedule, rng: Rng, clock: Clock
) -> State:
    """Return one finished division of a problem, large ones piece by piece."""
    if problem.n <= LARGE or schedule.coarse:
        state = divide(problem, area_of, quota, schedule, rng, clock)
        finish(problem, state, schedule, rng, clock)
        return state

    def piece(inner: Problem, counts: tuple[Ints, Ints, Ints], seed: Rng) -> State:
        state = divide(inner, np.zeros(inner.n, np.int64), counts, schedule, seed, clock)
        finish(inner, state, schedule, seed, clock)
        return state

    def seam(inner: Problem, state: State, seed: Rng) -> None:
        scale = schedule.scale(inner, int(state.quota.have.sum()))
        hot, cold = scale * schedule.hot / 2, scale * schedule.cold
        cool(inner, state, seed, hot=hot, cold=cold, sweeps=schedule.sweeps, clock=clock)
        finish(inner, state, schedule, seed, clock)

    state = divide_in_pieces(problem, area_of, quota, rng, piece, seam)
    repair(problem, state, rng, clock=clock)
    return state


def improve(problem: Problem, state: State, schedule: Schedule, rng: Rng, clock: Clock) -> None:
    """Go on from a plan that is there, in place: not so hot that it would be forgotten."""
    scale = schedule.scale(problem, int(state.quota.have.sum()))
    hot, cold = scale * schedule.hot / 8, scale * schedule.cold
    cool(problem, state, rng, hot=max(hot, cold), cold=cold, sweeps=schedule.sweeps, clock=clock)
    finish(problem, state, schedule, rng, clock)


def finish(problem: Problem, state: State, schedule: Schedule, rng: Rng, clock: Clock) -> None:
    """Take a division to the nearest valley and into the bands, in place."""
    cold = schedule.cold * schedule.scale(problem, int(state.quota.have.sum()))
    cool(problem, state, rng, hot=cold / 4, cold=cold / 16, sweeps=4, clock=clock)
    repair(problem, state, rng, tries=max(20, schedule.polishing), clock=clock)
    for _ in range(3 if schedule.polishing else 0):
        polish(problem, state, rng, tries=schedule.polishing, clock=clock)


def best_division(
    problem: Problem, area_of: Ints, quota: tuple[Ints, Ints, Ints], schedule: Schedule, rng: Rng, clock: Clock
) -> State:
    """Return the best of as many divisions as the schedule says: fewest broken bands, then least worth."""
    best: State | None = None
    best_price = math.inf
    for _ in range(schedule.starts):
        if best is not None and clock.over:
            break
        state = solve(problem, area_of, quota, schedule, rng, clock)
        if schedule.starts == 1:
            return state
        now = price(problem, state) + 1e6 * len(broken(problem, state))
        if best is None or now < best_price:
            best, best_price = state, now
    if best is None:
        raise ValueError("a schedule needs at least one start")
    return best
