"""Every error's way out: one table from error to HTTP status; JSON for programs, a page for people."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, current_app, json, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gridgis.errors import ExportError, GridgisError, InfeasibleError, InputError
from gridgis_web import current
from gridgis_web.store import Conflict, StoreError


class NotFound(GridgisError):
    """There is no such thing, or it is not for this person to know."""


class LoginNeeded(GridgisError):
    """Only someone who has logged in may do this."""


class TooOften(GridgisError):
    """Too many tries in a short time."""


class Forbidden(GridgisError):
    """What this person may not do."""


STATUS: tuple[tuple[type[GridgisError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (LoginNeeded, HTTPStatus.UNAUTHORIZED),
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Conflict, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (InfeasibleError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ExportError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (GridgisError, HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""What an error means to a browser or program; the first line that fits counts."""

HEADINGS = {
    HTTPStatus.BAD_REQUEST: lazy_gettext("This request cannot be answered"),
    HTTPStatus.FORBIDDEN: lazy_gettext("You may not do this"),
    HTTPStatus.NOT_FOUND: lazy_gettext("There is nothing here"),
    HTTPStatus.METHOD_NOT_ALLOWED: lazy_gettext("This cannot be done here"),
    HTTPStatus.CONFLICT: lazy_gettext("Someone else was faster"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: lazy_gettext("This is too large"),
    HTTPStatus.UNPROCESSABLE_ENTITY: lazy_gettext("Something in this cannot be used"),
    HTTPStatus.TOO_MANY_REQUESTS: lazy_gettext("Too many tries; wait a little"),
    HTTPStatus.INTERNAL_SERVER_ERROR: lazy_gettext("A mistake of ours"),
    HTTPStatus.SERVICE_UNAVAILABLE: lazy_gettext("The store is out of reach"),
}
"""What the page of an error says above the details; for others what fits the request or us."""
LOG = logging.getLogger("gridgis")


def status_of(error: GridgisError) -> HTTPStatus:
    """Return what an error of ours means by the table."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def handle_errors(app: Flask) -> None:
    """Answer every error of the application by the table."""

    @app.errorhandler(GridgisError)
    def ours(error: GridgisError) -> Response:
        status = status_of(error)
        return answer(
            status, error.lines(current.language()) or [_heading(status)], fields=getattr(error, "fields", None)
        )

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        if error.response is not None:
            return current_app.make_response(error.response)
        status = HTTPStatus(error.code or 500)
        if isinstance(error, CSRFError):
            # whose text names the protection, not the remedy
            return answer(status, [gettext("This page was open for too long; load it again and repeat your change.")])
        data = getattr(error, "data", None) or {}
        # the heading says it in the reader's language, the description in English alone
        said = error.description if current.language() == "en" else None
        details = [said or _heading(status)] if _is_api() else []
        response = answer(status, details, fields=data.get("messages"))
        response.headers.extend(
            (name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After")
        )
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        LOG.exception("unexpected error at %s %s", request.method, request.path, exc_info=error)
        return answer(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            [
                gettext(
                    "This is a mistake in gridgis, not yours; it is in the log, please tell whoever runs the service."
                )
            ],
        )


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _heading(status: HTTPStatus) -> str:
    other = HTTPStatus.BAD_REQUEST if status < 500 else HTTPStatus.INTERNAL_SERVER_ERROR
    return str(HEADINGS.get(status, HEADINGS[other]))


def answer(status: HTTPStatus, details: list[str], *, fields: object = None) -> Response:
    """Return the answer to an error: problem+json (RFC 9457) under ``/api``, else a page."""
    if _is_api():
        problem: dict[str, object] = {"title": status.phrase, "status": int(status), "detail": "\n".join(details)}
        if fields:
            problem["errors"] = fields
        response = Response(json.dumps(problem), status, content_type="application/problem+json")
        response.headers["Content-Language"] = current.language()
        response.vary.add("Accept-Language")
        if status == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Bearer realm="gridgis"'
        return response
    return Response(render_template("error.html", heading=_heading(status), details=details), status)
