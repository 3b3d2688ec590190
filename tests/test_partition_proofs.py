"""Proofs of divisions that no search made: proven is only what holds of every division, the rest is said to be open."""

from dataclasses import replace

import numpy as np
import pytest
from edited_towns import even_plan, lattice_plan
from finished_plans import town_plan
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgis.edit import History, merge_grids, move_units, split_grid
from gridgis.options import PlanOptions
from gridgis.partition import Assignment, partition
from gridgis.partition.assignment import Proof
from gridgis.partition.check import pieces_within
from gridgis.partition.proofs import renew_proofs
from gridgis.profiles import Band
from tests.partition_towns import lattice_links, town
from tests.test_partition import partitions, pieces


def feasible(graph, band):
    """Whether any division of the graph keeps the band, by going through all of them."""
    for labels in partitions(graph.n):
        grid = np.array(labels)
        parts = [np.flatnonzero(grid == g) for g in range(grid.max() + 1)]
        if all(graph.households[part].sum() in band and pieces(graph, part) == 1 for part in parts):
            return True
    return False


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([0, 5, 10, 20, 35, 70]), min_size=6, max_size=6),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    st.sampled_from([Band(20, 40), Band(30, 50), Band(33, 36)]),
)
def test_what_is_proven_of_any_grids_holds_of_every_division(households, grid, band):
    graph = town(households, lattice_links(2, 3), shape=(2, 3))
    options = PlanOptions(households=band, population=None)
    compact = np.unique(grid, return_inverse=True)[1].ravel().astype(np.int64)
    drawn = Assignment(grid=compact, grids=int(compact.max()) + 1)
    proofs = renew_proofs(graph, drawn, options)
    sums = np.bincount(compact, graph.households)
    assert {p.grid for p in proofs} == {g for g, total in enumerate(sums) if total not in band}
    assert all(p.reason and p.reason_zh and p.remedy and p.remedy_zh for p in proofs)
    if any(p.proven for p in proofs):
        assert not feasible(graph, band)
    if sum(not p.proven for p in proofs) == len(proofs) and proofs:
        assert all("gridgis rebalance" in p.remedy and "gridgis rebalance" in p.remedy_zh for p in proofs)


def test_a_search_leaves_nothing_to_renew():
    graph = town([5, 70, 10, 20, 35, 5], lattice_links(2, 3), shape=(2, 3))
    options = PlanOptions(households=Band(33, 36), population=None)
    found = partition(graph, options)
    assert found.proofs
    assert renew_proofs(graph, found, options) == found.proofs


def test_a_large_unit_excuses_only_what_is_alone_with_it():
    graph = town([90, 30, 30, 30], [(0, 1), (1, 2), (2, 3)])
    options = PlanOptions(households=Band(25, 65), population=None)
    alone = renew_proofs(graph, Assignment(grid=np.array([0, 1, 1, 2]), grids=3), options)
    assert [(p.grid, p.proven, p.units) for p in alone] == [(0, True, (0,))]
    more = renew_proofs(graph, Assignment(grid=np.array([0, 0, 1, 1]), grids=2), options)
    assert [(p.grid, p.proven) for p in more] == [(0, False)]


def test_proofs_of_an_area_are_renewed_for_one_of_its_grids():
    plan = lattice_plan(np.full((2, 3), 50), households=Band(160, 280))
    assert plan.assignment.proofs and plan.certificate.holds
    history = History(plan)
    if plan.assignment.grids == 1:
        history.do(split_grid(plan, plan.codes.code[0], parts=2))
    (first, second) = history.plan.codes.code
    grid = history.plan.assignment.grid
    sums = np.bincount(grid, history.plan.units.frame["households"])
    history.do(move_units(history.plan, np.flatnonzero(grid == int(sums.argmin()))[:1], (first, second)[sums.argmax()]))
    now = history.plan
    broken = ~now.certificate.rows["in_bands"]
    assert broken.any()
    assert int(now.certificate.rows["explained"].sum()) == 1
    assert now.certificate.holds == (int(broken.sum()) == 1)


def test_what_an_edit_breaks_is_never_proven_but_told_with_the_command():
    plan = even_plan()
    code = plan.codes.code
    edit = merge_grids(plan, [code[0], next(c for c in code[1:] if _beside(plan, 0, code.index(c)))])
    certificate = edit.plan.certificate
    assert not certificate.holds
    (told,) = certificate.explanations
    assert not told.proven
    assert "it has not been shown" in told.reason and "尚未证明" in told.reason_zh
    assert "gridgis rebalance" in told.remedy and "gridgis rebalance" in told.remedy_zh
    assert not certificate.rows["explained"].any()


def _beside(plan, one, other):
    grid, graph = plan.assignment.grid, plan.graph
    return bool(
        ((grid[graph.u] == one) & (grid[graph.v] == other) | (grid[graph.u] == other) & (grid[graph.v] == one)).any()
    )


def test_what_a_search_did_not_find_is_not_said_of_the_plan_after_an_edit():
    plan = even_plan()
    words = {"reason": "r", "reason_zh": "r", "remedy": "m", "remedy_zh": "m"}
    shown = Proof(grid=3, rule="households", proven=True, **words)
    open_ = Proof(grid=2, rule="households", proven=False, **words)
    before = replace(plan, assignment=replace(plan.assignment, proofs=(open_, shown), notes=("the best there is",)))
    edit = move_units(before, np.flatnonzero(plan.assignment.grid == 0)[:1], plan.codes.code[1])
    assert edit.plan.assignment.proofs == (shown,)
    assert edit.plan.assignment.notes == ()


def test_pieces_of_an_edited_grid_are_no_obstacle():
    graph = town([30, 30, 30, 5], [(0, 1), (1, 2), (2, 3)])
    apart = Assignment(grid=np.array([0, 1, 0, 2]), grids=3)
    assert pieces_within(graph, apart.grid)[0] == 4
    options = PlanOptions(households=Band(25, 65), population=None)
    assert [(p.grid, p.proven) for p in renew_proofs(graph, apart, options)] == [(2, False)]


@pytest.mark.parametrize("seed", range(2))
def test_an_untouched_towers_proof_stays_and_a_touched_one_is_renewed(seed):
    plan = town_plan()
    told = [e for e in plan.certificate.explanations if e.proven]
    assert told
    tower = told[0].grid
    others = [g for g in range(plan.assignment.grids) if g != tower]
    units = np.flatnonzero(plan.assignment.grid == others[seed])
    to = plan.codes.code[next(g for g in others if g != others[seed] and _beside(plan, others[seed], g))]
    edit = move_units(plan, units[:1], to)
    explained = {e.code for e in edit.plan.certificate.explanations if e.proven}
    assert plan.codes.code[tower] in explained
