"""Copying a whole store into another one, of whichever back end, and proving that nothing was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from gridgis.errors import some
from gridgis.languages import Said
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Store, StoreError
from gridgis_web.store.models import Base
from gridgis_web.store.sums import Sum, Summing, batch_of, stream, sum_tables

Progress = Callable[[str, float], None]


def move(source: Store, target: Store, *, who: str, progress: Progress | None = None) -> dict[str, Sum]:
    """Copy everything from one store to another, which must hold no data; return what was copied, by table.

    Nobody can write to the source meanwhile. The copy is one transaction, and is only kept when the counts and
    checksums of every table agree.

    Raises
    ------
    StoreError
        When the target holds data, one of them cannot be used, or the copy is not the same.
    """
    if str(source) == str(target):
        raise StoreError(Said("{target} is the store itself; say another place", target=target))
    source.check()
    prepare(target)
    with held(source) as old, writing(target) as new:
        copied = fill(old, new, source=str(source), target=str(target), progress=progress)
        log(new, who, "move", {"from": str(source), "rows": total(copied)})
    return copied


def prepare(target: Store) -> None:
    """Give a store its tables if it has none; raise StoreError when they are not this program's."""
    there = not target.embedded or target.file.exists()
    try:
        revision = target.revision if there else None
    except OperationalError as error:
        raise StoreError(
            Said("{target} cannot be opened: {error}", target=target, error=str(error.orig).splitlines()[0])
        ) from error
    if revision is None:
        target.upgrade()
    target.check()


def fill(
    old: Connection, new: Connection, *, source: str, target: str, progress: Progress | None = None
) -> dict[str, Sum]:
    """Copy all tables into empty ones, and compare; both connections are within a transaction.

    `source` and `target` are what messages call the two.
    """
    filled = filled_tables(new)
    if filled:
        raise StoreError(
            Said("{target} holds data already ({filled}); give an empty place", target=target, filled=some(filled))
        )
    copied: dict[str, Sum] = {}
    tables = Base.metadata.sorted_tables
    for at, table in enumerate(tables):
        if progress is not None:
            progress(table.name, at / len(tables))
        try:
            copied[table.name] = _copy(old, new, table)
        except (DataError, IntegrityError) as error:
            raise StoreError(
                Said(
                    "the table {name} of {source} holds what {target} cannot: {error}; `gridgis db "
                    "check` may tell more",
                    name=table.name,
                    source=source,
                    target=target,
                    error=str(error.orig).splitlines()[0],
                )
            ) from error
    if new.dialect.name == "postgresql":
        for table in tables:
            _set_sequence(new, table)
    arrived = sum_tables(new)
    wrong = [name for name in copied if copied[name] != arrived[name]]
    if wrong:
        raise StoreError(
            Said(
                "what arrived in {target} differs from {source} in: {wrong}; nothing was kept",
                target=target,
                source=source,
                wrong=some(wrong),
            )
        )
    return copied


def filled_tables(connection: Connection) -> list[str]:
    """Return the names of our tables that have rows."""
    tables = Base.metadata.sorted_tables
    return [table.name for table in tables if connection.execute(select(1).select_from(table).limit(1)).first()]


def empty_tables(connection: Connection) -> None:
    """Delete everything from a store in PostGIS, what no rule lets be deleted row by row included."""
    connection.exec_driver_sql(f"TRUNCATE {', '.join(table.name for table in Base.metadata.sorted_tables)}")


@contextmanager
def snapshot(store: Store) -> Iterator[Connection]:
    """Give a connection that sees one state of the store, while others write."""
    with _transaction(store, **({} if store.embedded else {"isolation_level": "REPEATABLE READ"})) as connection:
        connection.exec_driver_sql("SELECT * FROM alembic_version")
        yield connection
        connection.rollback()


@contextmanager
def held(store: Store) -> Iterator[Connection]:
    """Give a connection that sees one state of the store, to which nobody else can write meanwhile."""
    options = {"gridgis_writes": True} if store.embedded else {"isolation_level": "REPEATABLE READ"}
    with _transaction(store, **options) as connection:
        if not store.embedded:
            names = ", ".join(table.name for table in Base.metadata.sorted_tables)
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")
        yield connection
        connection.rollback()


@contextmanager
def writing(store: Store) -> Iterator[Connection]:
    """Give a connection whose changes are kept together at the end, or not at all."""
    with _transaction(store, gridgis_writes=True) as connection:
        yield connection
        connection.commit()


@contextmanager
def _transaction(store: Store, **options: Any) -> Iterator[Connection]:
    try:
        with store.engine.connect().execution_options(**options) as connection:
            yield connection
    except OperationalError as error:
        raise StoreError(
            Said(
                "{store}: {error}; is it within reach, and not in use?",
                store=store,
                error=str(error.orig).splitlines()[0],
            )
        ) from error


def log(connection: Connection, who: str, action: str, after: Mapping[str, Any]) -> None:
    """Add a line about the store as a whole to its log, in the transaction of the change."""
    with Session(connection, join_transaction_mode="rollback_only") as session:
        record(session, who, action, "store", "", after=after)
        session.commit()


def total(sums: Mapping[str, Sum]) -> int:
    """Return the rows of all tables."""
    return sum(one.rows for one in sums.values())


def _copy(old: Connection, new: Connection, table: Table) -> Sum:
    """Copy one table; a row that names another one of the same table comes after it."""
    summing = Summing()
    names = [column.name for column in table.columns]
    own = _own_references(table)
    arrived: set[int] = set()
    waiting: list[dict[str, Any]] = []

    def put(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Insert what can be, and return what must wait for others."""
        ready, rest = [], []
        for value in values:
            if all(value[name] is None or value[name] in arrived for name in own):
                ready.append(value)
                if own:
                    arrived.add(value["id"])
            else:
                rest.append(value)
        if ready:
            new.execute(insert(table), ready)
        return rest

    rows = iter(stream(old, table))
    while batch := list(islice(rows, batch_of(table))):
        for row in batch:
            summing.add(row)
        waiting += put([dict(zip(names, row, strict=True)) for row in batch])
    while waiting:
        rest = put(waiting)
        if len(rest) == len(waiting):
            raise StoreError(
                Said(
                    "{table} {rest} name rows that are not there; see `gridgis db check`",
                    name=table.name,
                    rest=some([value["id"] for value in rest]),
                )
            )
        waiting = rest
    return summing.sum()


def _own_references(table: Table) -> list[str]:
    return [key.parent.name for key in table.foreign_keys if key.column.table is table]


def _set_sequence(connection: Connection, table: Table) -> None:
    """Let the next row's number follow the highest there is."""
    highest = connection.scalar(select(func.max(table.c.id)))
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :value, :used)"),
        {"table": table.name, "value": highest or 1, "used": highest is not None},
    )
