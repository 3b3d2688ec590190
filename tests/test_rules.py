"""Rules of every kind on towns drawn at random: what each of them promises holds, or is explained."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_town import CRS, layer, random_town, shift
from shapely import box

from gridgis import Band, PlanOptions, make_plan
from gridgis.profiles import Housing, HousingRule, Profile

BAND = Band(120, 260)
LOW, HIGH = "single-storey", "tower"
SIZES = {
    LOW: Profile(LOW, "Single-storey", "平房区", Band(80, 160), None),
    HIGH: Profile(HIGH, "Tower", "高层", Band(150, 320), None),
}
HOUSING = Housing(profiles=SIZES, rules=(HousingRule(LOW, levels=Band(1, 3)),), default=HIGH)


def options(**more):
    return PlanOptions(**({"households": BAND, "population": None, "effort": 0.2} | more))


def share(plan, side):
    """Households of each grid over the upper or lower bound of their buildings' housing types."""
    bound = plan.counts["profile"].map({name: getattr(p.households, side) for name, p in SIZES.items()})
    held = plan.building_grid >= 0
    return (plan.counts["households"] / bound)[held].groupby(plan.building_grid[held]).sum()


def broken_grids(plan):
    return {e.grid for e in plan.certificate.explanations}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_a_grid_keeps_the_sizes_of_its_housing_types_or_explains(seed):
    plan = make_plan(random_town(seed, buildings=120, levels=None), options(housing=HOUSING))
    certificate = plan.certificate
    assert certificate.holds, certificate.faults
    most, least = share(plan, "high"), share(plan, "low")
    outside = set(most.index[(most > 1 + 1e-9) | (least < 1 - 1e-9)])
    assert outside == broken_grids(plan)
    held = plan.building_grid >= 0
    lived_in = held & (plan.counts["households"] > 0)
    for grid, names in plan.counts["profile"][lived_in].groupby(plan.building_grid[lived_in]):
        if len(set(names)) == 1 and grid not in outside:
            assert plan.grids["households"][grid] in SIZES[names.iloc[0]].households
    middle = plan.counts["profile"].map({name: p.households.middle for name, p in SIZES.items()})
    loads = (plan.counts["households"] / middle)[held].groupby(plan.building_grid[held]).sum()
    assert plan.report.grids["load"].to_numpy() == pytest.approx(loads.to_numpy())
    assert plan.report.summary["target"] == 1.0


def test_reasons_speak_of_shares_only_once():
    small = {name: replace(profile, households=Band(8 + k, 12 + k)) for k, (name, profile) in enumerate(SIZES.items())}
    sizes = Housing(profiles=small, rules=(HousingRule(LOW, levels=Band(1, 3)),), default=HIGH)
    plan = make_plan(random_town(2, buildings=30, levels=None), options(housing=sizes, households=None))
    texts = [text for e in plan.certificate.explanations for text in (e.reason, e.reason_zh)]
    assert texts, "some buildings are larger than such small grids"
    assert all(text.count("a grid may have") + text.count("a grid must have") <= 2 for text in texts)
    assert not [text for text in texts if "have a grid" in text or "have allowed" in text or "have of" in text]


def test_sectors_are_made_whatever_says_how_large_grids_are():
    layers = random_town(2, buildings=120, levels=None)
    for size in ({"housing": HOUSING, "households": None}, {"households": None, "grids": 6}):
        plan = make_plan(layers, options(sectors=Band(3, 5), **size))
        assert plan.certificate.holds, plan.certificate.faults
        assert {level.name for level in plan.certificate.levels} == {"sector", "grid"}


