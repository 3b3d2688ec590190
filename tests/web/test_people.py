"""Accounts and their administration: rules, the last administrator, the log, the command line."""

import re
from pathlib import Path

import gridgis_web
import pytest
from click.testing import CliRunner
from gridgis_web import create_app, passwords
from gridgis_web.cli.user import command
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts, audit_log, logins
from gridgis_web.store.models import AuditEntry
from people import HASHED, PASSWORD, add_account, add_office, log_in, token_of
from sqlalchemy import select

from gridgis.errors import InputError

EVERYTHING = audit_log.Filter()


def log_of(store, key):
    with store.read() as session:
        found = select(AuditEntry).where(AuditEntry.subject == "account", AuditEntry.subject_id == str(key))
        return session.scalars(found.order_by(AuditEntry.id)).all()


def test_every_change_of_an_account_is_in_the_log(store):
    keys = add_office(store)
    key = add_account(store, "li.planner", "planner")
    with store.write() as session:
        account = accounts.need_account(session, "LI.Planner")
        accounts.change_account(session, "root", account, role="leader", jurisdiction_id=keys["east"], officer_id=None)
        accounts.set_password(session, "root", account, HASHED, must_change=True)
        accounts.set_language(session, "li.planner", account, "en")
        accounts.end_sessions(session, "li.planner", account)
        accounts.set_active(session, "root", account, active=False)
        accounts.set_active(session, "root", account, active=True)
    lines = log_of(store, key)
    assert [(line.who, line.action) for line in lines] == [
        ("cli", "create"), ("root", "change"), ("root", "change password"), ("li.planner", "change"),
        ("li.planner", "log out everywhere"), ("root", "lock"), ("root", "unlock"),
    ]  # fmt: skip
    assert (lines[1].before["role"], lines[1].after["role"]) == ("planner", "leader")
    assert (lines[5].before["active"], lines[5].after["active"]) == (True, False)
    assert not any("argon2" in str((line.before, line.after)) for line in lines)
    with store.read() as session:
        assert session.get(accounts.Account, key).epoch == 4


def test_a_change_that_fails_leaves_no_line(store):
    key = add_account(store, "root", "administrator")
    with pytest.raises(RuntimeError), store.write() as session:
        accounts.set_language(session, "root", accounts.need_account(session, "root"), "en")
        raise RuntimeError
    assert [line.action for line in log_of(store, key)] == ["create"]


def test_the_last_administrator_stays(store):
    add_account(store, "root", "administrator")
    with store.write() as session:
        root = accounts.need_account(session, "root")
        with pytest.raises(InputError, match="last administrator"):
            accounts.set_active(session, "root", root, active=False)
        with pytest.raises(InputError, match="last administrator"):
            accounts.change_account(session, "root", root, role="planner", jurisdiction_id=None, officer_id=None)
    add_account(store, "second", "administrator")
    with store.write() as session:
        accounts.set_active(session, "second", accounts.need_account(session, "root"), active=False)
        with pytest.raises(InputError, match="last administrator"):
            accounts.set_active(session, "second", accounts.need_account(session, "second"), active=False)


REFUSED = (
    ("root", {}, "already"),
    ("Ｒｏｏｔ ", {}, "already"),
    ("x", {}, "no login"),
    ("a b", {}, "no login"),
    ("public", {}, "service itself"),
    ("li", {"role": "public"}, "no role"),
    ("li", {"role": "king"}, "no role"),
    ("li", {"jurisdiction_id": 77}, "no jurisdiction 77"),
    ("li", {"officer_id": 77}, "no officer 77"),
)


def test_what_no_account_can_be(store):
    add_account(store, "root", "administrator")
    for login, more, said in REFUSED:
        with pytest.raises(InputError, match=said):
            add_account(store, login, **({"role": "planner"} | more))
    with store.read() as session:
        assert [account.login for account in accounts.list_accounts(session)] == ["root"]


def test_reads_of_personal_data_are_logged_without_the_data(store):
    with store.write() as session:
        audit_log.log_read(session, "leader", "officer", [3, 1], ["phone"])
        audit_log.log_read(session, "leader", "officer", [], ["phone"])
        audit_log.log_read(session, "leader", "incident", [7], ["contact"])
    with store.read() as session:
        lines = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(line.subject, line.subject_id, line.after) for line in lines] == [
        ("officer", "", {"ids": ["1", "3"], "fields": ["phone"]}),
        ("incident", "7", {"ids": ["7"], "fields": ["contact"]}),
    ]


