"""Divide a face between things inside it (buildings) or around it (banks): Voronoi lines, clipped to the face.

Only the ridges between points of different owners are kept, as lines; cells are never
built, dissolved or clipped one by one, so a face with a thousand buildings takes
milliseconds. After Fleischmann et al. (2020), "Morphological tessellation as a way of
partitioning space", with the lines instead of the cells as the result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Delaunay, QhullError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

SHRINK_M = 0.4
"""Touching buildings are drawn in by this much, so that a line fits between them."""

SMOOTH_M = 0.25
"""Dividing lines are drawn this exactly: finer than the spacing of the points they come from."""


@dataclass(frozen=True)
class Samples:
    """Points that stand for owners: ``xy`` (n, 2) and each point's ``owner`` (n,)."""

    xy: Floats
    owner: Ints


def sample_outlines(polygons: Geometries, *, spacing_m: float = 3.0) -> Samples:
    """Sample points along polygons' outlines, drawn in a little; owner = position in ``polygons``."""
    inner = shapely.buffer(polygons, -SHRINK_M, join_style="mitre")
    gone = shapely.is_empty(inner)
    inner[gone] = polygons[gone]
    return sample_lines(shapely.boundary(inner), spacing_m=spacing_m)


def sample_lines(lines: Geometries, *, spacing_m: float) -> Samples:
    """Sample points along lines at most ``spacing_m`` apart; owner = position in ``lines``."""
    xy, owner = shapely.get_coordinates(shapely.segmentize(lines, spacing_m), return_index=True)
    return Samples(xy, owner)


def dividing_lines(face: shapely.Polygon, samples: Samples, *, smooth_m: float = SMOOTH_M) -> Geometries:
    """Return the lines (LineString) that separate the owners' points within ``face``, to within ``smooth_m``."""
    none = np.empty(0, object)
    if len(samples.xy) < 2 or samples.owner.min() == samples.owner.max():
        return none
    # Qhull likes small numbers; four far points close every cell near the face.
    xmin, ymin, xmax, ymax = face.bounds
    middle = np.array([(xmin + xmax) / 2, (ymin + ymax) / 2])
    reach = 10 * (max(xmax - xmin, ymax - ymin) + 1)
    far = np.array([[reach, 0], [-reach, 0], [0, reach], [0, -reach]])
    xy = np.round(samples.xy - middle, 6)
    first = np.unique(xy[:, 0] + 1j * xy[:, 1], return_index=True)[1]
    xy = xy[first]
    owner = np.concatenate([samples.owner[first], np.full(4, -1)])
    try:
        triangles = Delaunay(np.vstack([xy, far]))
    except QhullError:  # all points on one line: nothing to divide between
        return none
    segments = _ridges(triangles, owner) + middle
    if not len(segments):
        return none
    # Chains between junctions, without the jitter that comes from sampling.
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(segments))))
    merged = shapely.multilinestrings(shapely.simplify(chains, smooth_m, preserve_topology=False))
    clipped: Geometries = shapely.get_parts(shapely.intersection(merged, face))
    lines: Geometries = clipped[shapely.get_dimensions(clipped) == 1]
    return lines


def _ridges(triangles: Delaunay, owner: Ints) -> Floats:
    """Return the Voronoi ridges between points of different owners (≥ 0), as segments (s, 2, 2).

    A ridge joins the circumcentres of the two triangles beside an edge.
    """
    corner = triangles.points[triangles.simplices]
    first = corner[:, 0]
    b, c = (corner[:, 1] - first).T, (corner[:, 2] - first).T
    twice = 2 * (b[0] * c[1] - b[1] * c[0])
    bb, cc = (b**2).sum(axis=0), (c**2).sum(axis=0)
    flat = twice == 0
    twice[flat] = 1.0
    centre = first + np.column_stack([c[1] * bb - b[1] * cc, b[0] * cc - c[0] * bb]) / twice[:, None]
    centre[flat] = first[flat]
    segments = []
    for k in range(3):
        beside = triangles.neighbors[:, k]
        ends = owner[triangles.simplices[:, [(k + 1) % 3, (k + 2) % 3]]]
        kept = (beside > np.arange(len(beside))) & (ends[:, 0] != ends[:, 1]) & (ends.min(axis=1) >= 0)
        segments.append(np.stack([centre[kept], centre[beside[kept]]], axis=1))
    joined: Floats = np.concatenate(segments)
    return joined
