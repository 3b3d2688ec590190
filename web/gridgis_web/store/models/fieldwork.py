"""What officers do in the field, as their phones tell it: reports, visits of buildings, check-ins."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gridgis_web.store.models.base import Base, Key, Ref, Stamped, UtcTime

ENTRY_KINDS = ("report", "visit", "check-in")


class FieldEntry(Stamped, Base):
    """One thing that an officer did, once, however often their phone sends it; a day's log is made of these.

    A visit is of a building and counts households; nobody is named. `created_at` is when it arrived.
    """

    __tablename__ = "field_entry"
    __table_args__ = (
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind"),
        Index("ix_field_entry_officer_id_done_at", "officer_id", "done_at"),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(36), unique=True)
    """The phone's own number of it."""
    kind: Mapped[str] = mapped_column(String(20))
    officer_id: Mapped[Ref] = mapped_column(ForeignKey("officer.id"))
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    grid_id: Mapped[Ref | None] = mapped_column(ForeignKey("grid.id"))
    """The grid of its place on its day; None: outside every grid."""
    building_id: Mapped[Ref | None] = mapped_column(ForeignKey("building.id"))
    incident_id: Mapped[Ref | None] = mapped_column(ForeignKey("incident.id"))
    done_at: Mapped[datetime] = mapped_column(UtcTime)
    """As the phone says."""
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    households: Mapped[int | None]
