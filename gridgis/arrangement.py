"""Lines -> planar arrangement: the faces they enclose, and edges that know the face on either side.

Everything downstream is exact because of this one step: all lines are noded together on a
grid of a micrometre, so faces share every vertex and any union of faces has neither gap
nor overlap with the rest. Dead ends enclose nothing and drop out by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.noding import node

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """Faces inside a boundary, and the edges between them.

    Attributes
    ----------
    faces
        (f,) Polygon.
    edges
        (e,) LineString, from node to node.
    left, right
        (e,) the faces beside an edge, ``left > right``; right is -1 outside the boundary.
    length_m
        (e,) length of the edges.
    """

    faces: Geometries
    edges: Geometries
    left: Ints
    right: Ints
    length_m: npt.NDArray[np.float64]


def arrange(lines: Sequence[Any] | Geometries, boundary: Polygon | MultiPolygon) -> Arrangement:
    """Build the arrangement of ``lines`` (inside ``boundary``) and the boundary itself."""
    rings = shapely.get_parts(shapely.boundary(shapely.get_parts(np.asarray([boundary], object))))
    edges = node(np.concatenate([np.asarray(rings, object), np.asarray(lines, object)]))
    faces = shapely.get_parts(shapely.polygonize(edges))
    shapely.prepare(boundary)
    faces = faces[shapely.contains(boundary, shapely.point_on_surface(faces))]
    left, right = _sides(faces, edges)
    real = left >= 0
    edges, left, right = edges[real], left[real], right[real]
    return Arrangement(faces=faces, edges=edges, left=left, right=right, length_m=shapely.length(edges))


def _sides(faces: Geometries, edges: Geometries) -> tuple[Ints, Ints]:
    """Find the faces beside each edge by its first segment; (-1, -1) for an edge that bounds none."""
    rings, of = shapely.get_rings(faces, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    face = of[ring[:-1][inner]]
    start, count = _first_points(edges)
    points, ids = np.unique(np.concatenate([_key(xy), _key(start)]), return_inverse=True)
    at = ids[: len(xy)]
    segment = _pair(at[:-1][inner], at[1:][inner], len(points))
    first = _pair(ids[len(xy) :: 2], ids[len(xy) + 1 :: 2], len(points))
    order = np.argsort(segment, kind="stable")
    segment, face = segment[order], face[order]
    low = np.searchsorted(segment, first, "left")
    found = np.searchsorted(segment, first, "right") - low
    a = np.full(count, -1, np.int64)
    b = np.full(count, -1, np.int64)
    a[found > 0] = face[low[found > 0]]
    b[found > 1] = face[low[found > 1] + 1]
    return np.maximum(a, b), np.minimum(a, b)


def _first_points(edges: Geometries) -> tuple[npt.NDArray[np.float64], int]:
    """Return the first two points of each edge, one after the other: (2e, 2), and e."""
    xy, of = shapely.get_coordinates(edges, return_index=True)
    start = np.searchsorted(of, np.arange(len(edges)))
    return xy[np.column_stack([start, start + 1]).ravel()], len(edges)


def runs(ordered: Ints) -> Iterator[tuple[int, slice]]:
    """Yield each value of an ordered array and the slice it fills."""
    values, start = np.unique(ordered, return_index=True)
    ends = np.append(start, len(ordered))[1:]
    for value, low, high in zip(values, start, ends, strict=True):
        yield int(value), slice(int(low), int(high))


def _key(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    return xy[:, 0] + 1j * xy[:, 1]


def _pair(a: Ints, b: Ints, n: int) -> Ints:
    return np.minimum(a, b) * np.int64(n) + np.maximum(a, b)
