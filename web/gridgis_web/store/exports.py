"""Files that jobs wrote on request: kept for some days, since they can be written again at any time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import Artifact, Job, now
from gridgis_web.store.models.work import STATE_WORDS

EXPORT = "export"
KEPT = timedelta(days=7)


def keep_export(session: Session, content: bytes, media_type: str, *, who: str) -> int:
    """Keep what an export wrote, return its key, and forget what is older than `KEPT`."""
    _forget(session)
    return artifacts.put(session, content, media_type, who=who)


def exported(session: Session, job: Job, *, who: str) -> bytes:
    """Return what an export wrote; that someone took it is logged.

    Raises
    ------
    Conflict
        The job writes files, and is not done.
    NotFound
        It writes none, or they are no longer kept.
    """
    if job.kind != EXPORT:
        raise NotFound(Said("job {id} writes no file; only exports do", id=job.id))
    if job.state != "done" or job.result is None:
        raise Conflict(
            Said("job {id} is {state}; its file is there once it is done", id=job.id, state=STATE_WORDS[job.state])
        )
    key = job.result["artifact_id"]
    if key is None:
        raise NotFound(Said("files are kept for {days} days; run job {id} again", days=KEPT.days, id=job.id))
    content = artifacts.get(session, key)
    record(session, who, "download", "job", job.id, after={"plan_id": job.result["plan_id"], "size": len(content)})
    return content


def _forget(session: Session) -> None:
    done = session.scalars(select(Job).where(Job.kind == EXPORT, Job.state == "done")).all()
    held = [job for job in done if job.result and job.result["artifact_id"] is not None]
    old = [job for job in held if job.finished_at is not None and job.finished_at < now() - KEPT]
    used = {job.result["artifact_id"] for job in held if job.result and job not in old}
    for job in old:
        key = (job.result or {})["artifact_id"]
        job.result = (job.result or {}) | {"artifact_id": None}
        if key in used:
            continue
        try:
            with session.begin_nested():
                session.execute(delete(Artifact).where(Artifact.id == key))
        except IntegrityError:
            # something else that is kept is the same, byte by byte
            continue
