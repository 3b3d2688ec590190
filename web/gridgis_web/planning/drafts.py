"""Editing drafts: each edit a step that is kept; the plans edited lately stay in memory, so that none is read twice.

A draft's grids are drawn for the store, and its certificate made, only when it is left (`settle`): that takes longer
than an edit may.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gridgis.edit import Edit
from gridgis.errors import InputError, some
from gridgis.languages import Said
from gridgis.plan import Plan
from gridgis_web.planning.actions import ACTIONS, LOCKS, UNCHANGED
from gridgis_web.store import Conflict, Store, steps
from gridgis_web.store.plans import plan_in_short, refuse_stale, save_draft

TRIES = 5
"""So often an edit is made again where someone else was faster each time."""
MOST = 24
"""Plans kept in memory; those of one draft share their layers and units."""


class Strayed(Conflict):
    """What an edit is about is no longer where it was seen; `rows` says what went where meanwhile."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        count = sum(len(row["units"]) for row in rows)
        codes = some(sorted({row["to"] for row in rows}))
        super().__init__(
            Said(
                "{count:,} of the units are in other grids meanwhile ({codes}), so nothing was changed; look what "
                "others did, then choose again",
                count=count,
                codes=codes,
            )
        )
        self.fields = {"strayed": rows}


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
    store: Store,
    key: int,
    version: int,
    action: str,
    given: Mapping[str, Any],
    *,
    who: str,
    seen: Mapping[str, Sequence[int]] | None = None,
) -> tuple[Edit | None, Opened]:
    """Edit a draft and keep the step; return the edit (None: locks, which change no grid) and the draft after it.

    Parameters
    ----------
    action
        One of `ACTIONS` or `LOCKS`.
    given
        What that takes: ``units`` (numbers), ``to`` (code; None: a new grid), ``codes``, ``parts``, ``line``
        (longitude, latitude of each point). Locks take ``codes`` of grids, ``units``, or both.
    seen
        Code -> units that were in that grid when the edit was thought of: those that move, else all of the grids it
        is about. Where someone changed the draft meanwhile and these are still there, the edit is made of the
        draft as it stands now. None: it is refused.

    Raises
    ------
    InputError
        The edit cannot be made; the text says why and what to do.
    Strayed
        Some of what was seen is in other grids now.
    Conflict
        Someone else changed the draft in the meantime, or it is no draft.
    """
    tries = 1 if seen is None else TRIES
    while True:
        before, now = _to_edit(store, key, version, action, seen)
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
        tries -= 1
        try:
            return edit, keep_step(store, key, now, before, after, action=action, told=told, who=who)
        except Conflict:
            if not tries:
                raise


def settle(store: Store, key: int, version: int, *, who: str) -> int:
    """Draw a draft's grids and make its certificate where edits have left them behind; return its version."""
    with store.read() as session:
        row = plan_in_short(session, key)
        refuse_stale(row, version)
        if row.is_drawn:
            return row.version
    plan = of_version(store, key, version)
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


def _to_edit(
    store: Store, key: int, version: int, action: str, seen: Mapping[str, Sequence[int]] | None
) -> tuple[Plan, int]:
    """Return the plan that an edit is made of, and its version: that which was seen, or what came of it since."""
    try:
        return of_version(store, key, version), version
    except Conflict:
        if seen is None:
            raise
    plan, place = open_draft(store, key)
    strayed = _strayed(plan, seen, whole=action in ACTIONS and action != "move")
    if strayed:
        raise Strayed(strayed)
    return plan, place.version


def _strayed(plan: Plan, seen: Mapping[str, Sequence[int]], *, whole: bool) -> list[dict[str, Any]]:
    """Return units that are not where they were seen, by the way they went; ``whole``: those that came to a grid, too.

    Rows have ``from``, ``to`` and ``units``.
    """
    at = {code: number for number, code in enumerate(plan.codes.code)}
    rows: dict[tuple[str, str], list[int]] = {}
    for code, members in seen.items():
        units = np.asarray(members, np.int64)
        units = units[(units >= 0) & (units < plan.graph.n)]
        now = plan.assignment.grid[units]
        for unit in units[now != at.get(code, -1)].tolist():
            rows.setdefault((code, plan.codes.code[plan.assignment.grid[unit]]), []).append(unit)
        if whole and code in at:
            came = np.setdiff1d(np.flatnonzero(plan.assignment.grid == at[code]), units)
            if len(came):
                rows.setdefault(("", code), []).extend(came.tolist())
    return [{"from": way[0], "to": way[1], "units": sorted(units)} for way, units in sorted(rows.items())]


def keep_step(store: Store, key: int, version: int, before: Plan, after: Plan, **step: Any) -> Opened:
    """Keep a step, and what came of it in memory; raises Conflict as `edit_draft`."""
    with store.write() as session:
        row = steps.add_step(session, key, version, before, after, **step)
        place = steps.Place(row.version, row.step, row.step)
    return remember(store, key, Opened(after, place))


def remember(store: Store, key: int, opened: Opened) -> Opened:
    """Keep a draft in memory as it stands."""
    _PLANS.put(store, key, opened.place.version, opened.plan)
    return opened


def of_version(store: Store, key: int, version: int) -> Plan:
    """Return a draft as it was at the version a change is made from; raises Conflict where it is at another."""
    plan = _PLANS.get(store, key, version)
    with store.read() as session:
        refuse_stale(plan_in_short(session, key), version)
        if plan is None:
            plan = _PLANS.put(store, key, version, steps.load_draft(session, key))
    return plan
