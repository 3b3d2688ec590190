"""The wheel: the program and the demo's layers travel in it."""

import json
import os
import subprocess
import sys
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
