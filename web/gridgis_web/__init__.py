"""The web service in which grids live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.languages import add_translations
from gridgis_web.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from gridgis_web.store import Store

__all__ = ["Settings", "create_app"]

add_translations(Path(__file__).parent / "translations")


def create_app(settings: Settings | None = None, *, store: Store | None = None) -> Flask:
    """Return the application; see `application.create_app`. Jobs' processes do without it, and start sooner."""
    from gridgis_web import application

    return application.create_app(settings, store=store)
