"""Fewest moves as a choice of whole grids, which come into the program as they are worth it.

Every unit lies in one chosen grid, at the cost of its households where that is not its own. Programs of units and grids
let shares of a unit go wherever there is room; here a grid is within its bounds as a whole, so that the bound is close.
Grids are found at the prices that units have (column generation; Barnhart and others 1998). Prices are held near those
of the best bound so far (du Merle and others 1999).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Floats, Ints
from gridgis.partition.moves_pricing import KEPT, Part, Room, best_sets, fit_together, room_for
from gridgis.partition.moves_regions import Regions, choices_within, counted, outside
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, solve

Bools = npt.NDArray[np.bool_]

MOST_UNITS = 2000
MOST_CHOICES = 100_000
FIRST_CAP = 300.0
"""Households over which units come to a grid while better divisions are looked for, before the bound is."""
QUICK, THOROUGH = 20_000, 1_000_000
"""Branches of a search for a grid, and where few are found so."""
FEW = 5
ROUNDS = 200
IDLE = 15
"""Rounds without a better bound after which no more are tried."""
STEP = 2.0
"""How far prices may go from the best ones at no cost, to begin with."""
PLAY = 0.7
"""How much of a unit may be left over where its price has gone as far as it may."""


class Place(NamedTuple):
    """What may become of one grid: units that may lie in it, what each costs there, those it hangs on."""

    units: Ints
    cost: Floats
    roots: Ints
    part: Part


class Column(NamedTuple):
    """A grid that may be chosen; ``place`` k stands for a new one."""

    units: Ints
    place: int
    cost: float
    broken: bool


class Prices(NamedTuple):
    """What units (n,) pay, what a grid outside its bounds costs, and what each grid (k,) pays by now."""

    units: Floats
    broken: float
    shares: Floats


class Columns:
    """The program of whole grids of a plan.

    Parameters
    ----------
    task
        The plan; no grid may be locked in part.
    grid
        The best division known.
    """

    def __init__(self, task: Regions, grid: Ints) -> None:
        self.task, self.k = task, task.k
        now = task.now
        self.free = np.flatnonzero(~now.fixed)
        self.n = len(self.free)
        local = np.full(task.graph.n, -1, np.int64)
        local[self.free] = np.arange(self.n)
        self.u, self.v = local[task.u], local[task.v]
        self.start, self.own = now.start[self.free], now.own[self.free]
        self.weight = now.weight[self.free].astype(float)
        self.links = csr_matrix(
            (np.ones(2 * len(self.u)), (np.r_[self.u, self.v], np.r_[self.v, self.u])), shape=(self.n, self.n)
        )
        measures = task.measures
        self.least = np.stack([m.counts[self.free] for m in measures], axis=1).astype(float)
        self.most = np.stack([counted(m.counts[self.free].astype(float), m) for m in measures], axis=1)
        self.low = np.array([m.low for m in measures], float)
        self.high = np.array([min(m.high, 1e12) for m in measures], float)
        self.together = fit_together(self.links, self.most, self.high)
        self.columns: list[Column] = []
        self.known: set[tuple[int, bool, bytes]] = set()
        self.grid = grid
        self.prices = Prices(np.zeros(self.n), 0.0, np.zeros(self.k))
        self.bound = 0.0
        self.spared = self._outside(grid)
        self.highs = self._program()
        self._take(grid)
        self._take(now.start)

    @property
    def cost(self) -> int:
        """Households that the best division moves."""
        return self.task.now.moved(self.grid)

    def _outside(self, grid: Ints) -> int:
        slots = max(self.k, int(grid.max()) + 1)
        bad = outside(self.task.measures, grid, slots, len(grid))
        bad[: self.k] &= ~self.task.frozen
        return int(bad.sum())

    def _program(self) -> Any:
        """Return the program without grids: a row a unit, one a grid, one for all grids outside a bound."""
        import highspy

        kind: Any = highspy.Highs  # the package has no types
        highs = kind()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 1)
        none, nothing = np.zeros(0, np.int32), np.zeros(0)
        for _ in range(self.n):
            highs.addRow(1.0, 1.0, 0, none, nothing)
        for _ in range(self.k):
            highs.addRow(-highspy.kHighsInf, 1.0, 0, none, nothing)
        highs.addRow(-highspy.kHighsInf, float(self.spared), 0, none, nothing)
        for sign in (1.0, -1.0):
            for unit in range(self.n):
                highs.addCol(0.0, 0.0, PLAY, 1, np.array([unit], np.int32), np.array([sign]))
        return highs

    def _add(self, units: Ints, place: int, *, broken: bool) -> int:
        """Add a grid to the program; return 1, or 0 where it is there already."""
        units = np.sort(units)
        key = place, broken, units.tobytes()
        if key in self.known:
            return 0
        self.known.add(key)
        own = self.own[units]
        cost = float(self.weight[units][(own >= 0) & (own != place)].sum())
        self.columns.append(Column(units, place, cost, broken))
        rows = self._rows(self.columns[-1])
        self.highs.addCol(cost, 0.0, math.inf, len(rows), rows.astype(np.int32), np.ones(len(rows)))
        return 1

    def _rows(self, column: Column) -> Ints:
        beside = [self.n + column.place] * (column.place < self.k) + [self.n + self.k] * column.broken
        return np.append(column.units, beside).astype(np.int64)

    def _take(self, grid: Ints) -> None:
        """Add the grids of a division."""
        slots = max(self.k, int(grid.max()) + 1)
        bad = outside(self.task.measures, grid, slots, len(grid))
        for number in np.unique(grid[self.free]).tolist():
            self._add(np.flatnonzero(grid[self.free] == number), min(number, self.k), broken=bool(bad[number]))

    def places(self, cap: float) -> list[Place] | None:
        """Return what may become of every grid where units come over at most some households, new ones last."""
        found = choices_within(self.u, self.v, self.start, self.own, self.weight, self.k, cap, MOST_CHOICES)
        if found is None:
            return None
        unit, grid = found
        out = []
        for number in range(self.k + 1):
            units = np.unique(unit[grid == number]) if number < self.k else np.arange(self.n)
            own = self.own[units]
            cost = np.where((own >= 0) & (own != number), self.weight[units], 0.0)
            # a grid with none of its own costs as much as a new one
            roots = np.flatnonzero(own == number) if number < self.k else np.arange(self.n)
            links = self.links[units][:, units].tocsr()
            together = np.ascontiguousarray(self.together[np.ix_(units, units)])
            part = Part(
                links.indptr.astype(np.int64),
                links.indices.astype(np.int64),
                np.ascontiguousarray(self.least[units]),
                np.ascontiguousarray(self.most[units]),
                self.low,
                self.high,
                together,
            )
            out.append(Place(units, cost, roots, part))
        return out

    def look(self, places: list[Place], at: Prices, clock: Clock, *, thorough: bool) -> tuple[float, int]:
        """Add grids that are worth it at some prices; return what no division costs less than, and how many are new.

        Where the time ends first, nothing is known of the cost.
        """
        prices, broken, shares = at
        bound, new = float(prices.sum()) - broken * self.spared, 0
        most_grids = min((float(self.least[:, m].sum()) // low for m, low in enumerate(self.low) if low > 0), default=0)
        for number, place in enumerate(places):
            if clock.over:
                return -math.inf, new
            pays = prices[place.units] - place.cost
            room = room_for(len(place.units))
            share = float(shares[number]) if number < self.k else 0.0
            # at first sets that pay less than the grid does by now are of use as well
            above = share if thorough else 0.0
            steps = THOROUGH if thorough else QUICK
            found, most = best_sets(place.part, pays, place.roots, above=above, steps=steps, room=room)
            new += self._take_sets(place, number, room, found)
            most = max(most, share)
            # any units may make a grid outside its bounds, for the bound even those apart
            any_ = place.units[pays > 0]
            let_off = float(pays[pays > 0].sum()) - broken
            if let_off > share + 1e-6:
                new += self._add(any_, number, broken=True)
                new += sum(self._add(piece, number, broken=True) for piece in self._pieces(any_)[:1])
            if number < self.k:
                bound -= max(most, let_off)
            else:
                bound -= (most_grids or self.n) * max(0.0, most) + self.spared * max(0.0, let_off)
        return bound, new

    def _take_sets(self, place: Place, number: int, room: Room, found: int) -> int:
        """Add the sets that a search kept; return how many are new."""
        slots = [i % KEPT for i in range(max(0, found - KEPT), found)]
        return sum(self._add(place.units[room.members[i, : room.sizes[i]]], number, broken=False) for i in slots)

    def _pieces(self, units: Ints) -> list[Ints]:
        """Return the connected pieces of some units, the heaviest first."""
        count, piece = connected_components(self.links[units][:, units], directed=False)
        parts = [units[piece == p] for p in range(count)]
        return sorted(parts, key=lambda part: -float(self.weight[part].sum()))

    def raise_bound(self, places: list[Place], clock: Clock, *, holds: bool) -> bool:
        """Bring in grids round by round; return whether no more would help.

        Parameters
        ----------
        holds
            The places have all that a better division could take, so that the bound counts.
        """
        import highspy

        play = np.arange(2 * self.n, dtype=np.int32)
        best, _ = self.look(places, self.prices, clock, thorough=True)
        step, idle = STEP, 0
        for _ in range(ROUNDS):
            if holds:
                self.bound = max(self.bound, best)
            if clock.over or idle > IDLE or self.bound > self.cost - 1 + 1e-6:
                return False
            paid = self.prices.units
            self.highs.changeColsCost(2 * self.n, play, np.r_[paid + step, step - paid])
            self.highs.run()
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return False
            solution = self.highs.getSolution()
            promised = float(self.highs.getInfo().objective_function_value)
            dual = np.array(solution.row_dual)
            played = float(np.array(solution.col_value)[play].sum())
            shares = np.maximum(-dual[self.n : self.n + self.k], 0.0)
            now = Prices(dual[: self.n], max(0.0, -float(dual[-1])), shares)
            value, new = self.look(places, now, clock, thorough=False)
            if new < FEW:
                value, more = self.look(places, now, clock, thorough=True)
                new += more
            gain, hoped = value - best, promised - best
            idle = 0 if gain > 0.01 else idle + 1
            if gain > 0:
                best, self.prices = value, now
                step *= 1.5 if gain > 0.5 * hoped else 1.0
            elif -gain > hoped:
                step = max(0.7 * step, 0.3)
            if played < 1e-6 and (promised - best < 0.5 or new == 0):
                return True
            if new == 0:
                step *= 2.0
        return False

    def choose(self, clock: Clock) -> bool:
        """Look for a better division among the grids known; return whether there was one."""
        sound = [c for c in self.columns if not c.broken or len(self._pieces(c.units)) == 1]
        rows = [self._rows(column) for column in sound]
        starts = np.r_[0, np.cumsum([len(row) for row in rows])]
        many = self.task.penalty
        costs = np.array([column.cost + many * column.broken for column in sound])
        low = np.r_[np.ones(self.n), np.full(self.k + 1, -np.inf)]
        high = np.r_[np.ones(self.n + self.k), self.spared]
        values = np.ones(int(starts[-1]))
        program = Program(costs, np.ones(len(sound)), starts, np.concatenate(rows), values, low, high)
        answer = solve(program, seconds=clock.left_s, on_time=True)
        if answer.x is None:
            return False
        out, fresh = self.grid.copy(), self.k
        for c in np.flatnonzero(answer.x > 0.5).tolist():
            column = sound[c]
            out[self.free[column.units]] = column.place if column.place < self.k else fresh
            fresh += column.place == self.k
        if self.task.keep_number and len(np.unique(out)) != len(np.unique(self.grid)):
            return False
        now = self._outside(out), self.task.now.moved(out)
        if now >= (self._outside(self.grid), self.cost):
            return False
        self.grid = out
        return True


def bound_by_columns(task: Regions, grid: Ints, clock: Clock) -> tuple[Ints, int]:
    """Hold a division against all choices of whole grids, and take a better one where it is found.

    Returns
    -------
    grid
        A division with fewer moves, or fewer grids outside a bound; or the one given.
    bound
        Fewer households cannot move, with no more grids outside their bounds than in the division given.
    """
    now = task.now
    if int((~now.fixed).sum()) > MOST_UNITS or not task.measures or (task.frozen[now.start] & ~now.fixed).any():
        return grid, 0
    columns = Columns(task, grid)
    cap = min(FIRST_CAP, float(columns.cost))
    while not clock.over:
        holds = cap >= columns.cost
        places = columns.places(cap)
        if places is None:
            break
        done = columns.raise_bound(places, Clock(limit_s=clock.left_s / 2), holds=holds)
        better = not clock.over and columns.choose(Clock(limit_s=clock.left_s / 2))
        if holds and (not better or done or columns.bound > columns.cost - 1 + 1e-6):
            break
        cap = float(columns.cost)
    return columns.grid, min(max(0, math.ceil(columns.bound - 1e-3)), columns.cost)
