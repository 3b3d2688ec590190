"""What is kept of the store in memory: nothing of it outlives a write, whoever wrote, on both back ends."""

import threading
from datetime import timedelta

import pytest
from gridgis_web import create_app
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts, life, plans, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import Token
from gridgis_web.store.officers import add_officer, add_posting, change_posting
from people import TODAY, add_account, log_in
from service_processes import place
from small_plans import add_community, even_plan, keep
from sqlalchemy import event, select, text


@pytest.fixture
def elsewhere(store):
    """The same store as another process has it."""
    other = Store.at(place(store))
    yield other
    other.close()


def token(store, login):
    with store.write() as session:
        return tokens.add_token(session, Caller.of(accounts.need_account(session, login)), "test", days=30)


def test_what_was_read_holds_until_anybody_writes(store, elsewhere):
    kept = store.recent()
    kept["a"] = 1
    with elsewhere.read() as session:
        session.scalars(select(Token)).all()
    assert store.recent() == {"a": 1}
    for writer in (store, elsewhere):
        before = store.recent()
        before["a"] = 1
        with writer.write() as session:
            add_community(session, f"11010100100{writer is store:d}")
            assert store.recent() is before, "nobody else sees it yet"
        assert store.recent() == {}


def test_a_connection_that_is_lost_takes_what_was_kept_with_it(store):
    store.recent()["a"] = 1
    if store.embedded:
        store._recent._line.connection.dbapi_connection.close()
    else:
        key = store._recent._line.connection.dbapi_connection.info.backend_pid
        with store.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:key)"), {"key": key})
    assert store.recent() == {}


@pytest.fixture
def town(store, tmp_path):
    """An application over a published plan, its client, and the path of the plan's grids."""
    with store.write() as session:
        at = add_community(session)
        row = keep(session, at, even_plan(), name="Plan")
        life.publish(session, row.id, 1, day=TODAY, today=TODAY, who="planner", files=b"files")
        key = row.id
    add_account(store, "planner", "planner", jurisdiction_id=at)
    app = create_app(Settings(folder=tmp_path / "own", language="en"), store=store)
    return app.test_client(), f"/api/v1/plans/{key}", at


def count_statements(store, run):
    told = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: told.append(given[2]))
    run()
    return len(told)


def test_the_store_is_left_alone_where_nothing_changed(store, town):
    client, path, _ = town
    bearer = {"Authorization": f"Bearer {token(store, 'planner')}"}

    def ask():
        assert client.get(f"{path}/grids", headers=bearer).status_code == 200

    ask()
    ask()
    assert count_statements(store, ask) == 0


def test_tokens_and_accounts_end_at_once(store, elsewhere, town):
    client, path, _ = town
    first, second = ({"Authorization": f"Bearer {token(store, 'planner')}"} for _ in range(2))

    def codes():
        return [client.get(f"{path}/grids", headers=bearer).status_code for bearer in (first, second)]

    assert codes() == codes() == [200, 200]
    with elsewhere.write() as session:
        account = accounts.need_account(session, "planner")
        oldest = tokens.list_tokens(session, account.id)[-1].id
        tokens.revoke_token(session, "planner", account.id, oldest)
    assert codes() == [401, 200]
    with elsewhere.write() as session:
        accounts.set_active(session, "root", accounts.need_account(session, "planner"), active=False)
    assert codes() == [401, 401]


def test_roles_places_and_postings_count_from_the_next_request_on(store, elsewhere, town):
    client, path, at = town
    with store.write() as session:
        stranger = add_community(session, "110101001002")
        officer = add_officer(session, at, "One", who="cli")
        code = plans.grids_of(session, int(path.rpartition("/")[2]))[0].code
        posting = add_posting(session, officer, code, TODAY - timedelta(days=2), who="cli").id
        key = officer.id
    add_account(store, "officer", "officer", officer_id=key)
    planner, officer = ({"Authorization": f"Bearer {token(store, login)}"} for login in ("planner", "officer"))

    def seen(bearer):
        answer = client.get(f"{path}/grids", headers=bearer)
        return len(answer.json["features"]) if answer.status_code == 200 else answer.status_code

    whole = seen(planner)
    assert whole > 1
    assert seen(officer) == seen(officer) == 1
    with elsewhere.write() as session:
        change_posting(session, posting, who="cli", values={"ends": TODAY})
        account = accounts.need_account(session, "planner")
        accounts.change_account(session, "root", account, role="planner", jurisdiction_id=stranger, officer_id=None)
    assert (seen(planner), seen(officer)) == (404, 404)


def test_a_plan_that_is_saved_anew_is_shown_anew(store, elsewhere, town):
    client, _, at = town
    with store.write() as session:
        draft = keep(session, at, even_plan(), name="Draft").id
    client_path = f"/api/v1/plans/{draft}/grids"
    bearer = {"Authorization": f"Bearer {token(store, 'planner')}"}
    before = client.get(client_path, headers=bearer)
    same = client.get(client_path, headers=bearer | {"If-None-Match": before.headers["ETag"]})
    assert same.status_code == 304
    with elsewhere.write() as session:
        grid = plans.grids_of(session, draft)[0]
        grid.name = "another name"
        plans.rename(session, draft, 1, "another", who="planner")
    after = client.get(client_path, headers=bearer | {"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "another name" in [feature["properties"]["name"] for feature in after.json["features"]]


def test_sessions_end_at_once(store, elsewhere, town):
    client, path, _ = town
    log_in(client, "planner")
    assert client.get(f"{path}/grids").status_code == 200
    with elsewhere.write() as session:
        accounts.set_active(session, "root", accounts.need_account(session, "planner"), active=False)
    assert client.get(f"{path}/grids").status_code == 401


def test_whoever_asks_at_the_same_time_gets_the_same(store, town):
    client, path, _ = town
    bearer = {"Authorization": f"Bearer {token(store, 'planner')}"}
    found = []

    def ask():
        found.extend(client.application.test_client().get(f"{path}/grids", headers=bearer).data for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    assert len(set(found)) == 1
