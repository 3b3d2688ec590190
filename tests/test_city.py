"""A city of four communities: no gap, no cut building, and the same plans wherever and however often they are made."""

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
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, box

from gridgis import Band, PlanOptions, read_layers
from gridgis.city import make_city
from gridgis.city.communities import group_communities
from gridgis.city.jobs import run_job
from gridgis.city.jurisdictions import divide_city, part_layers
from gridgis.city.manifest import Manifest
from gridgis.city.runners import CHANCES, PoolRunner, run_here
from gridgis.cli import run
from gridgis.errors import InputError

CRS = "EPSG:32632"
EAST, NORTH, SIDE = 500_000.0, 5_300_000.0, 300.0
OPTIONS = PlanOptions(households=Band(30, 70), population=None, effort=0.1)
COMPARED = ("plan.json", "grids.geojson", "audit.json")


def square(x, y, width, height):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def frames(*, extra=(), covered=4):
    """Four communities of 150 m; 36 houses, one of them mostly in the second, a clump of two over two edges."""
    n = 6
    step = SIDE / n
    houses = [square(step * c + 15, step * r + 15, 18, 18) for r in range(n) for c in range(n)]
    across = [square(147, 30, 10, 8), square(140, 146, 6, 6), square(144, 142, 8, 6), *extra]
    shapes = houses + across
    roads = [LineString([(EAST - 20, NORTH + y), (EAST + SIDE + 20, NORTH + y)]) for y in (50, 100, 200, 250)]
    roads += [LineString([(EAST + x, NORTH - 20), (EAST + x, NORTH + SIDE + 20)]) for x in (50, 100, 200, 250)]
    half = SIDE / 2
    parts = [square(x, y, half, half) for y in (0, half) for x in (0, half)][:covered]
    return {
        "boundary": gpd.GeoDataFrame({"name": ["Fourtown"]}, geometry=[square(0, 0, SIDE, SIDE)], crs=CRS),
        "buildings": gpd.GeoDataFrame(
            {"id": [f"b{k}" for k in range(len(shapes))], "households": [10.0] * len(shapes)}, geometry=shapes, crs=CRS
        ),
        "roads": gpd.GeoDataFrame({"highway": ["residential"] * len(roads)}, geometry=roads, crs=CRS),
        "communities": gpd.GeoDataFrame(
            {"code": ["A1", "A2", "B1", "B2"][:covered], "name": ["North", "East", "South", "West"][:covered]},
            geometry=parts,
            crs=CRS,
        ),
    }


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


def jobs(town, options=OPTIONS):
    from gridgis.city.work import _jobs
    from gridgis.housing import count_housing

    return list(_jobs(town, divide_city(town, options), count_housing(town, options), options, "en", False))


def owners(division, n):
    owner = np.full(n, -1)
    for at, place in enumerate(division.jurisdictions):
        assert (owner[place.buildings] == -1).all()
        owner[place.buildings] = at
    return owner


def check_division(layers, division):
    """Jurisdictions cover the city, don't overlap, and hold their buildings whole."""
    shapes = np.array([place.boundary for place in division.jurisdictions])
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(shapes), layers.boundary)) < 1e-3
    assert abs(shapely.area(shapes).sum() - layers.boundary.area) < 1e-3
    assert shapely.coverage_is_valid(shapes)
    owner = owners(division, len(layers.buildings))
    inside = layers.buildings["inside"].to_numpy(bool)
    assert (owner[inside] >= 0).all()
    footprints = shapely.intersection(layers.buildings.geometry.to_numpy()[inside], layers.boundary)
    assert shapely.area(shapely.difference(footprints, shapes[owner[inside]])).max() < 1e-3
    return owner


def test_straddling_buildings_go_whole_to_the_community_that_holds_most(town):
    division = divide_city(town, OPTIONS)
    owner = check_division(town, division)
    codes = [place.code for place in division.jurisdictions]
    assert codes == ["A1", "A2", "B1", "B2"]
    assert codes[owner[36]] == "A2"  # 7 of its 10 metres
    assert owner[37] == owner[38]  # they overlap
    parts = [part_layers(town, place) for place in division.jurisdictions]
    assert sorted(id_ for part in parts for id_ in part.buildings["source_id"]) == sorted(town.buildings["source_id"])
    assert len({part.fingerprint for part in parts}) == 4


