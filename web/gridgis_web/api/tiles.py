"""Vector tiles of what plans are about: base map, buildings, units and grids, with counts and codes alone."""

from __future__ import annotations

from typing import cast

from flask import Flask, Response, current_app
from werkzeug.exceptions import ServiceUnavailable

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import answer_bytes, tag_of, unchanged
from gridgis_web.api.plans import seen_for_maps
from gridgis_web.errors import NotFound
from gridgis_web.settings import Settings
from gridgis_web.store.codes import LIVED
from gridgis_web.store.plans import PlanForMaps
from gridgis_web.tiles.cache import TileCache

blueprint = ApiBlueprint("tiles", __name__, description="Vector tiles", url_prefix=f"{PREFIX}/plans")

KIND = "application/vnd.mapbox-vector-tile"
WAIT_S = 1.0
RETRY_S = 2
FOR_GOOD = "private, max-age=604800"
ASK_AGAIN = "private, no-cache"


def prepare_tiles(app: Flask) -> None:
    """Give the application its archives."""
    settings: Settings = app.extensions["gridgis_settings"]
    place = app.extensions["gridgis_store"].url.render_as_string(hide_password=False)
    app.extensions["gridgis_tiles"] = TileCache(settings.folder, {"GRIDGIS_STORE": place})


def _source(plan: PlanForMaps, layer: str) -> tuple[str, list[str]]:
    """Return the name of a layer's archive, by what it is made of, and what writes it."""
    if layer in ("base", "buildings"):
        key, parts = plan.layer_set_id, [plan.layers_fingerprint, str(plan.layers_created_at)]
    elif layer == "units":
        key, parts = plan.unit_set_id, [str(plan.units_content_id), str(plan.units_created_at)]
    else:
        # what only its state changed keeps its tiles
        key, parts = plan.id, [str(plan.content_id), str(plan.created_at)]
    return f"{layer}-{tag_of(layer, key, *parts)}", [layer, str(key)]


@blueprint.route("/<int:plan_id>/tiles/<any(base, buildings, units, grids):layer>/<int:z>/<int:x>/<int:y>.mvt")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=KIND)
@blueprint.alt_response(204, description="Nothing is there")
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
@needs("plans.read")
def show_tile(plan_id: int, layer: str, z: int, x: int, y: int) -> Response:
    """Give a tile. Those of a layer are cut when the first is asked for; until then the answer is 503, ask again."""
    if z > 30 or max(x, y) >= 1 << z:
        raise NotFound(Said("there is no tile {z}/{x}/{y}", z=z, x=x, y=y))
    with current.store().read() as session:
        plan = seen_for_maps(session, plan_id)
    name, source = _source(plan, layer)
    cache = FOR_GOOD if layer in ("base", "buildings") or plan.state in LIVED else ASK_AGAIN
    tag = tag_of(name, z, x, y)
    if (same := unchanged(tag)) is not None:
        return same
    archives = cast(TileCache, current_app.extensions["gridgis_tiles"])
    archive = archives.archive(name, source, wait_s=WAIT_S)
    if archive is None:
        raise ServiceUnavailable("these tiles are being cut; ask again in a moment", retry_after=RETRY_S)
    content = archive.tile(z, x, y)
    if content is None:
        return Response(status=204, headers={"Cache-Control": cache})
    return answer_bytes(content, KIND, tag, packed=True, cache=cache)
