"""Logging in: lock-out with growing waits, nothing for strangers to learn, sessions that end when they should."""

from datetime import timedelta

import pytest
from gridgis_web import create_app, passwords
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts, logins
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import Account, AuditEntry, EndedSession, now
from people import PASSWORD, add_account, log_in, token_of
from sqlalchemy import select

START = now()


def entries(store, action=None):
    with store.read() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    return [entry for entry in found if action in (None, entry.action)]


def row(store, login):
    with store.read() as session:
        return accounts.need_account(session, login)


@pytest.fixture
def here(tmp_path):
    """A store with three accounts, and a function that opens browsers at its service."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    add_account(store, "root", "administrator")
    add_account(store, "leader", "leader")
    add_account(store, "newcomer", "officer", must_change=True)
    app = create_app(Settings(folder=tmp_path, language="en"), store=store)
    yield store, app.test_client
    store.close()


def test_waits_grow_and_end_and_are_forgotten(store):
    add_account(store, "leader", "leader")
    moment, waits = START, []
    for _ in range(logins.FREE_TRIES + 9):
        assert logins.log_in(store, "leader", "wrong", moment=moment) is None
        until = row(store, "leader").locked_until
        waits.append(until - moment)
        # even the right password has to wait, and asking early makes it no longer
        if until > moment:
            assert logins.log_in(store, "leader", PASSWORD, moment=until - timedelta(seconds=1)) is None
            assert row(store, "leader").locked_until == until
        moment = until
    free, rest = waits[: logins.FREE_TRIES - 1], waits[logins.FREE_TRIES - 1 :]
    assert set(free) == {timedelta()}
    assert rest[:3] == [logins.FIRST_WAIT, 2 * logins.FIRST_WAIT, 4 * logins.FIRST_WAIT]
    assert rest[-1] == logins.LONGEST_WAIT
    assert logins.log_in(store, "Leader ", PASSWORD, moment=moment).login == "leader"
    assert (row(store, "leader").failures, row(store, "leader").locked_until) == (0, None)
    assert logins.log_in(store, "leader", "wrong", moment=moment) is None
    assert logins.log_in(store, "leader", PASSWORD, moment=moment) is not None


def test_every_try_costs_one_verification_and_one_line_of_the_log(store, monkeypatch):
    """Whether the login exists, waits, is locked or right: time and traces are the same."""
    for login in ("leader", "waits", "locked"):
        add_account(store, login, "leader")
    with store.write() as session:
        accounts.set_active(session, "root", accounts.need_account(session, "locked"), active=False)
        accounts.need_account(session, "waits").locked_until = now() + timedelta(hours=1)
    verified = []
    verify = passwords.HASHER.verify
    monkeypatch.setattr(
        passwords, "HASHER", type("Counting", (), {
            "verify": staticmethod(lambda hashed, given: verified.append(hashed) or verify(hashed, given)),
            "hash": staticmethod(passwords.HASHER.hash),
            "check_needs_rehash": staticmethod(passwords.HASHER.check_needs_rehash),
        })
    )  # fmt: skip
    for login, password in (
        ("leader", "wrong"), ("waits", PASSWORD), ("locked", PASSWORD), ("nobody-here", PASSWORD), ("leader", PASSWORD)
    ):  # fmt: skip
        lines = len(entries(store))
        verified.clear()
        caller = logins.log_in(store, login, password, address="192.0.2.1")
        assert (caller is not None) == ((login, password) == ("leader", PASSWORD))
        assert len(verified) == 1
        assert verified[0].split("$")[:4] == row(store, "leader").password.split("$")[:4], "as costly as all others"
        assert len(entries(store)) == lines + 1
    assert [entry.who for entry in entries(store, "log in refused")] == ["leader", "waits", "locked", "public"]
    assert "nobody-here" not in str([(entry.who, entry.subject_id, entry.after) for entry in entries(store)])


def test_the_page_says_the_same_to_all_who_are_refused(here):
    store, browser = here
    with store.write() as session:
        accounts.set_active(session, "root", accounts.need_account(session, "leader"), active=False)
    answers = [log_in(browser(), login, password) for login, password in (
        ("root", "wrong"), ("leader", PASSWORD), ("nobody", PASSWORD)
    )]  # fmt: skip
    assert {answer.status_code for answer in answers} == {401}
    texts = [answer.get_data(as_text=True).partition('role="alert">')[2].partition("<")[0] for answer in answers]
    assert len(set(texts)) == 1
    assert texts[0]


def test_one_address_may_not_try_for_ever(here):
    _, browser = here
    client = browser()
    token = token_of(client)
    data = {"login": "nobody", "password": "x", "csrf_token": token}
    codes = [client.post("/login", data=data).status_code for _ in range(31)]
    assert codes == [401] * 30 + [429]


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "192.0.2.7")])
def test_a_proxy_s_word_counts_only_where_one_is_set(here, tmp_path, proxies, address):
    store, _ = here
    client = create_app(Settings(folder=tmp_path, proxies=proxies), store=store).test_client()
    data = {"login": "root", "password": PASSWORD, "csrf_token": token_of(client)}
    client.post("/login", data=data, headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.7"})
    assert [entry.after["address"] for entry in entries(store, "log in")] == [address]


def test_after_login_on_to_where_they_wanted_but_nowhere_else(here):
    _, browser = here
    client = browser()
    sent = client.get("/audit?who=root")
    assert sent.location == "/login?next=/audit?who%3Droot"
    data = {"login": "root", "password": PASSWORD, "csrf_token": token_of(client)}
    assert client.post(sent.location, data=data).location == "/audit?who=root"
    for way in ("//evil.example", "/\\evil.example", "https://evil.example", "/\n/evil.example"):
        client = browser()
        data["csrf_token"] = token_of(client)
        assert client.post("/login", query_string={"next": way}, data=data).location == "/"


def test_no_form_works_without_its_csrf_token(here):
    store, browser = here
    assert browser().post("/login", data={"login": "root", "password": PASSWORD}).status_code == 400
    client = browser()
    log_in(client, "root")
    before = len(entries(store))
    refused = client.post("/account/log-out-everywhere")
    assert refused.status_code == 400
    assert "load it again" in refused.get_data(as_text=True)
    assert client.post("/account/log-out-everywhere", data={"csrf_token": "made up"}).status_code == 400
    assert len(entries(store)) == before
    assert (
        client.post("/account/log-out-everywhere", data={"csrf_token": token_of(client, "/account")}).status_code == 302
    )


def test_the_first_password_must_be_changed_before_anything_else(here):
    store, browser = here
    client = browser()
    assert log_in(client, "newcomer").location == "/password"
    assert client.get("/").location == "/password"
    assert client.get("/account").location == "/password"

    def change(old, new, again):
        data = {"old": old, "new": new, "again": again, "csrf_token": token_of(client, "/password")}
        return client.post("/password", data=data)

    good = "violet-anchor-meadow-31"
    for old, new, again, said in (
        ("not-the-one", good, good, "not your present password"),
        (PASSWORD, PASSWORD, PASSWORD, "another one than before"),
        (PASSWORD, "short", "short", "At least 10"),
        (PASSWORD, "newcomer-2026-11", "newcomer-2026-11", "your login"),
        (PASSWORD, "1234567890", "1234567890", "easy to guess"),
        (PASSWORD, good, good + "x", "differs"),
    ):
        answer = change(old, new, again)
        assert (answer.status_code, said in answer.get_data(as_text=True)) == (422, True), said
    assert row(store, "newcomer").must_change
    assert change(PASSWORD, good, good).location == "/"
    assert client.get("/").status_code == 200
    assert log_in(browser(), "newcomer", good).location == "/"
    assert log_in(browser(), "newcomer").status_code == 401


@pytest.mark.parametrize("how", ["password", "everywhere", "lock", "new password"])
def test_what_ends_the_other_sessions(here, how):
    store, browser = here
    mine, other, root = browser(), browser(), browser()
    log_in(mine, "leader")
    log_in(other, "leader")
    log_in(root, "root")
    assert other.get("/account").status_code == 200
    key = row(store, "leader").id
    if how == "password":
        new = "violet-anchor-meadow-31"
        data = {"old": PASSWORD, "new": new, "again": new, "csrf_token": token_of(mine, "/password")}
        mine.post("/password", data=data)
    elif how == "everywhere":
        mine.post("/account/log-out-everywhere", data={"csrf_token": token_of(mine, "/account")})
    else:
        path = f"/people/{key}/" + ("lock" if how == "lock" else "password")
        root.post(path, data={"csrf_token": token_of(root, "/people")})
    assert other.get("/account").location.startswith("/login")
    assert mine.get("/account").status_code == (200 if how in ("password", "everywhere") else 302)


def test_a_copied_cookie_opens_nothing_after_logging_out(here):
    """The session itself is over, not only this browser's cookie; those of other browsers go on."""
    store, browser = here
    mine, thief, other = browser(), browser(), browser()
    log_in(mine, "leader")
    log_in(other, "leader")
    thief.set_cookie("session", mine.get_cookie("session").value)
    assert thief.get("/account").status_code == 200
    mine.post("/logout", data={"csrf_token": token_of(mine, "/account")})
    assert thief.get("/account").location.startswith("/login")
    assert other.get("/account").status_code == 200
    assert [entry.who for entry in entries(store, "log out")] == ["leader"]
    again = log_in(mine, "leader")
    assert again.status_code == 302
    assert mine.get("/account").status_code == 200


