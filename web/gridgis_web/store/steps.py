"""The states of drafts that are edited: each kept whole, so that undoing is going back to one, over years too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import Filter, list_entries, record
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import Plan, PlanStep
from gridgis_web.store.models.plans import STATE_WORDS
from gridgis_web.store.plans import SUBJECT, for_change, load_plan, plan_in_short, touch

if TYPE_CHECKING:
    from gridgis import plan as engine


MOST_CHANGES = 200
"""So many changes since a version are told, the latest."""


class Place(NamedTuple):
    """Where a draft stands among its steps."""

    version: int
    step: int
    last: int
    """The newest step; those between were undone."""


def place_of(session: Session, key: int) -> Place:
    """Return where a plan stands; raises NotFound."""
    row = plan_in_short(session, key)
    last = session.scalar(select(func.max(PlanStep.number)).where(PlanStep.plan_id == key)) or 0
    return Place(row.version, row.step, last)


def load_draft(session: Session, key: int) -> engine.Plan:
    """Return the engine's plan in the state in force; raises NotFound."""
    row = plan_in_short(session, key)
    plan = load_plan(session, key)
    return plan if row.is_drawn else load_step(session, key, row.step, plan)


def load_step(session: Session, key: int, number: int, plan: engine.Plan) -> engine.Plan:
    """Return a plan in one of its states; raises NotFound."""
    from gridgis_web.planning.pack import unpack_step

    found = _step(session, key, number)
    return unpack_step(plan, artifacts.get(session, found.assignment_id), found.content)


class Made(NamedTuple):
    """A step in short."""

    number: int
    action: str
    who: str
    told: dict[str, Any]


def steps_made(session: Session, key: int) -> list[Made]:
    """Return all steps of a draft in their order, those undone too."""
    columns = PlanStep.number, PlanStep.action, PlanStep.created_by, PlanStep.told
    wanted = select(*columns).where(PlanStep.plan_id == key, PlanStep.number > 0).order_by(PlanStep.number)
    return [Made._make(row) for row in session.execute(wanted)]


def changes_since(session: Session, key: int, version: int) -> list[dict[str, Any]]:
    """Return what was done to a draft after a version, the earliest first: ``who``, ``at``, and what the log has."""
    found: list[dict[str, Any]] = []
    wanted = Filter(subject=SUBJECT, subject_id=str(key), action="change")
    for entry in list_entries(session, wanted, count=MOST_CHANGES)[0]:
        told = entry.after or {}
        if told.get("version", 0) <= version:
            break
        if "edit" in told:
            found.append({"who": entry.who, "at": entry.at.isoformat(), **told})
    return found[::-1]


def add_step(
    session: Session,
    key: int,
    version: int,
    before: engine.Plan,
    after: engine.Plan,
    *,
    action: str,
    told: Mapping[str, Any],
    who: str,
) -> Plan:
    """Put an edit of a draft in force; steps undone before are forgotten.

    Raises
    ------
    Conflict
        Someone else changed it in the meantime, or it is no draft.
    """
    row = _draft(session, key, version)
    if row.step == 0 and session.scalar(select(PlanStep.id).where(PlanStep.plan_id == key).limit(1)) is None:
        _put(session, key, 0, before, "", {}, row.created_by)
    session.execute(delete(PlanStep).where(PlanStep.plan_id == key, PlanStep.number > row.step))
    if row.drawn_step > row.step:
        # what its grids were drawn of is forgotten; so that nobody takes them for the new step's
        row.drawn_step = -1
    row.step += 1
    _put(session, key, row.step, after, action, told, who)
    row.grids = after.assignment.grids
    touch(row, who)
    session.flush()
    record(
        session, who, "change", SUBJECT, key, after={"edit": action, "step": row.step, "version": row.version, **told}
    )
    return row


def go_to(session: Session, key: int, version: int, step: int, *, grids: int, who: str) -> Plan:
    """Put another of a draft's states in force, which has so many grids; raises as `add_step`."""
    row = _draft(session, key, version)
    _step(session, key, step)
    before, row.step = row.step, step
    row.grids = grids
    touch(row, who)
    session.flush()
    told = {"edit": "undo" if step < before else "redo", "step": step, "version": row.version}
    record(session, who, "change", SUBJECT, key, after=told)
    return row


def forget_steps(session: Session, row: Plan) -> None:
    """Let a draft begin anew from what is kept of it: nothing before can be undone."""
    session.execute(delete(PlanStep).where(PlanStep.plan_id == row.id))
    row.step = row.drawn_step = 0
    session.flush()


def _draft(session: Session, key: int, version: int) -> Plan:
    row = for_change(session, key, version)
    if row.state != "draft":
        raise Conflict(
            Said(
                "“{name}” is {state}, and only drafts can be edited; make a new plan of it",
                name=row.name,
                state=STATE_WORDS[row.state],
            )
        )
    return row


def _step(session: Session, key: int, number: int) -> PlanStep:
    found = session.scalar(select(PlanStep).where(PlanStep.plan_id == key, PlanStep.number == number))
    if found is None:
        raise NotFound(Said("plan {key} has no step {number}", key=key, number=number))
    return found


def _put(
    session: Session, key: int, number: int, plan: engine.Plan, action: str, told: Mapping[str, Any], who: str
) -> None:
    from gridgis_web.planning.pack import pack_ints, pack_step

    session.add(
        PlanStep(
            plan_id=key,
            number=number,
            action=action,
            told=dict(told),
            assignment_id=artifacts.put(session, pack_ints(plan.assignment.grid, level=1), artifacts.OCTETS, who=who),
            content=pack_step(plan),
            created_by=who,
        )
    )
