"""Making plans, following them and writing their files, as kinds of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis_web.errors import NotFound
from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.store import Store, artifacts, life
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import retired_codes
from gridgis_web.store.layers import layer_set, newest_layers
from gridgis_web.store.models import Job
from gridgis_web.store.models import Plan as PlanRow
from gridgis_web.store.plans import plan_row, save_plan

if TYPE_CHECKING:
    from gridgis.plan import Plan


def gather_partition(store: Store, job: Job) -> Parcel:
    """Return layers, options and the plan whose codes live on.

    Given are ``options`` as `PlanOptions.to_dict` writes them, ``name``, and ``layers_id``, by default the newest.
    """
    from gridgis.options import PlanOptions

    options = PlanOptions.from_dict(job.given.get("options", {}))
    with store.read() as session:
        last = None if job.jurisdiction_id is None else life.latest(session, job.jurisdiction_id)
        gathered = _gather_layers(session, job)
        gathered["before"] = None if last is None else _packed(session, last)
    return gathered | {"options": options.to_dict(), "based_on_id": None if last is None else last.id}


def gather_rebalance(store: Store, job: Job) -> Parcel:
    """Return layers and the plan that is to follow them.

    Given are ``plan_id``, by default the one published last; ``name``; ``layers_id``, by default the newest;
    ``options`` and ``move_price``, by default the plan's own and none.
    """
    from gridgis.options import PlanOptions

    with store.read() as session:
        gathered = _gather_layers(session, job)
        before = _plan_of(session, job)
        options = PlanOptions.from_dict(before.options | job.given.get("options", {}))
        gathered["before"] = _packed(session, before)
    return gathered | {
        "options": options.to_dict(),
        "move_price": job.given.get("move_price"),
        "based_on_id": before.id,
    }


def gather_export(store: Store, job: Job) -> Parcel:
    """Return the plan; given are ``plan_id``, by default the one published last, and ``language``."""
    language = job.given.get("language", "zh")
    if language not in ("zh", "en"):
        raise InputError(f"files are written in zh or en, not in “{language}”")
    with store.read() as session:
        row = _plan_of(session, job)
        return {"plan": _packed(session, row), "plan_id": row.id, "language": language}


def make_partition(gathered: Parcel, report: Report) -> Parcel:
    """Make the plan."""
    from gridgis.options import PlanOptions
    from gridgis_web.planning.pack import unpack_layers
    from gridgis_web.planning.succession import make_next

    before = None if gathered["before"] is None else _unpacked(gathered["before"])
    plan = make_next(
        unpack_layers(gathered["layers"]),
        PlanOptions.from_dict(gathered["options"]),
        before=before,
        retired=gathered["retired"],
        progress=report.progress,
    )
    return _made(plan, report) | {"told": {}}


def make_rebalance(gathered: Parcel, report: Report) -> Parcel:
    """Keep every rule again with the fewest moves."""
    from gridgis.compare import Division
    from gridgis.options import PlanOptions
    from gridgis.rebalance import rebalance
    from gridgis_web.planning.pack import unpack_layers
    from gridgis_web.planning.succession import layers_after

    before = _unpacked(gathered["before"])
    layers = layers_after(unpack_layers(gathered["layers"]), before)
    was = Division.of_plan(before)
    buildings = was.buildings.to_crs(layers.crs)
    codes = was.grids["code"].to_numpy(object)
    found = rebalance(
        layers,
        PlanOptions.from_dict(gathered["options"]),
        was=buildings.assign(grid=codes[buildings["grid"].to_numpy()]),
        retired=tuple(dict.fromkeys([*gathered["retired"], *before.codes.retired])),
        move_price=gathered["move_price"],
        progress=report.progress,
    )
    told = {
        "moved_households": int(found.moved_households),
        "fewest_possible": int(found.fewest_possible),
        "untouched": bool(found.untouched),
    }
    return _made(found.plan, report) | {"told": told}


def write_files(gathered: Parcel, report: Report) -> Parcel:
    """Write the plan's files."""
    from gridgis_web.planning.publish import packed_files

    plan = _unpacked(gathered["plan"])
    return {"files": packed_files(plan, gathered["language"], progress=report.progress)}


