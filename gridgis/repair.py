"""Defects of the layers that can be mended, and what was done about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.errors import InputError, some
from gridgis.languages import Said
from gridgis.overlaps import overlapping_pairs

MIN_BUILDING_M2 = 1.0
"""Smaller footprints are remains of drawing, not buildings."""
SEAM_WIDTH_M = 0.5
SEAM_M2 = 1.0
"""Ground between areas drawn one by one that is narrower (2 × area ÷ perimeter) or smaller is a seam."""
SLIVER_HOLE_M2 = 1000.0
SLIVER_HOLE_WIDTH_M = 10.0
"""A hole of the boundary that is smaller and narrower (2 × area ÷ perimeter) may be a seam between drawn areas."""
SLIVER_HOLE_SHARE = 1e-5
"""It is one if it is narrower than `SEAM_WIDTH_M`, or less than this share of the area around it."""
_AREA_CHANGE = 0.001
_BESIDE_M = 1e-3
_NODED_M = 1e-6

_PARTS = {"polygon": 2, "line": 1}


class Repairs:
    """What was found and done, in the order it happened."""

    def __init__(self) -> None:
        self._rows: list[dict[str, object]] = []

    def add(self, layer: str, defect: str, action: str, ids: Sequence[object] = (), count: int | None = None) -> None:
        """Note a defect; nothing is noted when none was found."""
        number = len(ids) if count is None else count
        if number:
            self._rows.append(
                {"layer": layer, "defect": defect, "count": int(number), "ids": some(list(ids)), "action": action}
            )

    def frame(self) -> pd.DataFrame:
        """Return the table of `Layers.repairs`."""
        return pd.DataFrame(self._rows, columns=["layer", "defect", "count", "ids", "action"])


def without_endless(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the layer with no geometry where coordinates are infinite or no numbers."""
    xy, row = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    endless = np.unique(row[~np.isfinite(xy).all(axis=1)])
    if not len(endless):
        return frame
    geometry = frame.geometry.copy()
    geometry.iloc[endless] = None
    return frame.set_geometry(geometry)


def clean_geometry(
    frame: gpd.GeoDataFrame, layer: str, kind: Literal["polygon", "line", "any"], ids: pd.Series, repairs: Repairs
) -> gpd.GeoDataFrame:
    """Return the rows whose geometry can be used: in two dimensions, valid, of the kind asked for.

    Parameters
    ----------
    frame
        A layer in any CRS.
    kind
        What is kept of mixed geometry; ``any`` keeps lines and polygons.
    ids
        Names of the rows for `repairs`, index as `frame`.
    """
    geometry = frame.geometry.to_numpy()
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    repairs.add(layer, "no geometry that can be used", "left out", ids[missing].tolist())
    frame, geometry = frame[~missing], geometry[~missing]

    solid = shapely.has_z(geometry) | shapely.has_m(geometry)
    repairs.add(layer, "heights or measures in the coordinates", "dropped", count=int(solid.sum()))
    geometry = shapely.force_2d(geometry)

    invalid = ~shapely.is_valid(geometry)
    if invalid.any():
        repairs.add(layer, "invalid geometry", "made valid", ids[frame.index[invalid]].tolist())
        geometry[invalid] = made_valid(geometry[invalid])

    mixed = shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION
    geometry[mixed] = [_largest_dimension(g) for g in geometry[mixed]]
    geometry = unwrap(geometry)
    dimension = shapely.get_dimensions(geometry)
    fits = (dimension >= 1) if kind == "any" else (dimension == _PARTS[kind])
    fits &= ~shapely.is_empty(geometry)
    repairs.add(
        layer, f"no {'line or polygon' if kind == 'any' else kind}", "left out", ids[frame.index[~fits]].tolist()
    )
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs))[fits]


