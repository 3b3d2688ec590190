"""Letting a draft take over the codes of the plan published last, as a kind of job.

Needed where another plan was published since the draft was made.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.planning.parcels import made_of, packed, plan_of, unpacked
from gridgis_web.store import Store, life
from gridgis_web.store.codes import retired_codes
from gridgis_web.store.models import Job
from gridgis_web.store.plans import check_draft, save_draft
from gridgis_web.store.steps import forget_steps

WHY = "took over the codes of the published plan"


def gather_codes(store: Store, job: Job) -> Parcel:
    """Return the draft and the published plan; given are ``plan_id`` and ``version``."""
    with store.read() as session:
        row = plan_of(session, job)
        check_draft(row, job.given["version"])
        last = life.need_latest(session, row)
        return {
            "plan": packed(session, row),
            "before": packed(session, last),
            "before_id": last.id,
            "retired": list(retired_codes(session, row.jurisdiction_id)),
        }


def name_anew(gathered: Parcel, report: Report) -> Parcel:
    """Give every grid the code that most of its households have."""
    from gridgis_web.planning.succession import named_after

    before, plan = unpacked(gathered["before"]), unpacked(gathered["plan"])
    return made_of(named_after(plan, before, gathered["retired"]), report)


def keep_codes(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Make the draft ready to be saved: its grids and certificate take longer than writing them."""
    plan = unpacked(made["plan"] | {"layers": gathered["plan"]["layers"]})
    _ = plan.grids, plan.certificate

    def keep(session: Session) -> Parcel:
        row = save_draft(
            session,
            job.given["plan_id"],
            job.given["version"],
            plan,
            who=job.created_by,
            based_on_id=gathered["before_id"],
            why=WHY,
        )
        # edits before it gave the codes that it had then
        forget_steps(session, row)
        return {"plan_id": row.id, "version": row.version}

    return keep


TAKE_OVER = Kind(gather_codes, name_anew, keep_codes)
