"""An officer's own grids, all that a phone keeps of them to work without reception; and what they send from there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import marshmallow as ma
import shapely
from flask import url_for
from flask_smorest.fields import Upload as File
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import MOST, about
from gridgis_web.fieldwork.photos import read_photo
from gridgis_web.store import fieldwork as kept
from gridgis_web.store import places
from gridgis_web.store.accounts import visible_grids
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import Building, FieldEntry, Grid, Incident, Officer, Plan, now
from gridgis_web.store.models.fieldwork import ENTRY_KINDS
from gridgis_web.store.models.incidents import CATEGORIES

blueprint = ApiBlueprint(
    "fieldwork_api",
    __name__,
    description="Officers in the field: their grids, and what they do there",
    url_prefix=f"{PREFIX}/fieldwork",
)

DAYS_AHEAD = 7
"""For so many days a phone may show what it keeps without asking again."""
LATE_DAYS = 30
"""So long after it was done an entry is still taken: a phone may have had no reception, but not for ever."""
PHOTOS = 6
PHOTO_MB = 25
DIGITS = 7
"""Of a degree: a centimetre."""


class Mine(ma.Schema):
    """What an officer's phone keeps."""

    login = ma.fields.String(required=True)
    officer = ma.fields.String(required=True, allow_none=True, metadata=about("Their name; null: no officer's account"))
    day = ma.fields.Date(required=True)
    csrf = ma.fields.String(required=True, metadata=about("What the header X-CSRFToken of a page must say"))
    grids = ma.fields.List(
        ma.fields.Dict(),
        required=True,
        metadata=about(
            "Each with its `days`, on which alone it may be shown, boundary, bounds, people, neighbours, buildings and "
            "open incidents; none: the caller serves in no grid today, and a phone forgets what it kept"
        ),
    )
    entries = ma.fields.List(ma.fields.Dict(), required=True, metadata=about("What they did today"))


class Entry(ma.Schema):
    """Something done in the field."""

    key = ma.fields.UUID(
        required=True, metadata=about("Made by the phone; sent again it is answered as the first time")
    )
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(ENTRY_KINDS))
    at = ma.fields.AwareDateTime(required=True, metadata=about("When it was done"))
    lon = ma.fields.Float(load_default=None, validate=ma.validate.Range(-180, 180))
    lat = ma.fields.Float(load_default=None, validate=ma.validate.Range(-90, 90))
    accuracy_m = ma.fields.Float(load_default=None, validate=ma.validate.Range(0, 1e7))
    by_hand = ma.fields.Boolean(
        load_default=False, metadata=about("The place was tapped on the map; else a photo's own place counts more")
    )
    grid_code = ma.fields.String(load_default="", validate=ma.validate.Length(max=40))
    building_id = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, MOST))
    households = ma.fields.Integer(load_default=None, validate=ma.validate.Range(0, 100_000))
    category = ma.fields.String(load_default="other", validate=ma.validate.OneOf(CATEGORIES))
    handling = ma.fields.String(load_default="general", validate=ma.validate.OneOf(("general", "emergency")))
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=2000))


class Photos(ma.Schema):
    """Photos of a report."""

    photos = ma.fields.List(File(), load_default=list, validate=ma.validate.Length(max=PHOTOS))


class Told(ma.Schema):
    """An entry as it is kept."""

    id = ma.fields.Integer(required=True)
    key = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    grid_code = ma.fields.String(required=True, allow_none=True)
    incident_code = ma.fields.String(required=True, allow_none=True)
    category = ma.fields.String(required=True, allow_none=True)
    building = ma.fields.String(required=True, allow_none=True)
    households = ma.fields.Integer(required=True, allow_none=True)


@blueprint.route("/grids")
@blueprint.response(200, Mine)
@needs("fieldwork.own")
def list_grids() -> dict[str, Any]:
    """Give all of the caller's own grids that a phone needs for its work, and what they did today."""
    caller, today = current_account(), current.today()
    with current.store().read() as session:
        days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
        # whoever sees all grids has none of their own
        seen = {day: visible_grids(session, caller, day) or frozenset() for day in days}
        officer = session.get(Officer, caller.officer_id) if caller.officer_id is not None else None
        found = kept.grids_on(session, seen[today], today)
        return {
            "login": caller.login,
            "officer": None if officer is None else officer.name,
            "day": today,
            "csrf": generate_csrf(),
            "grids": [
                _grid(session, grid, plan, today)
                | {"days": [str(day) for day in days if (plan.jurisdiction_id, grid.code) in seen[day]]}
                for grid, plan in found
            ],
            "entries": [] if officer is None else _entries(session, officer.id, today),
        }


@blueprint.route("/entries", methods=["POST"])
@blueprint.arguments(Entry, location="form")
@blueprint.arguments(Photos, location="files")
@blueprint.response(201, Told)
@blueprint.alt_response(409, "CONFLICT")
@needs("fieldwork.own")
def add_entry(given: dict[str, Any], files: dict[str, list[FileStorage]]) -> dict[str, Any]:
    """Keep a report, a visit or a check-in, once, however often it is sent; all of it with its photos, or nothing."""
    caller, name, at = current_account(), str(given.pop("key")), min(given.pop("at").astimezone(UTC), now())
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # what both back ends keep
    if now() - at > timedelta(days=LATE_DAYS):
        raise InputError(Said("this was done more than {days} days ago; it is too late to record it", days=LATE_DAYS))
    with current.store().read() as session:
        found = kept.find_entry(session, name)
        if found is not None:
            return _told(session, kept.same(found, caller))
    done = _done(name, at, given, files["photos"])
    day = at.astimezone(ZoneInfo(current.settings().timezone)).date()
    try:
        with current.store().write() as session:
            return _told(session, kept.keep(session, caller, done, day))
    except Conflict:
        # the same may have come twice at one moment; then the other one is there by now
        with current.store().read() as session:
            found = kept.find_entry(session, name)
            if found is None:
                raise
            return _told(session, kept.same(found, caller))


