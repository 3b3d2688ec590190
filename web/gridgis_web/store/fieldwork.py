"""What officers see of the grids they serve in, and what they do there, each thing kept once."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import shapely
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.errors import Forbidden
from gridgis_web.store import artifacts, features
from gridgis_web.store.accounts import Caller, visible_grids
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import LIVED
from gridgis_web.store.database import Conflict
from gridgis_web.store.leave import is_away, lasts_on, stands_in_on
from gridgis_web.store.models import (
    Attachment,
    Building,
    FieldEntry,
    Grid,
    Incident,
    IncidentEvent,
    Officer,
    Plan,
    Posting,
    now,
)

SUBJECT = "field_entry"
REPORTED = "reported"
JPEG = "image/jpeg"
CODE_BYTES = 5


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture without anything that its camera wrote into it."""

    content: bytes
    name: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """What an officer did, as their phone tells it.

    Attributes
    ----------
    key
        The phone's own number of it: sent again, it is answered as the first time.
    placed
        Who says where it is: ``hand``, ``photo`` or ``device``; empty: nobody.
    grid_code
        The grid that the officer chose near a border; empty: the one that holds the point.
    photo_taken
        When the first photo was taken, as its camera says.
    """

    key: str
    kind: str
    at: datetime
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    placed: str = ""
    grid_code: str = ""
    building_id: int | None = None
    households: int | None = None
    category: str = ""
    handling: str = "general"
    title: str = ""
    text: str = ""
    photos: tuple[Photo, ...] = ()
    photo_taken: str = ""


def grids_on(session: Session, grids: Collection[tuple[int, str]], day: date) -> list[tuple[Grid, Plan]]:
    """Return grids, given as (jurisdiction, code), as the plans that hold on a day have them, by code."""
    codes: dict[int, list[str]] = {}
    for place, code in grids:
        codes.setdefault(place, []).append(code)
    found: list[tuple[Grid, Plan]] = []
    for place, several in sorted(codes.items()):
        wanted = select(Grid, Plan).join(Plan, Plan.id == Grid.plan_id).where(*holds_on(day))
        wanted = wanted.where(Plan.jurisdiction_id == place, Grid.level == "grid", Grid.code.in_(several))
        found += [(row.Grid, row.Plan) for row in session.execute(wanted.order_by(Grid.code))]
    return found


def holds_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a plan holds on a day."""
    return (
        Plan.state.in_(LIVED),
        Plan.valid_from <= day,
        (Plan.valid_to > day) | Plan.valid_to.is_(None),
    )


def neighbours_of(session: Session, grid: Grid) -> list[Grid]:
    """Return the grids of the same plan that share a line with one, by code."""
    wanted = select(Grid).where(
        Grid.plan_id == grid.plan_id,
        Grid.level == "grid",
        Grid.id != grid.id,
        features.meets(Grid.geom, grid.geom.bounds),
    )
    around = session.scalars(wanted.order_by(Grid.code)).all()
    return [one for one in around if shapely.relate_pattern(one.geom, grid.geom, "****1****")]


def buildings_of(session: Session, grid: Grid, layer_set_id: int) -> list[Building]:
    """Return the buildings of a grid by their numbers; none is cut by its border, so a point of each tells."""
    wanted = select(Building).where(
        Building.layer_set_id == layer_set_id, features.meets(Building.geom, grid.geom.bounds)
    )
    shapely.prepare(grid.geom)
    around = session.scalars(wanted.order_by(Building.number)).all()
    return [one for one in around if grid.geom.intersects(one.geom.representative_point())]


def open_incidents(session: Session, place: int, code: str, *, limit: int = 500) -> list[Incident]:
    """Return what is open in a grid, whichever plan it was recorded under: it follows the grid, not the person."""
    wanted = (
        select(Incident)
        .join(Grid, Grid.id == Incident.grid_id)
        .where(Incident.jurisdiction_id == place, Grid.code == code, Incident.closed_at.is_(None))
    )
    return list(session.scalars(wanted.order_by(Incident.reported_at.desc(), Incident.id.desc()).limit(limit)))


def entries_of(session: Session, officer_id: int, since: datetime, until: datetime) -> Sequence[FieldEntry]:
    """Return what an officer did between two moments, in its order: the log of a day."""
    wanted = select(FieldEntry).where(
        FieldEntry.officer_id == officer_id, FieldEntry.done_at >= since, FieldEntry.done_at < until
    )
    return session.scalars(wanted.order_by(FieldEntry.done_at, FieldEntry.id)).all()


def find_entry(session: Session, key: str) -> FieldEntry | None:
    """Return what was kept under a phone's number."""
    return session.scalar(select(FieldEntry).where(FieldEntry.key == key))


