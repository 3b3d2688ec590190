"""Who asks, and whether they may: checked once, before any view; a view without its action is refused to all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.errors import Forbidden, LoginNeeded, NotFound
from gridgis_web.rates import spend
from gridgis_web.roles import TABLE, may
from gridgis_web.store import accounts, tokens
from gridgis_web.store.accounts import PUBLIC, Caller

View = TypeVar("View", bound=Callable[..., Any])

MARK = "gridgis_action"
UNCHANGED_PASSWORD_MAY = ("static", "login.change_password", "login.log_out")
"""The endpoints left to someone who must change their password first."""

TOKEN_RATE = "30 per minute"
"""How often one address may come with a wrong token."""

CSRF = CSRFProtect()


def needs(action: str) -> Callable[[View], View]:
    """Declare which action of `roles.TABLE` a view is; the check itself comes before the view is called.

    Goes on functions and on the methods of a ``MethodView``; other decorators may stand above or below.
    """
    if action not in TABLE:
        raise KeyError(f"“{action}” is not in roles.TABLE")

    def declared(view: View) -> View:
        setattr(view, MARK, action)
        return view

    return declared


def declare(app: Flask, endpoint: str, action: str) -> None:
    """Declare the action of an endpoint whose view comes from a library."""
    needs(action)(app.view_functions[endpoint])


def action_of(app: Flask, endpoint: str, method: str) -> str | None:
    """Return the action that an endpoint declares for a method; None: it declares none."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return "public.read"
    view = app.view_functions[endpoint]
    kind = getattr(view, "view_class", None)
    own = getattr(kind, method.lower(), None) or (getattr(kind, "get", None) if method == "HEAD" else None)
    return getattr(own, MARK, None) or getattr(view, MARK, None)


def walk_routes(app: Flask) -> Iterator[tuple[Rule, str, str | None]]:
    """Yield every route, each of its methods, and the action that is needed."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule, method, action_of(app, rule.endpoint, method)


def current_account() -> Caller:
    """Return who asks; `PUBLIC` when nobody has logged in."""
    if "gridgis_caller" not in g:
        # the page that tells of a failure here must not fail here again
        g.gridgis_caller = PUBLIC
        g.gridgis_caller = _identify()
    return cast(Caller, g.gridgis_caller)


def _identify() -> Caller:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() == "bearer" and not _is_page():
        store, digest = current.store(), tokens.digest_of(token.strip())
        bearer = current.recently(("token", digest), lambda: tokens.find_bearer(store, digest))
        caller = None if bearer is None else tokens.admit(store, bearer)
        if caller is None:
            spend("token", TOKEN_RATE)
            raise LoginNeeded(Said("this token is not known, has ended, or its account is locked"))
        return caller
    return cast(Caller, current_user._get_current_object()) if current_user.is_authenticated else PUBLIC


def guard(app: Flask) -> None:
    """Check every request of an application."""
    manager = LoginManager(app)
    manager.session_protection = None
    manager.anonymous_user = lambda: PUBLIC

    @manager.user_loader  # type: ignore[untyped-decorator,unused-ignore]
    def of_session(key: str) -> Caller | None:
        return current.recently(("session", key), lambda: _find_caller(key))

    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    CSRF.init_app(app)
    app.before_request(_check)

    @app.context_processor
    def who() -> dict[str, Any]:
        account = current_account()
        return {"account": account, "may": lambda action: may(account.role, action)}


def _find_caller(key: str) -> Caller | None:
    with current.store().read() as session:
        return accounts.find_caller(session, key)


def _check() -> Response | None:
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    action = action_of(current_app._get_current_object(), request.endpoint, request.method)  # type: ignore[attr-defined]
    if action is None:
        raise Forbidden(
            Said("{method} {path} declares no action, so nobody may do it", method=request.method, path=request.path)
        )
    account = current_account()
    if not may(account.role, action):
        if account.is_authenticated:
            raise Forbidden(
                Said("Your role does not include this; whoever looks after the accounts can change that.")
                if _is_page()
                else Said("the role “{role}” may not do this ({action})", role=account.role, action=action)
            )
        if request.path.startswith("/api/"):
            raise LoginNeeded(Said("log in, or send a token: Authorization: Bearer …"))
        return redirect(url_for("login.log_in", next=_way_back()))
    if request.method not in current.SAFE and not account.by_token and (_is_page() or account.is_authenticated):
        CSRF.protect()
    if account.must_change and not account.by_token and request.endpoint not in UNCHANGED_PASSWORD_MAY:
        if not _is_page():
            raise Forbidden(Said("change your first password, then go on"))
        return redirect(url_for("login.change_password"))
    return None


def _is_page() -> bool:
    return not request.path.startswith("/api/")


def _way_back() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else "/"


def visible_jurisdictions(session: Session) -> frozenset[int] | None:
    """Return the jurisdictions whose rows the caller may see today; None: all."""
    caller, day = current_account(), current.today()
    return current.recently(
        ("jurisdictions", caller, day), lambda: accounts.visible_jurisdictions(session, caller, day)
    )


def visible_grids(session: Session) -> frozenset[tuple[int, str]] | None:
    """Return the grids, as (jurisdiction, code), whose rows the caller may see today; None: all of theirs."""
    caller, day = current_account(), current.today()
    return current.recently(("grids", caller, day), lambda: accounts.visible_grids(session, caller, day))


def check_jurisdiction(session: Session, jurisdiction_id: int | None) -> None:
    """Raise NotFound unless the caller may see the rows of a jurisdiction; it tells nobody that there is one."""
    seen = visible_jurisdictions(session)
    if seen is not None and jurisdiction_id not in seen:
        raise NotFound(Said("there is nothing here, or it is not yours to see"))


def check_action(action: str) -> None:
    """Raise Forbidden unless the caller's role may do something; for what only shows once a row is read."""
    account = current_account()
    if not may(account.role, action):
        raise Forbidden(Said("the role “{role}” may not do this ({action})", role=account.role, action=action))


def check_grid(session: Session, jurisdiction_id: int, code: str) -> None:
    """Raise NotFound unless the caller may see the rows of a grid."""
    check_jurisdiction(session, jurisdiction_id)
    seen = visible_grids(session)
    if seen is not None and (jurisdiction_id, code) not in seen:
        raise NotFound(Said("there is nothing here, or it is not yours to see"))
