"""Small plans, where every grid there can be is gone through: the best division, held against all divisions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rebalance import by_brute_force, small_town
from test_rebalance_moves import task_of, town

from gridgis.partition import moves_exact
from gridgis.partition.check import pieces_within
from gridgis.partition.fewest_moves import fewest_moves
from gridgis.partition.moves_exact import best_of_all
from gridgis.partition.moves_regions import counted, outside
from gridgis.partition.search import Clock


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_every_connected_set_is_found_once(seed, n):
    rng = np.random.default_rng(seed)
    linked = np.triu(rng.random((n, n)) < 0.4, 1)
    count = rng.integers(0, 30, n).astype(float)
    u, v = np.nonzero(linked)
    beside = np.zeros(n, np.int64)
    np.bitwise_or.at(beside, u, np.int64(1) << v)
    np.bitwise_or.at(beside, v, np.int64(1) << u)
    found = moves_exact._connected_sets(beside, count[:, None], count[:, None], np.array([20.0]), np.array([60.0]))

    def connected(mask):
        here, wider = 0, mask & -mask
        while wider != here:
            here = wider
            for unit in range(n):
                wider |= int(beside[unit]) & mask if here >> unit & 1 else 0
        return here == mask

    totals = {mask: sum(count[i] for i in range(n) if mask >> i & 1) for mask in range(1, 1 << n)}
    wanted = [mask for mask, total in totals.items() if 20 <= total <= 60 and connected(mask)]
    assert sorted(found.tolist()) == wanted


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_is_better_than_the_best(seed):
    graph, now = small_town(seed, *[(2, 4), (1, 8)][seed % 2])
    wanted = by_brute_force(graph, now, 4)
    found = best_of_all(task_of(graph, now), Clock(limit_s=60))
    if wanted is None:
        assert found is None or found.broken
        return
    assert (found.broken, now.moved(found.grid)) == (0, wanted)
    whole = fewest_moves(graph, now)
    assert whole.proven
    assert whole.bound == now.moved(whole.grid) == wanted


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_what_cannot_be_mended_gets_no_worse_and_as_little_as_can_be(seed):
    # heavy units, so that often no division keeps all bounds
    rng = np.random.default_rng(seed)
    graph, now = small_town(seed, rows=2, columns=3)
    heavy = rng.choice(graph.n, 2, replace=False)
    graph.households[heavy] += rng.integers(50, 300, 2)
    found = best_of_all(task_of(graph, now), Clock(limit_s=60))
    measure, k = graph.measures[0], int(now.start.max()) + 1
    before = outside(graph.measures, now.start, k, graph.n)
    every = np.stack(np.unravel_index(np.arange(graph.n**graph.n), (graph.n,) * graph.n), axis=1)
    load, most = (
        np.stack([(every == grid) @ held for grid in range(graph.n)], axis=1)
        for held in (graph.households, counted(graph.households.astype(float), measure))
    )
    there = np.stack([(every == grid).any(axis=1) for grid in range(graph.n)], axis=1)
    bad = there & ((load < measure.low) | (most > measure.high + 1e-6))
    least, full = np.full(graph.n, measure.low), np.full(graph.n, measure.high)
    least[:k] = np.minimum(least[:k], np.bincount(now.start, graph.households, k))
    full[:k] = np.maximum(full[:k], np.bincount(now.start, counted(graph.households.astype(float), measure), k))
    may = np.isin(np.arange(graph.n), np.flatnonzero(before)) & (load >= least) & (most <= full + 1e-6)
    fits = ~(bad & ~may).any(axis=1)
    moved = ((every[fits] != now.own) * now.weight).sum(axis=1)
    ranked = np.lexsort((moved, bad[fits].sum(axis=1)))
    sound = every[fits]
    whole = (i for i in ranked if pieces_within(graph, sound[i])[0] == len(np.unique(sound[i])))
    first = next(whole, None)
    best = None if first is None else (int(bad[fits][first].sum()), int(moved[first]))
    if found is None:
        assert best is None
        return
    assert pieces_within(graph, found.grid)[0] == len(np.unique(found.grid))
    assert (found.broken, now.moved(found.grid)) == best


@pytest.mark.parametrize("keep_number", [True, False])
def test_as_many_grids_as_now_where_that_is_asked_for(keep_number):
    graph, now = town(4, 2, more={0: -90, 1: -60})
    task = task_of(graph, now)
    task.keep_number = keep_number
    found = best_of_all(task, Clock(limit_s=60))
    assert found.broken == 0
    assert not keep_number or len(np.unique(found.grid)) == 4


def test_a_plan_too_large_is_left_to_others():
    graph, now = town(12, 4, more={0: 136})
    assert best_of_all(task_of(graph, now), Clock(limit_s=60)) is None
    assert fewest_moves(graph, now, seconds=60).proven
