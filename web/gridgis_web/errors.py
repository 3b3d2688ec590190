"""Every error's way out: one table from error to HTTP status; JSON for programs, a page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, json, render_template, request
from werkzeug.exceptions import HTTPException

from gridgis.errors import ExportError, GridgisError, InfeasibleError, InputError
from gridgis_web.store import Conflict, StoreError


class NotFound(GridgisError):
    """There is no such thing, or it is not for this person to know."""


class LoginNeeded(GridgisError):
    """Only someone who has logged in may do this."""


class Forbidden(GridgisError):
    """What this person may not do."""


STATUS: tuple[tuple[type[GridgisError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (LoginNeeded, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (InfeasibleError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ExportError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (GridgisError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""What an error means to a browser or program; the first line that fits counts."""

LOG = logging.getLogger("gridgis")


def handle_errors(app: Flask) -> None:
    """Answer every error of the application by the table."""

    @app.errorhandler(GridgisError)
    def ours(error: GridgisError) -> Response:
        status = next(status for kind, status in STATUS if isinstance(error, kind))
        return answer(status, str(error).splitlines() or [status.phrase])

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        if error.response is not None:
            return current_app.make_response(error.response)
        status = HTTPStatus(error.code or 500)
        data = getattr(error, "data", None) or {}
        response = answer(status, [error.description or status.phrase], fields=data.get("messages"))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        LOG.exception("unexpected error at %s %s", request.method, request.path, exc_info=error)
        return answer(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            ["this is a mistake in gridgis, not yours; it is in the log, please tell whoever runs the service"],
        )


def answer(status: HTTPStatus, details: list[str], *, fields: object = None) -> Response:
    """Return the answer to an error: problem+json (RFC 9457) under ``/api``, else a page."""
    if request.path.startswith("/api/"):
        problem: dict[str, object] = {"title": status.phrase, "status": int(status), "detail": "\n".join(details)}
        if fields:
            problem["errors"] = fields
        response = Response(json.dumps(problem), status, content_type="application/problem+json")
        if status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Bearer realm="gridgis"'
        return response
    return Response(render_template("error.html", status=status, details=details), status)
