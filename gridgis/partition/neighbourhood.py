"""Stubborn grids: the grids around one that breaks a band, taken out as a problem of their own and solved again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gridgis.graph import Ints
from gridgis.partition.exact import MOST_SECONDS, best_cover, impossible_units
from gridgis.partition.problem import Problem
from gridgis.partition.search import Clock, State, begin, broken, cool, misfit, price, repair

SEARCH_SIZES = (8, 16, 30)
FAR_SIZES = (40, 60, 90, 130)
"""Grids around one that nothing is shown of: what is short there may have to come a long way."""
TURNS, FAR_TURNS = 4, 12
"""New states of each neighbourhood, at effort 1."""
EXACT_SIZES = (3, 4, 6)
EXACT_LIMIT = 60_000
MOST = 300


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is known of a grid that still breaks a band.

    Attributes
    ----------
    units
        Places that force it, shown for every partition of the area; empty when nothing is shown.
    around
        Grids of the largest neighbourhood shown to have no division within the bands; 0: none was.
    """

    units: Ints
    around: int


def ball(problem: Problem, state: State, grid: int, grids: int) -> Ints:
    """Return the places of the `grids` grids nearest to one in steps over the graph, itself included."""
    net, of = problem.net, state.split.grid
    taken = {grid}
    places = np.flatnonzero(of == grid)
    while len(taken) < grids:
        rim = np.concatenate([net.indices[net.indptr[v] : net.indptr[v + 1]] for v in places])
        # in the order they are met, so that a ball grows evenly
        found = list(dict.fromkeys(g for g in of[rim].tolist() if g not in taken))
        if not found:
            break
        taken.update(found[: grids - len(taken)])
        places = np.flatnonzero(np.isin(of, list(taken)))
    return places


def cut_out(problem: Problem, state: State, places: Ints) -> tuple[Problem, State]:
    """Return the problem of some whole grids of one area, and its state, all else fixed."""
    inner = problem.take(places)
    grid, quota = state.split.grid[places], state.quota
    area = quota.area_of[places[0]]
    others = quota.have[area] - len(np.unique(grid))
    fewest = np.maximum(quota.fewest[area : area + 1] - others, 1)
    most = np.maximum(quota.most[area : area + 1] - others, 1)
    return inner, State.opened(inner, grid, np.zeros(len(places), np.int64), fewest, most)


def put_back(problem: Problem, state: State, places: Ints, grid: Ints) -> State:
    """Return the state with the grids of some places replaced."""
    out = state.split.grid.copy()
    out[places] = len(state.split.size) + grid
    return State.opened(problem, out, state.quota.area_of, state.quota.fewest, state.quota.most)


def settle(
    problem: Problem,
    state: State,
    workable: np.ndarray,
    rng: np.random.Generator,
    clock: Clock,
    effort: float,
    known: Mapping[int, Verdict] | None = None,
) -> State:
    """Search on around every grid that breaks a band, in ever larger neighbourhoods and from new starts.

    ``workable`` (areas,) says in which areas the bands can be kept at all, as far as is known. With the verdicts
    ``known`` so far, only the grids that nothing is shown of are taken, in larger neighbourhoods yet.
    """
    turns = max(2, round((TURNS if known is None else FAR_TURNS) * effort))
    forced = [unit for unit, verdict in (known or {}).items() if len(verdict.units)]
    for grids in SEARCH_SIZES if known is None else FAR_SIZES:
        for unit in _first_units(problem, state, workable):
            if unit in forced:
                continue
            if clock.over:
                return state
            grid = int(state.split.grid[unit])
            if grid not in broken(problem, state):
                continue
            places = ball(problem, state, grid, grids)
            inner, now = cut_out(problem, state, places)
            best = _search_again(inner, now, rng, clock, turns)
            if best is not now:
                state = put_back(problem, state, places, best.split.grid)
    return state


def _first_units(problem: Problem, state: State, workable: np.ndarray) -> list[int]:
    """Return the first unit of grids that break a band in areas where none need, at most ``MOST`` of them.

    Grids are renumbered on the way, units are not.
    """
    bad = broken(problem, state)
    if not len(bad):
        return []
    first = np.unique(state.split.grid, return_index=True)[1]
    units = first[np.isin(state.split.grid[first], bad)]
    return [int(v) for v in units if workable[state.quota.area_of[v]]][:MOST]


def _search_again(inner: Problem, now: State, rng: np.random.Generator, clock: Clock, turns: int) -> State:
    """Return the best of several new states of a neighbourhood, or the one it has."""
    best, best_misfit = now, misfit(inner, now)
    for turn in range(turns):
        after = _another(inner, now, rng, clock, turn)
        worse = misfit(inner, after) - best_misfit
        if worse < -1e-9 or (worse < 1e-9 and price(inner, after) < price(inner, best)):
            best, best_misfit = after, best_misfit + worse
        if not len(broken(inner, best)) or clock.over:
            break
    return best


def _another(inner: Problem, now: State, rng: np.random.Generator, clock: Clock, turn: int) -> State:
    """Return another state of a neighbourhood: shaken, or from a new start with as many or other grids."""
    compiled = rng.integers(1, 2**63, 1).astype(np.uint64)
    if turn % 2 == 0:
        after = now.copy()
    else:
        quota = now.quota
        count = np.clip(quota.have + (0, 1, -1)[(turn // 2) % 3], quota.fewest, quota.most)
        after = begin(inner, quota.area_of, count, quota.fewest, quota.most, compiled)
    cool(inner, after, compiled, hot=5.0, cold=0.2, sweeps=60, clock=clock)
    repair(inner, after, compiled, tries=30, clock=clock)
    return after


def prove(problem: Problem, state: State, workable: np.ndarray, clock: Clock) -> tuple[State, dict[int, Verdict]]:
    """Solve the neighbourhoods of the grids still broken exactly: mend them, or show what can be shown.

    Returns
    -------
    state
        Perhaps mended.
    verdicts
        Place of the first unit of each grid that still breaks a band -> what is known of it.
    """
    around: dict[int, int] = {}
    whole: dict[int, Ints] = {}
    for unit in _first_units(problem, state, workable):
        if int(state.split.grid[unit]) not in broken(problem, state):
            continue
        for grids in EXACT_SIZES:
            if clock.over:
                break
            places = ball(problem, state, int(state.split.grid[unit]), grids)
            inner, now = cut_out(problem, state, places)
            fewest, most = int(now.quota.fewest[0]), int(now.quota.most[0])
            seconds = min(clock.left_s, MOST_SECONDS)
            cover = best_cover(inner, fewest=fewest, most=most, limit=EXACT_LIMIT, time_limit_s=seconds)
            if cover.grid is not None:
                state = put_back(problem, state, places, cover.grid)
            if cover.status != "impossible":
                break
            around[unit] = int(now.quota.have[0])
            if len(places) == (state.quota.area_of == state.quota.area_of[unit]).sum():
                whole[unit] = places
                break
    verdicts = {}
    for unit in _first_units(problem, state, workable):
        forced = None
        if not clock.over:
            forced = impossible_units(problem, np.flatnonzero(state.split.grid == state.split.grid[unit]))
        if forced is None:
            forced = whole.get(unit, np.zeros(0, np.int64))
        verdicts[unit] = Verdict(units=forced, around=around.get(unit, 0))
    return state, verdicts
