"""Officers and where they serve; the accounts that log in; tokens of machines; the log of who did what."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, Double, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gridgis_web.roles import ROLES
from gridgis_web.store.models.base import Base, Json, Key, Ref, Stamped, UtcTime, now

DUTIES = ("leader", "officer", "information", "police", "volunteer", "steward", "supervisor")
"""网格长, 网格员, 信息员, 民警, 志愿者, 楼栋长, 督导员."""


class Officer(Stamped, Base):
    """Someone who serves in grids. The phone is personal data: every read of it is logged."""

    __tablename__ = "officer"
    __table_args__ = (CheckConstraint("(base_lon IS NULL) = (base_lat IS NULL)", name="base"),)

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(40), default="")
    public_phone: Mapped[str] = mapped_column(String(40), default="")
    """The office's number, which residents may see."""
    photo_id: Mapped[Ref | None] = mapped_column(ForeignKey("artifact.id"))
    base_lon: Mapped[float | None] = mapped_column(Double)
    base_lat: Mapped[float | None] = mapped_column(Double)
    """Where they set out from, such as the community's office; distances are measured from there."""
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class Leave(Stamped, Base):
    """Days on which an officer is away, whatever the reason, which is not kept."""

    __tablename__ = "officer_leave"
    __table_args__ = (CheckConstraint("ends > starts", name="dates"),)

    id: Mapped[Key]
    officer_id: Mapped[Ref] = mapped_column(ForeignKey("officer.id"), index=True)
    starts: Mapped[date] = mapped_column(Date)
    ends: Mapped[date] = mapped_column(Date)
    """The day they are back."""

    officer: Mapped[Officer] = relationship()


class Posting(Stamped, Base):
    """An officer on a grid, by its code, for some time; ``post`` A is their own, B stands in for a neighbour.

    B serves on the days on which nobody of post A with the same duty does.
    """

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint(f"duty IN {DUTIES}", name="duty"),
        CheckConstraint("post IN ('A', 'B')", name="post"),
        CheckConstraint("ends IS NULL OR ends > starts", name="dates"),
        Index("ix_posting_jurisdiction_id_grid_code", "jurisdiction_id", "grid_code"),
    )

    id: Mapped[Key]
    officer_id: Mapped[Ref] = mapped_column(ForeignKey("officer.id"), index=True)
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    grid_code: Mapped[str] = mapped_column(String(40))
    duty: Mapped[str] = mapped_column(String(20), default="officer")
    post: Mapped[str] = mapped_column(String(1), default="A")
    starts: Mapped[date] = mapped_column(Date)
    ends: Mapped[date | None] = mapped_column(Date)
    """The first day without it."""

    officer: Mapped[Officer] = relationship()


class GridNote(Stamped, Base):
    """What whoever looks after a grid should know of it; never about a resident by name. It stays with the grid."""

    __tablename__ = "grid_note"
    __table_args__ = (Index("ix_grid_note_jurisdiction_id_grid_code", "jurisdiction_id", "grid_code"),)

    id: Mapped[Key]
    jurisdiction_id: Mapped[Ref] = mapped_column(ForeignKey("jurisdiction.id"))
    grid_code: Mapped[str] = mapped_column(String(40))
    text: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_by: Mapped[str] = mapped_column(String(80), default="")


class Account(Stamped, Base):
    """An account. What it may do follows from its role, where from its jurisdiction or officer."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password: Mapped[str] = mapped_column(String(200))
    """An Argon2 hash."""
    role: Mapped[str] = mapped_column(String(20))
    jurisdiction_id: Mapped[Ref | None] = mapped_column(ForeignKey("jurisdiction.id"))
    """Theirs and all below it; none: everywhere."""
    officer_id: Mapped[Ref | None] = mapped_column(ForeignKey("officer.id"))
    language: Mapped[str] = mapped_column(String(10), default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    must_change: Mapped[bool] = mapped_column(default=True)
    """Whether the password was given by someone else."""
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
    epoch: Mapped[int] = mapped_column(default=1)
    """Sessions of an earlier one are over: it counts password changes and log-outs everywhere."""
    last_login: Mapped[datetime | None] = mapped_column(UtcTime)


class Token(Stamped, Base):
    """A machine's key, for the API alone; only its digest is kept."""

    __tablename__ = "token"

    id: Mapped[Key]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    last_used: Mapped[datetime | None] = mapped_column(UtcTime)

    account: Mapped[Account] = relationship()


class EndedSession(Base):
    """A session that someone logged out of, for as long as a copy of its cookie would still be believed."""

    __tablename__ = "ended_session"

    id: Mapped[Key]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    stamp: Mapped[str] = mapped_column(String(32), unique=True)
    ended_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class AuditEntry(Base):
    """One line of the log: who did what to what and when, as it was before and after. Only ever added to."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject_subject_id", "subject", "subject_id"),)

    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    who: Mapped[str] = mapped_column(String(80))
    """A login, ``cli`` or ``service``; a public reporter is ``public``."""
    action: Mapped[str] = mapped_column(String(40))
    """``create``, ``change``, ``delete``, ``read``, ``log in``, ``publish`` …"""
    subject: Mapped[str] = mapped_column(String(40))
    """A table's name."""
    subject_id: Mapped[str] = mapped_column(String(40), default="")
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after: Mapped[dict[str, Any] | None] = mapped_column(Json)
