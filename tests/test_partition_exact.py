"""The compiled pieces against plain counting: sets, covers, contiguity, sums."""

import itertools

import numpy as np
import pytest

from gridgis.options import PlanOptions
from gridgis.partition.exact import best_cover, impossible_units, list_sets
from gridgis.partition.kernels import Split, scratch, stays_connected, tally
from gridgis.partition.problem import build_problem, weights
from gridgis.partition.search import Clock, State, begin, cool, price, repair, reshape, seeded
from gridgis.profiles import Band
from tests.partition_towns import lattice, town
from tests.test_partition import partitions, pieces

OPTIONS = PlanOptions(households=Band(30, 60), population=None)


def problem_of(graph, options=OPTIONS):
    return build_problem(graph, weights(graph, options), np.arange(graph.n))


def random_graph(seed, n=9, links=12):
    rng = np.random.default_rng(seed)
    pairs = list(itertools.combinations(range(n), 2))
    chosen = [pairs[i] for i in rng.choice(len(pairs), links, replace=False)]
    return town(rng.integers(0, 30, n), chosen)


@pytest.mark.parametrize("seed", range(5))
def test_every_possible_grid_is_listed_once(seed):
    graph = random_graph(seed)
    sets = list_sets(problem_of(graph), np.arange(graph.n), limit=5000)
    listed = sorted(tuple(sorted(sets.units(s).tolist())) for s in range(len(sets)))
    expected = sorted(
        units
        for size in range(1, graph.n + 1)
        for units in itertools.combinations(range(graph.n), size)
        if 30 <= graph.households[list(units)].sum() <= 60 and pieces(graph, np.array(units)) == 1
    )
    assert listed == expected


def test_too_many_sets_are_not_listed():
    assert list_sets(problem_of(random_graph(0)), np.arange(9), limit=3) is None


@pytest.mark.parametrize("seed", range(8))
def test_the_best_cover_is_the_best_there_is(seed):
    graph = random_graph(seed, n=8, links=11)
    problem = problem_of(graph)
    none = np.zeros(graph.n, np.int64)
    ends = np.array([1]), np.array([graph.n])
    costs = []
    for labels in partitions(graph.n):
        grid = np.array(labels)
        parts = [np.flatnonzero(grid == g) for g in range(grid.max() + 1)]
        if all(30 <= graph.households[part].sum() <= 60 and pieces(graph, part) == 1 for part in parts):
            costs.append(price(problem, State.opened(problem, grid, none, *ends)))
    status, grid, bound = best_cover(problem, fewest=1, most=graph.n)
    if costs:
        assert status == "optimal"
        assert bound == pytest.approx(min(costs))
        assert price(problem, State.opened(problem, grid, none, *ends)) == pytest.approx(min(costs))
    else:
        assert (status, grid) == ("impossible", None)


def test_two_units_that_exclude_one_another_are_found():
    # 0 and 2 can each be filled up by unit 1 alone
    graph = town([20, 20, 20], [(0, 1), (1, 2)])
    options = PlanOptions(households=Band(40, 50), population=None)
    shown = impossible_units(problem_of(graph, options), np.array([0, 1, 2]))
    assert shown is not None
    assert {0, 2} <= set(shown.tolist())
    assert impossible_units(problem_of(town([20, 20], [(0, 1)]), options), np.array([0, 1])) is None


@pytest.mark.parametrize("seed", range(3))
def test_contiguity_is_judged_rightly(seed):
    graph = lattice(8, 8, seed=seed)
    problem = problem_of(graph, PlanOptions())
    grid = np.random.default_rng(seed).integers(0, 2, graph.n)
    split = Split(grid, *tally(problem.net, grid, 2))
    room = scratch(graph.n)
    for unit in range(graph.n):
        others = np.flatnonzero((grid == grid[unit]) & (np.arange(graph.n) != unit))
        home = np.append(others, unit)
        beside = pieces(graph, home) == pieces(graph, others)
        alone = pieces(graph, home) == pieces(graph, others) + 1
        said = stays_connected(problem.net, split, unit, room)
        assert said == beside
        assert not (alone and said)


@pytest.mark.parametrize("placed", [True, False])
def test_sums_stay_true_through_the_search(placed):
    graph = lattice(15, 15, seed=4, placed=placed, low=10, high=200)
    problem = problem_of(graph, PlanOptions())
    none = np.zeros(graph.n, np.int64)
    state = begin(problem, none, np.array([40]), np.array([30]), np.array([60]), seeded(3))
    cool(problem, state, seeded(4), hot=0.5, cold=0.05, sweeps=20)
    cooled = state.split.grid.copy()
    reshape(problem, state, seeded(6), hot=2.0, cold=0.1, turns=2000, clock=Clock(limit_s=None))
    assert (state.split.grid != cooled).any()
    assert (state.split.size > 0).sum() == 40
    before = price(problem, state)
    repair(problem, state, seeded(5))
    assert price(problem, state) <= before
    total, size = tally(problem.net, state.split.grid, len(state.split.size))
    assert (size == state.split.size).all()
    assert state.quota.have[0] == (size > 0).sum()
    np.testing.assert_allclose(total, state.split.total, atol=1e-6)
    for g in np.flatnonzero(size):
        assert pieces(graph, np.flatnonzero(state.split.grid == g)) == 1
