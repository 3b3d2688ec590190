"""What a request works with: the application's store and settings."""

from __future__ import annotations

from typing import cast

from flask import current_app

from gridgis_web.settings import Settings
from gridgis_web.store import Store


def store() -> Store:
    """Return the store of the application that answers."""
    return cast(Store, current_app.extensions["gridgis_store"])


def settings() -> Settings:
    """Return its settings."""
    return cast(Settings, current_app.extensions["gridgis_settings"])
