"""The lines that may cut, with what they are; and buildings as the things no line may enter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.arrangement import runs
from gridgis.features import KINDS
from gridgis.layers import Layers
from gridgis.overlaps import overlapping

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

KIND_NAMES = np.array(list(KINDS), object)
"""Kind codes are positions in this array."""

CODE = {name: code for code, name in enumerate(KINDS)}
RANK = np.array([kind.rank for kind in KINDS.values()])
STEP = np.array([kind.step for kind in KINDS.values()])
COST = np.array([kind.cost for kind in KINDS.values()])
BLOCKS = np.array([kind.blocks for kind in KINDS.values()])

SHORT_M = 40.0
"""A road that ends at most this far before the jurisdiction's boundary is taken to go on to it."""

ON_LINE_M = 1e-4
"""An edge's middle lies on its source line within this: rounding moves vertices by a micrometre."""


@dataclass(frozen=True)
class Linework:
    """Lines with their kind (code) and name (text or None), position by position."""

    geometry: Geometries
    kind: Ints
    name: Geometries

    @classmethod
    def of_kind(cls, geometry: Geometries, kind: str, name: Geometries | None = None) -> Linework:
        """Lines of one kind; without names where none are given."""
        names = np.full(len(geometry), None, object) if name is None else name
        return cls(geometry, np.full(len(geometry), CODE[kind], np.int64), names)

    @classmethod
    def joined(cls, *parts: Linework) -> Linework:
        """All lines of the parts, one after the other."""
        return cls(
            np.concatenate([p.geometry for p in parts]),
            np.concatenate([p.kind for p in parts]),
            np.concatenate([p.name for p in parts]),
        )

    def only(self, chosen: Bools | Ints) -> Linework:
        """Choose lines by mask or position."""
        return Linework(self.geometry[chosen], self.kind[chosen], self.name[chosen])

    def exploded(self) -> Linework:
        """Return single, non-empty LineStrings."""
        parts, of = shapely.get_parts(self.geometry, return_index=True)
        line = (shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 0)
        return Linework(parts[line], self.kind[of[line]], self.name[of[line]])

    def tag(self, edges: Geometries) -> tuple[Ints, Geometries]:
        """Find each edge's kind code and name: those of the highest-ranking line it lies on."""
        middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
        edge, line = shapely.STRtree(self.geometry).query(middle, predicate="dwithin", distance=ON_LINE_M)
        named = np.array([name is not None for name in self.name], bool)
        order = np.lexsort((line, ~named[line], -RANK[self.kind[line]], edge))
        edge, line = edge[order], line[order]
        first = np.unique(edge, return_index=True)[1]
        kind = np.full(len(edges), CODE["none"], np.int64)
        name = np.full(len(edges), None, object)
        kind[edge[first]] = self.kind[line[first]]
        name[edge[first]] = self.name[line[first]]
        return kind, name


@dataclass(frozen=True)
class Clumps:
    """Buildings as uncuttable footprints: overlapping ones form one clump.

    Attributes
    ----------
    of
        (b,) building position -> clump.
    footprint
        (c,) the clump's area inside the jurisdiction (Polygon or MultiPolygon).
    """

    of: Ints
    footprint: Geometries


def find_clumps(layers: Layers) -> Clumps:
    """Join buildings that overlap, and clip the footprints to the jurisdiction."""
    shapes = layers.buildings.geometry.to_numpy()
    of = overlapping(shapes)
    count = int(of.max()) + 1
    footprint = np.empty(count, object)
    size = np.bincount(of, minlength=count)
    alone = size[of] == 1
    footprint[of[alone]] = shapes[alone]
    order = np.argsort(of, kind="stable")
    start = np.searchsorted(of[order], np.arange(count + 1))
    for clump in np.flatnonzero(size > 1):
        footprint[clump] = shapely.union_all(shapes[order[start[clump] : start[clump + 1]]])
    shapely.prepare(layers.boundary)
    across = ~shapely.contains_properly(layers.boundary, footprint)
    footprint[across] = _areas(shapely.intersection(footprint[across], layers.boundary))
    return Clumps(of, footprint)


