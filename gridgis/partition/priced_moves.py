"""Moves that make a plan better by more than the moved households cost: a search from where it is."""

from __future__ import annotations

import math

import numpy as np

from gridgis.compiled import bare
from gridgis.graph import Floats, Graph, Ints
from gridgis.options import PlanOptions
from gridgis.partition.kernels import (
    Net,
    Rng,
    Scratch,
    Split,
    chance,
    moved_worths,
    put,
    scratch,
    stays_connected,
    tally,
    worth_of,
)
from gridgis.partition.moves import grid_beside
from gridgis.partition.moves_regions import Now
from gridgis.partition.problem import build_problem, weights
from gridgis.partition.search import seeded

SWEEPS = 60
HOT, COLD = 0.5, 0.02


def improve(graph: Graph, options: PlanOptions, now: Now, grid: Ints, *, price: float) -> Ints:
    """Move units on where the plan gets better by more points than ``price`` × the households that are moved by it.

    The points are those of the search for plans (``problem.BALANCE_WORTH`` and those beside it), as ``options`` weighs
    them. Households that come back to their grid are a gain. Bounds stay kept.
    """
    places = np.flatnonzero(~now.fixed)
    problem = build_problem(graph, weights(graph, options), places, options)
    local = grid[places].copy()
    total, size = tally(problem.net, local, int(grid.max()) + 1)
    split = Split(local, total, size)
    own = now.own[places]
    cost = price * now.weight[places].astype(float)
    rng = seeded(options.seed)
    best = local.copy()
    _anneal(problem.net, split, own, cost, np.empty(len(size)), best, SWEEPS, rng, scratch(len(places)))
    out = grid.copy()
    out[places] = best
    return out


@bare
def _anneal(
    net: Net,
    split: Split,
    own: Ints,
    cost: Floats,
    value: Floats,
    best: Ints,
    sweeps: int,
    rng: Rng,
    room: Scratch,
) -> None:
    """Move units across boundaries while it cools; the best plan on the way goes to ``best``.

    ``value`` (K,) is room for what each grid costs.
    """
    for g in range(len(value)):
        value[g] = worth_of(split, g, net.rule)
    gain = 0.0
    most = 1e-9
    for sweep in range(sweeps):
        # the last sweeps only go down
        heat = HOT * (COLD / HOT) ** (sweep / max(1, sweeps - 1)) if sweep < sweeps - 5 else 1e-9
        for v in range(len(split.grid)):
            a = split.grid[v]
            if split.size[a] == 1:
                continue
            b = grid_beside(net, split, v, rng)
            if b < 0:
                continue
            new_a, new_b, cut, to_a, to_b = moved_worths(net, split, v, b)
            delta = new_a + new_b - value[a] - value[b] + cut
            if own[v] >= 0:
                delta += cost[v] * ((b != own[v]) * 1.0 - (a != own[v]) * 1.0)
            if delta > 0.0 and (delta > 12.0 * heat or chance(rng) >= math.exp(-delta / heat)):
                continue
            if not stays_connected(net, split, v, room):
                continue
            put(net, split, v, b, to_a, to_b)
            value[a] = new_a
            value[b] = new_b
            gain -= delta
        if gain > most:
            most = gain
            for v in range(len(best)):
                best[v] = split.grid[v]
