"""Fewest moves as an integer program: one 0/1 choice a unit and grid it may lie in, of a plan that is to change little.

Grids may end and new ones begin. Contiguity comes in steps: a unit that is new in a grid needs a neighbour there; what
still falls into pieces gets separators, first where shares of units violate them, then from whole answers (Validi,
Buchanan and Lykhovyd 2022); where these do not end, something has to flow to every unit of a grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from gridgis.graph import Floats, Ints
from gridgis.partition.moves_regions import Region, counted, outside
from gridgis.partition.moves_rows import Rows, steps_from
from gridgis.partition.moves_separators import Separator, separators, share_separators
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, solve

Bools = npt.NDArray[np.bool_]

FLOW_AFTER = 3
"""Rounds of separators after which flows keep grids in one piece."""
MOST_SHARED_S = 600.0
SHARED_ROUNDS = 40
"""How often separators are added to the program without whole numbers."""


class Answer(NamedTuple):
    """What came of a program.

    Attributes
    ----------
    grid
        (n,) connected grids within the bounds, new ones numbered from k on; None: none was found.
    cost
        What it costs.
    bound
        No division costs less.
    broken
        (k,) grids left outside a bound.
    proven
        None costs less, as far as the choices go.
    """

    grid: Ints | None
    cost: float
    bound: float
    broken: Bools
    proven: bool


class MovesProgram:
    """The program of a region: variables x of the choices, then y (the grid is there), z (it stays broken).

    Parameters
    ----------
    roots
        A new grid may begin around each of these units, every unit of it nearer to the root than the next.
    spare
        So many new grids may begin anywhere, of units whose grids are not let be: a new grid with others counts as one
        that is let be.
    pool
        Any number of new grids may begin anywhere, contiguous or not: then the answer is a bound alone.
    ordered
        Grids grow from their heaviest units, each unit nearer than the next, as new ones do from their roots: quickly
        solved, but not every division is like that, so what it shows is no bound.
    penalty
        What a grid that stays broken costs.
    spared
        So many grids may stay broken however far; None: no farther than now.
    whole
        All costs are whole numbers.
    """

    def __init__(
        self,
        region: Region,
        *,
        penalty: float,
        roots: Sequence[int] = (),
        spare: int = 0,
        pool: bool = False,
        ordered: bool = False,
        spared: int | None = None,
        whole: bool = False,
    ) -> None:
        self.region, self.pool, self.spared = region, pool, spared
        self.ordered = ordered
        self.flows = 0
        self.step = 1.0 - 1e-3 if whole else -1e-6
        n, k = region.n, region.k
        self.let_be = np.zeros(k, bool) if region.let_be is None else region.let_be
        self.new = len(roots) + spare + int(pool)
        unit, grid, cost = [region.unit], [region.grid], [region.cost]
        for number in range(self.new):
            able = np.arange(n) if number < len(roots) else np.flatnonzero(~self.let_be[region.start])
            unit.append(able)
            grid.append(np.full(len(able), k + number))
            cost.append(region.weight[able])
        self.unit, self.grid = np.concatenate(unit), np.concatenate(grid)
        self.p = len(self.unit)
        slots = k + self.new
        self.costs = np.concatenate([*cost, np.zeros(slots), np.full(k, penalty)])
        self.columns = self.p + slots + k
        self.upper = np.ones(self.columns)
        if pool:
            self.upper[self.p + slots - 1] = n
        key = self.unit * slots + self.grid
        self.by_key = np.argsort(key, kind="stable")
        self.key = np.append(key[self.by_key], n * slots)
        self.slots = slots
        self.links = csr_matrix(
            (np.ones(2 * len(region.u)), (np.r_[region.u, region.v], np.r_[region.v, region.u])), shape=(n, n)
        )
        self.rows = Rows()
        self.lower = np.zeros(self.columns)
        self._choose()
        self._bound()
        if ordered:
            self._hang()
        else:
            self._touch()
        for number, root in enumerate(roots):
            self._grow(k + number, root)

    def _x(self, units: Ints, grid: int) -> Ints:
        """Return the variables of some units in a grid, of those that may lie there."""
        wanted = units.astype(np.int64) * self.slots + grid
        at = np.searchsorted(self.key, wanted)
        found: Ints = self.by_key[at[self.key[at] == wanted]]
        return found

    def _choose(self) -> None:
        """Every unit lies in one grid; grids that must stay are there; there are as many as there may be."""
        region, rows = self.region, self.rows
        order = np.argsort(self.unit, kind="stable")
        for places in np.split(order, np.cumsum(np.bincount(self.unit, minlength=region.n))[:-1]):
            rows.add(places, 1.0, 1, 1)
        k = region.k
        self.fixed_on = np.flatnonzero(~region.may_end)
        self.upper[self.p + k + self.new + np.flatnonzero(~region.may_break)] = 0
        for grid in self.fixed_on:
            rows.add([self.p + int(grid)], 1.0, 1, 1)
        there = self.p + np.arange(k + self.new)
        if region.fewest > 0 or math.isfinite(region.most):
            rows.add(there, 1.0, region.fewest, region.most)
        if self.spared is not None:
            rows.add(self.p + k + self.new + np.arange(k), 1.0, 0, self.spared)

    def _bound(self) -> None:
        """Every grid that is there keeps its bounds, or is let off; one that ended holds nothing."""
        region, rows, k = self.region, self.rows, self.region.k
        order = np.argsort(self.grid, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(self.grid, minlength=k + self.new))[:-1])
        loads = [np.bincount(region.start, m.counts, k) for m in region.measures]
        for grid, places in enumerate(groups):
            if grid < k and self.let_be[grid]:
                continue
            there = self.p + grid
            if grid >= k or region.may_end[grid]:
                rows.add(np.append(places, there), np.append(np.ones(len(places)), -float(region.n)), -np.inf, 0)
                if region.fewest > 0:
                    rows.add(np.append(places, there), np.append(np.ones(len(places)), -1.0), 0, np.inf)
            let_off = self.p + k + self.new + grid
            for measure, load in zip(region.measures, loads, strict=True):
                held = measure.counts[self.unit[places]].astype(float)
                columns, values = np.append(places, there), held
                now = float(load[grid]) if grid < k else 0.0
                spare = [let_off] if grid < k and region.may_break[grid] else []
                if measure.low > 0:
                    short = max(measure.low - now, 0.0) if self.spared is None else measure.low
                    row = np.concatenate([values, [-measure.low], [short] * len(spare)])
                    rows.add(np.append(columns, spare).astype(np.int64), row, 0, np.inf)
                if math.isfinite(measure.high):
                    over = max(now - measure.high, 0.0) if self.spared is None else float(held.sum())
                    row = np.concatenate([counted(held, measure), [-measure.high], [-over] * len(spare)])
                    rows.add(np.append(columns, spare).astype(np.int64), row, -np.inf, 0)

    def _touch(self) -> None:
        """A unit that is new in a grid has a neighbour there."""
        region = self.region
        stranger = (region.start[self.unit] != self.grid) & (region.own[self.unit] != self.grid)
        stranger &= self.grid < region.k
        for place in np.flatnonzero(stranger).tolist():
            unit, grid = int(self.unit[place]), int(self.grid[place])
            beside = self._x(self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]], grid)
            self.rows.add(np.append(beside, place), np.append(np.ones(len(beside)), -1.0), 0, np.inf)

    def _hang(self) -> None:
        """Let every unit of a grid have a neighbour there that is nearer to its heaviest one: so it is in one piece."""
        region = self.region
        for grid in range(region.k):
            members = self.unit[self.grid == grid]
            stays = np.flatnonzero(region.start == grid)
            if self.let_be[grid]:
                roots = stays
                steps = steps_from(self.links, roots.tolist(), members)
            else:
                roots = stays[[np.argmax(region.weight[stays])]]
                steps = steps_from(self.links, roots.tolist(), stays, members)
                self.rows.add([*self._x(roots, grid).tolist(), self.p + grid], np.array([1.0, -1.0]), 0, 0)
            for unit in np.setdiff1d(members, roots).tolist():
                near = self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]]
                nearer = self._x(near[steps[near] < steps[unit]], grid)
                (place,) = self._x(np.array([unit]), grid)
                self.rows.add(np.append(nearer, place), np.append(np.ones(len(nearer)), -1.0), 0, np.inf)

    def _grow(self, grid: int, root: int) -> None:
        """Let a new grid grow from its root: each unit has a neighbour in it that is nearer to the root."""
        steps = steps_from(self.links, [root])
        for unit in range(self.region.n):
            (place,) = self._x(np.array([unit]), grid)
            if unit == root:
                self.rows.add([place, self.p + grid], np.array([1.0, -1.0]), 0, 0)
                continue
            near = self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]]
            nearer = self._x(near[steps[near] < steps[unit]], grid)
            self.rows.add(np.append(nearer, place), np.append(np.ones(len(nearer)), -1.0), 0, np.inf)

    def settle(self, clock: Clock, known: Ints | None = None, *, nodes: int | None = None) -> Answer:
        """Solve it until every grid is in one piece or the time is over.

        Parameters
        ----------
        known
            (n,) connected grids that keep the program's rules, to start from.
        nodes
            What HiGHS may branch at most.
        """
        region = self.region
        start = None if known is None else self._values(known)
        best = Answer(None, math.inf, -math.inf, np.zeros(self.region.k, bool), False)
        if start is not None and known is not None:
            best = self._answer(known, start, -math.inf, proven=False)
        bound = -math.inf if self.ordered or self.pool else self._tighten(clock, best.cost)
        rounds = 0
        while not clock.over and bound <= best.cost - self.step:
            matrix = self.rows.matrix(self.columns)
            program = Program(
                self.costs,
                self.upper,
                matrix.indptr,
                matrix.indices,
                matrix.data,
                np.array(self.rows.low, float),
                np.array(self.rows.high, float),
                self.flows,
            )
            found = solve(program, seconds=clock.left_s, nodes=nodes, start=start, on_time=True)
            if found.status == "impossible":
                return best._replace(bound=math.inf)
            bound = max(bound, found.bound)
            if found.x is None or bound > best.cost - self.step:
                break
            grid = self._grids(found.x)
            cuts = [] if self.pool else separators(region, self.links, grid, self._x, let_be=self.let_be)
            if not cuts:
                return self._answer(grid, found.x, bound, proven=found.status == "optimal")
            if found.status != "optimal":
                break
            self._part(cuts)
            rounds += 1
            if rounds == FLOW_AFTER:
                self._let_flow(best.cost)
        return best._replace(bound=bound)

    def _tighten(self, clock: Clock, known: float) -> float:
        """Add separators that the program without whole numbers violates; return its bound."""
        bound = -math.inf
        for _ in range(SHARED_ROUNDS):
            matrix = self.rows.matrix(self.columns)
            low, high = np.array(self.rows.low, float), np.array(self.rows.high, float)
            rows = LinearConstraint(matrix, low, high)
            seconds = min(max(clock.left_s, 0.1), MOST_SHARED_S)
            limits = Bounds(np.zeros(self.columns), self.upper)
            found = milp(self.costs, constraints=rows, bounds=limits, options={"time_limit": seconds})
            if found.status != 0:
                break
            bound = float(found.fun)
            if bound > known - self.step or clock.over:
                break
            held = found.x[: self.p]
            there = held > 1e-6
            shares = csr_matrix((held[there], (self.unit[there], self.grid[there])), shape=(self.region.n, self.slots))
            cuts = share_separators(self.region, self.links, shares, self._x, let_be=self.let_be)
            if not cuts:
                break
            self._part(cuts)
        return bound

    def _let_flow(self, known: float) -> None:
        """Let something flow from a unit of every grid to all its other units, over units of it alone.

        The flow begins at what surely lies in the grid, else at one of some units that cannot all leave for less
        than ``known``.
        """
        region, n = self.region, self.region.n
        alone = np.bincount(self.unit, minlength=n) == 1
        begins: list[tuple[int, Bools, Bools]] = []
        for grid in range(region.k):
            members = np.sort(self.unit[self.grid == grid])
            sure, chosen = np.zeros(n, bool), np.zeros(n, bool)
            stays = members[alone[members]]
            before = members[region.start[members] == grid]
            if self.let_be[grid]:
                # every unit that was there before feeds others, if it is still there
                sure[before] = True
            elif len(stays):
                heart = int(np.argmax(region.weight[stays]))
                sure[stays[breadth_first_order(self.links[stays][:, stays], heart, return_predecessors=False)]] = True
            else:
                own = before[region.own[before] == grid]
                own = own[np.argsort(-region.weight[own], kind="stable")]
                enough = int(np.searchsorted(np.cumsum(np.floor(region.weight[own])), known, side="right")) + 1
                if enough > len(own):
                    continue
                chosen[own[:enough]] = True
            begins.append((grid, sure, chosen))
        roots = {}
        for grid, _, chosen in begins:
            for unit in np.flatnonzero(chosen).tolist():
                roots[unit, grid] = self.columns
                self._widen(1, 1.0)
            if chosen.any():
                columns = [roots[unit, grid] for unit in np.flatnonzero(chosen).tolist()]
                self.rows.add(columns, 1.0, 1, 1)
        for grid, sure, chosen in begins:
            self._flow(grid, sure, {unit: roots[unit, grid] for unit in np.flatnonzero(chosen).tolist()})

    def _widen(self, count: int, upper: float) -> None:
        self.columns += count
        self.costs = np.append(self.costs, np.zeros(count))
        self.upper = np.append(self.upper, np.full(count, upper))

    def _flow(self, grid: int, sure: Bools, roots: dict[int, int]) -> None:
        """Let every unit of a grid have one more part come than go, but where the flow begins."""
        n = self.region.n
        may = np.zeros(n, bool)
        may[self.unit[self.grid == grid]] = True
        u, v = np.repeat(np.arange(n), np.diff(self.links.indptr)), self.links.indices
        arc = may[u] & may[v] & ~sure[v]
        u, v = u[arc], v[arc].astype(np.int64)
        most = float((may & ~sure).sum())
        first = self.columns
        self._widen(len(u), most)
        self.flows += len(u)
        for unit in np.flatnonzero(may).tolist():
            (x,) = self._x(np.array([unit]), grid)
            comes, goes = first + np.flatnonzero(v == unit), first + np.flatnonzero(u == unit)
            if sure[unit]:
                self.rows.add(np.append(goes, x), np.append(np.ones(len(goes)), -most), -np.inf, 0)
                continue
            begin = [roots[unit]] if unit in roots else []
            values = np.concatenate([np.ones(len(comes)), -np.ones(len(goes)), [-1.0], [most] * len(begin)])
            self.rows.add(np.concatenate([comes, goes, [x], begin]).astype(np.int64), values, 0, most)
            if not begin:
                self.rows.high[-1] = 0.0
            else:
                self.rows.add([*begin, x], np.array([1.0, -1.0]), -np.inf, 0)
            self.rows.add(np.append(comes, x), np.append(np.ones(len(comes)), -most), -np.inf, 0)

    def _part(self, cuts: list[Separator]) -> None:
        for cut in cuts:
            self.rows.add(cut.places, cut.values, -np.inf, cut.most)

    def _answer(self, grid: Ints, x: Floats, bound: float, *, proven: bool) -> Answer:
        first = self.p + self.region.k + self.new
        broken = x[first : first + self.region.k] > 0.5
        return Answer(grid, float(self.costs[: len(x)] @ np.round(x)), bound, broken, proven)

    def _grids(self, x: Floats) -> Ints:
        chosen = np.flatnonzero(x[: self.p] > 0.5)
        grid = np.empty(self.region.n, np.int64)
        grid[self.unit[chosen]] = self.grid[chosen]
        return grid

    def _values(self, grid: Ints) -> Floats | None:
        """Return the variables of known grids; None where they are outside the choices."""
        x = np.zeros(self.p + self.slots + self.region.k)
        wanted = np.arange(self.region.n) * self.slots + grid
        at = np.searchsorted(self.key, wanted)
        if (self.key[at] != wanted).any():
            return None
        place = self.by_key[at]
        x[place] = 1
        x[self.p + np.unique(grid)] = 1
        x[self.p + self.fixed_on] = 1
        broken = outside(self.region.measures, grid, self.region.k + self.new, self.region.n)[: self.region.k]
        x[self.p + self.region.k + self.new + np.flatnonzero(broken & self.region.may_break)] = 1
        return x
