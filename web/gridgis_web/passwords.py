"""Passwords: what they must be, and how they are kept: as Argon2 hashes alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from gridgis.errors import InputError
from gridgis.languages import Said, Words

LONGEST = 200
JUDGED = 64
"""Characters of a password that are judged; judging takes longer than in proportion."""
GUESSES = 1e6
"""A password that is found with fewer guesses is refused."""
UNCLEAR = "il1o0"
HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)

FAULTS: Mapping[str, Callable[[int], Words]] = {
    "short": lambda length: Said("the password must have at least {length} characters", length=length),
    "long": lambda length: Said("the password must have at most {longest} characters", longest=LONGEST),
    "login": lambda length: Said("the password must not contain the login, nor the other way round"),
    "easy": lambda length: Said(
        "the password is among the commonest or easy to guess; three or four unrelated words are better"
    ),
}
"""What may be wrong with a password, as the command line says it."""


def faults_of(password: str, login: str, *, length: int) -> list[str]:
    """Return what is wrong with a new password, as keys of `FAULTS`; none: it may be used."""
    faults = []
    if len(password) < length:
        faults.append("short")
    if len(password) > LONGEST:
        faults.append("long")
    low, name = password.casefold(), login.casefold()
    if name and (name in low or (low and low in name)):
        faults.append("login")
    judged = password[:JUDGED]
    if judged and zxcvbn(judged, user_inputs=[login, "gridgis"])["guesses"] < GUESSES:
        faults.append("easy")
    return faults


def hash_new(password: str, login: str, *, length: int) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    """
    faults = faults_of(password, login, length=length)
    if faults:
        raise InputError(*(FAULTS[fault](length) for fault in faults))
    return HASHER.hash(password)


def verify(hashed: str | None, password: str) -> bool:
    """Tell whether a password is the one of a hash; None, an unknown login's, takes just as long."""
    try:
        right = HASHER.verify(hashed or _nobodys(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return right and hashed is not None


@cache
def _nobodys() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))


def make_password(*, length: int) -> str:
    """Return a random password that people can read out: groups of letters and digits that look like no others."""
    letters = [c for c in "abcdefghijklmnopqrstuvwxyz0123456789" if c not in UNCLEAR]
    groups = max(4, -(-(length + 1) // 5))
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(groups))
