"""The audit itself: put the input right, measure, explain, certify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.audit.bands import (
    Compounds,
    Explanation,
    Load,
    check_compounds,
    explain_bands,
    share_bands,
    shares_of_grids,
)
from gridgis.audit.certificate import Certificate, Placed
from gridgis.audit.cover import Cover, measure_cover, polsby_popper, reock
from gridgis.audit.fences import changed_locks, check_nesting
from gridgis.audit.follows import measure_follows
from gridgis.audit.levels import LEVEL_NOUNS, Sectors, judge_levels
from gridgis.audit.placing import Placing, place_buildings
from gridgis.errors import InputError, some, some_zh
from gridgis.languages import Said
from gridgis.measures import NOUNS
from gridgis.options import COUNT_WORDS, COUNTS
from gridgis.overlaps import overlapping
from gridgis.partition.assignment import Proof
from gridgis.profiles import Band, Housing

Polygons = npt.NDArray[np.object_]

ROUNDED_M2 = 0.5
"""Where no larger part is cut off any building, rounded coordinates are the likely reason."""


def audit_grids(
    grids: gpd.GeoDataFrame,
    boundary: Polygon | MultiPolygon,
    buildings: gpd.GeoDataFrame,
    *,
    households: Band | None = None,
    population: Band | None = None,
    housing: Housing | None = None,
    soft: Sequence[str] = (),
    lines: gpd.GeoDataFrame | None = None,
    water: gpd.GeoDataFrame | None = None,
    compounds: gpd.GeoDataFrame | None = None,
    communities: gpd.GeoDataFrame | None = None,
    sectors: Sectors | None = None,
    micro: Certificate | None = None,
    level: str = "grid",
    locked: gpd.GeoDataFrame | None = None,
    slivers: Polygon | MultiPolygon | None = None,
    proofs: Sequence[Proof] = (),
    visible_at_best: float | None = None,
    notes: Sequence[tuple[str, str]] = (),
) -> Certificate:
    """Judge grids, also those of another program, by geometry alone.

    Counts are summed from the buildings of which at least half lies in the jurisdiction; a
    building belongs to the grid with the largest share of its area. Columns of ``grids``
    beside ``code`` are never read.

    Parameters
    ----------
    grids
        Polygons in any CRS, one row a grid; ``code`` names them where it is there.
    boundary
        The jurisdiction, in the CRS of the buildings.
    buildings
        Polygons in a metric CRS, with ``households`` and ``population`` as far as bands are
        to be judged; ``source_id`` names them where it is there.
    households, population
        Bands that every grid should keep; None: not judged.
    housing
        Several housing types, each with bands of its own, instead of these two; every building's ``profile``
        says which it goes by.
    soft
        Rules (``households``, ``population``) that are aimed at: grids outside are told, but no fault.
    lines, water, compounds
        As in `Layers`; what the inner boundary may follow. Compounds must not be split,
        either, unless one is too large for a grid.
    communities
        Polygons whose edges no grid may cross.
    sectors
        Areas of several grids each, which no grid may cross either.
    micro
        The certificate of the micro-grids that divide the grids, judged with the grids as ``communities``.
    level
        What is judged: ``grid``, or ``micro``.
    locked
        Grids, by ``code``, that must be just as they were.
    slivers
        Seams of the boundary as drawn, see `Layers`: no fault whether a grid holds them or not.
    proofs
        Why the partition broke a band, by the index of ``grids``.
    visible_at_best
        Visible share of the inner boundary that the units would have allowed.
    notes
        What else a reader of the certificate must know, in English and Chinese.

    Raises
    ------
    InputError
        A layer without CRS or polygons, or without the counts that a band needs.
    """
    plain = {rule: band for rule, band in (("households", households), ("population", population)) if band is not None}
    bands = share_bands(housing) if housing is not None else plain
    _check_door(grids, buildings, {rule.partition("_")[0] for rule in bands})
    checked = _put_right(grids.to_crs(buildings.crs))
    footprints = _valid(buildings.geometry.to_numpy())
    clump = overlapping(footprints)
    placing = place_buildings(checked.polygons, boundary, footprints, clump, _fences(communities, locked, compounds))
    load = _load(buildings, placing, clump, housing)
    notes = [*notes, *_notes(buildings, placing)]
    noun = LEVEL_NOUNS[level][0], LEVEL_NOUNS[level][2]
    explanations = explain_bands(load, bands, soft, checked.codes, list(grids.index), proofs, noun)
    outlined = (("water", water), ("compound", compounds), ("community", communities))
    areas = [(kind, frame) for kind, frame in outlined if frame is not None]
    cover = measure_cover(checked.polygons, boundary, slivers)
    nesting = None
    upper = np.empty(0, object) if communities is None else _valid(communities.geometry.to_numpy())
    if len(upper):
        nesting = check_nesting(checked.polygons, upper, footprints, cover.tolerance_m2)
    changed: dict[str, float] | None = None
    if locked is not None and not locked.empty:
        changed = changed_locks(checked.polygons, checked.codes, locked, footprints, cover.tolerance_m2)
    follows = None if lines is None else measure_follows(checked.polygons, boundary, footprints, lines, areas)
    if follows is not None and follows.visible_share is not None and visible_at_best is not None:
        visible_at_best = max(visible_at_best, follows.visible_share)
    certificate = Certificate(
        level=level,
        levels=(),
        cover=cover,
        buildings=_placed(placing, _names(buildings, "source_id")),
        rows=_rows(grids.index, checked, cover, load, explanations),
        bands=bands,
        explanations=tuple(explanations),
        compounds=None
        if compounds is None or compounds.empty
        else _compounds(compounds, [communities, locked], _middles(footprints, clump), load, bands),
        nesting=nesting,
        changed_locks=changed,
        follows=follows,
        visible_at_best=visible_at_best,
        defects=tuple(checked.defects),
        defects_zh=tuple(checked.defects_zh),
        notes=tuple(en for en, _ in notes),
        notes_zh=tuple(zh for _, zh in notes),
    )
    if communities is not None:
        communities = gpd.GeoDataFrame({"code": _names(communities, "code")}, geometry=upper, crs=buildings.crs)
    if sectors is not None:
        frame = sectors.areas.to_crs(buildings.crs)
        shapes = _valid(frame.geometry.to_numpy())
        areas = gpd.GeoDataFrame({"code": _names(frame, "code")}, geometry=shapes, crs=buildings.crs)
        sectors = replace(sectors, areas=areas)
    levels = judge_levels(certificate, checked.polygons, communities, sectors, micro, footprints, (boundary, slivers))
    return replace(certificate, levels=levels)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Grids as valid polygons, (k,), with what was wrong with them."""

    polygons: Polygons
    codes: list[str]
    defects: list[str]
    defects_zh: list[str]


