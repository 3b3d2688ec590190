"""Plans: the engine's plan into the store and back exactly, drafts that two planners cannot overwrite."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session, defer, undefer

from gridgis.errors import InputError, some
from gridgis.languages import Said, Words
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import record
from gridgis_web.store.codes import reused
from gridgis_web.store.database import Conflict
from gridgis_web.store.features import GRID
from gridgis_web.store.layers import insert_rows, layer_set, load_layers
from gridgis_web.store.models import Grid, LayerSet, Plan, Unit, UnitSet, now
from gridgis_web.store.models.plans import STATE_WORDS

if TYPE_CHECKING:
    from gridgis import plan as engine

SUBJECT = "plan"
COLUMNS = [*GRID, "geojson"]
SHORT = [defer(Plan.options), defer(Plan.certificate)]
"""What is long is read when it is asked for."""


def save_plan(
    session: Session,
    layer_set_id: int,
    plan: engine.Plan,
    *,
    name: str,
    who: str,
    based_on_id: int | None = None,
) -> Plan:
    """Keep a new plan, a draft.

    Parameters
    ----------
    layer_set_id
        The layers it was made of.
    based_on_id
        The plan whose codes live on in it, as a rule the last one published; None: there was none.

    Raises
    ------
    InputError
        It was made of other layers, or has no name.
    Conflict
        Codes of it are retired, see `codes.retired_codes`.
    """
    layers = layer_set(session, layer_set_id)
    faults: list[Words] = []
    if int(plan.layers.buildings["inside"].sum()) != layers.buildings:
        faults.append(
            Said(
                "the plan was not made of the layers {layer_set_id}; save those it was made of first",
                layer_set_id=layer_set_id,
            )
        )
    faults += _faults_of(name)
    if faults:
        raise InputError(*faults)
    _refuse_retired(session, layers.jurisdiction_id, plan)
    made = Plan(
        jurisdiction_id=layers.jurisdiction_id,
        layer_set_id=layer_set_id,
        based_on_id=based_on_id,
        name=name,
        created_by=who,
    )
    _fill(session, made, plan, who)
    session.add(made)
    session.flush()
    _insert_grids(session, made.id, plan)
    record(session, who, "create", SUBJECT, made.id, after=summary(made))
    return made


def _faults_of(name: str) -> list[Words]:
    return [] if 1 <= len(name.strip()) <= len(name) <= 200 else [Said("a plan needs a name of 1 to 200 characters")]


def save_draft(
    session: Session,
    key: int,
    version: int,
    plan: engine.Plan,
    *,
    who: str,
    based_on_id: int | None = None,
    why: str = "",
) -> Plan:
    """Keep a draft as it is now.

    Parameters
    ----------
    version
        The version that the change was made from.
    based_on_id
        Another plan whose codes it goes by now; None: as before.
    why
        What was done to it, for the log.

    Raises
    ------
    Conflict
        Someone else changed it in the meantime, or it is no draft; the text says who, when, and what to do.
    """
    row = for_change(session, key, version)
    check_draft(row, version)
    _refuse_retired(session, row.jurisdiction_id, plan)
    before = summary(row)
    _fill(session, row, plan, who)
    row.based_on_id = row.based_on_id if based_on_id is None else based_on_id
    row.drawn_step = row.step
    session.flush()
    session.execute(delete(Grid).where(Grid.plan_id == key))
    _insert_grids(session, key, plan)
    record(session, who, "change", SUBJECT, key, before=before, after=summary(row) | ({"why": why} if why else {}))
    return row


def rename(session: Session, key: int, version: int, name: str, *, who: str) -> Plan:
    """Give a plan that is not published another name."""
    row = for_change(session, key, version)
    if row.state not in ("draft", "in review"):
        raise Conflict(Said("“{name}” is {state}; its name stays", name=row.name, state=STATE_WORDS[row.state]))
    if faults := _faults_of(name):
        raise InputError(*faults)
    before = summary(row)
    row.name = name
    touch(row, who)
    session.flush()
    record(session, who, "change", SUBJECT, key, before=before, after=summary(row))
    return row


def load_plan(session: Session, key: int) -> engine.Plan:
    """Return the engine's plan, exactly as it was saved; raises NotFound."""
    from gridgis.options import PlanOptions
    from gridgis_web.planning.pack import unpack_plan

    row = plan_row(session, key)
    return unpack_plan(
        PlanOptions.from_dict(row.options),
        load_layers(session, row.layer_set_id),
        units=artifacts.get(session, row.unit_set.content_id),
        assignment=artifacts.get(session, row.assignment_id),
        plan=artifacts.get(session, row.content_id),
    )


