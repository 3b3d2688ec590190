"""The first page: what the caller can do here."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template

from gridgis_web.access import needs
from gridgis_web.pages import navigation
from gridgis_web.pages.words import ROLES, word

PAGE = Blueprint("home", __name__)


@PAGE.app_context_processor
def rail() -> dict[str, object]:
    """Give every page its rail."""
    return {"rail": navigation.entries, "is_here": navigation.is_here, "role_word": partial(word, ROLES)}


@PAGE.get("/")
@needs("account.own")
def start() -> str:
    """Show the pages that are theirs."""
    return render_template("home.html")
