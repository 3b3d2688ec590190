"""Putting a finished file in the place of another, so that at every moment one of the two is there, whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gridgis.languages import Said
from gridgis_web.store.database import Store, StoreError

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file that is in use."""
BEFORE = ".before-restore"
IN_USE_S = 5


def settle(store: Store) -> None:
    """Write everything into the one file of an embedded store that nobody else uses, and close it."""
    store.close()
    with closing(sqlite3.connect(store.file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def put(made: Path, place: Path) -> None:
    """Put a file in its place, where it is after a power cut, too."""
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    made.replace(place)
    _sync_folder(place.parent)


def put_store(made: Path, place: Path) -> None:
    """Put a settled store in the place of another, which is kept beside it under a name of its own.

    Raises
    ------
    StoreError
        When a program is using the store that is there.
    """
    place = place.resolve()
    if not place.exists():
        # what is left beside it belongs to another file, and would be read into this one
        for suffix in BESIDE:
            Path(f"{place}{suffix}").unlink(missing_ok=True)
        put(made, place)
        return
    with _alone(place):
        kept = Path(f"{place}{BEFORE}")
        link = Path(f"{kept}.part")
        link.unlink(missing_ok=True)
        os.link(place, link)
        link.replace(kept)
        _belong_like(made, place)
        put(made, place)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Keep everyone else out of a store's file, with all that was written to it in that one file."""
    with closing(sqlite3.connect(place, timeout=IN_USE_S, isolation_level=None)) as connection:
        try:
            # only the last one who has it open can do this
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreError(
                    Said("{place} is in use; stop the service first, and close the file in other programs", place=place)
                ) from None
            # too damaged to be opened: it and what is beside it are set aside as they are
            connection.close()
            for suffix in BESIDE:
                beside = Path(f"{place}{suffix}")
                if beside.exists():
                    beside.replace(f"{place}{BEFORE}{suffix}")
        if os.name == "nt":
            # an open file cannot be replaced there
            connection.close()
        yield


def _belong_like(made: Path, place: Path) -> None:
    """Let whoever could use the old file use the new one."""
    shutil.copymode(place, made)
    owner = place.stat()
    if os.name != "nt" and os.geteuid() == 0:
        os.chown(made, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    """Make the new name last; not every system lets a folder be opened."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
