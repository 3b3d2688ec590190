"""The levels of a plan, each measured against the jurisdiction and the level above: communities to micro-grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.audit.cover import Cover, measure_cover
from gridgis.audit.fences import Nesting, check_nesting
from gridgis.errors import some, some_zh
from gridgis.profiles import Band

if TYPE_CHECKING:
    from gridgis.audit.certificate import Certificate

Polygons = npt.NDArray[np.object_]
Pair = tuple[str, str]
"""A text in English and in Chinese."""

LEVEL_NOUNS: Mapping[str, tuple[str, str, str]] = {
    "community": ("community", "communities", "社区"),
    "sector": ("sector", "sectors", "片区"),
    "grid": ("grid", "grids", "网格"),
    "micro": ("micro-grid", "micro-grids", "微网格"),
}
"""Level -> what one of its areas is called in English, what several are, and in Chinese; from the top down."""


def plural(n: int, level: str) -> str:
    """Write a number of areas of a level."""
    one, several, _ = LEVEL_NOUNS[level]
    return f"{n:,} {one if n == 1 else several}"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an area of a level breaks its band, in English and Chinese; ``proven``: shown to force it."""

    reason: str
    reason_zh: str
    remedy: str = ""
    remedy_zh: str = ""
    proven: bool = True


@dataclass(frozen=True, kw_only=True)
class Sectors:
    """Sectors to audit.

    Attributes
    ----------
    areas
        Polygons with their ``code``, in the CRS of the buildings.
    band
        How many grids make a sector.
    reasons
        Position of a sector outside the band -> why.
    """

    areas: gpd.GeoDataFrame
    band: Band
    reasons: Mapping[int, Reason] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Level:
    """What an audit found of one level.

    Attributes
    ----------
    name
        ``community``, ``sector``, ``grid`` or ``micro``.
    areas
        How many there are.
    above
        The level they must nest in; None for the topmost.
    gap_m2, overlap_m2, outside_m2
        Against the jurisdiction. Communities may reach beyond it, and what lies in none of them is one more: that is no
        fault of theirs.
    apart
        Codes of areas in more pieces than the jurisdiction's parts force on them.
    crossing
        Codes of areas that cross an edge of the level above.
    largest_part_m2
        The most that any of them has in another area above.
    bands
        What every area must hold: ``grids`` or counts -> how many; empty where nothing was asked for.
    kept, explained
        Areas within their bands, and others that have a proven reason.
    faults, faults_zh
        Each in a sentence.
    """

    name: str
    areas: int
    above: str | None
    gap_m2: float
    overlap_m2: float
    outside_m2: float
    apart: tuple[str, ...] = ()
    crossing: tuple[str, ...] = ()
    largest_part_m2: float = 0.0
    bands: Mapping[str, Band] = field(default_factory=dict)
    kept: int
    explained: int = 0
    reasons: tuple[Reason, ...] = ()
    faults: tuple[str, ...] = ()
    faults_zh: tuple[str, ...] = ()

    @property
    def unexplained(self) -> int:
        """Areas outside a band for no proven reason."""
        return self.areas - self.kept - self.explained

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "level": self.name,
            "areas": self.areas,
            "gap_m2": round(self.gap_m2, 6),
            "overlap_m2": round(self.overlap_m2, 6),
            "outside_m2": round(self.outside_m2, 6),
            "not_connected": list(self.apart),
            "nested_in": self.above,
            "crossing": list(self.crossing),
            "largest_part_elsewhere_m2": round(self.largest_part_m2, 6),
            "bands": {rule: str(band) for rule, band in self.bands.items()},
            "kept": self.kept,
            "explained": self.explained,
            "unexplained": self.unexplained,
            "reasons": [
                {"proven": r.proven, "reason": r.reason, "reason_zh": r.reason_zh}
                | {"remedy": r.remedy, "remedy_zh": r.remedy_zh}
                for r in self.reasons
            ],
        }


