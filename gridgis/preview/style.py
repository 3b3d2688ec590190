"""How maps look: hues, widths, and the base map's layers; the page and the picture share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgis.plan import Plan

HUES = ("#3f74b5", "#d08a2e", "#4c9a5f", "#b9577b", "#7d66b0", "#2f9aa0")
"""Six muted hues for `grids.colour`."""

FILL_OPACITY = 0.26

LEVEL_INKS = {"community": "#8a1c5b", "sector": "#0b6b62"}
"""Outlines and names of the levels above the grids."""


@dataclass(frozen=True, slots=True)
class RoadClass:
    """Roads drawn alike: their kinds, their width on the ground, their word in the legend."""

    name: str
    kinds: tuple[str, ...]
    width_m: float
    zh: str
    en: str


ROAD_CLASSES = (
    RoadClass("path", ("path",), 2.0, "步行道", "path"),
    RoadClass("service", ("service",), 4.0, "内部道路", "service road"),
    RoadClass("street", ("residential", "road"), 8.0, "街道", "street"),
    RoadClass("collector", ("tertiary", "secondary"), 12.0, "次干道、支路", "secondary road"),
    RoadClass("main", ("primary", "trunk", "motorway"), 17.0, "主干道、快速路", "main road"),
)
"""From the least to the greatest: the order in which they are drawn."""

RAILS = ("rail", "tram")
STREAMS = ("river", "stream")


def base_lines(lines: gpd.GeoDataFrame, kinds: tuple[str, ...], tolerance_m: float) -> np.ndarray:
    """Return the lines of some kinds, joined end to end and simplified to `tolerance_m`; tunnels are left out."""
    chosen = lines.geometry.to_numpy()[(lines["kind"].isin(kinds) & ~lines["tunnel"].astype(bool)).to_numpy()]
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(chosen))))
    simple = shapely.simplify(joined, tolerance_m)
    return np.asarray(simple[shapely.length(simple) > 0])


def level_areas(plan: Plan) -> list[tuple[str, gpd.GeoDataFrame]]:
    """Return the levels above the grids that have several areas, from the top down.

    Columns ``short`` and ``short_en`` are names as a map shows them: a sector's without its community's.
    """
    out = []
    for level, areas in (("community", plan.community_areas), ("sector", plan.sector_areas)):
        if areas is None or len(areas) < 2:
            continue
        titles = [""] * len(areas)
        if level == "sector":
            given = plan.layers.communities["name"].tolist()
            titles = [(given[place] if place >= 0 else None) or "" for place in areas["community"].tolist()]
        short = [name.removeprefix(title) for name, title in zip(areas["name"], titles, strict=True)]
        english = [name.removeprefix(f"{title}, ") for name, title in zip(areas["name_en"], titles, strict=True)]
        out.append((level, areas.assign(short=short, short_en=english)))
    return out


def grid_borders(grids: gpd.GeoDataFrame) -> np.ndarray:
    """Return the lines between grids, each once: neighbours share their vertices, so the union is exact."""
    rings = shapely.boundary(grids.geometry.to_numpy())
    lines = shapely.line_merge(shapely.union_all(rings))
    outer = shapely.boundary(shapely.coverage_union_all(grids.geometry.to_numpy()))
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.difference(lines, outer))))


def short_codes(codes: list[str], parent_code: str) -> list[str]:
    """Return the codes as a map shows them: without the community's code, which all of them share."""
    if parent_code and all(code.startswith(parent_code) and len(code) > len(parent_code) for code in codes):
        return [code[len(parent_code) :].lstrip("-_ ") or code for code in codes]
    return codes
