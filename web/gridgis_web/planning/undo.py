"""Undo and redo of a draft that several may edit: everyone takes back their own steps, as far as others let them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridgis.edit.change import change, refuse_held
from gridgis.edit.holding import refuse_loss
from gridgis.errors import InputError, some
from gridgis.grids import redraw_grids
from gridgis.languages import Said, Words
from gridgis.plan import Plan
from gridgis_web.planning.actions import LOCKS, as_drawn
from gridgis_web.planning.drafts import Opened, keep_step, of_version, remember, told_of
from gridgis_web.store import Conflict, Store, steps
from gridgis_web.store.steps import Made

UNDO = "undo"
"""What a step is called that takes one back which others have followed; what that was, `told` says: ``undoes``."""


class NotYours(Conflict):
    """What would be undone or redone next is someone else's; only who says so does that."""

    def __init__(self, step: Made, words: Words) -> None:
        super().__init__(words)
        self.fields = {"step": {"who": step.who, "action": step.action, "number": step.number}}


def undo_draft(store: Store, key: int, version: int, *, who: str, anyone: bool = False) -> Opened:
    """Take back the last step in force that someone made; ``anyone``: the last step, whoever made it.

    Where others went on from it, it becomes a step of its own that puts back what was moved, if all of that is
    still where the step left it.

    Raises
    ------
    InputError
        There is none, or others have gone on from it; the text says why, and what to do.
    NotYours
        All steps that are left are those of others.
    Conflict
        Someone else changed the draft in the meantime, or it is no draft.
    """
    now = of_version(store, key, version)
    with store.read() as session:
        place = steps.place_of(session, key)
        made = [step for step in steps.steps_made(session, key) if step.number <= place.step]
    if not made:
        raise InputError(Said("there is nothing to undo"))
    if anyone or (made[-1].who == who and made[-1].action != UNDO):
        return _go_to(store, key, version, now, place.step - 1, place.last, who)
    undone = {step.told["undoes"] for step in made if step.action == UNDO}
    left = [step for step in made if step.action != UNDO and step.number not in undone]
    own = next((step for step in reversed(left) if step.who == who), None)
    if own is None:
        if not left or made[-1].who == who:
            raise InputError(Said("there is nothing of yours left to undo"))
        words = Said("the last step is {who}'s; nothing of yours is left to undo", who=made[-1].who)
        raise NotYours(made[-1], words)
    after, told = _without(store, key, now, own, made[-1])
    return keep_step(store, key, version, now, after, action=UNDO, told=told | {"undoes": own.number}, who=who)


def redo_draft(store: Store, key: int, version: int, *, who: str, anyone: bool = False) -> Opened:
    """Put the step undone last in force again; raises as `undo_draft`."""
    now = of_version(store, key, version)
    with store.read() as session:
        place = steps.place_of(session, key)
        ahead = next((step for step in steps.steps_made(session, key) if step.number == place.step + 1), None)
    if ahead is None:
        raise InputError(Said("there is nothing to redo"))
    if ahead.who != who and not anyone:
        raise NotYours(ahead, Said("what was undone last is {who}'s step, not yours", who=ahead.who))
    return _go_to(store, key, version, now, ahead.number, place.last, who)


def _go_to(store: Store, key: int, version: int, now: Plan, step: int, last: int, who: str) -> Opened:
    with store.read() as session:
        then = _drawn_after(now, steps.load_step(session, key, step, now))
    with store.write() as session:
        row = steps.go_to(session, key, version, step, grids=then.assignment.grids, who=who)
        made = row.version
    return remember(store, key, Opened(then, steps.Place(made, step, last)))


def _without(store: Store, key: int, now: Plan, step: Made, last: Made) -> tuple[Plan, dict[str, Any]]:
    """Return the plan without what a step did, all later ones being kept, and what that changes."""
    with store.read() as session:
        before, after = (steps.load_step(session, key, number, now) for number in (step.number - 1, step.number))
    if step.action in LOCKS:
        codes = sorted((set(before.options.lock) ^ set(after.options.lock)) & set(now.codes.code))
        units = sorted(set(before.held) ^ set(after.held))
        opposite = LOCKS["unlock" if step.action == "lock" else "lock"]
        return opposite(now, codes, units), {"codes": codes, "units": len(units)}
    was, became, is_now = (np.array(plan.codes.code, object)[plan.assignment.grid] for plan in (before, after, now))
    moved = np.flatnonzero(was != became)
    at = {code: number for number, code in enumerate(now.codes.code)}
    gone = sorted(set(before.codes.code) ^ set(after.codes.code) | (set(was[moved].tolist()) - at.keys()))
    if gone:
        why = Said("it made or retired grids ({codes})", codes=some(gone))
        raise InputError(_unsound(step, last, why))
    strayed = moved[is_now[moved] != became[moved]]
    if len(strayed):
        why = Said("{count:,} of its units have moved on since", count=len(strayed))
        raise InputError(_unsound(step, last, why))
    label = now.assignment.grid.copy()
    label[moved] = [at[code] for code in was[moved].tolist()]
    refuse_loss(now, moved)
    refuse_held(now, moved, {*now.assignment.grid[moved].tolist(), *label[moved].tolist()})
    if len(np.unique(label)) < now.assignment.grids:
        raise InputError(_unsound(step, last, Said("a grid would be left with nothing")))
    edit = change(now, UNDO, label, {})
    return edit.plan, told_of(edit)


def _unsound(step: Made, last: Made, why: Words) -> Words:
    return Said(
        "your last step cannot be undone any more, because {who} went on from it and {why}; what is not right, move "
        "by hand",
        who=last.who,
        why=why,
    )


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
        return as_drawn(now, then)
    drawn = redraw_grids(now.grids, was, changed, then.units, then.assignment, then.codes, then.options)
    then.__dict__["grids"] = drawn
    return then
