"""A city's communities -> jurisdictions that cover it: no gap, no overlap, no building in two of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import MultiPolygon, Polygon

from gridgis.arrangement import Arrangement, arrange
from gridgis.codes import community_codes, write_code
from gridgis.errors import InputError, some
from gridgis.inputs.assemble import LINE_MARGIN_M
from gridgis.inputs.fingerprint import fingerprint_layers
from gridgis.inputs.lines import clip_lines
from gridgis.languages import Said
from gridgis.layers import Layers
from gridgis.linework import find_clumps
from gridgis.options import PlanOptions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Geometries = npt.NDArray[np.object_]

REST = {"zh": "不属于任何社区的部分", "en": "in no community"}
"""What the ground is called that lies in none, where people live on it."""

SAME_M2 = 1e-3
"""Two communities hold equally much of a building when they differ by less."""

POCKET_M2 = 1000.0
"""Ground without a building, apart from the rest of its community, joins its surroundings when smaller."""


@dataclass(frozen=True, kw_only=True)
class Jurisdiction:
    """A part of the city that is divided by itself.

    Attributes
    ----------
    code, name
        Of its community; ``name`` may be empty.
    boundary
        Its ground, along the outlines of whole buildings. Shares its vertices with its neighbours'.
    buildings
        Positions in ``Layers.buildings`` of those that stand in it; each building stands in one jurisdiction.
    """

    code: str
    name: str
    boundary: Polygon | MultiPolygon
    buildings: Ints


@dataclass(frozen=True, kw_only=True)
class Division:
    """A city's jurisdictions, and what a reader must know of how they came about (English, Chinese)."""

    jurisdictions: tuple[Jurisdiction, ...]
    notes: tuple[tuple[str, str], ...]


def divide_city(layers: Layers, options: PlanOptions) -> Division:
    """Make every community a jurisdiction, without cutting a building.

    Buildings that overlap form a clump; a clump over several communities goes whole to the one that holds most of
    it, the first of them where they are equal. Ground in no community is one more jurisdiction where buildings stand
    on it. Ground without a building, if it is in no community, a community of its own or cut off by a clump, goes to
    the jurisdiction beside it.

    Raises
    ------
    InputError
        No communities, or several of one code.
    """
    areas = layers.communities.geometry.to_numpy()
    if not len(areas):
        raise InputError(Said("there are no communities to divide the city by; give their layer (--communities)"))
    codes, names = _names(layers, options)
    rest = len(areas)
    clumps = find_clumps(layers)
    holder = hold_clumps(clumps.footprint, areas)
    across = ~_within(clumps.footprint, areas, holder)
    ground = arrange(_outlines(areas, clumps.footprint[across]), layers.boundary)
    owner, standing = _owners(ground, areas, clumps.footprint, holder, across)
    built = standing | _built(ground.faces, clumps.footprint)
    owner = settle_empty_ground(ground, owner, built, rest)
    there = np.unique(owner)
    out = []
    for place in there.tolist():
        boundary = _surface(shapely.coverage_union_all(ground.faces[owner == place]))
        stands = (holder[clumps.of] == place) & ~shapely.is_empty(clumps.footprint)[clumps.of]
        buildings = np.flatnonzero(stands).astype(np.int64)
        out.append(Jurisdiction(code=codes[place], name=names[place], boundary=boundary, buildings=buildings))
    return Division(jurisdictions=tuple(out), notes=tuple(_notes(codes, there, out)))


def hold_clumps(footprint: Geometries, areas: Geometries) -> Ints:
    """Return (c,) the area that holds most of each clump, ``len(areas)`` where most lies in none; ties: the first."""
    clump, area = shapely.STRtree(areas).query(footprint, predicate="intersects")
    held = shapely.area(shapely.intersection(footprint[clump], areas[area]))
    whole = shapely.area(footprint)
    free = whole - np.bincount(clump, held, len(footprint))
    clump = np.concatenate([clump, np.arange(len(footprint))])
    area = np.concatenate([area, np.full(len(footprint), len(areas))])
    held = np.concatenate([held, free])
    steps = np.rint(held / SAME_M2)
    order = np.lexsort((area, -steps, clump))
    holder: Ints = area[order[np.unique(clump[order], return_index=True)[1]]].astype(np.int64)
    return holder


