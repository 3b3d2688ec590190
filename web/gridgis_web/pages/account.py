"""One's own account: language, tokens for programs, logging out everywhere."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.languages import NAMES
from gridgis_web.pages.login import begin_session
from gridgis_web.store import accounts, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import Account, now

PAGE = Blueprint("account", __name__, url_prefix="/account")


class TokenForm(FlaskForm):  # type: ignore[misc]
    """What a token is for, and for how long."""

    name = StringField(lazy_gettext("Which program will use it"), [InputRequired(), Length(max=80)])
    days = IntegerField(
        lazy_gettext("Days until it ends"), [InputRequired(), NumberRange(1, tokens.LONGEST_DAYS)], default=90
    )


class LanguageForm(FlaskForm):  # type: ignore[misc]
    """The language to read."""

    language = RadioField(lazy_gettext("Language"), choices=[SelectChoice(*pair) for pair in NAMES.items()])


@PAGE.get("")
@needs("account.own")
def show_account() -> str:
    """Show what one can set."""
    return _page(TokenForm())


@PAGE.post("/language")
@needs("account.own")
def choose_language() -> Response:
    """Remember the language."""
    form, caller = LanguageForm(), current_account()
    if form.validate_on_submit():
        with current.store().write() as store:
            accounts.set_language(store, caller.login, store.get_one(Account, caller.id), form.language.data)
        session.pop("language", None)
    return redirect(url_for(".show_account"))


@PAGE.post("/tokens")
@needs("account.own")
def add_token() -> str | tuple[str, int]:
    """Make a token, and show it this once."""
    form, caller = TokenForm(), current_account()
    if not form.validate_on_submit():
        return _page(form), 422
    with current.store().write() as store:
        made = tokens.add_token(store, caller, form.name.data, days=form.days.data)
    return _page(TokenForm(formdata=None), made=made)


@PAGE.post("/tokens/<int:token_id>/revoke")
@needs("account.own")
def revoke_token(token_id: int) -> Response:
    """End a token."""
    caller = current_account()
    with current.store().write() as store:
        if not tokens.revoke_token(store, caller.login, caller.id or 0, token_id):
            abort(404)
    flash(gettext("The token no longer opens anything."))
    return redirect(url_for(".show_account"))


@PAGE.post("/log-out-everywhere")
@needs("account.own")
def log_out_everywhere() -> Response:
    """End all sessions but this one."""
    caller = current_account()
    with current.store().write() as store:
        account = store.get_one(Account, caller.id)
        accounts.end_sessions(store, caller.login, account)
    begin_session(Caller.of(account))
    flash(gettext("Everywhere else you are logged out."))
    return redirect(url_for(".show_account"))


def _page(form: TokenForm, *, made: str = "") -> str:
    caller = current_account()
    with current.store().read() as store:
        mine = tokens.list_tokens(store, caller.id or 0)
        # a refused form leaves what was typed, and the other form as it is
        language = LanguageForm(formdata=None, language=caller.language)
        return render_template("account.html", form=form, language_form=language, tokens=mine, made=made, moment=now())
