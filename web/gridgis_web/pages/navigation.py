"""What stands in the rail: one line a page, shown to whoever may see it."""

from __future__ import annotations

from typing import NamedTuple

from flask import current_app, request
from flask_babel import LazyString, lazy_gettext

from gridgis_web.access import action_of, current_account
from gridgis_web.roles import may


class Entry(NamedTuple):
    """A page in the rail; the icon is a symbol of ``static/icons.svg``."""

    endpoint: str
    icon: str
    name: LazyString
    about: LazyString


ENTRIES = (
    Entry("home.start", "home", lazy_gettext("Start"), lazy_gettext("Where everything begins")),
    Entry("fieldwork.show_mine", "grid", lazy_gettext("My grid"), lazy_gettext("For officers: map, visits, reports")),
    Entry(
        "places.list_places",
        "places",
        lazy_gettext("Places"),
        lazy_gettext("Jurisdictions: their layers, and plans made of them"),
    ),
    Entry(
        "workbench.list_plans", "plans", lazy_gettext("Plans"), lazy_gettext("Grids on the map: look, adjust, publish")
    ),
    Entry(
        "officers_page.choose_place",
        "officers",
        lazy_gettext("Officers"),
        lazy_gettext("Who serves where, who is away, and what nobody looks after"),
    ),
    Entry("people.list_people", "people", lazy_gettext("People"), lazy_gettext("Accounts, their roles and places")),
    Entry("audit.show_log", "log", lazy_gettext("Log"), lazy_gettext("Who did what, and when")),
    Entry(
        "account.show_account",
        "account",
        lazy_gettext("Account"),
        lazy_gettext("Language, password, tokens for programs"),
    ),
)


def entries() -> list[Entry]:
    """Return the pages that the caller may see."""
    role, app = current_account().role, current_app._get_current_object()  # type: ignore[attr-defined]
    actions = [
        (entry, action_of(app, entry.endpoint, "GET")) for entry in ENTRIES if entry.endpoint in app.view_functions
    ]
    return [entry for entry, action in actions if action is not None and may(role, action)]


def is_here(entry: Entry) -> bool:
    """Tell whether the current page belongs to an entry: its blueprint stands at the same place."""
    own = current_app.blueprints[entry.endpoint.partition(".")[0]]
    shown = current_app.blueprints.get(request.blueprint or "")
    return own is shown or (shown is not None and own.url_prefix is not None and own.url_prefix == shown.url_prefix)
