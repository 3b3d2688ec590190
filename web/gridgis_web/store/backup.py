"""Backups while the service runs, and what brings them back; whenever either is killed, a whole store is there.

A backup is a GeoPackage that holds everything, whichever back end the store has, and a table ``gridgis_backup``
with the counts and checksums of all its tables.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from gridgis.errors import some
from gridgis.languages import Said
from gridgis_web.store import move, swap
from gridgis_web.store.database import Store, StoreError
from gridgis_web.store.migrations.rules import FOREIGN
from gridgis_web.store.models import now
from gridgis_web.store.move import Progress
from gridgis_web.store.sums import Sum, Summing

MANIFEST = "gridgis_backup"
FORMAT = 1
PAGES = 2048
"""Pages copied between two looks at the progress."""
LEFT_OVER_S = 24 * 3600
"""An unfinished file that nobody has touched for so long is one of a run that was killed."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself.

    Attributes
    ----------
    made_at
        When, in UTC.
    store
        Of which store; no password.
    revision
        Of its tables.
    tables
        Name -> count and checksum, of what the file holds byte by byte.
    """

    made_at: str
    store: str
    revision: str
    tables: dict[str, Sum]

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return move.total(self.tables)


def back_up(store: Store, file: Path, *, who: str, progress: Progress | None = None) -> Manifest:
    """Write everything that the store holds into a file, as it was at one moment; nobody has to wait for it.

    An earlier backup of that name is replaced at the end, in one step.

    Raises
    ------
    StoreError
        When the store cannot be read, or the file is something else than a backup.
    """
    store.check()
    if file.exists() and (file.is_dir() or not _is_backup(file)):
        raise StoreError(Said("{file} is there already and is no backup; give another name", file=file))
    with store.write() as session:
        move.log(session.connection(), who, "backup", {"file": file.name})
    try:
        with unfinished(file) as made:
            if store.embedded:
                _copy_file(store, made, progress)
            else:
                _copy_rows(store, made, progress)
            manifest = _write_manifest(made, store)
            swap.put(made, file)
    except OSError as error:
        raise StoreError(Said("{file} cannot be written: {error}", file=file, error=error.strerror or error)) from error
    return manifest


def read_backup(file: Path) -> Manifest:
    """Return what a backup says of itself, once everything in it was found to agree with that.

    Raises
    ------
    StoreError
        When the file is no backup, or damaged.
    """
    try:
        with closing(_opened(file)) as connection:
            kept = dict(connection.execute(f"SELECT name, value FROM {MANIFEST}"))
            text = kept["manifest"]
            if sha256(text.encode()).hexdigest() != kept["checksum"]:
                raise StoreError(Said("{file} is damaged: its own list of contents is; use another backup", file=file))
            given = json.loads(text)
            if given.pop("format") != FORMAT:
                raise StoreError(Said("{file} was written by a newer gridgis; restore it with that", file=file))
            given["tables"] = {name: Sum(**one) for name, one in given["tables"].items()}
            manifest = Manifest(**given)
            found = _sums_of_file(connection)
            (sound,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
        raise StoreError(Said("{file} is damaged: {error}; use another backup", file=file, error=error)) from error
    wrong = sorted(
        name for name in found.keys() | manifest.tables.keys() if found.get(name) != manifest.tables.get(name)
    )
    if wrong or sound != "ok":
        raise StoreError(
            Said(
                "{file} is damaged: {error}; use another backup",
                file=file,
                error=Said("not as written are {tables}", tables=some(wrong)) if wrong else sound,
            )
        )
    return manifest


def restore(file: Path, store: Store, *, replace: bool, who: str, progress: Progress | None = None) -> Manifest:
    """Bring back what a backup holds; tables of an earlier revision are brought up to this program's.

    Raises
    ------
    StoreError
        When the backup is damaged, the store is in use, or holds data and `replace` is not set.
    """
    if store.embedded and file.exists() and store.file.exists() and file.samefile(store.file):
        raise StoreError(Said("{file} is the store itself; give a backup", file=file))
    if not file.is_file() or not _is_backup(file):
        raise StoreError(
            Said("{file} is not there, or is no backup; give a file that `gridgis backup` wrote", file=file)
        )
    if not replace and _has_data(store):
        raise StoreError(Said("{store} holds data already; say --replace to put the backup in its place", store=store))
    if store.embedded:
        try:
            store.file.parent.mkdir(parents=True, exist_ok=True)
            with unfinished(store.file) as made:
                manifest = _prepare(file, made, who)
                store.close()
                swap.put_store(made, store.file)
        except OSError as error:
            raise StoreError(
                Said("{store} cannot be written: {error}", store=store, error=error.strerror or error)
            ) from error
        return manifest
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "backup.gpkg"
        manifest = _prepare(file, made, who)
        source = Store.at(made)
        store.upgrade()
        store.check()
        with move.snapshot(source) as old, move.writing(store) as new:
            if replace:
                move.empty_tables(new)
            move.fill(old, new, source=str(file), target=str(store), progress=progress)
        source.close()
    return manifest


@contextmanager
def unfinished(file: Path) -> Iterator[Path]:
    """Give an empty file beside `file`, for its owner alone, that is gone at the end unless it was put in place."""
    for old in file.parent.glob(f".{file.name}.*.part*"):
        if time.time() - old.stat().st_mtime > LEFT_OVER_S:
            old.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for suffix in ("", *swap.BESIDE):
            Path(name + suffix).unlink(missing_ok=True)


def _copy_file(store: Store, made: Path, progress: Progress | None) -> None:
    """Copy an embedded store page by page; without the snapshot, each change by others would start it anew."""

    def copied(_: int, remaining: int, whole: int) -> None:
        if progress is not None:
            progress("pages", 1 - remaining / max(whole, 1))

    with move.snapshot(store) as connection, closing(sqlite3.connect(made)) as target:
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(target, pages=PAGES, progress=copied, sleep=0)
        target.execute("PRAGMA journal_mode = DELETE")


def _copy_rows(store: Store, made: Path, progress: Progress | None) -> None:
    target = Store.at(made)
    target.upgrade()
    with move.snapshot(store) as old, move.writing(target) as new:
        move.fill(old, new, source=str(store), target=str(made), progress=progress)
    swap.settle(target)


def _write_manifest(made: Path, store: Store) -> Manifest:
    with closing(sqlite3.connect(made)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        manifest = Manifest(now().isoformat(), str(store), revision, _sums_of_file(connection))
        text = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, sort_keys=True)
        connection.execute(f"CREATE TABLE {MANIFEST} (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        rows = [("manifest", text), ("checksum", sha256(text.encode()).hexdigest())]
        connection.executemany(f"INSERT INTO {MANIFEST} VALUES (?, ?)", rows)
        connection.commit()
    return manifest


def _prepare(file: Path, made: Path, who: str) -> Manifest:
    """Make a store of a backup, in a file that nobody uses yet."""
    shutil.copyfile(file, made)
    # what is checked is the copy, which nobody can change any more
    try:
        manifest = read_backup(made)
    except StoreError as error:
        raise StoreError(*(line.map(lambda text: text.replace(str(made), str(file))) for line in error.said)) from None
    with closing(sqlite3.connect(made)) as connection:
        connection.execute(f"DROP TABLE {MANIFEST}")
        connection.commit()
    store = Store.at(made)
    store.upgrade()
    store.check()
    with move.writing(store) as connection:
        move.log(connection, who, "restore", {"file": file.name, "made_at": manifest.made_at})
    swap.settle(store)
    return manifest


def _sums_of_file(connection: sqlite3.Connection) -> dict[str, Sum]:
    """Return the sum of every table in the file that holds our data, as the bytes are, whatever their revision."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    sums = {}
    for table in sorted(name for name in names if not FOREIGN.match(name) and name != MANIFEST):
        columns = sorted(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")'))
        listed = ", ".join(f'"{column}"' for column in columns)
        summing = Summing()
        for row in connection.execute(f'SELECT {listed} FROM "{table}"'):
            summing.add(row)
        sums[table] = summing.sum()
    return sums


def _opened(file: Path) -> sqlite3.Connection:
    """Open a file that nobody changes, without making any file beside it."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _is_backup(file: Path) -> bool:
    """Whether a file says that it is a backup, damaged or not."""
    try:
        with closing(_opened(file)) as connection:
            return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (MANIFEST,)).fetchone())
    except sqlite3.Error:
        return False


def _has_data(store: Store) -> bool:
    """Whether a store holds anything, or cannot tell."""
    if store.embedded:
        if not store.file.exists():
            return False
        try:
            with closing(sqlite3.connect(store.file)) as connection:
                names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                ours = [name for name in names if not FOREIGN.match(name) and name != "alembic_version"]
                return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in ours)
        except sqlite3.Error:
            return True
    store.upgrade()
    with move.snapshot(store) as connection:
        return bool(move.filled_tables(connection))
