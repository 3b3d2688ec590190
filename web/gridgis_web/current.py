"""What a request works with: the application's store and settings."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, datetime
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from flask import current_app, g, request
from flask_babel import get_locale

from gridgis.languages import Language
from gridgis_web.settings import Settings
from gridgis_web.store import Store

Read = TypeVar("Read")
SAFE = ("GET", "HEAD", "OPTIONS")
"""The methods of requests that change nothing."""


def store() -> Store:
    """Return the store of the application that answers."""
    return cast(Store, current_app.extensions["gridgis_store"])


def settings() -> Settings:
    """Return its settings."""
    return cast(Settings, current_app.extensions["gridgis_settings"])


def language() -> Language:
    """Return the language that the request is answered in."""
    return "zh" if str(get_locale()) == "zh" else "en"


def today() -> date:
    """Return the day it is where the office is."""
    return datetime.now(ZoneInfo(settings().timezone)).date()


def recently(name: Hashable, read: Callable[[], Read]) -> Read:
    """Return what `read` does, or did for another request: nobody has written to the store since.

    A request that changes something always reads: it must see what it has changed itself.
    """
    if request.method not in SAFE:
        return read()
    if "gridgis_recent" not in g:
        g.gridgis_recent = store().recent()
    rows: dict[Hashable, Read] = g.gridgis_recent
    found = rows.get(name)
    if found is None:
        found = read()
        if found is not None:
            rows[name] = found
    return found
