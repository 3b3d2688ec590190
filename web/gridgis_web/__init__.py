"""The web service in which grids live."""

from __future__ import annotations

from flask import Flask

from gridgis_web.access import guard
from gridgis_web.errors import handle_errors
from gridgis_web.settings import Settings
from gridgis_web.store import Store

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings | None = None, *, store: Store | None = None) -> Flask:
    """Return the application; the store must be there and of this program's revision.

    Raises
    ------
    StoreError
        When it is not; the text says what to do.
    """
    settings = (settings or Settings.read()).with_secret()
    store = store or Store.at(settings.place)
    store.check()
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        MAX_CONTENT_LENGTH=settings.upload_mb * 1024 * 1024,
    )
    app.extensions["gridgis_settings"] = settings
    app.extensions["gridgis_store"] = store
    handle_errors(app)
    guard(app)
    return app
