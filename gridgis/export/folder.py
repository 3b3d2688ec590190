"""A folder's set of files, replaced as one: all of the new ones and none of the old, or the folder as it was."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridgis.errors import ExportError
from gridgis.languages import Said

SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".shp.xml")
"""What belongs to a shapefile beside it; indexes that other programs made fit only the shapes they were made of."""

JOURNALS = ("-journal", "-wal", "-shm")
"""What SQLite may have left beside a GeoPackage; it must not be played back into a new one."""


def with_parts(name: str) -> tuple[str, ...]:
    """Return the names of all files that one may consist of."""
    stem, _, suffix = name.rpartition(".")
    if suffix == "shp":
        return (name, *(stem + part for part in SIDECARS))
    if suffix == "gpkg":
        return (name, *(name + part for part in JOURNALS))
    return (name,)


@contextmanager
def replaced_set(folder: Path, owned: set[str]) -> Iterator[Path]:
    """Give a folder to write a set of files into; at the end it takes the place of the set that was there.

    Parameters
    ----------
    owned
        Names of all files that may belong to the set. The folder's other files stay.

    Raises
    ------
    ExportError
        The folder cannot be made or its files not be replaced; it is as it was.
    """
    home = folder if folder.is_dir() else folder.absolute().parent
    draft = home / f".{folder.absolute().name}-unfinished-{uuid.uuid4().hex[:8]}"
    try:
        if folder.exists() and not folder.is_dir():
            raise ExportError(Said("{folder} is a file; choose a folder to write to", folder=folder))
        home.mkdir(parents=True, exist_ok=True)
        (draft / "new").mkdir(parents=True)
    except OSError as error:
        raise ExportError(
            Said(
                "{folder} cannot be made: {error}; choose a folder that you may write to",
                folder=folder,
                error=error.strerror or error,
            )
        ) from error
    try:
        yield draft / "new"
        _swap(draft, folder, owned)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _swap(draft: Path, folder: Path, owned: set[str]) -> None:
    """Move the old files out and the new ones in; where one cannot be moved, move all of them back."""
    new = {file.name for file in (draft / "new").iterdir()}
    moved: list[tuple[Path, Path]] = []
    try:
        if not folder.exists():
            os.replace(draft / "new", folder)
            return
        (draft / "old").mkdir()
        old = sorted(name for name in owned | new if os.path.lexists(folder / name))
        for source, target, names in ((folder, draft / "old", old), (draft / "new", folder, sorted(new))):
            for name in names:
                if (source / name).is_dir():
                    raise IsADirectoryError(21, "it is a folder", str(source / name))
                os.replace(source / name, target / name)
                moved.append((source / name, target / name))
    except BaseException as error:
        for source, target in reversed(moved):
            os.replace(target, source)
        if not isinstance(error, OSError):
            raise
        raise ExportError(
            Said(
                "{file} cannot be replaced: {error}; close the programs that have it open and write again",
                file=error.filename2 or error.filename or folder,
                error=error.strerror or error,
            )
        ) from error
