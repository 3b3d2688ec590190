"""Shapefiles, also zipped, in whatever encoding they come."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd

from gridgis.errors import InputError
from gridgis.inputs.encoding import Encoding, dbf_encoding, read_cpg
from gridgis.inputs.vector import read_with
from gridgis.languages import Said, listed
from gridgis.shapefile_io import read_frame

_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")


def read_shapefile(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a ``.shp``, or one (`layer`, by its name) of a ``.zip``; raises InputError when parts are missing."""
    with _unpacked(path, layer) as shp:
        _check_length(shp, path.name)
        encoding = shapefile_encoding(shp)
        return read_with(shp, reader=read_frame, encoding=encoding.name, shown=path.name)


def shapefile_layers(path: Path) -> list[str]:
    """Return the names of the shapefiles in a ``.zip``, or of the ``.shp`` itself."""
    if path.suffix.casefold() == ".zip":
        return [Path(name).stem for name in _members(path)]
    return [path.stem]


def encoding_of(path: Path, layer: str | None = None) -> Encoding:
    """Return the encoding of a shapefile's attributes and how it is known."""
    with _unpacked(path, layer) as shp:
        return shapefile_encoding(shp)


def shapefile_encoding(shp: Path) -> Encoding:
    """Return the encoding of the .dbf beside `shp`."""
    dbf = _beside(shp, ".dbf")
    return Encoding("utf-8", "no .dbf") if dbf is None else dbf_encoding(dbf.read_bytes(), read_cpg(shp))


def _check_length(shp: Path, shown: str) -> None:
    """Refuse a file that was cut off in copying: readers give its last features without shape or not at all."""
    with shp.open("rb") as file:
        stated = 2 * int.from_bytes(file.read(28)[24:28], "big")
    parts = [(".shp", stated, shp.stat().st_size)]
    dbf = _beside(shp, ".dbf")
    if dbf is not None:
        with dbf.open("rb") as file:
            head = file.read(12)
        rows, header, width = (int.from_bytes(head[low:high], "little") for low, high in ((4, 8), (8, 10), (10, 12)))
        parts.append((".dbf", header + rows * width, dbf.stat().st_size))
    for suffix, whole, found in parts:
        if found < whole:
            raise InputError(
                Said(
                    "{shown}: cannot be read, its {suffix} is cut off ({found:,} of {whole:,} bytes); copy it again",
                    shown=shown,
                    suffix=suffix,
                    found=found,
                    whole=whole,
                )
            )


def _beside(shp: Path, suffix: str) -> Path | None:
    wanted = shp.with_suffix(suffix).name.casefold()
    return next((p for p in shp.parent.iterdir() if p.name.casefold() == wanted), None)


@contextmanager
def _unpacked(path: Path, layer: str | None) -> Iterator[Path]:
    """Give a ``.shp`` on disk with its parts beside it, under lower-case suffixes."""
    if path.suffix.casefold() != ".zip":
        if _beside(path, ".dbf") is None:
            raise InputError(
                Said("{name}: its .dbf (the attributes) is missing; put it beside the .shp", name=path.name)
            )
        yield path
        return
    members = _members(path)
    names = [Path(name).stem for name in members]
    if layer is not None and layer not in names:
        raise InputError(
            Said(
                "{name}: there is no layer “{layer}” in it; there are: {names}",
                name=path.name,
                layer=layer,
                names=listed(names),
            )
        )
    if layer is None and len(members) > 1:
        raise InputError(
            Said(
                "{name}: holds several shapefiles ({names}); unpack it and give the one meant",
                name=path.name,
                names=listed(names),
            )
        )
    chosen = members[names.index(layer) if layer is not None else 0]
    with tempfile.TemporaryDirectory() as folder:
        _unpack(path, chosen, Path(folder))
        if not (Path(folder) / "layer.dbf").exists():
            raise InputError(
                Said(
                    "{name}: the .dbf (the attributes) of {shapefile} is missing from it",
                    name=path.name,
                    shapefile=Path(chosen).name,
                )
            )
        yield Path(folder) / "layer.shp"


def _unpack(path: Path, chosen: str, folder: Path) -> None:
    """Write the parts of one shapefile as ``layer.*``; their names in the archive may be in any encoding."""
    stem = chosen[: -len(".shp")]
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                base, suffix = member[: len(stem)], member[len(stem) :].casefold()
                if base == stem and suffix in _PARTS:
                    (folder / f"layer{suffix}").write_bytes(archive.read(member))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise InputError(
            Said("{name}: cannot be unpacked ({error}); pack it again, without a password", name=path.name, error=error)
        ) from None


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.casefold().endswith(".shp") and "__MACOSX" not in n]
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            Said("{name}: cannot be opened as a zip file ({error}); pack it again", name=path.name, error=error)
        ) from None
    if not names:
        raise InputError(Said("{name}: there is no shapefile (.shp) in it", name=path.name))
    return names