def keep_plan(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Make the plan ready to be saved as a draft: its grids and certificate take longer than writing them."""
    plan = _unpacked(made["plan"] | {"layers": gathered["layers"]})
    summary = plan.certificate.summary()
    name = job.given.get("name") or f"{plan.layers.name} {job.created_at:%Y-%m-%d %H:%M}"

    def keep(session: Session) -> Parcel:
        row = save_plan(
            session, gathered["layers_id"], plan, name=name, who=job.created_by, based_on_id=gathered["based_on_id"]
        )
        kept: Parcel = {
            "plan_id": row.id,
            "version": row.version,
            "holds": bool(plan.certificate.holds),
            "summary": summary,
        }
        kept.update(made["told"])
        return kept

    return keep


def keep_files(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Keep the files as one zip."""
    content: bytes = made["files"]

    def keep(session: Session) -> Parcel:
        key = artifacts.put(session, content, artifacts.ZIP, who=job.created_by)
        told = {"artifact_id": key, "plan_id": gathered["plan_id"], "size": len(content)}
        record(session, job.created_by, "export", "plan", gathered["plan_id"], after=told)
        return told

    return keep


PARTITION = Kind(gather_partition, make_partition, keep_plan)
REBALANCE = Kind(gather_rebalance, make_rebalance, keep_plan)
EXPORT = Kind(gather_export, write_files, keep_files)


def _gather_layers(session: Session, job: Job) -> Parcel:
    """Return the layers that a new plan is made of, and the codes that it may not use."""
    if job.jurisdiction_id is None:
        raise InputError("a plan is made for a jurisdiction; say for which")
    key = job.given.get("layers_id")
    row = newest_layers(session, job.jurisdiction_id) if key is None else layer_set(session, key)
    if row is None:
        raise InputError("the jurisdiction has no layers yet; load them first")
    if row.jurisdiction_id != job.jurisdiction_id:
        raise NotFound(f"the jurisdiction has no layers {key}")
    return {
        "layers": artifacts.get(session, row.content_id),
        "layers_id": row.id,
        "retired": list(retired_codes(session, job.jurisdiction_id)),
    }


def _plan_of(session: Session, job: Job) -> PlanRow:
    """Return the plan that a job is about."""
    key: int | None = job.given.get("plan_id")
    if job.jurisdiction_id is None:
        raise InputError("a plan belongs to a jurisdiction; say to which")
    if key is None:
        last = life.latest(session, job.jurisdiction_id)
        if last is None:
            raise InputError("the jurisdiction has no published plan yet; say which plan is meant")
        return last
    row = plan_row(session, key)
    if row.jurisdiction_id != job.jurisdiction_id:
        raise NotFound(f"the jurisdiction has no plan {key}")
    return row


def _packed(session: Session, row: PlanRow) -> Parcel:
    """Return all of a kept plan."""
    return {
        "options": row.options,
        "layers": artifacts.get(session, row.layer_set.content_id),
        "units": artifacts.get(session, row.unit_set.content_id),
        "assignment": artifacts.get(session, row.assignment_id),
        "plan": artifacts.get(session, row.content_id),
    }


def _unpacked(parcel: Parcel) -> Plan:
    from gridgis.options import PlanOptions
    from gridgis_web.planning.pack import unpack_layers, unpack_plan

    parts: dict[str, Any] = {name: parcel[name] for name in ("units", "assignment", "plan")}
    return unpack_plan(PlanOptions.from_dict(parcel["options"]), unpack_layers(parcel["layers"]), **parts)


def _made(plan: Plan, report: Report) -> Parcel:
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