def judge_levels(
    certificate: Certificate,
    grids: Polygons,
    communities: gpd.GeoDataFrame | None,
    sectors: Sectors | None,
    micro: Certificate | None,
    footprints: Polygons,
    area: tuple[Polygon | MultiPolygon, Polygon | MultiPolygon | None],
) -> tuple[Level, ...]:
    """Judge every level there is, from the top down.

    Parameters
    ----------
    certificate
        Of the grids, as far as they were judged by themselves.
    grids, footprints
        (k,) and (b,) valid Polygon or MultiPolygon, as are the areas of communities and sectors.
    area
        The jurisdiction, and its slivers.
    """
    if certificate.level == "micro":
        return (_own_level(certificate, "grid", certificate.nesting),)
    levels: list[Level] = []
    above, nesting = None, certificate.nesting
    faults: list[Pair] = []
    if communities is not None and len(communities):
        levels.append(_communities(communities, area))
        above = "community"
    if sectors is not None:
        shapes = sectors.areas.geometry.to_numpy()
        tolerance_m2 = certificate.cover.tolerance_m2
        nesting = check_nesting(grids, shapes, footprints, tolerance_m2)
        crossing = _coded(certificate.rows["code"].tolist(), nesting.crossing)
        faults = _counted(crossing, "grid", "across a sector's edge", "跨越片区边界")
        upper = None if above is None or communities is None else communities.geometry.to_numpy()
        within = None if upper is None else check_nesting(shapes, upper, footprints, tolerance_m2)
        # a grid counts in the sector that holds most of it
        held = nesting.parent[nesting.parent >= 0]
        levels.append(_sectors(sectors, np.bincount(held, minlength=len(shapes)), within, area))
        above = "sector"
    levels.append(_with_faults(_own_level(certificate, above, nesting), faults))
    if micro is not None:
        below = list(zip(micro.faults, micro.faults_zh, strict=True))
        levels.append(_with_faults(_own_level(micro, "grid", micro.nesting), below))
    return tuple(levels)


def _communities(
    communities: gpd.GeoDataFrame, area: tuple[Polygon | MultiPolygon, Polygon | MultiPolygon | None]
) -> Level:
    """Measure given communities as far as they lie in the jurisdiction."""
    boundary, slivers = area
    shapely.prepare(boundary)
    cover = measure_cover(
        _polygonal(shapely.intersection(communities.geometry.to_numpy(), boundary)), boundary, slivers
    )
    names = communities["code"].tolist()
    faults = []
    if cover.overlap_m2 > cover.tolerance_m2:
        pairs = [f"{names[i]}–{names[j]}" for i, j in cover.overlapping.tolist()]
        en = f"communities overlap by {cover.overlap_m2:,.2f} m²: {some(pairs)}"
        faults.append((en, f"社区重叠{cover.overlap_m2:.2f}平方米：{some_zh(pairs)}"))
    return _with_faults(_covering("community", len(names), None, cover), faults)


def _sectors(
    sectors: Sectors,
    grids: npt.NDArray[np.int64],
    nesting: Nesting | None,
    area: tuple[Polygon | MultiPolygon, Polygon | MultiPolygon | None],
) -> Level:
    """Measure sectors of so many grids each, (s,)."""
    codes = sectors.areas["code"].tolist()
    cover = measure_cover(sectors.areas.geometry.to_numpy(), *area)
    apart = _coded(codes, cover.pieces > cover.allowed_pieces)
    crossing = () if nesting is None else _coded(codes, nesting.crossing)
    faults = _areas_wrong(cover, "sector")
    faults += _counted(apart, "sector", "in pieces that do not touch", "不连通")
    faults += _counted(crossing, "sector", "across a community's edge", "跨越社区边界")
    broken = [place for place, number in enumerate(grids.tolist()) if number not in sectors.band]
    reasons = [
        sectors.reasons.get(place) or _no_reason(codes[place], int(grids[place]), sectors.band) for place in broken
    ]
    faults += [(reason.reason, reason.reason_zh) for reason in reasons if not reason.proven]
    level = _covering("sector", len(codes), None if nesting is None else "community", cover)
    return _with_faults(
        replace(
            level,
            apart=apart,
            crossing=crossing,
            largest_part_m2=0.0 if nesting is None else nesting.largest_m2,
            bands={"grids": sectors.band},
            kept=len(codes) - len(broken),
            explained=sum(reason.proven for reason in reasons),
            reasons=tuple(reasons),
        ),
        faults,
    )


