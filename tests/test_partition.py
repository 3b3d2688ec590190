"""The partitioner keeps its promises on every graph: cover, contiguity, bands or reasons, the number of grids."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.errors import InfeasibleError, InputError
from gridgis.graph import Fixed
from gridgis.measures import build_measures
from gridgis.options import PlanOptions
from gridgis.partition import PARTITIONERS, partition, partition_graph, schedule
from gridgis.partition import pieces as pieces_module
from gridgis.profiles import Band, Housing
from tests.partition_towns import lattice, lattice_links, town

URBAN = PlanOptions()
HOUSEHOLDS = PlanOptions(households=Band(300, 500), population=None)


def pieces(graph, units):
    inside = np.isin(graph.u, units) & np.isin(graph.v, units)
    links = coo_matrix((np.ones(inside.sum()), (graph.u[inside], graph.v[inside])), shape=(graph.n, graph.n))
    return len(np.unique(connected_components(links, directed=False)[1][units]))


def breaches(graph, options, grid, grids):
    found = set()
    for rule, band in (("households", options.households), ("population", options.population)):
        if band is not None:
            sums = [int(getattr(graph, rule)[grid == g].sum()) for g in range(grids)]
            found |= {(g, rule) for g, total in enumerate(sums) if total not in band}
    return found


def assert_promises(graph, options, answer):
    assert answer.grid.shape == (graph.n,)
    assert sorted(set(answer.grid.tolist())) == list(range(answer.grids))
    for g in range(answer.grids):
        assert pieces(graph, np.flatnonzero(answer.grid == g)) == 1
    assert {(p.grid, p.rule) for p in answer.proofs} == breaches(graph, options, answer.grid, answer.grids)
    assert len({(p.grid, p.rule) for p in answer.proofs}) == len(answer.proofs)
    for proof in answer.proofs:
        assert all(text for text in (proof.reason, proof.reason_zh, proof.remedy, proof.remedy_zh))
        assert all(0 <= unit < graph.n for unit in proof.units)


@st.composite
def small_towns(draw):
    n = draw(st.integers(1, 8))
    links = [(i, j) for i, j in itertools.combinations(range(n), 2) if draw(st.integers(0, 9)) < 4]
    return town(draw(st.lists(st.integers(0, 260), min_size=n, max_size=n)), links)


@st.composite
def random_towns(draw):
    rows, columns = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    links = [link for link in lattice_links(rows, columns) if rng.random() < draw(st.sampled_from([0.8, 1.0]))]
    top = draw(st.sampled_from([1, 60, 200, 700]))
    households = rng.integers(0, top, rows * columns)
    placed = draw(st.booleans())
    return town(households, links, shape=(rows, columns) if placed else None)


def partitions(n):
    """All partitions of n units, as labels."""
    labels = [0] * n

    def extend(i, used):
        if i == n:
            yield list(labels)
            return
        for label in range(used + 1):
            labels[i] = label
            yield from extend(i + 1, max(used, label + 1))

    return extend(0, 0)


def some_partition_keeps(graph, options):
    for labels in partitions(graph.n):
        grid = np.array(labels)
        grids = max(labels) + 1
        if not breaches(graph, options, grid, grids) and all(
            pieces(graph, np.flatnonzero(grid == g)) == 1 for g in range(grids)
        ):
            return True
    return False


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graph=random_towns(), seed=st.integers(0, 3))
def test_any_town(graph, seed):
    options = URBAN.replace(seed=seed, effort=0.3)
    assert_promises(graph, options, partition(graph, options))


@pytest.mark.parametrize("method", PARTITIONERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graph=small_towns())
def test_proofs_are_true_and_what_can_be_kept_is(method, graph):
    answer = partition(graph, HOUSEHOLDS.replace(method=method))
    assert_promises(graph, HOUSEHOLDS, answer)
    if some_partition_keeps(graph, HOUSEHOLDS):
        assert not answer.proofs
    else:
        assert any(proof.proven for proof in answer.proofs)


@pytest.mark.parametrize("placed", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_a_fine_town_keeps_every_band(placed, seed):
    graph = lattice(25, 30, seed=seed, placed=placed)
    answer = partition(graph, URBAN.replace(seed=seed))
    assert_promises(graph, URBAN, answer)
    assert not answer.proofs
    assert not answer.notes


def test_the_same_seed_gives_the_same_answer():
    graph = lattice(20, 20)
    first, again, other = (partition_graph(graph, URBAN.replace(seed=seed)) for seed in (1, 1, 2))
    assert (first.grid == again.grid).all()
    assert (first.grid != other.grid).any()


@pytest.mark.parametrize("grids", [34, 40, 50])
def test_the_number_of_grids_asked_for_is_reached(grids):
    graph = lattice(20, 20, low=40, high=41)
    answer = partition(graph, HOUSEHOLDS.replace(grids=grids))
    assert answer.grids == grids
    assert not answer.proofs


def test_a_number_without_bands_balances():
    graph = lattice(20, 20, low=38, high=43)
    answer = partition(graph, PlanOptions(households=None, population=None, grids=10))
    assert answer.grids == 10
    loads = np.bincount(answer.grid, graph.households)
    assert loads.std() / loads.mean() < 0.1


@pytest.mark.parametrize(
    ("graph", "grids", "words"),
    [
        (lattice(20, 20, low=40, high=41), 33, "34 to 50"),
        (lattice(20, 20, low=40, high=41), 51, "34 to 50"),
        (town([100, 0, 100], [(0, 1), (1, 2)]), 3, "2 units with people"),
        (town([0, 0], [(0, 1)]), 3, "2 units"),
        (lattice(10, 10, river=4, low=40, high=41), 7, "2 pieces"),
    ],
)
def test_a_number_that_cannot_be_is_refused(graph, grids, words):
    with pytest.raises(InfeasibleError, match=words):
        partition(graph, HOUSEHOLDS.replace(grids=grids))


def test_a_river_without_a_bridge_is_never_crossed():
    graph = lattice(20, 20, river=9)
    answer = partition(graph, URBAN)
    assert_promises(graph, URBAN, answer)
    assert not set(answer.grid[:200]) & set(answer.grid[200:])


def test_a_unit_too_large_stands_alone():
    households = np.full(100, 40)
    households[55] = 900
    graph = town(households, lattice_links(10, 10), shape=(10, 10))
    answer = partition(graph, HOUSEHOLDS)
    assert_promises(graph, HOUSEHOLDS, answer)
    (proof,) = answer.proofs
    assert proof.proven
    assert proof.units == (55,)
    assert (answer.grid == answer.grid[55]).sum() == 1
    assert "U55" in proof.reason
    assert "900" in proof.remedy
    assert "900户" in proof.reason_zh


def test_a_pocket_behind_a_large_unit_is_explained_and_empty_units_join_it():
    # 0 - 1 - 2 - … is a street; unit 2 is a tower, behind it 50 households and one empty unit on a side way
    households = [20, 30, 900, 200, 200, 0]
    graph = town(households, [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)])
    answer = partition(graph, HOUSEHOLDS)
    assert_promises(graph, HOUSEHOLDS, answer)
    assert answer.grid[5] == answer.grid[2]
    assert answer.grid[0] == answer.grid[1] != answer.grid[2]
    assert all(proof.proven for proof in answer.proofs)
    behind = next(proof for proof in answer.proofs if proof.grid == answer.grid[0])
    assert behind.units == (2,)
    assert "cut off by unit U2" in behind.reason


@pytest.mark.parametrize("total", [0, 120])
def test_a_jurisdiction_smaller_than_one_grid_is_one_grid(total):
    graph = town([total, 0, 0], [(0, 1), (1, 2)])
    answer = partition(graph, HOUSEHOLDS)
    assert answer.grids == 1
    (proof,) = answer.proofs
    assert proof.proven
    assert "the whole jurisdiction" in proof.reason
    assert f"{total} households" in proof.reason


def test_totals_between_two_numbers_of_grids_are_explained():
    graph = town([55] * 10, lattice_links(2, 5), shape=(2, 5))
    answer = partition(graph, HOUSEHOLDS)
    assert_promises(graph, HOUSEHOLDS, answer)
    assert "550 households" in answer.proofs[0].reason
    assert answer.proofs[0].proven
    assert sum(proof.proven for proof in answer.proofs) == 1


def test_bands_that_do_not_suit_one_another_are_explained():
    graph = town([40] * 100, lattice_links(10, 10), population=[40] * 100, shape=(10, 10))
    answer = partition(graph, URBAN)
    assert_promises(graph, URBAN, answer)
    assert all(proof.proven for proof in answer.proofs)
    assert "320–480 people, never 1,000–1,480" in answer.proofs[0].reason


def test_an_impossible_corner_is_proven():
    # any connected set with unit 0 has 260 households, or at least 520
    households = [130, 130, 260, 260, *[40] * 30]
    links = [(0, 1), (1, 2), (1, 3), (2, 4), (3, 4), *[(i, i + 1) for i in range(4, 33)]]
    answer = partition(town(households, links), HOUSEHOLDS)
    assert any(proof.proven and set(proof.units) <= {0, 1, 2, 3} for proof in answer.proofs)


def test_the_time_limit_returns_the_best_so_far_and_says_so():
    graph = lattice(60, 60)
    answer = partition(graph, URBAN.replace(time_limit_s=1e-6))
    assert sorted(set(answer.grid.tolist())) == list(range(answer.grids))
    assert any("time limit" in note for note in answer.notes)


def test_strong_lines_are_followed():
    graph = lattice(20, 20, low=40, high=41)
    strong = (graph.v - graph.u == 20) & (graph.u // 20 % 5 == 4)
    graph.cost[strong] = 1.0
    answer = partition(graph, HOUSEHOLDS)
    cut = answer.grid[graph.u] != answer.grid[graph.v]
    assert cut[strong].mean() > 0.85
    # grids of five by two, the only ones of ten that fit between the lines, cut 240 of the 760
    assert cut.mean() < 0.32


def test_progress_goes_from_none_to_all():
    told = []
    partition(lattice(8, 8), URBAN, progress=lambda step, done: told.append((step, done)))
    assert {step for step, _ in told} == {"partition"}
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_unusable_graphs_are_refused_in_words():
    with pytest.raises(InputError, match="no units"):
        partition(town([], []), URBAN)
    with pytest.raises(InputError, match="1 units have households below 0"):
        partition(town([5, -1], [(0, 1)]), URBAN)
    with pytest.raises(InputError, match="no partition method"):
        partition(town([5], []), URBAN.replace(method="magic"))


@pytest.mark.parametrize("share", [0.8, 1.0])
def test_a_town_of_heavy_units_and_missing_links(share):
    rng = np.random.default_rng(3)
    links = [link for link in lattice_links(14, 14) if rng.random() < share]
    graph = town(rng.integers(0, 700, 196), links, shape=(14, 14))
    assert_promises(graph, URBAN, partition(graph, URBAN.replace(effort=0.3)))


@pytest.mark.parametrize("objective", ["cut-edges", "cut-length"])
def test_few_large_grids_with_the_fewest_cuts(objective):
    # a ladder of 4 × 20 squares: four grids of equal weight need three cuts of four edges
    graph = town([10] * 80, lattice_links(20, 4), shape=(20, 4))
    options = PlanOptions(households=Band(200, 200), population=None, objective=objective, grids=4, effort=0.1)
    answer = partition(graph, options)
    assert not answer.proofs
    assert (answer.grid[graph.u] != answer.grid[graph.v]).sum() == 12


def test_large_grids_are_found_on_coarser_units():
    graph = lattice(60, 60)
    total = graph.households.sum() / 9
    options = PlanOptions(households=Band(0.95 * total, 1.05 * total), population=None, grids=9, effort=0.3)
    answer = partition(graph, options)
    assert_promises(graph, options, answer)
    assert not answer.proofs
    # nine squares of 20 × 20 would cut 240 edges
    assert (answer.grid[graph.u] != answer.grid[graph.v]).sum() < 300


def test_a_very_large_town_does_not_depend_on_the_number_of_processors(monkeypatch):
    # the pieces of a large town are worked on by threads; small pieces make a small town large
    monkeypatch.setattr(schedule, "LARGE", 300)
    monkeypatch.setattr(pieces_module, "PIECE", 150)
    graph = lattice(30, 30)
    options = URBAN.replace(effort=0.2)
    answers = []
    for processors in (1, 3):
        monkeypatch.setenv("GRIDGIS_THREADS", str(processors))
        answers.append(partition(graph, options))
    assert_promises(graph, options, answers[0])
    assert not answers[0].proofs
    assert (answers[0].grid == answers[1].grid).all()


def test_units_that_hang_on_one_are_kept_together_and_explained():
    # unit 0 is the only way between four courts of 140 households; each of them is too small for a grid
    households = [20, 140, 140, 140, 140, 200, 200]
    graph = town(households, [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (5, 6)])
    answer = partition(graph, HOUSEHOLDS)
    assert_promises(graph, HOUSEHOLDS, answer)
    assert len(set(answer.grid[:5])) == 1
    (proof,) = answer.proofs
    assert proof.proven
    assert set(proof.units) == {0, 1, 2, 3, 4}
    assert "hang together through unit U0" in proof.reason


def test_bands_that_exclude_each_other_explain_every_grid():
    graph = town([180] * 30, lattice_links(6, 5), population=[468] * 30)
    options = PlanOptions(households=Band(300, 500), population=Band(1000, 1500))
    answer = partition(graph, options)
    broken = {proof.grid for proof in answer.proofs}
    assert broken == set(range(answer.grids))
    assert all(proof.proven for proof in answer.proofs)
    # Two buildings are 360 households and 936 people, three are 540 and 1,404.
    assert "360–360 households" in answer.proofs[0].reason
    assert "936–936 people, never 1,404–1,404" in answer.proofs[0].reason


def test_a_plan_that_is_there_is_where_the_search_starts():
    graph = lattice(20, 20, seed=3)
    first = partition(graph, URBAN)
    again = partition(dataclasses.replace(graph, start=first.grid), URBAN.replace(seed=9))
    other = partition(graph, URBAN.replace(seed=9))
    assert_promises(graph, URBAN, again)
    kept = shared(first.grid, again.grid)
    assert kept > 0.6
    assert kept > shared(first.grid, other.grid)


def shared(one, other):
    """Share of the units in the grid of `other` that has most of their grid's."""
    pairs = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(pairs, (one, other), 1)
    return pairs.max(axis=1).sum() / len(one)


