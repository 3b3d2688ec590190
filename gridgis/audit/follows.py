"""What the grids' inner boundary follows: its length along each kind of line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.features import KINDS

Polygons = npt.NDArray[np.object_]
Points = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEP_M = 2.0
"""The boundary is looked at every so many metres."""
NEAR_M = 1.0
"""It follows a line that is this near …"""
WALL_M = 0.1
"""… or a building's wall that is this near, …"""
TURN = np.sin(np.radians(45.0))
"""… and turns less than 45° away from it."""

NAMES = tuple(KINDS)
RANK = np.array([kind.rank for kind in KINDS.values()])
NONE = NAMES.index("none")


@dataclass(frozen=True, kw_only=True)
class Segments:
    """Straight pieces, (s, 2) start and end, with the number of their kind."""

    start: Floats
    end: Floats
    kind: Ints

    @classmethod
    def of(cls, lines: Polygons, kind: int | Ints = NONE) -> Segments:
        """Take lines apart; ``kind`` is one number for all, or one a line."""
        points, line = shapely.get_coordinates(lines, return_index=True)
        joined = (line[1:] == line[:-1]) & (points[1:] != points[:-1]).any(axis=1)
        return cls(
            start=points[:-1][joined], end=points[1:][joined], kind=np.broadcast_to(kind, len(lines))[line[1:][joined]]
        )

    @property
    def length(self) -> Floats:
        """(s,) metres."""
        length: Floats = np.hypot(*(self.end - self.start).T)
        return length

    @property
    def direction(self) -> Floats:
        """(s, 2) of length 1."""
        return (self.end - self.start) / self.length[:, None]


@dataclass(frozen=True, kw_only=True)
class Follows:
    """Shares of the inner boundary's length by kind of line, greatest first."""

    length_m: float
    shares: dict[str, float] = field(default_factory=dict)

    @property
    def visible_share(self) -> float | None:
        """None where there is no inner boundary."""
        if not self.shares:
            return None
        return sum((share for kind, share in self.shares.items() if KINDS[kind].visible), 0.0)


def measure_follows(
    grids: Polygons,
    boundary: Polygon | MultiPolygon,
    buildings: Polygons,
    lines: gpd.GeoDataFrame,
    areas: Iterable[tuple[str, gpd.GeoDataFrame]] = (),
) -> Follows:
    """Measure what the boundary between grids follows; where lines lie on one another the highest rank counts.

    Parameters
    ----------
    lines
        LineStrings with ``kind`` (a key of `KINDS`; a road where it is none of them) and,
        optionally, ``tunnel``: tunnels are not seen.
    areas
        Kind and polygons whose outline is a line of that kind, e.g. ``("water", water)``.
    """
    outline = _once(Segments.of(_rings(grids)))
    xy, direction, weight = _samples(*outline)
    points = shapely.points(xy)
    inner = _best(points, direction, Segments.of(_rings(np.array([boundary], object))), NEAR_M) < 0
    points, direction, weight = points[inner], direction[inner], weight[inner]
    kind = _best(points, direction, _references(lines, areas), NEAR_M)
    bare = np.flatnonzero(kind < 0)
    near = shapely.STRtree(buildings).query(points[bare], predicate="dwithin", distance=WALL_M)[1]
    walls = Segments.of(_rings(buildings[np.unique(near)]), NAMES.index("building"))
    kind[bare] = _best(points[bare], direction[bare], walls, WALL_M)
    kind[kind < 0] = NONE
    by_kind = np.bincount(kind, weight, len(NAMES))
    total = float(by_kind.sum())
    order = np.argsort(-by_kind, kind="stable")
    shares = {NAMES[i]: float(by_kind[i] / total) for i in order if by_kind[i] > 0}
    return Follows(length_m=total, shares=shares)


def _rings(polygons: Polygons) -> Polygons:
    rings: Polygons = shapely.get_rings(shapely.get_parts(polygons))
    return rings


def _once(outline: Segments) -> tuple[Segments, Floats]:
    """Take a segment that two grids share once; return how many grids have it, too."""
    ends = np.stack([outline.start, outline.end], axis=1)
    swap = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[swap] = ends[swap][:, ::-1]
    flat, count = np.unique(ends.reshape(-1, 4), axis=0, return_counts=True)
    return Segments(start=flat[:, :2], end=flat[:, 2:], kind=np.full(len(flat), NONE)), count.astype(float)


def _samples(outline: Segments, beside: Floats) -> tuple[Floats, Floats, Floats]:
    """Points along the outline, its direction there, and the metres each stands for (half a side's)."""
    count = np.maximum(1, np.ceil(outline.length / STEP_M)).astype(np.int64)
    row = np.repeat(np.arange(len(count)), count)
    place = (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[row]
    points = outline.start[row] + place[:, None] * (outline.end - outline.start)[row]
    return points, outline.direction[row], (outline.length * beside / count / 2)[row]


def _references(lines: gpd.GeoDataFrame, areas: Iterable[tuple[str, gpd.GeoDataFrame]]) -> Segments:
    if "tunnel" in lines:
        lines = lines[~lines["tunnel"].fillna(False).astype(bool)]
    kinds = lines["kind"] if "kind" in lines else np.full(len(lines), "road")
    parts, line = shapely.get_parts(lines.geometry.to_numpy(), return_index=True)
    number = np.array([NAMES.index(k) if k in KINDS else NAMES.index("road") for k in kinds], np.int64)[line]
    shapes, numbers = [parts], [number]
    for kind, frame in areas:
        rings = _rings(frame.geometry.to_numpy())
        shapes.append(rings)
        numbers.append(np.full(len(rings), NAMES.index(kind)))
    return Segments.of(np.concatenate(shapes), np.concatenate(numbers))


def _best(points: Points, direction: Floats, references: Segments, distance_m: float) -> Ints:
    """For each point the kind of highest rank that runs along it; -1: none."""
    best = np.full(len(points), -1, np.int64)
    if not len(references.kind) or not len(points):
        return best
    tree = shapely.STRtree(shapely.linestrings(np.stack([references.start, references.end], axis=1)))
    point, segment = tree.query(points, predicate="dwithin", distance=distance_m)
    a, b = direction[point], references.direction[segment]
    along = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) <= TURN
    point, kind = point[along], references.kind[segment[along]]
    order = np.lexsort((kind, RANK[kind]))
    best[point[order]] = kind[order]
    return best
