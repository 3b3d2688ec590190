"""Parts of a plan as the programs of fewest moves take them: whole grids, and where their units may go."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from gridgis.graph import Floats, Graph, Ints
from gridgis.measures import Measure

Bools = npt.NDArray[np.bool_]

MOST_CHOICES = 20_000
"""Choices of units and grids that a program may have."""
TIE = 1e-3
"""What moving a unit costs beside its households: of equal numbers of households, fewer units and rounder grids."""


@dataclass(frozen=True, kw_only=True)
class Now:
    """A plan as it is.

    Attributes
    ----------
    start
        (n,) the grid of every unit, 0 … k-1, each connected.
    own
        (n,) the grid in which the unit's households count as unmoved; -1: they never count as moved.
    weight
        (n,) households that move when the unit lies in any other.
    fixed
        (n,) units that stay where they are.
    """

    start: Ints
    own: Ints
    weight: Ints
    fixed: Bools

    def moved(self, grid: Ints) -> int:
        """Count the households that are moved by a division whose grids keep their numbers."""
        return int(self.weight[(grid != self.own) & (self.own >= 0)].sum())


@dataclass(frozen=True, kw_only=True)
class Region:
    """Whole grids of a plan that are to be divided anew, n units in k grids, all around them fixed.

    Attributes
    ----------
    u, v
        (m,) pairs of units that are neighbours.
    start
        (n,) the grid of every unit now, 0 … k-1.
    own
        (n,) the grid in which its households count as unmoved; -1: none.
    measures
        Bounds that every grid must keep.
    unit, grid, cost
        (p,) the choices: units, grids they may lie in, and what that costs.
    weight
        (n,) what a unit costs in a new grid.
    may_end
        (k,) grids whose units may all go to others.
    may_break
        (k,) grids that may stay outside a bound, though no farther than now.
    let_be
        (k,) stand for all that lies around: they keep no bounds and need not be in one piece. None: no grid is.
    fewest, most
        Numbers of grids there may be.
    """

    u: Ints
    v: Ints
    start: Ints
    own: Ints
    measures: tuple[Measure, ...]
    unit: Ints
    grid: Ints
    cost: Floats
    weight: Floats
    may_end: Bools
    may_break: Bools
    let_be: Bools | None = None
    fewest: float = 0.0
    most: float = math.inf

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.start)

    @property
    def k(self) -> int:
        """Number of grids now."""
        return len(self.may_end)


class Regions:
    """A plan on the way, and the regions of it."""

    def __init__(self, graph: Graph, now: Now, measures: tuple[Measure, ...], frozen: Bools, keep_number: bool) -> None:
        self.graph, self.now, self.measures, self.keep_number = graph, now, measures, keep_number
        self.k = len(frozen)
        self.frozen = frozen
        n = graph.n
        free = ~now.fixed
        open_ = free[graph.u] & free[graph.v]
        self.u, self.v, self.shared = graph.u[open_], graph.v[open_], graph.shared_m[open_]
        self.grid = now.start.copy()
        self.penalty = 10.0 * (now.weight.sum() + n)
        self.tie = _ties(self, n)

    def region(self, places: Ints, slots: Ints, *, cap: float, broken: Ints, grid: Ints | None = None) -> Region | None:
        """Return the program's region of some whole grids, of the plan by now or that in ``grid``.

        None when it has too many choices.
        """
        now = self.now
        current = self.grid if grid is None else grid
        local = np.full(self.graph.n, -1, np.int64)
        local[places] = np.arange(len(places))
        inner = (local[self.u] >= 0) & (local[self.v] >= 0)
        slot = np.full(max(self.k, int(current.max()) + 1) + 1, -1, np.int64)
        slot[slots] = np.arange(len(slots))
        start, own = slot[current[places]], slot[now.own[places]]
        weight = now.weight[places].astype(float)
        u, v = local[self.u[inner]], local[self.v[inner]]
        choices = choices_within(u, v, start, own, weight, len(slots), cap)
        if choices is None:
            return None
        unit, place = choices
        away = (own[unit] != place) & (now.own[places][unit] >= 0)
        cost = weight[unit] * away + self.tied(places[unit], slots[place])
        light = np.isin(slots, broken) & self._under(slots, current)
        return Region(
            u=u,
            v=v,
            start=start,
            own=own,
            measures=tuple(taken(m, places) for m in self.measures),
            unit=unit,
            grid=place,
            cost=cost,
            weight=weight * (now.own[places] >= 0) + 2 * TIE,
            may_end=light & (not self.keep_number),
            may_break=np.isin(slots, broken),
        )

    def tied(self, units: Ints, grids: Ints) -> Floats:
        """Return the small cost of units in grids: nothing where they were, less where much line is shared."""
        here = self.now.start[units]
        there = np.minimum(grids, self.k)
        shared = np.asarray(self.tie[units, there]).ravel() - np.asarray(self.tie[units, here]).ravel()
        return np.asarray(np.where(here == grids, 0.0, TIE * (2.0 - shared)))

    def _under(self, slots: Ints, grid: Ints) -> Bools:
        out = np.zeros(len(slots), bool)
        for m in self.measures:
            out |= np.bincount(grid, m.counts, self.k)[slots] < m.low
        return out

    def need(self, broken: Ints) -> float:
        """Return about how many households must move for some grids to keep their bounds."""
        total = 0.0
        weight = float(self.now.weight.sum())
        for m in self.measures:
            load = np.bincount(self.grid, m.counts, self.k)[broken]
            off = np.maximum(m.low - load, 0) + np.maximum(load - m.high, 0)
            total += float(off.sum()) * weight / max(float(m.counts.sum()), 1.0)
        return total


def counted(held: Floats, measure: Measure) -> Floats:
    """Let a unit that is too large for any grid be in one, with others that are too few for one of their own."""
    with_it = np.maximum(held + max(measure.low - 1.0, 0.0) - measure.high, 0.0)
    return np.asarray(np.where(held > measure.high, held - with_it, held))


def outside(measures: Sequence[Measure], grid: Ints, grids: int, n: int) -> Bools:
    """Return which of the grids that hold units lie outside a bound; not those that one unit alone is too large for."""
    there = np.bincount(grid, minlength=grids) > 0
    out = np.zeros(grids, bool)
    for measure in measures:
        load = np.bincount(grid, measure.counts, grids)
        most = np.bincount(grid, counted(measure.counts.astype(float), measure), grids)
        out |= there & ((load < measure.low) | (most > measure.high + 1e-6))
    return out


def taken(measure: Measure, places: Ints) -> Measure:
    """Return the measure of some units alone."""
    n = len(places)
    of = np.full(len(measure.counts), -1, np.int64)
    of[places] = np.arange(n)
    return measure.grouped(of, n)


def _ties(task: Regions, n: int) -> csr_matrix:
    """Return (n, k) what share of its line with others each unit shares with each grid."""
    start = task.now.start
    rows, columns = np.r_[task.u, task.v], start[np.r_[task.v, task.u]]
    total = np.bincount(rows, np.tile(task.shared, 2), n)
    share = np.tile(task.shared, 2) / np.maximum(total[rows], 1e-9)
    return csr_matrix((share, (rows, columns)), shape=(n, task.k + 1))


def choices_within(
    u: Ints, v: Ints, start: Ints, own: Ints, weight: Floats, k: int, cap: float, most: int = MOST_CHOICES
) -> tuple[Ints, Ints] | None:
    """Return units and the grids they may lie in: those from which a way leads to them over at most `cap` households.

    A grid that reaches a unit holds all on the way to it, and they move as well. None when there are more
    than ``most``.
    """
    n = len(start)
    count = n
    units, grids = [np.arange(n)], [start]
    source, target = np.r_[u, v], np.r_[v, u]
    for grid in range(k):
        inside = (start == grid) | (own == grid)
        if not inside.any():
            continue
        step = np.where(inside, 0.0, weight) + 1e-6  # a zero would be no link
        links = csr_matrix((step[target], (source, target)), shape=(n, n))
        far = dijkstra(links, indices=np.flatnonzero(inside), limit=cap + 0.5, min_only=True)
        near = np.flatnonzero((far <= cap + 0.5) & (start != grid))
        count += len(near)
        if count > most:
            return None
        units.append(near)
        grids.append(np.full(len(near), grid))
    return np.concatenate(units), np.concatenate(grids)
