"""Logging in and out, and changing the password."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext, lazy_gettext
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from gridgis_web import current, passwords
from gridgis_web.access import current_account, needs
from gridgis_web.rates import spend
from gridgis_web.store import logins
from gridgis_web.store.accounts import Caller, end_session, set_password
from gridgis_web.store.models import Account

PAGE = Blueprint("login", __name__)
LOGIN_RATE = "30 per minute"
"""For one address, behind which may be a whole office; the lock-out of accounts is much stricter."""


class LoginForm(FlaskForm):  # type: ignore[misc]
    """Who, and what only they know."""

    login = StringField(lazy_gettext("Login"), [InputRequired()])
    password = PasswordField(lazy_gettext("Password"), [InputRequired()])


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The old one, and the new one twice."""

    old = PasswordField(lazy_gettext("Present password"), [InputRequired()])
    new = PasswordField(lazy_gettext("New password"), [InputRequired()])
    again = PasswordField(lazy_gettext("New password, once more"), [InputRequired()])


def fault_words(faults: list[str]) -> list[str]:
    """Say in the reader's language what is wrong with a password."""
    length = current.settings().password_length
    words = {
        "short": gettext("At least %(length)s characters, please.", length=length),
        "long": gettext("At most %(length)s characters, please.", length=passwords.LONGEST),
        "login": gettext("It must not contain your login, nor be a part of it."),
        "easy": gettext("It is too easy to guess. Three or four unrelated words are better."),
    }
    return [words[fault] for fault in faults]


def begin_session(caller: Caller) -> None:
    """Log someone in, in a session of their own that knows nothing of the one before."""
    language = session.get("language")
    session.clear()
    session.permanent = True
    if language:
        session["language"] = language
    login_user(caller.in_new_session())


@PAGE.route("/login", methods=["GET", "POST"])
@needs("public.read")
def log_in() -> str | Response | tuple[str, int]:
    """Ask who it is; then go on to where they wanted to go."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form)
    spend("log in", LOGIN_RATE)
    caller = logins.log_in(current.store(), form.login.data, form.password.data, address=request.remote_addr or "")
    if caller is None:
        refused = gettext(
            "Login or password is wrong, or there were too many tries: then wait a little before the next one. "
            "Whoever looks after the accounts can give you a new password."
        )
        return render_template("login.html", form=form, refused=refused), 401
    begin_session(caller)
    return redirect(url_for(".change_password") if caller.must_change else _way_on())


@PAGE.post("/logout")
@needs("account.own")
def log_out() -> Response:
    """End this session, wherever else its cookie may be."""
    lasts = timedelta(hours=current.settings().session_hours)
    with current.store().write() as store:
        end_session(store, current_account(), lasts=lasts)
    logout_user()
    session.clear()
    return redirect(url_for(".log_in"))


@PAGE.route("/password", methods=["GET", "POST"])
@needs("account.own")
def change_password() -> str | Response | tuple[str, int]:
    """Change one's own password; every other session ends."""
    form, caller = PasswordForm(), current_account()
    if not form.validate_on_submit():
        return render_template("password.html", form=form, length=current.settings().password_length)
    spend("log in", LOGIN_RATE)
    with current.store().read() as store:
        seen = store.get_one(Account, caller.id).password
    if not passwords.verify(seen, form.old.data):
        form.old.errors = [gettext("This is not your present password.")]
    faults = passwords.faults_of(form.new.data, caller.login, length=current.settings().password_length)
    form.new.errors = fault_words(faults)
    if form.new.data == form.old.data:
        form.new.errors = [*form.new.errors, gettext("It must be another one than before.")]
    if form.new.data != form.again.data:
        form.again.errors = [gettext("This differs from the line above.")]
    if form.errors:
        return render_template("password.html", form=form, length=current.settings().password_length), 422
    hashed = passwords.HASHER.hash(form.new.data)
    with current.store().write() as store:
        account = store.get_one(Account, caller.id)
        set_password(store, caller.login, account, hashed, must_change=False)
    begin_session(Caller.of(account))
    flash(gettext("Your password is changed; everywhere else you are logged out."))
    return redirect(url_for("home.start"))


def _way_on() -> str:
    """Return where they wanted to go, if that is here."""
    way = request.args.get("next", "")
    local = way.startswith("/") and not way.startswith(("//", "/\\")) and way.isprintable()
    return way if local else url_for("home.start")
