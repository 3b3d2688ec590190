"""The life of a plan: draft, in review, published, superseded; which one holds on a day.

What is published is never changed. A plan published for a later day takes the place of the one before on that day.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis.errors import some
from gridgis.languages import Said, listed
from gridgis_web.errors import Forbidden
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import LIVED, grid_codes, retire, reused
from gridgis_web.store.crosswalk import save_walk
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import AuditEntry, Jurisdiction, Plan, now
from gridgis_web.store.models.plans import MOVES, STATE_WORDS
from gridgis_web.store.plans import SUBJECT, check_drawn, for_change, refuse_stale, summary, touch

if TYPE_CHECKING:
    from gridgis_web.planning.succession import Walk


def submit(session: Session, key: int, version: int, *, who: str) -> Plan:
    """Hand a draft in for review; from now on nobody changes it. Its edits must be drawn, see `drafts.settle`."""
    check_drawn(for_change(session, key, version))
    return _move(session, key, version, "in review", "submit", who)


def approve(session: Session, key: int, version: int, *, who: str) -> Plan:
    """Say of a plan in review that it may be published.

    Raises
    ------
    Forbidden
        It is this person's own work: a second person must look at it.
    """
    row = for_change(session, key, version)
    if row.state != "in review":
        raise Conflict(
            Said(
                "“{name}” is {state}; only a plan in review can be approved",
                name=row.name,
                state=STATE_WORDS[row.state],
            )
        )
    if who in makers(session, row):
        raise Forbidden(Said("{who} worked on “{name}”; someone else must review it", who=who, name=row.name))
    before = summary(row)
    row.reviewed_by, row.reviewed_at = who, now()
    touch(row, who)
    session.flush()
    record(session, who, "approve", SUBJECT, key, before=before, after=summary(row) | {"reviewed_by": who})
    return row


def take_back(session: Session, key: int, version: int, *, who: str, why: str = "") -> Plan:
    """Make a plan in review a draft again, with the reason; it must be reviewed anew."""
    return _move(session, key, version, "draft", "take back", who, why=why)


def discard(session: Session, key: int, version: int, *, who: str, why: str = "") -> Plan:
    """Lay a plan that was never published aside for good."""
    return _move(session, key, version, "discarded", "discard", who, why=why)


def publish(
    session: Session,
    key: int,
    version: int,
    *,
    day: date,
    today: date,
    who: str,
    files: bytes,
    review: bool = False,
    walk: Walk | None = None,
    walked_from: int | None = None,
    retired: Collection[str] = (),
) -> Plan:
    """Publish a plan from a day on; the one before holds until then.

    Parameters
    ----------
    files
        All of its files, a zip.
    review
        Whether a second person must have approved it.
    walk
        From the last published plan to this one; None: there is none before.
    walked_from
        Key of that plan.
    retired
        Codes that were given up while it was made, never to be used again.

    Raises
    ------
    Conflict
        It is of another version or state, another plan was published since it was made, the day is taken or past,
        or its codes are retired; the text says what to do.
    Forbidden
        A second person has not approved it.
    """
    row = for_change(session, key, version)
    # publishing in one jurisdiction goes one after the other
    session.get(Jurisdiction, row.jurisdiction_id, with_for_update=True)
    last = latest(session, row.jurisdiction_id)
    _refuse_publishing(session, row, last, day, today, review)
    if (last.id if last else None) != walked_from:
        raise Conflict(
            Said("another plan was published while “{name}” was being prepared; publish it again", name=row.name)
        )
    before = summary(row)
    files_id = artifacts.put(session, files, artifacts.ZIP, who=who)
    if last is not None:
        ending = summary(last)
        last.state, last.valid_to = "superseded", day
        session.flush()
        record(session, who, "supersede", SUBJECT, last.id, before=ending, after=summary(last))
    row.state, row.valid_from = "published", day
    row.published_by, row.published_at = who, now()
    row.files_id = files_id
    touch(row, who)
    session.flush()
    gone: list[str] = []
    codes = grid_codes(session, key)
    if last is not None and walk is not None:
        gone = [code for code in grid_codes(session, last.id) if code not in codes]
        save_walk(session, last.id, key, walk, who=who)
    fresh = retire(session, row, [*gone, *(code for code in retired if code not in codes)])
    record(session, who, "publish", SUBJECT, key, before=before, after=summary(row) | {"retired": fresh})
    return row


def check_publishing(session: Session, row: Plan, version: int, *, day: date, today: date, review: bool) -> None:
    """Raise what `publish` would, before anything is prepared for it."""
    refuse_stale(row, version)
    _refuse_publishing(session, row, latest(session, row.jurisdiction_id), day, today, review)


def latest(session: Session, jurisdiction_id: int) -> Plan | None:
    """Return the plan published last, whether it holds already or from a later day on."""
    return session.scalar(select(Plan).where(Plan.jurisdiction_id == jurisdiction_id, Plan.state == "published"))


def need_latest(session: Session, row: Plan) -> Plan:
    """Return the plan published last where this one is; raises Conflict where there is none."""
    last = latest(session, row.jurisdiction_id)
    if last is None:
        raise Conflict(Said("no plan is published yet, so “{name}” has no codes to take over", name=row.name))
    return last


def plan_on(session: Session, jurisdiction_id: int, day: date) -> Plan | None:
    """Return the plan that holds on a day; None: there was none yet."""
    return session.scalar(
        select(Plan).where(
            Plan.jurisdiction_id == jurisdiction_id,
            Plan.state.in_(LIVED),
            Plan.valid_from <= day,
            (Plan.valid_to > day) | Plan.valid_to.is_(None),
        )
    )


def makers(session: Session, row: Plan) -> set[str]:
    """Return who worked on a plan: made it, or changed it."""
    entries = select(AuditEntry.who).where(
        AuditEntry.subject == SUBJECT,
        AuditEntry.subject_id == str(row.id),
        AuditEntry.action.in_(("create", "change")),
    )
    return {row.created_by, *session.scalars(entries)}


def _move(session: Session, key: int, version: int, state: str, action: str, who: str, *, why: str = "") -> Plan:
    row = for_change(session, key, version)
    _refuse_move(row, state)
    before = summary(row)
    row.state = state
    row.reviewed_by, row.reviewed_at = "", None
    touch(row, who)
    session.flush()
    record(session, who, action, SUBJECT, key, before=before, after=summary(row) | ({"why": why} if why else {}))
    return row


def _refuse_move(row: Plan, state: str) -> None:
    if state not in MOVES[row.state]:
        may = [STATE_WORDS[other] for other in MOVES[row.state] if other != "superseded"]
        rest = (
            Said("it may become {states}", states=listed(may, "or"))
            if may
            else Said("it stays as it is; make a new plan of it")
        )
        raise Conflict(
            Said(
                "“{name}” is {state} and cannot become {wanted}; {rest}",
                name=row.name,
                state=STATE_WORDS[row.state],
                wanted=STATE_WORDS[state],
                rest=rest,
            )
        )


def _refuse_publishing(session: Session, row: Plan, last: Plan | None, day: date, today: date, review: bool) -> None:
    _refuse_move(row, "published")
    check_drawn(row)
    if review and not row.reviewed_by:
        raise Forbidden(
            Said("“{name}” must be approved by a second person before it is published; hand it in first", name=row.name)
        )
    if row.based_on_id != (last.id if last else None):
        other = Said("“{name}”", name=last.name) if last else Said("none")
        raise Conflict(
            Said(
                "“{name}” does not follow from the plan published last, {other}; let it take over the codes "
                "of that one, then publish it",
                name=row.name,
                other=other,
            )
        )
    if last is not None and last.valid_from is not None:
        if day < today:
            raise Conflict(
                Said(
                    "{day} is past; what was recorded since belongs to “{name}”; publish from today on",
                    day=day,
                    name=last.name,
                )
            )
        if day <= last.valid_from:
            raise Conflict(
                Said(
                    "“{name}” holds from {valid_from} on; publish “{later}” from a later day on",
                    name=last.name,
                    valid_from=last.valid_from,
                    later=row.name,
                )
            )
    taken = reused(session, row.jurisdiction_id, grid_codes(session, row.id))
    if taken:
        raise Conflict(
            Said(
                "the codes {taken} of “{name}” were retired and are never given again", taken=some(taken), name=row.name
            )
        )
