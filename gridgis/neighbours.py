"""Units -> graph: who people can walk to, and what is joined although nothing leads across."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.features import COMPOUNDS, KINDS
from gridgis.graph import Fixed, Graph
from gridgis.layers import Layers
from gridgis.linework import CODE, COST, KIND_NAMES
from gridgis.measures import Measure
from gridgis.options import PlanOptions
from gridgis.pieces import joined
from gridgis.units import Units

Ints = npt.NDArray[np.int64]

ROOM = 0.05
"""A part of the jurisdiction stands alone only if its totals fit with this much room."""


@dataclass(frozen=True, kw_only=True)
class Join:
    """Two units made neighbours although nothing leads across, since one side cannot stand alone.

    ``across`` is the kind of line between them, or ``gap`` where they don't touch (islands).
    """

    u: int
    v: int
    across: str


def build_graph(units: Units, options: PlanOptions, layers: Layers) -> tuple[Graph, tuple[Join, ...]]:
    """Make neighbours of units that people can walk between, and of what cannot stand alone.

    A part of the jurisdiction that no road leads out of (an island, a strip between river and
    railway) and that does not divide into grids within the bands is joined to its surroundings; each such
    join is returned, so that it can be reported. Nothing is ever joined across communities, or to what is fixed.
    """
    frame, lines = units.frame, units.edges
    left, right = lines["left"].to_numpy(np.int64), lines["right"].to_numpy(np.int64)
    length = lines["length_m"].to_numpy(float)
    kind = lines["kind"].map(CODE).to_numpy(np.int64)
    n = len(frame)
    community, fixed = frame["community"].to_numpy(np.int64), frame["fixed"].to_numpy(np.int64)
    inner = right >= 0
    open_ = inner & (community[left] == community[np.maximum(right, 0)])
    pair = np.minimum(left, right) * n + np.maximum(left, right)
    pairs, of = np.unique(pair[open_], return_inverse=True)
    shared = np.bincount(of, length[open_], len(pairs))
    cost = np.bincount(of, length[open_] * COST[kind[open_]], len(pairs))
    walkable = np.bincount(of, lines["walkable"].to_numpy(bool)[open_], len(pairs)) > 0
    u, v = pairs // n, pairs % n
    # a community's edge is where its grids end, like the jurisdiction's
    outer = np.bincount(left[~open_], length[~open_], n)
    outer += np.bincount(right[inner & ~open_], length[inner & ~open_], n)

    # The line that separates most of a blocked pair names the obstacle in reports.
    main = np.zeros(len(pairs), np.int64)
    order = np.argsort(length[open_], kind="stable")
    main[of[order]] = kind[open_][order]
    free = fixed < 0
    may = free[u] & free[v]
    used = walkable.copy()
    links: list[tuple[int, int]] = []
    joins: list[Join] = []
    stands = ~free  # what touches nothing but fixed grids stays by itself, whatever comes of it
    while True:
        ends = np.array(links, np.int64).reshape(-1, 2)
        inside = used & may
        part = joined(n, np.concatenate([u[inside], ends[:, 0]]), np.concatenate([v[inside], ends[:, 1]]))
        weak = _weakest(part, stands, units, options)
        if weak is None:
            break
        across = ~used & may & ((part[u] == weak) != (part[v] == weak))
        used |= across
        joins += [Join(u=int(u[e]), v=int(v[e]), across=str(KIND_NAMES[main[e]])) for e in np.flatnonzero(across)]
        if not across.any():
            here = part == weak
            if (here[u] & ~free[v]).any() or (here[v] & ~free[u]).any():
                stands |= here
                continue
            there = free & ~here & (community == community[np.argmax(here)])
            a, b = _nearest(frame.geometry.to_numpy(), here, there)
            links.append((min(a, b), max(a, b)))
            joins.append(Join(u=min(a, b), v=max(a, b), across="gap"))
    ends = np.array(links, np.int64).reshape(-1, 2)
    u, v = np.concatenate([u[used], ends[:, 0]]), np.concatenate([v[used], ends[:, 1]])
    none = np.zeros(len(ends))
    order = np.lexsort((v, u))
    graph = Graph(
        ids=frame["name"].to_numpy(object),
        households=frame["households"].to_numpy(np.int64),
        population=frame["population"].to_numpy(np.int64),
        x=frame["x"].to_numpy(float),
        y=frame["y"].to_numpy(float),
        area_m2=frame["area_m2"].to_numpy(float),
        outer_m=outer.astype(float),
        u=u[order],
        v=v[order],
        shared_m=np.concatenate([shared[used], none])[order],
        cost=np.concatenate([cost[used], none])[order],
        block=frame["block"].to_numpy(np.int64),
        measures=units.measures,
        fixed=_fixed(fixed, layers),
        start=frame["existing"].to_numpy(np.int64) if len(layers.existing) else None,
    )
    return graph, tuple(joins)


def _fixed(fixed: Ints, layers: Layers) -> tuple[Fixed, ...]:
    """Say of every locked grid and dedicated compound which units it holds, and why they stay together."""
    groups = []
    for label in np.unique(fixed[fixed >= 0]).tolist():
        if label < len(layers.existing):
            why, remedy = why_locked(layers.existing["code"].iloc[label])
        else:
            why, remedy = why_dedicated(layers.compounds.iloc[label - len(layers.existing)])
        groups.append(Fixed(units=np.flatnonzero(fixed == label), why=why, remedy=remedy))
    return tuple(groups)


def why_locked(code: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Say that a locked grid stays, and what would help."""
    return (f"grid {code} is locked and stays as it is", f"网格{code}已锁定，保持原状"), (
        f"unlock grid {code}",
        f"解除对网格{code}的锁定",
    )


