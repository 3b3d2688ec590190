"""Rows that keep grids in one piece: a unit is in a grid only with some of those between it and the grid's heart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

from gridgis.graph import Floats, Ints
from gridgis.partition.moves_regions import Region

Bools = npt.NDArray[np.bool_]

CUTS = 12
"""Units of a piece that separators are added for at a time."""
PARTS = 1_000_000
"""Shares of units are counted in so many parts where flows are looked for."""
VIOLATED = 0.05
MOST_FLOWS = 60
"""Units that are looked at for separators of shares, a grid and round."""


class Separator(NamedTuple):
    """values · x[places] ≤ most."""

    places: Ints
    values: Floats
    most: float


Find = Callable[[Ints, int], Ints]
"""Units and a grid -> the variables of those that may lie there."""


def separators(region: Region, links: csr_matrix, grid: Ints, find: Find, *, let_be: Bools) -> list[Separator]:
    """Return for each piece of a grid beside its main one: two units of them, or one of those around the piece.

    In grids that are let be, every piece holds a unit that was there before, or one around it joins.
    """
    same = grid[region.u] == grid[region.v]
    u, v = region.u[same], region.v[same]
    inner = csr_matrix((np.ones(len(u)), (u, v)), shape=(len(grid), len(grid)))
    count, piece = connected_components(inner, directed=False)
    if count == len(np.unique(grid)):
        return []
    # a unit that would cost much to move is likely to stay where it is
    weight = region.weight + 1e-9
    load = np.bincount(piece, weight, count)
    home = np.zeros(count, np.int64)
    home[piece] = grid
    out = []
    for p in range(count):
        inside, own = np.flatnonzero(piece == p), int(home[p])
        around = own < region.k and let_be[own]
        rivals = np.flatnonzero(home == own)
        main = rivals[np.argmax(load[rivals])]
        if (region.start[inside] == own).any() if around else p == main:
            continue
        rim = np.unique(links[inside].indices)
        rim = find(rim[piece[rim] != p], own)
        first = inside[np.argsort(-weight[inside], kind="stable")][:CUTS].tolist()
        mains = np.flatnonzero(piece == main)
        hearts = [] if around else [int(mains[np.argmax(weight[mains])])]
        for unit in first:
            ends = find(np.array([unit, *hearts]), own)
            values = np.concatenate([np.ones(len(ends)), -np.ones(len(rim))])
            out.append(Separator(np.concatenate([ends, rim]), values, float(len(hearts))))
    return out


def share_separators(
    region: Region, links: csr_matrix, shares: csr_matrix, find: Find, *, let_be: Bools
) -> list[Separator]:
    """Return separators that shares of units violate, found as least cuts between a unit and its grid's heart.

    Parameters
    ----------
    shares
        (n, grids) how much of every unit lies in every grid.
    """
    out = []
    columns = shares.tocsc()
    for grid in range(region.k):
        held = np.zeros(region.n)
        rows = columns.indices[columns.indptr[grid] : columns.indptr[grid + 1]]
        held[rows] = columns.data[columns.indptr[grid] : columns.indptr[grid + 1]]
        stays = np.flatnonzero(region.start == grid)
        if let_be[grid]:
            hearts, need = stays, 0.0
        else:
            hearts = stays[[np.argmax(held[stays] * 1e6 + region.weight[stays])]]
            need = 1.0 - float(held[hearts[0]])
        may = np.zeros(region.n, bool)
        may[region.unit[region.grid == grid]] = True
        flow = _Flow(links, held, may, hearts, bool(let_be[grid]))
        apart = np.flatnonzero((held > need + VIOLATED) & ~flow.settled)
        for unit in apart[np.argsort(-held[apart], kind="stable")][:MOST_FLOWS].tolist():
            cut = flow.least_cut(unit)
            if cut is None or held[cut].sum() > held[unit] - need - VIOLATED:
                continue
            ends = find(np.array([unit] if let_be[grid] else [unit, int(hearts[0])]), grid)
            rim = find(cut, grid)
            values = np.concatenate([np.ones(len(ends)), -np.ones(len(rim))])
            out.append(Separator(np.concatenate([ends, rim]), values, float(len(ends) - 1)))
    return out


class _Flow:
    """Shares of one grid as capacities of its units, towards its heart."""

    def __init__(self, links: csr_matrix, held: Floats, may: Bools, hearts: Ints, each: bool) -> None:
        n = len(held)
        full = (held > 1 - 1e-6) & may
        if each:
            whole = np.zeros(n, bool)
            whole[hearts] = True
        else:
            whole = self._reach(links, full, int(hearts[0]))
        self.settled = ~may | whole
        # beside units that lie there wholly, no cut is smaller than one
        sure = whole & full if each else whole
        beside = np.asarray(links @ sure.astype(float)).ravel() > 0
        self.settled |= beside
        self.n, self.held = n, held
        u, v = np.repeat(np.arange(n), np.diff(links.indptr)), links.indices
        inner = may[u] & may[v]
        u, v = u[inner], v[inner]
        capacity = np.maximum(np.round(held * PARTS), 0).astype(np.int64)
        if not each:
            capacity[whole] = 4 * PARTS
        nodes = np.flatnonzero(may)
        ends = np.flatnonzero(whole & may)
        rows = np.concatenate([nodes, n + u, n + ends])
        cols = np.concatenate([n + nodes, v, np.full(len(ends), 2 * n)])
        values = np.concatenate([capacity[nodes], np.full(len(u) + len(ends), 4 * PARTS)])
        self.net = coo_matrix((values.astype(np.int32), (rows, cols)), shape=(2 * n + 1,) * 2).tocsr()

    @staticmethod
    def _reach(links: csr_matrix, full: Bools, heart: int) -> Bools:
        keep = full.copy()
        keep[heart] = True
        at = np.flatnonzero(keep)
        found = breadth_first_order(links[at][:, at], int(np.searchsorted(at, heart)), return_predecessors=False)
        out = np.zeros(len(full), bool)
        out[at[found]] = True
        return out

    def least_cut(self, unit: int) -> Ints | None:
        """Return the units of a least cut between a unit and the heart; None where they are neighbours."""
        flow = maximum_flow(self.net, self.n + unit, 2 * self.n)
        if flow.flow_value >= 2 * PARTS:
            return None
        residual = self.net - flow.flow
        residual.data[residual.data < 0] = 0
        residual.eliminate_zeros()
        seen = np.zeros(2 * self.n + 1, bool)
        seen[breadth_first_order(residual, self.n + unit, return_predecessors=False)] = True
        cut = np.flatnonzero(seen[: self.n] & ~seen[self.n : 2 * self.n])
        return np.setdiff1d(cut, [unit])
