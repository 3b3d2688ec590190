"""What makes a SQLite file a GeoPackage: its core tables, and a spatial index for every geometry column."""

from __future__ import annotations

from collections.abc import Callable

import pyproj
from sqlalchemy import Connection

from gridgis_web.store.geometry import SRID, bounds_of_blob

CORE = (
    "PRAGMA application_id = 1196444487",
    "PRAGMA user_version = 10300",
    """CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (
        srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
        organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)""",
    """CREATE TABLE IF NOT EXISTS gpkg_contents (
        table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
        description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
        srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id))""",
    """CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (
        table_name TEXT NOT NULL REFERENCES gpkg_contents (table_name), column_name TEXT NOT NULL,
        geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys (srs_id),
        z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name))""",
    """CREATE TABLE IF NOT EXISTS gpkg_extensions (
        table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
        scope TEXT NOT NULL, UNIQUE (table_name, column_name, extension_name))""",
)
"""GeoPackage 1.3, 1.1.1 to 2.1."""

RTREE = "http://www.geopackage.org/spec120/#extension_rtree"


def register_functions(connection: object) -> None:
    """Give a sqlite3 connection the functions that the index's triggers call; no extension is loaded."""
    sides = ("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY")
    for i, name in enumerate(sides):
        connection.create_function(name, 1, _side(i), deterministic=True)  # type: ignore[attr-defined]
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)  # type: ignore[attr-defined]


def _side(i: int) -> Callable[[bytes | None], float | None]:
    def side(blob: bytes | None) -> float | None:
        bounds = None if blob is None else bounds_of_blob(blob)
        return None if bounds is None else bounds[i]

    return side


def _is_empty(blob: bytes | None) -> int | None:
    return None if blob is None else (blob[3] >> 4) & 1


def make_core(connection: Connection) -> None:
    """Make the file a GeoPackage; does nothing to one that is."""
    for statement in CORE:
        connection.exec_driver_sql(statement)
    crs = pyproj.CRS.from_epsg(SRID)
    systems = [
        ("Undefined Cartesian", -1, "NONE", -1, "undefined"),
        ("Undefined geographic", 0, "NONE", 0, "undefined"),
        (crs.name, SRID, "EPSG", SRID, crs.to_wkt("WKT1_GDAL")),
    ]
    for system in systems:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys "
            "(srs_name, srs_id, organization, organization_coordsys_id, definition) VALUES (?, ?, ?, ?, ?)",
            system,
        )


def add_features(connection: Connection, table: str, column: str, kind: str) -> None:
    """Register a table with geometry and give it the standard's R*Tree with its triggers (GeoPackage 1.3, F.3)."""
    run = connection.exec_driver_sql
    run(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, ?)",
        (table, table, SRID),
    )
    run("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, 0, 0)", (table, column, kind, SRID))
    run(
        "INSERT INTO gpkg_extensions VALUES (?, ?, 'gpkg_rtree_index', ?, 'write-only')",
        (table, column, RTREE),
    )
    tree = f"rtree_{table}_{column}"
    new = f"NEW.{column}"
    box = f"ST_MinX({new}), ST_MaxX({new}), ST_MinY({new}), ST_MaxY({new})"
    there = f"{new} NOT NULL AND NOT ST_IsEmpty({new})"
    put = f'INSERT OR REPLACE INTO "{tree}" VALUES (NEW.id, {box})'
    run(f'CREATE VIRTUAL TABLE "{tree}" USING rtree(id, minx, maxx, miny, maxy)')
    run(f'CREATE TRIGGER "{tree}_insert" AFTER INSERT ON "{table}" WHEN {there} BEGIN {put}; END')
    run(
        f'CREATE TRIGGER "{tree}_update1" AFTER UPDATE OF {column} ON "{table}" '
        f"WHEN OLD.id = NEW.id AND {there} BEGIN {put}; END"
    )
    run(
        f'CREATE TRIGGER "{tree}_update2" AFTER UPDATE OF {column} ON "{table}" '
        f"WHEN OLD.id = NEW.id AND ({new} IS NULL OR ST_IsEmpty({new})) "
        f'BEGIN DELETE FROM "{tree}" WHERE id = OLD.id; END'
    )
    run(
        f'CREATE TRIGGER "{tree}_delete" AFTER DELETE ON "{table}" WHEN OLD.{column} NOT NULL '
        f'BEGIN DELETE FROM "{tree}" WHERE id = OLD.id; END'
    )


def drop_features(connection: Connection, table: str, column: str) -> None:
    """Undo `add_features`, before the table is dropped."""
    run = connection.exec_driver_sql
    tree = f"rtree_{table}_{column}"
    for trigger in ("insert", "update1", "update2", "delete"):
        run(f'DROP TRIGGER "{tree}_{trigger}"')
    run(f'DROP TABLE "{tree}"')
    for register in ("gpkg_extensions", "gpkg_geometry_columns", "gpkg_contents"):
        run(f"DELETE FROM {register} WHERE table_name = ?", (table,))
