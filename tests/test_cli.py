"""The command line on a small generated town: what it writes, says and returns."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import geopandas as gpd
import pytest
from shapely import Polygon
from town_files import (
    BANDS,
    CRS,
    EAST,
    NORTH,
    boundary_frame,
    buildings_frame,
    layer_arguments,
    partition,
    write_town,
)

from gridgis.cli import cli, run


@pytest.fixture
def town(tmp_path) -> Path:
    return write_town(tmp_path)


@pytest.mark.parametrize("name", [None, *cli.commands])
def test_help_of_every_command(name, capsys):
    arguments = ["--help"] if name is None else [name, "--help"]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert "Usage:" in said
    for parameter in (cli if name is None else cli.commands[name]).params:
        assert parameter.opts[0] in said or not isinstance(parameter, click.Option)


def test_help_is_quick_because_nothing_heavy_is_imported():
    heavy = "{'geopandas', 'pandas', 'numba', 'scipy', 'matplotlib', 'folium', 'shapely'}"
    code = f"import sys; from gridgis.cli import run; run(['--help']); sys.exit(str({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"


def test_partition_writes_the_full_set_and_says_so(town, capsys):
    assert partition(town) == 0
    said = capsys.readouterr()
    names = {path.name for path in (town / "out").iterdir()}
    assert names >= {"grids.gpkg", "grids.geojson", "grids.shp", "plan.json", "audit.json", "report.html", "map.png"}
    assert json.loads((town / "out" / "audit.json").read_text(encoding="utf-8"))["holds"]
    grids = gpd.read_file(town / "out" / "grids.gpkg", layer="grids")
    assert grids["households"].between(80, 160).all()
    assert grids["households"].sum() == 960
    assert str(town / "out") in said.out
    assert "\x1b[" not in said.out + said.err


def test_same_seed_same_plan(town):
    assert partition(town, "--seed", "3") == 0
    first = (town / "out" / "plan.json").read_bytes()
    assert partition(town, "--seed", "3") == 0
    assert (town / "out" / "plan.json").read_bytes() == first


def test_number_of_grids_alone_is_reached_exactly(town):
    assert partition(town, "--grids", "5") == 0
    assert len(gpd.read_file(town / "out" / "grids.gpkg", layer="grids")) == 5


def test_rules_that_cannot_be_met_write_the_best_plan_and_end_with_3(town, capsys):
    buildings = buildings_frame()
    buildings.loc[0, ["households", "population"]] = (900.0, 2250.0)
    buildings.to_file(town / "buildings.gpkg")
    assert partition(town) == 3
    assert (town / "out" / "report.html").exists()
    assert "900" in capsys.readouterr().out


def test_audit_of_a_plan_holds(town, capsys):
    partition(town)
    capsys.readouterr()
    grids = str(town / "out" / "grids.gpkg")
    assert run(["audit", grids, *layer_arguments(town), *BANDS]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True


def test_audit_finds_a_planted_gap_and_ends_with_1(town, capsys):
    halves = [
        Polygon([(EAST, NORTH), (EAST + 300, NORTH), (EAST + 300, NORTH + 400), (EAST, NORTH + 400)]),
        Polygon([(EAST + 301, NORTH), (EAST + 600, NORTH), (EAST + 600, NORTH + 400), (EAST + 301, NORTH + 400)]),
    ]
    gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=halves, crs=CRS).to_file(town / "halves.geojson")
    files = layer_arguments(town)
    del files[files.index("--roads") : files.index("--roads") + 2]
    assert run(["audit", str(town / "halves.geojson"), *files]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["holds"] is False
    assert found["cover"]["gap_m2"] == pytest.approx(400, rel=1e-3)
    assert "gap" in said.err


def test_cases_go_on_after_one_that_fails(town, tmp_path, capsys):
    broken = tmp_path / "broken"
    broken.mkdir()
    boundary_frame().to_file(broken / "boundary.gpkg")
    (tmp_path / "notes").mkdir()
    assert run(["cases", str(tmp_path), *BANDS, "--out", str(tmp_path / "results")]) == 2
    said = capsys.readouterr().out
    assert "holds" in said
    assert "broken: broken: these layers are missing: buildings, roads" in said
    assert (tmp_path / "results" / "town" / "audit.json").exists()
    assert not (tmp_path / "results" / "broken").exists()


@pytest.fixture
def tables(tmp_path) -> list[str]:
    """A row of twelve units of 10 households."""
    nodes, edges = tmp_path / "nodes.csv", tmp_path / "edges.csv"
    nodes.write_text("id,hh\n" + "".join(f"{i},10\n" for i in range(12)))
    edges.write_text("u,v,shared_len\n" + "".join(f"{i},{i + 1},5\n" for i in range(11)))
    return [str(nodes), str(edges)]


def test_tables_are_divided_without_shapes(tables, tmp_path, capsys):
    target = tmp_path / "results" / "assignment.csv"
    assert run(["partition-graph", *tables, "--households", "30:50", "-o", str(target)]) == 0
    lines = target.read_text().splitlines()
    grids = [line.split(",")[1] for line in lines[1:]]
    assert lines[0] == "id,grid"
    assert len(grids) == 12
    assert all(30 <= 10 * grids.count(grid) <= 50 for grid in set(grids))
    assert str(target) in capsys.readouterr().out


def test_tables_that_cannot_be_divided_say_why(tables, tmp_path, capsys):
    assert run(["partition-graph", *tables, "--households", "500:600", "-o", str(tmp_path / "a.csv")]) == 3
    assert (tmp_path / "a.csv").exists()
    assert "120" in capsys.readouterr().out
    assert run(["partition-graph", tables[0], "nowhere.csv", "--grids", "3", "-o", str(tmp_path / "b.csv")]) == 2
    assert not (tmp_path / "b.csv").exists()


def test_language_follows_the_locale():
    code = "from gridgis.cli.terminal import system_language as s; print(s())"
    for locale, language in (("zh_CN.UTF-8", "zh"), ("C.UTF-8", "en"), ("de_DE.UTF-8", "en")):
        environment = os.environ | {"LC_ALL": locale}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == language
