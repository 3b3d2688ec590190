"""Logging in: one transaction decides, counts failures and writes the log; nobody learns which logins exist."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from gridgis_web import passwords
from gridgis_web.store.accounts import Caller, normal_login
from gridgis_web.store.audit_log import record
from gridgis_web.store.database import Store
from gridgis_web.store.models import Account, now

FREE_TRIES = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


def wait_after(failures: int) -> timedelta:
    """Return how long an account waits after so many failures in a row: nothing at first, then twice as long each."""
    if failures < FREE_TRIES:
        return timedelta()
    doubled: int = 2 ** min(failures - FREE_TRIES, 20)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def log_in(
    store: Store, login: str, password: str, *, address: str = "", moment: datetime | None = None
) -> Caller | None:
    """Return the account if login and password are right and it may log in, else None, whatever the reason.

    Every outcome costs one verification and one transaction with one line in the log. While an account waits
    after failures, even the right password is refused, and tries do not make the wait longer.
    """
    moment = moment or now()
    login = normal_login(login)
    with store.read() as session:
        seen = session.scalar(select(Account.password).where(Account.login == login))
    right = passwords.verify(seen, password)
    fresh = passwords.HASHER.hash(password) if right and seen and passwords.HASHER.check_needs_rehash(seen) else None
    with store.write() as session:
        account = session.scalar(select(Account).where(Account.login == login).with_for_update())
        # an unknown login may be a password typed into the wrong field, so it is kept nowhere
        who, key = (account.login, account.id) if account else ("public", "")
        waiting = account is not None and account.locked_until is not None and account.locked_until > moment
        if account is None or waiting or not right or not account.active or account.password != seen:
            if account is not None and not waiting and not right:
                account.failures += 1
                account.locked_until = moment + wait_after(account.failures)
            record(session, who, "log in refused", "account", key, after={"address": address})
            return None
        account.failures, account.locked_until, account.last_login = 0, None, moment
        account.password = fresh or account.password
        record(session, who, "log in", "account", key, after={"address": address})
        return Caller.of(account)
