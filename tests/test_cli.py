"""The command line on a small generated town: what it writes, says and returns."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Polygon, box

from gridgis.cli import cli, run
from gridgis.cli.parameters import take_options
from gridgis.errors import InputError
from gridgis.profiles import PROFILES, Band

CRS = "EPSG:32632"
BLOCK_M, COLUMNS, ROWS = 100.0, 6, 4
EAST, NORTH = 500_000.0, 5_300_000.0
WIDTH_M, HEIGHT_M = COLUMNS * BLOCK_M, ROWS * BLOCK_M
BANDS = ("--households", "80:160", "--population", "200:400")


def buildings_frame() -> gpd.GeoDataFrame:
    """Four buildings a block, 10 households and 25 people in each."""
    x, y = np.meshgrid(np.arange(COLUMNS * 2) * 50.0 + 15.0, np.arange(ROWS * 2) * 50.0 + 15.0)
    x, y = EAST + x.ravel(), NORTH + y.ravel()
    n = len(x)
    counts = {"id": [f"b{i}" for i in range(n)], "households": np.full(n, 10.0), "population": np.full(n, 25.0)}
    return gpd.GeoDataFrame(counts, geometry=shapely.box(x, y, x + 20, y + 20), crs=CRS)


def boundary_frame() -> gpd.GeoDataFrame:
    area = box(EAST, NORTH, EAST + WIDTH_M, NORTH + HEIGHT_M)
    return gpd.GeoDataFrame({"name": ["Testington"]}, geometry=[area], crs=CRS)


def roads_frame() -> gpd.GeoDataFrame:
    across = [LineString([(EAST - 20, y), (EAST + WIDTH_M + 20, y)]) for y in NORTH + np.arange(ROWS + 1) * BLOCK_M]
    along = [LineString([(x, NORTH - 20), (x, NORTH + HEIGHT_M + 20)]) for x in EAST + np.arange(COLUMNS + 1) * BLOCK_M]
    lines = across + along
    names = [f"Road {i}" for i in range(len(lines))]
    return gpd.GeoDataFrame({"highway": "residential", "name": names}, geometry=lines, crs=CRS)


@pytest.fixture
def town(tmp_path) -> Path:
    folder = tmp_path / "town"
    folder.mkdir()
    for name, frame in (("boundary", boundary_frame()), ("buildings", buildings_frame()), ("roads", roads_frame())):
        frame.to_file(folder / f"{name}.gpkg")
    return folder


def layer_arguments(town: Path, **files: Path) -> list[str]:
    paths = {name: town / f"{name}.gpkg" for name in ("boundary", "buildings", "roads")} | files
    return [part for name, path in paths.items() for part in (f"--{name}", str(path))]


def partition(town: Path, *options: str, **files: Path) -> int:
    bands = () if {"--households", "--grids", "--profile"} & set(options) else BANDS
    return run(["partition", *layer_arguments(town, **files), *bands, *options, "-o", str(town / "out")])


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


def written(town: Path, name: str, frame: gpd.GeoDataFrame) -> dict[str, Path]:
    path = town / f"{name}-bad.gpkg"
    frame.to_file(path)
    return {name: path}


def no_such_file(town):
    return {"buildings": town / "nowhere.gpkg"}, (), ("nowhere.gpkg",)


def no_crs(town):
    return (
        written(town, "buildings", buildings_frame().set_crs(None, allow_override=True)),
        (),
        ("coordinate system", "--crs"),
    )


def text_for_counts(town):
    frame = buildings_frame()
    frame["households"] = ["many" if i < 3 else "10" for i in range(len(frame))]
    return written(town, "buildings", frame), (), ("households", "many")


def empty_layer(town):
    return written(town, "buildings", buildings_frame().iloc[:0]), (), ("buildings",)


def boundary_is_a_line(town):
    frame = boundary_frame().set_geometry(boundary_frame().boundary)
    return written(town, "boundary", frame), (), ("boundary", "polygon")


def buildings_all_outside(town):
    frame = buildings_frame()
    frame.geometry = frame.translate(50_000)
    return written(town, "buildings", frame), (), ("buildings", "96")


def negative_counts(town):
    frame = buildings_frame()
    frame.loc[[4, 7], "households"] = -1
    return written(town, "buildings", frame), (), ("households", "2", "b4", "b7")


def upside_down_band(town):
    return {}, ("--households", "500:300"), ("500:300", "300:500")


def no_band(town):
    return {}, ("--households", "many"), ("many", "300:500")


def more_grids_than_buildings(town):
    return {}, ("--grids", "1000"), ("1,000", "96")


def zero_grids(town):
    return {}, ("--grids", "0"), ("0 grids",)


def no_such_column(town):
    return {}, ("--column", "households=nothing"), ("nothing",)


def not_a_column(town):
    return {}, ("--column", "households"), ("households=户数",)


BAD_INPUT = [
    no_such_file, no_crs, text_for_counts, empty_layer, boundary_is_a_line, buildings_all_outside, negative_counts,
    upside_down_band, no_band, more_grids_than_buildings, zero_grids, no_such_column, not_a_column,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("bad", BAD_INPUT, ids=lambda bad: bad.__name__)
def test_bad_input_is_one_message_and_leaves_nothing_behind(bad, town, capsys):
    files, options, words = bad(town)
    before = sorted(town.iterdir())
    assert partition(town, *options, **files) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for word in words:
        assert word in said.err
    assert "Traceback" not in said.err
    assert sorted(town.iterdir()) == before


def test_output_that_is_a_file_is_refused_before_any_work(town, capsys):
    (town / "out").write_text("")
    assert partition(town) == 2
    assert "is a file" in capsys.readouterr().err


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
    assert "broken: broken: has no layer buildings and no roads" in said
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


def test_unexpected_error_is_one_line_and_debug_shows_where(town, capsys, monkeypatch):
    def surprise(*arguments, **options):
        raise RuntimeError("the sky fell")

    monkeypatch.setattr("gridgis.plan.build_graph", surprise)
    assert partition(town) == 70
    said = capsys.readouterr().err
    assert "the sky fell" in said
    assert "--debug" in said
    assert "Traceback" not in said
    assert partition(town, "--debug") == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_behind(town, sign):
    before = sorted(town.iterdir())
    # Started in the background, a process inherits a deaf ear to Ctrl-C.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{listen}; from gridgis.cli import main; main()", "partition"]
    command += [*layer_arguments(town), *BANDS, "-o", str(town / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "Reading" in line:
                break
        process.send_signal(sign)
        said = process.communicate()[1]
    # Where the interrupt met an import, Python ends by the signal itself; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert said.splitlines()[-1].startswith("stopped")
    assert "Traceback" not in said
    assert sorted(town.iterdir()) == before


def test_language_follows_the_locale():
    code = "from gridgis.cli.terminal import system_language as s; print(s())"
    for locale, language in (("zh_CN.UTF-8", "zh"), ("C.UTF-8", "en"), ("de_DE.UTF-8", "en")):
        environment = os.environ | {"LC_ALL": locale}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == language


def test_bands_by_default_by_profile_and_alone():
    urban = PROFILES["urban"]
    nothing = {"households": None, "population": None, "profile": None, "grids": None}
    assert take_options(dict(nothing)).households == urban.households
    assert take_options(dict(nothing)).population == urban.population
    alone = take_options(nothing | {"population": Band(10, 20)})
    assert (alone.households, alone.population) == (None, Band(10, 20))
    counted = take_options(nothing | {"grids": 7})
    assert (counted.households, counted.population, counted.grids) == (None, None, 7)
    mixed = take_options(nothing | {"profile": "village", "population": Band(500, 900)})
    assert (mixed.households, mixed.population) == (PROFILES["village"].households, Band(500, 900))
    with pytest.raises(InputError, match="at least 1"):
        take_options(nothing | {"grids": 0})


def quarter(name: str, west: int, east: int, **columns: str) -> gpd.GeoDataFrame:
    """A part of the town between two columns of blocks."""
    area = box(EAST + west * BLOCK_M, NORTH, EAST + east * BLOCK_M, NORTH + HEIGHT_M)
    return gpd.GeoDataFrame(
        {"code": [name]} | {key: [value] for key, value in columns.items()}, geometry=[area], crs=CRS
    )


@pytest.fixture
def halves(town) -> Path:
    """Two areas that may be communities or existing grids."""
    path = town / "halves.gpkg"
    halves = pd.concat([quarter("310101001", 0, 3), quarter("310101002", 3, 6)], ignore_index=True)
    halves.to_file(path)
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--lock", "310101001"), "give its grids with --existing"),
        (("--code", "house=NN"), "no level; choose one of community, sector, grid, micro"),
        (("--code", "grid"), "is not LEVEL=TEMPLATE"),
        (("--soft", "buildings"), "'households', 'population'"),
        (("--sectors", "5:3"), "write 3:5"),
        (("--profiles", "no.toml"), "--profiles says how large grids are, and so does --households and --population"),
        (("--communities", "no.gpkg"), "there is no such file"),
    ],
)
def test_rules_that_contradict_or_are_not_there(town, capsys, options, said):
    assert partition(town, *options) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (town / "out").exists()


def test_locked_codes_must_be_of_the_existing_plan(town, halves, capsys):
    assert partition(town, "--existing", str(halves), "--lock", "31010101") == 2
    assert "did you mean 310101001" in " ".join(capsys.readouterr().err.split())
    assert not (town / "out").exists()


def test_rules_of_the_command_line_become_options(tmp_path):
    (tmp_path / "p.toml").write_text('default = "village"', "utf-8")
    given = {"households": None, "population": None, "profiles": str(tmp_path / "p.toml"), "soft": ("population",)}
    options = take_options(given | {"sectors": Band(3, 5), "codes": {"grid": "{community}{n:03d}"}, "lock": ("1",)})
    assert options.housing is not None and options.housing.default == "village"
    assert (options.soft, options.sectors, options.lock) == (("population",), Band(3, 5), ("1",))
    assert options.bands == {}
    assert type(options).from_dict(options.to_dict()) == options


def test_layers_of_areas_reach_the_layers(town, halves):
    from gridgis.cli.cases import find_files

    quarter("A", 0, 1, kind="group", dedicated="yes").to_file(town / "compounds.gpkg")
    halves.rename(town / "communities.gpkg")
    (town / "existing.gpkg").write_bytes((town / "communities.gpkg").read_bytes())
    layers = find_files(town).read()
    assert layers.communities["code"].tolist() == layers.existing["code"].tolist() == ["310101001", "310101002"]
    assert layers.compounds[["kind", "dedicated"]].to_numpy().tolist() == [["group", True]]


def test_edit_changes_only_what_it_names(town, capsys):
    assert partition(town) == 0
    before = gpd.read_file(town / "out" / "grids.gpkg", layer="grids").set_index("code")
    one, other = before.index[:2]
    words = ["edit", str(town / "out"), *layer_arguments(town), "--merge", f"{one},{other}", "-o", str(town / "edited")]
    assert run(words) == 3
    assert "at most 160 households are allowed" in capsys.readouterr().out
    after = gpd.read_file(town / "edited" / "grids.gpkg", layer="grids").set_index("code")
    assert len(after) == len(before) - 1
    for code in before.index[2:]:
        assert shapely.equals(before.geometry[code], after.geometry[code])
    (edit,) = json.loads((town / "edited" / "edits.json").read_text(encoding="utf-8"))
    assert edit["retired"] == list({one, other} - set(after.index))
    assert run(["edit", str(town / "out"), *layer_arguments(town), "-o", str(town / "edited")]) == 2
    assert "nothing is to be changed" in capsys.readouterr().err


def test_partition_says_at_once_what_cannot_be_met_and_what_would_help(town, capsys):
    words = ["--households", "2000:3000", "--explain", "--language", "en"]
    assert run(["partition", *layer_arguments(town), *words, "-o", str(town / "out")]) == 3
    said = capsys.readouterr()
    assert "No plan can keep every rule here" in said.err
    assert "lower the lower bound of households to 960" in said.err
    found = json.loads((town / "out" / "explanations.json").read_text(encoding="utf-8"))
    (conflict,) = found["conflicts"]
    assert [rule["rule"] for rule in conflict["rules"]] == ["households.low"]
    assert "960 households" in conflict["remedies"][0]["en"]
    assert found["bindings"][0]["neighbours"] == []
