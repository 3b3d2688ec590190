"""Units -> graph: who people can walk to, and what is joined although nothing leads across."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridgis.graph import Graph
from gridgis.linework import CODE, COST, KIND_NAMES
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


def build_graph(units: Units, options: PlanOptions) -> tuple[Graph, tuple[Join, ...]]:
    """Make neighbours of units that people can walk between, and of what cannot stand alone.

    A part of the jurisdiction that no road leads out of (an island, a strip between river and
    railway) and that does not divide into grids within the bands is joined to its surroundings; each such
    join is returned, so that it can be reported.
    """
    frame, lines = units.frame, units.edges
    left, right = lines["left"].to_numpy(np.int64), lines["right"].to_numpy(np.int64)
    length = lines["length_m"].to_numpy(float)
    kind = lines["kind"].map(CODE).to_numpy(np.int64)
    n = len(frame)
    inner = right >= 0
    pair = np.minimum(left, right) * n + np.maximum(left, right)
    pairs, of = np.unique(pair[inner], return_inverse=True)
    shared = np.bincount(of, length[inner], len(pairs))
    cost = np.bincount(of, length[inner] * COST[kind[inner]], len(pairs))
    walkable = np.bincount(of, lines["walkable"].to_numpy(bool)[inner], len(pairs)) > 0
    u, v = pairs // n, pairs % n
    people = frame["households"].to_numpy(np.int64), frame["population"].to_numpy(np.int64)

    # The line that separates most of a blocked pair names the obstacle in reports.
    main = np.zeros(len(pairs), np.int64)
    order = np.argsort(length[inner], kind="stable")
    main[of[order]] = kind[inner][order]
    used = walkable.copy()
    links: list[tuple[int, int]] = []
    joins: list[Join] = []
    while True:
        ends = np.array(links, np.int64).reshape(-1, 2)
        part = joined(n, np.concatenate([u[used], ends[:, 0]]), np.concatenate([v[used], ends[:, 1]]))
        weak = _weakest(part, people, options)
        if weak is None:
            break
        across = ~used & ((part[u] == weak) != (part[v] == weak))
        used |= across
        joins += [Join(u=int(u[e]), v=int(v[e]), across=str(KIND_NAMES[main[e]])) for e in np.flatnonzero(across)]
        if not across.any():
            a, b = _nearest(frame.geometry.to_numpy(), part == weak)
            links.append((min(a, b), max(a, b)))
            joins.append(Join(u=min(a, b), v=max(a, b), across="gap"))
    ends = np.array(links, np.int64).reshape(-1, 2)
    u, v = np.concatenate([u[used], ends[:, 0]]), np.concatenate([v[used], ends[:, 1]])
    none = np.zeros(len(ends))
    order = np.lexsort((v, u))
    graph = Graph(
        ids=frame["name"].to_numpy(object),
        households=people[0],
        population=people[1],
        x=frame["x"].to_numpy(float),
        y=frame["y"].to_numpy(float),
        area_m2=frame["area_m2"].to_numpy(float),
        outer_m=np.bincount(left[~inner], length[~inner], n).astype(float),
        u=u[order],
        v=v[order],
        shared_m=np.concatenate([shared[used], none])[order],
        cost=np.concatenate([cost[used], none])[order],
        block=frame["block"].to_numpy(np.int64),
    )
    return graph, tuple(joins)


def _weakest(part: Ints, people: tuple[Ints, Ints], options: PlanOptions) -> int | None:
    """Return the part with fewest people among those that no number of grids fits; None when all can stand."""
    count = int(part.max()) + 1
    if count == 1:
        return None
    totals = [np.bincount(part, p, count) for p in people]
    weak = [k for k in range(count) if not _stands(totals[0][k], totals[1][k], people, options)]
    return min(weak, key=lambda k: (totals[0][k] + totals[1][k], k)) if weak else None


def _stands(households: float, population: float, people: tuple[Ints, Ints], options: PlanOptions) -> bool:
    """Whether a part with these totals divides into grids within the bands, with a little room to spare."""
    bounds = [(t, b) for t, b in ((households, options.households), (population, options.population)) if b is not None]
    if not bounds:
        return bool(households * 2 >= people[0].sum() / (options.grids or 1))
    least = max(math.ceil(total / (band.high * (1 - ROOM))) for total, band in bounds)
    most = min(
        math.floor(total / (band.low * (1 + ROOM))) if band.low > 0 else len(people[0]) for total, band in bounds
    )
    return max(least, 1) <= most


def _nearest(shapes: npt.NDArray[np.object_], chosen: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return the unit among the chosen and the one among the others that are closest to each other."""
    here, there = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    pairs, distance = shapely.STRtree(shapes[there]).query_nearest(shapes[here], return_distance=True)
    best = int(np.argmin(distance))
    return int(here[pairs[0, best]]), int(there[pairs[1, best]])