def cutting_lines(layers: Layers) -> Linework:
    """Return every line that may cut, inside the boundary: roads, barriers, and the edges of areas."""
    table = layers.lines
    kinds = table["kind"].map(CODE).to_numpy(np.int64)
    lines = Linework(table.geometry.to_numpy(), kinds, table["name"].to_numpy(object))
    lines = lines.only(~table["tunnel"].to_numpy(bool) & (STEP[kinds] >= 0))
    outlined = {
        "water": layers.water,
        "compound": layers.compounds,
        "community": layers.communities,
        "existing": layers.existing,
    }
    for kind, areas in outlined.items():
        if len(areas):
            outline = Linework.of_kind(
                shapely.boundary(areas.geometry.to_numpy()), kind, areas["name"].to_numpy(object)
            )
            lines = Linework.joined(lines, outline)
    lines = lines.exploded()
    shapely.prepare(layers.boundary)
    within = shapely.contains_properly(layers.boundary, lines.geometry)
    clipped = Linework(
        np.where(within, lines.geometry, shapely.intersection(lines.geometry, layers.boundary)), lines.kind, lines.name
    )
    clipped = clipped.exploded()
    return Linework.joined(clipped, _to_the_edge(clipped, layers.boundary))


def _to_the_edge(lines: Linework, boundary: Polygon | MultiPolygon) -> Linework:
    """Extend roads that stop just short of the jurisdiction's boundary, as those of a clipped extract do.

    Without that, all the street space along the edge would be one face around every block there.
    """
    roads = lines.geometry[~shapely.is_closed(lines.geometry)]
    ends, before = (
        shapely.points(np.concatenate([shapely.get_coordinates(shapely.get_point(roads, k)) for k in pair]))
        for pair in ((0, -1), (1, -2))
    )
    edge = shapely.boundary(boundary)
    shapely.prepare(edge)
    far = ~shapely.dwithin(edge, ends, ON_LINE_M)
    near = np.flatnonzero(far & shapely.dwithin(edge, ends, SHORT_M))
    meeting = shapely.STRtree(lines.geometry).query(ends[near], predicate="dwithin", distance=ON_LINE_M)[0]
    near = near[np.bincount(meeting, minlength=len(near)) == 1]
    start, from_ = shapely.get_coordinates(ends[near]), shapely.get_coordinates(before[near])
    along = start - from_
    length = np.hypot(along[:, 0], along[:, 1])
    start, along = start[length > 0], (along / np.where(length > 0, length, 1)[:, None])[length > 0]
    rays = shapely.linestrings(np.stack([start, start + SHORT_M * along], axis=1))
    rays = rays[shapely.intersects(edge, rays)]
    if not len(rays):
        return Linework.of_kind(rays, "none")
    first = shapely.get_point(rays, 0)
    gaps = shapely.difference(rays, edge)
    pieces, of = shapely.get_parts(gaps, return_index=True)
    touching = shapely.dwithin(pieces, first[of], ON_LINE_M)
    return Linework.of_kind(pieces[touching], "none")


def entered(lines: Geometries, clumps: Clumps) -> tuple[Ints, Ints]:
    """Find the pairs (line, clump) where a line runs through a clump's inside."""
    line, clump = shapely.STRtree(clumps.footprint).query(lines, predicate="intersects")
    through = shapely.relate_pattern(lines[line], clumps.footprint[clump], "T********")
    return line[through], clump[through]


def erase_inside(lines: Linework, clumps: Clumps, pairs: tuple[Ints, Ints]) -> Linework:
    """Take the parts inside clumps away from lines; ``pairs`` as `entered` finds them."""
    line, clump = pairs
    order = np.argsort(line, kind="stable")
    line, clump = line[order], clump[order]
    geometry = lines.geometry.copy()
    for which, members in runs(line):
        geometry[which] = shapely.difference(geometry[which], shapely.union_all(clumps.footprint[clump[members]]))
    return Linework(geometry, lines.kind, lines.name).exploded()


def outlines(clumps: Clumps, chosen: Ints) -> Linework:
    """Return the outlines of chosen clumps as lines of kind ``building``."""
    return Linework.of_kind(shapely.boundary(clumps.footprint[chosen]), "building").exploded()


def _areas(geometries: Geometries) -> Geometries:
    """Keep only the polygons of mixed geometries."""
    mixed = shapely.get_type_id(geometries) == shapely.GeometryType.GEOMETRYCOLLECTION
    out = geometries.copy()
    for k in np.flatnonzero(mixed):
        parts = shapely.get_parts(geometries[k])
        out[k] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    flat = shapely.get_dimensions(out) < 2
    out[flat] = shapely.Polygon()
    return out