def test_fixed_groups_stay_and_are_explained_where_they_break_a_bound():
    graph = lattice(15, 20, seed=4)
    first = partition(graph, URBAN)
    small = np.flatnonzero(first.grid == first.grid[0])[:1]
    whole = np.flatnonzero(first.grid == first.grid.max())
    why = ("it stays", "保持原状")
    fixed = tuple(Fixed(units=units, why=why, remedy=("unlock it", "解除锁定")) for units in (small, whole))
    answer = partition(dataclasses.replace(graph, fixed=fixed), URBAN.replace(seed=5))
    for units in (small, whole):
        assert set(np.flatnonzero(answer.grid == answer.grid[units[0]])) == set(units)
    proofs = [proof for proof in answer.proofs if proof.grid == answer.grid[small[0]]]
    assert proofs
    assert all(proof.proven and "it stays" in proof.reason and "unlock it" in proof.remedy for proof in proofs)


def test_several_housing_types_keep_both_sides_of_every_share():
    graph = lattice(15, 20, seed=6)
    profile = np.where(graph.x > np.median(graph.x), "urban", "village").astype(object)
    housing = Housing()
    options = PlanOptions(housing=housing)
    measures = build_measures(graph.households, graph.population, options, profile)
    answer = partition(dataclasses.replace(graph, measures=measures), options)
    broken = {proof.grid for proof in answer.proofs}
    most, least = np.zeros(answer.grids), np.zeros(answer.grids)
    for name in ("urban", "village"):
        band = housing.profiles[name].households
        households = np.where(profile == name, graph.households, 0)
        most += np.bincount(answer.grid, households / band.high, answer.grids)
        least += np.bincount(answer.grid, households / band.low, answer.grids)
    good = [g for g in range(answer.grids) if g not in broken]
    assert len(good) > 0.9 * answer.grids
    assert (most[good] <= 1 + 1e-9).all()
    assert (least[good] >= 1 - 1e-9).all()
