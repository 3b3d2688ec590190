"""Uploads: kept until they are loaded or for a week, since what people send may hold more than layers need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import record
from gridgis_web.store.models import Artifact, Jurisdiction, Upload, now

SUBJECT = "upload"
KEPT = timedelta(days=7)


def add_upload(
    session: Session, jurisdiction_id: int, content: bytes, report: Sequence[dict[str, Any]], *, who: str
) -> Upload:
    """Keep files that someone sent for a jurisdiction; raises NotFound when there is no such one.

    Parameters
    ----------
    content
        A zip of the files, unpacked and checked.
    report
        What each of their layers is.
    """
    if session.get(Jurisdiction, jurisdiction_id) is None:
        raise NotFound(Said("there is no jurisdiction {jurisdiction_id}", jurisdiction_id=jurisdiction_id))
    for old in session.scalars(select(Upload).where(Upload.created_at < now() - KEPT)).all():
        remove_upload(session, old.id, who="service")
    made = Upload(
        jurisdiction_id=jurisdiction_id,
        files_id=artifacts.put(session, content, artifacts.ZIP, who=who),
        report=list(report),
        created_by=who,
    )
    session.add(made)
    session.flush()
    files = sorted({str(one["file"]) for one in report})
    record(session, who, "create", SUBJECT, made.id, after={"jurisdiction_id": jurisdiction_id, "files": files})
    return made


def upload(session: Session, key: int) -> Upload:
    """Return one; raises NotFound."""
    found = session.get(Upload, key)
    if found is None:
        raise NotFound(
            Said(
                "there is no upload {key}; uploads are kept for {days} days, send the files again",
                key=key,
                days=KEPT.days,
            )
        )
    return found


def uploads(session: Session, jurisdiction_ids: Sequence[int]) -> list[Upload]:
    """Return those for some jurisdictions, the newest first."""
    wanted = select(Upload).where(Upload.jurisdiction_id.in_(jurisdiction_ids)).order_by(Upload.id.desc())
    return list(session.scalars(wanted))


def remove_upload(session: Session, key: int, *, who: str) -> None:
    """Forget an upload, and its files if nothing else is the same bytes; raises NotFound."""
    old = upload(session, key)
    files_id = old.files_id
    session.delete(old)
    session.flush()
    record(session, who, "delete", SUBJECT, key, before={"jurisdiction_id": old.jurisdiction_id})
    try:
        with session.begin_nested():
            session.execute(delete(Artifact).where(Artifact.id == files_id))
    except IntegrityError:
        # something else that is kept is the same, byte by byte
        return
