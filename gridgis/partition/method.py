"""From graph to assignment, whatever the method: preflight, the method's work on each area, check, proofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gridgis.errors import InputError
from gridgis.graph import Graph, Ints
from gridgis.languages import Said
from gridgis.options import COUNT_WORDS, PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.partition.check import check
from gridgis.partition.neighbourhood import Verdict, prove, settle
from gridgis.partition.preflight import Survey, survey
from gridgis.partition.problem import Problem, terms_of, weights
from gridgis.partition.proofs import proofs_of
from gridgis.partition.schedule import best_division, improve, plan_search
from gridgis.partition.search import Clock, State, resume, seeded
from gridgis.partition.threads import side_by_side

Progress = Callable[[str, float], None]


class Outcome(NamedTuple):
    """A method's division of a problem; what is known of grids that break a band; what to tell of the whole."""

    state: State
    verdicts: dict[int, Verdict]
    notes: tuple[str, ...] = ()


Solve = Callable[[Problem, Survey, PlanOptions, Clock, Progress], Outcome]


def search_partition(graph: Graph, options: PlanOptions, progress: Progress | None = None) -> Assignment:
    """Divide a graph by search; see ``gridgis.partition.partition``."""
    return divide_graph(graph, options, progress, search)


def divide_graph(graph: Graph, options: PlanOptions, progress: Progress | None, solve: Solve) -> Assignment:
    """Divide a graph: what preflight leaves open is for `solve`, all else is the same for every method."""
    _usable(graph)
    tell = progress or (lambda step, done: None)
    clock = Clock(limit_s=options.time_limit_s)
    tell("partition", 0.0)
    counted = weights(graph, options)
    found, terms = side_by_side(lambda: survey(graph, options, counted), lambda: terms_of(graph, counted, options))
    tell("partition", 0.05)
    notes: list[str] = []
    verdicts: dict[int, Verdict] = {}
    grid = np.full(graph.n, -1, np.int64)
    grids = 0
    if found.areas:
        places = np.concatenate([area.units for area in found.areas])
        problem = terms.problem(graph, places, found.links)
        outcome = solve(problem, found, options, clock, tell)
        grid[places] = outcome.state.split.grid
        grids = int(grid.max()) + 1
        verdicts = {
            int(problem.units[place]): replace(verdict, units=problem.units[verdict.units])
            for place, verdict in outcome.verdicts.items()
        }
        notes += outcome.notes
        if clock.over:
            notes.append(f"the time limit of {options.time_limit_s:g} s ended the search")
    for group in found.alone:
        grid[group] = grids
        grids += 1
    for fixed in found.fixed:
        grid[fixed.units] = grids
        grids += 1
    for unit, owner in found.joins.items():
        grid[unit] = grid[owner]
    grid = _by_first_unit(grid)
    total = int(grid.max()) + 1
    broken = check(graph, grid, total, counted)
    proofs = proofs_of(graph, grid, broken, counted, found, verdicts)
    tell("partition", 1.0)
    return Assignment(grid=grid, grids=total, proofs=proofs, notes=tuple(notes))


def _usable(graph: Graph) -> None:
    faults = []
    if graph.n == 0:
        faults.append(Said("the graph has no units; nothing can be divided"))
    for name, values in (("households", graph.households), ("population", graph.population)):
        wrong = np.flatnonzero(values < 0)
        if len(wrong):
            faults.append(
                Said(
                    "{count:,} units have {name} below 0; counts must be 0 or more",
                    count=len(wrong),
                    name=COUNT_WORDS[name],
                )
            )
    if len(graph.u) and (min(graph.u.min(), graph.v.min()) < 0 or max(graph.u.max(), graph.v.max()) >= graph.n):
        faults.append(Said("edges name units outside 0 … {last:,}", last=graph.n - 1))
    if faults:
        raise InputError(*faults)


def _by_first_unit(grid: Ints) -> Ints:
    """Return the grids numbered in the order of their first units."""
    first = np.full(int(grid.max()) + 1, len(grid))
    first[grid[::-1]] = np.arange(len(grid) - 1, -1, -1)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(len(first))
    return number[grid]


def search(problem: Problem, found: Survey, options: PlanOptions, clock: Clock, tell: Progress) -> Outcome:
    """Divide a problem: starts and annealing, then neighbourhoods of what is bad, then exact proofs."""
    area_of = np.repeat(np.arange(len(found.areas)), [len(area.units) for area in found.areas])
    grids, fewest, most = (
        np.array([getattr(area, name) for area in found.areas], np.int64) for name in ("grids", "fewest", "most")
    )
    rng = np.random.default_rng(options.seed)
    compiled = seeded(options.seed)
    schedule = plan_search(problem, int(grids.sum()), options)
    state = resume(problem, area_of, fewest, most)
    if state is None:
        state = best_division(problem, area_of, (grids, fewest, most), schedule, compiled, clock)
    else:
        improve(problem, state, schedule, compiled, clock)
    tell("partition", 0.8)
    workable = np.array([area.possible for area in found.areas])
    state = settle(problem, state, workable, rng, clock, options.effort)
    tell("partition", 0.9)
    state, verdicts = prove(problem, state, workable, clock)
    further = settle(problem, state, workable, rng, clock, options.effort, verdicts)
    if further is not state:
        state, verdicts = prove(problem, further, workable, clock)
    return Outcome(state, verdicts)
