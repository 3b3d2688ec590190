"""Who has a draft open to edit it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from gridgis_web.store.database import Store
from gridgis_web.store.models import PlanVisit, now
from gridgis_web.store.plans import plan_in_short

AGAIN_S = 30
"""So often, at most, it is written that a page is still there: each write makes everybody read anew."""
GONE_S = 75
"""A page that was not heard of for so long is gone; that of one who leaves says so itself."""


class Company(NamedTuple):
    """How a draft stands for one of its pages: who else is there, and who changed it last."""

    others: tuple[str, ...]
    """Logins, each once, in order of the alphabet; one's own where it has another page open."""
    version: int
    changed_by: str


def arrive(store: Store, plan_id: int, page: str, login: str, *, anew: bool = True) -> bool:
    """Note that a page is there, unless that was noted lately; forget those that are gone.

    Without ``anew``, one that has said that it is gone is not there again; returns whether it is there.
    """
    moment = now()
    with store.read() as session:
        seen = session.scalar(select(PlanVisit.seen_at).where(*_same(plan_id, page)))
    if seen is None and not anew:
        return False
    if seen is not None and moment - seen < timedelta(seconds=AGAIN_S):
        return True
    with store.write() as session:
        session.execute(delete(PlanVisit).where(PlanVisit.seen_at < moment - timedelta(seconds=GONE_S)))
        row = session.scalar(select(PlanVisit).where(*_same(plan_id, page)))
        if row is None:
            session.add(PlanVisit(plan_id=plan_id, page=page, login=login, seen_at=moment))
        else:
            row.login, row.seen_at = login, moment
    return True


def leave(session: Session, plan_id: int, page: str, login: str) -> None:
    """Note that a page of someone is gone."""
    session.execute(delete(PlanVisit).where(*_same(plan_id, page), PlanVisit.login == login))


def company_of(session: Session, plan_id: int, page: str) -> Company:
    """Return how a draft stands for a page; raises NotFound."""
    row = plan_in_short(session, plan_id)
    there = PlanVisit.plan_id == plan_id, PlanVisit.seen_at >= now() - timedelta(seconds=GONE_S)
    others = session.scalars(select(PlanVisit.login).where(*there, PlanVisit.page != page).distinct())
    return Company(tuple(sorted(others)), row.version, row.changed_by)


def _same(plan_id: int, page: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PlanVisit.plan_id == plan_id, PlanVisit.page == page
