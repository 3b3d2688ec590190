"""Mending a plan by the few grids that this concerns, and how few moves there can be, group by group."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from partition_towns import lattice
from scipy.sparse import csr_matrix
from test_rebalance import by_brute_force, small_town

from gridgis.measures import Measure
from gridgis.partition import moves_exact, moves_program
from gridgis.partition.check import pieces_within
from gridgis.partition.fewest_moves import fewest_moves
from gridgis.partition.moves_columns import bound_by_columns
from gridgis.partition.moves_groups import bound_by_groups, mend_patch
from gridgis.partition.moves_patches import cut_patch, put_patch
from gridgis.partition.moves_regions import Now, Regions, outside
from gridgis.partition.moves_separators import share_separators
from gridgis.partition.search import Clock

LOW, HIGH = 300, 500


@pytest.fixture(scope="module", autouse=True)
def nothing_is_small():
    """What is done for plans of any size is tried on small ones, which are else gone through whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves_exact, "MOST_UNITS", 0)
        yield


def town(side, block, *, more=None, own=None, free=()):
    """A square town of square grids of 400 households each, in units of four; some have more, some are new."""
    graph = lattice(side, side, seed=1, low=4, high=5)
    households = np.full(graph.n, 400 // block**2)
    for unit, count in (more or {}).items():
        households[unit] += count
    row, column = np.divmod(np.arange(graph.n), side)
    start = (row // block) * (side // block) + column // block
    weight = households.copy()
    weight[list(free)] = 0
    measure = Measure(rule="households", side="both", counts=households, low=LOW, high=HIGH)
    belongs = start.copy()
    for unit, grid in (own or {}).items():
        belongs[unit] = grid
    now = Now(start=start, own=belongs, weight=weight, fixed=np.zeros(graph.n, bool))
    return replace(graph, households=households, measures=(measure,)), now


def task_of(graph, now):
    return Regions(graph, now, graph.measures, np.zeros(int(now.start.max()) + 1, bool), False)


def kept(graph, now, grid):
    """Every grid is in one piece and within its bounds."""
    grids = int(grid.max()) + 1
    assert pieces_within(graph, grid)[0] == len(np.unique(grid))
    return not outside(graph.measures, grid, grids, graph.n).any()


def test_one_grid_amid_many_small_units_is_mended_and_proven():
    # 3,600 units, 36 grids: the grids around would be too many choices for one program
    graph, now = town(60, 10, more={60 * 25 + 25: 136})
    found = fewest_moves(graph, now, seconds=60)
    assert kept(graph, now, found.grid)
    assert found.proven
    assert now.moved(found.grid) == 36


def test_far_apart_needs_add_up():
    more = {0: 110, 60 * 59 + 59: 120}
    graph, now = town(60, 10, more=more)
    found = fewest_moves(graph, now, seconds=60)
    assert kept(graph, now, found.grid)
    assert found.bound == now.moved(found.grid) == 12 + 20
    assert set(now.start[found.grid != now.start]) == {0, 35}


def test_ground_cut_off_from_its_grid_ends_at_no_cost():
    # the corner is a piece of its own, whose households count as those of the grid beyond
    graph, now = town(12, 4)
    start = now.start.copy()
    start[0] = 9
    now = replace(now, start=start, own=np.where(start == 9, 1, now.own))
    task = task_of(graph, now)
    after = mend_patch(task, 9, Clock(limit_s=30))
    assert after is not None
    assert (after != 9).all()
    assert kept(graph, now, after)


def test_a_new_building_goes_by_itself_when_nobody_has_to_move():
    graph, now = town(12, 4, more={3: 90, 0: 20, 5: -20, 6: -20}, free=(3,))
    found = fewest_moves(graph, now, seconds=30)
    assert kept(graph, now, found.grid)
    assert now.moved(found.grid) == 0
    assert found.grid[3] == 1
    assert found.proven


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
@example(129)
def test_groups_never_ask_for_more_than_the_best_division(seed):
    graph, now = small_town(seed, *[(2, 4), (1, 8)][seed % 2])
    best = by_brute_force(graph, now, 4)
    if best is None:
        return
    whole = fewest_moves(graph, now, seconds=30)
    grid, bound = bound_by_groups(task_of(graph, now), whole.grid, 0, Clock(limit_s=30))
    assert bound <= best <= now.moved(grid)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3))
def test_whole_grids_never_ask_for_more_than_the_best_division(seed, built):
    # some whole units are newly built: they move for nothing, and any grid may take them
    graph, now = small_town(seed, *[(2, 4), (1, 8)][seed % 2])
    rng = np.random.default_rng(seed)
    new = rng.choice(graph.n, built, replace=False)
    weight, own = now.weight.copy(), now.own.copy()
    weight[new] = 0
    own[new[:1]] = -1
    now = replace(now, weight=weight, own=own)
    best = by_brute_force(graph, now, 4)
    if best is None:
        return
    found = fewest_moves(graph, now, seconds=30)
    assert found.bound <= best
    grid, bound = bound_by_columns(task_of(graph, now), found.grid, Clock(limit_s=30))
    assert bound <= best
    assert len(found.broken) or (kept(graph, now, grid) and best <= now.moved(grid))


@pytest.mark.parametrize("rounds", [1, 10**6])
def test_flows_and_separators_agree(rounds, monkeypatch):
    monkeypatch.setattr(moves_program, "FLOW_AFTER", rounds)
    graph, now = town(12, 4, more={3: 90, 4: 80, 17: 40, 140: 130}, free=(3,), own={5: 0})
    found = fewest_moves(graph, now, seconds=60)
    assert kept(graph, now, found.grid)
    assert found.proven


def test_what_a_patch_gives_away_harms_nobody_or_is_told():
    graph, now = town(12, 4, more={5: 100, 9: 95})
    task = task_of(graph, now)
    patch = cut_patch(
        task,
        now.start,
        np.array([0, 1]),
        cap=60.0,
        ties=False,
        may_break=np.zeros(2, bool),
        others=np.zeros(0, np.int64),
    )
    answer = patch.region.start.copy()
    east = np.flatnonzero(now.start[patch.places] == 1)
    answer[east] = 2
    out, harmed = put_patch(task, now.start, patch, answer)
    assert not (out == 1).any()
    assert len(harmed)
    assert (pieces_within(graph, out)[0] == len(np.unique(out))) or len(harmed)


def test_shares_across_a_gap_are_parted():
    graph, now = town(6, 3)
    task = task_of(graph, now)
    patch = cut_patch(
        task, now.start, np.array([0]), cap=500.0, ties=False, may_break=np.zeros(1, bool), others=np.zeros(0, np.int64)
    )
    region = patch.region
    program = moves_program.MovesProgram(region, penalty=0.0)
    shares = np.zeros((region.n, 2))
    shares[np.arange(region.n), region.start] = 1.0
    far = int(np.flatnonzero(patch.places == 35)[0])
    assert not share_separators(region, program.links, csr_matrix(shares), program._x, let_be=np.array([False, True]))
    shares[far] = 1.0, 0.0
    found = share_separators(region, program.links, csr_matrix(shares), program._x, let_be=np.array([False, True]))
    assert found
    for cut in found:
        held = sum(
            shares[program.unit[x], program.grid[x]] * value for x, value in zip(cut.places, cut.values, strict=True)
        )
        assert held > cut.most