def _check_door(grids: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, rules: Iterable[str]) -> None:
    faults = []
    if grids.crs is None:
        faults.append(Said("the grids have no CRS; add the .prj file, or say which one it is, e.g. --crs EPSG:4547"))
    if buildings.crs is None or not buildings.crs.is_projected:
        faults.append(Said("the buildings are not in a metric CRS; reproject them, e.g. to their UTM zone"))
    if not shapely.area(grids.geometry.to_numpy()).any():
        faults.append(Said("the grids' layer has no polygon; give the layer that holds the grids' areas"))
    if not len(buildings):
        faults.append(Said("there are no buildings to audit the grids with; give the buildings' layer"))
    for rule in sorted(rules):
        if rule not in buildings or buildings[rule].isna().all():
            faults.append(
                Said(
                    "the buildings say nothing about {rule}; estimate it first, or leave out its band",
                    rule=COUNT_WORDS.get(rule, rule),
                )
            )
    if faults:
        raise InputError(*faults)


def _put_right(grids: gpd.GeoDataFrame) -> Checked:
    """Make the grids valid for measuring; what had to be mended is a defect all the same."""
    given = grids.geometry.to_numpy()
    codes = _names(grids, "code")
    empty = shapely.is_missing(given) | shapely.is_empty(given)
    valid = shapely.is_valid(given) | empty
    code = pd.Series(codes)
    defects, defects_zh = [], []
    for fault, en, zh in (
        (empty, "{n} grid{s} without geometry: {ids}", "{n}个网格没有图形：{ids}"),
        (~valid, "{n} grid{s} with an invalid outline (it crosses itself): {ids}", "{n}个网格边界自相交：{ids}"),
        (code.duplicated().to_numpy(), "{n} code{s} given to more than one grid: {ids}", "{n}个网格编码重复：{ids}"),
    ):
        ids = list(code[fault].unique())
        if ids:
            defects.append(en.format(n=len(ids), s="" if len(ids) == 1 else "s", ids=some(ids)))
            defects_zh.append(zh.format(n=len(ids), ids=some(ids)))
    return Checked(polygons=_valid(given), codes=codes, defects=defects, defects_zh=defects_zh)


