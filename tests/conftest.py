"""Groups of tests that need a part which a machine may not have: which are run, and how to get the part."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "web"))
from postgis_server import find_binaries

# Every change is judged by the same examples; on a developer's machine each run draws new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, which GRIDGIS_CHROMIUM may name, or None."""
    named = os.environ.get("GRIDGIS_CHROMIUM")
    found = (shutil.which(command) for command in CHROMIUM_COMMANDS)
    places = (place for place in CHROMIUM_PLACES if Path(place).exists())
    return named or next(filter(None, found), None) or next(places, None)


class Part(NamedTuple):
    there: bool
    remedy: str


PARTS = {
    "browser": Part(
        find_chromium() is not None,
        "Chromium: apt-get install chromium, or any Chrome, or its path in GRIDGIS_CHROMIUM",
    ),
    "postgis": Part(
        find_binaries() is not None,
        "PostgreSQL with PostGIS: apt-get install postgresql-postgis",
    ),
    "gunicorn": Part(importlib.util.find_spec("gunicorn") is not None, "gunicorn: pip install 'gridgis[gunicorn]'"),
    "dask": Part(importlib.util.find_spec("distributed") is not None, "distributed: pip install 'gridgis[dask]'"),
}
"""Marker of a group -> the part it needs."""


def missing_parts() -> dict[str, str]:
    return {group: part.remedy for group, part in PARTS.items() if not part.there}


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="fail if any group of tests has to be left out")


def pytest_configure(config):
    if config.getoption("--all") and missing_parts():
        wanted = "; ".join(f"{group} needs {remedy}" for group, remedy in missing_parts().items())
        raise pytest.UsageError(f"--all, but parts are missing: {wanted}")


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if any(item.get_closest_marker(group) for group in missing_parts())]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter):
    for group, remedy in missing_parts().items():
        terminalreporter.write_line(f"left out: the group “{group}”, which needs {remedy}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the machine's Chromium; only for tests of the group ``browser``."""
    path = find_chromium()
    assert path is not None, "mark the test with pytest.mark.browser"
    return path


SHAPEFILE_LIBRARIES = ["pyogrio", "fiona"] if importlib.util.find_spec("fiona") else ["pyogrio"]


@pytest.fixture(params=SHAPEFILE_LIBRARIES)
def shapefile_library(request, monkeypatch):
    """Read and write shapefiles with fiona, where this Python has it, and as if it were not installed."""
    if request.param == "pyogrio":
        monkeypatch.setitem(sys.modules, "fiona", None)
    return request.param
