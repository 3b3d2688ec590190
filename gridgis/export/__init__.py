"""A plan's files: one module a format, and a set that is written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gridgis.errors import ExportError
from gridgis.export.attributes import layers_of
from gridgis.export.audit_json import write_audit
from gridgis.export.geojson import write_geojson
from gridgis.export.geopackage import write_geopackage
from gridgis.export.html import write_html
from gridgis.export.plan_json import write_plan_json
from gridgis.export.png import write_png
from gridgis.export.shapefile import write_shapefile
from gridgis.report import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


class Exporter(Protocol):
    """Writes a plan to a path; raises OSError or ExportError."""

    def __call__(self, plan: Plan, path: Path, *, language: Language = "zh") -> None:
        """Write the file at `path`, whose folder is there."""


EXPORTERS: Mapping[str, Exporter] = {
    ".gpkg": write_geopackage,
    ".geojson": write_geojson,
    ".shp": write_shapefile,
    ".json": write_plan_json,
    ".html": write_html,
    ".png": write_png,
}
"""The exporter for a file name's suffix."""

FILES: Mapping[str, Exporter] = {
    "grids.gpkg": write_geopackage,
    "grids.geojson": write_geojson,
    "grids.shp": write_shapefile,
    "plan.json": write_plan_json,
    "audit.json": write_audit,
    "report.html": write_html,
    "map.png": write_png,
}
"""The set that every plan has, as `write_plan` writes it."""

LEVEL_FILES: Mapping[str, Mapping[str, Exporter]] = {
    layer: {
        f"{layer}.geojson": partial(write_geojson, layer=layer),
        f"{layer}.shp": partial(write_shapefile, layer=layer),
    }
    for layer in ("sectors", "micro_grids")
}
"""Level -> the files beside, where the plan has that level; communities, which were given, are in grids.gpkg alone."""


def write_plan(
    plan: Plan,
    folder: str | os.PathLike[str],
    *,
    language: Language = "zh",
    files: Mapping[str, Exporter] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[Path]:
    """Write the full set of a plan's files, or those chosen, all of them or none.

    Parameters
    ----------
    folder
        Made where it is missing. Other files in it stay.
    language
        Of the report and the map.
    files
        Names -> exporters; None: all of `FILES`.
    progress
        Called with ``("write", share done)``.

    Returns
    -------
    list of Path
        The files, sidecars of the shapefile included.

    Raises
    ------
    ExportError
        A file cannot be written; the folder is as it was.
    """
    if files is None:
        levels = [LEVEL_FILES[layer] for layer in layers_of(plan) if layer in LEVEL_FILES]
        files = dict(FILES) | {name: exporter for level in levels for name, exporter in level.items()}
    return _write_set(plan, Path(folder), files, language, progress)


def write_file(plan: Plan, path: str | os.PathLike[str], *, language: Language = "zh") -> list[Path]:
    """Write a plan to one file, in the format that its suffix names.

    Raises
    ------
    ExportError
        No exporter knows the suffix, or the file cannot be written; then nothing is left behind.
    """
    path = Path(path)
    exporter = EXPORTERS.get(path.suffix.lower())
    if exporter is None:
        raise ExportError(f"{path.name}: no format has the suffix “{path.suffix}”; use one of {', '.join(EXPORTERS)}")
    return _write_set(plan, path.parent, {path.name: exporter}, language, None)


def _write_set(
    plan: Plan,
    folder: Path,
    files: Mapping[str, Exporter],
    language: Language,
    progress: Callable[[str, float], None] | None,
) -> list[Path]:
    with _unfinished(folder) as draft:
        for done, (name, exporter) in enumerate(files.items()):
            if progress is not None:
                progress("write", done / len(files))
            try:
                exporter(plan, draft / name, language=language)
            except OSError as error:
                raise ExportError(f"{name} cannot be written to {folder}: {error.strerror or error}") from error
        written = _move(draft, folder)
    if progress is not None:
        progress("write", 1.0)
    return written


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """Give a folder beside the target to write into, and take it away afterwards."""
    home = folder.absolute().parent
    try:
        if folder.exists() and not folder.is_dir():
            raise ExportError(f"{folder} is a file; choose a folder to write to")
        home.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.absolute().name}-unfinished-", dir=home))
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be made: {error.strerror or error}; choose a folder that you may write to"
        ) from error
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _move(draft: Path, folder: Path) -> list[Path]:
    moved = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(draft.iterdir()):
            target = folder / file.name
            os.replace(file, target)
            moved.append(target)
    except OSError as error:
        raise ExportError(
            f"{error.filename2 or folder} cannot be replaced: {error.strerror or error}; "
            "close the programs that have it open and write again"
        ) from error
    return moved
