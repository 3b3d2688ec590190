"""The four bounds of every grid in words: what it meets to the east, south, west and north.

Each side is looked at from outside, along parallel lines of sight: the first line of the
grid's outline that each of them meets is what bounds the grid on that side. Enclaves and
deep recesses are thus never named, and every side has an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.features import KINDS
from gridgis.partition.assignment import Assignment

if TYPE_CHECKING:
    from gridgis.units import Units

SIDES = {"east": "东", "south": "南", "west": "西", "north": "北"}
"""In the order in which the four bounds are said."""

SIGHTS = 128
"""Lines of sight per side: a feature is weighed to within 1 % of the side's width."""
FACING = np.tan(np.radians(55.0))
"""A line bounds a side if it turns less than 55° away from it, where at least a quarter of the side has such lines."""
SECOND_SHARE = 0.25
"""A second feature is named if it makes up at least this share of the side."""

PHRASES_ZH = {
    "river": "一条河流",
    "water": "一片水域",
    "rail": "一条铁路",
    "motorway": "一条高速公路",
    "trunk": "一条快速路",
    "primary": "一条主干道",
    "secondary": "一条次干道",
    "tertiary": "一条支路",
    "road": "一条道路",
    "residential": "一条街道",
    "service": "一条内部道路",
    "path": "一条步行道",
    "stream": "一条溪沟",
    "tram": "一条有轨电车线",
    "wall": "一道围墙",
    "community": "社区边界",
    "existing": "原网格边界",
    "compound": "一处小区的边界",
    "landuse": "一处地块的边界",
}
PHRASES_EN = {
    "water": "a water surface",
    "rail": "a railway line",
    "path": "a footpath",
    "tram": "a tram line",
    "community": "a community boundary",
    "existing": "the boundary of an earlier grid",
    "compound": "the edge of a compound",
    "landuse": "the edge of a plot of land",
}
BETWEEN = ("none", "building")
"""Kinds that only the neighbouring grid can tell apart."""
AREAS = ("compound", "landuse")
"""Kinds whose name is an area's, so that its edge bounds the grid."""

Phrase = tuple[str, str]
"""A feature in Chinese and in English."""


def four_bounds(
    units: Units, assignment: Assignment, numbers: Sequence[str], only: npt.NDArray[np.int64] | None = None
) -> pd.DataFrame:
    """Say what bounds each grid; ``numbers`` (k,) is what a grid is called where it is the neighbour.

    ``only``: the grids to look at, ascending, where not all of them.

    Returns
    -------
    DataFrame
        Index ``grid_id``; ``bounds_zh``, ``bounds_en`` (one sentence each), and ``east_zh``,
        ``east_en`` … ``north_en``: the one or two features that make up most of a side.
    """
    k = assignment.grids
    only = np.arange(k) if only is None else only
    outline = _outline(units, assignment, only)
    keys, phrases = _features(outline)
    place = {grid: row for row, grid in enumerate(only.tolist())}
    rows: dict[str, list[str]] = {f"{side}_{language}": [""] * len(only) for side in SIDES for language in ("zh", "en")}
    for side in SIDES:
        hits = _seen(outline, side, k)
        for grid, shares in _shares(outline["grid"][hits], keys[hits]).items():
            zh, en = _words(shares, phrases, numbers)
            rows[f"{side}_zh"][place[grid]], rows[f"{side}_en"][place[grid]] = zh, en
    texts = list(zip(*rows.values(), strict=True))
    sentences = {
        "bounds_zh": [_sentence_zh(row[0::2]) for row in texts],
        "bounds_en": [_sentence_en(row[1::2]) for row in texts],
    }
    return pd.DataFrame(sentences | rows, index=pd.Index(only, name="grid_id"))


def _sentence_zh(sides: Sequence[str]) -> str:
    return "，".join(f"{word}至{side}" for word, side in zip(SIDES.values(), sides, strict=True)) + "。"


def _sentence_en(sides: Sequence[str]) -> str:
    return "Bounded " + "; ".join(f"to the {word} by {side}" for word, side in zip(SIDES, sides, strict=True)) + "."


