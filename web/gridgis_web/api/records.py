"""What was recorded at a place, by the grids of any plan. Nothing is told of who reported it, so no read is logged."""

from __future__ import annotations

import json
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import needs, visible_grids
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import MOST, Boxed, about, answer_bytes, bounds_of, next_link, tag_of, unchanged
from gridgis_web.api.plans import seen_in_short
from gridgis_web.errors import NotFound
from gridgis_web.store import places, plans, records
from gridgis_web.store.codes import LIVED
from gridgis_web.store.models import Plan

blueprint = ApiBlueprint(
    "records", __name__, description="What was recorded, by the grids of any plan", url_prefix=f"{PREFIX}/plans"
)
JSON = "application/json"


class RecordFilter(Boxed):
    """Which records."""

    kind = ma.fields.String(
        load_default="incidents",
        validate=ma.validate.OneOf(tuple(records.SOURCES)),
        metadata=about("Incidents, or visits, check-ins and reports of officers in the field that have a place"),
    )
    since = ma.fields.AwareDateTime(load_default=None, metadata=about("The first moment"))
    until = ma.fields.AwareDateTime(load_default=None, metadata=about("The first moment no longer wanted"))
    category = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 40))


class RecordPage(RecordFilter):
    """Which records, and which page of them."""

    after = ma.fields.Integer(
        load_default=0, validate=ma.validate.Range(0, MOST), metadata=about("The last one of the page before")
    )
    limit = ma.fields.Integer(load_default=1000, validate=ma.validate.Range(1, 5000))


class RecordOut(ma.Schema):
    """A record: the grid of its day, which it keeps, and its grid in the plan asked for."""

    id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    lon = ma.fields.Float(required=True)
    lat = ma.fields.Float(required=True)
    recorded_plan_id = ma.fields.Integer(required=True, allow_none=True, metadata=about("The plan of its day"))
    recorded_code = ma.fields.String(
        required=True, allow_none=True, metadata=about("The grid of its day; null: it was outside every grid")
    )
    code = ma.fields.String(
        required=True, allow_none=True, metadata=about("The grid of this plan; null: outside every grid")
    )


class GridCountOut(ma.Schema):
    """A grid of the plan, and how much was recorded in it."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_en = ma.fields.String(required=True)
    records = ma.fields.Integer(required=True)


class CountsOut(ma.Schema):
    """Records by the grids of a plan: those of the grids and those outside are all of them."""

    plan_id = ma.fields.Integer(required=True)
    records = ma.fields.Integer(required=True)
    outside = ma.fields.Integer(required=True, metadata=about("In no grid of this plan"))
    grids = ma.fields.List(ma.fields.Nested(GridCountOut), required=True)


def _of_plan(session: Session, plan_id: int, given: dict[str, Any]) -> tuple[Plan, records.Wanted]:
    """Return a plan and the records of its jurisdiction and of all below, of them those that the caller may see."""
    plan = seen_in_short(session, plan_id)
    plans.check_drawn(plan)
    seen = visible_grids(session)
    if seen is not None and plan.state not in LIVED:
        raise NotFound(Said("there is nothing here, or it is not yours to see"))
    return plan, records.Wanted(
        places=places.below(session, plan.jurisdiction_id),
        grids=seen,
        bounds=bounds_of(given.pop("bbox")),
        **given,
    )


@blueprint.route("/<int:plan_id>/records")
@blueprint.arguments(RecordPage(), location="query")
@blueprint.response(200, RecordOut(many=True))
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("incidents.read")
def list_records(given: dict[str, Any], plan_id: int) -> Response:
    """Tell in which grid of a plan, older or newer than their day or a draft, each record lies; in pages by key.

    The records are those of the plan's jurisdiction and of all below it; officers get those of their own grids.
    """
    after, limit = given.pop("after"), given.pop("limit")
    with current.store().read() as session:
        plan, wanted = _of_plan(session, plan_id, given)
        found, last = records.rebase(session, plan.id, wanted, after=after, limit=limit)
    response = _answer(RecordOut(many=True).dump(found))
    if last is not None:
        response.headers["Link"] = next_link("after", last)
    return response


@blueprint.route("/<int:plan_id>/records/counts")
@blueprint.arguments(RecordFilter(), location="query")
@blueprint.response(200, CountsOut)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("plans.read")
def count_records(given: dict[str, Any], plan_id: int) -> Response:
    """Count what was recorded in the plan's jurisdiction and all below it by the grids of the plan."""
    with current.store().read() as session:
        plan, wanted = _of_plan(session, plan_id, given)
        grids, outside = records.count_by_grid(session, plan.id, wanted)
    total = outside + sum(one.records for one in grids)
    return _answer(CountsOut().dump({"plan_id": plan.id, "records": total, "outside": outside, "grids": grids}))


def _answer(told: Any) -> Response:
    content = json.dumps(told, ensure_ascii=False)
    tag = tag_of(content)
    return unchanged(tag) or answer_bytes(content.encode(), JSON, tag, packed=False)
