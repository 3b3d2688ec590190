"""What residents may know of the people of a grid: name, duty, the office's number, the photo. Nothing else is read."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis_web.store.leave import lasts_on
from gridgis_web.store.models import Officer, Posting


class PublicPerson(NamedTuple):
    """A person as residents may know them."""

    grid_code: str
    name: str
    duty: str
    phone: str
    """The office's; never their own."""
    photo_id: int | None


def public_people(session: Session, jurisdiction_id: int, day: date) -> list[PublicPerson]:
    """Return who is posted to the grids on a day; stand-ins only where nobody has the post, leave or not."""
    rows = session.execute(
        select(Posting.grid_code, Officer.name, Posting.duty, Officer.public_phone, Officer.photo_id, Posting.post)
        .join(Officer, Officer.id == Posting.officer_id)
        .where(Posting.jurisdiction_id == jurisdiction_id, Officer.active, lasts_on(Posting, day))
        .order_by(Posting.id)
    ).all()
    own = {(row.grid_code, row.duty) for row in rows if row.post == "A"}
    return [
        PublicPerson(row.grid_code, row.name, row.duty, row.public_phone, row.photo_id)
        for row in rows
        if row.post == "A" or (row.grid_code, row.duty) not in own
    ]
