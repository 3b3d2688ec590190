"""A plan after a change: rules kept, fewest moves, nothing locked touched, no code used twice."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from click.testing import CliRunner
from finished_plans import chinese_town
from hypothesis import given, settings
from hypothesis import strategies as st
from partition_towns import lattice
from shapely import box

from gridgis import Band, PlanOptions, make_plan
from gridgis.cli import cli
from gridgis.errors import InputError
from gridgis.export import write_plan
from gridgis.measures import Measure
from gridgis.partition import moves_exact
from gridgis.partition.check import pieces_within
from gridgis.partition.fewest_moves import fewest_moves
from gridgis.partition.moves_regions import Now
from gridgis.rebalance import read_plan, rebalance
from gridgis.rebalance.matching import match_buildings

LOW, HIGH = 60, 130


def small_town(seed, rows=2, columns=4):
    """A lattice in halves and a quarter, whose counts have changed since it was divided; one unit is newly built."""
    rng = np.random.default_rng(seed)
    graph = lattice(rows, columns, seed=seed, low=10, high=40)
    households = graph.households.copy()
    changed = rng.choice(graph.n, 3, replace=False)
    households[changed] += rng.integers(0, 50, 3)
    measure = Measure(rule="households", side="both", counts=households, low=LOW, high=HIGH)
    start = (np.arange(graph.n) % columns) * 2 // columns
    weight = households.copy()
    weight[changed[0]] = 0
    now = Now(start=start, own=start.copy(), weight=weight, fixed=np.zeros(graph.n, bool))
    return replace(graph, households=households, measures=(measure,)), now


def by_brute_force(graph, now, grids):
    """The fewest households that must move, by going through every division into up to so many grids; None: none is."""
    every = np.stack(np.unravel_index(np.arange(grids**graph.n), (grids,) * graph.n), axis=1)
    fits = np.ones(len(every), bool)
    for grid in range(grids):
        load = (every == grid) @ graph.households
        fits &= ~(every == grid).any(axis=1) | ((load >= LOW) & (load <= HIGH))
    every = every[fits]
    moved = ((every != now.own) * now.weight).sum(axis=1)
    for row in np.argsort(moved, kind="stable"):
        if pieces_within(graph, every[row])[0] == len(np.unique(every[row])):
            return int(moved[row])
    return None


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000))
def test_no_division_of_a_small_town_moves_fewer(seed):
    graph, now = small_town(seed)
    with pytest.MonkeyPatch.context() as patch:
        # as larger towns are mended; small ones are gone through whole
        patch.setattr(moves_exact, "MOST_UNITS", 0)
        found = fewest_moves(graph, now, seconds=30)
    best = by_brute_force(graph, now, 4)
    assert pieces_within(graph, found.grid)[0] == len(np.unique(found.grid))
    if best is None:
        assert len(found.broken)
        return
    assert not len(found.broken)
    assert now.moved(found.grid) <= 1.1 * best
    assert found.bound <= best
    assert found.proven == (found.bound == now.moved(found.grid))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_units_that_are_fixed_stay_and_their_grids_take_none(seed):
    graph, now = small_town(seed, rows=3)
    now = replace(now, fixed=now.start == 1)
    found = fewest_moves(graph, now, seconds=10)
    assert ((found.grid == 1) == (now.start == 1)).all()


def test_as_many_grids_as_before_where_their_number_is_given():
    graph, now = small_town(5)
    found = fewest_moves(graph, now, keep_number=True, seconds=10)
    assert len(np.unique(found.grid)) == 2


OPTIONS = PlanOptions(households=Band(150, 260), population=None, parent_code="330102001-", effort=0.1, seed=7)


@pytest.fixture(scope="module")
def year_one():
    """A town all of whose bands can be kept, its plan, and its buildings with their codes."""
    layers = chinese_town()
    homes = layers.buildings.copy()
    homes["households"] = 14.0
    homes["population"] = np.nan
    layers = replace(layers, buildings=homes)
    plan = make_plan(layers, OPTIONS)
    assert plan.rules_met
    was = homes[["source_id", "geometry"]].assign(grid=plan.building_grid.map(plan.grids["code"]))
    was.loc[plan.building_grid[plan.building_grid < 0].index, "grid"] = None
    grids = gpd.GeoDataFrame(plan.grids[["code", "name", "geometry"]].reset_index(drop=True), crs=layers.crs)
    return replace(layers, existing=grids), plan, was


def grown(layers, changes):
    homes = layers.buildings.copy()
    for building, households in changes.items():
        homes.loc[building, "households"] = float(households)
    return replace(layers, buildings=homes)


def check_moves(found, was):
    """What holds of every rebalanced plan."""
    plan = found.plan
    assert plan.certificate.holds
    assert found.moved_households == found.moves["households"].sum() >= found.fewest_possible
    codes = plan.building_grid.map(plan.grids["code"])
    for row in found.moves.to_dict("records"):
        assert codes[row["building_id"]] == row["to"] != row["from"]
        assert row["why_zh"]
        assert row["why_en"]
    stayed = found.crosswalk[found.crosswalk["from"] == found.crosswalk["to"]]["households"].sum()
    assert stayed + found.moved_households == found.crosswalk["households"].sum()
    assert len(set(plan.codes.code)) == len(plan.codes.code)
    assert not set(plan.codes.code) & set(plan.codes.retired)


def test_a_plan_whose_rules_hold_is_returned_as_it_is(year_one):
    layers, plan, was = year_one
    found = rebalance(layers, OPTIONS, was=was)
    assert found.untouched
    assert found.proven
    assert not len(found.moves)
    assert found.plan.codes.code == plan.codes.code
    assert (found.plan.building_grid == plan.building_grid).all()


def test_a_grid_that_grew_gives_up_just_what_it_must(year_one):
    layers, plan, was = year_one
    largest = plan.grids["households"].idxmax()
    member = plan.building_grid[plan.building_grid == largest].index[0]
    extra = OPTIONS.households.high - plan.grids["households"][largest] + 10
    now = grown(layers, {member: 14 + extra})
    found = rebalance(now, OPTIONS, was=was)
    assert found.before.codes.code[largest] in set(found.moves["from"]) | set(found.moves["to"])
    assert found.plan.rules_met
    assert 0 < found.moved_households <= 4 * 14
    check_moves(found, was)


def test_a_lock_holds_against_every_need(year_one):
    layers, plan, was = year_one
    largest = plan.grids["households"].idxmax()
    others = [code for grid, code in enumerate(plan.codes.code) if grid != largest]
    member = plan.building_grid[plan.building_grid == largest].index[0]
    extra = OPTIONS.households.high - plan.grids["households"][largest] + 10
    locked = others[0]
    found = rebalance(grown(layers, {member: 14 + extra}), OPTIONS.replace(lock=(locked,)), was=was)
    assert locked not in set(found.moves["from"]) | set(found.moves["to"])
    check_moves(found, was)


def test_emptied_grids_retire_their_codes_for_good(year_one):
    layers, plan, was = year_one
    smallest = plan.grids["households"].idxmin()
    members = plan.building_grid[plan.building_grid == smallest].index
    found = rebalance(grown(layers, dict.fromkeys(members, 1)), OPTIONS, was=was, retired=["330102001-099"])
    check_moves(found, was)
    assert found.plan.rules_met
    assert "330102001-099" in found.plan.codes.retired
    assert set(found.retired_codes) <= set(found.plan.codes.retired)
    assert all(code > "330102001-099" for code in found.new_codes)


def test_a_move_that_costs_nothing_may_only_make_the_plan_better(year_one):
    layers, _, was = year_one
    spread = {price: rebalance(layers, OPTIONS, was=was, move_price=price) for price in (0.0, 1000.0)}
    assert spread[1000.0].moved_households == 0
    for found in spread.values():
        assert found.plan.rules_met
    assert spread[0.0].plan.report.summary["spread"] <= spread[1000.0].plan.report.summary["spread"] + 1e-9


def test_buildings_are_known_by_id_and_place_or_by_footprint():
    old = gpd.GeoDataFrame({"source_id": ["a", "b", "c"]}, geometry=[box(x, 0, x + 10, 10) for x in (0, 20, 40)])
    new = gpd.GeoDataFrame(
        {"source_id": ["a", "x", "c", "y"]},
        geometry=[box(3, 0, 13, 10), box(20, 0, 30, 12), box(80, 0, 90, 10), box(49, 9, 55, 15)],
    )
    assert match_buildings(new, old).tolist() == [0, 1, -1, -1]


def test_there_must_be_grids_to_start_from(year_one):
    layers, _, _ = year_one
    with pytest.raises(InputError, match="no grids to start from") as caught:
        rebalance(replace(layers, existing=layers.existing.iloc[:0]), OPTIONS, move_price=-1)
    assert "move_price is -1" in str(caught.value)


def test_a_written_plan_is_rebalanced_on_the_command_line(year_one, tmp_path):
    layers, plan, _ = year_one
    write_plan(plan, tmp_path / "plan")
    saved = read_plan(tmp_path / "plan")
    assert saved.options == plan.options
    assert len(saved.buildings) == len(layers.buildings)
    files = {}
    largest = plan.grids["households"].idxmax()
    member = plan.building_grid[plan.building_grid == largest].index[0]
    homes = layers.buildings[["source_id", "households", "levels", "geometry"]].rename(columns={"source_id": "id"})
    homes.loc[member, "households"] += OPTIONS.households.high - plan.grids["households"][largest] + 10
    streets = layers.lines[["geometry", "name"]].assign(highway="residential")
    outline = gpd.GeoDataFrame({"name": ["幸福社区"]}, geometry=[layers.boundary], crs=layers.crs)
    for name, frame in (("boundary", outline), ("buildings", homes), ("roads", streets)):
        files[name] = str(tmp_path / f"{name}.gpkg")
        frame.set_crs(layers.crs, allow_override=True).to_file(files[name])
    arguments = ["rebalance", str(tmp_path / "plan"), "-o", str(tmp_path / "out"), "--language", "zh"]
    for name, path in files.items():
        arguments += [f"--{name}", path]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
    assert result.return_value == 0, result.output
    text = (tmp_path / "out" / "moves.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert "原网格" in text.decode("utf-8-sig")
    assert (tmp_path / "out" / "crosswalk.csv").is_file()
    assert "retired" in json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert "户（" in result.output


def test_a_folder_without_a_plan_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"lacks plan.json and grids.gpkg"):
        read_plan(tmp_path)


def test_a_unit_that_hangs_on_a_lone_neighbour_is_no_obstacle():
    # the last unit counts as the first grid’s, which no way leads to but over the others
    graph = lattice(1, 6, seed=0, low=10, high=40)
    households = np.array([60, 60, 60, 40, 40, 60])
    measure = Measure(rule="households", side="both", counts=households, low=LOW, high=HIGH)
    start = np.array([0, 1, 1, 2, 2, 2])
    own = np.array([0, 1, 1, 2, 2, 0])
    graph = replace(graph, households=households, measures=(measure,))
    now = Now(start=start, own=own, weight=households, fixed=np.zeros(6, bool))
    found = fewest_moves(graph, now, keep_number=True, seconds=10)
    assert not len(found.broken)
    assert pieces_within(graph, found.grid)[0] == len(np.unique(found.grid))