def plan_row(session: Session, key: int) -> Plan:
    """Return what the store says of a plan; raises NotFound."""
    found = session.get(Plan, key)
    if found is None:
        raise NotFound(Said("there is no plan {key}", key=key))
    return found


def plan_in_short(session: Session, key: int) -> Plan:
    """Return the same without its options and certificate, which are long; raises NotFound."""
    found = session.get(Plan, key, options=SHORT)
    if found is None:
        raise NotFound(Said("there is no plan {key}", key=key))
    return found


class PlanForMaps(NamedTuple):
    """What requests for maps go by: no row of a session, so that it can be kept; without what is long."""

    id: int
    jurisdiction_id: int
    layer_set_id: int
    unit_set_id: int
    name: str
    state: str
    version: int
    changed_at: datetime
    created_at: datetime
    content_id: int
    files_id: int | None
    layers_fingerprint: str
    layers_created_at: datetime
    units_content_id: int
    units_created_at: datetime


def plan_for_maps(session: Session, key: int) -> PlanForMaps:
    """Return what maps need to know of a plan; raises NotFound."""
    row = session.execute(_for_maps().where(Plan.id == key)).first()
    if row is None:
        raise NotFound(Said("there is no plan {key}", key=key))
    return PlanForMaps._make(row)


def latest_plans(session: Session, most: int) -> list[PlanForMaps]:
    """Return the plans that were changed last, of those that still matter, the latest first."""
    wanted = _for_maps().where(Plan.state.in_(("draft", "in review", "published")))
    return [PlanForMaps._make(row) for row in session.execute(wanted.order_by(Plan.changed_at.desc()).limit(most))]


def _for_maps() -> Select[Any]:
    own = [getattr(Plan, name) for name in PlanForMaps._fields[: PlanForMaps._fields.index("layers_fingerprint")]]
    return (
        select(*own, LayerSet.fingerprint, LayerSet.created_at, UnitSet.content_id, UnitSet.created_at)
        .join(LayerSet, LayerSet.id == Plan.layer_set_id)
        .join(UnitSet, UnitSet.id == Plan.unit_set_id)
    )


