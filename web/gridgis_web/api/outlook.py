"""How a plan would stand with other layers' counts, answered before anything is moved."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.options import OptionsIn, checked
from gridgis_web.api.plans import seen_plan
from gridgis_web.planning.frames import to_json
from gridgis_web.planning.parcels import layers_for

blueprint = ApiBlueprint("outlook", __name__, description="A plan under new counts", url_prefix=f"{PREFIX}/plans")


class WithLayers(ma.Schema):
    """With what a plan would go on."""

    layers_id = key(load_default=None, allow_none=True, metadata=about("Of its jurisdiction; left out: the newest"))
    options = ma.fields.Nested(OptionsIn, load_default=dict)


@blueprint.route("/<int:plan_id>/outlook", methods=["POST"])
@blueprint.arguments(WithLayers)
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.edit")
def look_ahead(wanted: dict[str, Any], plan_id: int) -> Response:
    """Tell which grids of a plan would break a band with the counts of other layers; nothing is made."""
    from gridgis_web.planning.outlook import outlook_of

    with current.store().read() as session:
        found = seen_plan(session, plan_id)
        checked(found.options | wanted["options"])
        layers_id = layers_for(session, found.jurisdiction_id, wanted["layers_id"]).id
    response = Response(to_json(outlook_of(current.store(), plan_id, layers_id, wanted["options"])))
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "no-store"
    return response
