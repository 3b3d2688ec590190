"""Communities whose edges no grid crosses: one area each, without overlaps, and with the seams between them closed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.inputs.areas import first_text, keep_reaching, middles_of, only_reach_in, texts, united
from gridgis.inputs.columns import coalesce
from gridgis.inputs.tables import Table
from gridgis.repair import Repairs, fill_gaps, is_seam, part_overlaps, share_vertices, surfaces

Polygons = npt.NDArray[np.object_]

COLUMNS = ("name", "code")


def community_records(table: Table) -> gpd.GeoDataFrame:
    """Return the areas with `name` and `code` (text or None)."""
    frame = table.frame[["geometry"]].copy()
    frame["name"] = texts(table.frame, "community_name", "name")
    frame["code"] = first_text(table.frame, "community_code")
    return frame


def communities_inside(
    table: Table, outline: Polygon | MultiPolygon, houses: gpd.GeoDataFrame, repairs: Repairs
) -> gpd.GeoDataFrame | None:
    """Return the communities of a jurisdiction, as `Layers.communities`; None when none lies in it.

    Polygons of one code (or name, where there is no code) are one community. Ground that several claim belongs to the
    one listed first. A neighbour that reaches in without a building is left out, and ground in no community joins the
    one beside it, unless buildings stand there: then it is one more community.
    """
    middles = middles_of(houses)
    frame = keep_reaching(table, outline, repairs)
    frame = united(frame, frame["code"].where(frame["code"].notna(), frame["name"]), table.label, repairs)
    outside = only_reach_in(frame, outline, middles)
    repairs.add(table.label, "reach in without a building", "left out", _names(frame)[outside].tolist())
    neighbours = frame.geometry.to_numpy()[outside]
    frame = frame[~outside].reset_index(drop=True)
    if frame.empty:
        return None
    names = _names(frame)
    areas, told = part_overlaps(frame.geometry.to_numpy(), np.arange(len(frame)))
    pairs = [f"{names[a]}/{names[b]} {m2:,.0f} m²" for a, b, m2 in told]
    repairs.add(table.label, "communities that overlap", "given to the one listed first", pairs)
    left = shapely.area(areas) > 0
    repairs.add(table.label, "wholly covered by others", "left out", names[~left].tolist())
    areas = _without_gaps(areas[left], outline, neighbours, middles, table.label, repairs)
    return frame[left].set_geometry(gpd.GeoSeries(areas, index=frame.index[left], crs=frame.crs)).reset_index(drop=True)


def _without_gaps(
    areas: Polygons,
    outline: Polygon | MultiPolygon,
    neighbours: Polygons,
    middles: Polygons,
    label: str,
    repairs: Repairs,
) -> Polygons:
    """Join ground without buildings to the communities beside it, each neighbour's part by itself."""
    gaps = surfaces(shapely.difference(outline, shapely.union_all(areas)))
    lived_in = np.zeros(len(gaps), bool)
    lived_in[shapely.STRtree(gaps).query(middles, predicate="intersects")[1]] = True
    kept = [gap for gap, lived in zip(gaps, lived_in, strict=True) if lived]
    empty = [gap for gap, lived in zip(gaps, lived_in, strict=True) if not lived]
    rest = shapely.union_all(empty)
    pieces = []
    for neighbour in neighbours:
        pieces += surfaces(shapely.intersection(rest, neighbour))
        rest = shapely.difference(rest, neighbour)
    filled, lonely = fill_gaps(areas, [*pieces, *surfaces(rest)])
    wide = _sizes([gap for gap in empty if not is_seam(gap)])
    repairs.add(label, "ground in no community, without buildings", "joined to the communities beside it", wide)
    repairs.add(label, "ground in no community, with buildings or apart", "one more community", _sizes(kept + lonely))
    return share_vertices(filled, outline)


def _names(frame: gpd.GeoDataFrame) -> pd.Series:
    return coalesce(frame.assign(row=[f"area {n + 1}" for n in range(len(frame))]), ("name", "code", "row"))


def _sizes(gaps: list[Polygon]) -> list[str]:
    return [f"{gap.area:,.0f} m²" for gap in gaps]
