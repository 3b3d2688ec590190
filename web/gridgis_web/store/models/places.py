"""Jurisdictions, their layers and buildings, and the units that plans are made of. Counts only, never residents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gridgis.languages import Said, Words
from gridgis_web.store.geometry import Geometry
from gridgis_web.store.models.base import Base, Json, Key, Ref, Stamped

LEVELS = ("city", "district", "subdistrict", "community")
LEVEL_WORDS: Mapping[str, Words] = {
    "city": Said("city"),
    "district": Said("district"),
    "subdistrict": Said("subdistrict"),
    "community": Said("community"),
}
"""Level -> what a message calls it."""


class Artifact(Stamped, Base):
    """Bytes kept as they are: layers, a plan's files, photos, uploads. The same bytes are kept once."""

    __tablename__ = "artifact"

    id: Mapped[Key]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(deferred=True)


class Jurisdiction(Stamped, Base):
    """An area that someone divides into grids or leads, within another one or not."""

    __tablename__ = "jurisdiction"
    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level"),)

    id: Mapped[Key]
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    level: Mapped[str] = mapped_column(String(20))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    crs: Mapped[str] = mapped_column(String(40))
    """The metric system its plans are computed in, e.g. ``EPSG:4547``; empty until it has layers."""
    version: Mapped[int] = mapped_column(default=1)
    geom: Mapped[BaseGeometry | None] = mapped_column(Geometry("MULTIPOLYGON"))

    parent: Mapped[Jurisdiction | None] = relationship(remote_side=lambda: Jurisdiction.id)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class LayerSet(Stamped, Base):
    """One state of a jurisdiction's layers, as they were confirmed and repaired; never changed afterwards.

    New plans are made of the newest.
    """

    __tablename__ = "layer_set"
    __table_args__ = (Index("ix_layer_set_jurisdiction_id_fingerprint", "jurisdiction_id", "fingerprint"),)

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    sources: Mapped[dict[str, Any]] = mapped_column(Json)
    """Layer -> file name, and what the person who loaded it confirmed."""
    repairs: Mapped[list[Any]] = mapped_column(Json)
    attribution: Mapped[str] = mapped_column(default="")
    buildings: Mapped[int]
    households: Mapped[int]
    population: Mapped[int]
    content_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))


class Building(Base):
    """A building of a layer set, with its counts; no table, field or log ever holds a resident's name."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("layer_set_id", "number"),)

    id: Mapped[Key]
    layer_set_id: Mapped[Ref] = mapped_column(ForeignKey("layer_set.id", ondelete="CASCADE"))
    number: Mapped[int]
    """``building_id`` of the engine."""
    source_id: Mapped[str] = mapped_column(String(120), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    use: Mapped[str] = mapped_column(String(40), default="")
    levels: Mapped[float | None]
    households: Mapped[int]
    population: Mapped[int]
    measured: Mapped[bool]
    """Whether both counts come from the layer, not from an estimate."""
    geom: Mapped[BaseGeometry] = mapped_column(Geometry("MULTIPOLYGON"))


class PlaceName(Base):
    """What a layer set calls a place, to be found by: a building, a compound, a road. Never of a person."""

    __tablename__ = "place_name"

    id: Mapped[Key]
    layer_set_id: Mapped[Ref] = mapped_column(ForeignKey("layer_set.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    """``building``, ``compound`` or ``road``."""
    name: Mapped[str] = mapped_column(String(200))
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)


class UnitSet(Stamped, Base):
    """The units that a layer set was cut into for some options; plans assign them to grids."""

    __tablename__ = "unit_set"
    __table_args__ = (UniqueConstraint("layer_set_id", "content_id"),)

    id: Mapped[Key]
    layer_set_id: Mapped[Ref] = mapped_column(ForeignKey("layer_set.id"))
    units: Mapped[int]
    content_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    """The engine's units with the counts they share out, see `planning.pack.pack_units`."""
    building_unit_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    """The unit of every building, by its number, -1 outside; int32, compressed."""


class Unit(Base):
    """A piece of ground that is never cut."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("unit_set_id", "number"),)

    id: Mapped[Key]
    unit_set_id: Mapped[Ref] = mapped_column(ForeignKey("unit_set.id", ondelete="CASCADE"))
    number: Mapped[int]
    households: Mapped[int]
    population: Mapped[int]
    buildings: Mapped[int]
    geom: Mapped[BaseGeometry] = mapped_column(Geometry("MULTIPOLYGON"))
