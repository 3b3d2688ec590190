"""Who stands in for whom, and who serves where: as good as an exact solver finds, by rules checked here anew."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from gridgis.duties import choose_posts, choose_stand_ins, find_beside
from gridgis.errors import InputError


def town(columns, rows, seed):
    """Uneven blocks side by side, with households."""
    rng = np.random.default_rng(seed)
    xs, ys = (np.cumsum([0, *rng.integers(50, 200, count)]) for count in (columns, rows))
    polygons = [
        shapely.box(xs[i], ys[j], xs[i + 1], ys[j + 1]) for i, j in itertools.product(range(columns), range(rows))
    ]
    return polygons, rng.integers(100, 500, len(polygons)).astype(float)


def loads_of(serves, loads):
    """What each officer looks after: a grid of several is shared among them."""
    return {
        officer: sum(loads[g] / sum(1 for x, _ in serves if x == g) for g, o in serves if o == officer)
        for officer in {o for _, o in serves}
    }


def stand_in_costs(polygons, loads, serves):
    """The cost of every officer who may stand in for a grid, worked out one by one."""
    n, serves = len(polygons), {tuple(map(int, pair)) for pair in serves}
    lines = {
        (g, h): polygons[g].intersection(polygons[h]).length for g in range(n) for h in range(n) if g != h
    }  # fmt: skip
    carried, centres = loads_of(serves, loads), [shape.centroid for shape in polygons]
    found = {}
    for g in range(n):
        for officer in {o for h, o in serves if lines.get((g, h), 0) > 0} - {o for h, o in serves if h == g}:
            theirs = [h for h, o in serves if o == officer and lines.get((g, h), 0) > 0]
            shared = sum(lines[g, h] for h in theirs) / sum(lines[g, h] for h in range(n) if h != g)
            found[g, officer] = [1 - shared, min(centres[g].distance(centres[h]) for h in theirs),
                                 carried[officer] + loads[g]]  # fmt: skip
    mean = np.mean([row[1] for row in found.values()]) if found else 1
    return {pair: row[0] + row[1] / mean + row[2] / loads.mean() for pair, row in found.items()}


def best(costs, grids, most, taken=None):
    """Solve the same by HiGHS: how many grids have someone, how evenly, at what cost."""
    pairs = sorted(costs)
    places = [(pair, step) for pair in pairs for step in range((taken or {}).get(pair[1], 0), most)]
    if not places:
        return 0, 0, 0.0
    officers = sorted({officer for _, officer in pairs})
    grid_rows = np.array([[pair[0] == grid for pair, _ in places] for grid in range(grids)], float)
    seat_rows = np.array(
        [[(pair[1], step) == seat for pair, step in places] for seat in itertools.product(officers, range(most))], float
    )
    rules = [LinearConstraint(grid_rows, 0, 1), LinearConstraint(seat_rows, 0, 1)]
    one, later = np.ones(len(places)), np.array([step for _, step in places], float)
    cost = np.array([costs[pair] for pair, _ in places])
    kept = []
    for aim in (-one, later, cost):
        solved = milp(aim, integrality=one, bounds=Bounds(0, 1), constraints=rules)
        kept.append(solved.fun)
        rules.append(LinearConstraint(aim[None, :], -np.inf, solved.fun + 1e-6))
    return round(-kept[0]), round(kept[1]), kept[2]


def unevenness(chosen, taken=None):
    counts = {}
    for choice in chosen.choices:
        counts[choice.officer] = counts.get(choice.officer, 0) + 1
    before = taken or {}
    return sum(sum(range(before.get(key, 0), before.get(key, 0) + count)) for key, count in counts.items())


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**6), st.data())
def test_stand_ins_are_adjacent_and_none_are_better(columns, rows, most, seed, data):
    polygons, loads = town(columns, rows, seed)
    n = len(polygons)
    pairs = st.tuples(st.integers(0, n - 1), st.integers(100, 100 + n))
    serves = np.array(sorted(data.draw(st.sets(pairs, max_size=2 * n))), np.int64).reshape(-1, 2)
    centres = shapely.get_coordinates(shapely.centroid(polygons))
    chosen = choose_stand_ins(find_beside(polygons), centres, loads, serves, most=most)
    costs = stand_in_costs(polygons, loads, serves)
    covered, later, cost = best(costs, n, most)
    told = {(choice.grid, choice.officer) for choice in chosen.choices}
    assert told <= costs.keys(), "every one is an officer of an adjacent grid, and of another one"
    assert len({grid for grid, _ in told}) == len(told) == covered
    assert chosen.without.keys() == set(range(n)) - {grid for grid, _ in told}
    assert unevenness(chosen) == later
    assert chosen.cost == pytest.approx(sum(costs[pair] for pair in told))
    # costs are told apart by a thousandth
    assert chosen.cost <= cost + 0.001 * (covered + 1)
    for choice in chosen.choices:
        assert choice.others == sum(officer == choice.officer for _, officer in told) - 1 < most
        assert choice.load_after == pytest.approx(choice.load_before + loads[choice.grid])
        assert 0 < choice.share <= 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6), st.integers(0, 4), st.sampled_from([None, 1, 2]), st.integers(0, 10**6))
def test_officers_for_grids_are_near_and_evenly_given(grids, officers, most, seed):
    rng = np.random.default_rng(seed)
    centres, loads = rng.uniform(0, 1000, (grids, 2)), rng.integers(100, 500, grids).astype(float)
    places = rng.uniform(0, 1000, (officers, 2))
    places[rng.random(officers) < 0.3] = np.nan
    posts = rng.integers(0, 3, officers)
    carried = posts * 300.0
    chosen = choose_posts(places, centres, loads, carried, posts, most=most)
    distance = np.linalg.norm(centres[:, None] - places[None], axis=2)
    mean = np.nanmean(distance) if np.isfinite(distance).any() else 1.0
    scaled = np.where(np.isnan(distance), 1.0, distance / mean)
    costs = {
        (g, o): scaled[g, o] + (carried[o] + loads[g]) / loads.mean()
        for g, o in itertools.product(range(grids), range(officers))
    }
    taken = dict(enumerate(posts.tolist()))
    level = max([*posts.tolist(), 0]) + -(-grids // max(officers, 1))
    covered, later, cost = best(costs, grids, level if most is None else min(most, level), taken)
    assert len(chosen.choices) == covered
    assert unevenness(chosen, taken) == later
    assert chosen.cost <= cost + 0.001 * (covered + 1)
    assert most is not None or officers == 0 or covered == grids
    assert len(chosen.without) == grids - covered


def test_a_grid_without_a_stand_in_is_told_why():
    squares = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 2, 9)]
    centres, loads = shapely.get_coordinates(shapely.centroid(squares)), np.ones(4)
    beside = find_beside(squares)

    def reasons(serves, most=1):
        found = choose_stand_ins(beside, centres, loads, np.array(serves, np.int64).reshape(-1, 2), most=most)
        return {grid: str(words) for grid, words in found.without.items()}

    alone = {3: "no other grid shares a line with it"}
    assert reasons([(g, g) for g in range(4)], most=2) == alone
    assert reasons([]) == alone | dict.fromkeys(range(3), "the grids beside it have no officer")
    assert reasons([(0, 7), (1, 7), (2, 8)]) == alone | {0: "the officers of the grids beside it are its own"}
    short = reasons([(1, 7)])
    assert (short.pop(1), short.pop(3)) == ("the grids beside it have no officer", alone[3])
    assert [*short.values()] == ["every officer beside it stands in for 1 others already"]
    with pytest.raises(InputError, match="too few"):
        reasons([], most=0)


def test_a_thousand_grids_are_as_good_as_an_exact_solver_finds():
    polygons, loads = town(40, 25, 1)
    n = len(polygons)
    centres = shapely.get_coordinates(shapely.centroid(polygons))
    beside = find_beside(polygons)
    chosen = choose_stand_ins(beside, centres, loads, np.column_stack([np.arange(n), np.arange(n)]))
    assert (len(chosen.choices), unevenness(chosen)) == (n, 0)
    lines = {tuple(pair): metres for pair, metres in zip(beside.pairs.tolist(), beside.shared_m, strict=True)}
    lines |= {(h, g): metres for (g, h), metres in lines.items()}
    assert all((choice.grid, choice.officer) in lines for choice in chosen.choices)
    whole = np.bincount([g for g, _ in lines], list(lines.values()), n)
    apart = {pair: np.hypot(*(centres[pair[0]] - centres[pair[1]])) for pair in lines}
    mean = np.mean(list(apart.values()))
    pairs = sorted(lines)
    cost = np.array(
        [1 - lines[g, h] / whole[g] + apart[g, h] / mean + (loads[g] + loads[h]) / loads.mean() for g, h in pairs]
    )
    columns, ones = np.arange(len(pairs)), np.ones(len(pairs))
    rules = [
        LinearConstraint(coo_matrix((ones, (np.array(pairs)[:, side], columns)), shape=(n, len(pairs))).tocsr(), 1, 1)
        for side in (0, 1)
    ]
    solved = milp(cost, bounds=Bounds(0, 1), constraints=rules)
    assert chosen.cost == pytest.approx(solved.fun, abs=0.001 * n)