def _done(name: str, at: datetime, given: dict[str, Any], files: list[FileStorage]) -> kept.Done:
    by_hand = given.pop("by_hand")
    photos = []
    for number, file in enumerate(files, 1):
        content = file.stream.read(PHOTO_MB * 2**20 + 1)
        if len(content) > PHOTO_MB * 2**20:
            raise InputError(
                Said("photo {number} is larger than {most} MB; send a smaller one", number=number, most=PHOTO_MB)
            )
        photos.append(read_photo(content, file.filename or str(number)))
    placed = "hand" if by_hand else "device"
    first = next((one for one in photos if one.lon is not None), None)
    if first is not None and not by_hand:
        given |= {"lon": first.lon, "lat": first.lat, "accuracy_m": None}
        placed = "photo"
    title = given["text"].strip().partition("\n")[0][:200]
    return kept.Done(
        key=name,
        at=at,
        placed=placed,
        title=title,
        photos=tuple(kept.Photo(content=one.content, name=f"{at}.jpg") for at, one in enumerate(photos, 1)),
        photo_taken=next((one.taken for one in photos if one.taken), ""),
        **given,
    )


def _told(session: Session, row: FieldEntry) -> dict[str, Any]:
    grid = session.get(Grid, row.grid_id) if row.grid_id is not None else None
    incident = session.get(Incident, row.incident_id) if row.incident_id is not None else None
    building = session.get(Building, row.building_id) if row.building_id is not None else None
    return {
        "id": row.id,
        "key": row.key,
        "kind": row.kind,
        "at": row.done_at,
        "grid_code": None if grid is None else grid.code,
        "incident_code": None if incident is None else incident.code,
        "category": None if incident is None else incident.category,
        "building": None if building is None else building.name or str(building.number),
        "households": row.households,
    }


def _entries(session: Session, officer_id: int, day: date) -> list[dict[str, Any]]:
    since = datetime.combine(day, time(), ZoneInfo(current.settings().timezone))
    rows = kept.entries_of(session, officer_id, since, since + timedelta(days=1))
    return [Told().dump(_told(session, row)) for row in rows]


def _grid(session: Session, grid: Grid, plan: Plan, day: date) -> dict[str, Any]:
    around = kept.neighbours_of(session, grid)
    people = kept.serving(session, plan.jurisdiction_id, [grid.code, *(one.code for one in around)], day)
    return {
        **_described(grid),
        "jurisdiction_id": plan.jurisdiction_id,
        "place": places.jurisdiction(session, plan.jurisdiction_id).name,
        "plan_id": plan.id,
        "attribution": plan.layer_set.attribution,
        "households": grid.households,
        "population": grid.population,
        "area_m2": grid.area_m2,
        "bounds": grid.bounds,
        "tiles": {
            name: tiles_address(plan.id, layer) for name, layer in (("base", "base"), ("buildings", "footprints"))
        },
        "people": _people(people[grid.code]),
        "neighbours": [_described(one) | {"people": _people(people[one.code])} for one in around],
        "buildings": [_building(one) for one in kept.buildings_of(session, grid, plan.layer_set_id)],
        "incidents": [_incident(one) for one in kept.open_incidents(session, plan.jurisdiction_id, grid.code)],
    }


def tiles_address(plan_id: int, layer: str) -> str:
    """Return the address of public tiles, as maps of the browser take it."""
    address = url_for("public.show_tile", plan_id=plan_id, layer=layer, z=0, x=0, y=0)
    return address.removesuffix("0/0/0.mvt") + "{z}/{x}/{y}.mvt"


def _described(grid: Grid) -> dict[str, Any]:
    return {
        "code": grid.code,
        "name": grid.name,
        "name_en": grid.name_en,
        "label": [grid.label_lon, grid.label_lat],
        "geometry": json.loads(grid.geojson),
    }


def _people(several: list[tuple[str, Officer]]) -> list[dict[str, str]]:
    """Return who serves, with the office's number: their own is not for others."""
    return [{"name": officer.name, "duty": duty, "phone": officer.public_phone} for duty, officer in several]


def _building(row: Building) -> dict[str, Any]:
    middle = row.geom.representative_point()
    shape = shapely.transform(row.geom, lambda xy: xy.round(DIGITS))
    told = {name: getattr(row, name) for name in ("id", "number", "name", "use", "levels", "households", "population")}
    return told | {
        "at": [round(middle.x, DIGITS), round(middle.y, DIGITS)],
        "geometry": shapely.geometry.mapping(shape),
    }


def _incident(row: Incident) -> dict[str, Any]:
    """Return an open incident; nothing of who reported it."""
    told = {name: getattr(row, name) for name in ("id", "code", "category", "handling", "state", "title", "text")}
    return told | {
        "reported_at": row.reported_at.isoformat(),
        "due_at": None if row.due_at is None else row.due_at.isoformat(),
        "at": [row.geom.x, row.geom.y],
    }
