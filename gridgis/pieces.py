"""What visible lines enclose: pieces and blocks, how full of people they are, and which must be divided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgis.arrangement import Arrangement
from gridgis.layers import Layers
from gridgis.linework import STEP, Clumps, Linework
from gridgis.measures import Measure

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

HAIR_M = 1e-3
"""What is nearer to an area than this is in it: noding can leave a hair of a face beside its edge."""


@dataclass(frozen=True)
class Load:
    """People of clumps, pieces or blocks, and how full they would make a grid by each measure.

    ``people`` (n,) households and residents together; ``shares`` (n, measures) of a full grid.
    """

    people: Ints
    shares: Floats

    @classmethod
    def of_clumps(cls, counts: pd.DataFrame, clumps: Clumps, measures: Sequence[Measure], grids: int | None) -> Load:
        """Sum the buildings of each clump; a full grid is an upper bound, or without any 1.25 × the mean grid."""
        people = counts["households"].to_numpy(np.int64) + counts["population"].to_numpy(np.int64)
        shares = [measure.counts / measure.high for measure in measures if np.isfinite(measure.high)]
        if not shares and grids:
            values = (counts[name].to_numpy(np.int64) for name in ("households", "population"))
            shares = [value / max(1.0, 1.25 * value.sum() / grids) for value in values]
        return cls(people, np.column_stack(shares)).grouped(clumps.of, len(clumps.footprint))

    def grouped(self, of: Ints, n: int) -> Load:
        """Sum by group; members with ``of`` = -1 are left out."""
        member = of >= 0
        shares = [np.bincount(of[member], column[member], n) for column in self.shares.T]
        people = np.bincount(of[member], self.people[member], n).astype(np.int64)
        return Load(people, np.column_stack(shares))

    @property
    def share(self) -> Floats:
        """Share of a full grid, by the tightest measure."""
        tightest: Floats = self.shares.max(axis=1)
        return tightest

    @property
    def empty(self) -> Bools:
        """Whether nobody is there."""
        nobody: Bools = self.people == 0
        return nobody


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Faces between visible lines, each with the entered buildings that were given to it.

    Attributes
    ----------
    host
        (p,) the face that makes the piece; entered clumps' faces join it.
    piece
        (f,) face -> piece.
    piece_of_clump
        (c,) clump -> piece.
    clump
        (f,) the entered clump whose outline makes the face, or -1.
    built
        (f,) some clump lies in the face, or makes it.
    water
        (f,) the face is a water surface.
    block
        (p,) piece -> block: joined across lesser lines; a compound is one block.
    compound, community, existing
        (p,) piece -> position of its compound, community, grid of the existing plan, or -1.
    fixed
        (p,) what must become a grid just as it is: position of a locked grid, or their number plus the position
        of a dedicated compound; -1: free.
    load, block_load
        People of the pieces and blocks.
    grain
        (p,) share of a grid above which the piece's block, and the piece itself, is divided.
    """

    arrangement: Arrangement
    host: Ints
    piece: Ints
    piece_of_clump: Ints
    clump: Ints
    built: Bools
    water: Bools
    block: Ints
    compound: Ints
    community: Ints
    existing: Ints
    fixed: Ints
    load: Load
    block_load: Load
    grain: Floats

    @property
    def fence(self) -> Ints:
        """(p,) pieces of different fences never share a unit: communities part them, and what is fixed."""
        return np.unique(np.column_stack([self.community, self.fixed]), axis=0, return_inverse=True)[1].ravel()

    @property
    def kept_whole(self) -> Bools:
        """(p,) pieces whose block stays one unit: light ones, and compounds that fit one grid."""
        share: Floats = self.block_load.share[self.block]
        return share <= np.where(self.compound >= 0, 1.0, self.grain)

    @property
    def too_heavy(self) -> Bools:
        """(p,) pieces that visible lines leave too heavy to be one unit."""
        return (self.load.share > self.grain) & ~self.kept_whole


