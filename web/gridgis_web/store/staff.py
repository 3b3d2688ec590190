"""The grids of a day and who is posted to them: what proposals are made from, and what confirming one changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Conflict
from gridgis_web.store.leave import lasts_on
from gridgis_web.store.life import latest, plan_on
from gridgis_web.store.models import Grid, Officer, Posting
from gridgis_web.store.officers import add_posting, change_posting, told

DUTY = "officer"


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A jurisdiction on a day.

    Attributes
    ----------
    grids
        code, name, households, label_lon, label_lat, geom; by code.
    officers
        Those who serve, by key.
    postings
        Of the day, of officers who serve, whatever their duty.
    state
        Another one as soon as anything of this is.
    """

    grids: Sequence[Row[Any]]
    officers: Mapping[int, Officer]
    postings: Sequence[Posting]
    state: str

    def posted(self, post: str) -> list[Posting]:
        """Return the postings of grid officers, their own (A) or as stand-ins (B), to grids that there are."""
        codes = {grid.code for grid in self.grids}
        return [one for one in self.postings if (one.duty, one.post) == (DUTY, post) and one.grid_code in codes]


def read_staff(session: Session, jurisdiction_id: int, day: date) -> Staff:
    """Read the staff of a day; raises Conflict where no published plan holds on it."""
    plan = plan_on(session, jurisdiction_id, day)
    if plan is None:
        raise Conflict(Said("no published plan holds on {day}; publish one, or choose a later day", day=day))
    columns = (Grid.code, Grid.name, Grid.households, Grid.label_lon, Grid.label_lat, Grid.geom)
    grids = session.execute(
        select(*columns).where(Grid.plan_id == plan.id, Grid.level == "grid").order_by(Grid.code)
    ).all()
    postings = session.scalars(
        select(Posting)
        .join(Officer)
        .where(Posting.jurisdiction_id == jurisdiction_id, Officer.active, lasts_on(Posting, day))
        .order_by(Posting.id)
    ).all()
    posted = {one.officer_id for one in postings}
    officers = session.scalars(
        select(Officer)
        .where(Officer.active, (Officer.jurisdiction_id == jurisdiction_id) | Officer.id.in_(posted))
        .order_by(Officer.id)
    ).all()
    parts = [
        [plan.id, plan.version],
        [[one.id, one.officer_id, *told(one).values()] for one in postings],
        [[one.id, one.base_lon, one.base_lat] for one in officers],
    ]
    state = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Staff(grids=grids, officers={one.id: one for one in officers}, postings=postings, state=state)


def grid_names(session: Session, jurisdiction_id: int, day: date) -> dict[str, str]:
    """Return the code and name of every grid on a day, or of the plan to come where none holds yet."""
    plan = plan_on(session, jurisdiction_id, day) or latest(session, jurisdiction_id)
    if plan is None:
        return {}
    rows = session.execute(select(Grid.code, Grid.name).where(Grid.plan_id == plan.id, Grid.level == "grid"))
    return {row.code: row.name for row in rows}


def check_state(staff: Staff, state: str) -> None:
    """Raise Conflict unless a proposal was made from what there still is."""
    if staff.state != state:
        raise Conflict(Said("someone else changed postings, officers or the plan meanwhile; ask for a new proposal"))


def confirm_posts(
    session: Session,
    jurisdiction_id: int,
    staff: Staff,
    pairs: Collection[tuple[str, int]],
    day: date,
    *,
    post: str,
    who: str,
) -> list[Posting]:
    """Post officers to grids from a day on, as a person confirmed; others who stand in for these grids no longer do.

    Returns
    -------
    list
        The new postings; who stood in already goes on.
    """
    wanted = set(pairs)
    going_on: set[tuple[str, int]] = set()
    if post == "B":
        codes = {code for code, _ in wanted}
        for one in staff.posted("B"):
            if (one.grid_code, one.officer_id) in wanted:
                going_on.add((one.grid_code, one.officer_id))
            elif one.grid_code in codes:
                _end(session, one, day, who)
    return [
        add_posting(session, staff.officers[officer], code, day, who=who, post=post, jurisdiction_id=jurisdiction_id)
        for code, officer in sorted(wanted - going_on)
    ]


def _end(session: Session, one: Posting, day: date, who: str) -> None:
    if one.starts < day:
        change_posting(session, one.id, who=who, values={"ends": day})
        return
    # it would begin on the day on which it ends
    record(session, who, "delete", "posting", one.id, before={"officer_id": one.officer_id} | told(one))
    session.delete(session.get(Posting, one.id))
