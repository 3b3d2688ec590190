"""0/1 programs: the same answers in a process of their own, and what is known when the time is over."""

import sys

import numpy as np
import pytest
from scipy.sparse import csc_matrix

from gridgis.options import PlanOptions
from gridgis.partition import solver
from gridgis.partition.exact import best_cover
from gridgis.partition.problem import build_problem, weights
from gridgis.partition.solver import Program, solve
from gridgis.profiles import Band
from tests.partition_towns import lattice


def covering(n, *, seed, shift=1.0):
    """Each of n rows must be covered at least once by columns that cover a tenth of them each."""
    rng = np.random.default_rng(seed)
    matrix = csc_matrix((rng.random((n, 2 * n)) < 0.1).astype(float) + np.eye(n, 2 * n))
    costs = shift + rng.integers(1, 100, 2 * n)
    low, high = np.ones(n), np.full(n, np.inf)
    return Program(costs, np.ones(2 * n), matrix.indptr, matrix.indices, matrix.data, low, high), matrix


def test_a_process_of_its_own_gives_the_same_answer(monkeypatch):
    monkeypatch.setattr(solver, "SMALL", 0)
    program, matrix = covering(30, seed=1)
    here = solve(program, seconds=60, on_time=False)
    apart = solve(program, seconds=60, on_time=True)
    assert here.status == apart.status == "optimal"
    assert program.costs @ here.x == pytest.approx(program.costs @ apart.x)
    assert here.bound == pytest.approx(apart.bound)
    assert (matrix @ np.round(apart.x) >= 1).all()


def test_what_is_impossible_is_told_from_the_process_too(monkeypatch):
    monkeypatch.setattr(solver, "SMALL", 0)
    program, _ = covering(10, seed=2)
    program = program._replace(upper=np.zeros(20))
    assert solve(program, seconds=60, on_time=True).status == "impossible"


def test_when_the_time_is_over_what_was_known_is_returned(monkeypatch):
    monkeypatch.setattr(solver, "GRACE_S", 0.0)
    program, _ = covering(150, seed=3)
    everything = np.ones(300)
    answer = solve(program, seconds=0.0, start=everything, on_time=True)
    assert answer.status == "open"
    assert answer.x is everything
    assert answer.bound <= program.costs.sum()


def test_without_a_python_to_start_it_is_solved_here(monkeypatch):
    monkeypatch.setattr(solver, "SMALL", 0)
    program, _ = covering(20, seed=4)
    expected = solve(program, seconds=60, on_time=True)
    monkeypatch.setattr(sys, "executable", "/opt/other-program")
    assert solve(program, seconds=60, on_time=True).bound == pytest.approx(expected.bound)


def test_listing_ends_with_the_time():
    options = PlanOptions(households=Band(30, 60), population=None)
    graph = lattice(6, 6)
    problem = build_problem(graph, weights(graph, options), np.arange(graph.n), options)
    assert best_cover(problem, fewest=1, most=36, time_limit_s=0.0).status == "open"
