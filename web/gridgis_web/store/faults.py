"""Looking a store through for what must not be: damage, and what no rule of ours allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from gridgis.errors import some
from gridgis_web.store import move
from gridgis_web.store.database import Store
from gridgis_web.store.geometry import Geometry
from gridgis_web.store.models import Artifact, Base, Grid, Jurisdiction, Plan, RetiredCode

FROM_BACKUP = "restore the last backup without it (`gridgis restore`)"
SLACK = 1e-4
"""The index keeps boxes in single precision, rounded outwards; in degrees."""
IN_FORCE = ("published", "superseded")


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what to do about it."""

    what: str
    remedy: str


def find_faults(store: Store) -> list[Fault]:
    """Look through a whole store, as it is at one moment; others may go on writing."""
    store.check()
    with move.snapshot(store) as connection:
        faults: list[Fault] = []
        for check in CHECKS:
            try:
                faults += check(connection)
            except DatabaseError as error:
                # so damaged that it cannot be read to its end
                faults.append(Fault(f"the store is damaged: {str(error.orig).splitlines()[0]}", FROM_BACKUP))
        return faults


def mend_index(store: Store) -> None:
    """Make the spatial index anew from the geometry."""
    with move.writing(store) as connection:
        for table, column in _features():
            if not store.embedded:
                connection.exec_driver_sql(f"REINDEX INDEX ix_{table}_{column}")
                continue
            connection.exec_driver_sql(f'DELETE FROM "rtree_{table}_{column}"')
            connection.exec_driver_sql(
                f'INSERT INTO "rtree_{table}_{column}" SELECT id, ST_MinX({column}), ST_MaxX({column}), '
                f'ST_MinY({column}), ST_MaxY({column}) FROM "{table}" '
                f"WHERE {column} NOT NULL AND NOT ST_IsEmpty({column})"
            )


def _damaged_file(connection: Connection) -> Iterator[Fault]:
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if line != "ok":
            yield Fault(f"the file is damaged: {line}", FROM_BACKUP)


def _loose_ends(connection: Connection) -> Iterator[Fault]:
    """PostgreSQL lets none come about; a SQLite file can be changed by programs that do not look."""
    if connection.dialect.name != "sqlite":
        return
    found: dict[tuple[str, str], list[object]] = {}
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        found.setdefault((table, parent), []).append(row)
    for (table, parent), rows in found.items():
        yield Fault(f"{table} {some(rows)} refers to a row of {parent} that is not there", FROM_BACKUP)


def _spatial_index(connection: Connection) -> Iterator[Fault]:
    remedy = "make it anew with `gridgis db check --mend-index`"
    if connection.dialect.name != "sqlite":
        broken = connection.exec_driver_sql(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid AND indrelid::regclass::text = "
            "ANY(%s)",
            ([table.name for table in Base.metadata.sorted_tables],),
        ).scalars()
        for name in broken:
            yield Fault(f"the index {name} is not valid", remedy)
        return
    for table, column in _features():
        tree = f'"rtree_{table}_{column}"'
        shown = f"t.{column} NOT NULL AND NOT ST_IsEmpty(t.{column})"
        sides = (("minx", "ST_MinX"), ("miny", "ST_MinY"), ("maxx", "ST_MaxX"), ("maxy", "ST_MaxY"))
        off = " OR ".join(
            f"{inner}(t.{column}) {'<' if side.startswith('min') else '>'} r.{side} "
            f"OR abs({inner}(t.{column}) - r.{side}) > {SLACK}"
            for side, inner in sides
        )
        wrong = connection.exec_driver_sql(
            f'SELECT t.id FROM "{table}" t LEFT JOIN {tree} r ON r.id = t.id WHERE {shown} AND (r.id IS NULL OR {off}) '
            f'UNION SELECT r.id FROM {tree} r LEFT JOIN "{table}" t ON t.id = r.id WHERE t.id IS NULL OR NOT ({shown})'
        )
        ids = wrong.scalars().all()
        if ids:
            yield Fault(f"the spatial index of {table} is wrong about {some(ids)}", remedy)


def _changed_artifacts(connection: Connection) -> Iterator[Fault]:
    table = Artifact.__table__
    rows = connection.execute(
        select(table.c.id, table.c.sha256, table.c.size, table.c.content), execution_options={"yield_per": 4}
    )
    wrong = [
        key for key, digest, size, content in rows if len(content) != size or sha256(content).hexdigest() != digest
    ]
    if wrong:
        yield Fault(f"the content of artifact {some(wrong)} is not what was stored", FROM_BACKUP)


def _plans_of_a_day(connection: Connection) -> Iterator[Fault]:
    rows = connection.execute(
        select(Jurisdiction.code, Plan.id, Plan.valid_from, Plan.valid_to)
        .join(Plan, Plan.jurisdiction_id == Jurisdiction.id)
        .where(Plan.state.in_(IN_FORCE))
        .order_by(Jurisdiction.code, Plan.valid_from, Plan.id)
    ).all()
    undated = [row.id for row in rows if row.valid_from is None]
    if undated:
        yield Fault(f"plan {some(undated)} was published without a first day", "publish the plan of that time again")
    # a plan that was superseded before it began held on no day
    dated = [row for row in rows if row.valid_from and (row.valid_to is None or row.valid_to > row.valid_from)]
    for earlier, later in pairwise(dated):
        if earlier.code == later.code and (earlier.valid_to is None or earlier.valid_to > later.valid_from):
            yield Fault(
                f"in {earlier.code}, the plans {earlier.id} and {later.id} both hold on {later.valid_from}",
                f"set the end of plan {earlier.id} to that day, or {FROM_BACKUP}",
            )


def _missing_grids(connection: Connection) -> Iterator[Fault]:
    there = func.count(Grid.id)
    rows = connection.execute(
        select(Plan.id, Plan.grids, there)
        .join(Grid, (Grid.plan_id == Plan.id) & (Grid.level == "grid"), isouter=True)
        .where(Plan.state.in_(IN_FORCE))
        .group_by(Plan.id, Plan.grids)
        .having(there != Plan.grids)
        .order_by(Plan.id)
    )
    for plan, stated, found in rows:
        yield Fault(f"plan {plan} says that it has {stated} grids, and {found} are there", FROM_BACKUP)


def _codes_used_again(connection: Connection) -> Iterator[Fault]:
    """A retired code must not be one of a plan that began later."""
    retired, after = Plan.__table__.alias("retired_by"), Plan.__table__.alias("later")
    codes = RetiredCode.__table__
    rows = connection.execute(
        select(codes.c.code)
        .join(retired, retired.c.id == codes.c.plan_id)
        .join(after, after.c.jurisdiction_id == codes.c.jurisdiction_id)
        .join(Grid.__table__, (Grid.plan_id == after.c.id) & (Grid.code == codes.c.code))
        .where(Grid.level == "grid")
        .where(after.c.state.in_(IN_FORCE), after.c.valid_from >= retired.c.valid_from)
        .distinct()
        .order_by(codes.c.code)
    ).scalars()
    again = list(rows)
    if again:
        yield Fault(
            f"the retired code {some(again)} is in use again", "publish a plan with another code for it, and correct "
            "what was recorded under it"
        )  # fmt: skip


def _features() -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Geometry):
                yield table.name, column.name


CHECKS: tuple[Callable[[Connection], Iterator[Fault]], ...] = (
    _damaged_file,
    _loose_ends,
    _spatial_index,
    _changed_artifacts,
    _plans_of_a_day,
    _missing_grids,
    _codes_used_again,
)
"""What is looked for."""