def test_equal_shares_go_to_the_first_community():
    layers = read_layers(**frames(extra=[square(145, 60, 10, 5), square(240, 145, 5, 10)]))
    owner = owners(divide_city(layers, OPTIONS), len(layers.buildings))
    assert owner[-2:].tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(4))
def test_any_city_is_divided_without_gap_or_cut(seed):
    rng = np.random.default_rng(seed)
    extra = [square(*rng.uniform(0, SIDE - 40, 2), *rng.uniform(3, 40, 2)) for _ in range(60)]
    given = frames(extra=extra, covered=3)
    given["boundary"].geometry = [given["boundary"].geometry[0] - square(130, 160, 30, 30)]
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)


def test_ground_in_no_community_is_a_jurisdiction_where_people_live():
    layers = read_layers(**frames(covered=3))
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert len(division.jurisdictions) == 4
    rest = division.jurisdictions[-1]
    assert abs(rest.boundary.area - 150 * 150) < 200
    assert any(rest.code in en and rest.code in zh for en, zh in division.notes)


def test_a_community_without_buildings_goes_to_its_neighbour():
    given = frames()
    given["buildings"] = given["buildings"].iloc[[at for at in range(36) if at % 6 < 3 or at < 18]]
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert [place.code for place in division.jurisdictions] == ["A1", "A2", "B1"]
    assert any("B2" in en for en, _ in division.notes)


def test_a_community_may_have_several_parts(tmp_path):
    given = frames()
    island = square(SIDE + 40, 20, 60, 60)
    given["boundary"].geometry = [given["boundary"].geometry[0].union(island)]
    parts = given["communities"].geometry.tolist()
    given["communities"].geometry = [parts[0], parts[1].union(island), parts[2], parts[3]]
    house = given["buildings"].iloc[[0]].assign(id="far", geometry=[square(SIDE + 60, 40, 10, 10)])
    given["buildings"] = gpd.GeoDataFrame(pd.concat([given["buildings"], house], ignore_index=True), crs=CRS)
    layers = read_layers(**given)
    check_division(layers, divide_city(layers, OPTIONS))
    city = make_city(layers, OPTIONS, folder=tmp_path, pictures=False, language="en")
    assert city.report.certificate.holds


def test_a_pocket_joins_the_ground_around_it():
    walls = [square(105, 120, 40, 4), square(105, 124, 4, 32), square(141, 124, 4, 32), square(105, 152, 40, 4)]
    given = frames(extra=[wall.buffer(1) for wall in walls])  # one clump around a yard over the edge of two communities
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert all(place.boundary.geom_type == "Polygon" for place in division.jurisdictions)


def test_a_building_in_two_parts_stays_whole_over_an_edge():
    given = frames()
    twin = square(20, 136, 16, 10).union(square(22, 152, 6, 6))
    house = given["buildings"].iloc[[0]].assign(id="twin", geometry=[twin])
    given["buildings"] = gpd.GeoDataFrame(pd.concat([given["buildings"], house], ignore_index=True), crs=CRS)
    layers = read_layers(**given)
    check_division(layers, divide_city(layers, OPTIONS))


def test_codes_that_come_twice_are_refused(town):
    twice = replace(town, communities=town.communities.assign(code="A1"))
    with pytest.raises(InputError, match="--by"):
        divide_city(twice, OPTIONS)


def test_polygons_are_joined_by_a_column_or_the_first_letters_of_a_code(tmp_path):
    given = frames()
    file = tmp_path / "communities.gpkg"
    given["communities"].to_file(file)
    grouped = group_communities(str(file), "code:1")
    assert grouped["community_code"].tolist() == ["A", "A", "B", "B"]
    assert grouped["community_name"].isna().all()
    layers = read_layers(**(given | {"communities": grouped}))
    assert [place.code for place in divide_city(layers, OPTIONS).jurisdictions] == ["A", "B"]
    assert group_communities(str(file), "name")["community_name"].tolist() == given["communities"]["name"].tolist()
    with pytest.raises(InputError, match="did you mean “code”"):
        group_communities(str(file), "cod:1")
    with pytest.raises(InputError, match="number of letters"):
        group_communities(str(file), "code:x")


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


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own; gives the address and the workers."""
    address_file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(address_file)], **quiet)  # fmt: skip
    while not address_file.exists() or not address_file.read_text():
        assert scheduler.poll() is None
        time.sleep(0.05)
    address = json.loads(address_file.read_text())["address"]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1",
             "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path / f"worker{k}")], **quiet)
        for k in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


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
