"""What went from which grid to which when a plan took another one's place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis_web.store import artifacts
from gridgis_web.store.models import Crosswalk

if TYPE_CHECKING:
    from gridgis_web.planning.succession import Walk


def save_walk(session: Session, old_plan_id: int, new_plan_id: int, walk: Walk, *, who: str) -> None:
    """Keep a walk between two plans, with the lists of buildings whose grid has another code."""
    for values in walk.rows.to_dict("records"):
        row = {str(name): value for name, value in values.items()}
        ids = walk.lists.get((row["old_code"], row["new_code"]))
        content = None if ids is None else json.dumps(ids, ensure_ascii=False).encode()
        session.add(
            Crosswalk(
                old_plan_id=old_plan_id,
                new_plan_id=new_plan_id,
                building_list_id=None if content is None else artifacts.put(session, content, artifacts.JSON, who=who),
                **row,
            )
        )
    session.flush()


def crosswalk(session: Session, new_plan_id: int) -> list[Crosswalk]:
    """Return what a plan took over from the one before it, by old code and new code."""
    wanted = select(Crosswalk).where(Crosswalk.new_plan_id == new_plan_id)
    return list(session.scalars(wanted.order_by(Crosswalk.old_code, Crosswalk.new_code)))


def buildings_of(session: Session, row: Crosswalk) -> list[str]:
    """Return the source's ids of a row's buildings; only where its two codes differ."""
    if row.building_list_id is None:
        return []
    ids: list[str] = json.loads(artifacts.get(session, row.building_list_id))
    return ids
