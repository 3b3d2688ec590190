"""What every table shares: column types that mean the same in GeoPackage and PostGIS, and names of constraints."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, MetaData, String, Text, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """Return the time in UTC, to the millisecond, which is what both back ends keep."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class UtcTime(types.TypeDecorator[datetime]):
    """A moment, always with its zone: GeoPackage's text in SQLite, ``timestamptz`` in PostGIS."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Return the back end's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True, precision=3))
        return dialect.type_descriptor(String())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Refuse a time without a zone; write it as GeoPackage does."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return value
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:
        """Read it back, in UTC."""
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return None if value is None else value.astimezone(UTC)


@compiles(UtcTime, "sqlite")
def _time_in_sqlite(column: UtcTime, compiler: object, **_: object) -> str:
    return "DATETIME"


class Json(types.TypeDecorator[Any]):
    """A JSON value; text in SQLite, where GeoPackage knows no such type, ``jsonb`` in PostGIS."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        """Return the back end's own type."""
        own: types.TypeEngine[Any] = postgresql.JSONB(none_as_null=True) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Write it; None is no value."""
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read it back."""
        return json.loads(value) if isinstance(value, str) and dialect.name != "postgresql" else value


@compiles(String, "sqlite")
def _text_in_sqlite(column: String, compiler: object, **_: object) -> str:
    """GeoPackage knows TEXT(n), not VARCHAR(n)."""
    return f"TEXT({column.length})" if column.length else "TEXT"


Key = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
"""A table's own number, which is the feature's id in GeoPackage."""
Ref = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"))]


class Base(DeclarativeBase):
    """The tables of the store."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcTime, bytes: LargeBinary, dict[str, Any]: Json, list[Any]: Json, str: Text}  # noqa: RUF012


class Stamped:
    """Who made a row and when."""

    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    created_by: Mapped[str] = mapped_column(String(80), default="")
