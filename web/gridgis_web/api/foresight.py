"""Whether a plan can keep what it is asked for, answered before it is made."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.options import OptionsIn, checked
from gridgis_web.planning.foresight import foresee
from gridgis_web.planning.parcels import layers_for

blueprint = ApiBlueprint(
    "foresight", __name__, description="What a plan could keep", url_prefix=f"{PREFIX}/jurisdictions"
)


class Asked(ma.Schema):
    """What a plan would be asked for."""

    layers_id = key(load_default=None, allow_none=True, metadata=about("Of the jurisdiction; left out: the newest"))
    options = ma.fields.Nested(OptionsIn, load_default=dict)


class Forced(ma.Schema):
    """What every plan will have to break."""

    rule = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    reason_zh = ma.fields.String(required=True)
    remedy = ma.fields.String(required=True)
    remedy_zh = ma.fields.String(required=True)
    at = ma.fields.List(
        ma.fields.Float(), required=True, allow_none=True, metadata=about("Longitude and latitude; null: everywhere")
    )


class Foreseen(ma.Schema):
    """What the layers allow."""

    households = ma.fields.Integer(required=True)
    population = ma.fields.Integer(required=True)
    buildings = ma.fields.Integer(required=True)
    fewest = ma.fields.Integer(required=True, allow_none=True, metadata=about("Grids that can be had, by the sums"))
    most = ma.fields.Integer(required=True, allow_none=True, metadata=about("Less than `fewest`: no number fits"))
    forced = ma.fields.List(ma.fields.Nested(Forced), required=True, metadata=about("At most a hundred of them"))
    count = ma.fields.Integer(required=True, metadata=about("How many there are"))


@blueprint.route("/<int:jurisdiction_id>/foresee", methods=["POST"])
@blueprint.arguments(Asked)
@blueprint.response(200, Foreseen)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.edit")
def foresee_plan(wanted: dict[str, Any], jurisdiction_id: int) -> dict[str, Any]:
    """Tell what every plan with these options will have to break; nothing is made."""
    with current.store().read() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        options = checked({"parent_code": place.code} | wanted["options"])
        layers_id = layers_for(session, place.id, wanted["layers_id"]).id
    return foresee(current.store(), layers_id, options)
