"""Every route × every role, against the one table; and that nobody gets in who may not."""

import pytest
from gridgis_web import create_app
from gridgis_web.access import action_of, check_grid, check_jurisdiction, needs, walk_routes
from gridgis_web.errors import NotFound
from gridgis_web.roles import ROLES, TABLE, Scope, may, scope
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts
from gridgis_web.store.accounts import PUBLIC, Caller
from people import TODAY, add_account, add_office, log_in
from werkzeug.routing import BuildError

WHO = {
    "nobody": "public", "officer": "officer", "former": "officer", "leader": "leader", "planner": "planner",
    "root": "administrator",
}  # fmt: skip
"""Login -> role; ``former`` is an officer whose posting has ended."""
REFUSED = (401, 403)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    store = Store.at(folder / "store.gpkg")
    store.upgrade()
    keys = add_office(store)
    # their own accounts may be locked on the way; nobody logs in with these
    keys["spare"] = add_account(store, "spare", "officer")
    app = create_app(Settings(folder=folder), store=store)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app, store, keys
    store.close()


@pytest.fixture(scope="module")
def clients(office):
    app, _, _ = office
    app.config["WTF_CSRF_ENABLED"] = True
    found = {"nobody": app.test_client()}
    for login in WHO:
        if login != "nobody":
            found[login] = app.test_client()
            assert log_in(found[login], login).status_code == 302
    app.config["WTF_CSRF_ENABLED"] = False
    return found


def test_the_table_names_every_role_once_in_every_row():
    assert all(len(row) == len(ROLES) for row in TABLE.values())
    assert all(scope("administrator", action) is Scope.EVERYWHERE for action in TABLE)
    assert all(may(role, "public.read") for role in ROLES)


def test_every_route_declares_an_action_of_the_table(office):
    app, _, _ = office
    undeclared = [f"{method} {rule}" for rule, method, action in walk_routes(app) if action not in TABLE]
    assert undeclared == []


def fill(rule, keys):
    """Return values for a route's arguments: the spare account's number, one of a fixed set, 1 else."""
    known = {"account_id": keys["spare"], "layer": "base", "wanted": "all", "table": "moves", "kind": "posts"}
    known["part"] = "worker.js"
    return {name: known.get(name, "1") for name in rule.arguments}


def test_every_route_answers_every_role_as_the_table_says(office, clients):
    app, _, keys = office
    wrong, walked = [], 0
    # logging out last, so that the others are still logged in
    routes = sorted(
        walk_routes(app), key=lambda route: route[0].endpoint in ("login.log_out", "account.log_out_everywhere")
    )
    for rule, method, action in routes:
        with app.test_request_context():
            adapter = app.url_map.bind("localhost")
            try:
                path = adapter.build(rule.endpoint, fill(rule, keys), method=method)
            except BuildError:
                pytest.fail(f"no path for {rule}; teach `fill` its arguments")
        for login, role in WHO.items():
            answer = clients[login].open(path, method=method)
            sent_away = answer.status_code == 302 and answer.location.startswith("/login?next=")
            let_in = not (sent_away or answer.status_code in REFUSED)
            walked += 1
            if let_in != may(role, action) or answer.status_code >= 500:
                wrong.append((method, path, login, action, answer.status_code))
    assert wrong == []
    assert walked >= len(WHO) * 15


def test_a_view_without_an_action_is_refused_even_to_administrators(office, clients):
    app, _, _ = office
    fresh = create_app(app.extensions["gridgis_settings"], store=app.extensions["gridgis_store"])
    fresh.add_url_rule("/open", view_func=lambda: "secret", endpoint="open")
    client = fresh.test_client()
    log_in(client, "root")
    assert client.get("/open").status_code == 403


def test_actions_are_found_on_functions_and_on_methods_of_classes(office):
    from flask.views import MethodView

    class Things(MethodView):
        @needs("plans.read")
        def get(self):
            return "read"

        @needs("plans.edit")
        def post(self):
            return "written"

        def delete(self):
            return "never"

    app, _, _ = office
    fresh = create_app(app.extensions["gridgis_settings"], store=app.extensions["gridgis_store"])
    fresh.add_url_rule("/api/v1/things", view_func=Things.as_view("things"))
    found = [action_of(fresh, "things", method) for method in ("GET", "HEAD", "POST", "DELETE")]
    assert found == ["plans.read", "plans.read", "plans.edit", None]
    client = fresh.test_client()
    answer = client.get("/api/v1/things")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_unknown_action_is_a_mistake_of_the_program():
    with pytest.raises(KeyError):
        needs("plans.eat")


def caller(store, login):
    with store.read() as session:
        return Caller.of(accounts.need_account(session, login))


def test_each_sees_their_jurisdictions_and_grids(store):
    keys = add_office(store)
    east, west, above = keys["east"], keys["west"], keys["above"]
    expected = {
        "root": (None, None),
        "planner": (None, None),
        "leader": ({east}, None),
        "above": ({above, east, west}, None),
        "officer": ({east, west}, {(east, "001"), (west, "007")}),
        "former": (set(), set()),
    }
    with store.read() as session:
        for login, (places, grids) in expected.items():
            who = Caller.of(accounts.need_account(session, login))
            assert accounts.visible_jurisdictions(session, who, TODAY) == places, login
            assert accounts.visible_grids(session, who, TODAY) == grids, login
        assert accounts.visible_jurisdictions(session, PUBLIC, TODAY) == set()
        assert accounts.visible_grids(session, PUBLIC, TODAY) == set()


def test_standing_in_is_seen_in_its_time_alone(store):
    from datetime import timedelta

    keys = add_office(store)
    who, own, neighbours = caller(store, "officer"), (keys["east"], "001"), (keys["west"], "007")
    seen = {}
    with store.read() as session:
        for days in (-10, -9, -2, -1, 1, 2, 400):
            seen[days] = accounts.visible_grids(session, who, TODAY + timedelta(days=days))
    assert seen == {-10: set(), -9: {own}, -2: {own}, -1: {own, neighbours}, 1: {own, neighbours}, 2: {own}, 400: {own}}


def test_an_officer_who_has_left_sees_nothing(store):
    keys = add_office(store)
    with store.write() as session:
        session.get(accounts.Officer, keys["officer"]).active = False
    with store.read() as session:
        assert accounts.visible_grids(session, caller(store, "officer"), TODAY) == set()


def test_what_is_not_theirs_is_not_there(office):
    app, store, keys = office
    from flask import g

    with app.test_request_context(), store.read() as session:
        g.gridgis_caller = caller(store, "officer")
        check_jurisdiction(session, keys["east"])
        check_grid(session, keys["east"], "001")
        for place, code in ((keys["east"], "002"), (keys["above"], "001")):
            with pytest.raises(NotFound):
                check_grid(session, place, code)
        with pytest.raises(NotFound):
            check_jurisdiction(session, None)