def page_of_plans(
    session: Session,
    *,
    places: Collection[int] | None = None,
    jurisdiction_id: int | None = None,
    states: Collection[str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Plan]:
    """Return plans of the jurisdictions that may be seen (None: all), the newest first, older than that of a key."""
    wanted = select(Plan).options(*SHORT)
    wanted = wanted.order_by(Plan.id.desc()).limit(limit)
    if places is not None:
        wanted = wanted.where(Plan.jurisdiction_id.in_(places))
    if jurisdiction_id is not None:
        wanted = wanted.where(Plan.jurisdiction_id == jurisdiction_id)
    if states is not None:
        wanted = wanted.where(Plan.state.in_(states))
    if before is not None:
        wanted = wanted.where(Plan.id < before)
    return list(session.scalars(wanted))


def grids_of(session: Session, key: int, *, level: str = "grid", shapes: bool = False) -> list[Grid]:
    """Return the grids of a plan in their order; ``shapes``: with their GeoJSON read at once."""
    wanted = select(Grid).where(Grid.plan_id == key, Grid.level == level).order_by(Grid.number)
    return list(session.scalars(wanted.options(undefer(Grid.geojson)) if shapes else wanted))


def for_change(session: Session, key: int, version: int) -> Plan:
    """Return a plan to be changed, held against other writers.

    Raises
    ------
    Conflict
        It is no longer of the version that the change was made from.
    """
    row = session.get(Plan, key, options=SHORT, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(Said("there is no plan {key}", key=key))
    refuse_stale(row, version)
    return row


def refuse_stale(row: Plan, version: int) -> None:
    """Raise Conflict, with who and when, where a plan is no longer of the version that a change was made from."""
    if row.version != version:
        raise Conflict(
            Said(
                "{changed_by} changed “{name}” on {changed_at:%Y-%m-%d at %H:%M} UTC, after you had loaded "
                "it (yours is version {version}, it is at {now}); load it again and repeat your "
                "change, or save yours as a new plan",
                changed_by=row.changed_by or Said("someone else"),
                name=row.name,
                changed_at=row.changed_at,
                version=version,
                now=row.version,
            )
        )


def check_draft(row: Plan, version: int) -> None:
    """Raise Conflict unless a plan is a draft, and of the version that a change was made from."""
    refuse_stale(row, version)
    if row.state != "draft":
        raise Conflict(
            Said(
                "“{name}” is {state}, and only drafts can be changed; {remedy}",
                name=row.name,
                state=STATE_WORDS[row.state],
                remedy=_remedy(row),
            )
        )


def check_drawn(row: Plan) -> None:
    """Raise Conflict where a draft was edited and its grids have not been drawn since."""
    if not row.is_drawn:
        raise Conflict(
            Said("“{name}” was edited and its grids are not drawn yet; leave the editor, or settle it", name=row.name)
        )


def touch(row: Plan, who: str) -> None:
    """Note who changed a plan, and when."""
    row.changed_by, row.changed_at = who, now()


def summary(row: Plan) -> dict[str, object]:
    """Return what the log tells of a plan."""
    days = {name: value and value.isoformat() for name, value in (("from", row.valid_from), ("to", row.valid_to))}
    return {
        "name": row.name,
        "state": row.state,
        "version": row.version,
        "grids": row.grids,
        "households": row.households,
        "population": row.population,
        "based_on_id": row.based_on_id,
        **{f"valid_{name}": value for name, value in days.items()},
    }


def _fill(session: Session, row: Plan, plan: engine.Plan, who: str) -> None:
    """Write what the engine's plan says into the row."""
    from gridgis_web.planning.pack import pack_ints, pack_plan

    # all is kept before the row is touched, so that it is written once
    unit_set_id = _save_units(session, row.layer_set_id, plan, who)
    assignment_id = artifacts.put(session, pack_ints(plan.assignment.grid), artifacts.OCTETS, who=who)
    content_id = artifacts.put(session, pack_plan(plan), artifacts.ZIP, who=who)
    row.unit_set_id, row.assignment_id, row.content_id = unit_set_id, assignment_id, content_id
    row.options = plan.options.to_dict()
    row.seed = plan.options.seed
    row.fingerprint = plan.layers.fingerprint
    row.certificate = plan.certificate.to_dict()
    row.grids = plan.assignment.grids
    row.households = int(plan.grids["households"].sum())
    row.population = int(plan.grids["population"].sum())
    touch(row, who)


def _save_units(session: Session, layer_set_id: int, plan: engine.Plan, who: str) -> int:
    """Keep the units of a plan, once however many plans go by them."""
    from gridgis_web.planning.pack import pack_ints, pack_units

    content_id = artifacts.put(session, pack_units(plan), artifacts.ZIP, who=who)
    same = UnitSet.layer_set_id == layer_set_id, UnitSet.content_id == content_id
    found = session.scalar(select(UnitSet.id).where(*same))
    if found is not None:
        return found
    frame = plan.units.frame
    ints = pack_ints(plan.units.buildings.to_numpy())
    made = UnitSet(
        layer_set_id=layer_set_id,
        units=len(frame),
        content_id=content_id,
        building_unit_id=artifacts.put(session, ints, artifacts.OCTETS, who=who),
        created_by=who,
    )
    session.add(made)
    session.flush()
    columns = {name: frame[name].tolist() for name in ("households", "population", "buildings")}
    columns |= {"unit_set_id": [made.id] * len(frame), "number": frame.index.tolist()}
    insert_rows(session, Unit, columns, frame.geometry)
    return made.id


def _insert_grids(session: Session, key: int, plan: engine.Plan) -> None:
    from gridgis_web.planning.areas import areas_of

    areas = areas_of(plan)
    columns = {"plan_id": [key] * len(areas)} | {name: areas[name].tolist() for name in COLUMNS}
    insert_rows(session, Grid, columns, areas.geometry)


def _refuse_retired(session: Session, jurisdiction_id: int, plan: engine.Plan) -> None:
    taken = reused(session, jurisdiction_id, plan.codes.code)
    if taken:
        raise Conflict(
            Said(
                "the codes {taken} were retired with earlier plans and are never given again; let the plan "
                "take over the codes of the published one",
                taken=some(taken),
            )
        )


def _remedy(row: Plan) -> Words:
    if row.state == "in review":
        return Said("take it back to draft first")
    return Said("make a new plan of it")
