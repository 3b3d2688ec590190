"""Publishing as a kind of job: files and the walk from the plan before take long, and are made before anything is kept.

What is kept is kept in one transaction, if the plan is still of the version that was asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.planning.parcels import packed, plan_of, unpacked
from gridgis_web.store import Store, life
from gridgis_web.store.models import Job

if TYPE_CHECKING:
    from gridgis.languages import Language
    from gridgis.plan import Plan

Progress = Callable[[str, float], None]


def packed_files(plan: Plan, language: Language = "zh", *, progress: Progress | None = None) -> bytes:
    """Return all files of a plan, as ``gridgis partition`` writes them, in a zip."""
    from gridgis.export import write_plan
    from gridgis_web.planning.frames import zipped

    with tempfile.TemporaryDirectory() as folder:
        written = write_plan(plan, Path(folder) / "plan", language=language, progress=progress)
        return zipped({file.name: file.read_bytes() for file in written})


def gather_published(store: Store, job: Job, *, review: bool, timezone: str) -> Parcel:
    """Return the plan and the one before it; raises what publishing would, before anything is made.

    Given are ``plan_id``, its ``version``, its first ``day`` and ``language``. Today is when it was asked for: a job
    that waits over midnight still publishes from that day on.
    """
    today = job.created_at.astimezone(ZoneInfo(timezone)).date()
    day = date.fromisoformat(job.given["day"])
    with store.read() as session:
        row = plan_of(session, job)
        last = life.latest(session, row.jurisdiction_id)
        life.check_publishing(session, row, job.given["version"], day=day, today=today, review=review)
        return {
            "plan": packed(session, row),
            "before": None if last is None else packed(session, last),
            "before_id": None if last is None else last.id,
            "language": job.given["language"],
            "day": day,
            "today": today,
            "review": review,
        }


def make_files(gathered: Parcel, report: Report) -> Parcel:
    """Write the plan's files, and compare it to the one before."""
    from gridgis_web.planning.succession import walk_between

    plan = unpacked(gathered["plan"])
    files = packed_files(plan, gathered["language"], progress=report.progress)
    report.progress("walk", 0.0)
    walk = None if gathered["before"] is None else walk_between(unpacked(gathered["before"]), plan)
    return {"files": files, "walk": walk, "retired": plan.codes.retired}


def keep_published(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Return what publishes the plan."""

    def keep(session: Session) -> Parcel:
        row = life.publish(
            session,
            job.given["plan_id"],
            job.given["version"],
            day=gathered["day"],
            today=gathered["today"],
            who=job.created_by,
            files=made["files"],
            review=gathered["review"],
            walk=made["walk"],
            walked_from=gathered["before_id"],
            retired=made["retired"],
        )
        return {"plan_id": row.id, "version": row.version, "valid_from": gathered["day"].isoformat()}

    return keep


def publishing(*, review: bool, timezone: str) -> Kind:
    """Return the kind of job: whether a second person must have looked, and where the office is."""
    return Kind(partial(gather_published, review=review, timezone=timezone), make_files, keep_published)
