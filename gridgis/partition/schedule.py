"""How much is searched, and how hot: chosen by the size of the problem, the grids wanted and the effort."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from gridgis.graph import Ints
from gridgis.options import PlanOptions
from gridgis.partition.bisection import bisect
from gridgis.partition.coarsening import coarsen
from gridgis.partition.kernels import Rng
from gridgis.partition.problem import Problem
from gridgis.partition.repair import polish
from gridgis.partition.search import Clock, State, begin, broken, cool, price, repair

VISITS = 5e6
"""Visits of units that annealing makes at effort 1 ..."""
FEWEST_SWEEPS, MOST_SWEEPS = 150, 1500
"""... but at least and at most this many passes over all units; visits left over go into further starts."""
HOT, COLD = 4.0, 0.2
"""Heat at the start and end, for ten units in a grid and worths as they are; it grows with the dearest of them."""
CUT_HOT, CUT_COLD = 3.0, 0.2
"""The same where edges cut are counted, in edges."""
CUT_SWEEPS, CUT_VISITS = 4000, 6e7
COARSE, FINE = 25, 150
"""Units in a grid that coarsening aims at, and from how many on it is done."""
FLAT = 4000
"""Up to this many units in all, edges cut are counted without coarsening."""
REFINE = 100
LARGE, PIECE = 60_000, 25_000
"""From how many units on a problem is divided in pieces, and the units of one."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Number of starts, passes of each, and the heat from first to last."""

    starts: int
    sweeps: int
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
        starts = CUT_VISITS * options.effort / (problem.n * CUT_SWEEPS) if flat else 1.0
        return Schedule(
            starts=min(60, max(1, round(starts))),
            sweeps=CUT_SWEEPS if flat else max(20, round(FEWEST_SWEEPS * options.effort)),
            hot=CUT_HOT,
            cold=CUT_COLD,
            polishing=100 if per_grid > FINE or flat else 0,
            coarse=not flat and per_grid > FINE,
            scaled=False,
        )
    visits = VISITS * options.effort
    # worths that outgrow the heat would freeze the start as it is
    dearest = max(options.balance, options.compactness, options.lines) or 1.0
    sweeps = max(FEWEST_SWEEPS * options.effort, min(visits / problem.n, MOST_SWEEPS * options.effort))
    return Schedule(
        starts=min(8, max(1, round(visits / problem.n / (MOST_SWEEPS * options.effort)))),
        sweeps=max(10, round(sweeps)),
        hot=HOT * dearest,
        cold=COLD * dearest,
        polishing=10 if per_grid > FINE else 0,
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
            if not clock.over:
                cool(problem, state, rng, hot=scale * schedule.hot / 4, cold=scale * schedule.cold, sweeps=REFINE)
            return state
    if problem.n > LARGE and not schedule.coarse:
        return divide_in_pieces(problem, area_of, quota, schedule, rng, clock)
    state = begin(problem, area_of, *quota, rng)
    passes = max(1, schedule.sweeps * problem.n // 2_000_000)
    heat = scale * schedule.hot * (schedule.cold / schedule.hot) ** (np.arange(passes + 1) / passes)
    for turn in range(passes):
        if clock.over:
            break
        cool(problem, state, rng, hot=heat[turn], cold=heat[turn + 1], sweeps=schedule.sweeps // passes)
    return state


def divide_in_pieces(
    problem: Problem, area_of: Ints, quota: tuple[Ints, Ints, Ints], schedule: Schedule, rng: Rng, clock: Clock
) -> State:
    """Divide a very large problem piece by piece, on all processors, and then along the seams.

    The pieces follow from the problem alone and each has random numbers of its own, so the answer is the same
    however many threads work (the compiled search holds no lock).
    """
    piece_of, grids = _pieces(problem, area_of, quota[0], rng)
    order = np.argsort(piece_of, kind="stable")
    places = np.split(order, np.cumsum(np.bincount(piece_of))[:-1])
    seeds = np.random.default_rng(rng).integers(1, 2**63, (len(places), 1)).astype(np.uint64)

    def work(i: int) -> Ints:
        inner = problem.take(places[i])
        quotas = (grids[i : i + 1],) * 3
        return divide(inner, np.zeros(inner.n, np.int64), quotas, schedule, seeds[i], clock).split.grid

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(work, range(len(places))))
    grid = np.empty(problem.n, np.int64)
    for here, part, before in zip(places, parts, np.cumsum(grids) - grids, strict=True):
        grid[here] = before + part
    state = State.opened(problem, grid, area_of, quota[1], quota[2])
    row = np.repeat(np.arange(problem.n), np.diff(problem.net.indptr))
    seam = np.unique(grid[row[piece_of[row] != piece_of[problem.net.indices]]])
    if len(seam) and not clock.over:
        near = np.flatnonzero(np.isin(grid, seam))
        cool(problem, state, rng, hot=schedule.hot / 2, cold=schedule.cold, sweeps=schedule.sweeps, places=near)
    return state


def _pieces(problem: Problem, area_of: Ints, grids: Ints, rng: Rng) -> tuple[Ints, Ints]:
    """Return (n,) connected pieces of about ``PIECE`` units, and how many of its area's grids each gets."""
    sizes = np.bincount(area_of, minlength=len(grids))
    parts = np.minimum(grids, np.maximum(1, sizes // PIECE))
    piece_of = area_of.copy()
    bisect(problem.net, piece_of, parts, problem.load, problem.x, problem.y, rng)
    count = int(parts.sum())
    area = np.zeros(count, np.int64)
    area[piece_of] = area_of
    load = np.bincount(piece_of, problem.load + 1e-12, count)
    share = load / np.bincount(area, load)[area] * grids[area]
    room = np.bincount(piece_of, minlength=count)
    out = np.clip(np.floor(share).astype(np.int64), 1, room)
    for a in range(len(grids)):
        own = np.flatnonzero(area == a)
        while (missing := grids[a] - out[own].sum()) != 0:
            free = own[out[own] < room[own]] if missing > 0 else own[out[own] > 1]
            lack = (share - out)[free] * np.sign(missing)
            out[free[np.argmax(lack)]] += np.sign(missing)
    return piece_of, out


def finish(problem: Problem, state: State, schedule: Schedule, rng: Rng) -> None:
    """Take a division to the nearest valley and into the bands, in place."""
    cold = schedule.cold * schedule.scale(problem, int(state.quota.have.sum()))
    cool(problem, state, rng, hot=cold / 4, cold=cold / 16, sweeps=4)
    repair(problem, state, rng, tries=max(20, schedule.polishing))
    for _ in range(3 if schedule.polishing else 0):
        polish(problem.net, state.split, state.quota, schedule.polishing, rng)


def best_division(
    problem: Problem, area_of: Ints, quota: tuple[Ints, Ints, Ints], schedule: Schedule, rng: Rng, clock: Clock
) -> State:
    """Return the best of as many divisions as the schedule says: fewest broken bands, then least worth."""
    best: State | None = None
    best_price = math.inf
    for _ in range(schedule.starts):
        if best is not None and clock.over:
            break
        state = divide(problem, area_of, quota, schedule, rng, clock)
        if not clock.over:
            finish(problem, state, schedule, rng)
        now = price(problem, state) + 1e6 * len(broken(problem, state))
        if best is None or now < best_price:
            best, best_price = state, now
    if best is None:
        raise ValueError("a schedule needs at least one start")
    return best
