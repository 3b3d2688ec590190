"""The levels of a plan: communities that were given, sectors that join grids, micro-grids that divide them."""

from __future__ import annotations

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.audit.levels import Reason
from gridgis.codes import NAMES
from gridgis.errors import some, some_zh
from gridgis.graph import Graph
from gridgis.grids import dissolve
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.pieces import joined
from gridgis.profiles import Band

Ints = npt.NDArray[np.int64]

OUTSIDE = ("其他区域", "Outside the communities")
"""Name of the ground that no community claims."""


def layers_of_grids(layers: Layers, grids: gpd.GeoDataFrame) -> Layers:
    """Return the layers with a plan's grids as what nothing may cross, to divide each into micro-grids."""
    return replace(
        layers,
        communities=grids[["name", "code", "geometry"]].reset_index(drop=True),
        existing=layers.existing.iloc[:0],
        compounds=layers.compounds.assign(dedicated=False),
    )


def options_of_micro(options: PlanOptions, band: Band) -> PlanOptions:
    """Return the options that divide grids into micro-grids of so many households."""
    return options.replace(
        households=band,
        population=None,
        grids=None,
        housing=None,
        soft=(),
        sectors=None,
        micro=None,
        level="micro",
        lock=(),
        parent_code="",
    )


def draw_sectors(
    grids: gpd.GeoDataFrame, sectors: Assignment, codes: tuple[str, ...], community: Ints, communities: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Join the grids of each sector.

    Parameters
    ----------
    community
        (k,) position of the community of each grid among ``communities`` (``code``, ``name``); -1: none.

    Returns
    -------
    GeoDataFrame
        Index ``sector_id``; ``code``, ``name``, ``name_en``, ``community`` (its position, or -1), ``grids`` (how many),
        ``households``, ``population``, ``buildings``, ``area_m2``, ``geometry``.
    """
    first = np.unique(sectors.grid, return_index=True)[1]
    place = community[first]
    names, names_en = [], []
    for code, where in zip(codes, place.tolist(), strict=True):
        parent, title = ("", None) if where < 0 else (communities["code"].iloc[where], communities["name"].iloc[where])
        number = code.removeprefix(parent or "")
        zh, en = NAMES["sector"]
        names.append((title or "") + zh.format(number=number))
        names_en.append((f"{title}, " if title else "") + en.format(number=number))
    areas = _joined(grids, sectors.grid, sectors.grids, "sector_id")
    for at, (name, values) in enumerate((("code", list(codes)), ("name", names), ("name_en", names_en))):
        areas.insert(at, name, pd.array(values, dtype="str"))
    areas.insert(3, "community", place)
    return areas


def draw_communities(
    grids: gpd.GeoDataFrame, community: Ints, communities: gpd.GeoDataFrame, codes: list[str], parent_code: str
) -> gpd.GeoDataFrame:
    """Join the grids of each community that has any; what lies in none of them comes last, under the parent's code.

    Parameters
    ----------
    community
        (k,) position of the community of each grid; -1: none.
    codes
        (c,) codes of the communities.

    Returns
    -------
    GeoDataFrame
        Index ``community_id``; ``code``, ``name``, ``name_en``, ``grids``, ``households``, ``population``,
        ``buildings``, ``area_m2``, ``geometry``.
    """
    last = np.where(community < 0, len(codes), community)
    places, group = np.unique(last, return_inverse=True)
    given = [place for place in places.tolist() if place < len(codes)]
    titles = [communities["name"].iloc[place] or codes[place] for place in given]
    rest = len(given) < len(places)
    areas = _joined(grids, group, len(places), "community_id")
    areas.insert(0, "code", pd.array([codes[place] for place in given] + [parent_code] * rest, dtype="str"))
    areas.insert(1, "name", pd.array(titles + [OUTSIDE[0]] * rest, dtype="str"))
    areas.insert(2, "name_en", pd.array(titles + [OUTSIDE[1]] * rest, dtype="str"))
    return areas


def _joined(grids: gpd.GeoDataFrame, group: Ints, k: int, index: str) -> gpd.GeoDataFrame:
    sums = {
        name: np.bincount(group, grids[name].to_numpy(float), k)
        for name in ("households", "population", "buildings", "area_m2")
    }
    return gpd.GeoDataFrame(
        {
            "grids": np.bincount(group, minlength=k),
            **{name: np.rint(sums[name]).astype(np.int64) for name in ("households", "population", "buildings")},
            "area_m2": sums["area_m2"],
        },
        geometry=dissolve(grids.geometry.to_numpy(), group, k),
        crs=grids.crs,
        index=pd.RangeIndex(k, name=index),
    )


def explain_sectors(
    graph: Graph, assignment: Assignment, sectors: Assignment, band: Band, codes: tuple[str, ...], grids: list[str]
) -> dict[int, Reason]:
    """Say of every sector outside its band why: from what people cannot reach the rest, or as the search left it.

    ``codes`` (s,) and ``grids`` (k,) are the codes of sectors and grids.
    """
    grid = assignment.grid
    part = joined(assignment.grids, grid[graph.u], grid[graph.v])
    count = np.bincount(sectors.grid, minlength=sectors.grids)
    proven = {proof.grid for proof in sectors.proofs if proof.proven}
    reasons = {}
    for place in np.flatnonzero((count < band.low) | (count > band.high)).tolist():
        members = np.flatnonzero(sectors.grid == place)
        within = np.flatnonzero(part == part[members[0]])
        reasons[place] = _why(codes[place], [grids[g] for g in members], len(within), band, proven=place in proven)
    return reasons


def _why(code: str, members: list[str], within: int, band: Band, *, proven: bool) -> Reason:
    n = len(members)
    head = f"sector {code} has {n:,} grid{'' if n == 1 else 's'} ({some(members)})"
    head_zh = f"片区{code}有{n}个网格（{some_zh(members)}）"
    if within < band.low:
        return Reason(
            reason=f"{head}: there are no more that people can reach from it within its community, and {band.low:g} "
            "are asked for",
            reason_zh=f"{head_zh}：在其社区内与之相通的网格只有这些，少于要求的{band.low:g}个",
            remedy=f"allow sectors of {n:,} grid{'' if n == 1 else 's'}, or have smaller grids here",
            remedy_zh=f"可允许{n}个网格的片区，或在此处划分更小的网格",
        )
    if not _divides(within, band):
        return Reason(
            reason=f"{head}: the {within:,} grids that people can walk between within its community do not divide "
            f"into sectors of {band.low:g} to {band.high:g}",
            reason_zh=f"{head_zh}：其社区内相通的{within}个网格无法分成每个{band.low:g}至{band.high:g}个网格的片区",
            remedy=f"allow sectors of {n:,} grid{'' if n == 1 else 's'}",
            remedy_zh=f"可允许{n}个网格的片区",
        )
    found = "every connected choice was tried" if proven else "the search found no better, which proves nothing"
    found_zh = "已穷举各种连通组合" if proven else "搜索未找到更好的组合，尚未证明"
    return Reason(
        reason=f"{head}, not {band.low:g} to {band.high:g}: grids join only along ways that people can walk ({found})",
        reason_zh=f"{head_zh}，不在{band.low:g}至{band.high:g}个之内：网格须连通成片（{found_zh}）",
        remedy=f"allow sectors of {n:,} grid{'' if n == 1 else 's'}, or a crossing between grids",
        remedy_zh=f"可允许{n}个网格的片区，或开放网格之间的通道",
        proven=proven,
    )


def _divides(n: int, band: Band) -> bool:
    """Whether so many grids make a whole number of sectors."""
    return any(sectors * band.low <= n <= sectors * band.high for sectors in range(1, n + 1))


def in_micro_words(assignment: Assignment) -> Assignment:
    """Let the partition's reasons speak of micro-grids: it calls whatever it makes a grid."""

    def english(text: str) -> str:
        return re.sub(r"(?<![-\w])grid(s?)\b", r"micro-grid\1", text)

    def chinese(text: str) -> str:
        return re.sub("(?<!微)网格", "微网格", text)

    proofs = tuple(
        replace(
            proof,
            reason=english(proof.reason),
            reason_zh=chinese(proof.reason_zh),
            remedy=english(proof.remedy),
            remedy_zh=chinese(proof.remedy_zh),
        )
        for proof in assignment.proofs
    )
    return replace(assignment, proofs=proofs)
