"""Units that stay in their grids whatever is edited: held one by one, beside grids that are locked whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from gridgis.errors import InputError, some
from gridgis.graph import Graph
from gridgis.languages import Said
from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def hold_units(plan: Plan, units: Sequence[int] | npt.NDArray[Any]) -> Plan:
    """Return the plan with these units held too: no edit takes them out of the grid whose code they have.

    Raises
    ------
    InputError
        Units that the plan does not have.
    """
    return _with_held(plan, np.union1d(np.array(plan.held, np.int64), known_units(plan, units)))


def free_units(plan: Plan, units: Sequence[int] | npt.NDArray[Any]) -> Plan:
    """Return the plan with these units held no longer; raises as `hold_units`."""
    return _with_held(plan, np.setdiff1d(np.array(plan.held, np.int64), known_units(plan, units)))


def known_units(plan: Plan, units: Sequence[int] | npt.NDArray[Any]) -> Ints:
    """Return units ascending, each once; raises InputError where the plan has not all of them, or there are none."""
    chosen = np.unique(np.asarray(units, np.int64))
    n = len(plan.assignment.grid)
    wrong = chosen[(chosen < 0) | (chosen >= n)]
    if len(wrong) or not len(chosen):
        what = (
            Said("the plan has no unit {units}", units=some(wrong.tolist()))
            if len(wrong)
            else Said("no units were chosen")
        )
        raise InputError(Said("{what}; choose units 0 … {last:,}", what=what, last=n - 1))
    return chosen


def held_among(plan: Plan, units: Ints) -> Bools:
    """Say of units which are held."""
    return np.isin(units, np.array(plan.held, np.int64))


def refuse_loss(plan: Plan, units: Ints) -> None:
    """Raise InputError where some of these units, which would leave their grid, are held."""
    lost = units[held_among(plan, units)]
    if len(lost):
        grids = [plan.codes.code[g] for g in np.unique(plan.assignment.grid[lost]).tolist()]
        raise InputError(
            Said(
                "{count:,} locked units (at building {names}) would leave grid {codes}; unlock them first, or leave "
                "them out",
                count=len(lost),
                names=some([str(name) for name in plan.graph.ids[lost].tolist()]),
                codes=some(grids),
            )
        )


def kept_together(graph: Graph, grid: Ints, held: Bools) -> Ints:
    """Return the group (n,) of every unit: those held in one grid, with the units on the ways between, are one.

    So whatever divides the groups leaves them connected, and together.
    """
    of = np.arange(graph.n)
    inside = grid[graph.u] == grid[graph.v]
    u, v = graph.u[inside], graph.v[inside]
    links = csr_matrix((np.ones(len(u)), (u, v)), shape=(graph.n, graph.n))
    for g in np.unique(grid[held]).tolist():
        mine = np.flatnonzero(held & (grid == g))
        root = int(mine[0])
        order, before = breadth_first_order(links, root, directed=False)
        reached = np.zeros(graph.n, bool)
        reached[order] = True
        for unit in mine[reached[mine]].tolist():
            at = unit
            while at != root:
                of[at] = root
                at = int(before[at])
    return np.unique(of, return_inverse=True)[1].ravel().astype(np.int64)


def _with_held(plan: Plan, held: Ints) -> Plan:
    after = replace(plan, held=tuple(held.tolist()))
    for name in ("grids", "certificate"):  # holding changes neither
        if name in plan.__dict__:
            after.__dict__[name] = plan.__dict__[name]
    return after
