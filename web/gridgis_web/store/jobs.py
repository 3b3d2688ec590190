"""The queue of jobs: asked for, claimed by one worker, followed, and ended together with what they made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer

from gridgis.errors import GridgisError
from gridgis.languages import Both, Said, Words
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Conflict, Store
from gridgis_web.store.models import Job, now
from gridgis_web.store.models.work import FINISHED, STATE_WORDS

STALE_S = 60
"""A worker that was not heard of for so long is lost. Longer than a writer may have to wait for its turn."""

MOST_LINES = 1000
"""What a log holds; then it says that more was left out."""

LEFT_OUT = "… further lines are left out"

Result = dict[str, Any]


NOTHING = Both("", "")
"""What is told of a job that nothing went wrong with."""


class Lost(GridgisError):
    """The job is no longer this worker's: it was ended, or given up for lost, in between."""


def submit(session: Session, kind: str, given: dict[str, Any], *, who: str, jurisdiction_id: int | None = None) -> Job:
    """Put a job into the queue."""
    job = Job(kind=kind, given=given, jurisdiction_id=jurisdiction_id, created_by=who)
    session.add(job)
    session.flush()
    record(session, who, "create", "job", job.id, after={"kind": kind, "given": given})
    return job


def find(session: Session, job_id: int) -> Job | None:
    """Return a job; None: there is none of this number."""
    return session.get(Job, job_id)


