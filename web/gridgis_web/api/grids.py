"""What a plan consists of: its grids as they were written when it was saved, and its units; and where a point lies."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import needs, visible_grids, visible_jurisdictions
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import (
    COLLECTION,
    FEATURE,
    GEOJSON,
    Kept,
    Piece,
    Windowed,
    answer_bytes,
    bounds_of,
    collection,
    piece,
    tag_of,
    unchanged,
)
from gridgis_web.api.plans import seen_for_maps
from gridgis_web.errors import NotFound
from gridgis_web.store import features
from gridgis_web.store.codes import LIVED
from gridgis_web.store.models import Unit
from gridgis_web.store.plans import PlanForMaps

blueprint = ApiBlueprint("grids", __name__, description="The grids and units of plans", url_prefix=f"{PREFIX}/plans")
places = ApiBlueprint("locate", __name__, description="Which grid holds a point")

LEVELS = ("community", "sector", "grid", "micro")
INDEXES: Kept[features.GridIndex] = Kept(300_000, size_of=lambda index: len(index.keys) + 1)
"""Where the areas of plans lie, of those looked at lately; counted by their areas."""

FEATURES: Kept[Piece] = Kept(64 * 2**20)
"""Grids as they go into answers, of the plans looked at lately."""

ANSWERS: Kept[bytes] = Kept(64 * 2**20)
"""Answers, compressed; they hold numbers of grids, never of residents."""


class GridWindow(Windowed):
    """Which grids."""

    level = ma.fields.String(load_default="grid", validate=ma.validate.OneOf(LEVELS))


class Point(ma.Schema):
    """A point, as GPS gives it."""

    lon = ma.fields.Float(required=True, validate=ma.validate.Range(-180, 180))
    lat = ma.fields.Float(required=True, validate=ma.validate.Range(-90, 90))


class FoundGrid(ma.Schema):
    """A grid at a point, or so near to it that it may be the one meant."""

    jurisdiction_id = ma.fields.Integer(required=True)
    plan_id = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_en = ma.fields.String(required=True)
    inside = ma.fields.Boolean(required=True)
    distance_m = ma.fields.Float(required=True)
    border_m = ma.fields.Float(required=True)


def _state(plan: PlanForMaps) -> tuple[object, ...]:
    """Return what is another one as soon as any grid of the plan is."""
    return current.store().url.render_as_string(), plan.id, plan.version, plan.changed_at.isoformat()


def _seen_codes(session: Session, plan: PlanForMaps) -> frozenset[str] | None:
    """Return the grids of a plan that the caller may see; None: all."""
    seen = visible_grids(session)
    if seen is None:
        return None
    if plan.state not in LIVED:
        raise NotFound(Said("there is nothing here, or it is not yours to see"))
    return frozenset(code for place, code in seen if place == plan.jurisdiction_id)


@blueprint.route("/<int:plan_id>/grids")
@blueprint.arguments(GridWindow(), location="query")
@blueprint.response(200, COLLECTION, content_type=GEOJSON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("grids.read")
def list_grids(wanted: dict[str, Any], plan_id: int) -> Response:
    """Give the grids of a plan, or its areas of another level, as GeoJSON in their order.

    Officers get those of their postings. `links` leads to the next page.
    """
    bounds = bounds_of(wanted["bbox"])
    with current.store().read() as session:
        plan = seen_for_maps(session, plan_id)
        codes = _seen_codes(session, plan)
        state = _state(plan)
        tag = tag_of(state, wanted, None if codes is None else sorted(codes))
        if (same := unchanged(tag)) is not None:
            return same
        content = ANSWERS.get(tag)
        if content is None:
            index = _index(session, plan, wanted["level"])
            keys, last = index.find(bounds=bounds, codes=codes, after=wanted["after"], limit=wanted["limit"])
            content = ANSWERS.put(tag, _written(session, state, keys, last))
    return answer_bytes(content, GEOJSON, tag, packed=True)


def _index(session: Session, plan: PlanForMaps, level: str) -> features.GridIndex:
    name = (_state(plan), level)
    return INDEXES.get(name) or INDEXES.put(name, features.grid_index(session, plan.id, level))


def _written(session: Session, state: tuple[object, ...], keys: list[int], last: int | None) -> bytes:
    """Return grids as a compressed collection; those that were asked for lately are not read again."""
    found = {key: FEATURES.get((state, key)) for key in keys}
    missing = [key for key, kept in found.items() if kept is None]
    if missing:
        told = features.grid_features(session, missing)
        found |= {key: FEATURES.put((state, key), piece(one, level=6)) for key, one in told.items()}
    written = [one for one in found.values() if one is not None]
    return collection(written, last)


@blueprint.route("/<int:plan_id>/grids/<string(maxlength=40):code>")
@blueprint.response(200, FEATURE, content_type=GEOJSON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("grids.read")
def show_grid(plan_id: int, code: str) -> Response:
    """Give one grid of a plan as a GeoJSON feature."""
    with current.store().read() as session:
        plan = seen_for_maps(session, plan_id)
        codes = _seen_codes(session, plan)
        tag = tag_of(_state(plan), "grid", code)
        keys, _ = _index(session, plan, "grid").find(codes=[code])
        if not keys or (codes is not None and code not in codes):
            raise NotFound(Said("there is no grid {code}, or it is not yours to see", code=code))
        content = features.grid_features(session, keys)[keys[0]]
    return unchanged(tag) or answer_bytes(content, GEOJSON, tag, packed=False)


@blueprint.route("/<int:plan_id>/units")
@blueprint.arguments(Windowed(), location="query")
@blueprint.response(200, COLLECTION, content_type=GEOJSON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def list_units(wanted: dict[str, Any], plan_id: int) -> Response:
    """Give the units that a plan is made of as GeoJSON, in order of their numbers; `links` leads to the next page."""
    bounds = bounds_of(wanted["bbox"])
    with current.store().read() as session:
        plan = seen_for_maps(session, plan_id)
        tag = tag_of("units", _state(plan), wanted)
        if (same := unchanged(tag)) is not None:
            return same
        page, last = features.find_numbered(
            session, Unit, plan.unit_set_id, bounds=bounds, after=wanted["after"], limit=wanted["limit"]
        )
    return answer_bytes(collection([piece(b",".join(page))] if page else [], last), GEOJSON, tag, packed=True)


@places.route("")
@places.arguments(Point(), location="query")
@places.response(200, FoundGrid(many=True))
@needs("grids.read")
def locate(wanted: dict[str, float]) -> list[features.Found]:
    """Tell which grids hold a point today, the nearest first; within 30 m of a border the other grid, too.

    Officers are told of those of their postings.
    """
    with current.store().read() as session:
        found = features.locate(
            session, wanted["lon"], wanted["lat"], current.today(), places=visible_jurisdictions(session)
        )
        seen = visible_grids(session)
    return [one for one in found if seen is None or (one.jurisdiction_id, one.code) in seen]
