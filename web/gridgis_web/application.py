"""The application: what it is made of, in which order."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from gridgis_web.access import guard
from gridgis_web.api import add_api
from gridgis_web.bundles import offer_bundles
from gridgis_web.errors import handle_errors
from gridgis_web.headers import send_headers
from gridgis_web.languages import speak
from gridgis_web.pages import PAGES
from gridgis_web.rates import limit_rates
from gridgis_web.settings import Settings
from gridgis_web.store import Store


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
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.config.update(
        SECRET_KEY=settings.secret,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.upload_mb * 1024 * 1024,
    )
    app.extensions["gridgis_settings"] = settings
    app.extensions["gridgis_store"] = store
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    add_api(app)
    handle_errors(app)
    send_headers(app, settings)
    limit_rates(app, settings)
    guard(app)
    speak(app, settings)
    offer_bundles(app, settings)
    for page in PAGES:
        app.register_blueprint(page)
    return app
