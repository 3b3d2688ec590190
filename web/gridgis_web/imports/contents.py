"""Whether a file is what its name says: readers that guess by content must not be led to open other files."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from gridgis.errors import some
from gridgis.languages import Said, Words

HEAD = 4096
INDEX = re.compile(r"\busing\s+(rtree|fts[345])\b", re.IGNORECASE)


def fault_of_content(file: Path, suffix: str, most: int) -> Words | None:
    """Say why a file cannot be of the format that its suffix names; None: it can.

    Parameters
    ----------
    most
        Bytes that it may take once it is read.
    """
    with file.open("rb") as content:
        head = content.read(HEAD)
    if not head:
        return Said("is empty (0 bytes); copy or export it again")
    looks = LOOKS.get(suffix)
    if looks is not None and not looks(head):
        return Said("is no {suffix} file, whatever its name says; export it again", suffix=suffix)
    if suffix in (".parquet", ".geoparquet"):
        return _fault_of_parquet(file, most)
    return _fault_of_geopackage(file) if suffix == ".gpkg" else None


def _fault_of_geopackage(file: Path) -> Words | None:
    """A table of a program's making could stand for any other file."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'").fetchall()
    except sqlite3.Error as error:
        return Said("cannot be read ({error}); export it again", error=error)
    foreign = [name for name, sql in made if not INDEX.search(sql)]
    if not foreign:
        return None
    return Said("holds tables that are no tables ({tables}); export the layers into a new file", tables=some(foreign))


def _fault_of_parquet(file: Path, most: int) -> Words | None:
    """Its columns may be packed as tightly as any zip's."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file) as table:
            groups = table.metadata
            size = sum(groups.row_group(at).total_byte_size for at in range(groups.num_row_groups))
    except (ArrowException, OSError) as error:
        return Said("cannot be read ({error}); export it again", error=str(error).splitlines()[0])
    if size <= most:
        return None
    return Said("would take {size:,.0f} MB, and {most:,.0f} MB are allowed", size=size / 1e6, most=most / 1e6)


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_osm(head: bytes) -> bool:
    # entities can multiply without end
    before, osm, _ = head.partition(b"<osm")
    return _text(head).startswith((b"<?xml", b"<osm")) and bool(osm) and b"<!DOCTYPE" not in before.upper()


LOOKS: Mapping[str, Callable[[bytes], bool]] = {
    ".shp": lambda head: head.startswith(b"\0\0\x27\x0a"),
    ".shx": lambda head: head.startswith(b"\0\0\x27\x0a"),
    ".gpkg": lambda head: head.startswith(b"SQLite format 3\0"),
    ".geojson": lambda head: _text(head).startswith(b"{"),
    ".json": lambda head: _text(head).startswith(b"{"),
    ".fgb": lambda head: head.startswith(b"fgb"),
    ".parquet": lambda head: head.startswith(b"PAR1"),
    ".geoparquet": lambda head: head.startswith(b"PAR1"),
    ".pbf": lambda head: b"OSMHeader" in head[:64],
    ".osm": _is_osm,
}
"""Suffix -> what the first bytes of such a file show."""
