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
from gridgis_web.api.layers import seen_layers
from gridgis_web.api.plans import seen_for_maps
from gridgis_web.errors import NotFound
from gridgis_web.settings import Settings
from gridgis_web.store.codes import LIVED
from gridgis_web.tiles.cache import TileCache
from gridgis_web.tiles.sources import Source, source_of, source_of_layers

blueprint = ApiBlueprint("tiles", __name__, description="Vector tiles", url_prefix=f"{PREFIX}/plans")
of_layers = ApiBlueprint(
    "layer_tiles", __name__, description="Vector tiles, before there is a plan", url_prefix=f"{PREFIX}/layers"
)

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


@blueprint.route(
    "/<int:plan_id>/tiles/<any(base, buildings, footprints, units, grids):layer>/<int:z>/<int:x>/<int:y>.mvt"
)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=KIND)
@blueprint.alt_response(204, description="Nothing is there")
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
@needs("plans.read")
def show_tile(plan_id: int, layer: str, z: int, x: int, y: int) -> Response:
    """Give a tile. A layer that nobody cut ahead is cut when the first is asked for: until then 503, ask again."""
    with current.store().read() as session:
        plan = seen_for_maps(session, plan_id)
    lasts = layer in ("base", "buildings") or plan.state in LIVED
    return tile_of(source_of(plan, layer), FOR_GOOD if lasts else ASK_AGAIN, z, x, y)


@of_layers.route("/<int:layer_set_id>/tiles/<any(base, buildings):layer>/<int:z>/<int:x>/<int:y>.mvt")
@of_layers.response(200, {"type": "string", "format": "binary"}, content_type=KIND)
@of_layers.alt_response(204, description="Nothing is there")
@of_layers.alt_response(304, description="The caller has it already")
@of_layers.alt_response(404, "NOT_FOUND")
@of_layers.alt_response(503, "SERVICE_UNAVAILABLE")
@needs("layers.read")
def show_tile_of_layers(layer_set_id: int, layer: str, z: int, x: int, y: int) -> Response:
    """Give a tile of layers, the same as of a plan made of them."""
    with current.store().read() as session:
        source = source_of_layers(seen_layers(session, layer_set_id), layer)
    return tile_of(source, FOR_GOOD, z, x, y)


def tile_of(source: Source, cache: str, z: int, x: int, y: int) -> Response:
    """Answer with a tile of an archive, or that it is being cut."""
    if z > 30 or max(x, y) >= 1 << z:
        raise NotFound(Said("there is no tile {z}/{x}/{y}", z=z, x=x, y=y))
    tag = tag_of(source.name, z, x, y)
    if (same := unchanged(tag)) is not None:
        return same
    archives = cast(TileCache, current_app.extensions["gridgis_tiles"])
    archive = archives.archive(source, wait_s=WAIT_S)
    if archive is None:
        raise ServiceUnavailable("these tiles are being cut; ask again in a moment", retry_after=RETRY_S)
    content = archive.tile(z, x, y)
    if content is None:
        return Response(status=204, headers={"Cache-Control": cache})
    return answer_bytes(content, KIND, tag, packed=True, cache=cache)
