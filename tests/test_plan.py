"""The whole recipe on real and random towns: the promises of the certificate, and the same plan every time."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import box, layer, random_town
from shapely import LineString

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.errors import InfeasibleError, InputError

SHAPEFILES = Path(__file__).parents[1] / "data" / "shapefiles"


def town(name):
    folder = SHAPEFILES / name
    barriers = [folder / f"{layer}.shp" for layer in ("barriers", "water", "landuse")]
    return read_layers(
        boundary=folder / "boundary.shp",
        buildings=folder / "buildings.shp",
        roads=folder / "roads.shp",
        barriers=[path for path in barriers if path.exists()],
    )


def check(plan):
    certificate, grids = plan.certificate, plan.grids
    area = plan.layers.boundary.area
    assert certificate.cover.gap_m2 < 1e-6 * area
    assert certificate.cover.overlap_m2 < 1e-6 * area
    assert not certificate.buildings.cut
    assert not certificate.buildings.nowhere
    assert not certificate.buildings.several
    assert not certificate.disconnected.any()
    inside = plan.layers.buildings["inside"].to_numpy()
    assert ((plan.building_grid >= 0).to_numpy() == inside).all()
    owner = plan.building_grid[inside]
    within = shapely.intersection(plan.layers.boundary, plan.layers.buildings.geometry.to_numpy()[inside])
    points = shapely.point_on_surface(within)
    assert shapely.contains(grids.geometry.to_numpy()[owner], points).all()
    sums = plan.counts.groupby(plan.building_grid.to_numpy())[["households", "population"]].sum()
    assert (grids[["households", "population"]] == sums.loc[sums.index >= 0]).all().all()


@pytest.mark.parametrize("name", ["monaco", "kotka_karhula"])
def test_real_towns_keep_every_promise(name):
    total = {"monaco": 39_050}.get(name)
    plan = make_plan(town(name), PlanOptions(household_size=3.0, total_population=total))
    check(plan)
    assert plan.rules_met, plan.certificate.faults
    assert plan.certificate.follows.visible_share > 0.85
    if total:
        assert plan.grids["population"].sum() == total


def test_same_seed_same_plan_and_another_seed_another():
    layers = town("kotka_karhula")
    one, two, other = (make_plan(layers, PlanOptions(seed=seed)) for seed in (4, 4, 5))
    assert np.array_equal(one.assignment.grid, two.assignment.grid)
    assert not np.array_equal(one.assignment.grid, other.assignment.grid)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2))
def test_any_town_keeps_every_promise(seed, river, island, hole, bridges):
    layers = random_town(seed, river=river, island=island, hole=hole, bridges=bridges)
    plan = make_plan(layers, PlanOptions(households=Band(120, 260), population=None, effort=0.3))
    if island:
        # An island too small to stand alone belongs to a grid on the other shore.
        assert plan.certificate.cover.pieces.max() <= 2
        over = plan.certificate.cover.pieces > 1
        assert all(any(code in note for note in plan.certificate.notes) for code in plan.grids["code"][over])
        assert not plan.certificate.buildings.cut
    else:
        check(plan)
    broken = ~plan.certificate.rows["in_bands"]
    reasons = {proof.grid for proof in plan.assignment.proofs}
    assert set(plan.certificate.rows.index[broken]) <= reasons


def test_a_tower_is_a_grid_of_its_own_and_the_reason_is_given():
    homes = [box(20 + 40 * x, 20 + 40 * y, 40 + 40 * x, 40 + 40 * y) for x in range(8) for y in range(8)]
    counts = [20.0] * 64
    counts[27] = 900.0
    layers = read_layers(
        boundary=layer([box(0, 0, 350, 350)]),
        buildings=layer(homes, id=[f"h{k}" for k in range(64)], households=counts, levels=[3] * 64),
        roads=layer([LineString([(-20, 175), (370, 175)])], highway=["residential"]),
    )
    plan = make_plan(layers, PlanOptions(households=Band(200, 300), population=None))
    check(plan)
    grid = plan.building_grid[27]
    assert (plan.building_grid == grid).sum() == 1
    assert plan.certificate.holds
    assert not plan.rules_met
    told = [e for e in plan.certificate.explanations if e.code == plan.grids["code"].iloc[grid]]
    assert len(told) == 1
    assert "900" in told[0].reason


def test_number_of_grids_is_exact_or_refused_with_the_reason():
    layers = random_town(11, buildings=80)
    options = PlanOptions(households=None, population=None, grids=7)
    plan = make_plan(layers, options)
    check(plan)
    assert len(plan.grids) == 7
    with pytest.raises(InputError, match="500 grids were asked for"):
        make_plan(layers, options.replace(grids=500))
    with pytest.raises(InfeasibleError, match="7"):
        make_plan(layers, options.replace(households=Band(10_000, 20_000)))


def test_progress_names_the_steps_in_order():
    seen = []
    make_plan(random_town(2), PlanOptions(effort=0.1), progress=lambda step, done: seen.append((step, done)))
    steps = list(dict.fromkeys(step for step, _ in seen))
    assert steps == ["people", "units", "graph", "partition", "grids", "audit"]
    assert all(0 <= done <= 1 for _, done in seen)
