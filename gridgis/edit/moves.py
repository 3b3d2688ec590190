"""Moving units and buildings from grid to grid, and merging grids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.codes import keep_most
from gridgis.edit.change import Edit, change, grids_of, refuse_held
from gridgis.edit.holding import held_among, known_units
from gridgis.errors import InputError, some
from gridgis.languages import Said
from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]


def move_units(plan: Plan, units: Sequence[int] | npt.NDArray[Any], to: str | None) -> Edit:
    """Move units to another grid.

    Parameters
    ----------
    units
        Their ``unit_id``.
    to
        Code of the grid they go to; None: together they become a new one. A grid left without units is retired.

    Raises
    ------
    InputError
        Units or a grid that the plan does not have, or that are locked or dedicated.
    """
    return _move(plan, known_units(plan, units), to)


def move_buildings(plan: Plan, buildings: Sequence[int] | npt.NDArray[Any], to: str | None) -> Edit:
    """Move the units that hold these buildings (``building_id``); `Edit.along` tells what comes along.

    Raises
    ------
    InputError
        As `move_units`, and for buildings that the plan does not have or does not count.
    """
    asked = np.unique(np.asarray(buildings, np.int64))
    known = plan.units.buildings
    missing = np.setdiff1d(asked, known.index.to_numpy(np.int64))
    if len(missing):
        raise InputError(
            Said("the plan has no building {missing}; choose buildings of its map", missing=some(missing.tolist()))
        )
    units = known.to_numpy(np.int64)[known.index.get_indexer(pd.Index(asked))]
    if (units < 0).any():
        names = plan.layers.buildings["source_id"].loc[asked[units < 0]].tolist()
        raise InputError(
            Said(
                "the middle of {names} lies outside the jurisdiction, so no grid holds it; leave it out",
                names=some(names),
            )
        )
    return _move(plan, np.unique(units), to, asked)


def merge_grids(plan: Plan, codes: Sequence[str]) -> Edit:
    """Make several grids one, which keeps the code of that with most households; the others are retired.

    Raises
    ------
    InputError
        Fewer than two grids, or grids that the plan does not have, or that are locked or dedicated.
    """
    grids = np.array(grids_of(plan, codes), np.int64)
    if len(grids) < 2:
        raise InputError(Said("one grid alone cannot be merged; choose at least two"))
    members = np.flatnonzero(np.isin(plan.assignment.grid, grids))
    refuse_held(plan, members, grids.tolist())
    label = plan.assignment.grid.copy()
    new = plan.assignment.grids
    label[members] = new
    return change(plan, "merge", label, inherit(plan, label, members))


def inherit(plan: Plan, label: Ints, members: Ints) -> dict[int, int]:
    """Return new number -> the grid whose code it has, for `change`: codes stay with most of their households.

    Held units keep the code of their grid, if they can.
    """
    frame = plan.units.frame
    # where nobody lives, area decides
    weight = frame["households"].to_numpy(float)[members] + 1e-12 * frame["area_m2"].to_numpy(float)[members]
    weight += held_among(plan, members) * (1.0 + weight.sum())
    return keep_most(plan.assignment.grid[members], label[members], weight, plan.assignment.grids)


def _move(plan: Plan, units: Ints, to: str | None, asked: Ints | None = None) -> Edit:
    grid, k = plan.assignment.grid, plan.assignment.grids
    target = k if to is None else grids_of(plan, [to])[0]
    leaving = units[grid[units] != target]
    sources = np.unique(grid[leaving])
    refuse_held(plan, leaving, [*sources.tolist(), *([target] if target < k and len(leaving) else [])])
    label = grid.copy()
    label[leaving] = target
    bears = {} if to is not None else inherit(plan, label, np.flatnonzero(np.isin(grid, sources)))
    return change(plan, "move", label, bears, asked=asked)
