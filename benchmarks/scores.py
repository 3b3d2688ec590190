"""What a division is worth, by the graph alone."""

from __future__ import annotations

import math

import numpy as np
from cases import Case

from gridgis.partition.check import pieces_within


def score(case: Case, grid: np.ndarray) -> dict[str, float]:
    """Return grids, bad ones, cut, shape and spread of a division.

    A grid is bad that breaks a band or is in pieces; ``cut`` is metres, ``cut_edges`` pairs of neighbours; ``shape`` is
    the mean Polsby–Popper, ``spread`` the standard deviation of the first bounded count ÷ its mean.
    """
    graph, k = case.graph, int(grid.max()) + 1
    bad = np.zeros(k, bool)
    spread = math.nan
    for counts, band in ((graph.households, case.options.households), (graph.population, case.options.population)):
        if band is not None:
            sums = np.bincount(grid, counts, k)
            bad |= (sums < band.low) | (sums > band.high)
            spread = sums.std() / sums.mean() if math.isnan(spread) else spread
    _, piece = pieces_within(graph, grid)
    bad |= np.bincount(grid[np.unique(piece, return_index=True)[1]], minlength=k) > 1
    cut = grid[graph.u] != grid[graph.v]
    around = np.bincount(grid, graph.outer_m, k)
    for ends in (graph.u, graph.v):
        around += np.bincount(grid[ends[cut]], graph.shared_m[cut], k)
    area = np.bincount(grid, graph.area_m2, k)
    shape = float(np.mean(4 * np.pi * area / around**2)) if graph.outer_m.any() else math.nan
    return {
        "grids": k,
        "bad": int(bad.sum()),
        "cut": float(graph.shared_m[cut].sum()),
        "cut_edges": int(cut.sum()),
        "shape": shape,
        "spread": float(spread),
    }
