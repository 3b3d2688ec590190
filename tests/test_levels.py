"""Levels of a plan: communities, sectors, grids and micro-grids cover, nest, and are written as they are."""

import io
import json
from functools import cache

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from finished_plans import redrawn
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import CRS, layer, random_town
from rich.console import Console
from shapely import LineString, box
from shapely.ops import split

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.codes import check_templates
from gridgis.errors import InputError
from gridgis.export import write_plan
from gridgis.population import count_people
from gridgis.report import print_report
from gridgis.units import build_units

SIZE = 600.0
BAND = Band(120, 260)


def halves(at=SIZE / 2, **columns):
    """Two communities with an edge of their own, which no road follows and buildings stand across."""
    line = LineString([(at, -10), (at + 21, SIZE / 3), (at - 17, SIZE + 10)])
    parts = shapely.get_parts(split(box(0, 0, SIZE, SIZE), line))
    west, east = sorted(parts, key=lambda part: part.centroid.x)
    columns = columns or {"name": ["西社区", "东社区"], "code": ["330102001", "330102002"]}
    return layer([west, east], **columns)


def options(**more):
    given = {"households": BAND, "population": None, "sectors": Band(3, 5), "micro": Band(30, 80), "effort": 0.2}
    return PlanOptions(**given | more)


@cache
def town():
    return make_plan(random_town(3, buildings=160, communities=halves()), options(parent_code="330102"))


def check_levels(plan):
    """What holds of every plan with levels, whatever the rules."""
    certificate = plan.certificate
    assert certificate.holds, certificate.faults
    names = [level.name for level in certificate.levels]
    assert names == sorted(names, key=("community", "sector", "grid", "micro").index)
    for level in certificate.levels:
        assert max(level.gap_m2, level.overlap_m2) < 1e-6 * plan.layers.boundary.area
        assert not level.crossing and not level.apart
        assert level.unexplained == 0
    codes = [*plan.codes.sector, *plan.codes.code]
    assert len(set(codes)) == len(codes)
    return {level.name: level for level in certificate.levels}


def check_nesting_of_buildings(plan):
    """Every building is in one area of each level, and those areas lie in one another."""
    held = plan.building_grid[plan.building_grid >= 0]
    if plan.micro is not None:
        below = plan.micro.building_grid[held.index]
        pairs = set(zip(below, held, strict=True))
        assert len(pairs) == below.nunique(), "a micro-grid holds buildings of one grid"
        parent = plan.micro.grid_community
        assert all(parent[micro] == grid for micro, grid in pairs)
    if plan.sectors is not None:
        within = {(int(s), int(c)) for s, c in zip(plan.sectors.grid, plan.grid_community, strict=True)}
        assert len(within) == plan.sectors.grids, "a sector lies in one community"


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.floats(150, 450))
def test_any_town_nests_at_every_level(seed, river, at):
    layers = random_town(seed, buildings=120, river=river, bridges=1, communities=halves(at))
    plan = make_plan(layers, options())
    levels = check_levels(plan)
    check_nesting_of_buildings(plan)
    assert list(levels) == ["community", "sector", "grid", "micro"]
    counts = np.bincount(plan.sectors.grid)
    broken = [n for n in counts if not 3 <= n <= 5]
    assert levels["sector"].explained == len(broken) == len(levels["sector"].reasons)
    low = plan.micro.certificate.rows
    outside = ~low["households"].between(30, 80)
    assert (low.loc[outside, "explained"]).all()
    assert levels["micro"].explained == outside.sum()


def test_codes_grow_by_three_digits_a_level():
    plan = town()
    check_levels(plan)
    communities = ["330102001", "330102002"]
    assert plan.community_areas["code"].tolist() == communities
    assert {len(code) for code in plan.codes.sector} == {12}
    assert {len(code) for code in plan.codes.code} == {15}
    assert {len(code) for code in plan.micro.codes.code} == {18}
    sectors = plan.sectors.grid
    for grid, code in enumerate(plan.codes.code):
        assert code.startswith(plan.codes.sector[sectors[grid]])
        assert code.startswith(communities[plan.grid_community[grid]])
    parents = [plan.codes.code[place] for place in plan.micro.grid_community]
    assert all(code.startswith(parent) for code, parent in zip(plan.micro.codes.code, parents, strict=True))


def test_six_nine_twelve_fifteen_digits():
    layers = random_town(3, buildings=160, communities=halves(name=["西", "东"], code=["330102", "330103"]))
    plan = make_plan(layers, options(codes={"micro": "{parent}{number:03}"}))
    lengths = [len(set_[0]) for set_ in (plan.community_areas["code"], plan.codes.sector, plan.codes.code)]
    assert lengths == [6, 9, 12]
    assert {len(code) for code in plan.micro.codes.code} == {15}


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ({"grid": "{parent}-x"}, "the same code"),
        ({"grid": "{jurisdiction}{number:03}"}, r"add \{parent\}"),
        ({"micro": "{number:03}"}, r"add \{parent\}"),
        ({"sector": "{community}{number}"}, "cannot be filled in"),
        ({"grid": "{parent}{number:q}"}, "cannot be filled in"),
    ],
)
def test_templates_that_cannot_work_are_refused_before_any_work(codes, said, monkeypatch):
    monkeypatch.setattr("gridgis.plan.build_units", lambda *a, **k: pytest.fail("work had begun"))
    layers = random_town(3, buildings=40, communities=halves())
    with pytest.raises(InputError, match=said):
        make_plan(layers, options(codes=codes))


