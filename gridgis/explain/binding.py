"""What holds each grid of a plan where it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.features import KINDS
from gridgis.measures import NOUNS, Measure

if TYPE_CHECKING:
    from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TIGHT = 0.05
"""A bound binds a grid whose total is within this share of it."""


def bindings(plan: Plan) -> pd.DataFrame:
    """Say for every grid what holds it where it is.

    Returns
    -------
    DataFrame
        Index ``grid_id``: ``code``; ``tight`` (bounds within 5 % of the grid's total, as texts); ``neighbours``
        (codes); ``barriers`` (metres of its outline along what people cannot cross); ``community_m`` and
        ``jurisdiction_m`` (metres of its outline there); ``beside_locked`` (codes of fixed grids it touches);
        ``fixed`` (it must stay as it is: locked, or a dedicated compound); ``held`` (number of its units that no edit
        takes out of it).
    """
    k, code = plan.assignment.grids, np.array(plan.codes.code, object)
    edges, grid = plan.units.edges, plan.assignment.grid
    left, right = edges["left"].to_numpy(np.int64), edges["right"].to_numpy(np.int64)
    a, b = grid[left], np.where(right >= 0, grid[np.maximum(right, 0)], -1)
    outline = a != b
    length = edges["length_m"].to_numpy(float)
    kind = edges["kind"].to_numpy(object)
    community = plan.units.frame["community"].to_numpy(np.int64)
    apart = (right >= 0) & (community[left] != community[np.maximum(right, 0)])
    blocked = np.isin(kind, [name for name, entry in KINDS.items() if entry.blocks]) & (right >= 0)

    def metres(chosen: Bools) -> npt.NDArray[np.float64]:
        both = np.concatenate([a[chosen], b[chosen & (right >= 0)]])
        return np.bincount(both, np.concatenate([length[chosen], length[chosen & (right >= 0)]]), k).astype(float)

    pairs = np.unique(np.column_stack([a, b])[outline & (right >= 0)], axis=0)
    near: list[list[int]] = [[] for _ in range(k)]
    for one, other in pairs.tolist():
        near[one].append(other)
        near[other].append(one)
    fixed = np.zeros(k, bool)
    fixed[[int(grid[group.units[0]]) for group in plan.graph.fixed]] = True
    fixed |= np.isin(code, plan.options.lock)
    return pd.DataFrame(
        {
            "code": code,
            "tight": [tuple(_tight(plan.units.measures, grid, g)) for g in range(k)],
            "neighbours": [tuple(code[sorted(set(others))]) for others in near],
            "barriers": metres(outline & blocked),
            "community_m": metres(outline & apart),
            "jurisdiction_m": metres(outline & (right < 0)),
            "beside_locked": [tuple(code[[g for g in sorted(set(others)) if fixed[g]]]) for others in near],
            "fixed": fixed,
            "held": np.bincount(grid[list(plan.held)], minlength=k),
        },
        index=pd.RangeIndex(k, name="grid_id"),
    )


def _tight(measures: Sequence[Measure], grid: Ints, g: int) -> Iterator[tuple[str, str]]:
    members = grid == g
    for measure in measures:
        total = float(measure.counts[members].sum())
        (have, have_zh), noun_zh = measure.say(total), NOUNS[measure.rule][2]
        if math.isfinite(measure.high) and total > measure.high * (1 - TIGHT):
            high, high_zh = measure.say(measure.high)
            yield f"{have}, at most {high}", f"{noun_zh}{have_zh}，上限{high_zh}"
        if total < measure.low * (1 + TIGHT):
            low, low_zh = measure.say(measure.low)
            yield f"{have}, at least {low}", f"{noun_zh}{have_zh}，下限{low_zh}"