def test_ended_sessions_are_forgotten_when_their_cookies_have_ended(store):
    add_account(store, "leader", "leader")
    first, second = (Caller.of(row(store, "leader")).in_new_session() for _ in range(2))
    lasts = timedelta(hours=12)
    with store.write() as session:
        accounts.end_session(session, first, lasts=lasts)
        session.scalars(select(EndedSession)).one().ended_at = now() - timedelta(hours=13)
    for _ in range(2):  # twice from two windows of one browser
        with store.write() as session:
            accounts.end_session(session, second, lasts=lasts)
    with store.read() as session:
        assert session.scalars(select(EndedSession.stamp)).all() == [second.stamp]
        assert accounts.find_caller(session, second.get_id()) is None
        assert accounts.find_caller(session, Caller.of(row(store, "leader")).in_new_session().get_id()) is not None


def test_a_session_of_another_secret_is_nobodys(here, tmp_path):
    store, browser = here
    client = browser()
    log_in(client, "root")
    cookie = client.get_cookie("session").value
    strange = create_app(Settings(folder=tmp_path, secret="another"), store=store).test_client()
    strange.set_cookie("session", cookie)
    assert strange.get("/people").location.startswith("/login")


def test_nothing_secret_is_in_the_log_or_on_a_page(here):
    store, browser = here
    client = browser()
    log_in(client, "root")
    log_in(browser(), "leader", "violet-anchor-meadow-31")
    text = str([(entry.who, entry.subject_id, entry.before, entry.after) for entry in entries(store)])
    text += client.get("/audit").get_data(as_text=True) + client.get("/people").get_data(as_text=True)
    with store.read() as session:
        hashes = session.scalars(select(Account.password)).all()
    assert not any(secret in text for secret in (PASSWORD, "violet-anchor", "argon2", *hashes))


def test_every_answer_carries_the_safety_headers(here):
    _, browser = here
    client = browser()
    for path in ("/login", "/nothing", "/api/v1/nothing", "/static/css/base.css", "/"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert client.get("/login").headers["Cache-Control"] == "no-store"
    cookie = browser().get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
