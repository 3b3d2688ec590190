"""Accounts: who they are, and which jurisdictions and grids each may see on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis_web.store.models import Account, Jurisdiction, Officer, Posting


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks: an account as it was when the request came in, or the public.

    Attributes
    ----------
    id
        Of the account; None: nobody has logged in.
    login
        What the audit log calls them.
    by_token
        Whether a machine's token said who it is.
    """

    id: int | None = None
    login: str = "public"
    role: str = "public"
    jurisdiction_id: int | None = None
    officer_id: int | None = None
    language: str = ""
    must_change: bool = False
    epoch: int = 0
    by_token: bool = False

    @classmethod
    def of(cls, account: Account, *, by_token: bool = False) -> Self:
        """Return the account as a caller."""
        return cls(
            id=account.id,
            login=account.login,
            role=account.role,
            jurisdiction_id=account.jurisdiction_id,
            officer_id=account.officer_id,
            language=account.language,
            must_change=account.must_change,
            epoch=account.epoch,
            by_token=by_token,
        )

    @property
    def is_authenticated(self) -> bool:
        """Whether anyone has logged in."""
        return self.id is not None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody has."""
        return self.id is None

    @property
    def is_active(self) -> bool:
        """Whether the session may go on; accounts that may not never become callers."""
        return self.id is not None

    def get_id(self) -> str:
        """Return what the session keeps: the account and its epoch."""
        return f"{self.id}:{self.epoch}"


PUBLIC = Caller()


def find_caller(session: Session, session_key: str) -> Caller | None:
    """Return the account of a session's key, unless it is locked or the session's epoch is over."""
    number, _, epoch = session_key.partition(":")
    if not (number.isdecimal() and epoch.isdecimal()):
        return None
    account = session.get(Account, int(number))
    if account is None or not account.active or account.epoch != int(epoch):
        return None
    return Caller.of(account)


def visible_jurisdictions(session: Session, account: Caller, day: date) -> frozenset[int] | None:
    """Return the jurisdictions whose rows an account may see on a day; None: all.

    Planners and leaders see their own and all below it, officers those of their postings of that day.
    """
    if account.role == "administrator":
        return None
    if account.role in ("planner", "leader"):
        if account.jurisdiction_id is None:
            return None
        below = select(Jurisdiction.id).where(Jurisdiction.id == account.jurisdiction_id).cte(recursive=True)
        below = below.union(select(Jurisdiction.id).join(below, Jurisdiction.parent_id == below.c.id))
        return frozenset(session.scalars(select(below.c.id)))
    return frozenset(jurisdiction for jurisdiction, _ in _posted(session, account, day))


def visible_grids(session: Session, account: Caller, day: date) -> frozenset[tuple[int, str]] | None:
    """Return the grids, as (jurisdiction, code), whose rows an account may see on a day.

    None: all grids of its `visible_jurisdictions`. An officer sees those of their postings, their own (A)
    and those they stand in for (B), as long as each lasts.
    """
    return None if account.role in ("administrator", "planner", "leader") else _posted(session, account, day)


def _posted(session: Session, account: Caller, day: date) -> frozenset[tuple[int, str]]:
    if account.role != "officer" or account.officer_id is None:
        return frozenset()
    rows = session.execute(
        select(Posting.jurisdiction_id, Posting.grid_code)
        .join(Officer, Officer.id == Posting.officer_id)
        .where(Posting.officer_id == account.officer_id, Officer.active)
        .where(Posting.starts <= day, Posting.ends.is_(None) | (Posting.ends > day))
    )
    return frozenset((row.jurisdiction_id, row.grid_code) for row in rows)
