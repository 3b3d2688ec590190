"""The method "exact": plans of small areas that are proven the best, or proven to be so far from it at most.

Where the possible grids can be listed, the best cover of them is the answer, for every objective. Where they are too
many, the objectives that count cuts alone have a bound from an integer program, against which the search is held.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gridgis.errors import InputError
from gridgis.graph import Graph, Ints
from gridgis.languages import Said
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.partition.exact import Cover, best_cover
from gridgis.partition.labelling import fewest_cuts
from gridgis.partition.method import Outcome, divide_graph, search
from gridgis.partition.neighbourhood import Verdict, put_back
from gridgis.partition.preflight import Survey
from gridgis.partition.problem import Problem
from gridgis.partition.search import Clock, State, broken, price

MOST_UNITS = 1000
"""Above this many units nothing is tried."""
MOST_SETS = 50_000
MOST_CHOICES = 6000
"""Units times grids that an integer program of cuts is tried for."""
SECONDS = 60.0
"""What a proof may take where no time limit is given."""


def exact_partition(
    graph: Graph, options: PlanOptions, progress: Callable[[str, float], None] | None = None
) -> Assignment:
    """Divide a small graph into the best grids there are; see ``gridgis.partition.partition``.

    ``Assignment.notes`` says for the whole plan that it is proven the best for the objective, or how much better one
    could be. Without a time limit a proof ends after 60 s.

    Raises
    ------
    InputError
        When the graph is too large: more than 1,000 units, or more than 50,000 possible grids (about 8 units in
        each) when the objective is balance.
    """
    if graph.n > MOST_UNITS:
        raise InputError(
            Said(
                "the graph has {n:,} units; the exact method divides up to {most_units:,}. Use the method search",
                n=graph.n,
                most_units=MOST_UNITS,
            )
        )
    return divide_graph(graph, options, progress, _solve)


def _solve(
    problem: Problem, found: Survey, options: PlanOptions, clock: Clock, tell: Callable[[str, float], None]
) -> Outcome:
    """Search, then improve and prove every area by itself."""
    if options.time_limit_s is None:
        clock = Clock(limit_s=SECONDS)
    half = Clock(limit_s=clock.left_s / 2)
    outcome = search(problem, found, options, half, tell)
    state, verdicts = outcome.state, dict(outcome.verdicts)
    bound = 0.0
    proven = True
    ends = np.cumsum([len(area.units) for area in found.areas])
    for area, end in zip(found.areas, ends, strict=True):
        places = np.arange(end - len(area.units), end)
        inner = problem.take(places)
        now = _state_of(problem, state, places)
        cost = price(inner, now)
        if not area.possible:
            bound += cost
            continue
        cover = _best(inner, now, area.fewest, area.most, options, clock)
        if cover.grid is not None:
            state = put_back(problem, state, places, cover.grid)
            cost = price(inner, _state_of(problem, state, places))
        elif cover.status == "impossible" and len(broken(inner, now)):
            verdicts |= _none_possible(problem, state, places, verdicts)
        bound += cost if cover.status in ("optimal", "impossible") else min(cost, cover.bound)
        proven &= cover.status in ("optimal", "impossible")
    first = set(np.unique(state.split.grid, return_index=True)[1].tolist())
    bad = set(broken(problem, state).tolist())
    verdicts = {v: verdict for v, verdict in verdicts.items() if v in first and int(state.split.grid[v]) in bad}
    return Outcome(state, verdicts, (_words(options.objective, price(problem, state), bound, proven, len(bad)),))


def _state_of(problem: Problem, state: State, places: Ints) -> State:
    one = np.ones(1, np.int64)
    return State.opened(problem.take(places), state.split.grid[places], np.zeros(len(places), np.int64), one, one)


def _best(inner: Problem, now: State, fewest: int, most: int, options: PlanOptions, clock: Clock) -> Cover:
    """Return the best division of an area, or what is known of it; refuse one that nothing can be shown of."""
    cover = best_cover(
        inner,
        fewest=fewest,
        most=most,
        limit=MOST_SETS,
        nodes=100_000,
        time_limit_s=max(clock.left_s, 0.1),
        on_time=True,
    )
    if cover.status != "many":
        return _no_worse(inner, now, cover)
    if options.objective == "balance":
        raise InputError(
            Said(
                "{n:,} units, about {share:.0f} in a grid, can form more than {most_sets:,} different grids; "
                "the exact method lists all of them, which works up to about 8 units in a grid. Use the "
                "method search, or the objective cut-edges or cut-length, whose plans have a bound",
                n=inner.n,
                share=inner.n / max(fewest, 1),
                most_sets=MOST_SETS,
            )
        )
    if inner.n * most > MOST_CHOICES:
        raise InputError(
            Said(
                "{n:,} units in up to {most:,} grids are {choices:,} choices; the exact method goes up to "
                "{most_choices:,}. Use the method search",
                n=inner.n,
                most=most,
                choices=inner.n * most,
                most_choices=MOST_CHOICES,
            )
        )
    known = None if len(broken(inner, now)) else now.split.grid
    cover = fewest_cuts(inner, fewest=fewest, most=most, known=known, clock=clock)
    if options.objective == "cut-edges" and math.isfinite(cover.bound):
        cover = cover._replace(bound=float(math.ceil(cover.bound - 1e-6)))
    return _no_worse(inner, now, cover)


def _no_worse(inner: Problem, now: State, cover: Cover) -> Cover:
    """Return the cover, without its grids where the division there is has no broken band and costs no more."""
    if cover.grid is None or len(broken(inner, now)):
        return cover
    none, one = np.zeros(inner.n, np.int64), np.ones(1, np.int64)
    other = price(inner, State.opened(inner, cover.grid, none, one, one))
    return cover if other < price(inner, now) - 1e-9 else cover._replace(grid=None)


def _none_possible(problem: Problem, state: State, places: Ints, verdicts: dict[int, Verdict]) -> dict[int, Verdict]:
    """Return a verdict for each grid of an area without a division within the bands, unless a narrower one is known."""
    bad = broken(problem, state)
    out = {}
    for grid in np.unique(state.split.grid[places]).tolist():
        unit = int(np.flatnonzero(state.split.grid == grid)[0])
        known = verdicts.get(unit)
        if grid in bad and (known is None or not len(known.units)):
            out[unit] = Verdict(units=places, around=0)
    return out


def _words(objective: str, cost: float, bound: float, proven: bool, bad: int) -> str:
    """Return what is known of the plan as a whole."""
    what = {"cut-edges": "pairs of neighbours parted", "cut-length": "mean edges of line"}.get(objective, "worth")
    if bad and not proven:
        return f"{bad:,} grids break a band, and whether that must be was not shown in the time there was"
    if proven:
        return f"proven: no plan within the bands is better than this one ({what}: {cost:,.6g})"
    if math.isfinite(bound):
        gap = (cost - bound) / max(abs(cost), 1e-9)
        least = f"{what}: {cost:,.6g}, at least {bound:,.6g}"
        return f"proven: no plan within the bands is better than this one by more than {gap:.1%} ({least})"
    return f"nothing was proven in the time there was ({what}: {cost:,.6g}); give a longer time limit"
