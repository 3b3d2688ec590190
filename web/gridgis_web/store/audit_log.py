"""The log of who did what; every change writes its line in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

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


def _without_secrets(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: value for name, value in values.items() if name not in SECRET}
