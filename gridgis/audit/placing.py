"""Where each building lies: whole in one grid, cut, in several, or in none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

Polygons = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PART_M2 = 0.01
"""A smaller part of a building is rounding, not a cut: a tenth of a millimetre along a wall of 100 m."""
PART_SHARE = 1e-6
"""The same for very large buildings."""
SMALL_SHARE = 0.01
"""A part of a building below 1 m² counts from this share of it on."""


@dataclass(frozen=True, kw_only=True)
class Placing:
    """The buildings against the grids; every building is clipped to the jurisdiction first.

    Attributes
    ----------
    inside
        (b,) the building's middle, or at least half of it, is in the jurisdiction: it counts.
    owner
        (b,) position of the grid with the largest share; -1: none.
    cut
        (b,) part of it lies in one grid, part in another or in a gap.
    several
        (b,) whole in a grid, and at least in part in another: the grids overlap there.
    nowhere
        (b,) counts, but no grid has it.
    largest_part_m2, largest_part_share
        The largest part of any building, not cut by this measure, that lies in another than
        its grid: how exact the grids are.
    largest_cut_m2
        The largest part that is cut off a building: a small one tells of rounded coordinates.
    """

    inside: Bools
    owner: Ints
    cut: Bools
    several: Bools
    nowhere: Bools
    largest_part_m2: float
    largest_part_share: float
    largest_cut_m2: float


def place_buildings(grids: Polygons, boundary: Polygon | MultiPolygon, buildings: Polygons) -> Placing:
    """Find each building's grid by the largest share of its area.

    Parameters
    ----------
    grids, buildings
        (k,) and (b,) valid Polygon or MultiPolygon.
    """
    n = len(buildings)
    grid, building, share = _shares(grids, buildings)
    area = _clipped_area(boundary, buildings)
    tolerance = np.maximum(np.minimum(PART_M2, SMALL_SHARE * area), PART_SHARE * area)
    order = np.lexsort((grid, -share, building))
    first = np.r_[True, building[order][1:] != building[order][:-1]] if len(order) else np.zeros(0, bool)
    owner, largest, elsewhere = np.full(n, -1, np.int64), np.zeros(n), np.zeros(n)
    owner[building[order[first]]] = grid[order[first]]
    largest[building[order[first]]] = share[order[first]]
    np.maximum.at(elsewhere, building[order[~first]], share[order[~first]])

    some = np.bincount(building, share > tolerance[building], n)
    whole = np.bincount(building, (share > tolerance[building]) & (share >= (area - tolerance)[building]), n)
    owner[some == 0] = -1
    middle = shapely.intersects(boundary, shapely.point_on_surface(buildings))
    inside = (area > 0) & (middle | (area >= 0.5 * shapely.area(buildings)))
    apart = np.maximum(elsewhere, np.maximum(area - largest, 0.0))
    part = np.where((some == 1) & (whole == 1), apart, 0.0)
    cut = (some >= 1) & (whole == 0)
    return Placing(
        inside=inside,
        owner=owner,
        cut=cut,
        several=(some >= 2) & (whole >= 1),
        nowhere=inside & (some == 0),
        largest_part_m2=float(part.max(initial=0.0)),
        largest_part_share=float(np.divide(part, area, out=np.zeros(n), where=area > 0).max(initial=0.0)),
        largest_cut_m2=float(apart[cut].max(initial=0.0)),
    )


def _shares(grids: Polygons, buildings: Polygons) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Pairs of grid and building that meet, with the area of the building's part in that grid."""
    shapely.prepare(grids)
    tree = shapely.STRtree(buildings)
    meeting = tree.query(grids, predicate="intersects").astype(np.int64)
    covered = tree.query(grids, predicate="covers").astype(np.int64)
    n = max(len(buildings), 1)
    whole = np.isin(meeting[0] * n + meeting[1], covered[0] * n + covered[1])
    grid, building = meeting
    share = shapely.area(buildings)[building]
    rest = np.flatnonzero(~whole)
    share[rest] = shapely.area(shapely.intersection(grids[grid[rest]], buildings[building[rest]]))
    return grid, building, share


def _clipped_area(boundary: Polygon | MultiPolygon, buildings: Polygons) -> npt.NDArray[np.float64]:
    shapely.prepare(boundary)
    area: npt.NDArray[np.float64] = shapely.area(buildings)
    over = np.flatnonzero(~shapely.covers(boundary, buildings))
    area[over] = shapely.area(shapely.intersection(boundary, buildings[over]))
    return area
