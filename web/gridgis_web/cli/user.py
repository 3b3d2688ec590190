"""``gridgis user``: accounts, from the first administrator on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.roles import STAFF
from gridgis_web.settings import Settings

if TYPE_CHECKING:
    from gridgis_web.store import Store
    from gridgis_web.store.models import Account

WHO = "cli"
at_store = click.option(
    "--store", "place", metavar="PLACE", help="A GeoPackage file or postgresql://…; default: the settings'."
)
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
generated = click.option("--generate", is_flag=True, help="Make a password and print it, once.")


@click.group(name="user")
def command() -> None:
    """Look after the accounts that log in to the service."""


@command.command()
@click.argument("login")
@click.option("--role", type=click.Choice(STAFF), required=True)
@click.option(
    "--jurisdiction", metavar="CODE", help="Of a planner or leader: theirs and all below; default: everywhere."
)
@click.option(
    "--mine", is_flag=True, help="It is your own account: the password need not be changed at the first log-in."
)
@from_stdin
@generated
@at_store
def add(
    login: str, role: str, jurisdiction: str | None, mine: bool, password_stdin: bool, generate: bool, place: str | None
) -> None:
    """Add an account; the password is asked for, or read, or made."""
    from gridgis_web import passwords
    from gridgis_web.store import accounts

    settings = Settings.read()
    with _opened(place, settings) as store:
        password = _password(settings, from_stdin=password_stdin, generate=generate)
        hashed = passwords.hash_new(password, accounts.normal_login(login), length=settings.password_length)
        with store.write() as session:
            where = accounts.find_jurisdiction(session, jurisdiction) if jurisdiction else None
            account = accounts.add_account(
                session,
                WHO,
                login,
                hashed,
                role=role,
                jurisdiction_id=where,
                language=settings.language,
                must_change=not mine or generate,
            )
    click.echo(f"added {account.login}, {role}")
    if generate:
        _show(password)


@command.command(name="list")
@at_store
def list_users(place: str | None) -> None:
    """List the accounts."""
    from gridgis_web.store import accounts

    with _opened(place, Settings.read()) as store, store.read() as session:
        for account in accounts.list_accounts(session):
            last = (
                f"last logged in {account.last_login:%Y-%m-%d %H:%M} UTC" if account.last_login else "never logged in"
            )
            click.echo(f"{account.login}\t{account.role}\t{_state(account)}\t{last}")


@command.command()
@click.argument("login")
@click.option(
    "--mine", is_flag=True, help="It is your own account: the password need not be changed at the next log-in."
)
@from_stdin
@generated
@at_store
def passwd(login: str, mine: bool, password_stdin: bool, generate: bool, place: str | None) -> None:
    """Give an account a new password; its sessions end."""
    from gridgis_web import passwords
    from gridgis_web.store import accounts

    settings = Settings.read()
    with _opened(place, settings) as store:
        with store.read() as session:
            name = accounts.need_account(session, login).login
        password = _password(settings, from_stdin=password_stdin, generate=generate)
        hashed = passwords.hash_new(password, name, length=settings.password_length)
        with store.write() as session:
            account = accounts.need_account(session, login)
            accounts.set_password(session, WHO, account, hashed, must_change=not mine or generate)
    click.echo(f"{account.login} has a new password")
    if generate:
        _show(password)


@command.command()
@click.argument("login")
@at_store
def lock(login: str, place: str | None) -> None:
    """Lock an account: its sessions end, its tokens stop."""
    _set_active(login, place, active=False)


@command.command()
@click.argument("login")
@at_store
def unlock(login: str, place: str | None) -> None:
    """Let an account in again, failed log-ins forgotten."""
    _set_active(login, place, active=True)


def _set_active(login: str, place: str | None, *, active: bool) -> None:
    from gridgis_web.store import accounts

    with _opened(place, Settings.read()) as store, store.write() as session:
        account = accounts.need_account(session, login)
        accounts.set_active(session, WHO, account, active=active)
    click.echo(f"{account.login} {'may log in' if active else 'is locked'}")


@contextmanager
def _opened(place: str | None, settings: Settings) -> Iterator[Store]:
    from gridgis_web.store import Store

    store = Store.at(place or settings.place)
    store.check()
    try:
        yield store
    finally:
        store.close()


def _password(settings: Settings, *, from_stdin: bool, generate: bool) -> str:
    from gridgis_web import passwords

    if from_stdin and generate:
        raise click.UsageError("--password-stdin and --generate exclude each other")
    if generate:
        return passwords.make_password(length=settings.password_length)
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InputError(Said("nobody is here to type a password; use --password-stdin or --generate"))
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    return typed


def _show(password: str) -> None:
    click.echo(f"first password, shown only now: {password}")


def _state(account: Account) -> str:
    from gridgis_web.store.models import now

    if not account.active:
        return "locked"
    if account.locked_until and account.locked_until > now():
        return "waits after failed log-ins"
    return "first password" if account.must_change else "may log in"
