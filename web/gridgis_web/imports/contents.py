"""Whether a file is what its name says: readers that guess by content must not be led to open other files."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from gridgis.errors import some

HEAD = 4096
INDEX = re.compile(r"\busing\s+(rtree|fts[345])\b", re.IGNORECASE)


def fault_of_content(file: Path, suffix: str, most: int) -> str | None:
    """Say why a file cannot be of the format that its suffix names; None: it can.

    Parameters
    ----------
    most
        Bytes that it may take once it is read.
    """
    with file.open("rb") as content:
        head = content.read(HEAD)
    if not head:
        return "is empty (0 bytes); copy or export it again"
    looks = LOOKS.get(suffix)
    if looks is not None and not looks(head):
        return f"is no {suffix} file, whatever its name says; export it again"
    if suffix in (".parquet", ".geoparquet"):
        return _fault_of_parquet(file, most)
    return _fault_of_geopackage(file) if suffix == ".gpkg" else None


def _fault_of_geopackage(file: Path) -> str | None:
    """A table of a program's making could stand for any other file."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            made = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'").fetchall()
    except sqlite3.Error as error:
        return f"cannot be read ({error}); export it again"
    foreign = [name for name, sql in made if not INDEX.search(sql)]
    return f"holds tables that are no tables ({some(foreign)}); export the layers into a new file" if foreign else None


def _fault_of_parquet(file: Path, most: int) -> str | None:
    """Its columns may be packed as tightly as any zip's."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file) as table:
            groups = table.metadata
            size = sum(groups.row_group(at).total_byte_size for at in range(groups.num_row_groups))
    except (ArrowException, OSError) as error:
        return f"cannot be read ({str(error).splitlines()[0]}); export it again"
    return f"would take {size / 1e6:,.0f} MB, and {most / 1e6:,.0f} MB are allowed" if size > most else None


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
