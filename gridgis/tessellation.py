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

from gridgis.delaunay import REACH, chains, triangulate

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

SHRINK_M = 0.4
"""Touching buildings are drawn in by this much, so that a line fits between them."""

GRAIN_M = 1e-4
"""Points are rounded to this grid, or a coarser one where the face is longer than some kilometres."""

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
    # Whole numbers of GRAIN_M around the face's middle; four far points close every cell near the face.
    xmin, ymin, xmax, ymax = face.bounds
    middle = np.array([(xmin + xmax) / 2, (ymin + ymax) / 2])
    reach = 10 * (max(xmax - xmin, ymax - ymin) + 1)
    grain = max(GRAIN_M, reach / (REACH - 1))
    far = int(reach / grain) * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    xy = np.rint((samples.xy - middle) / grain).astype(np.int64)
    first = np.unique(xy[:, 0] * 4 * REACH + xy[:, 1], return_index=True)[1]
    xy = np.concatenate([xy[first], far])
    owner = np.concatenate([samples.owner[first], np.full(len(far), -1)])
    corner, twin = triangulate(xy)
    parts, of = _ridges(corner, twin, owner)
    if not len(parts):
        return none
    # Chains between junctions, without the jitter that comes from sampling.
    centre = _circumcentres(xy, corner) * grain + middle
    lines = shapely.simplify(shapely.linestrings(centre[parts], indices=of), smooth_m, preserve_topology=False)
    shapely.prepare(face)
    within = shapely.contains_properly(face, lines)
    clipped = shapely.get_parts(shapely.intersection(shapely.multilinestrings(lines[~within]), face))
    lines = np.concatenate([lines[within], clipped])
    drawn: Geometries = lines[(shapely.get_dimensions(lines) == 1) & (shapely.length(lines) > 0)]
    return drawn


def _ridges(corner: Ints, twin: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Chain the Voronoi ridges between points of different owners (≥ 0): the triangles passed, and each one's chain.

    A ridge joins the circumcentres of the two triangles beside an edge.
    """
    here = owner[corner]
    there = here.reshape(-1, 3)[:, [1, 2, 0]].ravel()
    return chains(twin, (here != there) & (here >= 0) & (there >= 0) & (twin >= 0))


def _circumcentres(xy: Ints, corner: Ints) -> Floats:
    """Return the middles of the circles around triangles, (t, 2)."""
    a, b, c = (xy[corner[k::3]].T.astype(float) for k in range(3))
    b, c = b - a, c - a
    twice = 2 * (b[0] * c[1] - b[1] * c[0])
    bb, cc = (b**2).sum(axis=0), (c**2).sum(axis=0)
    flat = twice == 0
    twice[flat] = 1.0
    offset = np.column_stack([c[1] * bb - b[1] * cc, b[0] * cc - c[0] * bb]) / twice[:, None]
    offset[flat] = 0.0
    centre: Floats = a.T + offset
    return centre
