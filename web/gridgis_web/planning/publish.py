"""Drafts and publishing, from the store through the engine and back; what takes long is done before anything is kept.

Everything that is kept is kept in one transaction.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from gridgis.languages import Language
from gridgis.plan import Plan
from gridgis_web.planning.frames import zipped
from gridgis_web.planning.succession import named_after, walk_between
from gridgis_web.store import Conflict, Store, life
from gridgis_web.store.codes import retired_codes
from gridgis_web.store.plans import load_plan, plan_row, save_draft

Progress = Callable[[str, float], None]


def packed_files(plan: Plan, language: Language = "zh", *, progress: Progress | None = None) -> bytes:
    """Return all files of a plan, as ``gridgis partition`` writes them, in a zip."""
    from gridgis.export import write_plan

    with tempfile.TemporaryDirectory() as folder:
        written = write_plan(plan, Path(folder) / "plan", language=language, progress=progress)
        return zipped({file.name: file.read_bytes() for file in written})


def publish_plan(
    store: Store,
    key: int,
    version: int,
    *,
    day: date,
    who: str,
    today: date | None = None,
    review: bool = False,
    language: Language = "zh",
    progress: Progress | None = None,
) -> int:
    """Publish a plan from a day on, with its files and the walk from the plan before; return its new version.

    Raises as `store.life.publish`.
    """
    today = today or date.today()
    with store.read() as session:
        row = plan_row(session, key)
        last = life.latest(session, row.jurisdiction_id)
        life.check_publishing(session, row, version, day=day, today=today, review=review)
        before = None if last is None else load_plan(session, last.id)
        last_id = None if last is None else last.id
        plan = load_plan(session, key)
    files = packed_files(plan, language, progress=progress)
    walk = None if before is None else walk_between(before, plan)
    with store.write() as session:
        row = life.publish(
            session,
            key,
            version,
            day=day,
            today=today,
            who=who,
            files=files,
            review=review,
            walk=walk,
            walked_from=last_id,
            retired=plan.codes.retired,
        )
        return row.version


def take_over_codes(store: Store, key: int, version: int, *, who: str) -> int:
    """Let a draft take over the codes of the plan published last; return its new version.

    Needed where another plan was published since it was made.
    """
    with store.read() as session:
        row = plan_row(session, key)
        last = life.latest(session, row.jurisdiction_id)
        if last is None:
            raise Conflict(f"no plan is published yet, so “{row.name}” has no codes to take over")
        before, plan = load_plan(session, last.id), load_plan(session, key)
        last_id, retired = last.id, retired_codes(session, row.jurisdiction_id)
    plan = named_after(plan, before, retired)
    _ = plan.grids, plan.certificate
    with store.write() as session:
        return save_draft(
            session, key, version, plan, who=who, based_on_id=last_id, why="took over the codes of the published plan"
        ).version
