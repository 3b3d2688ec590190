"""Who is posted where and who is away over some time, and the grids that there are in it: what cover is told from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis_web.store.codes import LIVED
from gridgis_web.store.leave import list_leaves
from gridgis_web.store.models import Grid, Officer, Plan, Posting

Days = tuple[date, date]
"""The first day, and the first one that is over."""


@dataclass(frozen=True, kw_only=True)
class Post:
    """A posting of an officer who serves; its days end with the time asked for."""

    officer_id: int
    name: str
    grid_code: str
    post: str
    days: Days


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Everything that cover depends on, from a day to before another one.

    Attributes
    ----------
    posts
        Of one duty.
    leaves
        Officer -> when they are away.
    grids
        Which grids there are when: the days of a plan, and in them code -> name.
    """

    days: Days
    posts: tuple[Post, ...]
    leaves: Mapping[int, tuple[Days, ...]]
    grids: tuple[tuple[Days, Mapping[str, str]], ...]


def read_roster(
    session: Session,
    jurisdiction_id: int,
    days: Days,
    *,
    duty: str = "officer",
    codes: Collection[str] | None = None,
) -> Roster:
    """Read the roster of a jurisdiction; ``codes``: of these grids alone."""
    since, until = days
    lasts = (Posting.starts < until) & (Posting.ends.is_(None) | (Posting.ends > since))
    wanted = (
        select(Posting, Officer.name)
        .join(Officer, Officer.id == Posting.officer_id)
        .where(Posting.jurisdiction_id == jurisdiction_id, Posting.duty == duty, Officer.active, lasts)
    )
    plans = (
        select(Plan.valid_from, Plan.valid_to, Grid.code, Grid.name)
        .join(Grid, Grid.plan_id == Plan.id)
        .where(Plan.jurisdiction_id == jurisdiction_id, Plan.state.in_(LIVED), Grid.level == "grid")
        .where(Plan.valid_from < until, Plan.valid_to.is_(None) | (Plan.valid_to > since))
        .order_by(Plan.valid_from, Grid.number)
    )
    if codes is not None:
        wanted, plans = wanted.where(Posting.grid_code.in_(codes)), plans.where(Grid.code.in_(codes))
    posts = tuple(
        Post(
            officer_id=row.officer_id,
            name=name,
            grid_code=row.grid_code,
            post=row.post,
            days=(max(row.starts, since), min(row.ends or until, until)),
        )
        for row, name in session.execute(wanted.order_by(Posting.id))
    )
    leaves: dict[int, tuple[Days, ...]] = {}
    officers = {post.officer_id for post in posts}
    for leave in list_leaves(session, officers=officers, since=since, until=until):
        leaves[leave.officer_id] = (*leaves.get(leave.officer_id, ()), (leave.starts, leave.ends))
    grids: dict[Days, dict[str, str]] = {}
    for row in session.execute(plans):
        grids.setdefault((row.valid_from, row.valid_to or until), {})[row.code] = row.name
    return Roster(days=days, posts=posts, leaves=leaves, grids=tuple(grids.items()))
