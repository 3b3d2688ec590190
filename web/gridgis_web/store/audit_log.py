"""The log of who did what; every change writes its line in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gridgis_web.store.models import AuditEntry

SECRET = frozenset({"password", "digest", "token", "secret"})
"""What no log ever holds."""


def record(
    session: Session,
    who: str,
    action: str,
    subject: str,
    subject_id: object,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the log, in the transaction of the change itself.

    Parameters
    ----------
    session
        Of `Store.write`.
    who
        A login, ``cli``, ``service`` or ``public``.
    action
        ``create``, ``change``, ``delete``, ``read``, ``log in``, ``publish`` …
    subject, subject_id
        A table's name, and the row's key or code.
    before, after
        What was and what is now, as JSON values; secrets are left out.
    """
    session.add(
        AuditEntry(
            who=who,
            action=action,
            subject=subject,
            subject_id=str(subject_id),
            before=_without_secrets(before),
            after=_without_secrets(after),
        )
    )


def log_read(session: Session, who: str, subject: str, keys: Collection[object], fields: Collection[str]) -> None:
    """Add a line that someone read personal data: of which rows, and which fields of them."""
    if keys:
        one = str(next(iter(keys))) if len(keys) == 1 else ""
        record(session, who, "read", subject, one, after={"ids": sorted(map(str, keys)), "fields": sorted(fields)})


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which lines to show; what is empty leaves nothing out.

    Attributes
    ----------
    since, until
        The first moment, and the first one no longer wanted.
    """

    who: str = ""
    action: str = ""
    subject: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """Return the query for these lines alone."""
        for column, value in (
            (AuditEntry.who, self.who),
            (AuditEntry.action, self.action),
            (AuditEntry.subject, self.subject),
            (AuditEntry.subject_id, self.subject_id),
        ):
            if value:
                query = query.where(column == value)
        if self.since:
            query = query.where(AuditEntry.at >= self.since)
        return query.where(AuditEntry.at < self.until) if self.until else query


def list_entries(
    session: Session, wanted: Filter, *, older_than: int | None = None, newer_than: int | None = None, count: int = 50
) -> tuple[list[AuditEntry], bool, bool]:
    """Return a page of lines, the newest first, and whether there are newer and older ones."""
    query = wanted.apply(select(AuditEntry))
    if newer_than is not None:
        upwards = query.where(AuditEntry.id > newer_than).order_by(AuditEntry.id).limit(count)
        page = list(session.scalars(upwards))[::-1]
    else:
        if older_than is not None:
            query = query.where(AuditEntry.id < older_than)
        page = list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(count)))
    if not page:
        return page, False, False
    ids = wanted.apply(select(AuditEntry.id)).limit(1)
    newer = session.scalar(ids.where(AuditEntry.id > page[0].id)) is not None
    older = session.scalar(ids.where(AuditEntry.id < page[-1].id)) is not None
    return page, newer, older


def list_values(session: Session) -> tuple[list[str], list[str]]:
    """Return the actions and the subjects that occur in the log."""
    actions = session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action))
    subjects = session.scalars(select(AuditEntry.subject).distinct().order_by(AuditEntry.subject))
    return list(actions), list(subjects)


def _without_secrets(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: value for name, value in values.items() if name not in SECRET}
