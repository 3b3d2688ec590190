"""The demo in a store: Monaco, its layers and grids from OpenStreetMap, and officers who are plainly made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.orm import Session

from gridgis.cli.demo import HOUSEHOLD_SIZE
from gridgis.duties import choose_stand_ins, find_beside
from gridgis_web.store import Store
from gridgis_web.store.layers import save_layers
from gridgis_web.store.life import publish
from gridgis_web.store.officers import add_officer, add_posting
from gridgis_web.store.places import add_jurisdiction, by_code
from gridgis_web.store.plans import save_plan

if TYPE_CHECKING:
    from gridgis.languages import Language
    from gridgis.plan import Plan

CODE = "MC"
WHO = "service"
NAMES = {"officer": "样例网格员 {n} / Sample officer {n}", "leader": "样例网格长 {n} / Sample leader {n}"}
PHONE = "000-0000-{n:04d}"
"""No number begins like this."""
PUBLIC_PHONE = "000-0000-0000"
LED = 10
"""Grids of one leader."""

Progress = Callable[[str, float], None]


def demo_files() -> list[Path]:
    """Return all files of the demo's layers."""
    from gridgis.inputs.demo import demo_layers

    folder = demo_layers()["boundary"].parent
    return sorted(file for file in folder.iterdir() if file.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"))


def known_of_demo() -> dict[str, float]:
    """Return what is known of the demo's people beside its layers, as options of a plan."""
    from gridgis.inputs.demo import DEMO_POPULATION

    return {"total_population": DEMO_POPULATION, "household_size": HOUSEHOLD_SIZE}


def load_demo(
    store: Store, *, today: date | None = None, language: Language = "zh", progress: Progress | None = None
) -> int:
    """Put the demo into a store, published since the year's first day, and return its jurisdiction's key.

    A store that has it already is left as it is. All of it is kept, or nothing.
    """
    with store.read() as session:
        there = by_code(session, CODE)
        if there is not None:
            return there.id
    if progress is not None:
        progress("demo", 0.0)
    # what follows takes seconds to import
    import gridgis
    from gridgis.inputs.demo import DEMO_POPULATION, demo_layers
    from gridgis_web.planning.publish import packed_files

    today = today or date.today()
    options = gridgis.PlanOptions.from_profile(
        "urban", total_population=DEMO_POPULATION, household_size=HOUSEHOLD_SIZE, parent_code=CODE
    )
    layers = gridgis.read_layers(**demo_layers(), progress=progress)
    plan = gridgis.make_plan(layers, options, progress=progress)
    files = packed_files(plan, language, progress=progress)
    starts = today.replace(month=1, day=1)
    with store.write() as session:
        crs = layers.crs.to_string()
        place = add_jurisdiction(session, level="community", code=CODE, name=layers.name, crs=crs, who=WHO)
        kept = save_layers(session, place.id, layers, plan.counts, who=WHO)
        row = save_plan(session, kept.id, plan, name="样例方案 / Sample plan", who=WHO)
        publish(session, row.id, row.version, day=starts, today=today, who=WHO, files=files)
        _post_officers(session, place.id, plan, starts)
        return place.id


def _post_officers(session: Session, jurisdiction_id: int, plan: Plan, starts: date) -> None:
    """Give every grid an officer, one who stands in, and a leader."""
    codes = plan.codes.code
    numbers = {"officer": range(1, len(codes) + 1), "leader": range(1, -(-len(codes) // LED) + 1)}
    made = {
        duty: [
            add_officer(
                session,
                jurisdiction_id,
                NAMES[duty].format(n=n),
                who=WHO,
                phone=PHONE.format(n=n + (9000 if duty == "leader" else 0)),
                public_phone=PUBLIC_PHONE,
            )
            for n in several
        ]
        for duty, several in numbers.items()
    }
    beside = stand_ins(plan)
    for grid, code in enumerate(codes):
        add_posting(session, made["officer"][grid], code, starts, who=WHO)
        add_posting(session, made["leader"][grid // LED], code, starts, who=WHO, duty="leader")
        if grid in beside:
            add_posting(session, made["officer"][beside[grid]], code, starts, who=WHO, post="B")


def stand_ins(plan: Plan) -> dict[int, int]:
    """Return for each grid the one whose officer stands in for its own; each has an officer of the same number."""
    grids = plan.grids
    numbers = np.arange(len(grids))
    chosen = choose_stand_ins(
        find_beside(grids.geometry.to_numpy()),
        grids[["label_x", "label_y"]].to_numpy(float),
        grids["households"].to_numpy(float),
        np.column_stack([numbers, numbers]),
    )
    return {choice.grid: choice.officer for choice in chosen.choices}
