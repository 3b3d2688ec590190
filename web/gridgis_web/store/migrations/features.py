"""What a table with geometry needs besides its columns, in either back end; for use in migrations."""

from __future__ import annotations

from alembic import op
from gridgis_web.store import geopackage


def begin_features() -> None:
    """Prepare the back end for geometry."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    else:
        geopackage.make_core(connection)


def index_features(table: str, kind: str) -> None:
    """Give the column ``geom`` of a new table its spatial index."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"CREATE INDEX ix_{table}_geom ON {table} USING gist (geom)")
    else:
        geopackage.add_features(connection, table, "geom", kind)


def forget_features(table: str) -> None:
    """Undo `index_features`, before the table is dropped."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        geopackage.drop_features(connection, table, "geom")
