"""Tokens of machines: shown once, kept as digests, for a set time."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.store.accounts import Caller
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Store
from gridgis_web.store.models import Account, Token, now

PREFIX = "gridgis_"
LONGEST_DAYS = 366
NOTED_EVERY = timedelta(minutes=10)
"""How exactly the last use is known; a write with every request would cost more than it tells."""


def add_token(session: Session, caller: Caller, name: str, *, days: int) -> str:
    """Make a token for the caller's account and return it; nobody can read it again later.

    Raises
    ------
    InputError
        When it has no name, or should last for less than a day or more than 366.
    """
    name = name.strip()
    if not name or len(name) > 80:
        raise InputError(Said("a token needs a name of 1 to 80 characters, such as the program that will use it"))
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            Said("a token lasts 1 to {longest_days} days, not {days}", longest_days=LONGEST_DAYS, days=days)
        )
    text = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        account_id=caller.id,
        name=name,
        digest=digest_of(text),
        expires_at=now() + timedelta(days=days),
        created_by=caller.login,
    )
    session.add(token)
    session.flush()
    record(session, caller.login, "create", "token", token.id, after=_described(token))
    return text


def list_tokens(session: Session, account_id: int) -> Sequence[Token]:
    """Return an account's tokens, the newest first."""
    return session.scalars(select(Token).where(Token.account_id == account_id).order_by(Token.id.desc())).all()


def revoke_token(session: Session, who: str, account_id: int, token_id: int) -> bool:
    """End a token of an account; False: it has no such token."""
    token = session.get(Token, token_id)
    if token is None or token.account_id != account_id:
        return False
    record(session, who, "delete", "token", token.id, before=_described(token))
    session.delete(token)
    return True


class Bearer(NamedTuple):
    """A token that is kept, and the account it stands for."""

    key: int
    caller: Caller
    expires_at: datetime
    last_used: datetime | None


def find_bearer(store: Store, digest: str) -> Bearer | None:
    """Return the token of a digest, ended or not, unless its account is locked."""
    with store.read() as session:
        row = session.execute(
            select(Token, Account).join(Account, Account.id == Token.account_id).where(Token.digest == digest)
        ).first()
        if row is None or not row.Account.active:
            return None
        token = row.Token
        return Bearer(token.id, Caller.of(row.Account, by_token=True), token.expires_at, token.last_used)


def admit(store: Store, bearer: Bearer, *, moment: datetime | None = None) -> Caller | None:
    """Return the account of a token that has not ended; note that it was used."""
    moment = moment or now()
    if bearer.expires_at <= moment:
        return None
    if bearer.last_used is None or bearer.last_used <= moment - NOTED_EVERY:
        with store.write() as session:
            token = session.get(Token, bearer.key)
            if token is not None:
                token.last_used = moment
    return bearer.caller


def digest_of(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def _described(token: Token) -> dict[str, object]:
    return {"name": token.name, "account": token.account_id, "expires": token.expires_at.isoformat()}
