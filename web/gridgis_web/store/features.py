"""What lies in a window, in pages: grids as kept GeoJSON, units and buildings by their shapes. Counts only."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from gridgis_web.store.codes import LIVED
from gridgis_web.store.geometry import Bounds, Window
from gridgis_web.store.models import Building, Grid, Jurisdiction, Plan, Unit

GRID = (
    "level",
    "number",
    "code",
    "parent_code",
    "name",
    "name_en",
    "households",
    "population",
    "buildings",
    "area_m2",
    "bounds",
    "colour",
    "label_lon",
    "label_lat",
)
UNIT = ("number", "households", "population", "buildings")
BUILDING = ("number", "use", "levels", "households", "population", "measured")
"""What maps are told of each; never a name."""

NEAR_M = 30
"""So close to a border the other grid is told, too."""

METRES = 111_320.0
"""Of a degree of latitude, about."""

Page = tuple[list[int], bool]
"""Keys of the rows of a page, and whether there are more."""


class GridIndex:
    """The areas of one level of a plan in their order: windows and pages of them without asking the store.

    Attributes
    ----------
    keys, numbers, boxes
        Of each area; boxes are west, south, east, north.
    seen_as
        The code of the grid that an area is or lies in; who may see some grids alone sees an area by it. None: areas
        of this level are seen by those alone who see all.
    """

    def __init__(self, rows: Sequence[Row[Any]], level: str) -> None:
        self.keys: list[int] = [row.id for row in rows]
        self.numbers = np.array([row.number for row in rows], int)
        self.boxes = shapely.bounds(np.array([row.geom for row in rows], object)).reshape(-1, 4)
        own = {"grid": "code", "micro": "parent_code"}.get(level)
        self.seen_as = None if own is None else np.array([getattr(row, own) for row in rows], str)

    def find(
        self, *, bounds: Bounds | None = None, codes: Collection[str] | None = None, after: int = -1, limit: int = 1000
    ) -> tuple[list[int], int | None]:
        """Return the keys of those whose boxes meet a window, and the number of the last one where there are more.

        Parameters
        ----------
        codes
            The grids that may be seen, with what lies in them; None: all.
        after
            Number of the last one of the page before.
        """
        wanted = self.numbers > after
        if bounds is not None:
            west, south, east, north = bounds
            x0, y0, x1, y1 = self.boxes.T
            wanted &= (x0 <= east) & (x1 >= west) & (y0 <= north) & (y1 >= south)
        if codes is not None:
            wanted &= False if self.seen_as is None else np.isin(self.seen_as, list(codes))
        found = np.flatnonzero(wanted)
        page = found[:limit].tolist()
        return [self.keys[at] for at in page], int(self.numbers[page[-1]]) if len(found) > limit else None


def grid_index(session: Session, plan_id: int, level: str) -> GridIndex:
    """Read the index of a plan's areas of one level."""
    wanted = select(Grid.id, Grid.number, Grid.code, Grid.parent_code, Grid.geom)
    wanted = wanted.where(Grid.plan_id == plan_id, Grid.level == level).order_by(Grid.number)
    return GridIndex(session.execute(wanted).all(), level)


def grid_features(session: Session, keys: Collection[int]) -> dict[int, bytes]:
    """Return grids as GeoJSON features, by key; their geometry as it was written when they were saved."""
    columns = [getattr(Grid, name) for name in GRID]
    rows = session.execute(select(Grid.id, Grid.geojson, *columns).where(Grid.id.in_(keys)))
    return {row.id: _feature(row.code, row.geojson, _told(row, GRID)) for row in rows}


def find_numbered(
    session: Session,
    model: type[Building] | type[Unit],
    of: int,
    *,
    bounds: Bounds | None = None,
    after: int = -1,
    limit: int = 1000,
) -> tuple[list[bytes], int | None]:
    """Return buildings of a layer set or units of a unit set as GeoJSON features, in order of their numbers.

    Returns
    -------
    features, last
        ``last``: number of the last one, where there are more.
    """
    owner = model.layer_set_id if model is Building else model.unit_set_id  # type: ignore[union-attr]
    names = BUILDING if model is Building else UNIT
    # the index of numbers would be walked from end to end for a window, so the window comes first
    inside = select(model.id).where(owner == of, model.number > after)
    if bounds is not None:
        inside = inside.where(meets(model.geom, bounds))
    keys, more = _page(session, inside.order_by(model.number), limit)
    rows = session.execute(
        select(model.geom, *(getattr(model, name) for name in names)).where(model.id.in_(keys)).order_by(model.number)
    ).all()
    shapes = shapely.transform(np.array([row.geom for row in rows], object), lambda xy: np.round(xy, 7))
    texts = shapely.to_geojson(shapes) if len(shapes) else []
    found = [_feature(row.number, text, _told(row, names)) for row, text in zip(rows, texts, strict=True)]
    return found, rows[-1].number if more else None


