"""Several good plans to choose from, and how they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgis.graph import Graph, Ints
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.partition.problem import weights

if TYPE_CHECKING:
    import pandas as pd

EMPHASES: tuple[tuple[str, dict[str, float]], ...] = (
    ("even", {}),
    ("equal load", {"balance": 3.0}),
    ("good lines", {"lines": 2.5}),
    ("compact", {"compactness": 2.5}),
)
DIFFERENT = 0.1
"""Share of the load that must be in another grid for a plan to count as another plan."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One plan among several.

    Attributes
    ----------
    emphasis
        What counted more than usual.
    load_spread
        Standard deviation of the grids' loads ÷ their mean, over the counts that are bounded.
    cut_cost, cut_m
        Cost and length of the lines between grids.
    shape
        Mean Polsby–Popper of the grids; NaN where areas are unknown.
    difference
        Share of the load in another grid than in the first candidate, grids matched as well as can be.
    """

    options: PlanOptions
    assignment: Assignment
    emphasis: str
    load_spread: float
    cut_cost: float
    cut_m: float
    shape: float
    difference: float


def difference(graph: Graph, one: Ints, other: Ints, load: np.ndarray) -> float:
    """Return the share of the load that lies in different grids, grids matched one to one as well as can be."""
    shape = int(one.max()) + 1, int(other.max()) + 1
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_matrix

    overlap = coo_matrix((load, (one, other)), shape=shape).toarray()
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return max(0.0, float(1.0 - overlap[rows, columns].sum() / max(load.sum(), 1e-9)))


def find_candidates(
    graph: Graph,
    options: PlanOptions,
    solve: Callable[[Graph, PlanOptions], Assignment],
    *,
    count: int = 4,
    first: Assignment | None = None,
    progress: Progress | None = None,
) -> tuple[Candidate, ...]:
    """Return up to `count` plans that differ, the one for the options themselves first.

    Other seeds and emphases are tried; a plan is kept when it breaks no more bands than the first and at least
    ``DIFFERENT`` of the load lies in other grids than in every plan kept before. ``progress`` hears of the step
    ``candidates``.
    """
    report = progress or (lambda step, done: None)
    counted = weights(graph, options)
    load = np.mean([weight.counts / weight.target for weight in counted], axis=0) + 1e-9
    kept: list[Candidate] = []
    for turn in range(3 * count):
        report("candidates", turn / (3 * count))
        emphasis, changes = EMPHASES[turn % len(EMPHASES)]
        now = options.replace(
            seed=options.seed + turn, **{name: getattr(options, name) * factor for name, factor in changes.items()}
        )
        answer = first if first is not None and not turn else solve(graph, now)
        if kept and (
            len(answer.proofs) > len(kept[0].assignment.proofs)
            or min(difference(graph, one.assignment.grid, answer.grid, load) for one in kept) < DIFFERENT
        ):
            continue
        kept.append(_score(graph, now, answer, emphasis, kept[0].assignment.grid if kept else answer.grid, load))
        if len(kept) == count:
            break
    return tuple(kept)


def _score(
    graph: Graph, options: PlanOptions, answer: Assignment, emphasis: str, first: Ints, load: np.ndarray
) -> Candidate:
    grid, k = answer.grid, answer.grids
    loads = np.bincount(grid, load, k)
    cut = grid[graph.u] != grid[graph.v]
    around = np.bincount(grid[graph.u[cut]], graph.shared_m[cut], k)
    around += np.bincount(grid[graph.v[cut]], graph.shared_m[cut], k) + np.bincount(grid, graph.outer_m, k)
    area = np.bincount(grid, graph.area_m2, k)
    known = (area > 0) & (around > 0)
    shape = float((4 * np.pi * area[known] / around[known] ** 2).mean()) if known.any() else float("nan")
    return Candidate(
        options=options,
        assignment=answer,
        emphasis=emphasis,
        load_spread=float(loads.std() / loads.mean()),
        cut_cost=float(graph.cost[cut].sum()),
        cut_m=float(graph.shared_m[cut].sum()),
        shape=shape,
        difference=difference(graph, first, grid, load),
    )


def candidate_table(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """Return one row per candidate: its scores, to choose by."""
    import pandas as pd

    return pd.DataFrame(
        {
            "emphasis": [c.emphasis for c in candidates],
            "seed": [c.options.seed for c in candidates],
            "grids": [c.assignment.grids for c in candidates],
            "outside_bands": [len({p.grid for p in c.assignment.proofs}) for c in candidates],
            "load_spread": [c.load_spread for c in candidates],
            "cut_cost": [c.cut_cost for c in candidates],
            "cut_m": [c.cut_m for c in candidates],
            "shape": [c.shape for c in candidates],
            "difference": [c.difference for c in candidates],
        }
    )
