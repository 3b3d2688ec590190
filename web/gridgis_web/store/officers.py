"""Officers and their postings on grids. What changes is logged, but no phone number ever is."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, contains_eager

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import LIVED
from gridgis_web.store.database import Conflict
from gridgis_web.store.leave import lasts_on
from gridgis_web.store.models import Grid, Officer, Plan, Posting

PHONES = ("phone", "public_phone")
CHANGEABLE = ("name", *PHONES, "base_lon", "base_lat", "active")
PHONE = re.compile(r"[0-9+() -]{0,40}")
POSTED = ("grid_code", "duty", "post", "starts", "ends")


@dataclass(frozen=True, kw_only=True)
class OfficerBook:
    """The officers of a jurisdiction by name, and everything they are posted to."""

    by_name: Mapping[str, list[Officer]]
    postings: Mapping[int, list[Posting]]

    def called(self, name: str) -> list[Officer]:
        """Return those of a name."""
        return self.by_name.get(name, [])

    def is_posted(self, officer_id: int, code: str, duty: str, post: str, day: date) -> bool:
        """Tell whether someone is posted so on a day already."""
        return any(
            (one.grid_code, one.duty, one.post) == (code, duty, post)
            and one.starts <= day
            and (one.ends is None or one.ends > day)
            for one in self.postings.get(officer_id, ())
        )


def read_book(session: Session, jurisdiction_id: int) -> OfficerBook:
    """Read the officers of a jurisdiction who serve, and their postings there."""
    by_name: dict[str, list[Officer]] = {}
    wanted = select(Officer).where(Officer.jurisdiction_id == jurisdiction_id, Officer.active).order_by(Officer.id)
    for one in session.scalars(wanted):
        by_name.setdefault(one.name, []).append(one)
    postings: dict[int, list[Posting]] = {}
    for posted in session.scalars(select(Posting).where(Posting.jurisdiction_id == jurisdiction_id)):
        postings.setdefault(posted.officer_id, []).append(posted)
    return OfficerBook(by_name=by_name, postings=postings)


def add_officer(
    session: Session,
    jurisdiction_id: int,
    name: str,
    *,
    who: str,
    phone: str = "",
    public_phone: str = "",
    base_lon: float | None = None,
    base_lat: float | None = None,
) -> Officer:
    """Add an officer; ``public_phone``, the office's, is what residents see, ``base`` is where they set out from."""
    _refuse_half_a_place(base_lon, base_lat)
    made = Officer(
        jurisdiction_id=jurisdiction_id,
        name=name,
        phone=phone,
        public_phone=public_phone,
        base_lon=base_lon,
        base_lat=base_lat,
        created_by=who,
    )
    session.add(made)
    session.flush()
    record(session, who, "create", "officer", made.id, after={"name": name, "jurisdiction_id": jurisdiction_id})
    return made


def change_officer(session: Session, key: int, version: int, *, who: str, values: Mapping[str, Any]) -> Officer:
    """Change some of an officer's `CHANGEABLE` values; raises Conflict when they are no longer of that version."""
    row = officer(session, key)
    if row.version != version:
        raise Conflict(
            Said("{name} was changed in the meantime; load them again and repeat your change", name=row.name)
        )
    changed = {name: value for name, value in values.items() if name in CHANGEABLE and getattr(row, name) != value}
    _refuse_half_a_place(*(values.get(name, getattr(row, name)) for name in ("base_lon", "base_lat")))
    before = {name: getattr(row, name) for name in changed if name not in PHONES}
    for name, value in changed.items():
        setattr(row, name, value)
    session.flush()
    after = {name: "changed" if name in PHONES else value for name, value in changed.items()}
    if changed:
        record(session, who, "change", "officer", key, before=before, after=after)
    return row


def officer(session: Session, key: int) -> Officer:
    """Return one; raises NotFound."""
    found = session.get(Officer, key)
    if found is None:
        raise NotFound(Said("there is no officer {key}", key=key))
    return found


