"""Points -> grids: which grid is one in, which are near. Grids can be put in and taken out at any time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rtree import index
from shapely import MultiPolygon, Polygon

from gridgis.errors import InputError
from gridgis.languages import Said

Area: TypeAlias = Polygon | MultiPolygon
Id = TypeVar("Id", str, int)


@dataclass(frozen=True, slots=True)
class Near(Generic[Id]):
    """A grid near a point; 0 m if the point is in it."""

    grid: Id
    distance_m: float


class Locator(Generic[Id]):
    """An R-tree over grids by id: their codes, or their ``grid_id``.

    Where grids share a boundary, a point on it belongs to the one with the lower id; the
    others are told, too. All coordinates are in the grids' CRS.

    Examples
    --------
    >>> from shapely import box
    >>> locator = Locator([("001", box(0, 0, 1, 1)), ("002", box(1, 0, 2, 1))])
    >>> locator.locate(0.5, 0.5), locator.locate(1, 0.5), locator.locate(3, 0)
    (('001',), ('001', '002'), ())
    >>> locator.delete("001")
    >>> locator.locate(1, 0.5)
    ('002',)
    """

    def __init__(self, grids: Iterable[tuple[Id, Area]] = ()) -> None:
        self._areas: dict[Id, Area] = {}
        self._slots: dict[Id, int] = {}
        self._grids: dict[int, Id] = {}
        self._next = 0
        rows = [(self._enter(grid, area), area.bounds, None) for grid, area in grids]
        # given as a stream, the tree is packed at once; an empty stream is refused
        self._tree = index.Index(rows) if rows else index.Index()

    @classmethod
    def from_frame(cls, grids: gpd.GeoDataFrame | gpd.GeoSeries, column: str | None = None) -> Self:
        """Index the grids of a frame by a column, e.g. ``"code"``, or by the frame's index."""
        ids = grids.index if column is None else grids[column]
        return cls(zip(ids.tolist(), grids.geometry, strict=True))

    def __len__(self) -> int:
        return len(self._areas)

    def __contains__(self, grid: object) -> bool:
        return grid in self._areas

    def insert(self, grid: Id, area: Area) -> None:
        """Put a grid in; raises InputError if its id is in already or its area is empty."""
        self._tree.insert(self._enter(grid, area), area.bounds)

    def delete(self, grid: Id) -> None:
        """Take a grid out; raises InputError if it is not in."""
        if grid not in self._areas:
            raise InputError(Said("there is no grid {grid} to take out of the index", grid=grid))
        slot = self._slots.pop(grid)
        del self._grids[slot]
        self._tree.delete(slot, self._areas.pop(grid).bounds)

    def locate(self, x: float, y: float) -> tuple[Id, ...]:
        """Return the grid a point is in, first; then those that share the boundary it lies on; none outside."""
        hits = self._meeting((x, y, x, y))
        return tuple(sorted(grid for grid in hits if shapely.intersects_xy(self._areas[grid], x, y)))

    def near(self, x: float, y: float, distance_m: float) -> tuple[Near[Id], ...]:
        """Return the grids within a distance, nearest first, so that neighbours can be asked, too."""
        point = shapely.Point(x, y)
        box = (x - distance_m, y - distance_m, x + distance_m, y + distance_m)
        found = [Near(grid, float(shapely.distance(self._areas[grid], point))) for grid in self._meeting(box)]
        within = [near for near in found if near.distance_m <= distance_m]
        return tuple(sorted(within, key=lambda near: (near.distance_m, near.grid)))

    def locate_many(self, x: npt.ArrayLike, y: npt.ArrayLike) -> pd.Series:
        """Locate many points at once.

        Parameters
        ----------
        x, y
            (n,) coordinates; NaN is nowhere.

        Returns
        -------
        (n,) Series of objects: the grid of each point, None outside
        """
        points = shapely.points(np.asarray(x, float), np.asarray(y, float))
        ids = sorted(self._areas)
        answer = np.full(len(points), None, object)
        areas = np.array([self._areas[grid] for grid in ids], object)
        grid, point = shapely.STRtree(points).query(areas, predicate="intersects")
        order = np.argsort(grid, kind="stable")[::-1]  # the lower id is written last
        names = np.empty(len(ids), object)
        names[:] = ids
        answer[point[order]] = names[grid[order]]
        return pd.Series(answer, name="grid", dtype=object)

    def _enter(self, grid: Id, area: Area) -> int:
        """Keep a grid under a number, as the tree wants it; return the number."""
        if grid in self._areas:
            raise InputError(Said("grid {grid} is in the index already; take it out first", grid=grid))
        if area.is_empty:
            raise InputError(Said("grid {grid} has no area", grid=grid))
        shapely.prepare(area)
        self._areas[grid] = area
        self._slots[grid] = self._next
        self._grids[self._next] = grid
        self._next += 1
        return self._slots[grid]

    def _meeting(self, box: tuple[float, float, float, float]) -> Iterator[Id]:
        return (self._grids[slot] for slot in self._tree.intersection(box))
