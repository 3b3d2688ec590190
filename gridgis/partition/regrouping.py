"""Annealing with whole grids: two or three neighbours at a time are divided anew, also for the worse while it is hot.

Where grids hold few, heavy units, hardly any single move keeps the bands; a new division of two grids may.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from gridgis.compiled import bare
from gridgis.graph import Ints
from gridgis.partition.kernels import Lists, Net, Rng, Split, chance, draw, list_units
from gridgis.partition.moves import grid_beside
from gridgis.partition.recombination import recombine

THREES = 0.3
"""Share of the turns that take three grids."""


@bare
def neighbours_at(net: Net, split: Split, lists: Lists, v: int, rng: Rng, out: Ints) -> int:
    """Fill ``out`` (3,) with the grid of unit v, one beside it there and perhaps a third; return how many."""
    out[0] = split.grid[v]
    out[1] = grid_beside(net, split, v, rng)
    if out[1] < 0:
        return 0
    if chance(rng) >= THREES:
        return 2
    g = out[draw(rng) % 2]
    w = lists.first[g]
    for _ in range(draw(rng) % split.size[g]):
        w = lists.after[w]
    out[2] = grid_beside(net, split, w, rng)
    return 2 if out[2] < 0 or out[2] == out[0] or out[2] == out[1] else 3


@nb.njit(cache=True, nogil=True)
def anneal_groups(net: Net, split: Split, hot: float, cold: float, turns: int, rng: Rng) -> None:
    """Divide pairs and triples of neighbouring grids anew, `turns` times from random units, cooling from hot to cold.

    A division is kept if it is better, or worse by no more than chance allows at the heat; the number of grids stays.
    """
    lists = list_units(split)
    n = len(split.grid)
    local = np.full(n, -1, np.int64)
    group = np.zeros(3, np.int64)
    for turn in range(turns):
        heat = hot * (cold / hot) ** (turn / turns)
        count = neighbours_at(net, split, lists, draw(rng) % n, rng, group)
        if count > 0:
            slack = -heat * math.log(1.0 - chance(rng))
            recombine(net, split, lists, group[:count], count, 1, local, rng, slack)