def test_one_housing_type_is_judged_by_its_own_band():
    only = Housing(profiles=SIZES, default=LOW)
    plan = make_plan(random_town(2), options(housing=only))
    assert plan.certificate.holds
    kept = plan.certificate.rows["in_bands"].to_numpy()
    assert plan.grids["households"].between(80, 160).to_numpy().tolist() == kept.tolist()


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6))
def test_a_soft_band_is_no_fault(seed):
    narrow = options(households=Band(149, 151), soft=("households",), grids=5)
    plan = make_plan(random_town(seed), narrow)
    certificate = plan.certificate
    assert certificate.holds, certificate.faults
    assert certificate.rows["in_bands"].all()
    outside = set(np.flatnonzero(~plan.grids["households"].between(149, 151)))
    assert outside == {e.grid for e in certificate.explanations if e.soft}
    assert all("aimed at" in e.reason and "参考" in e.reason_zh for e in certificate.explanations)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_locked_grids_stay_as_they_are(seed, choice):
    layers = random_town(seed)
    before = make_plan(layers, options(seed=1))
    chosen = np.random.default_rng(choice).choice(before.grids["code"].to_numpy(), 2, replace=False)
    existing = before.grids[["code", "name", "geometry"]]
    again = make_plan(random_town(seed, existing=existing), options(seed=2, lock=tuple(chosen)))
    certificate = again.certificate
    assert not certificate.changed_locks, certificate.changed_locks
    assert certificate.holds, certificate.faults
    was, now = (plan.grids.set_index("code") for plan in (before, again))
    for code in chosen:
        assert shapely.symmetric_difference(was.geometry[code], now.geometry[code]).area < 0.01
        assert was["households"][code] == now["households"][code]
    fixed = again.report.grids.set_index("code")["fixed"]
    assert set(fixed.index[fixed == "locked"]) == set(chosen)
    assert len(set(again.codes.code)) == len(again.codes.code)
    assert not set(again.codes.code) & set(again.codes.retired)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.floats(60, 380), st.floats(60, 380), st.floats(60, 140))
def test_a_dedicated_compound_is_exactly_one_grid(seed, x, y, side):
    yard = gpd.GeoDataFrame(
        {"name": ["医院"], "kind": ["institution"], "dedicated": ["yes"]},
        geometry=[shift(box(x, y, x + side, y + side))],
        crs=CRS,
    )
    layers = random_town(seed, compounds=yard)
    middles = shapely.point_on_surface([largest_part(shape) for shape in layers.buildings.geometry])
    inside = shapely.contains(layers.compounds.geometry.iloc[0], middles) & layers.buildings["inside"].to_numpy()
    assume(inside.any())
    assume(not overlapping_across(layers, yard))
    plan = make_plan(layers, options())
    grid = plan.building_grid[inside].unique()
    assert len(grid) == 1
    assert set(plan.building_grid.index[plan.building_grid == grid[0]]) == set(np.flatnonzero(inside))
    assert plan.report.grids["fixed"][grid[0]] == "dedicated"
    assert plan.certificate.holds, plan.certificate.faults


def largest_part(shape):
    return max(shapely.get_parts(shape), key=shapely.area)


def overlapping_across(layers, areas):
    """Whether an edge runs through buildings that overlap."""
    shapes = layers.buildings.geometry.to_numpy()
    edge = shapely.boundary(areas.geometry.to_numpy()[0])
    on_edge = shapes[shapely.intersects(edge, shapes)]
    return bool(shapely.STRtree(shapes).query(on_edge, predicate="overlaps").size)


def test_what_is_fixed_is_written_with_the_grids(tmp_path):
    yard = layer([box(100, 100, 260, 260)], name=["学校"], kind=["institution"], dedicated=["yes"])
    plan = make_plan(random_town(4, compounds=yard), options())
    plan.to_file(tmp_path / "grids.gpkg")
    read = gpd.read_file(tmp_path / "grids.gpkg", layer="grids")
    assert read["fixed"].fillna("").tolist() == plan.report.grids["fixed"].tolist()
    assert (read["fixed"] == "dedicated").sum() == 1


def test_housing_types_are_written_with_the_buildings(tmp_path):
    plan = make_plan(random_town(4, levels=None), options(housing=HOUSING))
    plan.to_file(tmp_path / "grids.gpkg")
    read = gpd.read_file(tmp_path / "grids.gpkg", layer="buildings")
    pd.testing.assert_series_equal(read["profile"].astype(str), plan.counts["profile"].astype(str), check_index=False,
                                   check_names=False)  # fmt: skip
