"""What publishing a plan would do, and what stands against it, told before anyone asks for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gridgis_web.store import life
from gridgis_web.store.codes import grid_codes, reused
from gridgis_web.store.models import Plan


def holds_of(plan: Plan) -> dict[str, Any]:
    """Return what holds of a whole plan: bands kept and explained, buildings cut, gaps and overlaps."""
    found = plan.certificate
    return {
        "grids": len(found["grids"]),
        "kept": sum(grid["in_bands"] for grid in found["grids"]),
        "explained": sum(grid["explained"] for grid in found["grids"]),
        "cut": found["buildings"]["cut"]["count"],
        "gap_m2": found["cover"]["gap_m2"],
        "overlap_m2": found["cover"]["overlap_m2"],
    }


def prospect_of(session: Session, plan: Plan, *, today: date, review: bool, who: str) -> dict[str, Any]:
    """Return plain JSON values.

    ``holds`` and ``broken`` are of the plan as it is drawn (``drawn``: that is how it stands); ``codes`` against the
    plan published last, ``before``; ``first_day``: the earliest on which it could hold; ``review``: a second person
    must approve it, which the caller cannot where it is their ``own_work``; ``follows``: it goes by the codes of the
    plan before; ``taken``: codes of it that were retired.
    """
    last = life.latest(session, plan.jurisdiction_id)
    if last is not None and last.id == plan.id:
        last = None
    now = grid_codes(session, plan.id)
    was = [] if last is None else grid_codes(session, last.id)
    first_day = today
    if last is not None and last.valid_from is not None:
        first_day = max(today, last.valid_from + timedelta(days=1))
    return {
        "state": plan.state,
        "version": plan.version,
        "drawn": plan.is_drawn,
        "holds": holds_of(plan),
        "broken": [
            {name: grid[name] for name in ("code", "households", "population", "explained")}
            for grid in plan.certificate["grids"]
            if not grid["in_bands"]
        ],
        "before": None if last is None else {"id": last.id, "name": last.name, "valid_from": _iso(last.valid_from)},
        "codes": {
            "kept": sorted(set(was) & set(now)),
            "new": sorted(set(now) - set(was)),
            "retired": sorted(set(was) - set(now)),
        },
        "today": _iso(today),
        "first_day": _iso(first_day),
        "review": review,
        "reviewed_by": plan.reviewed_by,
        "own_work": who in life.makers(session, plan),
        "follows": plan.based_on_id == (last.id if last else None),
        "taken": sorted(reused(session, plan.jurisdiction_id, now)),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
