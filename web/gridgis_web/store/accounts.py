"""Accounts: who they are, what is done to them, and which jurisdictions and grids each may see on a day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from secrets import token_hex
from typing import Any, Self

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed
from gridgis_web.roles import STAFF
from gridgis_web.store.audit_log import record
from gridgis_web.store.leave import lasts_on, stands_in_on
from gridgis_web.store.models import Account, EndedSession, Jurisdiction, Officer, Posting, now

"""The roles an account can have; the public has none."""
LOGIN = re.compile(r"[^\W_][\w.@-]{1,79}")
NOBODYS = frozenset({"public", "cli", "service"})
"""What the audit log calls those who have no account."""
LAST = Said("this is the last administrator; make another one first")
LOGGED = ("login", "role", "jurisdiction_id", "officer_id", "active", "must_change")


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
    stamp
        Of the session they are in, which tells it from others of the same account; empty: in none.
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
    stamp: str = ""

    @classmethod
    def of(cls, account: Account, *, by_token: bool = False, stamp: str = "") -> Self:
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
            stamp=stamp,
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
        """Return what the session keeps: the account, its epoch and the session's own stamp."""
        return f"{self.id}:{self.epoch}:{self.stamp}"

    def in_new_session(self) -> Self:
        """Return the same account in a session that nobody was in before."""
        return replace(self, stamp=token_hex(16))


PUBLIC = Caller()


class AccountError(InputError):
    """An account cannot be so; `kinds` names the faults, such as ``login``, ``taken`` or ``last``."""

    def __init__(self, faults: dict[str, Words]) -> None:
        self.kinds = tuple(faults)
        super().__init__(*faults.values())


def find_caller(session: Session, session_key: str) -> Caller | None:
    """Return the account of a session's key, unless it is locked, or the session or its epoch is over."""
    number, epoch, stamp = [*session_key.split(":"), "", ""][:3]
    if not (number.isdecimal() and epoch.isdecimal() and stamp):
        return None
    account = session.get(Account, int(number))
    if account is None or not account.active or account.epoch != int(epoch):
        return None
    if session.scalar(select(EndedSession.id).where(EndedSession.stamp == stamp)) is not None:
        return None
    return Caller.of(account, stamp=stamp)


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

    None: all grids of its `visible_jurisdictions`. An officer sees those of their own postings (A) as long as each
    lasts, and those they stand in for (B) on the days on which they do.
    """
    return None if account.role in ("administrator", "planner", "leader") else _posted(session, account, day)


def _posted(session: Session, account: Caller, day: date) -> frozenset[tuple[int, str]]:
    if account.role != "officer" or account.officer_id is None:
        return frozenset()
    rows = session.execute(
        select(Posting.jurisdiction_id, Posting.grid_code)
        .join(Officer, Officer.id == Posting.officer_id)
        .where(Posting.officer_id == account.officer_id, Officer.active, lasts_on(Posting, day))
        .where((Posting.post == "A") | stands_in_on(day))
    )
    return frozenset((row.jurisdiction_id, row.grid_code) for row in rows)


def normal_login(text: str) -> str:
    """Return a login as it is kept: the same however it is typed."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def list_accounts(session: Session) -> Sequence[Account]:
    """Return all accounts by login."""
    return session.scalars(select(Account).order_by(Account.login)).all()


def list_jurisdictions(session: Session) -> list[tuple[int, str]]:
    """Return key and name of every jurisdiction, by its code."""
    rows = session.execute(select(Jurisdiction.id, Jurisdiction.name).order_by(Jurisdiction.code))
    return [(row.id, row.name) for row in rows]


def list_officers(session: Session) -> list[tuple[int, str]]:
    """Return key and name of every officer who serves."""
    rows = session.execute(select(Officer.id, Officer.name).where(Officer.active).order_by(Officer.name))
    return [(row.id, row.name) for row in rows]


def find_account(session: Session, login: str) -> Account | None:
    """Return the account of a login."""
    return session.scalar(select(Account).where(Account.login == normal_login(login)))


def find_logins(session: Session, keys: set[str]) -> dict[str, str]:
    """Return the logins of accounts, by their keys as the log writes them."""
    numbers = [int(key) for key in keys if key.isdecimal()]
    rows = session.execute(select(Account.id, Account.login).where(Account.id.in_(numbers)))
    return {str(row.id): row.login for row in rows}


def need_account(session: Session, login: str) -> Account:
    """Return the account of a login; raises InputError when there is none."""
    account = find_account(session, login)
    if account is None:
        raise InputError(Said("there is no account “{login}”; `gridgis user list` shows all", login=login))
    return account


def find_jurisdiction(session: Session, code: str) -> int:
    """Return the key of the jurisdiction of a code; raises InputError when there is none."""
    key = session.scalar(select(Jurisdiction.id).where(Jurisdiction.code == code))
    if key is None:
        raise InputError(Said("there is no jurisdiction of the code “{code}”", code=code))
    return key