def settle_empty_ground(ground: Arrangement, owner: Ints, built: Bools, rest: int) -> Ints:
    """Give ground without a building to the owner that it shares most line with, or the nearest.

    That is each connected piece without a building that lies in no community (``rest``), is all that its owner has, or
    is a pocket in other ground; other islands stay with their owner.
    """
    inner = ground.right >= 0
    left, right, length = ground.left[inner], ground.right[inner], ground.length_m[inner]
    same = owner[left] == owner[right]
    links = coo_array((np.ones(same.sum(), np.int8), (left[same], right[same])), shape=(len(owner), len(owner)))
    count, piece = connected_components(links, directed=False)
    of = np.zeros(count, np.int64)
    of[piece] = owner
    lived = np.bincount(piece, built, count) > 0
    lived_in = np.bincount(of, lived, rest + 1)[of] > 0
    pocket = np.bincount(piece, shapely.area(ground.faces), count) < POCKET_M2
    beside = np.zeros(count, bool)
    beside[piece[np.concatenate([left[~same], right[~same]])]] = True
    loose = ~lived & ((of == rest) | ~lived_in | (pocket & beside))
    if not (~loose).any():
        raise InputError(
            Said("no building stands in any of the communities; check that both layers are of the same place")
        )
    a, b = np.concatenate([piece[left], piece[right]]), np.concatenate([piece[right], piece[left]])
    shared = np.tile(length, 2)
    while (open_ := loose[a] & ~loose[b]).any():
        pairs, at = np.unique(np.column_stack([a[open_], of[b[open_]]]), axis=0, return_inverse=True)
        total = np.bincount(at.ravel(), shared[open_], len(pairs))
        order = np.lexsort((pairs[:, 1], -total, pairs[:, 0]))
        best = order[np.unique(pairs[order, 0], return_index=True)[1]]
        of[pairs[best, 0]] = pairs[best, 1]
        loose[pairs[best, 0]] = False
    if loose.any():
        # an island apart from everything
        settled = ~loose[piece]
        far = np.flatnonzero(~settled)
        near = shapely.STRtree(ground.faces[settled]).query_nearest(ground.faces[far], all_matches=False)[1]
        of[piece[far]] = of[piece[np.flatnonzero(settled)[near]]]
    settled_owner: Ints = of[piece]
    return settled_owner


def part_layers(layers: Layers, place: Jurisdiction) -> Layers:
    """Return the layers of one jurisdiction: its buildings numbered anew, and what lies within the margin around it."""
    near = shapely.box(*shapely.buffer(shapely.box(*place.boundary.bounds), LINE_MARGIN_M).bounds)
    buildings = layers.buildings.iloc[place.buildings].reset_index(drop=True).rename_axis("building_id")
    reaching = {
        name: frame[_shares_ground(frame.geometry.to_numpy(), place.boundary)].reset_index(drop=True)
        for name, frame in (("compounds", layers.compounds), ("existing", layers.existing))
    }
    water = layers.water[shapely.intersects(near, layers.water.geometry.to_numpy())].reset_index(drop=True)
    part = replace(
        layers,
        boundary=place.boundary,
        buildings=buildings,
        lines=clip_lines(layers.lines, near),
        water=water,
        communities=layers.communities.iloc[:0],
        census=layers.census.iloc[:0],
        name=place.name or place.code,
        **reaching,
    )
    frames = (part.buildings, part.lines, part.water, part.compounds, part.existing)
    return replace(part, fingerprint=fingerprint_layers(part.boundary, *frames))


