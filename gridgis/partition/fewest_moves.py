"""From a plan that breaks bounds to one that keeps them while the fewest households change their grid.

Every grid that breaks a bound is mended with the few grids that this concerns; where that finds nothing, an integer
program takes all grids near it, ever farther. Then groups of grids, choices of whole grids, and whole areas where they
are small, are solved for the fewest moves there can be at all.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from gridgis.graph import Graph, Ints
from gridgis.options import PlanOptions
from gridgis.partition.check import pieces_within
from gridgis.partition.exact import impossible_units
from gridgis.partition.moves_columns import bound_by_columns
from gridgis.partition.moves_exact import Best, best_of_all
from gridgis.partition.moves_groups import bound_by_groups, knapsack, least_new, mend_patch
from gridgis.partition.moves_program import Answer, MovesProgram
from gridgis.partition.moves_regions import Now, Region, Regions, outside
from gridgis.partition.problem import build_problem, weights
from gridgis.partition.search import Clock

Bools = npt.NDArray[np.bool_]

HOPS = 4
"""Grids that a region reaches from one that breaks a bound, at most."""
ROOTS = 6
"""Places where a new grid is tried to begin."""
NEAR = 10.0
"""Households beyond what a grid has too many or too few that the first choices reach."""
MOST_WHOLE = 4000
"""Choices that the search for a way out may have in a whole area."""
MOST_NEW = 3
"""New grids that the proof places; more are let be in pieces."""


class Fewest(NamedTuple):
    """The division with fewest moves that was found.

    Attributes
    ----------
    grid
        (n,) grids; those of before keep their numbers, new ones come after them.
    bound
        Fewer households than these cannot move, with as many grids within the bounds.
    proven
        `bound` is what the division has.
    broken
        Grids left outside a bound.
    forced
        So many grids have to be outside a bound in every division.
    cause
        (n,) for moved units the grid whose broken bound set it off; -1 elsewhere.
    """

    grid: Ints
    bound: int
    proven: bool
    broken: Ints
    forced: int
    cause: Ints


def fewest_moves(
    graph: Graph, now: Now, *, keep_number: bool = False, seconds: float = 60.0, more_s: float = 0.0
) -> Fewest:
    """Change a plan as little as possible so that every grid keeps the hard bounds of ``graph.measures``.

    Parameters
    ----------
    keep_number
        There must be as many grids as before.
    seconds
        What the search and the proof may take together, about.
    more_s
        What the proof may take beyond that where every grid was mended.
    """
    clock = Clock(limit_s=seconds)
    measures = tuple(m for m in graph.measures if not m.soft)
    k = int(now.start.max()) + 1
    frozen = np.zeros(k, bool)
    frozen[now.start[now.fixed]] = True
    broken = np.flatnonzero(outside(measures, now.start, k, graph.n) & ~frozen)
    cause = np.full(graph.n, -1, np.int64)
    grid = now.start.copy()
    if not len(broken):
        return Fewest(grid, now.moved(grid), True, broken, 0, cause)
    task = _Task(graph, now, measures, frozen, keep_number)
    best = best_of_all(task, Clock(limit_s=seconds / 3))
    if best is not None:
        return _told(task, best, broken)
    cause = task.mend(Clock(limit_s=seconds * 0.4))
    mended = _compact(task.grid, k)
    left = task.broken()
    forced = task.forced(left)
    if len(left) <= forced:
        clock.limit_s = seconds + more_s
    grid, bound = bound_by_groups(task, mended, forced, Clock(limit_s=clock.left_s / 3))
    grid = _compact(grid, k)
    if bound < now.moved(grid):
        grid, least = bound_by_columns(task, grid, Clock(limit_s=0.8 * clock.left_s))
        grid, bound = _compact(grid, k), max(bound, least)
    if bound < now.moved(grid) or len(left) > forced:
        whole = task.prove(grid, left, clock)
        grid = grid if whole.grid is None else whole.grid
        bound, forced = max(bound, whole.bound), max(forced, whole.forced)
    moved = np.flatnonzero((grid != now.start) & (grid != mended))
    cause[moved] = _causes(task, moved, grid, broken)
    still = np.flatnonzero(outside(measures, grid, int(grid.max()) + 1, graph.n))
    still = still[(still >= k) | ~frozen[np.minimum(still, k - 1)]]
    bound = min(max(bound, 0), now.moved(grid))
    proven = bound == now.moved(grid) and forced >= len(still)
    return Fewest(grid, bound, proven, still, forced, cause)


def _told(task: _Task, best: Best, broken: Ints) -> Fewest:
    """Return the best division of all as what was found."""
    grid = _compact(best.grid, task.k)
    cause = np.full(len(grid), -1, np.int64)
    moved = np.flatnonzero(grid != task.now.start)
    cause[moved] = _causes(task, moved, grid, broken)
    task.grid = grid
    return Fewest(grid, task.now.moved(grid), True, np.sort(task.broken()), best.broken, cause)


class _Whole(NamedTuple):
    """What a program over whole areas showed; `grid` where it found something better."""

    grid: Ints | None
    bound: int
    forced: int


class _Task(Regions):
    """A plan that is mended grid by grid."""

    def broken(self) -> Ints:
        """Return the grids that break a bound as the plan is by now, those furthest outside first."""
        k = int(self.grid.max()) + 1
        bad = np.flatnonzero(outside(self.measures, self.grid, k, self.graph.n))
        bad = bad[(bad >= self.k) | ~self.frozen[np.minimum(bad, self.k - 1)]]
        return bad[np.argsort([-self.need(bad[i : i + 1]) for i in range(len(bad))], kind="stable")]

    def mend(self, clock: Clock) -> Ints:
        """Bring grid after grid into its bounds; return the grid behind every move."""
        cause = np.full(self.graph.n, -1, np.int64)
        todo = self.broken().tolist()
        for number, grid in enumerate(todo):
            if grid not in self.broken():
                continue
            budget = Clock(limit_s=max(min(1.5, clock.left_s), clock.left_s / (len(todo) - number)))
            after = mend_patch(self, grid, budget)
            if after is not None:
                cause[after != self.grid] = grid if grid < self.k else -1
                self.grid = after
        for hops in range(1, HOPS + 1):
            todo = self.broken().tolist()
            for number, grid in enumerate(todo):
                if clock.over:
                    return cause
                if grid not in self.broken():
                    continue
                slots = self._around(grid, hops)
                if hops > 1 and len(slots) == len(self._around(grid, hops - 1)):
                    continue
                places = np.flatnonzero(np.isin(self.grid, slots) & ~self.now.fixed)
                budget = Clock(limit_s=max(min(1.5, clock.left_s), clock.left_s / (len(todo) - number)))
                inner = self._solve(grid, slots, places, budget)
                fresh = int(self.grid.max()) + 1
                after = np.where(inner < len(slots), slots[np.minimum(inner, len(slots) - 1)], fresh + inner)
                cause[places[after != self.grid[places]]] = grid if grid < self.k else -1
                self.grid[places] = after
        return cause

    def forced(self, left: Ints) -> int:
        """Return how many grids must be outside a bound in every division, as far as single grids show it: 0 or 1."""
        if not len(left):
            return 0
        places = np.flatnonzero(~self.now.fixed)
        problem = build_problem(self.graph, weights(self.graph, PlanOptions()), places)
        # one grid may hold what is shown of several
        found = (impossible_units(problem, np.flatnonzero(self.grid[places] == grid)) for grid in left.tolist())
        return int(any(units is not None for units in found))

    def _around(self, grid: int, hops: int) -> Ints:
        """Return the grids that are at most so many steps from one, itself included, fixed ones left out."""
        near = np.zeros(max(self.k, int(self.grid.max()) + 1), bool)
        near[grid] = True
        a, b = self.grid[self.u], self.grid[self.v]
        for _ in range(hops):
            step = near[a] | near[b]
            near[a[step]] = near[b[step]] = True
        near[: self.k] &= ~self.frozen
        return np.flatnonzero(near)

    def _solve(self, grid: int, slots: Ints, places: Ints, clock: Clock) -> Ints:
        """Return the cheapest division found of a region that brings a grid into its bounds, or what it is."""
        broken = self.broken()
        need = self.need(np.array([grid]))
        most = 3 * need + float(np.sort(self.now.weight[places])[-5:].sum())
        stay = np.searchsorted(slots, self.grid[places])
        penalty = 3.0 * float(self.now.weight[places].sum() + len(places))
        best, cap = None, need + NEAR
        while not clock.over:
            # few choices first: no others can be better while they cost no more than the farthest of them
            region = self.region(places, slots, cap=cap, broken=broken)
            if region is None:
                break
            known = stay if best is None or best.grid is None else best.grid
            budget = Clock(limit_s=clock.left_s / 2)
            best = MovesProgram(region, penalty=penalty, ordered=True).settle(budget, known)
            mended = not best.broken[np.searchsorted(slots, grid)]
            if cap >= most or (mended and best.cost % penalty <= cap + 1):
                break
            cap = min(most, max(best.cost % penalty, 1.01 * cap) if mended else 3 * cap)
        if best is None or best.grid is None or region is None:
            return stay if best is None or best.grid is None else best.grid
        if not self.keep_number and self._new_grid_may_help(region, best):
            roots = self._roots(region, best)
            for number, root in enumerate(roots):
                if clock.over:
                    break
                budget = Clock(limit_s=clock.left_s / (len(roots) - number))
                other = MovesProgram(region, roots=[root], penalty=penalty, ordered=True).settle(budget)
                if other.grid is not None and other.cost < best.cost - 1e-6:
                    best = other
        return stay if best.grid is None else best.grid

    def _new_grid_may_help(self, region: Region, answer: Answer) -> bool:
        """Say whether a new grid could cost less than the answer: its people are moved, but for new buildings'."""
        if answer.broken.any():
            return True
        return least_new(region) < answer.cost

    def _roots(self, region: Region, answer: Answer) -> list[int]:
        """Return units around which a new grid might begin: the heaviest, and the farthest out, of heavy grids."""
        share = np.zeros(region.k)
        for m in region.measures:
            if math.isfinite(m.high):
                share = np.maximum(share, np.bincount(region.start, m.counts, region.k) / m.high)
        heavy = np.argsort(-(share + answer.broken * (share > 1)), kind="stable")[:2]
        count = sum((m.counts / max(1.0, float(m.counts.mean())) for m in region.measures), np.zeros(region.n))
        weight = np.floor(region.weight)
        fresh = np.maximum(count - weight / max(1.0, float(weight.mean())), 0.0)
        out: list[int] = []
        for grid in heavy.tolist():
            members = np.flatnonzero(region.start == grid)
            rim = members[np.argsort(-fresh[members] - 1e-3 * count[members], kind="stable")]
            out += rim[: ROOTS // 3].tolist()
            edge = np.bincount(np.r_[region.u, region.v], region.start[np.r_[region.v, region.u]] != grid, region.n)
            out.append(int(members[np.argmax(edge[members])]))
        return list(dict.fromkeys(out))[:ROOTS]

    def prove(self, grid: Ints, left: Ints, clock: Clock) -> _Whole:
        """Hold the division against programs over whole areas, by households alone."""
        now = self.now
        _, piece = pieces_within(self.graph, np.where(now.fixed, -1 - np.arange(self.graph.n), 0))
        broken = outside(self.measures, now.start, self.k, self.graph.n) & ~self.frozen
        best = grid.copy()
        bound = forced = 0
        areas = np.unique(piece[~now.fixed & broken[now.start]]).tolist()
        for number, area in enumerate(areas):
            places = np.flatnonzero(piece == area)
            slots = np.unique(now.start[places])
            still = len(np.intersect1d(left, grid[places]))
            budget = Clock(limit_s=clock.left_s / (len(areas) - number))
            if still and self._divides(places):
                half = Clock(limit_s=budget.left_s / 2)
                best[places] = self._mend_whole(places, slots, np.flatnonzero(broken), best, half)
                k = max(self.k, int(best.max()) + 1)
                still = len(np.intersect1d(np.flatnonzero(outside(self.measures, best, k, len(best))), best[places]))
            else:
                forced += bool(still)
            least, better = self._least(places, slots, np.flatnonzero(broken), best, still, budget)
            bound += least
            if better is not None:
                best[places] = better
        return _Whole(None if (best == grid).all() else _compact(best, self.k), bound, forced)

    def _mend_whole(self, places: Ints, slots: Ints, broken: Ints, grid: Ints, clock: Clock) -> Ints:
        """Return grids of a small area with fewer outside a bound, wherever its units must go; or those it has."""
        start = self.now.start
        region = self.region(places, slots, cap=math.inf, broken=broken, grid=start)
        if region is None or len(region.unit) > MOST_WHOLE:
            return grid[places]
        region = replace(region, may_end=np.full(len(slots), not self.keep_number))
        fewest = max((math.ceil(int(m.counts.sum()) / m.high) for m in region.measures), default=1)
        spare = 0 if self.keep_number else min(MOST_NEW, max(1, fewest - len(slots) + 1))
        answer = MovesProgram(region, spare=spare, penalty=self.penalty).settle(clock)
        if answer.grid is None:
            return grid[places]
        new = int(grid.max()) + 1
        after = grid.copy()
        fresh = new + answer.grid - len(slots)
        after[places] = np.where(answer.grid < len(slots), slots[np.minimum(answer.grid, len(slots) - 1)], fresh)
        bad = [int(outside(self.measures, g, max(self.k, int(g.max()) + 1), len(g)).sum()) for g in (after, grid)]
        better = bad[0] < bad[1] or (bad[0] == bad[1] and self.now.moved(after) < self.now.moved(grid))
        return after[places] if better else grid[places]

    def _least(
        self, places: Ints, slots: Ints, broken: Ints, grid: Ints, still: int, clock: Clock
    ) -> tuple[int, Ints | None]:
        """Return the fewest households that must move in an area, and its grids where fewer do than in `grid`."""
        now = self.now
        own, weight = now.own[places], now.weight[places]
        mine = int(weight[(grid[places] != own) & (own >= 0)].sum())
        # nothing that moves more than is known already can be better
        region = self.region(places, slots, cap=float(mine), broken=broken, grid=now.start)
        if region is None:
            return min(mine, self._simple_bound(places, slots, still)), None
        away = (region.own[region.unit] != region.grid) & (own[region.unit] >= 0)
        held = np.bincount(region.start, weight, len(slots))
        region = replace(
            region,
            cost=weight[region.unit] * away.astype(float),
            weight=np.floor(region.weight),
            may_end=np.full(len(slots), not self.keep_number) & (held <= mine),
        )
        spare = 0 if self.keep_number else self._most_new(region, mine)
        pool = spare > MOST_NEW
        program = MovesProgram(region, spare=0 if pool else spare, pool=pool, penalty=self.penalty)
        known = np.where(
            grid[places] < self.k, np.searchsorted(slots, grid[places]), grid[places] - self.k + len(slots)
        )
        known[known >= len(slots)] = len(slots) + np.unique(known[known >= len(slots)], return_inverse=True)[1]
        usable = not pool and known.max() < len(slots) + spare
        answer = program.settle(clock, known if usable else None)
        rest = answer.bound - self.penalty * still
        least = math.ceil(rest - 1e-6 * abs(answer.bound) - 1e-3) if math.isfinite(rest) and rest > 0 else 0
        least = min(mine, max(least, self._simple_bound(places, slots, still)))
        if pool or answer.grid is None or answer.cost - self.penalty * still >= mine - 0.5:
            return least, None
        new = answer.grid - len(slots) + int(grid.max()) + 1
        return least, np.where(answer.grid < len(slots), slots[np.minimum(answer.grid, len(slots) - 1)], new)

    def _divides(self, places: Ints) -> bool:
        """Say whether some number of grids fits the totals of an area."""
        totals = [int(m.counts[places].sum()) for m in self.measures]
        fewest = max([math.ceil(t / m.high) for m, t in zip(self.measures, totals, strict=True)], default=1)
        most = [t // m.low for m, t in zip(self.measures, totals, strict=True) if m.low > 0]
        return max(fewest, 1) <= min(most, default=math.inf)

    def _most_new(self, region: Region, mine: int) -> int:
        """Return how many new grids there can be where no more than some households move, at most ``MOST_NEW`` + 1."""
        weight = np.floor(region.weight)
        count = 0
        while count <= MOST_NEW:
            whole = [m for m in region.measures if m.low > 0]
            if any(m.counts.sum() < (count + 1) * m.low for m in whole):
                break
            if max((knapsack(weight, m.counts, (count + 1) * m.low) for m in whole), default=0.0) > mine:
                break
            count += 1
        return count

    def _simple_bound(self, places: Ints, slots: Ints, still: int) -> int:
        """Households that must leave the grids above a bound, each by itself: the cheapest that are enough.

        Those ``still`` outside a bound in the end may be the ones that would lose most.
        """
        now = self.now
        lost = []
        for slot in slots.tolist():
            members = places[now.start[places] == slot]
            worst = 0.0
            for m in self.measures:
                over = float(m.counts[members].sum()) - m.high
                if over > 0 and not (m.counts[members] > m.high).any():
                    worst = max(worst, knapsack(now.weight[members], m.counts[members], over))
            lost.append(worst)
        return math.ceil(sum(sorted(lost)[: max(len(lost) - still, 0)]) - 1e-6)


def _compact(grid: Ints, k: int) -> Ints:
    """Number new grids from k on, without holes."""
    new = grid >= k
    out = grid.copy()
    out[new] = k + np.unique(grid[new], return_inverse=True)[1]
    return out


def _causes(task: _Task, moved: Ints, grid: Ints, broken: Ints) -> Ints:
    """Return the broken grid behind each move: the one left or joined, else the nearest."""
    if not len(broken):
        return np.full(len(moved), -1, np.int64)
    start = task.now.start
    a, b = start[task.u], start[task.v]
    beside = csr_matrix((np.ones(len(a)), (a, b)), shape=(task.k, task.k))
    steps = dijkstra(beside, indices=broken, unweighted=True, directed=False)
    near = broken[np.argmin(steps, axis=0)]
    out = near[start[moved]]
    after = grid[moved]
    joins = np.isin(after, broken)
    out[joins] = after[joins]
    leaves = np.isin(start[moved], broken)
    out[leaves] = start[moved][leaves]
    return np.asarray(out)