def build_pieces(
    arrangement: Arrangement,
    lines: Linework,
    clumps: Clumps,
    crossed: Ints,
    people: Load,
    layers: Layers,
    grain: tuple[float, Mapping[int, float]],
    locked: Sequence[str] = (),
) -> Pieces:
    """Give entered clumps to a face beside them, and join faces across lesser lines into blocks.

    ``grain``: the usual share above which a block is divided, and those of blocks to be divided more finely;
    ``locked``: codes of existing grids that stay as they are.
    """
    faces = arrangement.faces
    inner = shapely.point_on_surface(faces)
    clump_of_face = covering(clumps.footprint[crossed], inner)
    is_clump = clump_of_face >= 0
    # a building is where its middle is, wherever the lines that enter it leave its face
    middle = inner.copy()
    middle[is_clump] = shapely.point_on_surface(clumps.footprint[crossed[clump_of_face[is_clump]]])
    compound, community, existing = _places(layers, middle)
    fixed = _fixed(layers, existing, compound, locked)
    host_of_face = np.arange(len(faces))
    for owners in ((community, fixed, compound, existing), (community, fixed)):
        near = np.all([owner[arrangement.left] == owner[arrangement.right] for owner in owners], axis=0)
        alone = is_clump & (host_of_face == np.arange(len(faces)))
        host_of_face = host_of_face[adopt(arrangement, alone, across=near)]
    host, piece = np.unique(host_of_face, return_inverse=True)
    compound, community, existing, fixed = (owner[host] for owner in (compound, community, existing, fixed))

    face_of_clump = covering(faces, shapely.point_on_surface(clumps.footprint))
    piece_of_clump = np.where(face_of_clump >= 0, piece[face_of_clump], -1)

    water = np.zeros(len(faces), bool)
    if len(layers.water):
        water = (covering(layers.water.geometry.to_numpy(), inner) >= 0) & ~is_clump

    kind, _ = lines.tag(arrangement.edges)
    both = arrangement.right >= 0
    a, b = piece[arrangement.left[both]], piece[arrangement.right[both]]
    same = (compound[a] == compound[b]) & (community[a] == community[b]) & (fixed[a] == fixed[b])
    lesser = (STEP[kind[both]] == 1) | ((compound[a] >= 0) & (existing[a] == existing[b]))
    block = joined(len(host), a[same & lesser], b[same & lesser])
    load = people.grouped(piece_of_clump, len(host))
    usual, finer = grain
    grain_of_block = np.full(int(block.max()) + 1, usual)
    grain_of_block[list(finer)] = list(finer.values())
    return Pieces(
        arrangement=arrangement,
        host=host,
        piece=piece,
        piece_of_clump=piece_of_clump,
        clump=np.where(is_clump, crossed[clump_of_face], -1) if len(crossed) else clump_of_face,
        built=is_clump | np.isin(np.arange(len(faces)), face_of_clump),
        water=water,
        block=block,
        compound=compound,
        community=community,
        existing=existing,
        fixed=fixed,
        load=load,
        block_load=load.grouped(block, len(grain_of_block)),
        grain=grain_of_block[block],
    )


def part_at_fences(clumps: Clumps, layers: Layers, locked: Sequence[str] = ()) -> Clumps:
    """Make clumps of their own of what fences part: a building of several parts may lie on both sides of one.

    The building then belongs to the clump that holds most of it.
    """
    several = np.flatnonzero(shapely.get_num_geometries(clumps.footprint) > 1)
    parts, of = shapely.get_parts(clumps.footprint[several], return_index=True)
    middle = shapely.point_on_surface(parts)
    compound, community, existing = _places(layers, middle)
    fence = np.column_stack([several[of], community, _fixed(layers, existing, compound, locked)])
    groups, group = np.unique(fence, axis=0, return_inverse=True)
    sides = np.bincount(groups[:, 0], minlength=len(clumps.footprint))
    if not (sides > 1).any():
        return clumps
    shapes = layers.buildings.geometry.to_numpy()
    footprint, owner = clumps.footprint.tolist(), clumps.of.copy()
    for clump in np.flatnonzero(sides > 1).tolist():
        areas = [shapely.union_all(parts[group.ravel() == g]) for g in np.flatnonzero(groups[:, 0] == clump)]
        names = np.r_[clump, len(footprint) + np.arange(len(areas) - 1)]
        footprint[clump] = areas[0]
        footprint += areas[1:]
        members = np.flatnonzero(clumps.of == clump)
        shared = shapely.area(shapely.intersection(shapes[members][:, None], np.array(areas)[None, :]))
        owner[members] = names[shared.argmax(axis=1)]
    return Clumps(owner, np.array(footprint, object))


