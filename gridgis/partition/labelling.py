"""Fewest or shortest cuts as an integer program: one 0/1 choice a unit and grid, for few large grids.

The program leaves contiguity out at first; where an answer falls into pieces, separators between them are added and it
is solved again (Validi, Buchanan and Lykhovyd 2022). Even without contiguity its bound holds for every division, so a
division found by search is known to be at most so far from the best.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Floats, Ints
from gridgis.partition.exact import Cover
from gridgis.partition.kernels import FIRST, HELD, HIGH, LOW, STRIDE
from gridgis.partition.problem import Problem
from gridgis.partition.search import Clock
from gridgis.partition.solver import Program, Solution, solve


def fewest_cuts(problem: Problem, *, fewest: int, most: int, known: Ints | None, clock: Clock) -> Cover:
    """Divide a small problem so that cuts cost least, every grid within the bands, and say how well that is.

    Parameters
    ----------
    problem
        One connected area whose objective is cut edges or cut length.
    known
        (n,) connected grids within the bands that are known, to start from.

    Returns
    -------
    Cover
        ``optimal``; ``impossible``, proven; when the time ran out ``feasible``, or ``open`` without grids, and
        ``bound`` says how good one could be.
    """
    program = _Program(problem, fewest, most)
    separators: list[tuple[Ints, int, int]] = []
    bound = -math.inf
    while not clock.over:
        answer = program.solve(separators, known, clock.left_s)
        if answer.status == "impossible":
            return Cover("impossible")
        bound = max(bound, answer.bound)
        grid = None if answer.x is None else program.grids(answer.x)
        cuts = [] if grid is None else _separators(problem, grid)
        if grid is not None and not cuts:
            status = "optimal" if answer.status == "optimal" else "feasible"
            return Cover(status, np.unique(grid, return_inverse=True)[1].astype(np.int64), bound)
        if answer.status != "optimal":
            break
        separators += cuts
    return Cover("open", bound=bound)


class _Rows(NamedTuple):
    """Rows of a program: low ≤ matrix · x ≤ high."""

    matrix: csr_matrix
    low: float
    high: float


class _Program:
    """The program's fixed part: variables x[v, k], then which of the k grids are used, then which edges are cut."""

    def __init__(self, problem: Problem, fewest: int, most: int) -> None:
        net, n = problem.net, problem.n
        row = np.repeat(np.arange(n), np.diff(net.indptr))
        once = row < net.indices
        self.u, self.v, cost = row[once], net.indices[once].astype(np.int64), net.cost[once]
        self.n, self.k, m = n, most, len(self.u)
        self.columns = n * most + most + m
        self.costs = np.concatenate([np.zeros(n * most + most), cost])
        unit, label = np.divmod(np.arange(n * most), most)
        # of equal divisions with other numbers one is enough: a heavy unit comes only in the first numbers
        self.rank = np.empty(n, np.int64)
        self.rank[np.argsort(-problem.load, kind="stable")] = np.arange(n)
        self.top = np.concatenate([(label <= self.rank[unit]).astype(float), np.ones(most + m)])
        one = np.ones(n * most)
        place = np.arange(n * most)
        used = n * most + np.arange(most)
        self.rules = [
            _Rows(self._matrix(n, [unit], [place], [one]), 1, 1),
            _Rows(self._matrix(n * most, [place, place], [place, used[label]], [one, -one]), -np.inf, 0),
            _Rows(self._matrix(1, [np.zeros(most, np.int64)], [used], [np.ones(most)]), fewest, most),
        ]
        for weight in range(net.node.shape[1] - HELD):
            held, at = net.node[unit, HELD + weight], FIRST + STRIDE * weight
            for limit, least, greatest in ((net.rule[at + LOW], 0, np.inf), (net.rule[at + HIGH], -np.inf, 0)):
                if math.isfinite(limit):
                    body = self._matrix(most, [label, np.arange(most)], [place, used], [held, np.full(most, -limit)])
                    self.rules.append(_Rows(body, least, greatest))
        edge, grid = np.divmod(np.arange(m * most), most)
        cut = n * most + most + edge
        ones = np.ones(m * most)
        for a, b in ((self.u, self.v), (self.v, self.u)):
            ends = [a[edge] * most + grid, b[edge] * most + grid, cut]
            body = self._matrix(m * most, [np.arange(m * most)] * 3, ends, [ones, -ones, -ones])
            self.rules.append(_Rows(body, -np.inf, 0))

    def _matrix(self, rows: int, row: list[Ints], column: list[Ints], value: list[Floats]) -> csr_matrix:
        values, rows_of, columns_of = (np.concatenate(part) for part in (value, row, column))
        return coo_matrix((values, (rows_of, columns_of)), shape=(rows, self.columns)).tocsr()

    def solve(self, separators: list[tuple[Ints, int, int]], known: Ints | None, seconds: float) -> Solution:
        """Solve it from a known division on; of two units that others separate, a grid holds one, or one of those."""
        bodies = list(self.rules)
        for between, a, b in separators:
            for grid in range(self.k):
                places = np.concatenate([[a, b], between]) * self.k + grid
                values = np.concatenate([[1.0, 1.0], -np.ones(len(between))])
                row = np.zeros(len(places), np.int64)
                bodies.append(_Rows(self._matrix(1, [row], [places], [values]), -np.inf, 1))
        matrix = vstack([rows.matrix for rows in bodies]).tocsc()
        counts = [rows.matrix.shape[0] for rows in bodies]
        low = np.repeat([float(rows.low) for rows in bodies], counts)
        high = np.repeat([float(rows.high) for rows in bodies], counts)
        program = Program(self.costs, self.top, matrix.indptr, matrix.indices, matrix.data, low, high)
        start = None if known is None else self.values(known)
        return solve(program, seconds=seconds, start=start, on_time=True)

    def values(self, grid: Ints) -> Floats:
        """Return the variables of a division, its grids numbered by their heaviest units."""
        first = np.full(int(grid.max()) + 1, self.n)
        np.minimum.at(first, grid, self.rank)
        number = np.argsort(np.argsort(first))[grid]
        x = np.zeros(self.columns)
        x[np.arange(self.n) * self.k + number] = 1
        x[self.n * self.k + np.unique(number)] = 1
        x[self.n * self.k + self.k :] = number[self.u] != number[self.v]
        return x

    def grids(self, x: np.ndarray) -> Ints:
        """Return the grid of every unit in a solution."""
        return np.asarray(x[: self.n * self.k].reshape(self.n, self.k).argmax(axis=1))


def _separators(problem: Problem, grid: Ints) -> list[tuple[Ints, int, int]]:
    """Return what separates each piece of a grid from its heaviest piece: the units around it, and one of either."""
    net, n = problem.net, problem.n
    row = np.repeat(np.arange(n), np.diff(net.indptr))
    same = grid[row] == grid[net.indices]
    links = csr_matrix((np.ones(int(same.sum())), (row[same], net.indices[same])), shape=(n, n))
    count, piece = connected_components(links, directed=False)
    load = np.bincount(piece, problem.load + 1e-9, count)
    home = np.zeros(count, np.int64)
    home[piece] = grid
    out = []
    for p in range(count):
        rivals = np.flatnonzero(home == home[p])
        main = rivals[np.argmax(load[rivals])]
        if p != main:
            rim = np.unique(net.indices[(piece[row] == p) & ~same])
            heart = [int(np.flatnonzero(piece == q)[np.argmax(problem.load[piece == q])]) for q in (p, main)]
            out.append((rim, heart[0], heart[1]))
    return out
