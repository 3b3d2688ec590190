"""Checksums of tables: the same whatever the order of the rows, and whichever back end they are in."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, LargeBinary, Table, select

from gridgis_web.store.models import Base

MODULUS = 2**256
EXACT = 2**53
"""Beyond it a JSON number may be a float in one back end and whole in the other."""


@dataclass(frozen=True)
class Sum:
    """How many rows a table has, and the sum of their digests modulo 2²⁵⁶, in hex."""

    rows: int
    checksum: str


class Summing:
    """A `Sum` that grows row by row."""

    def __init__(self) -> None:
        self.rows = 0
        self._total = 0

    def add(self, row: Iterable[Any]) -> None:
        """Count a row; its values must come in the same order each time."""
        digest = sha256()
        for value in row:
            tag, content = _encoded(value)
            digest.update(tag + struct.pack("<q", len(content)))
            digest.update(content)
        self._total = (self._total + int.from_bytes(digest.digest(), "big")) % MODULUS
        self.rows += 1

    def sum(self) -> Sum:
        """Return what was counted so far."""
        return Sum(self.rows, f"{self._total:064x}")


def sum_tables(connection: Connection) -> dict[str, Sum]:
    """Return the sum of every table of ours, by what its values mean, not how a back end writes them."""
    sums = {}
    for table in Base.metadata.sorted_tables:
        summing = Summing()
        for row in stream(connection, table):
            summing.add(row)
        sums[table.name] = summing.sum()
    return sums


def stream(connection: Connection, table: Table) -> Iterable[Sequence[Any]]:
    """Give a table's rows in the order of their keys, a few at a time."""
    statement = select(table).order_by(*table.primary_key)
    return connection.execute(statement, execution_options={"yield_per": batch_of(table)})


def batch_of(table: Table) -> int:
    """Return how many rows to hold at once: files may be large, each."""
    return 4 if any(isinstance(column.type, LargeBinary) for column in table.columns) else 1000


def _encoded(value: Any) -> tuple[bytes, bytes]:
    """Return a value's kind and its bytes."""
    if value is None:
        return b"-", b""
    for kind, tag, write in KINDS:
        if isinstance(value, kind):
            return tag, write(value)
    return b"j", json.dumps(_plain(value), sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    """Return a JSON value with its numbers in one form: 1 and 1.0 are the same to ``jsonb``."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= EXACT:
        return float(value)
    return value


KINDS: tuple[tuple[type, bytes, Callable[[Any], bytes]], ...] = (
    (int, b"i", lambda value: str(int(value)).encode()),
    # SQLite keeps no minus before zero
    (float, b"f", lambda value: struct.pack("<d", value + 0.0)),
    (str, b"t", lambda value: value.encode("utf-8", "surrogatepass")),
    (bytes, b"b", bytes),
    (datetime, b"d", lambda value: value.astimezone(UTC).isoformat().encode()),
    (date, b"d", lambda value: value.isoformat().encode()),
    (BaseGeometry, b"g", lambda value: bytes(shapely.to_wkb(value, byte_order=1, include_srid=False))),
)
"""Kind of value -> how it is written; the first that fits counts. All else is JSON."""
