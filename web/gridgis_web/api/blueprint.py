"""What the parts of the API share: strict about what they are sent, and told completely in its description."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import current_app, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnprocessableEntity
from werkzeug.routing import IntegerConverter

PREFIX = "/api/v1"
ERRORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)
"""What any request may be answered with."""


class KeyConverter(IntegerConverter):
    """Whole numbers in paths that fit a table's key; there is nothing at others."""

    regex = r"\d{1,18}"


class StrictParser(FlaskParser):
    """Refuses parameters that nobody asked for: they are misspelt as a rule."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {
        "query": ma.RAISE,
        "json": ma.RAISE,
    }


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A part of the API."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, *, description: str, url_prefix: str | None = None) -> None:
        super().__init__(name, import_name, description=description, url_prefix=url_prefix or f"{PREFIX}/{name}")
        self._prepare_doc_cbks.append(_tell_errors)
        self.before_request(_refuse_parameters)


def _tell_errors(doc: dict[str, Any], doc_info: dict[str, Any], **_: object) -> dict[str, Any]:
    responses = doc.setdefault("responses", {})
    for status in ERRORS:
        responses.setdefault(status.value, status.name)
    return doc


def _refuse_parameters() -> None:
    """Refuse query parameters of a view that takes none."""
    if not request.args or request.endpoint is None:
        return
    told = getattr(current_app.view_functions[request.endpoint], "_apidoc", {})
    taken = told.get("arguments", {}).get("parameters", ())
    if not any(parameter["in"] == "query" for parameter in taken):
        raise UnprocessableEntity(f"there are no parameters {', '.join(sorted(request.args))} here; leave them out")
