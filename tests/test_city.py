"""A whole city: the same plans wherever and however often they are made, whatever is killed on the way."""

import hashlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pytest
from dask_cluster import running_cluster
from four_towns import COMPARED, OPTIONS, frames, jobs

from gridgis import read_layers
from gridgis.city import make_city
from gridgis.city.runners import CHANCES, PoolRunner
from gridgis.cli import run
from gridgis.errors import InputError


@pytest.fixture(scope="module")
def town():
    return read_layers(**frames())


@pytest.fixture(scope="module")
def made(town, tmp_path_factory):
    """The city as one process makes it."""
    return make_city(town, OPTIONS, folder=tmp_path_factory.mktemp("here"), pictures=False, language="en")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.glob("jurisdictions/*/*") if path.name in COMPARED)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_grids_of_all_jurisdictions_cover_the_city(made, town):
    report = made.report
    assert report.done == 4
    assert report.certificate.holds
    assert made.made == ("A1", "A2", "B1", "B2")
    assert report.totals["households"] == 390
    assert report.totals["buildings"] == len(town.buildings)
    assert report.totals["grids"] == len(report.grids) >= 8
    assert report.grids["code"].is_unique
    assert all(code.startswith(of) for code, of in report.grids[["code", "jurisdiction"]].itertuples(index=False))
    written = {path.name for path in made.folder.iterdir()}
    assert written == {"city.json", "city.gpkg", "city.geojson", "city.png", "manifest.json", "jurisdictions"}
    values = json.loads((made.folder / "city.json").read_text("utf-8"))
    assert values["totals"]["jurisdictions"] == values["totals"]["done"] == 4
    assert values["whole"]["holds"]
    assert len(gpd.read_file(made.folder / "city.gpkg", layer="grids")) == len(report.grids)
    assert len(gpd.read_file(made.folder / "city.gpkg", layer="jurisdictions")) == 4
    assert not list((made.folder / "jurisdictions").glob(".*"))


def test_a_second_run_does_only_what_changed(made, town, tmp_path):
    folder = tmp_path / "again"
    first = make_city(town, OPTIONS, folder=folder, pictures=False, language="en")
    assert digests(folder) == digests(made.folder)
    assert make_city(town, OPTIONS, folder=folder, pictures=False, language="en").made == ()
    (folder / "jurisdictions" / "B1" / "plan.json").unlink()
    more = town.buildings["households"].mask(town.buildings["source_id"] == "b0", 20.0)
    changed = replace(town, buildings=town.buildings.assign(households=more))
    assert make_city(changed, OPTIONS, folder=folder, pictures=False, language="en").made == ("A1", "B1")
    assert (
        first.report.totals["households"] + 10 == json.loads((folder / "city.json").read_text())["totals"]["households"]
    )


def test_a_pool_makes_the_same_plans_and_survives_a_killed_worker(made, town, tmp_path):
    killed = []

    def killing(jobs):
        for job, outcome in PoolRunner(2, tmp_path)(jobs):
            if not killed:
                worker = multiprocessing.active_children()[0]
                os.kill(worker.pid, signal.SIGKILL)
                killed.append(worker.pid)
            yield job, outcome

    folder = tmp_path / "pool"
    city = make_city(town, OPTIONS, folder=folder, runner=killing, pictures=False, language="en")
    assert killed
    assert city.report.done == 4
    assert digests(folder) == digests(made.folder)


def test_a_job_that_kills_its_worker_every_time_is_given_up(town, tmp_path):
    deadly, sound = jobs(town)[:2]
    object.__setattr__(deadly, "packed", lambda: KILLER)
    outcomes = {job.code: outcome for job, outcome in PoolRunner(2, tmp_path)([deadly, sound])}
    assert outcomes[deadly.code].state == "failed"
    assert f"{CHANCES} times" in outcomes[deadly.code].error
    assert outcomes[sound.code].state == "done"


class _Killer:
    def __reduce__(self):
        return os.kill, (_Own(), signal.SIGKILL)


class _Own:
    def __reduce__(self):
        return os.getpid, ()


def _killer() -> bytes:
    import pickle

    return pickle.dumps(_Killer())


KILLER = _killer()


def test_a_killed_run_goes_on_where_it_was(made, town, tmp_path):
    files = {}
    for name, frame in frames().items():
        files[name] = tmp_path / f"{name}.gpkg"
        frame.to_file(files[name])
    folder = tmp_path / "killed"
    given = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    asked = ["--households", "30:70", "--effort", "0.1", "-o", str(folder), "--no-pictures", "--language", "en"]
    command = ["city", *given, *asked]
    process = subprocess.Popen([sys.executable, "-m", "gridgis", *command, "--workers", "2"], stderr=subprocess.DEVNULL)
    manifest = folder / "manifest.json"
    while process.poll() is None and not (manifest.exists() and '"done"' in manifest.read_text("utf-8")):
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = json.loads(manifest.read_text("utf-8"))["jurisdictions"]
    times = {code: (folder / "jurisdictions" / code / "plan.json").stat().st_mtime_ns for code in before}
    assert run([*command, "--workers", "1"]) == 0
    shapes = {name: digest for name, digest in digests(folder).items() if name.endswith(".geojson")}
    assert len(shapes) == 4
    assert shapes.items() <= digests(made.folder).items()  # plan.json names the files
    for code, time_ns in times.items():
        assert (folder / "jurisdictions" / code / "plan.json").stat().st_mtime_ns == time_ns
    assert not (folder / ".unfinished").exists()


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own; gives the address and the workers."""
    with running_cluster(tmp_path) as found:
        yield found


@pytest.mark.dask
def test_a_dask_cluster_makes_the_same_plans_and_survives_a_killed_worker(made, town, tmp_path, cluster):
    from gridgis.city.dask_runner import DaskRunner

    address, workers = cluster
    runner = DaskRunner(address)

    def killing(jobs):
        for job, outcome in runner(jobs):
            workers[0].kill()
            yield job, outcome

    city = make_city(town, OPTIONS, folder=tmp_path / "dask", runner=killing, pictures=False, language="en")
    assert city.report.done == 4
    assert digests(tmp_path / "dask") == digests(made.folder)


@pytest.mark.dask
def test_an_address_where_nobody_answers_is_told(monkeypatch):
    from gridgis.city import dask_runner

    monkeypatch.setattr(dask_runner, "PATIENCE_S", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        dask_runner.DaskRunner("tcp://127.0.0.1:1")
