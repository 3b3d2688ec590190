"""A part of a plan, cut out to be divided anew under fewer rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial.distance import pdist, squareform

from gridgis.features import KINDS
from gridgis.graph import Fixed, Graph
from gridgis.linework import CODE, COST
from gridgis.measures import Measure, measure_buildings
from gridgis.partition import partition

if TYPE_CHECKING:
    from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

HOPS = 2
"""Grids up to so many steps away may change when a remedy is tried."""

EFFORT = 0.1
SECONDS = 1.0
"""How hard, and at most how long, one remedy is tried."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """The units of some whole grids with all lines among them, to be divided anew under fewer rules.

    Attributes
    ----------
    plan
        Where it was cut out.
    units
        (n,) units of the plan, ascending.
    grids
        Grids of the plan that they make up.
    u, v
        (m,) places in ``units`` that share a line, each pair once.
    shared_m, cost
        (m,) as in `Graph`.
    walkable
        (m,) neighbours in the plan's graph.
    apart, blocked
        (m,) in different communities; in the same one, but people cannot pass.
    kinds
        (m,) what runs along most of the line.
    fixed
        Groups that must stay, in places.
    subject
        Place of the unit that the question is about: the most populous of those that force the breach.
    bad
        How many of the grids break a hard bound now.
    """

    plan: Plan
    units: Ints
    grids: Ints
    u: Ints
    v: Ints
    shared_m: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]
    walkable: Bools
    apart: Bools
    kinds: npt.NDArray[np.object_]
    fixed: tuple[Fixed, ...]
    subject: int
    bad: int

    @classmethod
    def around(cls, plan: Plan, grid: int, *, hops: int = HOPS) -> Region:
        """Cut the grids up to some steps away from one out of a plan."""
        edges, of, n = plan.units.edges, plan.assignment.grid, plan.graph.n
        inner = edges["right"].to_numpy(np.int64) >= 0
        left, right = edges["left"].to_numpy(np.int64)[inner], edges["right"].to_numpy(np.int64)[inner]
        grids = {grid}
        for _ in range(hops):
            near = np.isin(of, list(grids))
            grids |= set(of[left[near[right]]].tolist()) | set(of[right[near[left]]].tolist())
        chosen = np.isin(of, list(grids))
        units = np.flatnonzero(chosen)
        place = np.full(n, -1, np.int64)
        place[units] = np.arange(len(units))
        among = chosen[left] & chosen[right]
        pair = np.minimum(left, right)[among] * n + np.maximum(left, right)[among]
        linked = plan.graph.u * n + plan.graph.v
        linked = linked[chosen[plan.graph.u] & chosen[plan.graph.v]]
        pairs = np.union1d(pair, linked)
        row = np.searchsorted(pairs, pair)
        length = edges["length_m"].to_numpy(float)[inner][among]
        kind = edges["kind"].map(CODE).to_numpy(np.int64)[inner][among]
        main = np.full(len(pairs), "none", object)
        order = np.argsort(length, kind="stable")
        main[row[order]] = edges["kind"].to_numpy(object)[inner][among][order]
        u, v = pairs // n, pairs % n
        community = plan.units.frame["community"].to_numpy(np.int64)
        broken = {p.grid for p in plan.proofs if p.grid in grids}
        forcing = [u for p in plan.proofs if p.grid == grid for u in p.units if of[u] == grid]
        people = plan.graph.households + plan.graph.population
        subject = max(forcing or np.flatnonzero(of == grid).tolist(), key=lambda unit: int(people[unit]))
        return cls(
            plan=plan,
            units=units,
            grids=np.array(sorted(grids)),
            u=place[u],
            v=place[v],
            shared_m=np.bincount(row, length, len(pairs)).astype(float),
            cost=np.bincount(row, length * COST[kind], len(pairs)).astype(float),
            walkable=np.isin(pairs, linked),
            apart=community[u] != community[v],
            kinds=main,
            fixed=tuple(replace(g, units=place[g.units]) for g in plan.graph.fixed if chosen[g.units].all()),
            subject=int(place[subject]),
            bad=len(broken),
        )

    @property
    def blocked(self) -> Bools:
        """(m,) in one community, but people cannot pass."""
        return ~self.walkable & ~self.apart

    @property
    def buildings(self) -> Ints:
        """(n,) number in each unit."""
        number: Ints = self.plan.units.frame["buildings"].to_numpy(np.int64)[self.units]
        return number

    def holds(self, lifted: frozenset[str], bounds: Mapping[str, tuple[float, float]] | None = None) -> bool:
        """Say whether the subject's grid keeps its bounds once some rules are lifted, and no other breaks instead."""
        graph = self._graph(lifted, bounds or {})
        options = self.plan.options.replace(
            effort=EFFORT, grids=None, method="search", objective="balance", time_limit_s=SECONDS, seed=0
        )
        if "whole" in lifted:
            graph = _divided(graph, self)
        answer = partition(graph, options)
        broken = {proof.grid for proof in answer.proofs}
        mine = answer.grid[graph.block == self.subject if "whole" in lifted else [self.subject]]
        return len(broken) < self.bad and broken.isdisjoint(mine.tolist())

    def _graph(self, lifted: frozenset[str], bounds: Mapping[str, tuple[float, float]]) -> Graph:
        graph, units = self.plan.graph, self.units
        open_ = self.walkable.copy()
        if "crossings" in lifted:
            open_ |= self.blocked
        if "communities" in lifted:
            barrier = np.array([KINDS[kind].blocks for kind in self.kinds.tolist()], bool)
            open_ |= self.apart & (~barrier | ("crossings" in lifted))
        measures = []
        for measure in self.plan.units.measures:
            low, high = bounds.get(measure.name, (measure.low, measure.high))
            low = 0.0 if f"{measure.name}.low" in lifted else low
            high = math.inf if f"{measure.name}.high" in lifted else high
            measures.append(replace(measure, counts=measure.counts[units], low=low, high=high))
        nodes = ("ids", "households", "population", "x", "y", "area_m2", "outer_m", "block")
        return Graph(
            **{name: getattr(graph, name)[units] for name in nodes},
            u=self.u[open_],
            v=self.v[open_],
            shared_m=self.shared_m[open_],
            cost=self.cost[open_],
            measures=tuple(measures),
            fixed=() if "locks" in lifted else self.fixed,
        )

    def least_change(self, measure: Measure, side: str, lifted: frozenset[str]) -> float:
        """Return the bound nearest to the present one with which all holds, once others are lifted too.

        It is looked for between the present one and what the subject's grid has.
        """
        grid = self.plan.assignment.grid
        mine = grid == grid[self.units[self.subject]]
        near = measure.low if side == "low" else measure.high
        far = float(measure.counts[mine].sum())
        for _ in range(12):
            middle = (near + far) / 2 if measure.side != "both" else float(round((near + far) / 2))
            if abs(far - near) <= max(1.0, 0.002 * measure.whole) or middle in (near, far):
                break
            bounds = (middle, measure.high) if side == "low" else (measure.low, middle)
            if self.holds(lifted, {measure.name: bounds}):
                far = middle
            else:
                near = middle
        return far


