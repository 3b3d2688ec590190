"""The grids of an existing plan, whoever drew them: codes, no overlaps, and what is wrong with them told."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.inputs.areas import first_text, keep_reaching, middles_of, only_reach_in, texts, united
from gridgis.inputs.tables import Table
from gridgis.repair import Repairs, fill_gaps, is_seam, part_overlaps, share_vertices, surfaces

COLUMNS = ("code", "name")
CUT_M2 = 0.1
"""A building is cut by an existing boundary when more than this of it lies in each of two grids."""
_ROW_SHARE = 0.5
"""Grids whose middles are less than this share of a usual grid's height apart are read as one row."""


def existing_records(table: Table) -> gpd.GeoDataFrame:
    """Return the grids with `code` and `name` (text or None)."""
    frame = table.frame[["geometry"]].copy()
    frame["code"] = first_text(table.frame, "grid_code")
    frame["name"] = texts(table.frame, "grid_name", "name")
    return frame


def existing_inside(
    table: Table, outline: Polygon | MultiPolygon, houses: gpd.GeoDataFrame, repairs: Repairs
) -> gpd.GeoDataFrame | None:
    """Return the existing grids of a jurisdiction, as `Layers.existing`; None when none lies in it.

    Polygons of one code are one grid; those without a code are numbered in reading order. What lies outside is clipped,
    seams are closed, and ground that several grids claim belongs to the smaller one, so that a grid drawn into another
    keeps its ground. Gaps stay gaps.
    """
    label = table.label
    frame = keep_reaching(table, outline, repairs)
    frame = _with_codes(frame, label, repairs)
    frame = united(frame, frame["code"], label, repairs)
    outside = only_reach_in(frame, outline, middles_of(houses))
    repairs.add(label, "reach in without a building", "left out", frame["code"][outside].tolist())
    frame = frame[~outside].reset_index(drop=True)
    if frame.empty:
        return None
    codes = frame["code"].to_numpy(object)
    areas = _clipped(frame, outline, label, repairs)
    by_size = np.lexsort((np.arange(len(areas)), shapely.area(areas)))
    rank = np.empty(len(areas), np.int64)
    rank[by_size] = np.arange(len(areas))
    areas, told = part_overlaps(areas, rank)
    pairs = [f"{codes[a]}/{codes[b]} {m2:,.0f} m²" for a, b, m2 in told]
    repairs.add(label, "grids that overlap", "given to the smaller one", pairs)
    left = shapely.area(areas) > 0
    repairs.add(label, "wholly covered by others", "left out", codes[~left].tolist())
    frame, areas = frame[left].reset_index(drop=True), areas[left]
    gaps = surfaces(shapely.difference(outline, shapely.union_all(areas)))
    areas, _ = fill_gaps(areas, [gap for gap in gaps if is_seam(gap)])
    areas = share_vertices(areas, outline)
    wide = [gap for gap in gaps if not is_seam(gap)]
    repairs.add(label, "ground in no grid", "in no existing grid", [f"{gap.area:,.0f} m²" for gap in wide])
    frame = frame.set_geometry(gpd.GeoSeries(areas, index=frame.index, crs=frame.crs))
    cut = houses["source_id"][buildings_cut(houses, frame)].tolist()
    repairs.add(label, "buildings cut by its boundaries", "each goes whole to the grid with most of it", cut)
    return frame[["code", "name", "geometry"]]


def buildings_cut(houses: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return which of the buildings that count lie in several grids, (n,) bool."""
    footprints, areas = houses.geometry.to_numpy(), grids.geometry.to_numpy()
    building, grid = shapely.STRtree(areas).query(footprints, predicate="intersects")
    several = np.bincount(building, minlength=len(footprints))[building] > 1
    building, grid = building[several], grid[several]
    held = shapely.area(shapely.intersection(footprints[building], areas[grid])) > CUT_M2
    parts = np.bincount(building[held], minlength=len(footprints))
    cut: npt.NDArray[np.bool_] = (parts > 1) & houses["inside"].to_numpy(bool)
    return cut


def _with_codes(frame: gpd.GeoDataFrame, label: str, repairs: Repairs) -> gpd.GeoDataFrame:
    """Number grids without a code 001, 002 … in reading order, past the codes there are."""
    missing = np.flatnonzero(frame["code"].isna())
    if not len(missing):
        return frame
    box = shapely.bounds(frame.geometry.to_numpy()[missing])
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    height = max(float(np.median(box[:, 3] - box[:, 1])), 1e-9)
    down = np.argsort(-y, kind="stable")
    row = np.empty(len(missing), np.int64)
    row[down] = np.cumsum(np.diff(y[down], prepend=y[down[0]]) < -_ROW_SHARE * height)
    taken = set(frame["code"].dropna())
    free = (f"{n:03d}" for n in range(1, len(frame) + len(taken) + 1) if f"{n:03d}" not in taken)
    codes = frame["code"].to_numpy(object).copy()
    for at in missing[np.lexsort((x, row))]:
        codes[at] = next(free)
    repairs.add(label, "no code", "numbered in reading order", sorted(codes[missing]))
    return frame.assign(code=codes)


def _clipped(
    frame: gpd.GeoDataFrame, outline: Polygon | MultiPolygon, label: str, repairs: Repairs
) -> npt.NDArray[np.object_]:
    areas: npt.NDArray[np.object_] = frame.geometry.to_numpy().copy()
    over = np.flatnonzero(~shapely.covers(outline, areas))
    beyond = shapely.difference(areas[over], outline)
    m2 = [sum(part.area for part in surfaces(shape) if not is_seam(part)) for shape in beyond]
    told = [f"{frame['code'].iloc[at]} {area:,.0f} m²" for at, area in zip(over, m2, strict=True) if area > 0]
    repairs.add(label, "parts outside the jurisdiction", "clipped", told)
    inside = shapely.intersection(areas[over], outline)
    areas[over] = [MultiPolygon(parts) if len(parts := surfaces(shape)) != 1 else parts[0] for shape in inside]
    return areas
