"""Layers -> units: the smallest pieces that a grid boundary never cuts, and the lines between them.

Blocks are what roads, rivers, railways and the jurisdiction's boundary enclose. A block too
large for its share of a grid is divided in steps: along lesser lines (service roads, paths,
walls, land-use edges), then between its buildings. A building that a line would enter keeps its
whole footprint: the line is taken away inside it, and its outline becomes the line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gridgis.arrangement import Arrangement, arrange
from gridgis.divide import Division, among_neighbours, between_buildings
from gridgis.layers import Layers
from gridgis.linework import (
    BLOCKS,
    CODE,
    COST,
    KIND_NAMES,
    Clumps,
    Linework,
    cutting_lines,
    entered,
    erase_inside,
    find_clumps,
    outlines,
)
from gridgis.measures import Measure, measure_buildings
from gridgis.options import PlanOptions
from gridgis.pieces import Load, Pieces, adopt, build_pieces, covering, joined, part_at_fences, strongest
from gridgis.walk import crossings

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Units:
    """The smallest pieces never cut.

    Attributes
    ----------
    frame
        Index ``unit_id`` 0 … n-1; ``geometry`` (Polygon), ``households``, ``population``,
        ``buildings`` (int), ``area_m2``, ``x``, ``y`` (a point inside), ``block``, ``face``
        (the piece between visible lines that the unit belongs to), ``face_share`` (how full a
        grid that piece would make), ``compound``, ``community``, ``existing``, ``fixed`` (see `Pieces`; -1: none),
        ``name`` (the id of its most populous building).
    measures
        What is shared out, by unit.
    buildings
        building_id -> unit_id; -1 for a building that only touches the jurisdiction.
    edges
        Pieces of line between two units, or a unit and the outside (``right`` = -1):
        ``geometry``, ``left``, ``right``, ``length_m``, ``kind``, ``name``, ``walkable``.
    """

    frame: gpd.GeoDataFrame
    measures: tuple[Measure, ...]
    buildings: pd.Series
    edges: gpd.GeoDataFrame

    @cached_property
    def sides(self) -> Ints:
        """(e, 2) the unit on either side of each piece of line; -1: outside."""
        sides: Ints = self.edges[["left", "right"]].to_numpy(np.int64)
        return sides


@dataclass(frozen=True)
class Atoms:
    """Faces of the final arrangement, each with the ``label`` it wants to be one unit with.

    ``piece`` (a,) is the piece it lies in, ``atom_of_clump`` (c,) the face around a point of each clump.
    """

    arrangement: Arrangement
    label: Ints
    piece: Ints
    atom_of_clump: Ints


def build_units(
    layers: Layers,
    counts: pd.DataFrame,
    options: PlanOptions,
    *,
    finer: Mapping[int, float] | None = None,
    progress: Progress | None = None,
) -> Units:
    """Cut a jurisdiction into units.

    Parameters
    ----------
    counts
        As from `population.count_people`; with a column ``profile`` where there are several housing types.
    finer
        Block (as numbered in an earlier run's ``frame["block"]``) -> the share of a grid above which it is
        divided, where that shall be less than ``options.unit_share``.
    """
    report = progress or (lambda step, done: None)
    report("units", 0.0)
    clumps = part_at_fences(find_clumps(layers), layers, options.lock)
    measures = measure_buildings(counts, options)
    people = Load.of_clumps(counts, clumps, measures, options.grids)
    lines = cutting_lines(layers)
    pairs = entered(lines.geometry, clumps)
    crossed = np.unique(pairs[1])
    lines = Linework.joined(erase_inside(lines, clumps, pairs), outlines(clumps, crossed))
    report("units", 0.2)
    grain = (options.unit_share, finer or {})
    pieces = build_pieces(
        arrange(lines.geometry, layers.boundary), lines, clumps, crossed, people, layers, grain, options.lock
    )
    report("units", 0.4)
    between, also = between_buildings(pieces, clumps)
    beside = among_neighbours(pieces, between)
    outlined = np.union1d(crossed, also)
    fresh = outlines(clumps, np.setdiff1d(outlined, crossed))
    lines = Linework.joined(lines, fresh, between.lines, beside.lines)
    report("units", 0.6)
    arrangement = arrange(lines.geometry, layers.boundary)
    report("units", 0.8)
    kind, name = lines.tag(arrangement.edges)
    kind[arrangement.right < 0] = CODE["jurisdiction"]
    atoms = label_atoms(arrangement, kind, pieces, clumps, outlined, between, beside)
    unit = merge_atoms(atoms, kind, people, pieces)
    unit = tie_clumps(atoms, clumps, unit, pieces)
    units = describe_units(layers, counts, measures, atoms, kind, name, unit, clumps, pieces)
    report("units", 1.0)
    return units


def label_atoms(
    arrangement: Arrangement,
    kind: Ints,
    pieces: Pieces,
    clumps: Clumps,
    outlined: Ints,
    between: Division,
    beside: Division,
) -> Atoms:
    """Say for every face of the final arrangement which unit it wants to be part of.

    Labels: block of a whole block; piece of a divided block; clump within a divided piece.
    """
    inner = shapely.point_on_surface(arrangement.faces)
    xy = shapely.get_coordinates(inner)
    parent = covering(pieces.arrangement.faces, inner)
    piece = pieces.piece[parent]
    blocks, count = len(pieces.block_load.people), len(pieces.host)
    label_of_piece = np.where(pieces.kept_whole, pieces.block, blocks + np.arange(count))
    # Owners of divided faces are pieces, then clumps.
    piece_of_owner = np.concatenate([np.arange(count), pieces.piece_of_clump])
    label_of_owner = label_of_piece[piece_of_owner]
    parted = np.isin(pieces.host[pieces.piece_of_clump], list(between.samples)) & (pieces.piece_of_clump >= 0)
    label_of_owner[count:][parted] = blocks + count + np.flatnonzero(parted)
    label = label_of_piece[piece]
    order = np.argsort(parent, kind="stable")
    start = np.searchsorted(parent[order], np.arange(len(pieces.arrangement.faces) + 1))
    for face, samples in (between.samples | beside.samples).items():
        members = order[start[face] : start[face + 1]]
        owner = samples.owner[cKDTree(samples.xy).query(xy[members])[1]]
        label[members] = label_of_owner[owner]
        piece[members] = piece_of_owner[owner]
    found = covering(clumps.footprint[outlined], inner)
    clump = np.append(outlined, -1)[found]
    own = np.flatnonzero(clump >= 0)
    piece[own] = pieces.piece_of_clump[clump[own]]
    label[own] = label_of_owner[count + clump[own]]
    atom_of_clump = covering(arrangement.faces, shapely.point_on_surface(clumps.footprint))
    # What lies around a building that no line entered is that building's, whatever the nearest point says.
    held = np.flatnonzero((atom_of_clump >= 0) & parted)
    held = held[~np.isin(held, outlined)]
    label[atom_of_clump[held]] = blocks + count + held
    # A dead end does not cut a block, but a line between buildings on both sides of it follows it: what lies beyond
    # a visible line from its building goes to the neighbour on its own side.
    fence = pieces.fence[piece]
    across = np.isin(kind, (CODE["none"], CODE["building"])) & (arrangement.right >= 0)
    across &= fence[arrangement.left] == fence[np.maximum(arrangement.right, 0)]
    a, b = arrangement.left[across], arrangement.right[across]
    same = label[a] == label[b]
    part = joined(len(label), a[same], b[same])
    home = np.flatnonzero(atom_of_clump >= 0)
    home = home[label[atom_of_clump[home]] == blocks + count + home]
    reached = np.isin(part, part[atom_of_clump[home]])
    label = label[adopt(arrangement, (label >= blocks + count) & ~reached, across=across)]
    return Atoms(arrangement, label, piece, atom_of_clump)


def merge_atoms(atoms: Atoms, kind: Ints, people: Load, pieces: Pieces) -> Ints:
    """Join atoms of one label where they touch, then let what is without people join what is around it.

    An empty piece goes where cutting it off would cost most: along the longest, weakest line,
    rather not across a river or railway, rather not into another compound or existing grid, never over a fence.
    Within a fence where nobody lives, empty pieces that touch are one unit.
    """
    arrangement = atoms.arrangement
    n = len(arrangement.faces)
    both = arrangement.right >= 0
    a, b = arrangement.left[both], arrangement.right[both]
    same = atoms.label[a] == atoms.label[b]
    unit = joined(n, a[same], b[same])
    length, kinds = arrangement.length_m[both], kind[both]
    pull = length * np.where(BLOCKS[kinds], 0.001, COST[kinds] + 0.01)
    for area in (pieces.compound[atoms.piece], pieces.existing[atoms.piece]):
        pull = np.where(area[a] == area[b], pull, 0.05 * pull)
    fence = pieces.fence[atoms.piece]
    open_ = fence[a] == fence[b]
    a, b, pull = a[open_], b[open_], pull[open_]
    source, target, pull = np.concatenate([a, b]), np.concatenate([b, a]), np.tile(pull, 2)
    member = atoms.atom_of_clump >= 0
    while True:
        load = people.grouped(np.where(member, unit[atoms.atom_of_clump], -1), n)
        lone = load.empty
        open_ = lone[unit[source]] & ~lone[unit[target]]
        if not open_.any():
            break
        choice = strongest(unit[source[open_]], unit[target[open_]], pull[open_])
        into = np.arange(n)
        into[choice[:, 0]] = choice[:, 1]
        unit = into[unit]
    left = lone[unit[a]] & lone[unit[b]]
    whole = joined(n, unit[a[left]], unit[b[left]])
    unit = whole[unit]
    unit = _adopt_cut_off(arrangement, unit, np.isin(np.arange(n), whole[lone]), pieces, atoms)
    return np.unique(unit, return_inverse=True)[1].astype(np.int64)


def _adopt_cut_off(arrangement: Arrangement, unit: Ints, lone: Bools, pieces: Pieces, atoms: Atoms) -> Ints:
    """Give empty pieces that a building on a fence cuts off from their own side to what is around them.

    What a side has most of stays, and a locked grid is as it is.
    """
    fence, fixed = pieces.fence[atoms.piece], pieces.fixed[atoms.piece]
    free, locked = fixed < 0, (fixed >= 0) & (fixed == pieces.existing[atoms.piece])
    area = np.bincount(unit, shapely.area(arrangement.faces), len(unit))
    order = np.lexsort((area[unit], ~lone[unit], fence))
    main = np.empty(int(fence.max()) + 1, np.int64)
    main[fence[order]] = unit[order]  # of several the last one counts
    both = arrangement.right >= 0
    a, b = arrangement.left[both], arrangement.right[both]
    source, target = np.concatenate([a, b]), np.concatenate([b, a])
    orphan = lone[unit] & ~locked & (unit != main[fence])
    open_ = orphan[source] & ~lone[unit[target]] & free[target] & (unit[source] != unit[target])
    choice = strongest(unit[source[open_]], unit[target[open_]], np.tile(arrangement.length_m[both], 2)[open_])
    into = np.arange(len(unit))
    into[choice[:, 0]] = choice[:, 1]
    return into[unit]


def tie_clumps(atoms: Atoms, clumps: Clumps, unit: Ints, pieces: Pieces) -> Ints:
    """Keep a building of several parts in one unit: join what lies on the shortest way between them, over no fence."""
    several = np.flatnonzero(shapely.get_num_geometries(clumps.footprint) > 1)
    parts, of = shapely.get_parts(clumps.footprint[several], return_index=True)
    atom = covering(atoms.arrangement.faces, shapely.point_on_surface(parts))
    arrangement = atoms.arrangement
    both = arrangement.right >= 0
    left, right = arrangement.left[both], arrangement.right[both]
    fence_of_atom, area = pieces.fence[atoms.piece], shapely.area(arrangement.faces)
    for k in range(len(several)):
        homes = np.unique(unit[atom[(of == k) & (atom >= 0)]])
        if len(homes) < 2:
            continue
        n = int(unit.max()) + 1
        fence = fence_of_atom[_largest(area, unit)]
        open_ = fence[unit[left]] == fence[unit[right]]
        ends = unit[left[open_]], unit[right[open_]]
        matrix = coo_array((np.ones(open_.sum()), ends), shape=(n, n)).tocsr()
        matrix.data[:] = 1.0
        steps, before = dijkstra(matrix, directed=False, indices=homes[0], return_predecessors=True)
        way = {int(homes[0])}
        for home in homes[1:]:
            at = int(home)
            while np.isfinite(steps[home]) and at != homes[0]:
                way.add(at)
                at = int(before[at])
        unit = np.where(np.isin(unit, list(way)), homes[0], unit)
        unit = np.unique(unit, return_inverse=True)[1].astype(np.int64)
    return unit


def _largest(area: Floats, unit: Ints) -> Ints:
    """Return the largest face of every unit."""
    order = np.lexsort((-area, unit))
    largest: Ints = order[np.unique(unit[order], return_index=True)[1]]
    return largest


def describe_units(
    layers: Layers,
    counts: pd.DataFrame,
    measures: tuple[Measure, ...],
    atoms: Atoms,
    kind: Ints,
    name: npt.NDArray[np.object_],
    unit: Ints,
    clumps: Clumps,
    pieces: Pieces,
) -> Units:
    """Dissolve atoms to units, count what lies in them, and describe the lines between them."""
    arrangement = atoms.arrangement
    n = int(unit.max()) + 1
    order = np.argsort(unit, kind="stable")
    start = np.searchsorted(unit[order], np.arange(n + 1))
    geometry = arrangement.faces[order[start[:-1]]].copy()
    for u in np.flatnonzero(np.diff(start) > 1):
        geometry[u] = shapely.coverage_union_all(arrangement.faces[order[start[u] : start[u + 1]]])
    largest = _largest(shapely.area(arrangement.faces), unit)
    inside = layers.buildings["inside"].to_numpy(bool)
    at = atoms.atom_of_clump[clumps.of]
    of_building = np.where(inside & (at >= 0), unit[at], -1)
    member = of_building >= 0
    centre = shapely.get_coordinates(shapely.point_on_surface(geometry))
    sums = {
        column: np.bincount(of_building[member], counts[column].to_numpy()[member], n).astype(np.int64)
        for column in ("households", "population")
    }
    piece = atoms.piece[largest]
    # A unit is called by its most populous building: a name that people can look up.
    crowd = counts["households"].to_numpy() + counts["population"].to_numpy()
    by_crowd = np.lexsort((-crowd, of_building))
    by_crowd = by_crowd[of_building[by_crowd] >= 0]
    named, first = np.unique(of_building[by_crowd], return_index=True)
    call = np.arange(n).astype(str).astype(object)
    call[named] = layers.buildings["source_id"].to_numpy(object)[by_crowd[first]]
    frame = gpd.GeoDataFrame(
        {
            **sums,
            "buildings": np.bincount(of_building[member], minlength=n),
            "area_m2": shapely.area(geometry),
            "x": centre[:, 0],
            "y": centre[:, 1],
            "block": pieces.block[piece],
            "face": piece,
            "face_share": pieces.load.share[piece],
            "compound": pieces.compound[piece],
            "community": pieces.community[piece],
            "existing": pieces.existing[piece],
            "fixed": pieces.fixed[piece],
            "name": call,
        },
        geometry=geometry,
        crs=layers.crs,
        index=pd.RangeIndex(n, name="unit_id"),
    )
    edges = _unit_edges(layers, atoms, kind, name, unit, sums["households"] + sums["population"])
    return Units(
        frame=frame,
        measures=tuple(measure.grouped(of_building, n) for measure in measures),
        buildings=pd.Series(of_building, index=layers.buildings.index, name="unit_id"),
        edges=edges,
    )


def _unit_edges(
    layers: Layers, atoms: Atoms, kind: Ints, name: npt.NDArray[np.object_], unit: Ints, people: Ints
) -> gpd.GeoDataFrame:
    """Keep the lines between units; walkable where nothing blocks, or a road crosses, from main part to main part."""
    arrangement = atoms.arrangement
    n = len(arrangement.faces)
    a, b = arrangement.left, arrangement.right
    inner = b >= 0
    blocked = BLOCKS[kind] & inner
    bridged = np.zeros(len(a), bool)
    x, y = crossings(layers, arrangement, np.flatnonzero(blocked))
    bridged[blocked] = np.isin(a[blocked] * np.int64(n) + b[blocked], x * np.int64(n) + y)
    open_ = inner & (~blocked | bridged)
    # A unit's main part is the largest that can be walked through without leaving the unit.
    within = open_ & (unit[a] == unit[np.maximum(b, 0)])
    part = joined(n, a[within], b[within])
    size = np.bincount(part, shapely.area(arrangement.faces), n)
    held = np.bincount(part, np.isin(np.arange(n), atoms.atom_of_clump) * 1.0, n)
    order = np.lexsort((-size[part], -(held[part] > 0).astype(int), unit))
    main = part[order[np.unique(unit[order], return_index=True)[1]]]
    anchored = part == main[unit]
    walkable = open_ & anchored[a] & anchored[np.maximum(b, 0)]
    left, right = unit[a], np.where(inner, unit[np.maximum(b, 0)], -1)
    kept = left != right
    return gpd.GeoDataFrame(
        {
            "left": left[kept],
            "right": right[kept],
            "length_m": arrangement.length_m[kept],
            "kind": KIND_NAMES[kind[kept]],
            "name": name[kept],
            "walkable": walkable[kept],
        },
        geometry=arrangement.edges[kept],
        crs=layers.crs,
    )
