"""The wheel: the program and the demo's layers travel in it."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_demo_runs_from_the_wheel_alone(tmp_path):
    built, installed = tmp_path / "built", tmp_path / "installed"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    assert (installed / "gridgis" / "data" / "monaco" / "buildings.shp").exists()

    app = installed / "gridgis_web" / "static" / "app"
    entries = json.loads((app / "manifest.json").read_text())["entries"]
    assert all((app / entry["script"]).exists() for entry in entries.values())
    licences = (app / "THIRD-PARTY.txt").read_text(encoding="utf-8")
    assert "leaflet 1.9.4 (BSD-2-Clause)" in licences
    assert "Redistribution and use in source and binary forms" in licences

    environment = os.environ | {"PYTHONPATH": str(installed), "LC_ALL": "C.UTF-8"}
    where = [sys.executable, "-P", "-c", "import gridgis; print(gridgis.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout
    assert found.startswith(str(installed))

    demo = [sys.executable, "-P", "-m", "gridgis", "demo"]
    done = subprocess.run(demo, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no gap, no overlap, no building cut" in done.stdout
    folder = tmp_path / "out" / "monaco"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"grids.gpkg", "grids.geojson", "grids.shp", "plan.json", "audit.json", "report.html", "map.png"}
    found = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert found["holds"]
    assert sum(grid["population"] for grid in found["grids"]) == 39_050


def test_source_distribution_can_build_the_front_end(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.iterdir())) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    frontend = ROOT / "web" / "frontend"
    sources = [file for file in frontend.rglob("*") if file.is_file() and "node_modules" not in file.parts]
    assert {file.relative_to(ROOT).as_posix() for file in sources} <= names
    assert "web/hatch_build.py" in names
    assert not any("node_modules" in name or "static/app" in name for name in names)