def _divided(graph: Graph, region: Region) -> Graph:
    """Return the graph with every unit divided into its buildings, neighbours where they are nearest to one another."""
    plan = region.plan
    unit = plan.units.buildings.to_numpy(np.int64)
    place = np.full(plan.graph.n, -1, np.int64)
    place[region.units] = np.arange(len(region.units))
    lived_in = (plan.counts["households"].to_numpy() > 0) | (plan.counts["population"].to_numpy() > 0)
    mine = np.flatnonzero((unit >= 0) & lived_in)
    mine = mine[place[unit[mine]] >= 0]
    empty = np.setdiff1d(np.arange(graph.n), place[unit[mine]])
    home = np.concatenate([place[unit[mine]], empty])
    order = np.argsort(home, kind="stable")
    home, building = home[order], np.concatenate([mine, np.full(len(empty), -1)])[order]
    middle = shapely.get_coordinates(shapely.centroid(plan.layers.buildings.geometry.to_numpy()[building]))
    xy = np.where((building >= 0)[:, None], middle, np.column_stack([graph.x, graph.y])[home])
    start = np.searchsorted(home, np.arange(graph.n + 1))
    pairs = [(a, b) for h in range(graph.n) for a, b in _strung(xy[start[h] : start[h + 1]], int(start[h]))]
    for a, b in zip(graph.u.tolist(), graph.v.tolist(), strict=True):
        here, there = xy[start[a] : start[a + 1]], xy[start[b] : start[b + 1]]
        gap = ((here[:, None] - there[None]) ** 2).sum(axis=2)
        i, j = np.unravel_index(int(gap.argmin()), gap.shape)
        pairs.append((int(start[a] + i), int(start[b] + j)))
    ends = np.unique(np.sort(np.array(pairs, np.int64).reshape(-1, 2), axis=1), axis=0)
    share = 1.0 / np.diff(start)[home]
    counts = {name: plan.counts[name].to_numpy(np.int64) for name in ("households", "population")}
    of_building = {m.name: m.counts for m in measure_buildings(plan.counts, plan.options)}
    return Graph(
        ids=np.arange(len(home)),
        **{name: np.where(building >= 0, values[building], 0) for name, values in counts.items()},
        x=xy[:, 0],
        y=xy[:, 1],
        area_m2=graph.area_m2[home] * share,
        outer_m=graph.outer_m[home] * share,
        u=ends[:, 0],
        v=ends[:, 1],
        shared_m=np.ones(len(ends)),
        cost=np.ones(len(ends)),
        block=home,
        measures=tuple(
            replace(m, counts=np.where(building >= 0, of_building[m.name][building], 0)) for m in graph.measures
        ),
        fixed=tuple(replace(g, units=np.flatnonzero(np.isin(home, g.units))) for g in graph.fixed),
    )


def _strung(xy: npt.NDArray[np.float64], first: int) -> list[tuple[int, int]]:
    """Join points to their three nearest, and what is left apart along the shortest ways; places from `first` on."""
    n = len(xy)
    if n < 2:
        return []
    gap = squareform(pdist(xy)) + 1e-6
    np.fill_diagonal(gap, 0.0)
    tree = minimum_spanning_tree(csr_matrix(gap)).tocoo()
    near = np.argsort(gap, axis=1)[:, 1:4]
    ends = [*zip(tree.row.tolist(), tree.col.tolist(), strict=True)]
    ends += [(i, j) for i in range(n) for j in near[i].tolist()]
    return [(first + i, first + j) for i, j in ends]
