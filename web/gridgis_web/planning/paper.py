"""Boards, cards and atlases as an export: who is printed comes from the store, and only what is public of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.jobs.kind import Parcel, Report
from gridgis_web.planning.parcels import unpacked
from gridgis_web.store import artifacts
from gridgis_web.store.models import Grid, Job, Jurisdiction
from gridgis_web.store.models import Plan as PlanRow
from gridgis_web.store.plans import plan_row
from gridgis_web.store.public_people import public_people

SIZES = ("A4", "A3")
GIVEN = ("size", "since_plan_id", "duties")
"""What only paper is asked for with."""


class Office(NamedTuple):
    """What an office has printed on all of its paper."""

    residents_address: str
    supervision_phone: str
    timezone: str


def gather_paper(session: Session, job: Job, row: PlanRow, office: Office) -> Parcel:
    """Return what is printed beside the plan; people are those of today, or of the first day of a plan to come.

    Given are ``size`` (of boards), ``since_plan_id`` (only grids changed since that plan) and ``duties`` (lines).
    """
    day = job.created_at.astimezone(ZoneInfo(office.timezone)).date()
    since = job.given.get("since_plan_id")
    place = session.get_one(Jurisdiction, row.jurisdiction_id)
    return {
        "day": day,
        "size": job.given.get("size", SIZES[0]),
        "place": place.name,
        "duties": tuple(job.given.get("duties") or ()),
        "address": office.residents_address,
        "supervision_phone": office.supervision_phone,
        "since": None if since is None else _outlines(session, row, since),
        "people": _people(session, row.jurisdiction_id, max(day, row.valid_from or day)),
    }


def _outlines(session: Session, row: PlanRow, since: int) -> list[tuple[str, Any]]:
    """Return code and geometry of the grids of an earlier plan of the same jurisdiction."""
    if plan_row(session, since).jurisdiction_id != row.jurisdiction_id:
        raise NotFound(Said("the jurisdiction has no plan {key}", key=since))
    found = session.execute(select(Grid.code, Grid.geom).where(Grid.plan_id == since, Grid.level == "grid"))
    return [(one.code, one.geom) for one in found]


def _people(session: Session, jurisdiction_id: int, day: Any) -> dict[str, list[Any]]:
    from gridgis.paper.contacts import Contact
    from gridgis.paper.portraits import portrait

    people: dict[str, list[Any]] = {}
    for one in public_people(session, jurisdiction_id, day):
        photo = None if one.photo_id is None else portrait(artifacts.get(session, one.photo_id), one.name)
        people.setdefault(one.grid_code, []).append(Contact(one.name, one.duty, one.phone, photo))
    return people


def print_paper(gathered: Parcel, report: Report) -> Parcel:
    """Print it: one PDF, or a zip of several where there are many pages."""
    import geopandas as gpd

    from gridgis.paper import Imprint, changed_since, write_prints
    from gridgis.paper.contacts import in_order
    from gridgis_web.planning.frames import zipped

    plan, given = unpacked(gathered["plan"]), gathered["paper"]
    grids = None
    if given["since"] is not None:
        codes, shapes = [code for code, _ in given["since"]], [shape for _, shape in given["since"]]
        grids = changed_since(plan.grids, gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs=4326))
    imprint = Imprint(
        language=gathered["language"],
        place=given["place"],
        address=given["address"],
        supervision_phone=given["supervision_phone"],
        duties=given["duties"],
        day=given["day"],
    )
    with tempfile.TemporaryDirectory() as folder:
        files = write_prints(
            plan,
            Path(folder) / "paper",
            kinds=[gathered["format"]],
            size=given["size"],
            people={code: in_order(found) for code, found in given["people"].items()},
            imprint=imprint,
            grids=grids,
            progress=report.progress,
        )
        if len(files) == 1:
            return {"content": files[0].read_bytes(), "file": files[0].name, "media_type": "application/pdf"}
        content = zipped({file.name: file.read_bytes() for file in files})
    return {"content": content, "file": f"{gathered['format']}.zip", "media_type": "application/zip"}
