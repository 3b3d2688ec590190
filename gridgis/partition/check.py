"""An independent look at an assignment: nothing of the search is used here, only sums and edges joined."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from gridgis.graph import Graph, Ints
from gridgis.partition.adjacency import Places
from gridgis.partition.problem import Weight


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One rule that one grid breaks; ``total`` is the grid's count, for ``connected`` its number of pieces."""

    grid: int
    rule: str
    total: int


def pieces_within(graph: Graph, label: Ints) -> tuple[int, Ints]:
    """Return the number of connected pieces of equal label, and (n,) the piece of every unit, by first units."""
    piece = np.empty(graph.n, np.int64)
    return _join(graph.u, graph.v, label, np.arange(graph.n, dtype=np.int32), piece), piece


@nb.njit(cache=True, nogil=True)
def _join(u: Ints, v: Ints, label: Ints, root: Places, piece: Ints) -> int:
    """Join the ends of every edge within a label, and number what hangs together (Tarjan 1975; ways are halved)."""
    for i in range(len(u)):
        a, b = u[i], v[i]
        if label[a] == label[b]:
            while root[a] != a:
                root[a] = root[root[a]]
                a = root[a]
            while root[b] != b:
                root[b] = root[root[b]]
                b = root[b]
            # the lowest unit stands for its piece
            root[max(a, b)] = min(a, b)
    count = 0
    for a in range(len(root)):
        if root[a] == a:
            piece[a] = count
            count += 1
        else:
            piece[a] = piece[root[a]]
    return count


def check(graph: Graph, grid: Ints, grids: int, counted: tuple[Weight, ...]) -> list[Breach]:
    """Return every rule that a grid breaks, in order of grids.

    Raises ValueError when the assignment is not one: a unit without a grid, a number that is not used, or a grid
    in pieces that is not fixed so. No search may end there, so these are no faults of the input.
    """
    if len(grid) != graph.n or (graph.n and (grid.min() < 0 or grid.max() >= grids)):
        raise ValueError("the assignment does not give every unit one of the grids")
    if (np.bincount(grid, minlength=grids) == 0).any():
        raise ValueError("the assignment leaves a grid without units")
    out: list[Breach] = []
    count, piece = pieces_within(graph, grid)
    if count != grids:
        pieces = np.bincount(grid[np.unique(piece, return_index=True)[1]], minlength=grids)
        fixed = {int(grid[group.units[0]]) for group in graph.fixed}
        apart = np.flatnonzero(pieces > 1).tolist()
        if not fixed.issuperset(apart):
            raise ValueError("the assignment leaves a grid in pieces")
        out.extend(Breach(grid=g, rule="connected", total=int(pieces[g])) for g in apart)
    return sorted([*out, *breaches_of_bands(grid, grids, counted)], key=lambda breach: (breach.grid, breach.rule))


def breaches_of_bands(grid: Ints, grids: int, counted: tuple[Weight, ...]) -> list[Breach]:
    """Return every band that a grid breaks, in order of grids."""
    out: list[Breach] = []
    for weight in counted:
        if not weight.bounded:
            continue
        sums = np.bincount(grid, weight.counts, grids)
        wrong = np.flatnonzero((sums < weight.low) | (sums > weight.high))
        out.extend(Breach(grid=int(g), rule=weight.name, total=int(sums[g])) for g in wrong)
    return sorted(out, key=lambda breach: (breach.grid, breach.rule))
