"""The log: who did what, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.pages.words import ACTIONS, FIELDS, ROLES, SUBJECTS, word
from gridgis_web.store import accounts, audit_log
from gridgis_web.store.models import AuditEntry

PAGE = Blueprint("audit", __name__)
FILTERS = ("who", "action", "subject", "subject_id", "since", "until")


@PAGE.get("/audit")
@needs("audit.read")
def show_log() -> str:
    """Show a page of lines, filtered."""
    given = {name: request.args.get(name, "").strip() for name in FILTERS}
    until = _midnight(given["until"])
    wanted = audit_log.Filter(
        who=given["who"],
        action=given["action"],
        subject=given["subject"],
        subject_id=given["subject_id"],
        since=_midnight(given["since"]),
        until=until and until + timedelta(days=1),
    )
    with current.store().read() as store:
        lines, newer, older = audit_log.list_entries(
            store,
            wanted,
            older_than=request.args.get("older_than", type=int),
            newer_than=request.args.get("newer_than", type=int),
        )
        actions, subjects = audit_log.list_values(store)
        logins = accounts.find_logins(store, {line.subject_id for line in lines if line.subject == "account"})
    kept: dict[str, Any] = {name: value for name, value in given.items() if value}
    return render_template(
        "audit.html",
        lines=[(line, changes_of(line)) for line in lines],
        given=given,
        actions=[(name, word(ACTIONS, name)) for name in actions],
        subjects=[(name, word(SUBJECTS, name)) for name in subjects],
        logins=logins,
        word_action=partial(word, ACTIONS),
        word_subject=partial(word, SUBJECTS),
        newer=url_for(".show_log", **kept, newer_than=lines[0].id) if newer else None,
        older=url_for(".show_log", **kept, older_than=lines[-1].id) if older else None,
    )


def changes_of(line: AuditEntry) -> list[tuple[str, str, str]]:
    """Return what a line says of each field: its name, before, after; only what differs."""
    before, after = line.before or {}, line.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return [
        (word(FIELDS, name), said(name, before[name]) if name in before else "", said(name, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def said(name: str, value: object) -> str:
    """Say the value of a field."""
    if name == "role":
        return word(ROLES, str(value))
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, list):
        return ", ".join(said(name, part) for part in value)
    return "–" if value is None or value == "" else str(value)


def _midnight(text: str) -> datetime | None:
    """Return the beginning of a day where the office is."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time(), ZoneInfo(current.settings().timezone)).astimezone(UTC)
