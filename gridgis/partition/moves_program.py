"""Fewest moves as an integer program: one 0/1 choice a unit and grid it may lie in, of a plan that is to change little.

Grids may end and new ones begin. Contiguity comes in two steps: a unit that is new in a grid needs a neighbour there;
what still falls into pieces gets separators, and the program is solved again (Validi, Buchanan and Lykhovyd 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Floats, Ints
from gridgis.partition.moves_regions import Region, counted, outside
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, solve

Bools = npt.NDArray[np.bool_]

CUTS = 12
"""Units of a piece that separators are added for at a time."""


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


class _Rows:
    """Rows of a program as they are collected: low ≤ row · x ≤ high."""

    def __init__(self) -> None:
        self.row: list[Ints] = []
        self.column: list[Ints] = []
        self.value: list[Floats] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: Ints | list[int], values: Floats | float, low: float, high: float) -> None:
        """Add one row."""
        place = np.asarray(columns, np.int64)
        self.row.append(np.full(len(place), len(self.low), np.int64))
        self.column.append(place)
        self.value.append(np.broadcast_to(np.asarray(values, float), place.shape))
        self.low.append(low)
        self.high.append(high)

    def matrix(self, columns: int) -> csc_matrix:
        """Return all rows as one matrix."""
        parts = (np.concatenate(part) for part in (self.value, self.row, self.column))
        value, row, column = parts
        return coo_matrix((value, (row, column)), shape=(len(self.low), columns)).tocsc()


class MovesProgram:
    """The program of a region: variables x of the choices, then y (the grid is there), z (it stays broken).

    Parameters
    ----------
    roots
        A new grid may begin around each of these units, every unit of it nearer to the root than the next.
    spare
        So many new grids may begin anywhere.
    pool
        Any number of new grids may begin anywhere, contiguous or not: then the answer is a bound alone.
    ordered
        Grids grow from their heaviest units, each unit nearer than the next, as new ones do from their roots: quickly
        solved, but not every division is like that, so what it shows is no bound.
    penalty
        What a grid that stays broken costs.
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
    ) -> None:
        self.region, self.pool = region, pool
        n, k = region.n, region.k
        self.new = len(roots) + spare + int(pool)
        unit, grid, cost = [region.unit], [region.grid], [region.cost]
        for number in range(self.new):
            unit.append(np.arange(n))
            grid.append(np.full(n, k + number))
            cost.append(region.weight)
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
        self.rows = _Rows()
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

    def _bound(self) -> None:
        """Every grid that is there keeps its bounds, or is let off; one that ended holds nothing."""
        region, rows, k = self.region, self.rows, self.region.k
        order = np.argsort(self.grid, kind="stable")
        groups = np.split(order, np.cumsum(np.bincount(self.grid, minlength=k + self.new))[:-1])
        loads = [np.bincount(region.start, m.counts, k) for m in region.measures]
        for grid, places in enumerate(groups):
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
                    short = max(measure.low - now, 0.0)
                    row = np.concatenate([values, [-measure.low], [short] * len(spare)])
                    rows.add(np.append(columns, spare).astype(np.int64), row, 0, np.inf)
                if math.isfinite(measure.high):
                    over = max(now - measure.high, 0.0)
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
            root = int(stays[np.argmax(region.weight[stays])])
            steps = _steps(self.links, root, stays, members)
            self.rows.add([*self._x(np.array([root]), grid).tolist(), self.p + grid], np.array([1.0, -1.0]), 0, 0)
            for unit in members[members != root].tolist():
                near = self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]]
                nearer = self._x(near[steps[near] < steps[unit]], grid)
                (place,) = self._x(np.array([unit]), grid)
                self.rows.add(np.append(nearer, place), np.append(np.ones(len(nearer)), -1.0), 0, np.inf)

    def _grow(self, grid: int, root: int) -> None:
        """Let a new grid grow from its root: each unit has a neighbour in it that is nearer to the root."""
        steps = _steps(self.links, root)
        for unit in range(self.region.n):
            (place,) = self._x(np.array([unit]), grid)
            if unit == root:
                self.rows.add([place, self.p + grid], np.array([1.0, -1.0]), 0, 0)
                continue
            near = self.links.indices[self.links.indptr[unit] : self.links.indptr[unit + 1]]
            nearer = self._x(near[steps[near] < steps[unit]], grid)
            self.rows.add(np.append(nearer, place), np.append(np.ones(len(nearer)), -1.0), 0, np.inf)

    def settle(self, clock: Clock, known: Ints | None = None) -> Answer:
        """Solve it until every grid is in one piece or the time is over.

        Parameters
        ----------
        known
            (n,) connected grids that keep the program's rules, to start from.
        """
        start = None if known is None else self._values(known)
        best = Answer(None, math.inf, -math.inf, np.zeros(self.region.k, bool), False)
        if start is not None and known is not None:
            best = self._answer(known, start, -math.inf, proven=False)
        bound = -math.inf
        while not clock.over:
            matrix = self.rows.matrix(self.columns)
            program = Program(
                self.costs,
                self.upper,
                matrix.indptr,
                matrix.indices,
                matrix.data,
                np.array(self.rows.low, float),
                np.array(self.rows.high, float),
            )
            found = solve(program, seconds=clock.left_s, start=start, on_time=True)
            if found.status == "impossible":
                return best._replace(bound=math.inf)
            bound = max(bound, found.bound)
            if found.x is None:
                break
            grid = self._grids(found.x)
            cuts = [] if self.pool else self._separators(grid)
            if not cuts:
                return self._answer(grid, found.x, bound, proven=found.status == "optimal")
            if found.status != "optimal":
                break
            for places, values in cuts:
                self.rows.add(places, values, -np.inf, 1)
        return best._replace(bound=bound)

    def _answer(self, grid: Ints, x: Floats, bound: float, *, proven: bool) -> Answer:
        broken = x[self.p + self.region.k + self.new :] > 0.5
        return Answer(grid, float(self.costs @ np.round(x)), bound, broken, proven)

    def _grids(self, x: Floats) -> Ints:
        chosen = np.flatnonzero(x[: self.p] > 0.5)
        grid = np.empty(self.region.n, np.int64)
        grid[self.unit[chosen]] = self.grid[chosen]
        return grid

    def _values(self, grid: Ints) -> Floats | None:
        """Return the variables of known grids; None where they are outside the choices."""
        x = np.zeros(self.columns)
        wanted = np.arange(self.region.n) * self.slots + grid
        at = np.searchsorted(self.key, wanted)
        if (self.key[at] != wanted).any():
            return None
        place = self.by_key[at]
        x[place] = 1
        x[self.p + np.unique(grid)] = 1
        x[self.p + self.fixed_on] = 1
        broken = outside(self.region.measures, grid, self.region.k + self.new, self.region.n)[: self.region.k]
        x[self.p + self.region.k + self.new + np.flatnonzero(broken)] = 1
        return x

    def _separators(self, grid: Ints) -> list[tuple[Ints, Floats]]:
        """Return for each piece of a grid beside its main one: two units of them, or one of those around the piece."""
        same = grid[self.region.u] == grid[self.region.v]
        u, v = self.region.u[same], self.region.v[same]
        links = csr_matrix((np.ones(len(u)), (u, v)), shape=(len(grid), len(grid)))
        count, piece = connected_components(links, directed=False)
        if count == len(np.unique(grid)):
            return []
        # a unit that would cost much to move is likely to stay where it is
        weight = self.region.weight + 1e-9
        load = np.bincount(piece, weight, count)
        home = np.zeros(count, np.int64)
        home[piece] = grid
        out = []
        for p in range(count):
            rivals = np.flatnonzero(home == home[p])
            main = rivals[np.argmax(load[rivals])]
            if p == main:
                continue
            inside = np.flatnonzero(piece == p)
            rim = np.unique(self.links[inside].indices)
            rim = self._x(rim[piece[rim] != p], int(home[p]))
            mains = np.flatnonzero(piece == main)
            heart = mains[np.argmax(weight[mains])]
            for unit in inside[np.argsort(-weight[inside], kind="stable")][:CUTS].tolist():
                ends = self._x(np.array([unit, heart]), int(home[p]))
                out.append((np.concatenate([ends, rim]), np.concatenate([[1.0, 1.0], -np.ones(len(rim))])))
        return out


def _steps(links: csr_matrix, root: int, first: Ints | None = None, then: Ints | None = None) -> Ints:
    """Return how many steps every unit is from one; farther than all where no way leads.

    With ``first`` and ``then``, ways lead over the units of the first, and over those of the second only from there.
    """
    n = links.shape[0]
    steps = np.full(n, 2 * n, np.int64)
    steps[root] = 0
    front = [root]
    for allowed in (first, then):
        open_ = np.ones(n, bool)
        if allowed is not None:
            open_ = np.zeros(n, bool)
            open_[allowed] = True
        while front:
            after = []
            for unit in front:
                for near in links.indices[links.indptr[unit] : links.indptr[unit + 1]].tolist():
                    if open_[near] and steps[near] == 2 * n:
                        steps[near] = steps[unit] + 1
                        after.append(near)
            front = after
        # from the rim of the first on
        front = np.flatnonzero(steps < 2 * n).tolist() if then is not None else []
    return steps
