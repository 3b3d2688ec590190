"""The accounts of everyone, for administrators: adding, changing, locking, new passwords."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from gridgis.languages import Said
from gridgis_web import current, passwords
from gridgis_web.access import current_account, needs
from gridgis_web.errors import NotFound
from gridgis_web.pages.words import ROLES
from gridgis_web.roles import STAFF
from gridgis_web.settings import LANGUAGES
from gridgis_web.store import accounts
from gridgis_web.store.accounts import AccountError
from gridgis_web.store.models import Account, now

PAGE = Blueprint("people", __name__, url_prefix="/people")


def _number(text: object) -> int | None:
    return int(str(text)) if str(text or "").isdecimal() else None


def _choices(none: str, rows: list[tuple[int, str]]) -> list[SelectChoice]:
    return [SelectChoice("", none), *(SelectChoice(str(key), name) for key, name in rows)]


class PlaceForm(FlaskForm):  # type: ignore[misc]
    """What someone may do, and where."""

    role = SelectField(
        lazy_gettext("Role"), choices=[SelectChoice(role, ROLES[role]) for role in STAFF], default="officer"
    )
    jurisdiction = SelectField(lazy_gettext("Jurisdiction, for planners and leaders"), [Optional()], coerce=_number)
    officer = SelectField(lazy_gettext("Officer, for officers"), [Optional()], coerce=_number)

    def offer(self, session: Session) -> None:
        """Offer the jurisdictions and officers that there are."""
        self.jurisdiction.choices = _choices(gettext("everywhere"), accounts.list_jurisdictions(session))
        self.officer.choices = _choices(gettext("none"), accounts.list_officers(session))


class PersonForm(PlaceForm):
    """A new account."""

    login = StringField(lazy_gettext("Login"), [InputRequired(), Length(2, 80)])


@PAGE.get("")
@needs("accounts.edit")
def list_people() -> str:
    """Show all accounts."""
    return _list(PersonForm())


@PAGE.post("")
@needs("accounts.edit")
def add_person() -> str | tuple[str, int]:
    """Add an account, and show its first password this once."""
    form, who, settings = PersonForm(), current_account().login, current.settings()
    with current.store().read() as store:
        form.offer(store)
    if not form.validate_on_submit():
        return _list(form), 422
    password = passwords.make_password(length=settings.password_length)
    hashed = passwords.HASHER.hash(password)
    try:
        with current.store().write() as store:
            account = accounts.add_account(
                store,
                who,
                form.login.data,
                hashed,
                role=form.role.data,
                jurisdiction_id=form.jurisdiction.data,
                officer_id=form.officer.data,
                language=settings.language if settings.language in LANGUAGES else "zh",
            )
    except AccountError as error:
        form.login.errors = [*form.login.errors, *_said(error)]
        return _list(form), 422
    return _list(PersonForm(formdata=None), made=(account.login, password))


@PAGE.route("/<int:account_id>", methods=["GET", "POST"])
@needs("accounts.edit")
def change_person(account_id: int) -> str | Response | tuple[str, int]:
    """Show one account, and give it another role or place."""
    with current.store().read() as store:
        account = _find(store, account_id)
        form = PlaceForm(role=account.role, jurisdiction=account.jurisdiction_id, officer=account.officer_id)
        form.offer(store)
    if not form.validate_on_submit():
        return _person(account, form), 422 if request.method == "POST" else 200
    try:
        with current.store().write() as store:
            accounts.change_account(
                store,
                current_account().login,
                _find(store, account_id),
                role=form.role.data,
                jurisdiction_id=form.jurisdiction.data,
                officer_id=form.officer.data,
            )
    except AccountError as error:
        form.role.errors = _said(error)
        return _person(account, form), 422
    flash(gettext("%(login)s is changed.", login=account.login))
    return redirect(url_for(".list_people"))


@PAGE.post("/<int:account_id>/lock")
@needs("accounts.edit")
def lock(account_id: int) -> Response:
    """Lock an account out."""
    return _set_active(account_id, active=False)


@PAGE.post("/<int:account_id>/unlock")
@needs("accounts.edit")
def unlock(account_id: int) -> Response:
    """Let it in again."""
    return _set_active(account_id, active=True)


@PAGE.post("/<int:account_id>/password")
@needs("accounts.edit")
def give_password(account_id: int) -> str:
    """Give an account a new first password, and show it this once."""
    password = passwords.make_password(length=current.settings().password_length)
    hashed = passwords.HASHER.hash(password)
    with current.store().write() as store:
        account = _find(store, account_id)
        accounts.set_password(store, current_account().login, account, hashed, must_change=True)
    return _list(PersonForm(formdata=None), made=(account.login, password))


def _set_active(account_id: int, *, active: bool) -> Response:
    try:
        with current.store().write() as store:
            account = _find(store, account_id)
            accounts.set_active(store, current_account().login, account, active=active)
    except AccountError as error:
        flash(" ".join(_said(error)), "fault")
        return redirect(url_for(".change_person", account_id=account_id))
    done = gettext("%(login)s may log in again.") if active else gettext("%(login)s is locked and logged out.")
    flash(done % {"login": account.login})
    return redirect(url_for(".list_people"))


def _find(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(Said("there is no account {account_id}", account_id=account_id))
    return account


def _said(error: AccountError) -> list[str]:
    """Say the faults that people here can mend in their language."""
    words = {
        "login": gettext("2 to 80 letters, digits, dots, hyphens, _ or @; first a letter or digit."),
        "reserved": gettext("The service itself goes by this login."),
        "taken": gettext("There is an account of this login already."),
        "last": gettext("This is the last administrator; make another one first."),
    }
    return [words.get(kind, fault) for kind, fault in zip(error.kinds, error.faults, strict=True)]


def _list(form: PersonForm, *, made: tuple[str, str] | None = None) -> str:
    with current.store().read() as store:
        form.offer(store)
        rows = accounts.list_accounts(store)
        places = dict(accounts.list_jurisdictions(store))
        return render_template(
            "people.html", form=form, people=rows, places=places, made=made, moment=now(), roles=ROLES
        )


def _person(account: Account, form: PlaceForm) -> str:
    return render_template("person.html", person=account, form=form, moment=now(), roles=ROLES)
