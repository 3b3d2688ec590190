"""Units that hang together through one of them alone, and are together too large for a grid.

Take a unit away, and the graph may fall into pieces. A piece lighter than a lower bound cannot hold a grid within the
bands, so a grid that has units of it holds the unit as well. All such pieces are therefore in that unit's own grid,
and if they make it too heavy, no partition keeps the bands there.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Floats, Ints


@nb.njit(cache=True)
def walk(indptr: Ints, indices: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Go through a connected graph depth first: order, number, parent, and the lowest number beside every unit.

    The way from the parent does not count for the last (Tarjan 1972).
    """
    n = len(indptr) - 1
    found = np.full(n, -1, np.int64)
    back = np.zeros(n, np.int64)
    parent = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    at = indptr[:-1].copy()
    found[0] = 0
    order[0] = 0
    count = 1
    v = 0
    while v >= 0:
        if at[v] < indptr[v + 1]:
            u = indices[at[v]]
            at[v] += 1
            if found[u] < 0:
                parent[u] = v
                found[u] = count
                back[u] = count
                order[count] = u
                count += 1
                v = u
            elif u != parent[v]:
                back[v] = min(back[v], found[u])
        else:
            v = parent[v]
    return order, found, parent, back


@nb.njit(cache=True)
def find_hub(indptr: Ints, indices: Ints, held: Floats, low: Floats, high: Floats) -> int:
    """Return a unit of a connected graph that light pieces hang on which are too heavy with it; -1: there is none.

    ``held`` (n, w) are the weights, ``low`` and ``high`` (w,) their bounds.
    """
    n = len(held)
    order, found, parent, back = walk(indptr, indices)
    below = held.copy()
    forced = held.copy()
    parted = held.copy()
    for i in range(n - 1, 0, -1):
        v = order[i]
        p = parent[v]
        back[p] = min(back[p], back[v])
        below[p] += below[v]
        if back[v] >= found[p]:
            parted[p] += below[v]
            if (below[v] < low).any():
                forced[p] += below[v]
    for v in range(n):
        rest = below[0] - parted[v]
        if parent[v] >= 0 and (rest < low).any():
            forced[v] += rest
        if (forced[v] > high).any():
            return v
    return -1


def forced_groups(indptr: Ints, indices: Ints, units: Ints, held: Floats, low: Floats, high: Floats) -> list[Ints]:
    """Return groups of units that must share a grid and are too heavy for one, the hub first in each.

    ``units`` is one connected area of the graph; what is left of it without a group is looked at again.
    """
    out = []
    waiting = [units]
    whole = csr_matrix((np.ones(len(indices), np.int8), indices, indptr), shape=(len(indptr) - 1,) * 2)
    while waiting:
        area = waiting.pop()
        if len(area) < 2:
            continue
        inner = whole[area][:, area].tocsr()
        hub = find_hub(inner.indptr.astype(np.int64), inner.indices.astype(np.int64), held[area], low, high)
        if hub < 0:
            continue
        others = np.delete(np.arange(len(area)), hub)
        pieces, of = connected_components(inner[others][:, others], directed=False)
        totals = np.stack([np.bincount(of, column, pieces) for column in held[area[others]].T], axis=1)
        light = np.asarray((totals < low).any(axis=1))
        out.append(np.concatenate([area[[hub]], area[others[light[of]]]]))
        waiting += [area[others[of == piece]] for piece in np.flatnonzero(~light)]
    return out
