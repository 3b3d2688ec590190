"""What was recorded at a place, and in which grid of any plan it lies.

Nothing is written: a record keeps the grid of the plan that held on its day, for good.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Row, Select, false, inspect, or_, select
from sqlalchemy.orm import Session

from gridgis.locate import Locator
from gridgis_web.store.geometry import Bounds, Window, decoded, undecoded
from gridgis_web.store.models import Grid, Incident


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which records; None: whichever.

    Attributes
    ----------
    places
        The jurisdictions they belong to.
    grids
        Only those recorded in one of these, as (jurisdiction, code).
    bounds
        west, south, east, north; what lies on its edge is in it.
    since, until
        The first moment, and the first one no longer wanted.
    unsettled
        Only those that are not closed.
    """

    places: Collection[int]
    grids: Collection[tuple[int, str]] | None = None
    bounds: Bounds | None = None
    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    unsettled: bool = False


@dataclass(frozen=True, kw_only=True)
class Rebased:
    """A record, where it was recorded, and where it lies in another plan.

    Attributes
    ----------
    recorded_plan_id, recorded_code
        The plan and grid of its day; None: it was outside every grid.
    code
        The grid of the other plan; None: outside every one.
    """

    id: int
    jurisdiction_id: int
    category: str
    state: str
    reported_at: datetime
    lon: float
    lat: float
    recorded_plan_id: int | None
    recorded_code: str | None
    code: str | None


@dataclass(frozen=True, kw_only=True)
class GridCount:
    """How many records lie in a grid."""

    code: str
    name: str
    name_en: str
    records: int


def rebase(
    session: Session, plan_id: int, wanted: Wanted, *, after: int = 0, limit: int
) -> tuple[list[Rebased], int | None]:
    """Return a page of records by their keys, with their grids in a plan; and the last key where there are more.

    A point on a border belongs to the grid with the lower code, as everywhere (`gridgis.locate`).
    """
    names = ("id", "jurisdiction_id", "category", "state", "reported_at")
    columns = [getattr(Incident, name) for name in names]
    query = _of(select(*columns, Grid.plan_id, Grid.code, undecoded(Incident.geom)), wanted)
    rows = session.execute(query.where(Incident.id > after).order_by(Incident.id).limit(limit + 1)).all()
    last = int(rows[limit - 1].id) if len(rows) > limit else None
    points = decoded([row[-1] for row in rows[:limit]])
    inside = np.flatnonzero(_within(points, wanted.bounds)).tolist()
    codes = _locate(_areas(session, plan_id), points[inside])
    found = [
        Rebased(
            **{name: getattr(rows[at], name) for name in names},
            lon=points[at].x,
            lat=points[at].y,
            recorded_plan_id=rows[at].plan_id,
            recorded_code=rows[at].code,
            code=code,
        )
        for at, code in zip(inside, codes, strict=True)
    ]
    return found, last


def count_by_grid(session: Session, plan_id: int, wanted: Wanted) -> tuple[list[GridCount], int]:
    """Return how many records lie in each grid of a plan, by code, and how many outside all."""
    points = decoded(session.scalars(_of(select(undecoded(Incident.geom)), wanted)).all())
    points = points[_within(points, wanted.bounds)]
    areas = _areas(session, plan_id)
    counts = _locate(areas, points).value_counts()
    found = [
        GridCount(code=row.code, name=row.name, name_en=row.name_en, records=int(counts.get(row.code, 0)))
        for row in areas
    ]
    return found, len(points) - int(counts.sum())


def _of(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.select_from(Incident).outerjoin(Grid, Grid.id == Incident.grid_id)
    query = query.where(Incident.jurisdiction_id.in_(wanted.places))
    if wanted.grids is not None:
        query = query.where(_recorded_in(wanted.grids))
    if wanted.bounds is not None:
        query = query.where(Window(inspect(Incident).columns.geom, wanted.bounds))
    if wanted.since is not None:
        query = query.where(Incident.reported_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Incident.reported_at < wanted.until)
    if wanted.category is not None:
        query = query.where(Incident.category == wanted.category)
    return query.where(Incident.closed_at.is_(None)) if wanted.unsettled else query


def _recorded_in(grids: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    codes: dict[int, list[str]] = {}
    for place, code in grids:
        codes.setdefault(place, []).append(code)
    of_places = [(Incident.jurisdiction_id == place) & Grid.code.in_(several) for place, several in codes.items()]
    return or_(false(), *of_places)


def _areas(session: Session, plan_id: int) -> Sequence[Row[Any]]:
    wanted = select(Grid.code, Grid.name, Grid.name_en, Grid.geom).where(Grid.plan_id == plan_id, Grid.level == "grid")
    return session.execute(wanted.order_by(Grid.code)).all()


def _locate(areas: Sequence[Row[Any]], points: npt.NDArray[np.object_]) -> pd.Series:
    return Locator((row.code, row.geom) for row in areas).locate_many(shapely.get_x(points), shapely.get_y(points))


def _within(points: npt.NDArray[np.object_], bounds: Bounds | None) -> npt.NDArray[np.bool_]:
    """Tell which points are in a window: the index of a GeoPackage knows that to a few metres alone."""
    if bounds is None:
        return np.ones(len(points), bool)
    x, y = shapely.get_x(points), shapely.get_y(points)
    west, south, east, north = bounds
    return np.asarray((west <= x) & (x <= east) & (south <= y) & (y <= north))
