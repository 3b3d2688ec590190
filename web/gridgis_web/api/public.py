"""What anyone may see: the map of a published plan, without a count."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.tiles import KIND, tile_of
from gridgis_web.errors import NotFound
from gridgis_web.rates import spend
from gridgis_web.store import names, plans
from gridgis_web.store.codes import LIVED
from gridgis_web.tiles.sources import source_of

MOST = 20
"""Places that are told of at once."""
SEARCH_RATE = "120 per minute"


class Wanted(ma.Schema):
    """A name, or a part of it."""

    q = ma.fields.String(required=True, validate=ma.validate.Length(1, 80))
    jurisdiction_id = key(load_default=None)


class Place(ma.Schema):
    """A place that the layers of a published plan name."""

    kind = ma.fields.String(required=True, metadata=about("building, compound or road"))
    name = ma.fields.String(required=True)
    lon = ma.fields.Float(required=True)
    lat = ma.fields.Float(required=True)


blueprint = ApiBlueprint("public", __name__, description="What anyone may see")

A_WEEK = "public, max-age=604800"


@blueprint.route("/plans/<int:plan_id>/tiles/<any(base, footprints):layer>/<int:z>/<int:x>/<int:y>.mvt")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=KIND)
@blueprint.alt_response(204, description="Nothing is there")
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
@needs("public.read")
def show_tile(plan_id: int, layer: str, z: int, x: int, y: int) -> Response:
    """Give a tile of a published plan: its base map, or outlines of buildings. Until it is cut 503, ask again."""
    with current.store().read() as session:
        plan = current.recently(("plan", plan_id), lambda: plans.plan_for_maps(session, plan_id))
    if plan.state not in LIVED:
        raise NotFound(Said("there is no published plan {key}", key=plan_id))
    return tile_of(source_of(plan, layer), A_WEEK, z, x, y)


@blueprint.route("/places")
@blueprint.arguments(Wanted, location="query")
@blueprint.response(200, Place(many=True))
@blueprint.alt_response(429, "TOO_MANY_REQUESTS")
@needs("public.read")
def find_places(wanted: dict[str, Any]) -> Any:
    """Find buildings, compounds and roads by a part of their names, in the layers of the plans that hold today."""
    spend("search", SEARCH_RATE)
    with current.store().read() as session:
        return names.find_places(session, wanted["q"], current.today(), place=wanted["jurisdiction_id"], limit=MOST)