def _valid(shapes: Polygons) -> Polygons:
    """The areas of shapes as valid polygons; an empty one where there is none."""
    shapes = np.where(shapely.is_missing(shapes), Polygon(), shapes)
    for i in np.flatnonzero(~shapely.is_valid(shapes) | (shapely.get_dimensions(shapes) != 2)):
        shapes[i] = _area(shapes[i])
    return shapes


def _area(shape: shapely.Geometry) -> Polygon | MultiPolygon:
    parts = shapely.get_parts(shapely.make_valid(shapely.get_parts(shape)))
    parts = shapely.get_parts(parts)
    union = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return union if isinstance(union, Polygon | MultiPolygon) else Polygon()


def _names(frame: gpd.GeoDataFrame, column: str) -> list[str]:
    """Ids as people know them: the column where it is there, else the index."""
    if column not in frame:
        return [str(i) for i in frame.index]
    return [
        str(i) if missing else str(v)
        for i, v, missing in zip(frame.index, frame[column], frame[column].isna(), strict=True)
    ]


def _load(buildings: gpd.GeoDataFrame, placing: Placing, clump: npt.NDArray[np.int64], housing: Housing | None) -> Load:
    """The counts of the buildings that are inside; others own nothing, and unknown counts are 0."""
    counts = {
        rule: np.where(placing.inside, buildings[rule].fillna(0).to_numpy(float), 0.0)
        for rule in COUNTS
        if rule in buildings
    }
    if housing is not None:
        counts |= shares_of_grids(counts, buildings["profile"].to_numpy(object), housing)
    owner = np.where(placing.inside, placing.owner, -1)
    return Load(owner=owner, clump=clump, name=_names(buildings, "source_id"), counts=counts)


def _notes(buildings: gpd.GeoDataFrame, placing: Placing) -> list[tuple[str, str]]:
    notes = []
    for rule in COUNTS:
        noun = NOUNS[rule][0]
        unknown = int((placing.inside & buildings[rule].isna()).sum()) if rule in buildings else 0
        if unknown:
            en = f"buildings that do not say how many {noun} they have were counted with none: {unknown:,}"
            notes.append((en, f"{unknown}栋建筑没有{NOUNS[rule][2]}，按0计"))
    if placing.parted.any():
        names = _names(buildings, "source_id")
        ids = [names[i] for i in np.flatnonzero(placing.parted)]
        one = len(ids) == 1
        en = (
            f"{len(ids):,} building{' has' if one else 's have'} parts on both sides of an edge that no grid crosses "
            f"(of a community, a locked grid or a dedicated compound), and count{'s' if one else ''} where most of "
            f"{'it' if one else 'each'} lies: {some(ids)}; enter the parts as buildings of their own, "
            "or correct the edge"
        )
        zh = (
            f"{len(ids)}栋建筑的各部分分处网格不得跨越的边界（社区、锁定网格或专属小区）两侧，"
            f"按面积最大的部分计入：{some_zh(ids)}；可将各部分分别登记，或修正边界"
        )
        notes.append((en, zh))
    if 0 < placing.largest_cut_m2 < ROUNDED_M2:
        size = f"{placing.largest_cut_m2:.2g}"
        en = f"no more than {size} m² is cut off any building: the coordinates in the grids' file may have been rounded"
        notes.append((en, f"被切割的建筑部分最大仅{size}平方米：网格文件的坐标可能被取整"))
    return notes


