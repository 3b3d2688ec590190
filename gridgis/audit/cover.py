"""Do the grids cover the jurisdiction: gaps, overlaps, parts outside, pieces, shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

Polygons = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AREA_SHARE = 1e-6
"""Gap, overlap and area outside are faults from this share of the jurisdiction's area on."""
PIECE_M2 = 0.01
"""Smaller specks, as rounding leaves them, are no pieces of their own."""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """How the grids cover the jurisdiction.

    Attributes
    ----------
    gap_m2, outside_m2
        Jurisdiction without a grid, and grids beyond the jurisdiction.
    overlap_m2
        Summed over pairs of grids.
    away_m
        From the jurisdiction to the nearest grid; more than 0 where all grids lie elsewhere.
    gap_at
        A point in the largest gap; None without one.
    overlapping
        (p, 2) positions of grids that overlap, the largest overlap first.
    pieces
        (k,) connected pieces of each grid; touching in a point does not connect.
    allowed_pieces
        (k,) parts of the jurisdiction a grid lies in: as many pieces as it must have.
    """

    area_m2: float
    parts: int
    gap_m2: float
    gap_at: tuple[float, float] | None
    overlap_m2: float
    overlapping: Ints
    outside_m2: float
    away_m: float
    pieces: Ints
    allowed_pieces: Ints

    @property
    def tolerance_m2(self) -> float:
        """Areas up to this are rounding, not faults."""
        return AREA_SHARE * self.area_m2


def measure_cover(
    grids: Polygons, boundary: Polygon | MultiPolygon, slivers: Polygon | MultiPolygon | None = None
) -> Cover:
    """Measure valid grids, (k,) Polygon or MultiPolygon, against the boundary.

    What lies in ``slivers`` is neither a gap nor outside.
    """
    union = shapely.union_all(grids)
    gap = shapely.difference(boundary, union)
    outside = shapely.difference(union, boundary)
    if slivers is not None and not slivers.is_empty:
        gap, outside = shapely.difference(gap, slivers), shapely.difference(outside, slivers)
    largest = max(shapely.get_parts(gap), key=shapely.area, default=gap)
    within = shapely.point_on_surface(largest)
    pairs, areas = _overlaps(grids)
    parts = shapely.get_parts(boundary)
    pieces, allowed = _pieces(grids, parts)
    area = float(shapely.area(boundary))
    return Cover(
        area_m2=area,
        parts=len(parts),
        gap_m2=float(shapely.area(gap)),
        gap_at=None if within.is_empty else (within.x, within.y),
        overlap_m2=float(areas.sum()),
        overlapping=pairs[areas > AREA_SHARE * area / max(1, len(grids))],
        outside_m2=float(shapely.area(outside)),
        away_m=float(np.nan_to_num(shapely.distance(boundary, union))),
        pieces=pieces,
        allowed_pieces=allowed,
    )


def polsby_popper(grids: Polygons) -> Floats:
    """Compactness 4πA/P² (Polsby and Popper, 1991, Yale Law & Policy Review 9): 1 for a circle."""
    return _ratio(4 * np.pi * shapely.area(grids), shapely.length(grids) ** 2)


def reock(grids: Polygons) -> Floats:
    """Share of its smallest enclosing circle that a grid fills (Reock, 1961, Midwest J. of Political Science 5)."""
    return _ratio(shapely.area(grids), np.pi * shapely.minimum_bounding_radius(grids) ** 2)


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return ratio


def _overlaps(grids: Polygons) -> tuple[Ints, Floats]:
    i, j = shapely.STRtree(grids).query(grids, predicate="intersects")
    pairs = np.column_stack([i, j])[i < j].astype(np.int64)
    areas = shapely.area(shapely.intersection(grids[pairs[:, 0]], grids[pairs[:, 1]]))
    order = np.lexsort((pairs[:, 1], pairs[:, 0], -areas))
    return pairs[order], areas[order]


def _pieces(grids: Polygons, parts: Polygons) -> tuple[Ints, Ints]:
    pieces, grid = shapely.get_parts(grids, return_index=True)
    real = shapely.area(pieces) > PIECE_M2
    pieces, grid = pieces[real], grid[real]
    home = np.full(len(pieces), -1)
    found, part = shapely.STRtree(parts).query(shapely.point_on_surface(pieces), predicate="intersects")
    home[found] = part
    homes = np.unique(np.column_stack([grid, home]), axis=0)
    return np.bincount(grid, minlength=len(grids)), np.bincount(homes[:, 0], minlength=len(grids))
