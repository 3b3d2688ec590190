"""Rules, layers of areas and edits on the command line."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box
from town_files import BANDS, BLOCK_M, CRS, EAST, HEIGHT_M, NORTH, layer_arguments, partition, write_town

from gridgis.cli import run
from gridgis.cli.parameters import take_options
from gridgis.errors import InputError
from gridgis.profiles import PROFILES, Band


@pytest.fixture
def town(tmp_path) -> Path:
    return write_town(tmp_path)


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
    assert run(["partition", *layer_arguments(town), *BANDS, "-o", str(town / "edited")]) == 0
    assert not (town / "edited" / "edits.json").exists()


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
    assert partition(town) == 0
    assert not (town / "out" / "explanations.json").exists()
