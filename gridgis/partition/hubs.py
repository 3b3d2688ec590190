"""Units that hang together through one of them alone, and are together too large for a grid.

Take a unit away, and the graph may fall into pieces. A piece lighter than a lower bound cannot hold a grid within the
bands, so a grid that has units of it holds the unit as well. All such pieces are therefore in that unit's own grid,
and if they make it too heavy, no partition keeps the bands there.
"""

from __future__ import annotations

from itertools import pairwise

import numba as nb
import numpy as np

from gridgis.graph import Floats, Ints
from gridgis.partition.adjacency import Links, Places, connected_areas


@nb.njit(cache=True, nogil=True)
def walk(indptr: Ints, indices: Places) -> tuple[Places, Places, Places, Places]:
    """Go through a connected graph depth first: order, number, parent, and the lowest number beside every unit.

    The way from the parent does not count for the last (Tarjan 1972).
    """
    n = len(indptr) - 1
    found = np.full(n, -1, np.int32)
    back = np.zeros(n, np.int32)
    parent = np.full(n, -1, np.int32)
    order = np.empty(n, np.int32)
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


@nb.njit(cache=True, nogil=True)
def find_hub(indptr: Ints, indices: Places, held: Floats, low: Floats, high: Floats) -> int:
    """Return a unit of a connected graph that light pieces hang on which are too heavy with it; -1: there is none.

    ``held`` (n, w) are the weights, ``low`` and ``high`` (w,) their bounds.
    """
    n, weights = held.shape
    order, found, parent, back = walk(indptr, indices)
    below = held.copy()
    forced = held.copy()
    parted = held.copy()
    for i in range(n - 1, 0, -1):
        v = order[i]
        p = parent[v]
        back[p] = min(back[p], back[v])
        apart = back[v] >= found[p]
        light = False
        for w in range(weights):
            below[p, w] += below[v, w]
            light |= below[v, w] < low[w]
            if apart:
                parted[p, w] += below[v, w]
        if apart and light:
            for w in range(weights):
                forced[p, w] += below[v, w]
    for v in range(n):
        light = False
        for w in range(weights):
            light |= below[0, w] - parted[v, w] < low[w]
        for w in range(weights):
            if light and parent[v] >= 0:
                forced[v, w] += below[0, w] - parted[v, w]
            if forced[v, w] > high[w]:
                return v
    return -1


def forced_groups(links: Links, units: Ints, held: Floats, low: Floats, high: Floats) -> list[Ints]:
    """Return groups of units that must share a grid and are too heavy for one, the hub first in each.

    ``units`` is one connected area of the graph; what is left of it without a group is looked at again.
    """
    out = []
    waiting = [units]
    while waiting:
        area = waiting.pop()
        if len(area) < 2:
            continue
        whole = len(area) == len(held) and area[0] == 0 and bool((np.diff(area) == 1).all())
        indptr, indices, _ = links if whole else links.among(area)
        hub = find_hub(indptr, indices, held if whole else held[area], low, high)
        if hub < 0:
            continue
        without = np.zeros(len(area), bool)
        without[hub] = True
        order, starts = connected_areas(indptr, indices, without)
        pieces = [area[order[start:end]] for start, end in pairwise(starts)]
        light = [bool((held[piece].sum(axis=0) < low).any()) for piece in pieces]
        hanging = np.concatenate([piece for piece, is_light in zip(pieces, light, strict=True) if is_light])
        out.append(np.concatenate([area[[hub]], np.sort(hanging)]))
        waiting += [piece for piece, is_light in zip(pieces, light, strict=True) if not is_light]
    return out
