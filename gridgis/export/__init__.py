"""A plan's files: one module a format, and a set that is written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gridgis.errors import ExportError
from gridgis.export.attributes import layers_of
from gridgis.export.audit_json import write_audit
from gridgis.export.folder import replaced_set, with_parts
from gridgis.export.geojson import write_geojson
from gridgis.export.geopackage import write_geopackage
from gridgis.export.html import write_html
from gridgis.export.plan_json import write_plan_json
from gridgis.export.png import write_png
from gridgis.export.shapefile import write_shapefile
from gridgis.export.table import write_csv
from gridgis.languages import Language, Said, listed

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
    ".csv": write_csv,
    ".json": write_plan_json,
    ".html": write_html,
    ".png": write_png,
}
"""The exporter for a file name's suffix."""

FILES: Mapping[str, Exporter] = {
    "grids.gpkg": write_geopackage,
    "grids.geojson": write_geojson,
    "grids.shp": write_shapefile,
    "grids.csv": write_csv,
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


MORE_FILES = ("explanations.json", "edits.json", "moves.csv", "crosswalk.csv")
"""What some ways to a plan write beside: its explanations, edits, or moves."""


def files_of(plan: Plan) -> dict[str, Exporter]:
    """Return the set of files that a plan has: `FILES`, and those of its levels."""
    levels = [LEVEL_FILES[layer] for layer in layers_of(plan) if layer in LEVEL_FILES]
    return dict(FILES) | {name: exporter for level in levels for name, exporter in level.items()}


def write_plan(
    plan: Plan,
    folder: str | os.PathLike[str],
    *,
    language: Language = "zh",
    files: Mapping[str, Exporter] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[Path]:
    """Write the full set of a plan's files, or those chosen, all of them or none, and nothing of an earlier set stays.

    Parameters
    ----------
    folder
        Made where it is missing. Files in it that no plan has stay.
    language
        Of the report and the map.
    files
        Names -> exporters; None: those of `files_of`.
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
    own = {*FILES, *MORE_FILES, *(name for level in LEVEL_FILES.values() for name in level)}
    return _write_set(plan, Path(folder), files_of(plan) if files is None else files, language, progress, own)


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
        raise ExportError(
            Said(
                "{name}: no format has the suffix “{suffix}”; use one of {exporters}",
                name=path.name,
                suffix=path.suffix,
                exporters=listed(EXPORTERS),
            )
        )
    return _write_set(plan, path.parent, {path.name: exporter}, language, None, set())


def _write_set(
    plan: Plan,
    folder: Path,
    files: Mapping[str, Exporter],
    language: Language,
    progress: Callable[[str, float], None] | None,
    own: set[str],
) -> list[Path]:
    with replaced_set(folder, {part for name in own | set(files) for part in with_parts(name)}) as draft:
        for done, (name, exporter) in enumerate(files.items()):
            if progress is not None:
                progress("write", done / len(files))
            try:
                exporter(plan, draft / name, language=language)
            except OSError as error:
                raise ExportError(
                    Said(
                        "{name} cannot be written to {folder}: {error}",
                        name=name,
                        folder=folder,
                        error=error.strerror or error,
                    )
                ) from error
        written = [folder / name for name in sorted(file.name for file in draft.iterdir())]
    if progress is not None:
        progress("write", 1.0)
    return written