def _own_level(certificate: Certificate, above: str | None, nesting: Nesting | None) -> Level:
    """Return a certificate's own areas as a level."""
    rows = certificate.rows
    return replace(
        _covering(certificate.level, len(rows), above if nesting is not None else None, certificate.cover),
        apart=tuple(rows["code"][certificate.disconnected]),
        crossing=() if nesting is None else tuple(rows["code"][nesting.crossing]),
        largest_part_m2=0.0 if nesting is None else nesting.largest_m2,
        bands=certificate.bands,
        kept=int(rows["in_bands"].sum()),
        explained=int(rows["explained"].sum()),
    )


def _covering(name: str, areas: int, above: str | None, cover: Cover) -> Level:
    return Level(
        name=name,
        areas=areas,
        above=above,
        gap_m2=cover.gap_m2,
        overlap_m2=cover.overlap_m2,
        outside_m2=cover.outside_m2,
        kept=areas,
    )


def _with_faults(level: Level, faults: Sequence[Pair]) -> Level:
    return replace(level, faults=tuple(en for en, _ in faults), faults_zh=tuple(zh for _, zh in faults))


def _areas_wrong(cover: Cover, level: str) -> list[Pair]:
    _, nouns, zh = LEVEL_NOUNS[level]
    found = []
    for area, en_text, zh_text in (
        (cover.gap_m2, f"of the jurisdiction are in no {LEVEL_NOUNS[level][0]}", f"不属于任何{zh}"),
        (cover.overlap_m2, f"lie in several {nouns} at once", f"同属多个{zh}"),
        (cover.outside_m2, f"of the {nouns} lie outside the jurisdiction", f"的{zh}超出辖区"),
    ):
        if area > cover.tolerance_m2:
            found.append((f"{area:,.2f} m² {en_text}", f"{area:.2f}平方米{zh_text}"))
    return found


def _counted(codes: Sequence[str], level: str, what: str, what_zh: str) -> list[Pair]:
    if not codes:
        return []
    one, several, zh = LEVEL_NOUNS[level]
    noun = one if len(codes) == 1 else several
    return [
        (f"{len(codes):,} {noun} {what}: {some(list(codes))}", f"{len(codes)}个{zh}{what_zh}：{some_zh(list(codes))}")
    ]


def _no_reason(code: str, grids: int, band: Band) -> Reason:
    few = grids < band.low
    limit = band.low if few else band.high
    return Reason(
        reason=f"sector {code} has {grids:,} grid{'' if grids == 1 else 's'}, {'fewer' if few else 'more'} than the "
        f"{limit:g} asked for, and no reason for it is known",
        reason_zh=f"片区{code}有{grids}个网格，{'少于' if few else '多于'}要求的{limit:g}个，原因不明",
        remedy="move grids between this sector and its neighbours",
        remedy_zh="可与相邻片区调整网格",
        proven=False,
    )


def _coded(codes: Sequence[str], mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(str(codes[place]) for place in np.flatnonzero(mask).tolist())


def _polygonal(shapes: Polygons) -> Polygons:
    """Keep only the areas of clipped shapes."""
    out = shapes.copy()
    for i in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[i])
        out[i] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    out[shapely.get_dimensions(out) != 2] = Polygon()
    return out
