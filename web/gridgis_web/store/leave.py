"""Leave of officers, and who serves on a day: those posted and not away, else those who stand in for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store.audit_log import record
from gridgis_web.store.models import Leave, Officer, Posting

SUBJECT = "officer_leave"


def lasts_on(posting: Any, day: date) -> ColumnElement[bool]:
    """Return the condition that a posting lasts on a day."""
    condition: ColumnElement[bool] = (posting.starts <= day) & (posting.ends.is_(None) | (posting.ends > day))
    return condition


def is_away(officer_id: Any, day: date) -> ColumnElement[bool]:
    """Return the condition that an officer is on leave on a day."""
    leave = aliased(Leave)
    return exists().where(leave.officer_id == officer_id, leave.starts <= day, leave.ends > day)


def stands_in_on(day: date) -> ColumnElement[bool]:
    """Return the condition that who has a posting B serves on a day: nobody of post A does, and they are there."""
    own, of = aliased(Posting), aliased(Officer)
    served = (
        exists()
        .where(own.jurisdiction_id == Posting.jurisdiction_id, own.grid_code == Posting.grid_code)
        .where(own.duty == Posting.duty, own.post == "A", lasts_on(own, day))
        .where(of.id == own.officer_id, of.active, ~is_away(of.id, day))
    )
    return (Posting.post == "B") & ~served & ~is_away(Posting.officer_id, day)


def add_leave(session: Session, officer: Officer, starts: date, ends: date, *, who: str) -> Leave:
    """Enter that an officer is away; ``ends`` is the day they are back.

    Raises
    ------
    InputError
        It ends before it starts, or they are away on some of these days already.
    """
    _refuse_days(session, officer.id, starts, ends)
    made = Leave(officer_id=officer.id, starts=starts, ends=ends, created_by=who)
    session.add(made)
    session.flush()
    record(session, who, "create", SUBJECT, made.id, after={"officer_id": officer.id} | _told(made))
    return made


def change_leave(
    session: Session, key: int, *, who: str, starts: date | None = None, ends: date | None = None
) -> Leave:
    """Move the days of a leave."""
    row = leave(session, key)
    before = _told(row)
    starts, ends = starts or row.starts, ends or row.ends
    _refuse_days(session, row.officer_id, starts, ends, but=key)
    row.starts, row.ends = starts, ends
    session.flush()
    if _told(row) != before:
        record(session, who, "change", SUBJECT, key, before=before, after=_told(row))
    return row


def cancel_leave(session: Session, key: int, *, who: str) -> None:
    """Take a leave back; the log keeps it."""
    row = leave(session, key)
    record(session, who, "delete", SUBJECT, key, before={"officer_id": row.officer_id} | _told(row))
    session.delete(row)
    session.flush()


def leave(session: Session, key: int) -> Leave:
    """Return one; raises NotFound."""
    found = session.get(Leave, key)
    if found is None:
        raise NotFound(Said("there is no leave {key}", key=key))
    return found


def list_leaves(
    session: Session,
    *,
    officers: Collection[int] | None = None,
    places: Collection[int] | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[Leave]:
    """Return leaves by their first day.

    Parameters
    ----------
    officers, places
        Of these officers, and of officers of these jurisdictions; None: of all.
    since, until
        Only those of some day from the first to before the second.
    """
    wanted = select(Leave).join(Officer).order_by(Leave.starts, Leave.id)
    if officers is not None:
        wanted = wanted.where(Leave.officer_id.in_(officers))
    if places is not None:
        wanted = wanted.where(Officer.jurisdiction_id.in_(places))
    if since is not None:
        wanted = wanted.where(Leave.ends > since)
    if until is not None:
        wanted = wanted.where(Leave.starts < until)
    return list(session.scalars(wanted))


def _refuse_days(session: Session, officer_id: int, starts: date, ends: date, *, but: int | None = None) -> None:
    if ends <= starts:
        raise InputError(
            Said("a leave from {starts} on cannot end on {ends}; give a later day", starts=starts, ends=ends)
        )
    others = [one for one in list_leaves(session, officers=[officer_id], since=starts, until=ends) if one.id != but]
    if others:
        raise InputError(
            Said(
                "they are away from {starts} to {ends} already; change that leave",
                starts=others[0].starts,
                ends=others[0].ends,
            )
        )


def _told(row: Leave) -> dict[str, object]:
    return {"starts": row.starts.isoformat(), "ends": row.ends.isoformat()}
