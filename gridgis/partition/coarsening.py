"""Coarser problems for large grids: units joined two by two, so that a search can move many at once.

Heavy-edge matching as in multilevel graph partitioning (Karypis and Kumar 1998): each unit is joined with the free
neighbour it is dearest to cut from, for its size. A division of the coarser problem is one of the finer, with the
same worth, because lines and outlines add up.
"""

from __future__ import annotations

from dataclasses import replace

import numba as nb
import numpy as np
from scipy.sparse import coo_matrix

from gridgis.graph import Floats, Ints
from gridgis.partition.kernels import OUTLINE, Net
from gridgis.partition.problem import Problem


@nb.njit(cache=True, nogil=True)
def match(net: Net, load: Floats, area_of: Ints, heaviest: float, order: Ints) -> tuple[Ints, int]:
    """Return for every unit the number of the coarser unit it joins, and how many there are."""
    n = len(load)
    coarse = np.full(n, -1, np.int64)
    count = 0
    for v in order:
        if coarse[v] >= 0:
            continue
        best = -1.0
        partner = v
        for j in range(net.indptr[v], net.indptr[v + 1]):
            u = net.indices[j]
            if coarse[u] < 0 and area_of[u] == area_of[v] and load[u] + load[v] <= heaviest:
                score = (net.cost[j] + 1e-3 * net.length[j] + 1e-9) / (load[u] + 0.1 * heaviest + 1e-12)
                if score > best:
                    best = score
                    partner = u
        coarse[v] = count
        coarse[partner] = count
        count += 1
    return coarse, count


def coarsen(problem: Problem, area_of: Ints, heaviest: float, order: Ints) -> tuple[Problem, Ints]:
    """Return a coarser problem, no unit of it with more than the load `heaviest`, and (n,) each unit's place in it."""
    net = problem.net
    coarse, count = match(net, problem.load, area_of, heaviest, order)
    row = np.repeat(coarse, np.diff(net.indptr))
    col = coarse[net.indices]
    between = row != col
    shape = (count, count)
    length = coo_matrix((net.length[between], (row[between], col[between])), shape=shape).tocsr()
    cost = coo_matrix((net.cost[between], (row[between], col[between])), shape=shape).tocsr()
    node = np.zeros((count, net.node.shape[1]))
    for column in range(net.node.shape[1]):
        node[:, column] = np.bincount(coarse, net.node[:, column], count)
    node[:, OUTLINE] -= np.bincount(row[~between], net.length[~between], count)
    units = np.bincount(coarse, minlength=count)
    inner = Net(
        indptr=length.indptr.astype(np.int64),
        indices=length.indices.astype(np.int32),
        length=length.data,
        cost=cost.data,
        node=node,
        rule=net.rule,
    )
    x, y = (np.bincount(coarse, place, count) / units for place in (problem.x, problem.y))
    return replace(problem, units=np.arange(count), net=inner, x=x, y=y), coarse
