"""Roads and barriers -> lines that can bound grids, and water surfaces."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS
from shapely import Polygon

from gridgis.inputs.columns import as_text, coalesce, find_columns
from gridgis.inputs.kinds import barrier_kinds, flags, green_plots, road_kinds
from gridgis.inputs.words import NOTHING
from gridgis.repair import Repairs, clean_geometry

MIN_PLOT_M2 = 200.0
MIN_GREEN_M2 = 1000.0
MIN_PLOT_WIDTH_M = 6.0
"""Land-use plots that are smaller, or narrower (2 × area ÷ perimeter), are verges and beds, not edges to go by."""
MIN_WATER_M2 = 50.0


def road_lines(
    frame: gpd.GeoDataFrame, label: str, ids: pd.Series, near: Polygon, repairs: Repairs
) -> gpd.GeoDataFrame:
    """Return the roads as lines of `Layers.lines`, inside the box `near`."""
    frame = clean_geometry(frame, label, "line", ids, repairs)
    kinds = road_kinds(frame)
    repairs.add(label, "no way on the ground (planned, a platform, …)", "left out", count=int((kinds == NOTHING).sum()))
    lines = _table(frame, kinds)
    return clip_lines(lines[lines["kind"] != NOTHING], near)


def barrier_lines(
    frame: gpd.GeoDataFrame, source: str, label: str, ids: pd.Series, near: Polygon, repairs: Repairs
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return a barrier layer's lines and its water surfaces, inside the box `near`.

    Outlines of land-use plots become lines; outlines of water don't, the
    surfaces say them.
    """
    frame = clean_geometry(frame, label, "any", ids, repairs)
    kinds = barrier_kinds(frame, source)
    table = _table(frame, kinds.replace("subway", "rail"))
    table["tunnel"] |= kinds.eq("subway")
    surface = shapely.get_dimensions(table.geometry.to_numpy()) == 2
    ring = shapely.is_closed(table.geometry.to_numpy()) & ~surface
    table["area_m2"] = table.geometry.area
    table.loc[ring, "area_m2"] = [_enclosed(line) for line in table.geometry[ring]]

    wet = surface & table["kind"].isin(("river", "stream", "water"))
    puddle = (wet | (ring & table["kind"].eq("water"))) & (table["area_m2"] < MIN_WATER_M2)
    water = table.loc[wet & ~puddle & ~table["tunnel"], ["name", "geometry"]]
    water = water[shapely.intersects(near, water.geometry.to_numpy())].reset_index(drop=True)
    repairs.add(label, f"water below {MIN_WATER_M2:g} m²", "left out", count=int(puddle.sum()))

    plot = surface & table["kind"].eq("landuse")
    width = 2 * table["area_m2"] / table.geometry.length.clip(lower=1e-9)
    least = pd.Series(MIN_PLOT_M2, index=table.index).where(~green_plots(frame), MIN_GREEN_M2)
    slight = plot & ((table["area_m2"] < least) | (width < MIN_PLOT_WIDTH_M))
    repairs.add(label, "land-use plots too small or narrow to go by", "left out", count=int(slight.sum()))

    outlined = surface & table["kind"].isin(("landuse", "wall", "compound")) & ~slight
    lined = ~surface & table["kind"].ne(NOTHING) & ~puddle
    lines = table[outlined | lined].drop(columns="area_m2")
    edges = outlined[lines.index]
    lines.loc[edges, "geometry"] = shapely.boundary(lines.geometry[edges].to_numpy())
    return clip_lines(lines, near), water


def no_lines(crs: CRS) -> gpd.GeoDataFrame:
    """Return an empty table of lines."""
    kinds = {"kind": object, "name": object, "bridge": bool, "tunnel": bool}
    columns = {name: pd.Series(dtype=kind) for name, kind in kinds.items()}
    return gpd.GeoDataFrame({"geometry": gpd.GeoSeries([], crs=crs), **columns}, geometry="geometry", crs=crs)


def _table(frame: gpd.GeoDataFrame, kinds: pd.Series) -> gpd.GeoDataFrame:
    names = find_columns(frame, "name")
    texts = pd.DataFrame({column: as_text(frame[column]) for column in names}, index=frame.index)
    table = frame[["geometry"]].copy()
    table["kind"] = kinds
    table["name"] = coalesce(texts, names)
    table["bridge"] = flags(frame, "bridge")
    table["tunnel"] = flags(frame, "tunnel")
    return table


def clip_lines(lines: gpd.GeoDataFrame, near: Polygon) -> gpd.GeoDataFrame:
    """Return single LineStrings, cut off at the box `near`."""
    lines = lines[shapely.intersects(near, lines.geometry.to_numpy())].copy()
    over = ~shapely.covers(near, lines.geometry.to_numpy())
    lines.loc[over, "geometry"] = shapely.intersection(lines.geometry[over].to_numpy(), near)
    lines = lines.explode(ignore_index=True)
    # a ring is a LineString of its own type; contracts speak of LineStrings
    rings = lines.geom_type == "LinearRing"
    lines.loc[rings, "geometry"] = [shapely.LineString(ring.coords) for ring in lines.geometry[rings]]
    return lines[(lines.geom_type == "LineString") & (lines.geometry.length > 0)].reset_index(drop=True)


def _enclosed(line: shapely.Geometry) -> float:
    parts = [part.coords for part in shapely.get_parts(line)]
    return float(sum(Polygon(xy).area for xy in parts if len(xy) > 3))
