"""The method "exact" against every partition there is, and what it says of its answers."""

import numpy as np
import pytest

from gridgis.errors import InputError
from gridgis.options import PlanOptions
from gridgis.partition import exact_method, partition
from gridgis.partition.labelling import fewest_cuts
from gridgis.partition.problem import build_problem, weights
from gridgis.partition.search import Clock, State, price
from gridgis.profiles import Band
from tests.partition_towns import lattice, town
from tests.test_partition import assert_promises, lattice_links, partitions, pieces
from tests.test_partition_exact import random_graph

BAND = Band(30, 60)


def best_of_all(graph, problem):
    """The least cost of all partitions within the band into connected grids; None where there is none."""
    none, one = np.zeros(graph.n, np.int64), np.ones(1, np.int64)
    costs = []
    for labels in partitions(graph.n):
        grid = np.array(labels)
        parts = [np.flatnonzero(grid == g) for g in range(grid.max() + 1)]
        if all(graph.households[part].sum() in BAND and pieces(graph, part) == 1 for part in parts):
            costs.append(price(problem, State.opened(problem, grid, none, one, one)))
    return min(costs, default=None)


@pytest.mark.parametrize("objective", ["balance", "cut-edges", "cut-length"])
@pytest.mark.parametrize("seed", range(4))
def test_it_finds_the_best_there_is(objective, seed):
    options = PlanOptions(households=BAND, population=None, method="exact", objective=objective)
    graph = town(np.random.default_rng(seed).integers(5, 30, 9), lattice_links(3, 3), shape=(3, 3))
    problem = build_problem(graph, weights(graph, options), np.arange(graph.n), options)
    best = best_of_all(graph, problem)
    answer = partition(graph, options)
    assert_promises(graph, options, answer)
    if best is None:
        assert answer.proofs
        assert all(proof.proven for proof in answer.proofs)
        return
    none, one = np.zeros(graph.n, np.int64), np.ones(1, np.int64)
    assert price(problem, State.opened(problem, answer.grid, none, one, one)) == pytest.approx(best)
    assert "no plan within the bands is better" in answer.notes[0]


@pytest.mark.parametrize("objective", ["cut-edges", "cut-length"])
@pytest.mark.parametrize("seed", range(4))
def test_the_program_of_cuts_finds_the_best_there_is(objective, seed):
    options = PlanOptions(households=BAND, population=None, objective=objective)
    graph = random_graph(seed, n=8, links=10)
    problem = build_problem(graph, weights(graph, options), np.arange(graph.n), options)
    best = best_of_all(graph, problem)
    cover = fewest_cuts(problem, fewest=1, most=5, known=None, clock=Clock(limit_s=None))
    if best is None:
        assert cover.status == "impossible"
        return
    none, one = np.zeros(graph.n, np.int64), np.ones(1, np.int64)
    assert cover.status == "optimal"
    assert price(problem, State.opened(problem, cover.grid, none, one, one)) == pytest.approx(best)
    assert all(pieces(graph, np.flatnonzero(cover.grid == g)) == 1 for g in set(cover.grid.tolist()))


def test_where_grids_are_too_many_to_list_there_is_a_bound(monkeypatch):
    monkeypatch.setattr(exact_method, "MOST_SETS", 10)
    graph = town([10] * 24, lattice_links(6, 4), shape=(6, 4))
    options = PlanOptions(
        households=Band(80, 80), population=None, grids=3, objective="cut-edges", method="exact", time_limit_s=20
    )
    answer = partition(graph, options)
    assert (answer.grid[graph.u] != answer.grid[graph.v]).sum() == 8
    assert "proven" in answer.notes[0]


def test_too_large_graphs_are_refused_with_the_size_that_works():
    with pytest.raises(InputError, match="divides up to 1,000"):
        partition(lattice(40, 40), PlanOptions(method="exact"))
    with pytest.raises(InputError, match="works up to about 8 units in a grid"):
        partition(lattice(12, 12), PlanOptions(method="exact", effort=0.1))
