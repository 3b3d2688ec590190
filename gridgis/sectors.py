"""Grids -> sectors: the level between a community and its grids, made by the same partitioner."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from gridgis.graph import Graph
from gridgis.measures import Measure
from gridgis.options import PlanOptions
from gridgis.partition import Assignment, partition
from gridgis.profiles import Band

Ints = npt.NDArray[np.int64]


def group_grids(graph: Graph, assignment: Assignment, band: Band, options: PlanOptions) -> Assignment:
    """Join grids to sectors of as many grids as the band says, connected and with about equal households.

    Sectors lie within communities as their grids do: nothing leads across in the graph.

    Returns
    -------
    Assignment
        Of the k grids to sectors; its proofs say where the band could not be kept.
    """
    grids = graph_of_grids(graph, assignment, band)
    # the graph says what is shared out; the band here only stands for sizes that the grids had
    chosen = options.replace(
        households=band, population=None, grids=None, housing=None, soft=(), objective="balance", method="search"
    )
    return partition(grids, chosen)


def in_order(sectors: Assignment, assignment: Assignment, member: Ints) -> Assignment:
    """Return sectors, numbered by first grid, of grids numbered anew; ``member`` (n,) is each unit's sector."""
    first = np.unique(assignment.grid, return_index=True)[1]
    old = member[first]
    _, place, compact = np.unique(old, return_index=True, return_inverse=True)
    rank = np.empty(len(place), np.int64)
    rank[np.argsort(place)] = np.arange(len(place))
    new = dict(zip(np.unique(old).tolist(), rank.tolist(), strict=True))
    proofs = tuple(p if p.grid is None else replace(p, grid=new[p.grid]) for p in sectors.proofs)
    return replace(sectors, grid=rank[compact], proofs=proofs)


def graph_of_grids(graph: Graph, assignment: Assignment, band: Band) -> Graph:
    """Return the graph whose nodes are the grids of an assignment, measured by their number and their households."""
    k = assignment.grids
    grids = graph.grouped(assignment.grid)
    return replace(
        grids,
        ids=np.array([str(g + 1) for g in range(k)], object),
        block=np.arange(k),
        measures=(
            Measure(rule="grids", side="both", counts=np.ones(k, np.int64), low=band.low, high=band.high),
            Measure(rule="households", side="both", counts=grids.households, low=0.0, high=math.inf),
        ),
    )
