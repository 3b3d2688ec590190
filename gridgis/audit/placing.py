"""Where each building lies: whole in one grid, cut, in several, or in none."""

from __future__ import annotations

from collections.abc import Sequence
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
    parted
        (b,) its own parts lie whole on either side of an edge that no grid crosses; it is not cut.
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
    parted: Bools
    several: Bools
    nowhere: Bools
    largest_part_m2: float
    largest_part_share: float
    largest_cut_m2: float


def place_buildings(
    grids: Polygons,
    boundary: Polygon | MultiPolygon,
    buildings: Polygons,
    clump: Ints | None = None,
    fences: Sequence[Polygons] = (),
) -> Placing:
    """Find each building's grid by the largest share of its area.

    Parameters
    ----------
    grids, buildings
        (k,) and (b,) valid Polygon or MultiPolygon.
    clump
        (b,) label of the buildings that overlap, which no boundary can part.
    fences
        Layers of areas whose edges no grid crosses.
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
    parted = np.zeros(n, bool)
    doubtful = np.flatnonzero(cut & (shapely.get_num_geometries(buildings) > 1))
    if len(doubtful) and clump is not None and fences:
        clumps = np.array([shapely.union_all(buildings[clump == clump[k]]) for k in doubtful])
        parted[doubtful[_parted(grids, boundary, buildings[doubtful], clumps, fences)]] = True
    cut &= ~parted
    return Placing(
        inside=inside,
        owner=owner,
        cut=cut,
        parted=parted,
        several=(some >= 2) & (whole >= 1),
        nowhere=inside & (some == 0),
        largest_part_m2=float(part.max(initial=0.0)),
        largest_part_share=float(np.divide(part, area, out=np.zeros(n), where=area > 0).max(initial=0.0)),
        largest_cut_m2=float(apart[cut].max(initial=0.0)),
    )


def _parted(
    grids: Polygons,
    boundary: Polygon | MultiPolygon,
    buildings: Polygons,
    clumps: Polygons,
    fences: Sequence[Polygons],
) -> Bools:
    """Find buildings whose parts are whole, in one grid on each side of the fences.

    A part is where its middle is, or the middle of all that hangs together with it in its clump.
    """
    parts, of = shapely.get_parts(shapely.intersection(buildings, boundary), return_index=True)
    area = shapely.area(parts)
    parts, of = parts[area > PART_M2], of[area > PART_M2]
    placed = place_buildings(grids, boundary, parts)
    hanging, clump = shapely.get_parts(shapely.intersection(clumps, boundary), return_index=True)
    middle = shapely.point_on_surface(hanging)
    part, piece = shapely.STRtree(hanging).query(shapely.point_on_surface(parts), predicate="intersects")
    same = of[part] == clump[piece]
    place_of = np.zeros(len(parts), np.int64)
    place_of[part[same]] = piece[same]
    side = np.column_stack([of, *(_around(areas, middle[place_of]) for areas in fences)])
    sides, place = np.unique(side, axis=0, return_inverse=True)
    in_grids = np.unique(np.column_stack([place.ravel(), placed.owner]), axis=0)
    torn = np.bincount(in_grids[:, 0], minlength=len(sides)) > 1
    wrong = np.bincount(of, placed.cut | (placed.owner < 0), len(buildings)) > 0
    wrong[sides[torn, 0]] = True
    return ~wrong & (np.bincount(sides[:, 0], minlength=len(buildings)) > 1)


def _around(areas: Polygons, points: Polygons) -> Ints:
    """Return the position of the first area around each point, or -1."""
    out = np.full(len(points), -1, np.int64)
    if len(areas):
        point, area = shapely.STRtree(areas).query(points, predicate="intersects")
        out[point[::-1]] = area[::-1]
    return out


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
