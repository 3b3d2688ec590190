"""Plans and their life: draft, in review, published, superseded; their grids, and what became of whom between two."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gridgis.languages import Both, Words
from gridgis_web.store.geometry import Geometry
from gridgis_web.store.models.base import Base, Json, Key, Ref, Stamped, UtcTime, now
from gridgis_web.store.models.places import Jurisdiction, LayerSet, UnitSet

STATES = ("draft", "in review", "published", "superseded", "discarded")
STATE_WORDS: Mapping[str, Words] = {
    "draft": Both("draft", "草稿"),
    "in review": Both("in review", "审核中"),
    "published": Both("published", "已发布"),
    "superseded": Both("superseded", "已被取代"),
    "discarded": Both("discarded", "已作废"),
}
"""State -> what a message calls it."""
MOVES = {
    "draft": ("in review", "published", "discarded"),
    "in review": ("draft", "published", "discarded"),
    "published": ("superseded",),
    "superseded": (),
    "discarded": (),
}
"""State -> those that may follow it. What was published is never changed again, only superseded.

``superseded`` says that a successor is published; the plan holds until the successor's first day, see ``valid_to``.
"""


class Plan(Stamped, Base):
    """A division of a jurisdiction into grids."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_plan_jurisdiction_id_state", "jurisdiction_id", "state"),
    )

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    layer_set_id: Mapped[Ref] = mapped_column(ForeignKey("layer_set.id"))
    unit_set_id: Mapped[Ref] = mapped_column(ForeignKey("unit_set.id"))
    based_on_id: Mapped[Ref | None] = mapped_column(ForeignKey("plan.id"))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    version: Mapped[int] = mapped_column(default=1)
    """Counts every change; whoever saves says which version it was made from."""
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    seed: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the layers."""
    assignment_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    """The grid of every unit, by the unit's number; int32, compressed."""
    content_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    """Codes, reasons, sectors, micro-grids and the grids as drawn, see `planning.pack.pack_plan`."""
    certificate: Mapped[dict[str, Any]] = mapped_column(Json)
    files_id: Mapped[Ref | None] = mapped_column(ForeignKey("artifact.id"))
    """All files of the plan, as ``gridgis partition`` writes them; a zip."""
    grids: Mapped[int]
    households: Mapped[int]
    population: Mapped[int]
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    """The first day on which it no longer holds."""
    changed_by: Mapped[str] = mapped_column(String(80), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    step: Mapped[int] = mapped_column(default=0)
    """Of a draft that is edited: the `PlanStep` in force; 0 where it never was."""
    drawn_step: Mapped[int] = mapped_column(default=0)
    """The one that its grids, certificate and content are of."""
    reviewed_by: Mapped[str] = mapped_column(String(80), default="")
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    published_by: Mapped[str] = mapped_column(String(80), default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcTime)

    jurisdiction: Mapped[Jurisdiction] = relationship()
    layer_set: Mapped[LayerSet] = relationship()
    unit_set: Mapped[UnitSet] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @property
    def is_drawn(self) -> bool:
        """Whether its grids, certificate and content are those of the edits in force."""
        return self.step == self.drawn_step


class PlanStep(Stamped, Base):
    """A state of a draft: before the first edit (0), and after each; those behind the draft's step were undone."""

    __tablename__ = "plan_step"
    __table_args__ = (UniqueConstraint("plan_id", "number"),)

    id: Mapped[Key]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int]
    action: Mapped[str] = mapped_column(String(20), default="")
    told: Mapped[dict[str, Any]] = mapped_column(Json)
    """What the edit did, in figures; see `planning.drafts`."""
    assignment_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    """Codes, sectors, reasons and locks, see `planning.pack.pack_step`."""


class PlanVisit(Base):
    """Someone who has a draft open to edit it; a page says so again from time to time."""

    __tablename__ = "plan_visit"
    __table_args__ = (UniqueConstraint("plan_id", "page"),)

    id: Mapped[Key]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(String(40))
    """A name that the page in the browser has given itself."""
    login: Mapped[str] = mapped_column(String(80))
    seen_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class Grid(Base):
    """A grid of one plan; also the areas above and below it. Its code lives on from plan to plan."""

    __tablename__ = "grid"
    __table_args__ = (
        UniqueConstraint("plan_id", "level", "code"),
        CheckConstraint("level IN ('community', 'sector', 'grid', 'micro')", name="level"),
    )

    id: Mapped[Key]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(String(20), default="grid")
    number: Mapped[int]
    """``grid_id`` of the engine, within its level."""
    code: Mapped[str] = mapped_column(String(40), index=True)
    parent_code: Mapped[str] = mapped_column(String(40), default="")
    name: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200), default="")
    households: Mapped[int]
    population: Mapped[int]
    buildings: Mapped[int]
    area_m2: Mapped[float]
    bounds: Mapped[dict[str, Any]] = mapped_column(Json)
    """The four bounds: ``east, south, west, north`` -> ``{"zh": …, "en": …}``."""
    colour: Mapped[int]
    """0 … 5; neighbours differ."""
    label_lon: Mapped[float]
    label_lat: Mapped[float]
    geojson: Mapped[str] = mapped_column(deferred=True)
    """The geometry as maps take it, so that no request has to write it."""
    geom: Mapped[BaseGeometry] = mapped_column(Geometry("MULTIPOLYGON"), deferred=True)


class RetiredCode(Base):
    """A code that is never given again."""

    __tablename__ = "retired_code"
    __table_args__ = (UniqueConstraint("jurisdiction_id", "code"),)

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    code: Mapped[str] = mapped_column(String(40))
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id"))
    """The plan that no longer had it."""


class Crosswalk(Base):
    """What went from one grid of the superseded plan to one of its successor, what stayed included."""

    __tablename__ = "crosswalk"
    __table_args__ = (UniqueConstraint("old_plan_id", "new_plan_id", "old_code", "new_code"),)

    id: Mapped[Key]
    old_plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id"))
    new_plan_id: Mapped[Ref] = mapped_column(ForeignKey("plan.id"), index=True)
    old_code: Mapped[str] = mapped_column(String(40))
    new_code: Mapped[str] = mapped_column(String(40))
    """Empty: demolished, or outside now; an empty old code: built since."""
    buildings: Mapped[int]
    households_before: Mapped[int]
    households_after: Mapped[int]
    """As the two plans count them: over all rows of an old or a new code, that grid's own number."""
    population_before: Mapped[int]
    population_after: Mapped[int]
    building_list_id: Mapped[Ref | None] = mapped_column(ForeignKey("artifact.id"))
    """Which buildings, by the source's ids, where any changed their grid."""
