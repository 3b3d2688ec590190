"""Jobs of a city: pure, told when they fail, written under safe names."""

import sys
from dataclasses import replace

import pytest
from four_towns import COMPARED, OPTIONS, frames, jobs

from gridgis import read_layers
from gridgis.city import make_city
from gridgis.city.jobs import run_job
from gridgis.city.manifest import Manifest
from gridgis.city.runners import run_here
from gridgis.errors import InputError


@pytest.fixture(scope="module")
def town():
    return read_layers(**frames())


def test_what_is_wrong_with_one_jurisdiction_does_not_stop_the_others(town, tmp_path):
    options = OPTIONS.replace(households=None, grids=7)
    few = replace(town, buildings=town.buildings.drop(index=range(21, 24)).reset_index(drop=True))
    city = make_city(few, options, folder=tmp_path / "city", pictures=False, language="en")
    states = city.report.rows["state"]
    refused = states.index[states != "done"].tolist()
    assert refused == ["B2"]  # it has 6 buildings
    assert all("7 grids" in city.report.rows.loc[code, "error"] for code in refused)
    assert not city.report.rules_met
    assert all(not Manifest(city.folder).place(code).exists() for code in refused)


def test_a_city_without_a_plan_keeps_none_of_an_earlier_run(town, tmp_path):
    first = make_city(town, OPTIONS, folder=tmp_path, pictures=False, language="en")
    assert (tmp_path / "city.geojson").exists() and first.report.done == 4
    again = make_city(town, OPTIONS.replace(households=None, grids=500), folder=tmp_path, pictures=False, language="en")
    assert again.report.done == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "city.json", "city.gpkg", "city.png", "manifest.json", "jurisdictions"
    }  # fmt: skip
    assert not list((tmp_path / "jurisdictions").iterdir())


def test_a_mistake_in_the_program_is_told(town):
    job = jobs(town)[0]
    broken = replace(job, layers=replace(job.layers, boundary=None))
    outcome = run_job(broken.packed())
    assert outcome.state == "failed"
    assert outcome.error.startswith("unexpected ")


def test_a_foreign_manifest_is_refused(town, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="not the manifest"):
        make_city(town, OPTIONS, folder=tmp_path)


def test_names_of_folders_are_safe(tmp_path):
    manifest = Manifest(tmp_path)
    for code in ("../x", "a/b", "..", "C:\\x", "社区 1"):
        assert manifest.place(code).parent == tmp_path / "jurisdictions"
        assert manifest.place(code).resolve().parent == (tmp_path / "jurisdictions").resolve()


def test_jobs_are_pure(town):
    job = jobs(town)[0]
    first, second = (outcome for _, outcome in run_here([job, job]))
    assert first.figures == second.figures
    assert all(first.files[name] == second.files[name] for name in COMPARED)


def test_without_dask_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    from gridgis.city.dask_runner import DaskRunner

    with pytest.raises(InputError, match=r"pip install 'gridgis\[dask\]'"):
        DaskRunner("tcp://127.0.0.1:1")