def made_valid(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return the shapes valid, by their structure: holes stay holes.

    GEOS leaves some shapes invalid whose parts then touch along a line; those are noded.
    """
    mended: npt.NDArray[np.object_] = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    still = ~shapely.is_valid(mended)
    mended[still] = [_largest_dimension(shape) for shape in shapely.make_valid(mended[still])]
    return mended


def mend_boundary(areas: gpd.GeoSeries, layer: str, repairs: Repairs) -> Polygon | MultiPolygon:
    """Return the union of the boundary's rows, valid, in their own CRS.

    Raises
    ------
    InputError
        When a row crosses itself so that mending changes its area by more
        than 0.1 %: then nobody can tell what was meant.
    """
    geometry = shapely.force_2d(areas.to_numpy())
    mixed = shapely.get_type_id(geometry) == shapely.GeometryType.GEOMETRYCOLLECTION
    geometry[mixed] = [_largest_dimension(g) for g in geometry[mixed]]
    invalid = np.flatnonzero(~shapely.is_valid(geometry))
    faults = []
    for row, mended in zip(invalid, made_valid(geometry[invalid]), strict=True):
        change = abs(shapely.area(mended) - shapely.area(geometry[row])) / max(shapely.area(mended), 1e-12)
        if change > _AREA_CHANGE:
            reason = shapely.is_valid_reason(geometry[row])
            faults.append(
                Said(
                    "{layer}: row {row} is not a proper polygon: {where}. Mending it would change its area "
                    "by {change:.1%}, so it is not guessed: correct its corners there",
                    layer=layer,
                    row=areas.index[row] + 1,
                    where=_where(reason),
                    change=change,
                )
            )
        geometry[row] = mended
    if faults:
        raise InputError(*faults)
    repairs.add(layer, "invalid geometry", "made valid", [f"row {areas.index[row] + 1}" for row in invalid])
    united = shapely.union_all(geometry)
    repairs.add(layer, "several rows", "united", count=len(geometry) if len(geometry) > 1 else 0)
    polygons = [part for part in shapely.get_parts(united) if part.area > 0]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def close_slivers(
    boundary: Polygon | MultiPolygon, layer: str, repairs: Repairs
) -> tuple[Polygon | MultiPolygon, MultiPolygon]:
    """Close holes that are seams between drawn areas, and leave out parts that are (metres).

    Returns
    -------
    Polygon or MultiPolygon
        The boundary without them.
    MultiPolygon
        The slivers: holes that were closed and parts that were left out.
    """
    parts, closed, dropped = [], [], []
    for part in shapely.get_parts(boundary):
        if _is_sliver(part.exterior, boundary.area):
            dropped.append(part)
            continue
        holes = [ring for ring in part.interiors if not _is_sliver(ring, part.area)]
        closed += [ring for ring in part.interiors if _is_sliver(ring, part.area)]
        parts.append(Polygon(part.exterior, holes))
    if not parts:  # a jurisdiction that is itself that small
        return boundary, MultiPolygon()
    repairs.add(layer, "sliver holes", "closed", [f"{Polygon(r).area:.1f} m²" for r in closed])
    repairs.add(layer, "sliver parts", "left out", [f"{p.area:.1f} m²" for p in dropped])
    slivers = MultiPolygon([*(Polygon(ring) for ring in closed), *dropped])
    return parts[0] if len(parts) == 1 else MultiPolygon(parts), slivers


def part_overlaps(
    areas: npt.NDArray[np.object_], rank: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.object_], list[tuple[int, int, float]]]:
    """Give ground that several areas claim to the one of the lowest rank (metres; ranks differ).

    Returns
    -------
    (n,) Polygon or MultiPolygon
        The areas, no two of which overlap; empty where others claim all of one.
    list of (int, int, float)
        Who keeps ground, who loses it, and how many m²; overlaps that are only seams are mended but not told.
    """
    one, other = overlapping_pairs(areas, over_m2=0.0).T
    first = rank[one] < rank[other]
    keeper, loser = np.where(first, one, other), np.where(first, other, one)
    parted = areas.copy()
    for at in np.unique(loser):
        parted[at] = shapely.difference(areas[at], shapely.union_all(areas[keeper[loser == at]]))
    shared = shapely.intersection(areas[keeper], areas[loser])
    told = [
        (int(a), int(b), float(sum(part.area for part in surfaces(shape) if not is_seam(part))))
        for a, b, shape in zip(keeper, loser, shared, strict=True)
    ]
    return unwrap(parted), [pair for pair in told if pair[2] > 0]


def fill_gaps(areas: npt.NDArray[np.object_], gaps: Sequence[Polygon]) -> tuple[npt.NDArray[np.object_], list[Polygon]]:
    """Join each gap to the area that it shares most outline with (metres).

    Returns
    -------
    (n,) Polygon or MultiPolygon
        The areas with their gaps.
    list of Polygon
        Gaps beside no area, which are left.
    """
    filled, lonely = areas, list(gaps)
    while lonely:  # a gap may lie behind another one
        beside = [_most_shared(filled, gap) for gap in lonely]
        filled = filled.copy()
        for at in sorted({at for at in beside if at >= 0}):
            parts = [gap for gap, area in zip(lonely, beside, strict=True) if area == at]
            # on the grid of what is noded later; else rounding could leave a hair between area and gap
            filled[at] = shapely.union_all([filled[at], *parts], grid_size=_NODED_M)
        if max(beside) < 0:
            break
        lonely = [gap for gap, area in zip(lonely, beside, strict=True) if area < 0]
    return unwrap(filled), lonely


def share_vertices(areas: npt.NDArray[np.object_], outline: Polygon | MultiPolygon) -> npt.NDArray[np.object_]:
    """Node areas that do not overlap with each other and an outline, so that no hair is left between them (metres).

    Overlays round where lines cross: what should meet may be a micrometre apart, which later lines would make a face.
    """
    lines = shapely.boundary(np.append(areas, outline))
    faces = np.array(surfaces(shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=_NODED_M)))))
    points = shapely.point_on_surface(faces)
    owner = np.full(len(faces), -1)
    face, area = shapely.STRtree(areas).query(points, predicate="intersects")
    owner[face[::-1]] = area[::-1]
    for hair in np.flatnonzero((owner < 0) & shapely.intersects(outline, points)):
        if is_seam(faces[hair]):
            owner[hair] = _most_shared(areas, faces[hair])
    shared = [shapely.coverage_union_all(faces[owner == at]) for at in range(len(areas))]
    return unwrap(np.array(shared, object))


def _most_shared(areas: npt.NDArray[np.object_], gap: Polygon) -> int:
    """Return which area shares most outline with a gap; -1 where none does."""
    near = np.flatnonzero(shapely.dwithin(areas, gap, _BESIDE_M))
    around = shapely.buffer(shapely.clip_by_rect(areas[near], *shapely.buffer(gap, 1.0).bounds), _BESIDE_M)
    shared = shapely.length(shapely.intersection(gap.exterior, around))
    # touching at a corner is not beside
    return int(near[shared.argmax()]) if len(near) and shared.max() > 10 * _BESIDE_M else -1


def surfaces(shape: shapely.Geometry) -> list[Polygon]:
    """Return the polygons a shape consists of, without the points and lines that overlays leave beside them."""
    return [part for part in shapely.get_parts(shapely.get_parts(shape)) if shapely.get_dimensions(part) == 2]


def is_seam(part: Polygon) -> bool:
    """Whether ground is only a seam between areas drawn one by one: a hand wide, or no larger than a table."""
    return bool(part.area < SEAM_M2 or 2 * part.area / part.length < SEAM_WIDTH_M)


def find_duplicates(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return for each polygon the position of the first one with the same shape, its own if it is that."""
    keys = shapely.to_wkb(shapely.normalize(shapely.force_2d(geometry)))
    rows = pd.Series(np.arange(len(keys)))
    return rows.groupby(keys, sort=False).transform("first").fillna(rows).to_numpy(dtype=np.int64)


def _largest_dimension(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return the parts of a collection that have its highest dimension."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    if not len(parts):
        return geometry
    dimension = shapely.get_dimensions(parts)
    return shapely.union_all(parts[dimension == dimension.max()])


def unwrap(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Return multi-part geometry of one part as that part."""
    multi = (shapely.get_type_id(geometry) >= shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(geometry) == 1
    )
    result = geometry.copy()
    result[multi] = shapely.get_geometry(geometry[multi], 0)
    return result


def _is_sliver(ring: shapely.LinearRing, whole_m2: float) -> bool:
    area = Polygon(ring).area
    width_m = 2 * area / max(ring.length, 1e-9)
    seam = width_m < SEAM_WIDTH_M or (width_m < SLIVER_HOLE_WIDTH_M and area < SLIVER_HOLE_SHARE * whole_m2)
    return bool(area < SLIVER_HOLE_M2 and seam)


def _where(reason: str) -> str:
    what, _, place = reason.partition("[")
    words = {"Self-intersection": Said("it crosses itself"), "Ring Self-intersection": Said("a ring touches itself")}
    told = words.get(what.strip(), what.strip().lower())
    return Said("{what} at {place}", what=told, place=place.rstrip("]").replace(" ", ", ")) if place else told
