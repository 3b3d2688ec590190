"""Who is whose neighbour, in compact arrays: built, walked through, and cut out part by part."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from gridgis.graph import Floats, Graph, Ints
from gridgis.partition.threads import in_ranges

Places = npt.NDArray[np.int32]
"""Indices of units or edges in four bytes: half the memory, and more of it near the processor."""


class Links(NamedTuple):
    """Neighbours of n units in CSR order, ascending: ``indptr (n+1,), indices (2m,)``, and ``edge (2m,)`` of each."""

    indptr: Ints
    indices: Places
    edge: Places

    def among(self, units: Ints) -> Links:
        """Return the links among some units, numbered as they come there."""
        place = places_of(units, len(self.indptr) - 1)
        degree = np.empty(len(units), np.int32)
        in_ranges(lambda start, end: _count(self, units, place, start, end, degree), len(units))
        indptr = cumulated(degree)
        indices, edge = (np.empty(indptr[-1], np.int32) for _ in range(2))
        in_ranges(lambda start, end: _take(self, units, place, start, end, indptr, indices, edge), len(units))
        return Links(indptr, indices, edge)


@nb.njit(cache=True, nogil=True)
def _count(links: Links, units: Ints, place: Places, start: int, end: int, degree: Places) -> None:
    """Write how many neighbours that have a place the units from `start` to `end` have."""
    for i in range(start, end):
        count = 0
        for j in range(links.indptr[units[i]], links.indptr[units[i] + 1]):
            count += place[links.indices[j]] >= 0
        degree[i] = count


@nb.njit(cache=True, nogil=True)
def _take(
    links: Links, units: Ints, place: Places, start: int, end: int, indptr: Ints, indices: Places, edge: Places
) -> None:
    """Write the places of those neighbours, and the edges that lead to them."""
    for i in range(start, end):
        at = indptr[i]
        for j in range(links.indptr[units[i]], links.indptr[units[i] + 1]):
            there = place[links.indices[j]]
            if there >= 0:
                indices[at] = there
                edge[at] = links.edge[j]
                at += 1


def links_of(graph: Graph) -> Links:
    """Return the neighbours of all units of a graph."""
    u, v, n = graph.u, graph.v, graph.n
    indptr = cumulated(np.concatenate(in_ranges(lambda start, end: _degrees(u, v, start, end), n)))
    indices, edge = (np.empty(2 * len(u), np.int32) for _ in range(2))
    in_ranges(lambda start, end: _fill(u, v, start, end, indptr, indices, edge), n)
    return Links(indptr, indices, edge)


def cumulated(degree: Places) -> Ints:
    """Return where the neighbours of each unit start, and the last ones end."""
    indptr = np.zeros(len(degree) + 1, np.int64)
    np.cumsum(degree, out=indptr[1:])
    return indptr


@nb.njit(cache=True, nogil=True)
def _degrees(u: Ints, v: Ints, start: int, end: int) -> Places:
    """Return the number of neighbours of the units from `start` to `end`."""
    degree = np.zeros(end - start, np.int32)
    for i in range(len(u)):
        if start <= u[i] < end:
            degree[u[i] - start] += 1
        if start <= v[i] < end:
            degree[v[i] - start] += 1
    return degree


@nb.njit(cache=True, nogil=True)
def _fill(u: Ints, v: Ints, start: int, end: int, indptr: Ints, indices: Places, edge: Places) -> None:
    """Write the neighbours of the units from `start` to `end`, ascending, and the edges that lead to them."""
    at = indptr[start:end].copy()
    for i in range(len(u)):
        for here, there in ((u[i], v[i]), (v[i], u[i])):
            if start <= here < end:
                indices[at[here - start]] = there
                edge[at[here - start]] = i
                at[here - start] += 1
    for here in range(start, end):
        a, b = indptr[here], indptr[here + 1]
        if b - a > 32:
            by = np.argsort(indices[a:b], kind="mergesort")
            indices[a:b] = indices[a:b][by]
            edge[a:b] = edge[a:b][by]
            continue
        for i in range(a + 1, b):
            unit, line = indices[i], edge[i]
            j = i
            while j > a and indices[j - 1] > unit:
                indices[j] = indices[j - 1]
                edge[j] = edge[j - 1]
                j -= 1
            indices[j] = unit
            edge[j] = line


@nb.njit(cache=True, nogil=True)
def connected_areas(indptr: Ints, indices: Places, left_out: npt.NDArray[np.bool_]) -> tuple[Places, Ints]:
    """Walk breadth first through all units that are not left out.

    Returns the units in the order they are met, so that neighbours are near one another, and where in it each
    connected area starts, and the last one ends; areas come in the order of their first units.
    """
    n = len(left_out)
    met = left_out.copy()
    order = np.empty(n, np.int32)
    starts = np.empty(n + 1, np.int64)
    areas = 0
    tail = 0
    for root in range(n):
        if met[root]:
            continue
        starts[areas] = tail
        areas += 1
        met[root] = True
        order[tail] = root
        head = tail
        tail += 1
        while head < tail:
            v = order[head]
            head += 1
            for j in range(indptr[v], indptr[v + 1]):
                u = indices[j]
                if not met[u]:
                    met[u] = True
                    order[tail] = u
                    tail += 1
    starts[areas] = tail
    return order[:tail], starts[: areas + 1].copy()


@nb.njit(cache=True, nogil=True)
def cut_out(
    indptr: Ints, indices: Places, units: Ints, place: Places, start: int, count: int
) -> tuple[Places, Places, Places]:
    """Return the links from some units to `count` of them: how many each has, to which, and where each was.

    ``place[v] - start`` is the number of each of the `count`; of all others it lies outside 0 … `count` - 1.
    """
    degree = np.zeros(len(units), np.int32)
    total = 0
    for v in units:
        total += indptr[v + 1] - indptr[v]
    inner = np.empty(total, np.int32)
    slot = np.empty(total, np.int32)
    at = 0
    for i in range(len(units)):
        before = at
        for j in range(indptr[units[i]], indptr[units[i] + 1]):
            there = place[indices[j]] - start
            if 0 <= there < count:
                inner[at] = there
                slot[at] = j
                at += 1
        degree[i] = at - before
    return degree, inner[:at], slot[:at]


def places_of(units: Ints, n: int) -> Places:
    """Return (n,) the index of each unit in `units`, -1 for those that are not in it."""
    place = np.full(n, -1, np.int32)
    place[units] = np.arange(len(units), dtype=np.int32)
    return place


def renumbered(label: Ints) -> Ints:
    """Return labels of at least 0 without holes, in the same order."""
    return np.asarray((np.cumsum(np.bincount(label) > 0) - 1)[label])


@nb.njit(cache=True, nogil=True)
def gathered(values: Floats, at: Places) -> Floats:
    """Return ``values[at]``, without holding up other threads."""
    out = np.empty(len(at))
    for i in range(len(at)):
        out[i] = values[at[i]]
    return out