def test_a_template_need_not_name_the_parent_where_there_is_but_one():
    layers = random_town(3, buildings=40)
    alone = options(sectors=None, micro=None, codes={"grid": "G{number:02}"})
    assert not list(check_templates(layers, alone))


def test_too_few_grids_for_a_sector_are_explained():
    plan = make_plan(random_town(5, buildings=60, communities=halves(450)), options(micro=None))
    levels = check_levels(plan)
    few = [r for r in levels["sector"].reasons if "there are no more" in r.reason]
    assert few and all(r.proven and r.remedy and r.reason_zh for r in few)


def test_planted_faults_are_found_at_their_level():
    plan = redrawn(town())
    areas = plan.sector_areas.copy()
    moved = areas.geometry.iloc[0].buffer(-20)
    areas.loc[0, "geometry"] = moved
    spoilt = redrawn(town(), sector_areas=areas)
    spoilt.__dict__.pop("certificate", None)
    faults = spoilt.certificate.faults
    assert any("in no sector" in fault for fault in faults)
    assert not spoilt.certificate.holds
    assert any("片区" in fault for fault in spoilt.certificate.faults_zh)


def test_the_summary_says_each_level():
    certificate = town().certificate
    assert "2 communities" in certificate.summary("en") and "micro-grids" in certificate.summary("en")
    assert "2个社区" in certificate.summary("zh") and "微网格" in certificate.summary("zh")
    below = town().micro.certificate
    text = " ".join([below.summary("en"), *(e.reason for e in below.explanations)])
    assert "micro-grid" in text
    assert not [word for word in text.replace("micro-grid", "").split() if word.strip(".,:;s") == "grid"]


def test_a_terminal_shows_the_levels():
    console = Console(file=io.StringIO(), width=200)
    print_report(town(), console, "en")
    text = console.file.getvalue()
    for word in ("Communities", "Sectors", "Grids", "Micro-grids"):
        assert word in text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("levels")
    write_plan(town(), folder)
    return folder


def test_geopackage_has_a_layer_a_level(folder):
    plan, path = town(), folder / "grids.gpkg"
    names = ["communities", "sectors", "grids", "micro_grids", "buildings"]
    assert [name for name, _ in pyogrio.list_layers(path)] == names
    read = {name: gpd.read_file(path, layer=name) for name in names}
    assert set(read["sectors"]["community"]) == set(read["communities"]["code"])
    assert set(read["grids"]["sector"]) == set(read["sectors"]["code"])
    assert set(read["grids"]["community"]) == set(read["communities"]["code"])
    assert set(read["micro_grids"]["grid"]) == set(read["grids"]["code"])
    for level in names[:-1]:
        assert read[level]["households"].sum() == plan.grids["households"].sum()
        assert read[level].area.sum() == pytest.approx(plan.layers.boundary.area)
    held = read["buildings"].dropna(subset="grid")
    assert all(micro.startswith(grid) for micro, grid in zip(held["micro_grid"], held["grid"], strict=True))


@pytest.mark.parametrize("level", ["sectors", "micro_grids"])
def test_each_level_is_a_file_of_its_own(folder, level):
    web = gpd.read_file(folder / f"{level}.geojson")
    desk = gpd.read_file(folder / f"{level}.shp")
    assert web["code"].tolist() == desk["code"].tolist()
    assert desk.area.sum() == pytest.approx(town().layers.boundary.area)
    assert all(len(name.encode()) <= 10 for name in desk.columns)
    assert (folder / f"{level}.cpg").read_text().strip() == "UTF-8"


def test_plan_json_says_levels_and_options_make_the_same_again(folder):
    plan = town()
    values = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert PlanOptions.from_dict(values["options"]) == plan.options
    assert list(values["levels"]) == ["community", "micro", "sector"]
    assert set(values["levels"]["sector"]["grids"]) == set(plan.codes.code)
    assert set(values["levels"]["micro"]["buildings"]) == set(values["assignment"]["buildings"])
    audit = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert [level["level"] for level in audit["levels"]] == ["community", "sector", "grid", "micro"]
    assert audit["micro_grids"]["holds"] is True


def test_a_building_that_an_edge_only_grazes_stays_in_its_own_community():
    """An edge drawn a hair inside a wall enters the building; it is still where its middle is."""
    homes = [box(40 + 60 * x, 40 + 60 * y, 70 + 60 * x, 70 + 60 * y) for x in range(6) for y in range(6)]
    edge = 220 + 1e-5  # the houses of the fourth column begin at 220
    parts = [box(0, 0, edge, 400), box(edge, 0, 400, 400)]
    layers = read_layers(
        boundary=layer([box(0, 0, 400, 400)]),
        buildings=layer(homes, households=[20.0] * 36),
        roads=layer([LineString([(0, 200), (400, 200)])], highway=["residential"]),
        communities=layer(parts, name=["西", "东"]),
    )
    chosen = PlanOptions(households=BAND, population=None)
    units = build_units(layers, count_people(layers, chosen), chosen)
    community = units.frame["community"].to_numpy()[units.buildings.to_numpy()]
    east = (
        shapely.get_x(shapely.centroid(layers.buildings.geometry.to_numpy()))
        > shapely.bounds(layers.boundary)[0] + edge
    )
    assert (community == east.astype(int)).all()
    assert layers.crs == CRS
