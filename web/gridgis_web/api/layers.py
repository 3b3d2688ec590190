"""Layer sets: one, and its buildings."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from gridgis_web import current
from gridgis_web.access import check_jurisdiction, needs
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.fields import (
    COLLECTION,
    GEOJSON,
    Windowed,
    answer_bytes,
    bounds_of,
    collection,
    piece,
    tag_of,
    unchanged,
)
from gridgis_web.api.jurisdictions import LayerSetOut
from gridgis_web.store import features, layers
from gridgis_web.store.models import Building, LayerSet

blueprint = ApiBlueprint("layers", __name__, description="Layers, as they were confirmed and repaired")


def seen_layers(session: Session, key: int) -> LayerSet:
    """Return a layer set that the caller may see; raises NotFound."""
    found = layers.layer_set(session, key)
    check_jurisdiction(session, found.jurisdiction_id)
    return found


@blueprint.route("/<int:layer_set_id>")
@blueprint.response(200, LayerSetOut)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.read")
def show_layers(layer_set_id: int) -> LayerSet:
    """Tell of one state of the layers; it never changes."""
    with current.store().read() as session:
        return seen_layers(session, layer_set_id)


@blueprint.route("/<int:layer_set_id>/buildings")
@blueprint.arguments(Windowed(), location="query")
@blueprint.response(200, COLLECTION, content_type=GEOJSON)
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.read")
def list_buildings(wanted: dict[str, Any], layer_set_id: int) -> Response:
    """Give buildings with their counts as GeoJSON, in order of their numbers; `links` leads to the next page."""
    bounds = bounds_of(wanted["bbox"])
    with current.store().read() as session:
        found = seen_layers(session, layer_set_id)
        tag = tag_of("buildings", found.id, found.fingerprint, found.created_at, wanted)
        if (same := unchanged(tag)) is not None:
            return same
        page, last = features.find_numbered(
            session, Building, found.id, bounds=bounds, after=wanted["after"], limit=wanted["limit"]
        )
    return answer_bytes(collection([piece(b",".join(page))] if page else [], last), GEOJSON, tag, packed=True)