@dataclass(frozen=True, kw_only=True)
class Found:
    """A grid at or near a point.

    Attributes
    ----------
    distance_m
        From the point to the grid; 0 inside.
    border_m
        From the point to the grid's border.
    """

    jurisdiction_id: int
    plan_id: int
    code: str
    name: str
    name_en: str
    inside: bool
    distance_m: float
    border_m: float


def locate(
    session: Session,
    lon: float,
    lat: float,
    day: date,
    *,
    places: Collection[int] | None = None,
    near_m: float = NEAR_M,
) -> list[Found]:
    """Return the grids that hold a point on a day, the nearest first; with those whose borders are near.

    Parameters
    ----------
    places
        The jurisdictions that may be seen; None: all.
    near_m
        How near.
    """
    across = METRES * max(np.cos(np.radians(lat)), 1e-6)
    dx, dy = near_m / across, near_m / METRES
    wanted = (
        select(Grid.code, Grid.name, Grid.name_en, Grid.geom, Plan.id, Plan.jurisdiction_id)
        .join(Plan, Plan.id == Grid.plan_id)
        .where(Plan.state.in_(LIVED), Plan.valid_from <= day, (Plan.valid_to > day) | Plan.valid_to.is_(None))
        .where(Grid.level == "grid", meets(Grid.geom, (lon - dx, lat - dy, lon + dx, lat + dy)))
    )
    if places is not None:
        wanted = wanted.where(Plan.jurisdiction_id.in_(places))
    point = shapely.Point(0, 0)
    found = []
    for row in session.execute(wanted):
        # metres around the point: over such distances the ground is flat
        shape = shapely.transform(row.geom, lambda xy: (xy - (lon, lat)) * (across, METRES))
        # whether it is inside does not go by these metres, which are rounded
        inside = bool(shapely.intersects_xy(row.geom, lon, lat))
        distance, border = 0.0 if inside else float(shape.distance(point)), float(shape.boundary.distance(point))
        if distance <= near_m:
            found.append(
                Found(
                    jurisdiction_id=row.jurisdiction_id,
                    plan_id=row.id,
                    code=row.code,
                    name=row.name,
                    name_en=row.name_en,
                    inside=inside,
                    distance_m=round(distance, 1),
                    border_m=round(border, 1),
                )
            )
    return sorted(found, key=lambda one: (not one.inside, one.distance_m, -one.border_m, one.jurisdiction_id, one.code))


def boundary(session: Session, jurisdiction_id: int) -> BaseGeometry | None:
    """Return the area of a jurisdiction; None: it has none yet."""
    return session.scalar(select(Jurisdiction.geom).where(Jurisdiction.id == jurisdiction_id))


def shapes_of(session: Session, model: type[Any], of: Sequence[ColumnElement[bool]], names: Sequence[str]) -> Any:
    """Return the well-known binary of all rows, and their values by name: what tiles are made of."""
    rows = session.execute(select(model.geom, *(getattr(model, name) for name in names)).where(*of)).all()
    shapes = np.array([row[0] for row in rows], object)
    return shapely.to_wkb(shapes), {name: [row[1 + at] for row in rows] for at, name in enumerate(names)}


def meets(column: Any, bounds: Bounds) -> ColumnElement[Any]:
    """Return the condition that the box of a shape meets a window."""
    return Window(column.property.columns[0], bounds)


def _page(session: Session, wanted: Select[int], limit: int) -> Page:
    keys: list[int] = list(session.scalars(wanted.limit(limit + 1)))
    return keys[:limit], len(keys) > limit


def _told(row: Row[Any], names: Sequence[str]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


def _feature(key: int | str, geometry: str, properties: dict[str, object]) -> bytes:
    told = json.dumps(properties, ensure_ascii=False, separators=(",", ":"))
    return f'{{"type":"Feature","id":{json.dumps(key)},"geometry":{geometry},"properties":{told}}}'.encode()
