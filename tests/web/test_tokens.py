"""Tokens of machines: for the API alone, for their time alone, kept as digests."""

from datetime import timedelta

import pytest
from gridgis_web import create_app
from gridgis_web.access import current_account, needs
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import AuditEntry, Token, now
from people import add_account, log_in, token_of
from sqlalchemy import select

from gridgis.errors import InputError


def make(store, login="planner", days=30):
    with store.write() as session:
        caller = Caller.of(accounts.need_account(session, login))
        return tokens.add_token(session, caller, "city platform", days=days)


def opens(store, text, moment=None):
    """Return whose account a token opens at a moment; None: nobody's."""
    bearer = tokens.find_bearer(store, tokens.digest_of(text))
    return bearer and tokens.admit(store, bearer, moment=moment)


def test_a_token_lasts_for_its_time_and_is_kept_as_a_digest(store):
    add_account(store, "planner", "planner")
    text, made = make(store, days=30), now()
    assert opens(store, text, moment=made + timedelta(days=29, hours=23)).login == "planner"
    assert opens(store, text, moment=made + timedelta(days=30, seconds=1)) is None
    assert opens(store, text + "x") is None
    with store.read() as session:
        token = session.scalars(select(Token)).one()
        log = session.scalars(select(AuditEntry).where(AuditEntry.subject == "token")).one()
    assert text not in (token.digest, token.name)
    assert (log.action, log.who, log.after["name"]) == ("create", "planner", "city platform")
    assert token.digest not in str(log.after)


def test_the_last_use_is_noted_now_and_then(store):
    add_account(store, "planner", "planner")
    text, moment = make(store), now()
    seen = []
    for minutes in (0, 5, 11, 12):
        opens(store, text, moment=moment + timedelta(minutes=minutes))
        with store.read() as session:
            seen.append((session.scalars(select(Token.last_used)).one() - moment) / timedelta(minutes=1))
    assert seen == [0, 0, 11, 11]


def test_a_locked_account_s_tokens_and_revoked_ones_open_nothing(store):
    key = add_account(store, "planner", "planner")
    other = add_account(store, "leader", "leader")
    text, second = make(store), make(store)
    with store.write() as session:
        first = tokens.list_tokens(session, key)[-1].id
        assert not tokens.revoke_token(session, "leader", other, first)
        assert tokens.revoke_token(session, "planner", key, first)
    assert opens(store, text) is None
    assert opens(store, second) is not None
    with store.write() as session:
        add_root = accounts.need_account(session, "planner")
        accounts.set_active(session, "root", add_root, active=False)
    assert opens(store, second) is None


def test_what_no_token_can_be(store):
    add_account(store, "planner", "planner")
    for name, days in (("", 30), (" ", 30), ("x" * 81, 30), ("x", 0), ("x", 367)):
        with pytest.raises(InputError), store.write() as session:
            tokens.add_token(session, Caller.of(accounts.need_account(session, "planner")), name, days=days)


@pytest.fixture
def here(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    add_account(store, "planner", "planner")
    add_account(store, "leader", "leader")
    app = create_app(Settings(folder=tmp_path, language="en"), store=store)

    @app.route("/api/v1/things", methods=["GET", "POST"])
    @needs("plans.edit")
    def things():
        return {"who": current_account().login}

    @app.post("/api/v1/reports")
    @needs("incidents.report")
    def reports():
        return {"who": current_account().login}

    yield store, app.test_client
    store.close()


def test_a_token_opens_the_api_and_no_page(here):
    store, browser = here
    bearer = {"Authorization": f"Bearer {make(store)}"}
    client = browser()
    assert client.get("/api/v1/things", headers=bearer).json == {"who": "planner"}
    assert client.post("/api/v1/things", headers=bearer).json == {"who": "planner"}
    assert client.get("/account", headers=bearer).status_code == 302
    weak = {"Authorization": f"Bearer {make(store, 'leader')}"}
    assert client.get("/api/v1/things", headers=weak).status_code == 403


def test_a_wrong_token_is_refused_even_beside_a_session_and_not_for_ever(here):
    _, browser = here
    client = browser()
    log_in(client, "planner")
    assert client.get("/api/v1/things").status_code == 200
    codes = [client.get("/api/v1/things", headers={"Authorization": "Bearer x"}).status_code for _ in range(31)]
    assert codes == [401] * 30 + [429]


def test_a_browser_writes_to_the_api_only_with_its_csrf_token(here):
    _, browser = here
    client = browser()
    log_in(client, "planner")
    assert client.post("/api/v1/things").status_code == 400
    assert client.post("/api/v1/reports").status_code == 400
    token = token_of(client, "/account")
    assert client.post("/api/v1/things", headers={"X-CSRFToken": token}).status_code == 200
    # who has not logged in has no rights that another site could borrow
    assert browser().post("/api/v1/reports").json == {"who": "public"}


def test_made_on_the_page_shown_once_and_revoked(here):
    store, browser = here
    client = browser()
    log_in(client, "planner")
    data = {"name": "平台", "days": "7", "csrf_token": token_of(client, "/account")}
    page = client.post("/account/tokens", data=data)
    text = page.get_data(as_text=True).partition("<code>")[2].partition("</code>")[0]
    assert page.headers["Cache-Control"] == "no-store"
    assert opens(store, text).login == "planner"
    shown = client.get("/account").get_data(as_text=True)
    assert "平台" in shown
    assert text not in shown
    key = store_key(store)
    assert client.post(f"/account/tokens/{key + 1}/revoke", data={"csrf_token": data["csrf_token"]}).status_code == 404
    client.post(f"/account/tokens/{key}/revoke", data={"csrf_token": data["csrf_token"]})
    assert opens(store, text) is None


def store_key(store):
    with store.read() as session:
        return session.scalars(select(Token.id)).one()
