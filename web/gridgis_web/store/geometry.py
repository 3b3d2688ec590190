"""Geometry columns of both back ends: GeoPackage blobs in SQLite, PostGIS's own type; and what lies in a window."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import type_coerce, types
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.schema import Column

SRID = 4326
"""All geometry is kept as longitude and latitude (WGS 84), whatever metric system a plan is computed in."""

ENVELOPE_BYTES = (0, 32, 48, 48, 64)
"""Length of a GeoPackage header's envelope by its kind."""

Bounds = tuple[float, float, float, float]


def to_blob(shape: BaseGeometry) -> bytes:
    """Return a shape as GeoPackage binary: header with envelope, then little-endian WKB (GeoPackage 1.3, 2.1.3)."""
    if shape.is_empty:
        return b"GP\0\x11" + struct.pack("<i", SRID) + bytes(shapely.to_wkb(shape, byte_order=1))
    west, south, east, north = shape.bounds
    head = b"GP\0\x03" + struct.pack("<i4d", SRID, west, east, south, north)
    return head + bytes(shapely.to_wkb(shape, byte_order=1))


def from_blob(blob: bytes) -> BaseGeometry:
    """Return the shape of a GeoPackage binary."""
    return shapely.from_wkb(blob[_head_bytes(blob) :])


def _head_bytes(blob: bytes) -> int:
    return 8 + ENVELOPE_BYTES[(blob[3] >> 1) & 7]


def bounds_of_blob(blob: bytes) -> Bounds | None:
    """Return west, south, east, north of a GeoPackage binary, without reading the shape if its header has them."""
    if (blob[3] >> 1) & 7:
        west, east, south, north = struct.unpack_from("<4d", blob, 8)
        return west, south, east, north
    shape = from_blob(blob)
    return None if shape.is_empty else shape.bounds


def encoded(polygons: npt.NDArray[np.object_], dialect: Dialect) -> list[str] | list[bytes]:
    """Return many polygons as a MULTIPOLYGON column stores them: what `Geometry` does, for all at once."""
    parts, of = shapely.get_parts(polygons, return_index=True)
    real = ~shapely.is_empty(parts)
    parts, of = parts[real], of[real]
    shapes = shapely.multipolygons(parts, indices=of, out=np.full(len(polygons), shapely.MultiPolygon(), object))
    if dialect.name == "postgresql":
        return list(shapely.to_wkb(shapely.set_srid(shapes, SRID), hex=True, include_srid=True).tolist())
    west, south, east, north = shapely.bounds(shapes).T
    boxes = np.column_stack([west, east, south, north]).astype("<f8").tobytes()
    head = b"GP\0\x03" + struct.pack("<i", SRID)
    bodies = shapely.to_wkb(shapes, byte_order=1).tolist()
    return [
        head + boxes[32 * at : 32 * at + 32] + body if count else to_blob(shapely.MultiPolygon())
        for at, (body, count) in enumerate(zip(bodies, shapely.get_num_geometries(shapes).tolist(), strict=True))
    ]


def undecoded(column: Any) -> ColumnElement[Any]:
    """Return a geometry column that gives what is stored, as it is, for `decoded`."""
    return type_coerce(column, types.NullType())


def decoded(stored: Sequence[str | bytes]) -> npt.NDArray[np.object_]:
    """Return the shapes of many stored values: what `Geometry` does, for all at once."""
    bodies = [one[_head_bytes(one) :] if isinstance(one, bytes) else one for one in stored]
    shapes: npt.NDArray[np.object_] = shapely.from_wkb(np.array(bodies, object))
    return shapes


class PostgisGeometry(types.UserDefinedType[str]):
    """The column type in PostGIS; it takes and gives EWKB in hex as it is, without a function around it."""

    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return f"geometry({self.kind},{SRID})"


class Geometry(types.TypeDecorator[BaseGeometry]):
    """A shapely geometry of one kind, e.g. ``MULTIPOLYGON``; polygons and lines are made multiple where asked for."""

    impl = types.LargeBinary
    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__()

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Return the back end's own type."""
        own: types.TypeEngine[Any] = PostgisGeometry(self.kind) if dialect.name == "postgresql" else types.LargeBinary()
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: BaseGeometry | str | bytes | None, dialect: Dialect) -> str | bytes | None:
        """Turn a shape into what the back end stores; what `encoded` made is stored as it is."""
        if value is None or isinstance(value, str | bytes):
            return value
        if self.kind == "MULTIPOLYGON" and value.geom_type == "Polygon":
            value = shapely.MultiPolygon([value])
        if dialect.name == "postgresql":
            return str(shapely.to_wkb(shapely.set_srid(value, SRID), hex=True, include_srid=True))
        return to_blob(value)

    def process_result_value(self, value: str | bytes | None, dialect: Dialect) -> BaseGeometry | None:
        """Turn what the back end stores into a shape."""
        if value is None:
            return None
        return from_blob(value) if isinstance(value, bytes) else shapely.from_wkb(value)


@compiles(Geometry, "sqlite")
def _kind_in_sqlite(column: Geometry, compiler: object, **_: object) -> str:
    """GeoPackage wants the kind of geometry as the column's type."""
    return column.kind


class Window(ColumnElement[Any]):
    """``WHERE`` clause: the geometry's box meets `bounds`; answered by the spatial index of either back end."""

    inherit_cache = False
    # not Boolean: SQLAlchemy would write “= 1” behind it, and SQLite then reads every row
    type = types.NullType()

    def __init__(self, column: Column[Any], bounds: Bounds) -> None:
        self.column = column
        self.bounds = tuple(float(value) for value in bounds)


@compiles(Window, "sqlite")
def _window_in_sqlite(window: Window, compiler: SQLCompiler, **_: object) -> str:
    west, south, east, north = window.bounds
    table, column = window.column.table.name, window.column.name
    return (
        f'{table}.id IN (SELECT id FROM "rtree_{table}_{column}" '
        f"WHERE maxx >= {west!r} AND minx <= {east!r} AND maxy >= {south!r} AND miny <= {north!r})"
    )


@compiles(Window, "postgresql")
def _window_in_postgis(window: Window, compiler: SQLCompiler, **_: object) -> str:
    table, column = window.column.table.name, window.column.name
    west, south, east, north = window.bounds
    return f"{table}.{column} && ST_MakeEnvelope({west!r}, {south!r}, {east!r}, {north!r}, {SRID})"
