"""Dividing a graph of units into connected grids within the bands; knows no geometry.

``partition`` is what the plan calls, ``partition_graph`` the same for people who have tables and no shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gridgis.errors import InputError
from gridgis.graph import Graph
from gridgis.languages import Said, listed
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment, Proof
from gridgis.partition.candidates import Candidate, candidate_table, find_candidates
from gridgis.partition.exact_method import exact_partition
from gridgis.partition.foresight import foreseen
from gridgis.partition.method import search_partition

Progress = Callable[[str, float], None]
Partitioner = Callable[[Graph, PlanOptions, Progress | None], Assignment]

PARTITIONERS: Mapping[str, Partitioner] = {"search": search_partition, "exact": exact_partition}
"""Ways to divide a graph, by ``PlanOptions.method``: ``exact`` proves small areas' plans the best."""

__all__ = [
    "PARTITIONERS",
    "Assignment",
    "Candidate",
    "Proof",
    "candidate_table",
    "candidates",
    "foreseen",
    "partition",
    "partition_graph",
]


def partition(graph: Graph, options: PlanOptions, *, progress: Progress | None = None) -> Assignment:
    """Divide a graph of units into connected grids within the bands.

    Parameters
    ----------
    graph
        n units; edges where people can pass from one to the next. It may be in several pieces.
    options
        Bands, number of grids, effort, time limit and seed are used. Only bands that are given count.
    progress
        Called with ("partition", share done).

    Returns
    -------
    Assignment
        Every unit in one of the grids, every grid connected. For each grid outside a band, one proof per
        broken bound says why: ``proven`` where it was shown that it cannot be otherwise, not ``proven`` where
        the search found no way. The same graph, options and seed give the same answer.

    Raises
    ------
    InfeasibleError
        When the number of grids asked for cannot be had.
    InputError
        When the graph has no units, there is no method of that name, or the graph is too large for it.
    """
    if options.method not in PARTITIONERS:
        raise InputError(
            Said(
                "there is no partition method “{method}”; choose one of {partitioners}",
                method=options.method,
                partitioners=listed(PARTITIONERS),
            )
        )
    return PARTITIONERS[options.method](graph, options, progress)


partition_graph = partition


def candidates(
    graph: Graph,
    options: PlanOptions,
    *,
    count: int = 4,
    first: Assignment | None = None,
    progress: Progress | None = None,
) -> tuple[Candidate, ...]:
    """Return up to `count` good plans that differ, with scores; see ``candidate_table``.

    The first is the plan for the options themselves, the others stress equal load, good lines or compact shape. In
    each at least a tenth of the load lies in other grids than in those before it. ``first``: the answer for the options
    themselves, where it is known.
    """
    return find_candidates(graph, options, partition, count=count, first=first, progress=progress)
