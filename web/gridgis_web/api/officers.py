"""Officers and their postings. Phones are told to those who may change them, on request; each read is logged."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import check_jurisdiction, current_account, needs, visible_grids, visible_jurisdictions
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.fields import IF_MATCH, Paged, about, key, refuse_stale, with_next
from gridgis_web.errors import Forbidden, NotFound
from gridgis_web.roles import may
from gridgis_web.store import officers as kept
from gridgis_web.store import places
from gridgis_web.store.audit_log import log_read
from gridgis_web.store.models import Officer, Posting
from gridgis_web.store.models.people import DUTIES

blueprint = ApiBlueprint("officers", __name__, description="Who serves in grids")
postings = ApiBlueprint("postings", __name__, description="Who serves in which grid, from when to when")

TELEPHONE = ma.validate.Regexp(f"^{kept.PHONE.pattern}$", error="digits, spaces, + ( ) - alone, 40 at most")


class OfficerOut(ma.Schema):
    """An officer."""

    id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    public_phone = ma.fields.String(required=True, metadata=about("The office's number"))
    phone = ma.fields.String(metadata=about("Their own; only where it was asked for"))
    base_lon = ma.fields.Float(required=True, allow_none=True, metadata=about("Where they set out from"))
    base_lat = ma.fields.Float(required=True, allow_none=True)
    active = ma.fields.Boolean(required=True)
    version = ma.fields.Integer(required=True)


class OfficerNew(ma.Schema):
    """A new officer."""

    jurisdiction_id = key(required=True)
    name = ma.fields.String(required=True, validate=[ma.validate.Length(1, 80), ma.validate.Regexp(r"\S")])
    phone = ma.fields.String(load_default="", validate=TELEPHONE)
    public_phone = ma.fields.String(load_default="", validate=TELEPHONE)
    base_lon = ma.fields.Float(load_default=None, allow_none=True, validate=ma.validate.Range(-180, 180))
    base_lat = ma.fields.Float(load_default=None, allow_none=True, validate=ma.validate.Range(-90, 90))


class OfficerChange(ma.Schema):
    """What can be changed of an officer."""

    name = ma.fields.String(validate=[ma.validate.Length(1, 80), ma.validate.Regexp(r"\S")])
    phone = ma.fields.String(validate=TELEPHONE)
    public_phone = ma.fields.String(validate=TELEPHONE)
    base_lon = ma.fields.Float(allow_none=True, validate=ma.validate.Range(-180, 180))
    base_lat = ma.fields.Float(allow_none=True, validate=ma.validate.Range(-90, 90))
    active = ma.fields.Boolean()


class Phones(ma.Schema):
    """Whether to tell phones."""

    phones = ma.fields.Boolean(
        load_default=False, metadata=about("Tell their own phones, too; that someone read them is logged")
    )


class OfficerFilter(Paged, Phones):
    """Which officers to list."""

    jurisdiction_id = key(load_default=None)
    active = ma.fields.Boolean(load_default=None)


class PostingOut(ma.Schema):
    """An officer on a grid."""

    id = ma.fields.Integer(required=True)
    officer_id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True)
    grid_code = ma.fields.String(required=True)
    duty = ma.fields.String(required=True, validate=ma.validate.OneOf(DUTIES))
    post = ma.fields.String(required=True, metadata=about("A: their own grid; B: they stand in"))
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True, allow_none=True, metadata=about("The first day without it"))


class PostingNew(ma.Schema):
    """A new posting."""

    officer_id = key(required=True)
    grid_code = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))
    duty = ma.fields.String(load_default="officer", validate=ma.validate.OneOf(DUTIES))
    post = ma.fields.String(load_default="A", validate=ma.validate.OneOf(("A", "B")))
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(load_default=None, allow_none=True)


class PostingChange(ma.Schema):
    """What can be changed of a posting."""

    duty = ma.fields.String(validate=ma.validate.OneOf(DUTIES))
    post = ma.fields.String(validate=ma.validate.OneOf(("A", "B")))
    starts = ma.fields.Date()
    ends = ma.fields.Date(allow_none=True)


class PostingFilter(Paged):
    """Which postings to list."""

    jurisdiction_id = key(load_default=None)
    officer_id = key(load_default=None)
    grid_code = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))
    on = ma.fields.Date(load_default=None, metadata=about("Only those that last on this day"))


def _told(officer: Officer, *, phone: bool) -> dict[str, Any]:
    told = {name: getattr(officer, name) for name in OfficerOut().fields if name != "phone"}
    return told | {"phone": officer.phone} if phone else told


def _refuse_phones() -> None:
    if not may(current_account().role, "officers.edit"):
        raise Forbidden(Said("phones are for those who look after the officers; leave out phones=true"))


def _log(officers: list[Officer]) -> None:
    with current.store().write() as session:
        log_read(session, current_account().login, "officer", [one.id for one in officers], ["phone"])


def seen_officer(session: Session, officer_id: int) -> Officer:
    """Return an officer that the caller may see: in their jurisdictions, or on grids of their own."""
    found = kept.officer(session, officer_id)
    grids = visible_grids(session)
    if grids is None:
        check_jurisdiction(session, found.jurisdiction_id)
    elif not any(kept.list_postings(session, officer_id=officer_id, grids=grids, on=current.today(), limit=1)):
        raise NotFound(Said("there is no officer {officer_id}, or they are not yours to see", officer_id=officer_id))
    return found


@blueprint.route("")
@blueprint.arguments(OfficerFilter, location="query")
@blueprint.response(200, OfficerOut(many=True))
@needs("officers.read")
def list_officers(wanted: dict[str, Any]) -> Any:
    """List officers in order of their keys; officers see those on the grids of their own postings."""
    limit, phones, after = wanted["limit"], wanted["phones"], wanted["after"] or 0
    if phones:
        _refuse_phones()
    with current.store().read() as session:
        found = kept.list_officers(
            session,
            day=current.today(),
            jurisdiction_id=wanted["jurisdiction_id"],
            active=wanted["active"],
            places=visible_jurisdictions(session),
            grids=visible_grids(session),
            after=after,
            limit=limit + 1,
        )
    if phones:
        _log(found[:limit])
    return with_next([_told(one, phone=phones) for one in found], limit, lambda one: int(one["id"]))


@blueprint.route("", methods=["POST"])
@blueprint.arguments(OfficerNew)
@blueprint.response(201, OfficerOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("officers.edit")
def add_officer(given: dict[str, Any]) -> Any:
    """Add an officer."""
    with current.store().write() as session:
        check_jurisdiction(session, given["jurisdiction_id"])
        place = places.jurisdiction(session, given.pop("jurisdiction_id"))
        made = kept.add_officer(session, place.id, who=current_account().login, **given)
    return _told(made, phone=False), 201, {"ETag": f'"{made.version}"'}


@blueprint.route("/<int:officer_id>")
@blueprint.arguments(Phones, location="query")
@blueprint.response(200, OfficerOut)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("officers.read")
def show_officer(wanted: dict[str, bool], officer_id: int) -> Any:
    """Tell of one."""
    if wanted["phones"]:
        _refuse_phones()
    with current.store().read() as session:
        found = seen_officer(session, officer_id)
    if wanted["phones"]:
        _log([found])
    return _told(found, phone=wanted["phones"]), 200, {"ETag": f'"{found.version}"'}


@blueprint.route("/<int:officer_id>", methods=["PATCH"])
@blueprint.doc(**IF_MATCH)
@blueprint.arguments(OfficerChange)
@blueprint.response(200, OfficerOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(412, "PRECONDITION_FAILED")
@blueprint.alt_response(428, "PRECONDITION_REQUIRED")
@needs("officers.edit")
def change_officer(given: dict[str, Any], officer_id: int) -> Any:
    """Change an officer; one who no longer serves becomes inactive."""
    with current.store().write() as session:
        found = seen_officer(session, officer_id)
        version = refuse_stale(found.version, found.name)
        found = kept.change_officer(session, officer_id, version, who=current_account().login, values=given)
    return _told(found, phone=False), 200, {"ETag": f'"{found.version}"'}


@postings.route("")
@postings.arguments(PostingFilter, location="query")
@postings.response(200, PostingOut(many=True))
@needs("officers.read")
def list_postings(wanted: dict[str, Any]) -> Any:
    """List postings in order of their keys; officers see those on the grids of their own."""
    limit, after = wanted.pop("limit"), wanted.pop("after") or 0
    with current.store().read() as session:
        found = kept.list_postings(
            session,
            places=visible_jurisdictions(session),
            grids=visible_grids(session),
            after=after,
            limit=limit + 1,
            **wanted,
        )
    return with_next(found, limit, lambda one: int(one.id))


@postings.route("", methods=["POST"])
@postings.arguments(PostingNew)
@postings.response(201, PostingOut)
@postings.alt_response(404, "NOT_FOUND")
@postings.alt_response(409, "CONFLICT")
@needs("officers.edit")
def add_posting(given: dict[str, Any]) -> Posting:
    """Post an officer to a grid of a published plan."""
    with current.store().write() as session:
        officer = seen_officer(session, given.pop("officer_id"))
        kept.need_code(session, officer.jurisdiction_id, given["grid_code"])
        code, starts = given.pop("grid_code"), given.pop("starts")
        return kept.add_posting(session, officer, code, starts, who=current_account().login, **given)


@postings.route("/<int:posting_id>", methods=["PATCH"])
@postings.arguments(PostingChange)
@postings.response(200, PostingOut)
@postings.alt_response(404, "NOT_FOUND")
@postings.alt_response(409, "CONFLICT")
@needs("officers.edit")
def change_posting(given: dict[str, Any], posting_id: int) -> Posting:
    """Change a posting; it ends by its first day without it."""
    with current.store().write() as session:
        found = kept.posting(session, posting_id)
        check_jurisdiction(session, found.jurisdiction_id)
        return kept.change_posting(session, posting_id, who=current_account().login, values=given)
