"""What can be done to a draft, by name: each action makes the plan after of the plan before and what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

from gridgis.edit import (
    Edit,
    balance_region,
    free_units,
    hold_units,
    merge_grids,
    move_units,
    resolve_region,
    split_along,
    split_grid,
)
from gridgis.errors import InputError, some
from gridgis.languages import Said
from gridgis.plan import Plan


def as_drawn(before: Plan, after: Plan) -> Plan:
    """Return a plan of the same grids with those that were drawn already."""
    if "grids" in before.__dict__:
        after.__dict__["grids"] = before.grids
    return after


def _move(plan: Plan, given: Mapping[str, Any]) -> Edit:
    return move_units(plan, np.asarray(given["units"], np.int64), given.get("to"))


def _merge(plan: Plan, given: Mapping[str, Any]) -> Edit:
    return merge_grids(plan, given["codes"])


def _split(plan: Plan, given: Mapping[str, Any]) -> Edit:
    return split_grid(plan, _one(given["codes"]), given.get("parts", 2))


def _split_along(plan: Plan, given: Mapping[str, Any]) -> Edit:
    line = shapely.LineString(given["line"])
    metric = Transformer.from_crs(4326, plan.layers.crs, always_xy=True)
    placed = shapely.transform(line, lambda xy: np.column_stack(metric.transform(xy[:, 0], xy[:, 1])))
    return split_along(plan, _one(given["codes"]), placed)


def _resolve(plan: Plan, given: Mapping[str, Any]) -> Edit:
    return resolve_region(plan, given["codes"])


def _balance(plan: Plan, given: Mapping[str, Any]) -> Edit:
    return balance_region(plan, given["codes"])


def _one(codes: Sequence[str]) -> str:
    if len(codes) != 1:
        raise InputError(Said("one grid is split at a time; choose one, not {count}", count=len(codes)))
    return codes[0]


def _locked(plan: Plan, codes: Sequence[str], units: Sequence[int]) -> Plan:
    unknown = [code for code in codes if code not in plan.codes.code]
    if unknown:
        raise InputError(
            Said("the plan has no grid {unknown}; choose of {code}", unknown=some(unknown), code=some(plan.codes.code))
        )
    held = hold_units(plan, units) if len(units) else plan
    lock = tuple(dict.fromkeys([*plan.options.lock, *codes]))
    return as_drawn(plan, replace(held, options=plan.options.replace(lock=lock)))


def _unlocked(plan: Plan, codes: Sequence[str], units: Sequence[int]) -> Plan:
    held = free_units(plan, units) if len(units) else plan
    lock = tuple(code for code in plan.options.lock if code not in codes)
    return as_drawn(plan, replace(held, options=plan.options.replace(lock=lock)))


ACTIONS: Mapping[str, Callable[[Plan, Mapping[str, Any]], Edit]] = {
    "move": _move,
    "merge": _merge,
    "split": _split,
    "split-along": _split_along,
    "balance": _balance,
    "resolve": _resolve,
}
LOCKS: Mapping[str, Callable[[Plan, Sequence[str], Sequence[int]], Plan]] = {"lock": _locked, "unlock": _unlocked}
EVEN = Said(
    "nothing better was found: these grids are about as even as whole units allow without moving many households"
)
UNCHANGED: Mapping[str, Said] = {"balance": EVEN, "resolve": EVEN}
"""Action -> what is said where it finds nothing to change."""
