"""Where people can cross what blocks them: the two banks of a river meet only at a bridge.

A line that blocks (river, water, railway, motorway) can be crossed where a road meets
it and goes on to the other side, at, over or under it. Around each such meeting the
road is followed a short way in every direction; the faces found there are linked.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gridgis.arrangement import Arrangement
from gridgis.features import KINDS, ROADS
from gridgis.layers import Layers

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

STEP_M = 1.5
"""How far the road is followed from the crossing."""

NEAR_M = 0.01
"""A point on a road that is itself an edge belongs to the faces on both sides within this."""


def crossings(layers: Layers, arrangement: Arrangement, blocked: Ints) -> tuple[Ints, Ints]:
    """Find the pairs of faces ``(a, b)``, ``a > b``, that a road joins across the edges numbered in ``blocked``.

    Tunnels count: a road under a railway carries people across.
    """
    carries = [name for name in ROADS if not KINDS[name].blocks]
    roads = layers.lines.geometry.to_numpy()[layers.lines["kind"].isin(carries).to_numpy()]
    empty = np.empty(0, np.int64)
    if not len(roads) or not len(blocked):
        return empty, empty
    edges = arrangement.edges[blocked]
    edge, road = shapely.STRtree(roads).query(edges, predicate="dwithin", distance=NEAR_M)
    meeting = shapely.get_coordinates(shapely.intersection(edges[edge], shapely.buffer(roads[road], NEAR_M)))
    meeting = np.unique(np.round(meeting, 1), axis=0)
    if not len(meeting):
        return empty, empty
    rings = shapely.boundary(shapely.buffer(shapely.points(meeting), STEP_M, quad_segs=8))
    ring, near = shapely.STRtree(roads).query(rings, predicate="intersects")
    spots = shapely.intersection(rings[ring], roads[near])
    points, of = shapely.get_parts(spots, return_index=True)
    centre = ring[of]
    point, face = shapely.STRtree(arrangement.faces).query(points, predicate="dwithin", distance=NEAR_M)
    members = np.unique(np.column_stack([centre[point], face]), axis=0)
    # All faces seen around one meeting are joined with one another.
    start = np.searchsorted(members[:, 0], np.arange(len(rings) + 1))
    pairs = [np.empty((0, 2), np.int64)]
    for k in range(len(rings)):
        group = members[start[k] : start[k + 1], 1]
        a, b = np.triu_indices(len(group), 1)
        pairs.append(np.column_stack([group[b], group[a]]))
    joined = np.unique(np.concatenate(pairs), axis=0)
    return joined[:, 0], joined[:, 1]