def add_account(
    session: Session,
    who: str,
    login: str,
    hashed: str,
    *,
    role: str,
    jurisdiction_id: int | None = None,
    officer_id: int | None = None,
    language: str = "zh",
    must_change: bool = True,
) -> Account:
    """Add an account, with a password that `passwords.hash_new` has accepted.

    Raises
    ------
    AccountError
        With everything that is wrong with it.
    """
    login = normal_login(login)
    faults = _faults(session, role, jurisdiction_id, officer_id)
    if not LOGIN.fullmatch(login):
        faults["login"] = Said(
            "“{login}” is no login: 2 to 80 letters, digits, dots, hyphens, _ or @, first a letter or digit",
            login=login,
        )
    if login in NOBODYS:
        faults["reserved"] = Said("the service itself goes by the login “{login}”", login=login)
    elif session.scalar(select(Account.id).where(Account.login == login)):
        faults["taken"] = Said("there is an account “{login}” already", login=login)
    if faults:
        raise AccountError(faults)
    account = Account(
        login=login,
        password=hashed,
        role=role,
        jurisdiction_id=jurisdiction_id,
        officer_id=officer_id,
        language=language,
        must_change=must_change,
        created_by=who,
    )
    session.add(account)
    session.flush()
    record(session, who, "create", "account", account.id, after=_described(account))
    return account


def change_account(
    session: Session, who: str, account: Account, *, role: str, jurisdiction_id: int | None, officer_id: int | None
) -> None:
    """Give an account another role or place; raises AccountError with everything that is wrong."""
    faults = _faults(session, role, jurisdiction_id, officer_id)
    if role != "administrator" and _is_last_administrator(session, account):
        faults["last"] = LAST
    if faults:
        raise AccountError(faults)
    before = _described(account)
    account.role, account.jurisdiction_id, account.officer_id = role, jurisdiction_id, officer_id
    record(session, who, "change", "account", account.id, before, _described(account))


def set_active(session: Session, who: str, account: Account, *, active: bool) -> None:
    """Lock an account, which ends its sessions and stops its tokens, or unlock it, failed log-ins forgotten."""
    if not active and _is_last_administrator(session, account):
        raise AccountError({"last": LAST})
    before = _described(account)
    account.active = active
    if active:
        account.failures, account.locked_until = 0, None
    else:
        account.epoch += 1
    record(session, who, "unlock" if active else "lock", "account", account.id, before, _described(account))


def set_password(session: Session, who: str, account: Account, hashed: str, *, must_change: bool) -> None:
    """Give an account a password that `passwords.hash_new` has accepted; all its sessions end."""
    before = _described(account)
    account.password, account.must_change = hashed, must_change
    account.failures, account.locked_until = 0, None
    account.epoch += 1
    record(session, who, "change password", "account", account.id, before, _described(account))


def end_session(session: Session, caller: Caller, *, lasts: timedelta) -> None:
    """Log out of one session, of which no copy opens anything any more.

    Parameters
    ----------
    lasts
        How long a session lasts without a request; by then its copies have ended by themselves.
    """
    session.execute(delete(EndedSession).where(EndedSession.ended_at < now() - lasts))
    ended = select(EndedSession.id).where(EndedSession.stamp == caller.stamp)
    if session.scalar(ended) is None:
        session.add(EndedSession(account_id=caller.id, stamp=caller.stamp))
    record(session, caller.login, "log out", "account", caller.id)


def end_sessions(session: Session, who: str, account: Account) -> None:
    """Log an account out everywhere."""
    account.epoch += 1
    record(session, who, "log out everywhere", "account", account.id)


def set_language(session: Session, who: str, account: Account, language: str) -> None:
    """Remember the language someone reads."""
    before = {"language": account.language}
    account.language = language
    record(session, who, "change", "account", account.id, before, {"language": language})


def _faults(session: Session, role: str, jurisdiction_id: int | None, officer_id: int | None) -> dict[str, Words]:
    faults: dict[str, Words] = {}
    if role not in STAFF:
        faults["role"] = Said("“{role}” is no role of an account; there are {roles}", role=role, roles=listed(STAFF))
    if jurisdiction_id is not None and session.get(Jurisdiction, jurisdiction_id) is None:
        faults["jurisdiction"] = Said("there is no jurisdiction {key}", key=jurisdiction_id)
    if officer_id is not None and session.get(Officer, officer_id) is None:
        faults["officer"] = Said("there is no officer {key}", key=officer_id)
    return faults


def _is_last_administrator(session: Session, account: Account) -> bool:
    # locked together, so that two administrators cannot lock out each other at the same moment
    active = session.scalars(
        select(Account).where(Account.role == "administrator", Account.active).order_by(Account.id).with_for_update()
    ).all()
    return [one.id for one in active] == [account.id]


def _described(account: Account) -> dict[str, Any]:
    return {name: getattr(account, name) for name in LOGGED}