def test_the_log_is_filtered_and_turned_page_by_page(store):
    with store.write() as session:
        for i in range(25):
            audit_log.record(session, "甲" if i % 5 else "乙", "change", "plan", i)
    with store.read() as session:

        def page(wanted=EVERYTHING, **where):
            lines, newer, older = audit_log.list_entries(session, wanted, count=10, **where)
            return [int(line.subject_id) for line in lines], newer, older, lines

        first = page()
        second = page(older_than=first[3][-1].id)
        third = page(older_than=second[3][-1].id)
        back = page(newer_than=second[3][0].id)
        assert first[0] + second[0] + third[0] == [*range(24, -1, -1)]
        assert [part[1:3] for part in (first, second, third)] == [(False, True), (True, True), (True, False)]
        assert back[:3] == first[:3]
        few = page(audit_log.Filter(who="乙"))
        assert few[:3] == ([20, 15, 10, 5, 0], False, False)
        assert page(audit_log.Filter(subject="grid"))[:3] == ([], False, False)
        assert page(audit_log.Filter(until=third[3][-1].at))[:3] == ([], False, False)
        assert page(audit_log.Filter(since=third[3][-1].at))[:3] == first[:3]


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("violet-anchor-meadow", []), ("河边的老槐树下有猫", []), ("rq7-zw!k", ["short"]),
        ("x" * 201, ["long", "easy"]),
        ("planner-of-the-east", ["login"]), ("password123", ["easy"]), ("1qaz2wsx3edc", ["easy"]),
        ("aaaaaaaaaaaa", ["easy"]), ("20010101", ["short", "easy"]), ("", ["short"]),
    ],
)  # fmt: skip
def test_what_a_password_must_be(password, faults):
    assert passwords.faults_of(password, "planner", length=9) == faults


def test_made_passwords_pass_and_differ():
    made = {passwords.make_password(length=length) for length in (8, 10, 30) for _ in range(20)}
    assert len(made) == 60
    assert all(passwords.faults_of(one, "root", length=10) == [] for one in made)
    assert all(len(passwords.make_password(length=length)) >= length for length in range(0, 60, 7))


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("GRIDGIS_FOLDER", str(tmp_path))
    monkeypatch.delenv("GRIDGIS_STORE", raising=False)
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    yield store
    store.close()


def run(*words, **more):
    return CliRunner().invoke(command, list(words), **more)


def test_the_first_administrator_by_the_command_line(place):
    assert run("add", "root", "--role", "administrator", "--generate", "--password-stdin").exit_code != 0
    done = run("add", "root", "--role", "administrator", "--generate")
    assert done.exit_code == 0, done.output
    password = done.output.split()[-1]
    caller = logins.log_in(place, "root", password)
    assert (caller.role, caller.must_change) == ("administrator", True)
    assert run("add", "ann", "--role", "planner", "--mine", "--password-stdin", input=PASSWORD + "\n").exit_code == 0
    assert not logins.log_in(place, "ann", PASSWORD).must_change
    listed = run("list").output
    assert "root\tadministrator\tfirst password" in listed
    assert "ann\tplanner\tmay log in" in listed
    assert password not in listed
    assert run("lock", "ann").exit_code == 0
    assert logins.log_in(place, "ann", PASSWORD) is None
    assert run("unlock", "ann").exit_code == 0
    other = "violet-anchor-meadow"
    assert run("passwd", "ann", "--password-stdin", input=other).exit_code == 0
    assert logins.log_in(place, "ann", other).must_change
    with place.read() as session:
        assert set(session.scalars(select(AuditEntry.action).where(AuditEntry.who == "cli"))) == {
            "create", "lock", "unlock", "change password",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (["add", "root", "--role", "administrator"], None, "nobody is here to type"),
        (["add", "root", "--role", "administrator", "--password-stdin"], "12345678\n", "at least 10"),
        (["add", "root", "--role", "administrator", "--password-stdin"], "", "at least 10"),
        (["add", "root", "--role", "leader", "--jurisdiction", "77", "--generate"], None, "no jurisdiction"),
        (["passwd", "nobody", "--generate"], None, "no account"),
        (["lock", "nobody"], None, "no account"),
    ],
)
def test_what_the_command_line_refuses(place, words, given, said):
    done = run(*words, input=given)
    assert done.exit_code != 0
    assert said in str(done.exception)
    with place.read() as session:
        assert session.scalars(select(accounts.Account)).all() == []


