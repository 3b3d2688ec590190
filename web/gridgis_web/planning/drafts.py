"""Editing drafts: each edit a step that is kept; the plans edited lately stay in memory, so that none is read twice.

A draft's grids are drawn for the store, and its certificate made, only when it is left (`settle`): that takes longer
than an edit may.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

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
from gridgis.grids import redraw_grids
from gridgis.languages import Said
from gridgis.plan import Plan
from gridgis_web.store import Store, steps
from gridgis_web.store.plans import plan_in_short, refuse_stale, save_draft

MOST = 24
"""Plans kept in memory; those of one draft share their layers and units."""


class Opened(NamedTuple):
    """A draft as it stands."""

    plan: Plan
    place: steps.Place


class _Plans:
    """Plans by store, key and version; the longest unused go first."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[str, int, int], Plan] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, store: Store, key: int, version: int) -> Plan | None:
        name = (store.url.render_as_string(), key, version)
        with self._lock:
            if (found := self._rows.get(name)) is not None:
                self._rows.move_to_end(name)
            return found

    def put(self, store: Store, key: int, version: int, plan: Plan) -> Plan:
        with self._lock:
            self._rows[store.url.render_as_string(), key, version] = plan
            while len(self._rows) > MOST:
                self._rows.popitem(last=False)
        return plan


_PLANS = _Plans()


def open_draft(store: Store, key: int) -> Opened:
    """Return a plan as it stands, a draft with all edits in force; raises NotFound."""
    with store.read() as session:
        place = steps.place_of(session, key)
        plan = _PLANS.get(store, key, place.version)
        if plan is None:
            plan = _PLANS.put(store, key, place.version, steps.load_draft(session, key))
    return Opened(plan, place)


def edit_draft(
    store: Store, key: int, version: int, action: str, given: Mapping[str, Any], *, who: str
) -> tuple[Edit | None, Opened]:
    """Edit a draft and keep the step; return the edit (None: locks, which change no grid) and the draft after it.

    Parameters
    ----------
    action
        One of `ACTIONS`.
    given
        What that takes: ``units`` (numbers), ``to`` (code; None: a new grid), ``codes``, ``parts``, ``line``
        (longitude, latitude of each point). Locks take ``codes`` of grids, ``units``, or both.

    Raises
    ------
    InputError
        The edit cannot be made; the text says why and what to do.
    Conflict
        Someone else changed the draft in the meantime, or it is no draft.
    """
    before = _of_version(store, key, version)
    edit: Edit | None = None
    if action in LOCKS:
        after = LOCKS[action](before, given.get("codes", ()), given.get("units", ()))
        told: dict[str, Any] = {"codes": list(given.get("codes", ())), "units": len(given.get("units", ()))}
    else:
        edit = ACTIONS[action](before, given)
        after = edit.plan
        if after is before:
            raise InputError(UNCHANGED.get(action, Said("that changes nothing: what was chosen is there already")))
        told = told_of(edit)
    with store.write() as session:
        row = steps.add_step(session, key, version, before, after, action=action, told=told, who=who)
        place = steps.Place(row.version, row.step, row.step)
    _PLANS.put(store, key, place.version, after)
    return edit, Opened(after, place)


def step_draft(store: Store, key: int, version: int, by: int, *, who: str) -> Opened:
    """Undo the last edit in force (-1), or redo the one undone last (1).

    Raises
    ------
    InputError
        There is none.
    Conflict
        As `edit_draft`.
    """
    now = _of_version(store, key, version)
    with store.read() as session:
        place = steps.place_of(session, key)
        step = place.step + by
        if not 0 <= step <= place.last:
            raise InputError(Said("there is nothing to undo") if by < 0 else Said("there is nothing to redo"))
        then = _drawn_after(now, steps.load_step(session, key, step, now))
    with store.write() as session:
        row = steps.go_to(session, key, version, step, grids=then.assignment.grids, who=who)
        made = row.version
    _PLANS.put(store, key, made, then)
    return Opened(then, steps.Place(made, step, place.last))


def settle(store: Store, key: int, version: int, *, who: str) -> int:
    """Draw a draft's grids and make its certificate where edits have left them behind; return its version."""
    with store.read() as session:
        row = plan_in_short(session, key)
        refuse_stale(row, version)
        if row.is_drawn:
            return row.version
    plan = _of_version(store, key, version)
    _ = plan.grids, plan.certificate
    with store.write() as session:
        row = save_draft(session, key, version, plan, who=who, why="drew what was edited")
        made = row.version
    _PLANS.put(store, key, made, plan)
    return made


def told_of(edit: Edit) -> dict[str, Any]:
    """Return what an edit did, in figures, for the log and the list of steps."""
    return {
        "units": len(edit.units),
        "buildings": len(edit.buildings),
        "households": edit.households,
        "population": edit.population,
        "touched": list(edit.touched),
        "new": list(edit.new),
        "retired": list(edit.retired),
    }


def _of_version(store: Store, key: int, version: int) -> Plan:
    """Return a draft as it was at the version a change is made from; raises Conflict where it is at another."""
    plan = _PLANS.get(store, key, version)
    with store.read() as session:
        refuse_stale(plan_in_short(session, key), version)
        if plan is None:
            plan = _PLANS.put(store, key, version, steps.load_draft(session, key))
    return plan


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
    return _as_drawn(plan, replace(held, options=plan.options.replace(lock=lock)))


def _unlocked(plan: Plan, codes: Sequence[str], units: Sequence[int]) -> Plan:
    held = free_units(plan, units) if len(units) else plan
    lock = tuple(code for code in plan.options.lock if code not in codes)
    return _as_drawn(plan, replace(held, options=plan.options.replace(lock=lock)))


def _drawn_after(now: Plan, then: Plan) -> Plan:
    """Return a plan of the same units with its grids drawn anew only where they differ from those drawn now."""
    code_now, code_then = (np.array(plan.codes.code, object) for plan in (now, then))
    row = {code: number for number, code in enumerate(code_now.tolist())}
    was = np.array([row.get(code, -1) for code in code_then.tolist()], np.int64)
    moved = code_now[now.assignment.grid] != code_then[then.assignment.grid]
    changed = was < 0
    changed[then.assignment.grid[moved]] = True
    left = set(code_now[now.assignment.grid[moved]].tolist())
    changed |= np.isin(code_then, list(left))
    if not changed.any():  # locks alone
        return _as_drawn(now, then)
    drawn = redraw_grids(now.grids, was, changed, then.units, then.assignment, then.codes, then.options)
    then.__dict__["grids"] = drawn
    return then


def _as_drawn(before: Plan, after: Plan) -> Plan:
    """Return a plan of the same grids with those that were drawn already."""
    if "grids" in before.__dict__:
        after.__dict__["grids"] = before.grids
    return after


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