def list_jobs(
    session: Session,
    *,
    within: Collection[int] | None = None,
    jurisdiction_id: int | None = None,
    state: str | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Sequence[Job]:
    """Return jobs without their logs, the newest first.

    Parameters
    ----------
    within
        The jurisdictions whose jobs may be seen; None: all, those without a jurisdiction too.
    after
        The last job of the page before; those of a lower number follow.
    """
    wanted = select(Job).options(defer(Job.log)).order_by(Job.id.desc()).limit(limit)
    if within is not None:
        wanted = wanted.where(Job.jurisdiction_id.in_(within))
    if jurisdiction_id is not None:
        wanted = wanted.where(Job.jurisdiction_id == jurisdiction_id)
    if state is not None:
        wanted = wanted.where(Job.state == state)
    if after is not None:
        wanted = wanted.where(Job.id < after)
    return session.scalars(wanted).all()


def under_way(session: Session, kind: str, jurisdiction_id: int) -> Sequence[Job]:
    """Return the jobs of a kind that wait or run for a jurisdiction, the oldest first."""
    wanted = select(Job).where(
        Job.state.in_(("queued", "running")), Job.kind == kind, Job.jurisdiction_id == jurisdiction_id
    )
    return session.scalars(wanted.order_by(Job.id)).all()


def cancel(session: Session, job_id: int, *, who: str) -> Job:
    """End a job that waits; ask the worker of one that runs to end it. Raises Conflict for one that is over."""
    job = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one()
    if job.state in FINISHED:
        raise Conflict(Said("job {job_id} is over already: {state}", job_id=job_id, state=STATE_WORDS[job.state]))
    before = job.state
    job.cancel = True
    if job.state == "queued":
        job.state, job.finished_at = "cancelled", now()
    record(session, who, "cancel", "job", job_id, before={"state": before}, after={"state": job.state, "cancel": True})
    return job


def again(session: Session, job_id: int, *, who: str) -> Job:
    """Put a new job with the same request into the queue. Raises Conflict while the first is not over."""
    first = session.get_one(Job, job_id)
    if first.state not in FINISHED:
        raise Conflict(
            Said(
                "job {job_id} is still {state}; cancel it first, or wait for its end",
                job_id=job_id,
                state=STATE_WORDS[first.state],
            )
        )
    return submit(session, first.kind, first.given, who=who, jurisdiction_id=first.jurisdiction_id)


def claim(store: Store, worker: str) -> Job | None:
    """Take the oldest job that waits; no two workers get the same one. None: nothing waits."""
    waiting = select(Job.id).where(Job.state == "queued").order_by(Job.id).limit(1)
    with store.read() as session:  # so that idle workers take no turn from writers
        if session.scalars(waiting).one_or_none() is None:
            return None
    with store.write() as session:
        job = session.scalars(
            select(Job).where(Job.state == "queued").order_by(Job.id).limit(1).with_for_update(skip_locked=True)
        ).one_or_none()
        if job is not None:
            job.state, job.worker = "running", worker
            job.started_at = job.beat_at = now()
        return job


def beat(store: Store, worker: str) -> None:
    """Say that a worker, and with it all its jobs, is alive."""
    with store.write() as session:
        session.execute(update(Job).where(Job.worker == worker, Job.state == "running").values(beat_at=now()))


def held(store: Store, worker: str) -> dict[int, bool]:
    """Return the jobs that a worker runs, each with whether someone asked for its end."""
    with store.read() as session:
        rows = session.execute(select(Job.id, Job.cancel).where(Job.worker == worker, Job.state == "running"))
        return {row.id: row.cancel for row in rows}


def report(
    store: Store, job_id: int, worker: str, *, step: str, done: float, lines: Sequence[tuple[datetime, str]] = ()
) -> None:
    """Keep how far a job is, and what it has said since. Raises Lost when it is no longer the worker's."""
    with store.write() as session:
        job = _own(session, job_id, worker)
        job.step, job.done = step, done
        if lines:
            job.log = _with_lines(job.log, lines)


def finish(store: Store, job_id: int, worker: str, keep: Callable[[Session], Result]) -> None:
    """Keep what a job made and that it is done, both or neither. Raises Lost when it is no longer the worker's.

    The job's row is only taken at the end, so that its worker can be heard of while much is written.
    """
    with store.write() as session:
        result = keep(session)
        session.flush()
        job = _own(session, job_id, worker)
        job.state, job.done, job.result = "done", 1.0, result
        job.finished_at = now()


def end(
    store: Store, job_id: int, worker: str, *, state: str, error: Words = NOTHING, problem: int | None = None
) -> bool:
    """End a job that made nothing, with why; returns whether it was still the worker's."""
    with store.write() as session:
        try:
            job = _own(session, job_id, worker)
        except Lost:
            return False
        job.state, job.problem, job.finished_at = state, problem, now()
        _tell(job, error)
        return True


def interrupt_lost(store: Store, is_dead: Callable[[str], bool] = lambda worker: False) -> list[int]:
    """Mark as interrupted what runs with workers that are dead or were not heard of for `STALE_S`; return the jobs."""
    lost = []
    with store.read() as session:
        running = session.execute(select(Job.id, Job.worker, Job.beat_at).where(Job.state == "running")).all()
    oldest = now() - timedelta(seconds=STALE_S)
    for job_id, worker, beat_at in running:
        dead = is_dead(worker)
        if not dead and beat_at is not None and beat_at >= oldest:
            continue
        with store.write() as session:
            job = session.scalars(
                select(Job).where(Job.id == job_id, Job.state == "running", Job.worker == worker).with_for_update()
            ).one_or_none()
            if job is None or (not dead and job.beat_at is not None and job.beat_at >= oldest):
                continue
            job.state, job.finished_at = "interrupted", now()
            _tell(job, Said("its worker ended before it did; nothing of it was kept, run it again"))
            lost.append(job_id)
    return lost


def _tell(job: Job, error: Words) -> None:
    """Keep why a job made nothing, for readers of either language."""
    job.error, job.error_zh = error.to("en"), error.to("zh")


def _own(session: Session, job_id: int, worker: str) -> Job:
    """Return a job that runs with this worker, locked until the transaction ends."""
    job = session.scalars(
        select(Job).where(Job.id == job_id, Job.worker == worker, Job.state == "running").with_for_update()
    ).one_or_none()
    if job is None:
        raise Lost(Said("job {job_id} is no longer run by this worker", job_id=job_id))
    return job


def _with_lines(log: Sequence[Any], lines: Sequence[tuple[datetime, str]]) -> list[Any]:
    """Return a log with lines added; what is in it keeps its place, so that listeners can go on from a number."""
    fresh = [[moment.isoformat(timespec="milliseconds"), text] for moment, text in lines]
    room = MOST_LINES - len(log)
    if len(fresh) > room > 0:
        fresh[room - 1] = [fresh[room - 1][0], LEFT_OUT]
    return [*log, *fresh[: max(room, 0)]]
