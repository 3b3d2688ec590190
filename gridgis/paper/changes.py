"""Which grids need a new board: those that are new, or whose outline is no longer what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

SEEN_M = 0.25
"""What differs by strips narrower than twice this is one outline: coordinates were rounded on their way."""


def changed_since(grids: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> list[int]:
    """Return the grids that an earlier plan has not, or has with another outline, in their order.

    Parameters
    ----------
    grids, before
        ``code`` and geometry; the earlier ones in any CRS.
    """
    earlier = dict(zip(before["code"], before.geometry.to_crs(grids.crs).to_numpy(), strict=True))
    shapes = grids.geometry.to_numpy()
    known = np.array([code in earlier for code in grids["code"]], bool)
    was = np.array([earlier.get(code, shapely.Polygon()) for code in grids["code"]], object)
    # from other coordinates outlines may come back with a corner that crosses itself
    strips = shapely.symmetric_difference(shapes, shapely.make_valid(was))
    moved = ~shapely.is_empty(shapely.buffer(strips, -SEEN_M))
    return np.flatnonzero(~known | moved).tolist()