def list_officers(
    session: Session,
    *,
    day: date,
    jurisdiction_id: int | None = None,
    places: Collection[int] | None = None,
    grids: Collection[tuple[int, str]] | None = None,
    active: bool | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[Officer]:
    """Return officers in order of their keys.

    Parameters
    ----------
    places
        The jurisdictions that may be seen; None: all.
    grids
        Only those posted on one of these, as (jurisdiction, code), on the day; None: all.
    after
        Key of the last one of the page before.
    """
    wanted = select(Officer).where(Officer.id > after).order_by(Officer.id).limit(limit)
    if jurisdiction_id is not None:
        wanted = wanted.where(Officer.jurisdiction_id == jurisdiction_id)
    if active is not None:
        wanted = wanted.where(Officer.active == active)
    if grids is not None:
        wanted = wanted.where(exists().where(Posting.officer_id == Officer.id, lasts_on(Posting, day), _of(grids)))
    elif places is not None:
        wanted = wanted.where(Officer.jurisdiction_id.in_(places))
    return list(session.scalars(wanted))


def add_posting(
    session: Session,
    officer: Officer,
    grid_code: str,
    starts: date,
    *,
    who: str,
    duty: str = "officer",
    post: str = "A",
    ends: date | None = None,
    jurisdiction_id: int | None = None,
) -> Posting:
    """Post an officer to a grid from a day on; ``post`` A is their own grid, in B they stand in for a neighbour.

    ``jurisdiction_id``: the grid's; None: the officer's own.
    """
    _refuse_dates(starts, ends)
    made = Posting(
        officer_id=officer.id,
        jurisdiction_id=officer.jurisdiction_id if jurisdiction_id is None else jurisdiction_id,
        grid_code=grid_code,
        duty=duty,
        post=post,
        starts=starts,
        ends=ends,
        created_by=who,
    )
    session.add(made)
    session.flush()
    record(session, who, "create", "posting", made.id, after={"officer_id": officer.id} | told(made))
    return made


def change_posting(session: Session, key: int, *, who: str, values: Mapping[str, Any]) -> Posting:
    """Change a posting's duty, post or days; it ends by getting a first day without it."""
    row = posting(session, key)
    before = told(row)
    _refuse_dates(values.get("starts", row.starts), values.get("ends", row.ends))
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    after = told(row)
    if after != before:
        record(session, who, "change", "posting", key, before=before, after=after)
    return row


def posting(session: Session, key: int) -> Posting:
    """Return one; raises NotFound."""
    found = session.get(Posting, key)
    if found is None:
        raise NotFound(Said("there is no posting {key}", key=key))
    return found


def list_postings(
    session: Session,
    *,
    places: Collection[int] | None = None,
    grids: Collection[tuple[int, str]] | None = None,
    on: date | None = None,
    after: int = 0,
    limit: int = 100,
    **equal: Any,
) -> list[Posting]:
    """Return postings in order of their keys; ``equal``: columns that must have a value, None: whichever."""
    wanted = select(Posting).where(Posting.id > after).order_by(Posting.id).limit(limit)
    for name, value in equal.items():
        if value is not None:
            wanted = wanted.where(getattr(Posting, name) == value)
    if places is not None:
        wanted = wanted.where(Posting.jurisdiction_id.in_(places))
    if grids is not None:
        wanted = wanted.where(_of(grids))
    if on is not None:
        wanted = wanted.where(lasts_on(Posting, on))
    return list(session.scalars(wanted))


def serving(
    session: Session,
    jurisdiction_id: int,
    day: date,
    *,
    places: Collection[int] | None = None,
    grids: Collection[tuple[int, str]] | None = None,
) -> list[Posting]:
    """Return who serves in a jurisdiction on a day, of those that may be seen (see `list_postings`), with officers."""
    wanted = select(Posting).join(Posting.officer).options(contains_eager(Posting.officer)).order_by(Posting.id)
    wanted = wanted.where(Posting.jurisdiction_id == jurisdiction_id, Officer.active, lasts_on(Posting, day))
    if places is not None:
        wanted = wanted.where(Posting.jurisdiction_id.in_(places))
    if grids is not None:
        wanted = wanted.where(_of(grids))
    return list(session.scalars(wanted))


def need_code(session: Session, jurisdiction_id: int, code: str) -> None:
    """Raise InputError unless a published plan of the jurisdiction has a grid of this code."""
    found = session.scalar(
        select(Grid.id)
        .join(Plan, Plan.id == Grid.plan_id)
        .where(Plan.jurisdiction_id == jurisdiction_id, Plan.state.in_(LIVED), Grid.code == code)
        .limit(1)
    )
    if found is None:
        raise InputError(Said("no published plan has a grid {code}; post to one of those that there are", code=code))


def _of(grids: Collection[tuple[int, str]]) -> Any:
    codes: dict[int, list[str]] = {}
    for place, code in grids:
        codes.setdefault(place, []).append(code)
    clause: Any = Posting.id.is_(None)
    for place, several in codes.items():
        clause = clause | ((Posting.jurisdiction_id == place) & Posting.grid_code.in_(several))
    return clause


def _refuse_half_a_place(lon: float | None, lat: float | None) -> None:
    if (lon is None) != (lat is None):
        raise InputError(Said("a place needs both its longitude and its latitude"))


def _refuse_dates(starts: date, ends: date | None) -> None:
    if ends is not None and ends <= starts:
        raise InputError(
            Said("a posting from {starts} on cannot end on {ends}; give a later day", starts=starts, ends=ends)
        )


def told(row: Posting) -> dict[str, object]:
    """Return what the log tells of a posting."""
    values = {name: getattr(row, name) for name in POSTED}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
