"""What a run writes is the whole truth of its folder, and takes the place of the old set as one."""

import json

import pytest
from finished_plans import town_plan
from random_town import layer, random_town
from shapely import box

from gridgis import Band, PlanOptions, make_plan
from gridgis.errors import ExportError
from gridgis.export import FILES, files_of, write_file, write_plan


@pytest.fixture(scope="module")
def plan():
    return town_plan()


@pytest.fixture(scope="module")
def with_levels():
    halves = layer([box(0, 0, 300, 600), box(300, 0, 600, 600)], name=["西", "东"], code=["01", "02"])
    bands = {"households": Band(120, 260), "population": None, "sectors": Band(2, 4), "micro": Band(30, 90)}
    return make_plan(random_town(3, communities=halves), PlanOptions(effort=0.1, **bands))


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def test_files_of_an_earlier_plan_go_and_those_of_others_stay(plan, with_levels, tmp_path):
    write_plan(with_levels, tmp_path)
    assert {"sectors.shp", "sectors.geojson", "micro_grids.dbf"} <= set(contents(tmp_path))
    for name in ("explanations.json", "edits.json", "moves.csv", "crosswalk.csv", "grids.qix", "grids.gpkg-wal"):
        (tmp_path / name).write_text("of the plan before")
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "buildings.shp").write_text("mine")
    written = write_plan(plan, tmp_path)
    assert {path.name for path in written} | {"notes.txt", "buildings.shp"} == {f.name for f in tmp_path.iterdir()}
    assert set(FILES) <= {path.name for path in written}
    assert all(path.is_file() for path in written)


def test_one_file_leaves_the_others_alone(plan, tmp_path):
    write_plan(plan, tmp_path)
    (tmp_path / "grids.qix").write_text("an index of other shapes")
    before = contents(tmp_path)
    write_file(plan, tmp_path / "grids.shp")
    after = contents(tmp_path)
    assert set(before) - set(after) == {"grids.qix"}
    assert {name for name in after if after[name] != before[name]} <= {"grids.shp", "grids.shx", "grids.dbf"}


def test_where_one_file_cannot_be_replaced_all_stay(plan, with_levels, tmp_path):
    write_plan(with_levels, tmp_path)
    (tmp_path / "report.html").unlink()
    (tmp_path / "report.html").mkdir()
    before = contents(tmp_path)
    with pytest.raises(ExportError, match=r"report\.html cannot be replaced"):
        write_plan(plan, tmp_path)
    assert contents(tmp_path) == before
    assert (tmp_path / "report.html").is_dir()
    assert not list(tmp_path.glob(".*"))


def test_what_is_written_beside_is_of_the_set(plan, with_levels, tmp_path):
    """Edits and explanations are there with the plan they are of, or neither is."""
    write_plan(with_levels, tmp_path)
    before = contents(tmp_path)

    def fail(plan, path, *, language="zh"):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ExportError, match=r"edits\.json .*No space left"):
        write_plan(plan, tmp_path, files=files_of(plan) | {"edits.json": fail})
    assert contents(tmp_path) == before


def test_a_plan_with_levels_has_their_files_whoever_writes_it(with_levels, tmp_path):
    assert {"sectors.shp", "micro_grids.geojson"} <= set(files_of(with_levels))
    write_plan(with_levels, tmp_path / "new")
    assert json.loads((tmp_path / "new" / "plan.json").read_text("utf-8"))["levels"].keys() >= {"sector", "micro"}
    assert [file.name for file in tmp_path.iterdir()] == ["new"]