def why_dedicated(area: pd.Series) -> tuple[tuple[str, str], tuple[str, str]]:
    """Say that a dedicated compound is a grid, and what would help."""
    zh, en = COMPOUNDS[area["kind"]]
    name, name_zh = area["name"] or "without a name", area["name"] or "（未命名）"
    return (
        (
            f"the {en} {name} is dedicated: a grid of its own, whatever its size",
            f"{zh}{name_zh}为专属网格，不论大小单独成格",
        ),
        (f"let the {en} {name} be divided like others", f"取消该{zh}的专属网格，与其他区域一并划分"),
    )


def _weakest(part: Ints, stands: npt.NDArray[np.bool_], units: Units, options: PlanOptions) -> int | None:
    """Return the part with fewest people among those that no number of grids fits; None when all can stand.

    ``stands`` (n,): units that need no others; a part that is all there is of its community needs none, either.
    """
    frame = units.frame
    count = int(part.max()) + 1
    if count == 1:
        return None
    community = frame["community"].to_numpy(np.int64)
    free = frame["fixed"].to_numpy(np.int64) < 0
    whole = np.bincount(community[free] + 1, minlength=community.max() + 2)
    size = np.bincount(part[free & ~stands], minlength=count)
    of_part = np.zeros(count, np.int64)
    of_part[part] = community
    open_ = (size > 0) & (size < whole[of_part + 1])
    people = [frame[name].to_numpy(np.int64) for name in ("households", "population")]
    totals = [np.bincount(part, p, count) for p in people]
    measured = [measure.grouped(part, count) for measure in units.measures]
    fits = _stand(measured) if measured else totals[0] * 2 >= people[0].sum() / (options.grids or 1)
    weak = np.flatnonzero(open_ & ~fits)
    return int(min(weak, key=lambda k: (totals[0][k] + totals[1][k], k))) if len(weak) else None


def _stand(measured: list[Measure]) -> npt.NDArray[np.bool_]:
    """Say which parts divide into grids within the bounds, with a little room to spare."""
    least = np.maximum.reduce([np.ceil(m.counts / (m.high * (1 - ROOM))) for m in measured])
    most = np.minimum.reduce(
        [np.floor(m.counts / (m.low * (1 + ROOM))) if m.low > 0 else np.full(len(m.counts), np.inf) for m in measured]
    )
    fits: npt.NDArray[np.bool_] = np.maximum(least, 1) <= most
    return fits


def _nearest(
    shapes: npt.NDArray[np.object_], chosen: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_]
) -> tuple[int, int]:
    """Return the unit among the chosen and the one among the others that are closest to each other."""
    here, there = np.flatnonzero(chosen), np.flatnonzero(others)
    pairs, distance = shapely.STRtree(shapes[there]).query_nearest(shapes[here], return_distance=True)
    best = int(np.argmin(distance))
    return int(here[pairs[0, best]]), int(there[pairs[1, best]])


def notes_on_joins(
    joins: Sequence[Join], ids: npt.NDArray[np.object_], grid: Ints, codes: Sequence[str], nouns: Sequence[str]
) -> list[tuple[str, str]]:
    """Say where a grid reaches over what cannot be crossed, since the people beyond are too few for one.

    Parameters
    ----------
    ids, grid
        (n,) name and grid of every unit.
    codes
        (k,) codes of the grids.
    nouns
        What a grid is called: English, its plural, Chinese.
    """
    notes = []
    noun, _, noun_zh = nouns
    for join in joins:
        if grid[join.u] != grid[join.v]:
            continue
        code, a, b = codes[grid[join.u]], ids[join.u], ids[join.v]
        if join.across == "gap":
            en, zh = "which do not touch", "互不相接"
        else:
            en, zh = f"over a {KINDS[join.across].en} without a crossing", f"被{KINDS[join.across].zh}隔开且无通道"
        notes.append(
            (
                f"{noun} {code} holds the units of buildings {a} and {b}, {en}: one side cannot stand alone",
                f"{noun_zh}{code}包含建筑{a}与{b}所在单元，二者{zh}：其中一侧不足以单独成格",
            )
        )
    return notes
