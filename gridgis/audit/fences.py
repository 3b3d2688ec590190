"""What no grid may cross or change: communities' edges, and grids that are locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Polygons = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Nesting:
    """Areas against those of the level above.

    A building on the line between two communities belongs to one of them whole, so its footprint is no crossing; nor
    is what it cuts off from its own community, which no grid there could hold.

    Attributes
    ----------
    parent
        (k,) position of the area above that holds most of each; -1: what is in none of them.
    crossing
        (k,) more than rounding lies in another area above.
    largest_m2
        The most that any lies in another, buildings apart.
    """

    parent: Ints
    crossing: npt.NDArray[np.bool_]
    largest_m2: float


def check_nesting(lower: Polygons, upper: Polygons, footprints: Polygons, tolerance_m2: float) -> Nesting:
    """Find the area above that each lower area lies in, and what of it lies in others.

    Parameters
    ----------
    lower, upper, footprints
        (k,), (c,) and (b,) valid Polygon or MultiPolygon.
    """
    shapely.prepare(lower)
    i, j = shapely.STRtree(upper).query(lower, predicate="intersects").astype(np.int64)
    parts = shapely.intersection(lower[i], upper[j])
    area = shapely.area(parts)
    inside = np.zeros((len(lower), len(upper) + 1))
    inside[i, j] = area
    inside[:, -1] = np.maximum(shapely.area(lower) - inside.sum(axis=1), 0.0)
    main = inside.argmax(axis=1)
    built, beside = shapely.STRtree(footprints), shapely.STRtree(lower)

    def counted(part: shapely.Geometry, home: int) -> float:
        """Area that is no building's, and that its own area above could have kept."""
        walls = footprints[built.query(part, predicate="intersects")]
        left = shapely.get_parts(shapely.difference(part, shapely.union_all(walls)))
        area = 0.0
        for piece in left[shapely.area(left) > 0]:
            near = beside.query(piece, predicate="intersects")
            shared = shapely.length(shapely.intersection(piece, lower[near[main[near] == home]]))
            area += float(shapely.area(piece)) if (shared > 0).any() else 0.0
        return area

    beyond = np.zeros(len(lower))
    for place in np.flatnonzero((j != main[i]) & (area > 0)):
        beyond[i[place]] += counted(parts[place], int(j[place]))
    # what lies in no area above is foreign to all that lie in one
    for place in np.flatnonzero((main < len(upper)) & (inside[:, -1] > tolerance_m2)):
        rest = shapely.difference(lower[place], shapely.union_all(upper[j[i == place]]))
        beyond[place] += counted(rest, len(upper))
    return Nesting(
        parent=np.where(main < len(upper), main, -1),
        crossing=beyond > tolerance_m2,
        largest_m2=float(beyond.max(initial=0.0)),
    )


def changed_locks(
    grids: Polygons, codes: Sequence[str], locked: gpd.GeoDataFrame, footprints: Polygons, tolerance_m2: float
) -> dict[str, float]:
    """Return code -> square metres by which a locked grid is not what it was, or is gone.

    Buildings that the locked outline cut are whole now: their footprints do not count.
    """
    at: Mapping[str, int] = {code: k for k, code in enumerate(codes)}
    tree = shapely.STRtree(footprints)
    changed = {}
    for code, shape in zip(locked["code"], locked.geometry.to_numpy(), strict=True):
        now = grids[at[code]] if code in at else shapely.Polygon()
        moved = shapely.symmetric_difference(shape, now)
        built = footprints[tree.query(moved, predicate="intersects")]
        area = float(shapely.area(shapely.difference(moved, shapely.union_all(built))))
        if area > tolerance_m2:
            changed[str(code)] = area
    return changed
