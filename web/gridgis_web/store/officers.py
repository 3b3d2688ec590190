"""Officers and their postings on grids."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from gridgis_web.store.audit_log import record
from gridgis_web.store.models import Officer, Posting


def add_officer(
    session: Session, jurisdiction_id: int, name: str, *, who: str, phone: str = "", public_phone: str = ""
) -> Officer:
    """Add an officer; ``public_phone``, the office's, is what residents see."""
    made = Officer(
        jurisdiction_id=jurisdiction_id, name=name, phone=phone, public_phone=public_phone, created_by=who
    )  # fmt: skip
    session.add(made)
    session.flush()
    record(session, who, "create", "officer", made.id, after={"name": name, "jurisdiction_id": jurisdiction_id})
    return made


def add_posting(
    session: Session,
    officer: Officer,
    grid_code: str,
    starts: date,
    *,
    who: str,
    duty: str = "officer",
    post: str = "A",
) -> Posting:
    """Post an officer to a grid from a day on; ``post`` A is their own grid, in B they stand in for a neighbour."""
    made = Posting(
        officer_id=officer.id,
        jurisdiction_id=officer.jurisdiction_id,
        grid_code=grid_code,
        duty=duty,
        post=post,
        starts=starts,
        created_by=who,
    )
    session.add(made)
    session.flush()
    told = {"officer_id": officer.id, "grid_code": grid_code, "duty": duty, "post": post, "starts": starts.isoformat()}
    record(session, who, "create", "posting", made.id, after=told)
    return made
