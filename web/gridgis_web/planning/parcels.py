"""Layers and plans as jobs carry them: out of the store as bytes, from process to process, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.jobs.kind import Parcel, Report
from gridgis_web.store import artifacts, life
from gridgis_web.store.codes import retired_codes
from gridgis_web.store.layers import layer_set, newest_layers
from gridgis_web.store.models import Job, LayerSet
from gridgis_web.store.models import Plan as PlanRow
from gridgis_web.store.plans import plan_row
from gridgis_web.store.steps import load_draft

if TYPE_CHECKING:
    from gridgis.plan import Plan


def layers_for(session: Session, jurisdiction_id: int, key: int | None) -> LayerSet:
    """Return the layers that a new plan is made of, by default the newest; raises InputError or NotFound."""
    row = newest_layers(session, jurisdiction_id) if key is None else layer_set(session, key)
    if row is None:
        raise InputError(Said("the jurisdiction has no layers yet; load them first"))
    if row.jurisdiction_id != jurisdiction_id:
        raise NotFound(Said("the jurisdiction has no layers {key}", key=key))
    return row


def gather_layers(session: Session, job: Job) -> Parcel:
    """Return the layers that a new plan is made of, and the codes that it may not use."""
    if job.jurisdiction_id is None:
        raise InputError(Said("a plan is made for a jurisdiction; say for which"))
    row = layers_for(session, job.jurisdiction_id, job.given.get("layers_id"))
    return {
        "layers": artifacts.get(session, row.content_id),
        "layers_id": row.id,
        "retired": list(retired_codes(session, job.jurisdiction_id)),
    }


def plan_of(session: Session, job: Job) -> PlanRow:
    """Return the plan that a job is about, by default the one published last."""
    key: int | None = job.given.get("plan_id")
    if job.jurisdiction_id is None:
        raise InputError(Said("a plan belongs to a jurisdiction; say to which"))
    if key is None:
        last = life.latest(session, job.jurisdiction_id)
        if last is None:
            raise InputError(Said("the jurisdiction has no published plan yet; say which plan is meant"))
        return last
    row = plan_row(session, key)
    if row.jurisdiction_id != job.jurisdiction_id:
        raise NotFound(Said("the jurisdiction has no plan {key}", key=key))
    return row


def packed(session: Session, row: PlanRow) -> Parcel:
    """Return all of a kept plan, a draft with the edits in force."""
    made = {
        "options": row.options,
        "layers": artifacts.get(session, row.layer_set.content_id),
        "units": artifacts.get(session, row.unit_set.content_id),
    }
    if row.is_drawn:
        kept = {"assignment": row.assignment_id, "plan": row.content_id}
        return made | {name: artifacts.get(session, key) for name, key in kept.items()}
    from gridgis_web.planning.pack import pack_ints, pack_plan

    plan = load_draft(session, row.id)
    return made | {
        "options": plan.options.to_dict(),
        "assignment": pack_ints(plan.assignment.grid),
        "plan": pack_plan(plan),
    }


def unpacked(parcel: Parcel) -> Plan:
    """Return the plan that was packed."""
    from gridgis.options import PlanOptions
    from gridgis_web.planning.pack import unpack_layers, unpack_plan

    parts: dict[str, Any] = {name: parcel[name] for name in ("units", "assignment", "plan")}
    return unpack_plan(PlanOptions.from_dict(parcel["options"]), unpack_layers(parcel["layers"]), **parts)


def made_of(plan: Plan, report: Report) -> Parcel:
    """Return a new plan as it travels; its layers are known where it goes."""
    from gridgis_web.planning.pack import pack_ints, pack_plan, pack_units

    report.log(f"{plan.assignment.grids} grids of {len(plan.units.frame)} units")
    return {
        "plan": {
            "options": plan.options.to_dict(),
            "units": pack_units(plan),
            "assignment": pack_ints(plan.assignment.grid),
            "plan": pack_plan(plan),
        }
    }
