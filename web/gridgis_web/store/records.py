"""What was recorded at a place, and in which grid of any plan it lies.

Nothing is written: a record keeps the grid of the plan that held on its day, for good.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import ColumnElement, Row, Select, false, inspect, literal, or_, select
from sqlalchemy.orm import Session

from gridgis.locate import Locator
from gridgis_web.store.geometry import Bounds, Window, decoded, undecoded
from gridgis_web.store.models import FieldEntry, Grid, Incident


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where records of a kind are kept."""

    model: type[Incident | FieldEntry]
    category: Any
    state: Any
    at: Any


SOURCES: Mapping[str, Source] = {
    "incidents": Source(model=Incident, category=Incident.category, state=Incident.state, at=Incident.reported_at),
    "fieldwork": Source(model=FieldEntry, category=FieldEntry.kind, state=literal(""), at=FieldEntry.done_at),
}
"""Kind -> its source: incidents, and what officers do in the field, of which that counts which has a place."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which records; None: whichever.

    Attributes
    ----------
    kind
        Of `SOURCES`.
    places
        The jurisdictions they belong to.
    grids
        Only those recorded in one of these, as (jurisdiction, code).
    bounds
        west, south, east, north; what lies on its edge is in it.
    since, until
        The first moment, and the first one no longer wanted.
    unsettled
        Only incidents that are not closed.
    """

    kind: str = "incidents"
    places: Collection[int]
    grids: Collection[tuple[int, str]] | None = None
    bounds: Bounds | None = None
    since: datetime | None = None
    until: datetime | None = None
    category: str | None = None
    unsettled: bool = False


class Rebased(NamedTuple):
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
    at: datetime
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

    By the plan of its day a record is in the grid it was recorded in, which somebody may have chosen near a border. By
    any other plan a point on a border belongs to the grid with the lower code, as everywhere (`gridgis.locate`).
    """
    source = SOURCES[wanted.kind]
    key, place = source.model.id, source.model.jurisdiction_id
    told = (
        key.label("id"), place.label("jurisdiction_id"), source.category.label("category"),
        source.state.label("state"), source.at.label("at"),
    )  # fmt: skip
    query = _of(select(*told, *_recorded(wanted)), wanted).where(key > after).order_by(key)
    rows = session.execute(query.limit(limit + 1)).all()
    last = int(rows[limit - 1].id) if len(rows) > limit else None
    points, codes, inside = _placed(_areas(session, plan_id), plan_id, rows[:limit], wanted)
    x, y = shapely.get_x(points).tolist(), shapely.get_y(points).tolist()
    found = [
        Rebased(
            id=row.id,
            jurisdiction_id=row.jurisdiction_id,
            category=row.category,
            state=row.state,
            at=row.at,
            lon=lon,
            lat=lat,
            recorded_plan_id=row.plan_id,
            recorded_code=row.code,
            code=code,
        )
        for row, lon, lat, code, there in zip(rows, x, y, codes, inside.tolist(), strict=False)
        if there
    ]
    return found, last


def count_by_grid(session: Session, plan_id: int, wanted: Wanted) -> tuple[list[GridCount], int]:
    """Return how many records lie in each grid of a plan, by code, and how many outside all."""
    areas = _areas(session, plan_id)
    rows = session.execute(_of(select(*_recorded(wanted)), wanted)).all()
    _, codes, inside = _placed(areas, plan_id, rows, wanted)
    counts = codes[inside].value_counts()
    found = [
        GridCount(code=row.code, name=row.name, name_en=row.name_en, records=int(counts.get(row.code, 0)))
        for row in areas
    ]
    return found, int(inside.sum()) - int(counts.sum())


def _recorded(wanted: Wanted) -> tuple[Any, ...]:
    """Return what is asked of every record: the plan and grid of its day, and its place."""
    place = (undecoded(Incident.geom),) if wanted.kind == "incidents" else (FieldEntry.lon, FieldEntry.lat)
    return (Grid.plan_id, Grid.code, *place)


def _placed(
    areas: Sequence[Row[Any]], plan_id: int, rows: Sequence[Row[Any]], wanted: Wanted
) -> tuple[npt.NDArray[np.object_], pd.Series, npt.NDArray[np.bool_]]:
    """Return where records are, their grids in a plan, and which are in the window asked for."""
    # column by column: rows of a hundred thousand records are slow to look into one by one
    columns = list(zip(*rows, strict=True)) or [()] * 4
    if wanted.kind == "incidents":
        plans, recorded, points = columns[-3], columns[-2], decoded(columns[-1])
    else:
        plans, recorded, points = columns[-4], columns[-3], shapely.points(*np.array(columns[-2:], float))
    codes = _locate(areas, points)
    own = np.array(plans, object) == plan_id
    codes[own] = np.array(recorded, object)[own]
    return points, codes, _within(points, wanted.bounds)


def _of(query: Select[Any], wanted: Wanted) -> Select[Any]:
    source = SOURCES[wanted.kind]
    query = query.select_from(source.model).outerjoin(Grid, Grid.id == source.model.grid_id)
    query = query.where(source.model.jurisdiction_id.in_(wanted.places))
    if wanted.kind == "fieldwork":
        query = query.where(FieldEntry.lon.is_not(None), FieldEntry.lat.is_not(None))
    elif wanted.bounds is not None:
        query = query.where(Window(inspect(Incident).columns.geom, wanted.bounds))
    if wanted.grids is not None:
        query = query.where(_recorded_in(source, wanted.grids))
    if wanted.since is not None:
        query = query.where(source.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(source.at < wanted.until)
    if wanted.category is not None:
        query = query.where(source.category == wanted.category)
    return query.where(Incident.closed_at.is_(None)) if wanted.unsettled else query


def _recorded_in(source: Source, grids: Collection[tuple[int, str]]) -> ColumnElement[bool]:
    codes: dict[int, list[str]] = {}
    for place, code in grids:
        codes.setdefault(place, []).append(code)
    of_places = [(source.model.jurisdiction_id == place) & Grid.code.in_(several) for place, several in codes.items()]
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
