"""Incidents, every step of each, and what was attached."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridgis_web.store.geometry import Geometry
from gridgis_web.store.models.base import Base, Json, Key, Ref, Stamped, UtcTime, now

CATEGORIES = (
    "sanitation",
    "facilities",
    "fire safety",
    "work safety",
    "public order",
    "disputes",
    "utilities",
    "environment",
    "help",
    "other",
)
"""What an incident may be about, unless the office has its own."""


class Incident(Stamped, Base):
    """Something reported at a place, to be handled. It keeps the grid of the plan that held on its day."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_jurisdiction_id_state", "jurisdiction_id", "state"),
        Index("ix_incident_grid_id_reported_at", "grid_id", "reported_at"),
    )

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    grid_id: Mapped[Ref | None] = mapped_column(ForeignKey("grid.id"))
    """None: outside every grid, so the community's."""
    code: Mapped[str] = mapped_column(String(40), unique=True)
    """What the person who reported it follows it by."""
    category: Mapped[str] = mapped_column(String(40))
    handling: Mapped[str] = mapped_column(String(20), default="general")
    """``general``, ``coordinated``, ``emergency`` or ``approval``."""
    state: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(default="")
    reported_at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    source: Mapped[str] = mapped_column(String(40), default="")
    contact: Mapped[str] = mapped_column(String(120), default="")
    """The reporter's; personal data, deleted after a set time."""
    private: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    geom: Mapped[BaseGeometry] = mapped_column(Geometry("POINT"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class IncidentEvent(Base):
    """One step of an incident: who, when, from which state to which, and why."""

    __tablename__ = "incident_event"

    id: Mapped[Key]
    incident_id: Mapped[Ref] = mapped_column(ForeignKey("incident.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    who: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    old_state: Mapped[str] = mapped_column(String(20), default="")
    new_state: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(default="")
    more: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Attachment(Stamped, Base):
    """A photo or paper of an incident."""

    __tablename__ = "attachment"

    id: Mapped[Key]
    incident_id: Mapped[Ref] = mapped_column(ForeignKey("incident.id"), index=True)
    artifact_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    name: Mapped[str] = mapped_column(String(200), default="")
