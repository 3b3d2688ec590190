"""What a request works with: the application's store and settings."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import get_locale

from gridgis.languages import Language
from gridgis_web.settings import Settings
from gridgis_web.store import Store


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