@pytest.fixture
def root(tmp_path):
    """A browser at which the administrator has logged in, and the store with its office."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    keys = add_office(store)
    client = create_app(Settings(folder=tmp_path, language="en"), store=store).test_client()
    log_in(client, "root")
    yield client, store, keys
    store.close()


def test_someone_is_added_changed_and_locked_on_the_pages(root):
    client, store, keys = root
    token = token_of(client, "/people")

    def post(path, **data):
        return client.post(path, data={"csrf_token": token, **data})

    page = post("/people", login="王-officer", role="leader", jurisdiction=str(keys["east"]), officer="")
    password = page.get_data(as_text=True).partition("<code>")[2].partition("</code>")[0]
    assert logins.log_in(store, "王-officer", password).must_change
    assert password not in client.get("/people").get_data(as_text=True)
    again = post("/people", login="王-officer", role="leader", jurisdiction="", officer="")
    assert (again.status_code, "already" in again.get_data(as_text=True)) == (422, True)
    assert post("/people", login="li", role="king").status_code == 422
    assert post("/people", login="li", role="leader", jurisdiction="77", officer="").status_code == 422
    with store.read() as session:
        key = accounts.need_account(session, "王-officer").id
        mine = accounts.need_account(session, "root").id
    post(f"/people/{key}", role="officer", jurisdiction="", officer=str(keys["officer"]))
    with store.read() as session:
        changed = session.get(accounts.Account, key)
    assert (changed.role, changed.jurisdiction_id, changed.officer_id) == ("officer", None, keys["officer"])
    post(f"/people/{key}/lock")
    assert "locked" in client.get(f"/people/{key}").get_data(as_text=True)
    post(f"/people/{mine}/lock")
    assert "last administrator" in client.get(f"/people/{mine}").get_data(as_text=True)
    assert client.get("/people/9999").status_code == 404
    log = client.get(f"/audit?subject=account&subject_id={key}").get_data(as_text=True)
    assert all(word in log for word in ("created", "changed", "locked", "logged in", "王-officer"))
    assert "<ins>Officer</ins>" in log
    assert "root" not in client.get(f"/audit?who=cli&subject_id={key}").get_data(as_text=True).partition("<table>")[2]
    assert "Nothing in the log" in client.get("/audit?until=2020-01-01").get_data(as_text=True)


def test_pages_speak_the_language_of_who_reads(root):
    client, _, _ = root
    app = client.application

    def heading(reader, **where):
        return re.search(r"<h1>(.*?)</h1>", reader.get("/login", **where).get_data(as_text=True))[1]

    chinese, english = {"Accept-Language": "zh-CN,zh;q=0.9"}, {"Accept-Language": "en-GB"}
    assert heading(app.test_client()) == "Log in"
    assert heading(app.test_client(), headers=chinese) == "登录"
    assert heading(app.test_client(), headers=english) == "Log in"
    reader = app.test_client()
    assert heading(reader, query_string={"lang": "zh"}, headers=english) == "登录"
    assert heading(reader, headers=english) == "登录"
    assert heading(reader, query_string={"lang": "xx"}, headers=english) == "登录"
    # what the account says counts more than what the browser says
    assert '<html lang="en"' in client.get("/account", headers=chinese).get_data(as_text=True)
    client.post("/account/language", data={"language": "zh", "csrf_token": token_of(client, "/account")})
    assert '<html lang="zh-Hans"' in client.get("/account", headers=english).get_data(as_text=True)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme):
    css = (Path(gridgis_web.__file__).parent / "static" / "css" / "tokens.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light if scheme == "light" else dark))

    def contrast(one, other):
        high, low = sorted((luminance(colours[one]), luminance(colours[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    grounds = ("ground", "surface", "raised")
    pairs = [(text, ground) for text in ("ink", "quiet", "accent") for ground in grounds]
    pairs += [(state, f"{state}-soft") for state in ("good", "attention", "overdue", "emergency")]
    pairs += [("on-accent", "accent"), ("on-accent", "accent-strong")]
    pairs += [("accent-strong", "accent-soft"), ("overdue", "surface")]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.5} == {}
    assert contrast("edge", "surface") >= 3
