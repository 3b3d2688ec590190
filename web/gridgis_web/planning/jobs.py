"""Making plans and following them, as kinds of jobs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.planning.parcels import gather_layers, made_of, packed, plan_of, unpacked
from gridgis_web.store import Store, life
from gridgis_web.store.models import Job, Jurisdiction
from gridgis_web.store.plans import save_plan

if TYPE_CHECKING:
    from gridgis.plan import Plan

LETTERS = "ABCD"
"""What candidates are called, after the name asked for."""


def gather_partition(store: Store, job: Job) -> Parcel:
    """Return layers, options and the plan whose codes live on.

    Given are ``options`` as `PlanOptions.to_dict` writes them, ``name``, ``layers_id``, by default the newest, and
    ``candidates``: up to how many plans that differ are to be made, by default one.
    """
    from gridgis.options import PlanOptions

    options = PlanOptions.from_dict(job.given.get("options", {}))
    with store.read() as session:
        last = None if job.jurisdiction_id is None else life.latest(session, job.jurisdiction_id)
        gathered = gather_layers(session, job)
        gathered["before"] = None if last is None else packed(session, last)
    return gathered | {
        "options": options.to_dict(),
        "based_on_id": None if last is None else last.id,
        "candidates": job.given.get("candidates", 1),
    }


def gather_rebalance(store: Store, job: Job) -> Parcel:
    """Return layers and the plan that is to follow them.

    Given are ``plan_id``, by default the one published last; ``name``; ``layers_id``, by default the newest;
    ``options`` and ``move_price``, by default the plan's own and none.
    """
    from gridgis.options import PlanOptions

    with store.read() as session:
        gathered = gather_layers(session, job)
        before = plan_of(session, job)
        gathered["before"] = packed(session, before)
        options = PlanOptions.from_dict(gathered["before"]["options"] | job.given.get("options", {}))
    return gathered | {
        "options": options.to_dict(),
        "move_price": job.given.get("move_price"),
        "based_on_id": before.id,
    }


def make_partition(gathered: Parcel, report: Report) -> Parcel:
    """Make the plan, or several that differ, the one for the options themselves first."""
    from gridgis.options import PlanOptions
    from gridgis_web.planning.candidates import others_of
    from gridgis_web.planning.pack import unpack_layers
    from gridgis_web.planning.succession import make_next

    before = None if gathered["before"] is None else unpacked(gathered["before"])
    plan = make_next(
        unpack_layers(gathered["layers"]),
        PlanOptions.from_dict(gathered["options"]),
        before=before,
        retired=gathered["retired"],
        progress=report.progress,
    )
    if gathered["candidates"] == 1:
        return made_of(plan, report) | {"told": {}}
    found = others_of(plan, gathered["candidates"], gathered["retired"], report)
    plans = [made_of(one, report)["plan"] for one, _ in found]
    return {"plans": plans, "told": {"candidates": [told for _, told in found]}}


def make_rebalance(gathered: Parcel, report: Report) -> Parcel:
    """Keep every rule again with the fewest moves."""
    from gridgis.compare import Division
    from gridgis.options import PlanOptions
    from gridgis.rebalance import rebalance
    from gridgis_web.planning.moves import told_of
    from gridgis_web.planning.pack import unpack_layers
    from gridgis_web.planning.succession import layers_after

    before = unpacked(gathered["before"])
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
    return made_of(found.plan, report) | {"told": told_of(found)}


def keep_plan(job: Job, gathered: Parcel, made: Parcel, *, zone: ZoneInfo) -> Keep:
    """Make the plan ready to be saved as a draft: its grids and certificate take longer than writing them.

    Of several each becomes a draft, told in ``candidates`` with its scores; whoever chooses discards the others.
    """
    plans = [unpacked(one | {"layers": gathered["layers"]}) for one in made.get("plans") or [made["plan"]]]
    summaries = [plan.certificate.summary() for plan in plans]
    made_at = job.created_at.astimezone(zone)
    several = len(plans) > 1

    def keep(session: Session) -> Parcel:
        kept: list[Parcel] = []
        name = job.given.get("name") or f"{_place(session, job, plans[0])[:160]} {made_at:%Y-%m-%d %H:%M}"
        for number, (plan, summary) in enumerate(zip(plans, summaries, strict=True)):
            row = save_plan(
                session,
                gathered["layers_id"],
                plan,
                name=f"{name[:190]} {LETTERS[number]}" if several else name,
                who=job.created_by,
                based_on_id=gathered["based_on_id"],
            )
            holds = bool(plan.certificate.holds)
            kept.append({"plan_id": row.id, "version": row.version, "holds": holds, "summary": summary})
        told: Parcel = made["told"]
        if "candidates" in told:
            told = {"candidates": [one | told for one, told in zip(kept, told["candidates"], strict=True)]}
        return kept[0] | told

    return keep


def _place(session: Session, job: Job, plan: Plan) -> str:
    """Return what people call the jurisdiction; its layers may have come with another name."""
    place = None if job.jurisdiction_id is None else session.get(Jurisdiction, job.jurisdiction_id)
    return plan.layers.name if place is None else place.name


def partitioning(*, timezone: str) -> Kind:
    """Return the kind of jobs that make plans; those without a name get the place and the hour there."""
    return Kind(gather_partition, make_partition, partial(keep_plan, zone=ZoneInfo(timezone)))


def rebalancing(*, timezone: str) -> Kind:
    """Return the kind of jobs that make the plan which follows one."""
    return Kind(gather_rebalance, make_rebalance, partial(keep_plan, zone=ZoneInfo(timezone)))
