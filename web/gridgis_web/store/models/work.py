"""Work off the request: jobs, and uploads that wait for a person to say what they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from gridgis.languages import Both, Language, Words
from gridgis_web.store.models.base import Base, Json, Key, Ref, Stamped, UtcTime

JOB_STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")
STATE_WORDS: Mapping[str, Words] = {
    "queued": Both("queued", "排队中"),
    "running": Both("running", "运行中"),
    "done": Both("done", "已完成"),
    "failed": Both("failed", "失败"),
    "cancelled": Both("cancelled", "已取消"),
    "interrupted": Both("interrupted", "已中断"),
}
"""State of a job -> what a message calls it."""
FINISHED = ("done", "failed", "cancelled", "interrupted")


class Job(Stamped, Base):
    """A piece of work, from the request for it to its end."""

    __tablename__ = "job"
    __table_args__ = (CheckConstraint(f"state IN {JOB_STATES}", name="state"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(40))
    """A key of ``jobs.kinds``."""
    jurisdiction_id: Mapped[Ref | None] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    given: Mapped[dict[str, Any]] = mapped_column(Json)
    step: Mapped[str] = mapped_column(String(40), default="")
    done: Mapped[float] = mapped_column(default=0.0)
    """How much of it is done, 0 … 1."""
    log: Mapped[list[Any]] = mapped_column(Json, default=list)
    """Lines ``[time, text]``."""
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[str] = mapped_column(default="")
    error_zh: Mapped[str] = mapped_column(default="")
    """Why it failed or was interrupted, in Chinese too."""
    problem: Mapped[int | None]
    """The HTTP status of what it failed by, e.g. 409: someone else was faster."""
    cancel: Mapped[bool] = mapped_column(default=False)
    """Whether someone asked for its end."""
    worker: Mapped[str] = mapped_column(String(120), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    beat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When its worker was last heard of."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)

    def error_in(self, language: Language) -> str:
        """Return why it failed or was interrupted."""
        return self.error_zh if language == "zh" else self.error


class Upload(Stamped, Base):
    """Files that someone sent, and what they seem to be."""

    __tablename__ = "upload"

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref | None] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    files_id: Mapped[Ref] = mapped_column(ForeignKey("artifact.id"))
    """A zip with what was sent, unpacked and checked."""
    report: Mapped[list[Any]] = mapped_column(Json)
    """What ``inspect`` says of every layer."""