def _outline(units: Units, assignment: Assignment, only: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Segments of the chosen grids' outlines, one row a segment and grid beside it."""
    edges, sides = units.edges, units.sides
    grids = np.where(sides >= 0, assignment.grid[np.maximum(sides, 0)], -1)
    chosen = np.zeros(assignment.grids + 1, bool)  # the last: outside
    chosen[only] = True
    cut = np.flatnonzero((grids[:, 0] != grids[:, 1]) & chosen[grids].any(axis=1))
    points, line = shapely.get_coordinates(edges.geometry.to_numpy()[cut], return_index=True)
    same = line[1:] == line[:-1]
    start, end, edge = points[:-1][same], points[1:][same], cut[line[1:][same]]
    beside = np.concatenate([grids[edge], grids[edge][:, ::-1]])
    inside = chosen[beside[:, 0]]
    twice = np.tile(np.arange(len(edge)), 2)[inside]
    return {
        "start": start[twice],
        "end": end[twice],
        "grid": beside[inside, 0],
        "neighbour": beside[inside, 1],
        "kind": edges["kind"].array.take(edge[twice]).to_numpy(object),
        "name": edges["name"].array.take(edge[twice]).to_numpy(object),
    }


def _features(outline: dict[str, npt.NDArray[Any]]) -> tuple[npt.NDArray[np.int64], list[Phrase | int]]:
    """Number the features: equal phrases are one feature; a neighbour's index stands for the line between buildings.

    Their order depends on themselves alone, so that grids looked at one by one get the same words as all at once.
    """
    codes = (
        pd.factorize(outline["kind"])[0],
        pd.factorize(outline["name"], use_na_sentinel=False)[0],
        outline["neighbour"],
    )
    _, first, inverse = np.unique(np.column_stack(codes), axis=0, return_index=True, return_inverse=True)
    features = [_feature(outline["kind"][i], outline["name"][i], int(outline["neighbour"][i])) for i in first]
    neighbours = sorted({feature for feature in features if isinstance(feature, int)})
    ordered: list[Phrase | int] = [*neighbours, *sorted({f for f in features if not isinstance(f, int)})]
    place = {feature: number for number, feature in enumerate(ordered)}
    number = np.array([place[feature] for feature in features], np.int64)
    return number[inverse.ravel()], ordered


def _feature(kind: str, name: object, neighbour: int) -> Phrase | int:
    if neighbour < 0 or kind == "jurisdiction":
        return KINDS["jurisdiction"].zh, KINDS["jurisdiction"].en
    if kind in BETWEEN:
        return neighbour
    if isinstance(name, str) and name.strip():
        name = name.strip()
        return (f"{name}边界", f"the edge of {name}") if kind in AREAS else (name, name)
    return PHRASES_ZH[kind], PHRASES_EN.get(kind, f"a {KINDS[kind].en}")


def _seen(outline: dict[str, npt.NDArray[Any]], side: str, grids: int) -> npt.NDArray[np.int64]:
    """Rows of the outline that the lines of sight from one side meet first, once for each sight."""
    across = 1 if side in ("east", "west") else 0  # the axis along which the sights are spread
    a, b, grid = outline["start"], outline["end"], outline["grid"]
    low = np.minimum(a[:, across], b[:, across])
    high = np.maximum(a[:, across], b[:, across])
    base, top = np.full(grids, np.inf), np.full(grids, -np.inf)
    np.minimum.at(base, grid, low)
    np.maximum.at(top, grid, high)
    step = (top - base) / SIGHTS
    first = np.ceil((low - base[grid]) / step[grid] - 0.5).astype(np.int64)
    last = np.ceil((high - base[grid]) / step[grid] - 0.5).astype(np.int64)
    count = last - first
    row = np.repeat(np.arange(len(grid)), count)
    sight = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    level = base[grid[row]] + (sight + 0.5) * step[grid[row]]
    along = (level - a[row, across]) / (b[row, across] - a[row, across])
    depth = a[row, 1 - across] + along * (b[row, 1 - across] - a[row, 1 - across])
    if side in ("west", "south"):
        depth = -depth
    key = grid[row] * SIGHTS + sight
    order = np.lexsort((row, -depth, key))
    met = order[np.r_[True, key[order][1:] != key[order][:-1]]]
    hits = row[met]
    turn = np.abs(b - a)
    facing = (turn[:, 1 - across] <= FACING * turn[:, across])[hits]
    enough = np.bincount(grid[hits], facing, grids) >= SIGHTS / 4
    kept: npt.NDArray[np.int64] = hits[facing | ~enough[grid[hits]]]
    return kept


def _shares(grid: npt.NDArray[np.int64], feature: npt.NDArray[np.int64]) -> dict[int, list[tuple[int, float]]]:
    """For each grid its features with their share of the side, the greatest first."""
    pairs, count = np.unique(np.column_stack([grid, feature]), axis=0, return_counts=True)
    order = np.lexsort((pairs[:, 1], -count, pairs[:, 0]))
    total = np.bincount(grid)
    shares: dict[int, list[tuple[int, float]]] = {}
    for (g, f), n in zip(pairs[order].tolist(), count[order].tolist(), strict=True):
        shares.setdefault(g, []).append((f, n / total[g]))
    return shares


def _words(shares: list[tuple[int, float]], phrases: list[Phrase | int], numbers: Sequence[str]) -> Phrase:
    """Name the greatest feature, and the second where it matters."""
    named = [phrases[f] for f, share in shares[:2] if share >= SECOND_SHARE or f == shares[0][0]]
    neighbours = sorted(f for f in named if isinstance(f, int))
    words: list[Phrase] = []
    for feature in named:
        if not isinstance(feature, int):
            words.append(feature)
        elif neighbours:
            words.append(_between([numbers[i] for i in neighbours]))
            neighbours = []
    return "、".join(zh for zh, _ in words), " and ".join(en for _, en in words)


def _between(numbers: list[str]) -> Phrase:
    zh = f"与第{'、'.join(numbers)}网格相邻的楼间界线"
    en = f"the line between buildings shared with grid{'s' if len(numbers) > 1 else ''} {' and '.join(numbers)}"
    return zh, en