def keep(session: Session, caller: Caller, done: Done, day: date) -> FieldEntry:
    """Keep what an officer did; what was kept already is returned as it is.

    Parameters
    ----------
    day
        On which it was done, where the office is: the postings and the plan of that day count.

    Raises
    ------
    Forbidden
        They were posted to no grid on that day, or not to the one they name.
    Conflict
        Someone else's entry has this number.
    InputError
        It has no place, or not one of theirs.
    """
    found = find_entry(session, done.key)
    if found is not None:
        return same(found, caller)
    if caller.officer_id is None:
        raise Forbidden(Said("this account is no officer's; log in as one"))
    posted = visible_grids(session, caller, day) or frozenset()
    if not posted:
        raise Forbidden(Said("you were posted to no grid on {day}; nothing was recorded", day=day))
    row = FieldEntry(
        key=done.key,
        kind=done.kind,
        officer_id=caller.officer_id,
        done_at=done.at,
        lon=done.lon,
        lat=done.lat,
        accuracy_m=done.accuracy_m,
        created_by=caller.login,
    )
    if done.kind == "visit":
        _visit(session, row, done, posted, day)
    else:
        row.jurisdiction_id, row.grid_id = _place(session, done, posted, day)
    if done.kind == "report":
        row.incident_id = _report(session, row, done, caller.login).id
    session.add(row)
    session.flush()
    told = {"kind": row.kind, "officer_id": row.officer_id, "grid_id": row.grid_id, "incident_id": row.incident_id}
    record(session, caller.login, "create", SUBJECT, row.id, after=told)
    return row


def same(found: FieldEntry, caller: Caller) -> FieldEntry:
    """Return an entry to whom it belongs; raises Conflict to others."""
    if found.officer_id != caller.officer_id:
        raise Conflict(Said("another entry has the number {key}; give each one of its own", key=found.key))
    return found


def _visit(session: Session, row: FieldEntry, done: Done, posted: Collection[tuple[int, str]], day: date) -> None:
    building = session.get(Building, done.building_id) if done.building_id is not None else None
    if building is not None:
        point = building.geom.representative_point()
        for grid, plan in grids_on(session, posted, day):
            if plan.layer_set_id == building.layer_set_id and grid.geom.intersects(point):
                row.jurisdiction_id, row.grid_id, row.building_id = plan.jurisdiction_id, grid.id, building.id
                row.households = done.households
                return
    raise Forbidden(Said("building {key} is in no grid of yours; choose one on your map", key=done.building_id))


def _place(session: Session, done: Done, posted: Collection[tuple[int, str]], day: date) -> tuple[int, int | None]:
    """Return jurisdiction and grid of a point; outside every grid it is the community's where the officer is posted."""
    if done.lon is None or done.lat is None:
        raise InputError(Said("say where it is: switch positioning on, or tap on the map"))
    places = {place for place, _ in posted}
    near = features.locate(session, done.lon, done.lat, day, places=places)
    if done.grid_code:
        chosen = [one for one in near if one.code == done.grid_code]
        if not chosen:
            raise InputError(Said("grid {code} is not at this place; choose one that is", code=done.grid_code))
    else:
        chosen = [one for one in near if one.inside]
    if not chosen:
        return min(places), None
    wanted = select(Grid.id).where(Grid.plan_id == chosen[0].plan_id, Grid.level == "grid", Grid.code == chosen[0].code)
    return chosen[0].jurisdiction_id, session.scalars(wanted).one()


def _report(session: Session, row: FieldEntry, done: Done, who: str) -> Incident:
    made = Incident(
        jurisdiction_id=row.jurisdiction_id,
        grid_id=row.grid_id,
        code=secrets.token_hex(CODE_BYTES),
        category=done.category,
        handling=done.handling,
        state=REPORTED,
        title=done.title,
        text=done.text,
        reported_at=done.at,
        source="officer",
        geom=shapely.Point(row.lon, row.lat),
        created_by=who,
    )
    session.add(made)
    session.flush()
    for photo in done.photos:
        kept = artifacts.put(session, photo.content, JPEG, who=who)
        session.add(Attachment(incident_id=made.id, artifact_id=kept, name=photo.name, created_by=who))
    more = {"placed": done.placed, "photo_taken": done.photo_taken, "photos": len(done.photos)}
    session.add(IncidentEvent(incident_id=made.id, at=now(), who=who, kind="report", new_state=REPORTED, more=more))
    told = {"category": made.category, "handling": made.handling, "grid_id": made.grid_id, "photos": len(done.photos)}
    record(session, who, "create", "incident", made.id, after=told)
    return made


def serving(session: Session, place: int, codes: Collection[str], day: date) -> dict[str, list[tuple[str, Officer]]]:
    """Return who serves in grids on a day: code -> (duty, officer); those on leave are left out for their stand-ins."""
    found: dict[str, list[tuple[str, Officer]]] = {code: [] for code in codes}
    wanted = (
        select(Posting, Officer)
        .join(Officer, Officer.id == Posting.officer_id)
        .where(Posting.jurisdiction_id == place, Posting.grid_code.in_(codes), Officer.active, lasts_on(Posting, day))
        .where(((Posting.post == "A") & ~is_away(Officer.id, day)) | stands_in_on(day))
    )
    for row in session.execute(wanted.order_by(Posting.post, Posting.id)):
        found[row.Posting.grid_code].append((row.Posting.duty, row.Officer))
    return found
