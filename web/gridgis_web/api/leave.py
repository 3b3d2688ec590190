"""Leave of officers, and the grids that nobody looks after because of it: told before it happens."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from gridgis_web import current
from gridgis_web.access import check_jurisdiction, current_account, needs, visible_grids, visible_jurisdictions
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.officers import seen_officer
from gridgis_web.staffing.cover import Cover, find_cover
from gridgis_web.store import leave as kept
from gridgis_web.store.models import Leave
from gridgis_web.store.models.people import DUTIES
from gridgis_web.store.officers import list_postings
from gridgis_web.store.roster import Days, read_roster

blueprint = ApiBlueprint("leave", __name__, description="When officers are away")
cover = ApiBlueprint(
    "cover", __name__, description="Which grids nobody looks after, and when", url_prefix=f"{PREFIX}/jurisdictions"
)
MOST_DAYS = 400
"""Over so many days the cover of a leave is told."""


class StretchOut(ma.Schema):
    """Days on end on which a grid is looked after by others, or by nobody."""

    grid_code = ma.fields.String(required=True)
    grid_name = ma.fields.String(required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(
        required=True, allow_none=True, metadata=about("The first day otherwise; null: not within the time asked for")
    )


class GapOut(StretchOut):
    """Days on end on which nobody looks after a grid."""

    why = ma.fields.String(required=True)


class StandingOut(StretchOut):
    """Days on end on which others look after a grid."""

    officers = ma.fields.List(ma.fields.Integer(), required=True, metadata=about("Who stands in"))


class CoverOut(ma.Schema):
    """The cover of a jurisdiction's grids."""

    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True, metadata=about("The first day that is not looked at"))
    grids = ma.fields.Integer(required=True)
    gaps = ma.fields.List(ma.fields.Nested(GapOut), required=True)
    stood_in = ma.fields.List(ma.fields.Nested(StandingOut), required=True)


class CoverFilter(ma.Schema):
    """Which days."""

    starts = ma.fields.Date(load_default=None, metadata=about("The first day; today where none is given"))
    weeks = ma.fields.Integer(load_default=8, validate=ma.validate.Range(1, 52))
    duty = ma.fields.String(load_default="officer", validate=ma.validate.OneOf(DUTIES))


class LeaveOut(ma.Schema):
    """A leave."""

    id = ma.fields.Integer(required=True)
    officer_id = ma.fields.Integer(required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True, metadata=about("The day they are back"))


class LeaveWithGaps(LeaveOut):
    """A leave, and which of the officer's grids nobody looks after during it."""

    gaps = ma.fields.List(ma.fields.Nested(GapOut), required=True)


class LeaveNew(ma.Schema):
    """A new leave."""

    officer_id = key(required=True)
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True, metadata=about("The day they are back"))


class LeaveChange(ma.Schema):
    """What can be changed of a leave."""

    starts = ma.fields.Date()
    ends = ma.fields.Date()


class LeaveFilter(ma.Schema):
    """Which leaves."""

    officer_id = key(load_default=None)
    since = ma.fields.Date(load_default=None, metadata=about("Only those that are not over before this day"))
    until = ma.fields.Date(load_default=None, metadata=about("Only those that begin before this day"))


@cover.route("/<int:jurisdiction_id>/cover")
@cover.arguments(CoverFilter, location="query")
@cover.response(200, CoverOut)
@cover.alt_response(404, "NOT_FOUND")
@needs("officers.read")
def show_cover(given: dict[str, Any], jurisdiction_id: int) -> dict[str, Any]:
    """Tell which grids nobody looks after on some day of the coming weeks, why, and where someone stands in.

    Officers are told of their own grids.
    """
    starts = given["starts"] or current.today()
    days = (starts, later(starts, 7 * given["weeks"]))
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
        seen = visible_grids(session)
        codes = None if seen is None else {code for place, code in seen if place == jurisdiction_id}
        found = find_cover(read_roster(session, jurisdiction_id, days, duty=given["duty"], codes=codes))
    return {"starts": days[0], "ends": days[1], "grids": found.grids, **_told(found)}


@blueprint.route("")
@blueprint.arguments(LeaveFilter, location="query")
@blueprint.response(200, LeaveOut(many=True))
@needs("officers.edit")
def list_leaves(given: dict[str, Any]) -> list[Leave]:
    """List leaves by their first day."""
    officer_id = given.pop("officer_id")
    with current.store().read() as session:
        return kept.list_leaves(
            session,
            officers=None if officer_id is None else [officer_id],
            places=visible_jurisdictions(session),
            **given,
        )


@blueprint.route("", methods=["POST"])
@blueprint.arguments(LeaveNew)
@blueprint.response(201, LeaveWithGaps)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def add_leave(given: dict[str, Any]) -> dict[str, Any]:
    """Enter that an officer is away; the answer names the grids that nobody would look after then."""
    with current.store().write() as session:
        officer = seen_officer(session, given.pop("officer_id"))
        made = kept.add_leave(session, officer, who=current_account().login, **given)
        return _with_gaps(session, made)


@blueprint.route("/<int:leave_id>", methods=["PATCH"])
@blueprint.arguments(LeaveChange)
@blueprint.response(200, LeaveWithGaps)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def change_leave(given: dict[str, date], leave_id: int) -> dict[str, Any]:
    """Move the days of a leave, such as for someone who is back early."""
    with current.store().write() as session:
        _check(session, leave_id)
        changed = kept.change_leave(session, leave_id, who=current_account().login, **given)
        return _with_gaps(session, changed)


@blueprint.route("/<int:leave_id>", methods=["DELETE"])
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def cancel_leave(leave_id: int) -> None:
    """Take a leave back."""
    with current.store().write() as session:
        _check(session, leave_id)
        kept.cancel_leave(session, leave_id, who=current_account().login)


def later(day: date, days: int) -> date:
    """Return a day so much later, or the last one there is."""
    return day + timedelta(min(days, (date.max - day).days))


def _check(session: Session, leave_id: int) -> None:
    check_jurisdiction(session, kept.leave(session, leave_id).officer.jurisdiction_id)


def _with_gaps(session: Session, row: Leave) -> dict[str, Any]:
    days: Days = (row.starts, min(row.ends, later(row.starts, MOST_DAYS)))
    gaps: list[dict[str, Any]] = []
    posts = list_postings(session, officer_id=row.officer_id, limit=1000)
    for place, duty in sorted({(one.jurisdiction_id, one.duty) for one in posts}):
        codes = {one.grid_code for one in posts if (one.jurisdiction_id, one.duty) == (place, duty)}
        found = find_cover(read_roster(session, place, days, duty=duty, codes=codes))
        gaps += _told(found)["gaps"]
    return {"id": row.id, "officer_id": row.officer_id, "starts": row.starts, "ends": row.ends, "gaps": gaps}


def _told(found: Cover) -> dict[str, list[dict[str, Any]]]:
    language = current.language()
    gaps = [asdict(one) | {"why": "" if one.why is None else one.why.to(language)} for one in found.gaps]
    return {"gaps": gaps, "stood_in": [asdict(one) for one in found.stood_in]}