def _names(layers: Layers, options: PlanOptions) -> tuple[list[str], list[str]]:
    """Return codes and names of the communities, and last of the ground in none."""
    codes = community_codes(layers, options)
    again = sorted({code for code in codes if codes.count(code) > 1})
    if again:
        raise InputError(
            Said(
                "{count:,} codes of communities are there several times ({again}); join the polygons of one "
                "community with --by COLUMN, or correct the codes",
                count=len(again),
                again=some(again),
            )
        )
    width = max(3, len(str(len(codes) + 1)))
    free = (write_code("community", options.parent_code, len(codes) + k, width, options) for k in range(1, 1_000_000))
    names = [name if isinstance(name, str) else "" for name in layers.communities["name"]]
    return [*codes, next(code for code in free if code not in codes)], [*names, f"{REST['zh']} / {REST['en']}"]


def _within(footprint: Geometries, areas: Geometries, holder: Ints) -> Bools:
    """Return whether the area that holds each clump holds all of it, and not even its edge is on the area's."""
    within = np.zeros(len(footprint), bool)
    real = np.flatnonzero(holder < len(areas))
    shapely.prepare(areas)
    within[real] = shapely.contains_properly(areas[holder[real]], footprint[real])
    whole: Bools = within | shapely.is_empty(footprint)
    return whole


def _outlines(areas: Geometries, footprint: Geometries) -> Geometries:
    rings: Geometries = shapely.get_parts(shapely.boundary(np.concatenate([areas, footprint])))
    return rings


def _owners(
    ground: Arrangement, areas: Geometries, footprint: Geometries, holder: Ints, across: Bools
) -> tuple[Ints, Bools]:
    """Return the community each face belongs to, that of the clump on it or the one it lies in; and if a clump is."""
    points = shapely.point_on_surface(ground.faces)
    owner = np.full(len(points), len(areas), np.int64)
    face, area = shapely.STRtree(areas).query(points, predicate="intersects")
    np.minimum.at(owner, face, area)
    chosen = np.flatnonzero(across)
    face, over = shapely.STRtree(footprint[chosen]).query(points, predicate="intersects")
    owner[face] = holder[chosen[over]]
    standing = np.zeros(len(points), bool)
    standing[face] = True
    return owner, standing


def _built(faces: Geometries, footprint: Geometries) -> Bools:
    """Return which faces a building stands on."""
    built = np.zeros(len(faces), bool)
    standing = footprint[~shapely.is_empty(footprint)]
    built[shapely.STRtree(faces).query(shapely.point_on_surface(standing), predicate="intersects")[1]] = True
    return built


def _shares_ground(shapes: Geometries, boundary: Polygon | MultiPolygon) -> Bools:
    shared: Bools = shapely.intersects(boundary, shapes) & ~shapely.touches(boundary, shapes)
    return shared


def _surface(shape: shapely.Geometry) -> Polygon | MultiPolygon:
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else MultiPolygon(parts.tolist())


def _notes(codes: list[str], there: Ints, places: list[Jurisdiction]) -> list[tuple[str, str]]:
    notes = []
    rest = len(codes) - 1
    gone = [code for at, code in enumerate(codes[:rest]) if at not in there]
    if gone:
        notes.append(
            (
                f"no building stands in {len(gone):,} communities ({some(gone)}); their ground went to others",
                f"{len(gone)} 个社区内没有建筑（{some(gone)}），其范围并入相邻社区",
            )
        )
    if rest in there:
        place = places[-1]
        notes.append(
            (
                f"{len(place.buildings):,} buildings stand in no community; their ground is a jurisdiction of its own, "
                f"{place.code} ({shapely.area(place.boundary) / 1e4:,.1f} ha)",
                f"{len(place.buildings):,} 栋建筑不属于任何社区，其范围单独作为辖区 {place.code}"
                f"（{shapely.area(place.boundary) / 1e4:,.1f} 公顷）",
            )
        )
    return notes