def _fences(
    communities: gpd.GeoDataFrame | None, locked: gpd.GeoDataFrame | None, compounds: gpd.GeoDataFrame | None
) -> list[Polygons]:
    """Return the areas whose edges no grid crosses, layer by layer."""
    if compounds is not None:
        compounds = compounds[compounds["dedicated"].to_numpy(bool)] if "dedicated" in compounds else None
    return [_valid(frame.geometry.to_numpy()) for frame in (communities, locked, compounds) if frame is not None]


def _placed(placing: Placing, names: list[str]) -> Placed:
    def ids(mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(names[i] for i in np.flatnonzero(mask))

    elsewhere = placing.cut | placing.parted | placing.several | placing.nowhere
    return Placed(
        counted=int(placing.inside.sum()),
        in_one_grid=int((placing.inside & ~elsewhere).sum()),
        cut=ids(placing.cut),
        parted=ids(placing.parted),
        nowhere=ids(placing.nowhere),
        several=ids(placing.several),
        largest_part_m2=placing.largest_part_m2,
        largest_part_share=placing.largest_part_share,
        largest_cut_m2=placing.largest_cut_m2,
    )


def _rows(index: pd.Index, checked: Checked, cover: Cover, load: Load, explanations: list[Explanation]) -> pd.DataFrame:
    k = len(index)
    broken, unproven = np.zeros(k, bool), np.zeros(k, bool)
    for explanation in explanations:
        broken[explanation.grid] |= not explanation.soft
        unproven[explanation.grid] |= not explanation.proven
    totals = {rule: load.totals(rule, k) if rule in load.counts else np.full(k, np.nan) for rule in COUNTS}
    return pd.DataFrame(
        {
            "code": checked.codes,
            **totals,
            "buildings": np.bincount(load.owner[load.owner >= 0], minlength=k),
            "area_m2": shapely.area(checked.polygons),
            "pieces": cover.pieces,
            "polsby_popper": polsby_popper(checked.polygons),
            "reock": reock(checked.polygons),
            "in_bands": ~broken,
            "explained": broken & ~unproven,
        },
        index=index,
    )


def _middles(footprints: Polygons, clump: npt.NDArray[np.int64]) -> Polygons:
    """Return a point in each building; buildings that overlap are where the middle of all of them is."""
    middle: Polygons = shapely.point_on_surface(footprints)
    for label in np.flatnonzero(np.bincount(clump) > 1):
        members = clump == label
        middle[members] = shapely.point_on_surface(shapely.union_all(footprints[members]))
    return middle


def _compounds(
    compounds: gpd.GeoDataFrame,
    fences: list[gpd.GeoDataFrame | None],
    points: Polygons,
    load: Load,
    bands: dict[str, Band],
) -> Compounds:
    """A building belongs to the compounds that its middle lies in; fences may have to divide them."""
    tree = shapely.STRtree(points)
    compound, building = tree.query(_valid(compounds.geometry.to_numpy()), predicate="intersects").astype(np.int64)
    parted = np.zeros(len(compounds), bool)
    for frame in fences:
        if frame is not None and not frame.empty:
            side = np.full(len(points), -1)
            within = tree.query(_valid(frame.geometry.to_numpy()), predicate="intersects")
            side[within[1]] = within[0]
            pairs = np.unique(np.column_stack([compound, side[building]]), axis=0)
            parted |= np.bincount(pairs[:, 0], minlength=len(compounds)) > 1
    return check_compounds(load, bands, (compound, building), parted, _names(compounds, "name"))
