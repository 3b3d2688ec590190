"""The service for programs: JSON under ``/api/v1``, described by OpenAPI at ``/api/v1/openapi.json``."""

from __future__ import annotations

import marshmallow as ma
from flask import Flask, Response
from flask_smorest import Api, Blueprint

from gridgis_web.access import needs
from gridgis_web.api import (
    company,
    comparisons,
    drafts,
    exports,
    fieldwork,
    foresight,
    grids,
    handover,
    jobs,
    jurisdictions,
    layers,
    leave,
    officer_lists,
    officers,
    outlook,
    planning,
    plans,
    proposals,
    public,
    records,
    tiles,
    uploads,
)
from gridgis_web.api.blueprint import PREFIX, KeyConverter
from gridgis_web.api.events import Listeners
from gridgis_web.settings import Settings

BLUEPRINTS: tuple[Blueprint, ...] = (
    jurisdictions.blueprint,
    foresight.blueprint,
    layers.blueprint,
    plans.blueprint,
    planning.blueprint,
    grids.blueprint,
    grids.places,
    records.blueprint,
    drafts.blueprint,
    company.blueprint,
    outlook.blueprint,
    comparisons.blueprint,
    exports.blueprint,
    exports.files,
    tiles.blueprint,
    tiles.of_layers,
    officers.blueprint,
    officers.postings,
    officer_lists.blueprint,
    leave.blueprint,
    leave.cover,
    proposals.blueprint,
    handover.blueprint,
    handover.notes,
    fieldwork.blueprint,
    public.blueprint,
    jobs.blueprint,
    uploads.blueprint,
)

SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "A machine's token, from its account's page"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "Whoever has logged in; changes also need the page's token in the header X-CSRFToken",
    },
}
ABOUT = (
    "Grids for community management: jurisdictions, layers, plans and their grids, officers, jobs. "
    "Coordinates are longitude and latitude (WGS 84). Lists come in pages: `after` is the last one of the page before. "
    "What someone may not see is answered as if it were not there. Errors are problem+json (RFC 9457)."
)


class Problem(ma.Schema):
    """What is wrong, as RFC 9457 has it."""

    title = ma.fields.String(required=True, metadata={"description": "The status in words"})
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True, metadata={"description": "What, and what to do, a line each"})
    errors = ma.fields.Dict(metadata={"description": "Field -> what is wrong with it"})


class DescribedApi(Api):  # type: ignore[misc]
    """Describes errors as `errors.answer` gives them."""

    ERROR_SCHEMA = Problem

    @needs("public.read")
    def _openapi_json(self) -> Response:
        described: Response = super()._openapi_json()
        return described

    def _register_responses(self) -> None:
        super()._register_responses()
        for response in self.spec.components.responses_lazy.values():
            content = response.get("content", {})
            if "application/json" in content:
                content["application/problem+json"] = content.pop("application/json")


def add_api(app: Flask) -> None:
    """Give the application its API; its errors are answered by whoever handles errors after this."""
    settings: Settings = app.extensions["gridgis_settings"]
    listeners = Listeners(settings.listeners)
    app.extensions["gridgis_listeners"] = listeners
    app.extensions["gridgis_rooms"] = company.Rooms(listeners, settings.listeners // 2)
    app.config.update(
        API_TITLE="gridgis",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": ABOUT},
            "security": [{name: []} for name in SECURITY],
        },
    )
    tiles.prepare_tiles(app)
    # before any rule is made that has one
    app.url_map.converters["int"] = KeyConverter
    api = DescribedApi(app)
    api.register_converter(KeyConverter, lambda _: {"type": "integer", "minimum": 0, "maximum": 10**18 - 1})
    for name, scheme in SECURITY.items():
        api.spec.components.security_scheme(name, scheme)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint, url_prefix=blueprint.url_prefix or f"{PREFIX}/{blueprint.name}")