def _places(layers: Layers, points: Geometries) -> tuple[Ints, Ints, Ints]:
    """Return the compound, community and existing grid that each point is in, by position; -1: none."""
    compound, community, existing = (
        held_by(areas.geometry.to_numpy(), points) if len(areas) else np.full(len(points), -1)
        for areas in (layers.compounds, layers.communities, layers.existing)
    )
    return compound, community, existing


def _fixed(layers: Layers, existing: Ints, compound: Ints, locked: Sequence[str]) -> Ints:
    """Return what each piece is fixed to, see `Pieces.fixed`; a lock outdoes a dedicated compound."""
    fixed = np.full(len(existing), -1)
    if len(layers.compounds):
        dedicated = np.append(layers.compounds["dedicated"].to_numpy(bool), False)
        fixed = np.where(dedicated[compound], len(layers.existing) + compound, fixed)
    if len(layers.existing):
        stays = np.append(layers.existing["code"].isin(locked).to_numpy(bool), False)
        fixed = np.where(stays[existing], existing, fixed)
    return fixed


def adopt(arrangement: Arrangement, orphan: Bools, *, across: Bools | None = None) -> Ints:
    """Give every orphan face to the neighbour it shares most line with; others keep themselves.

    Orphans among orphans follow, round by round; those without any neighbour keep themselves.
    ``across`` (e,): only across these edges.
    """
    host = np.where(orphan, -1, np.arange(len(orphan)))
    both = arrangement.right >= 0
    if across is not None:
        both &= across
    a = np.concatenate([arrangement.left[both], arrangement.right[both]])
    b = np.concatenate([arrangement.right[both], arrangement.left[both]])
    length = np.tile(arrangement.length_m[both], 2)
    while True:
        open_ = (host[a] < 0) & (host[b] >= 0)
        if not open_.any():
            break
        choice = strongest(a[open_], host[b[open_]], length[open_])
        host[choice[:, 0]] = choice[:, 1]
    return np.where(host < 0, np.arange(len(orphan)), host)


def strongest(member: Ints, group: Ints, weight: Floats) -> Ints:
    """For each member the group with the largest summed weight: rows (member, group)."""
    if not len(member):
        return np.empty((0, 2), np.int64)
    order = np.lexsort((group, member))
    member, group, weight = member[order], group[order], weight[order]
    start = np.flatnonzero(np.r_[True, (np.diff(member) != 0) | (np.diff(group) != 0)])
    total = np.add.reduceat(weight, start)
    member, group = member[start], group[start]
    order = np.lexsort((group, -total, member))
    member, group = member[order], group[order]
    first = np.r_[True, np.diff(member) != 0]
    return np.column_stack([member[first], group[first]])


def covering(areas: Geometries, points: Geometries) -> Ints:
    """Position of the (first) area around each point, or -1."""
    out = np.full(len(points), -1, np.int64)
    point, area = shapely.STRtree(areas).query(points, predicate="intersects")
    order = np.lexsort((area, point))
    which, first = np.unique(point[order], return_index=True)
    out[which] = area[order][first]
    return out


def held_by(areas: Geometries, points: Geometries) -> Ints:
    """Position of the area around each point, or beside it where noding left a hair of a face; else -1."""
    out = covering(areas, points)
    open_ = np.flatnonzero(out < 0)
    point, area = shapely.STRtree(areas).query_nearest(points[open_], max_distance=HAIR_M, all_matches=False)
    out[open_[point]] = area
    return out


def joined(n: int, a: Ints, b: Ints) -> Ints:
    """Label connected components of ``n`` things with pairs ``(a, b)``."""
    matrix = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    label: Ints = connected_components(matrix, directed=False)[1].astype(np.int64)
    return label
