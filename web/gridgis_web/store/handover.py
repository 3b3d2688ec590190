"""What is handed over with a grid: who serves, what is open there, and what is to be known. It follows the grid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store import records
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import heirs
from gridgis_web.store.leave import is_away, lasts_on, stands_in_on
from gridgis_web.store.life import plan_on
from gridgis_web.store.models import Grid, GridNote, Incident, Officer, Posting, now

SUBJECT = "grid_note"
MOST_TASKS = 5000
NEAR_DEGREES = 0.001
"""Some hundred metres: more than a choice of grids reaches."""


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Someone posted to a grid; ``serves``: they look after it on the day, not somebody else for them."""

    officer_id: int
    name: str
    duty: str
    post: str
    starts: date
    ends: date | None
    serves: bool


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """Everything that goes with a grid on a day."""

    officers: tuple[Serving, ...]
    tasks: tuple[Incident, ...]
    notes: tuple[GridNote, ...]


def hand_over(session: Session, jurisdiction_id: int, code: str, day: date) -> HandOver:
    """Tell what goes with a grid on a day.

    Open incidents are those that lie in the grid as it is then, whichever grid they were recorded in; notes are those
    of the grid, and of retired ones that most of went to it.
    """
    plan = plan_on(session, jurisdiction_id, day)
    shape = None if plan is None else session.scalar(
        select(Grid.geom).where(Grid.plan_id == plan.id, Grid.level == "grid", Grid.code == code)
    )  # fmt: skip
    if plan is None or shape is None:
        raise NotFound(Said("there is no grid {code} on {day}", code=code, day=day))
    # near a border somebody may have chosen the other grid
    bounds = shapely.box(*shape.bounds).buffer(NEAR_DEGREES).bounds
    wanted = records.Wanted(places=[jurisdiction_id], bounds=bounds, unsettled=True)
    found, _ = records.rebase(session, plan.id, wanted, limit=MOST_TASKS)
    inside = [one.id for one in found if one.code == code]
    tasks = session.scalars(select(Incident).where(Incident.id.in_(inside)).order_by(Incident.reported_at, Incident.id))
    return HandOver(
        officers=tuple(_serving(session, jurisdiction_id, code, day)),
        tasks=tuple(tasks),
        notes=tuple(open_notes(session, jurisdiction_id, code, day)),
    )


def open_notes(session: Session, jurisdiction_id: int, code: str, day: date) -> list[GridNote]:
    """Return the notes of a grid on a day that nobody has settled, the oldest first."""
    codes = [code, *(old for old, heir in heirs(session, jurisdiction_id, day).items() if heir == code)]
    wanted = select(GridNote).where(GridNote.jurisdiction_id == jurisdiction_id, GridNote.grid_code.in_(codes))
    return list(session.scalars(wanted.where(GridNote.settled_at.is_(None)).order_by(GridNote.id)))


def add_note(session: Session, jurisdiction_id: int, code: str, text: str, *, who: str) -> GridNote:
    """Write down what whoever looks after a grid should know."""
    made = GridNote(jurisdiction_id=jurisdiction_id, grid_code=code, text=text, created_by=who)
    session.add(made)
    session.flush()
    record(session, who, "create", SUBJECT, made.id, after={"grid_code": code, "text": text})
    return made


def note(session: Session, key: int) -> GridNote:
    """Return one; raises NotFound."""
    found = session.get(GridNote, key)
    if found is None:
        raise NotFound(Said("there is no note {key}", key=key))
    return found


def grid_of(session: Session, row: GridNote, day: date) -> str:
    """Return the code of the grid that a note is of on a day."""
    return heirs(session, row.jurisdiction_id, day).get(row.grid_code, row.grid_code)


def settle_note(session: Session, key: int, *, who: str) -> GridNote:
    """Say that a note needs no more attention; it stays in the store. Whoever said so first is kept."""
    row = note(session, key)
    if row.settled_at is None:
        row.settled_at, row.settled_by = now(), who
        session.flush()
        record(session, who, "change", SUBJECT, key, before={"settled": False}, after={"settled": True})
    return row


def _serving(session: Session, jurisdiction_id: int, code: str, day: date) -> list[Serving]:
    wanted = (
        select(Posting, Officer.name, stands_in_on(day), is_away(Posting.officer_id, day))
        .join(Officer)
        .where(Posting.jurisdiction_id == jurisdiction_id, Posting.grid_code == code, Officer.active)
        .where(lasts_on(Posting, day))
        .order_by(Posting.post, Posting.id)
    )
    return [
        Serving(
            officer_id=row.officer_id,
            name=name,
            duty=row.duty,
            post=row.post,
            starts=row.starts,
            ends=row.ends,
            serves=bool(stands_in) if row.post == "B" else not away,
        )
        for row, name, stands_in, away in session.execute(wanted)
    ]
