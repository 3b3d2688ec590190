"""Jurisdictions: their tree, one, its area; the layers it has; the life of its grids' codes."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
import shapely
from flask import Response
from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import check_grid, check_jurisdiction, current_account, needs, visible_jurisdictions
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.fields import FEATURE, GEOJSON, IF_MATCH, about, answer_bytes, key, refuse_stale, tag_of, unchanged
from gridgis_web.errors import NotFound
from gridgis_web.store import codes, features, layers, places
from gridgis_web.store.models import Jurisdiction
from gridgis_web.store.models.places import LEVELS

blueprint = ApiBlueprint("jurisdictions", __name__, description="Cities, districts, subdistricts and communities")


class JurisdictionOut(ma.Schema):
    """A jurisdiction."""

    id = ma.fields.Integer(required=True)
    parent_id = ma.fields.Integer(required=True, allow_none=True)
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(LEVELS))
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    crs = ma.fields.String(required=True, metadata=about("The metric system its plans are computed in"))
    version = ma.fields.Integer(required=True)


class JurisdictionNew(ma.Schema):
    """A new jurisdiction; its area and metric system come with its layers."""

    parent_id = key(load_default=None, allow_none=True, metadata=about("What it lies in; null: nothing above it"))
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(LEVELS))
    code = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


class JurisdictionChange(ma.Schema):
    """What can be changed of a jurisdiction."""

    code = ma.fields.String(validate=ma.validate.Length(1, 40))
    name = ma.fields.String(validate=ma.validate.Length(1, 200))


class LayerSetOut(ma.Schema):
    """One state of a jurisdiction's layers."""

    id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True)
    fingerprint = ma.fields.String(required=True)
    sources = ma.fields.Dict(required=True, metadata=about("File names, and what was confirmed of them"))
    repairs = ma.fields.List(ma.fields.Raw(), required=True, metadata=about("Defects found, and what was done"))
    attribution = ma.fields.String(required=True)
    buildings = ma.fields.Integer(required=True)
    households = ma.fields.Integer(required=True)
    population = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)


class PeriodOut(ma.Schema):
    """A grid in one plan."""

    plan_id = ma.fields.Integer(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_to = ma.fields.Date(required=True, allow_none=True, metadata=about("The first day without it"))
    name = ma.fields.String(required=True)
    households = ma.fields.Integer(required=True)
    population = ma.fields.Integer(required=True)
    buildings = ma.fields.Integer(required=True)
    area_m2 = ma.fields.Float(required=True)


class HistoryOut(ma.Schema):
    """The life of a grid's code."""

    code = ma.fields.String(required=True)
    retired = ma.fields.Boolean(required=True, metadata=about("Whether it is never given again"))
    periods = ma.fields.List(ma.fields.Nested(PeriodOut), required=True)


def seen_jurisdiction(session: Session, key: int) -> Jurisdiction:
    """Return a jurisdiction that the caller may see; raises NotFound."""
    check_jurisdiction(session, key)
    return places.jurisdiction(session, key)


@blueprint.route("")
@blueprint.response(200, JurisdictionOut(many=True))
@needs("jurisdictions.read")
def list_jurisdictions() -> list[Jurisdiction]:
    """List all that the caller may see, by code; `parent_id` makes them a tree."""
    with current.store().read() as session:
        return places.jurisdictions(session, visible_jurisdictions(session))


@blueprint.route("", methods=["POST"])
@blueprint.arguments(JurisdictionNew)
@blueprint.response(201, JurisdictionOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("jurisdictions.edit")
def add_jurisdiction(given: dict[str, Any]) -> Any:
    """Add a jurisdiction; planners who have one of their own add only below it."""
    with current.store().write() as session:
        if given["parent_id"] is None and visible_jurisdictions(session) is not None:
            raise InputError(Said("say which of your jurisdictions it lies in: parent_id"))
        if given["parent_id"] is not None:
            seen_jurisdiction(session, given["parent_id"])
        made = places.add_jurisdiction(session, who=current_account().login, **given)
    return made, 201, {"ETag": f'"{made.version}"'}


@blueprint.route("/<int:jurisdiction_id>")
@blueprint.response(200, JurisdictionOut)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("jurisdictions.read")
def show_jurisdiction(jurisdiction_id: int) -> Any:
    """Tell of one."""
    with current.store().read() as session:
        found = seen_jurisdiction(session, jurisdiction_id)
        return found, 200, {"ETag": f'"{found.version}"'}


@blueprint.route("/<int:jurisdiction_id>", methods=["PATCH"])
@blueprint.doc(**IF_MATCH)
@blueprint.arguments(JurisdictionChange)
@blueprint.response(200, JurisdictionOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(412, "PRECONDITION_FAILED")
@blueprint.alt_response(428, "PRECONDITION_REQUIRED")
@needs("jurisdictions.edit")
def change_jurisdiction(values: dict[str, str], jurisdiction_id: int) -> Any:
    """Give it another code or name."""
    with current.store().write() as session:
        found = seen_jurisdiction(session, jurisdiction_id)
        version = refuse_stale(found.version, found.name)
        who = current_account().login
        found = places.change_jurisdiction(session, jurisdiction_id, version, who=who, **values)
    return found, 200, {"ETag": f'"{found.version}"'}


@blueprint.route("/<int:jurisdiction_id>/boundary")
@blueprint.response(200, FEATURE, content_type=GEOJSON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("jurisdictions.read")
def show_boundary(jurisdiction_id: int) -> Response:
    """Give its area as a GeoJSON feature."""
    with current.store().read() as session:
        found = seen_jurisdiction(session, jurisdiction_id)
        shape = features.boundary(session, jurisdiction_id)
    if shape is None:
        raise NotFound(Said("{name} has no area yet; it comes with its layers", name=found.name))
    properties = {"code": found.code, "name": found.name, "level": found.level}
    told = {"type": "Feature", "id": found.id, "geometry": shapely.geometry.mapping(shape), "properties": properties}
    content = json.dumps(told, ensure_ascii=False).encode()
    tag = tag_of(content.decode())
    return unchanged(tag) or answer_bytes(content, GEOJSON, tag, packed=False)


@blueprint.route("/<int:jurisdiction_id>/layers")
@blueprint.response(200, LayerSetOut(many=True))
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.read")
def list_layers(jurisdiction_id: int) -> list[Any]:
    """List the states of its layers, the newest first; new plans are made of the first."""
    with current.store().read() as session:
        seen_jurisdiction(session, jurisdiction_id)
        return list(layers.layer_sets(session, jurisdiction_id))


@blueprint.route("/<int:jurisdiction_id>/grids/<string(maxlength=40):code>")
@blueprint.response(200, HistoryOut)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("grids.read")
def show_code(jurisdiction_id: int, code: str) -> codes.History:
    """Tell the life of a grid's code over the published plans, the earliest first."""
    with current.store().read() as session:
        check_grid(session, jurisdiction_id, code)
        places.jurisdiction(session, jurisdiction_id)
        told = codes.history(session, jurisdiction_id, code)
    if not told.periods and not told.retired:
        raise NotFound(Said("no published plan has a grid {code}", code=code))
    return told
