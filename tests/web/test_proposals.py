"""Proposals who stands in for whom and who serves where: nothing is changed until a person confirms, then all of it."""

from datetime import timedelta

import pytest
import shapely
from gridgis_web.store.models import AuditEntry, Grid, Officer, Posting
from gridgis_web.store.officers import add_officer, add_posting
from people import TODAY
from sqlalchemy import func, select
from test_api import Town

ON = (TODAY + timedelta(3)).isoformat()


@pytest.fixture
def town(store, tmp_path):
    return Town(store, tmp_path / "own")


def beside(town):
    """The pairs of grids that share a line."""
    with town.store.read() as session:
        rows = session.execute(select(Grid.code, Grid.geom).where(Grid.plan_id == town.published, Grid.level == "grid"))
        shapes = {row.code: row.geom for row in rows}
    return {
        (one, other) for one in shapes for other in shapes
        if one != other and shapely.intersection(shapes[one], shapes[other]).length > 0
    }  # fmt: skip


def counted(town, model):
    with town.store.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def standing(town):
    told = town.ask(f"/postings?on={ON}&limit=500").json
    return {(one["grid_code"], one["officer_id"]) for one in told if one["post"] == "B"}


def pairs_of(proposal):
    return [{key: one[key] for key in ("grid_code", "officer_id")} for one in proposal["proposed"]]


def test_officers_and_then_their_stand_ins_are_proposed_and_confirmed(town):
    path = f"/jurisdictions/{town.place}/proposals"
    check_posts(town, path)
    check_stand_ins(town, path)
    check_rights(town, path)


def check_posts(town, path):
    with town.store.write() as session:
        near = session.execute(
            select(Grid.label_lon, Grid.label_lat).where(Grid.plan_id == town.published, Grid.code == town.codes[-1])
        ).one()
        # one with a place of their own, several without, one who leads and one who left
        at = add_officer(session, town.place, "丙 Near", who="cli", base_lon=near.label_lon, base_lat=near.label_lat)
        others = [add_officer(session, town.place, f"样例 {n}", who="cli") for n in range(len(town.codes))]
        add_posting(session, others[0], town.codes[0], TODAY, who="cli", duty="leader")
        others[1].active = False
        town.near, not_asked = at.id, {others[0].id, others[1].id}
    before = counted(town, Posting)
    told = town.ask(f"{path}/posts?on={ON}").json
    assert counted(town, Posting) == before, "a proposal changes nothing"
    assert {one["grid_code"] for one in told["proposed"]} == set(town.codes[2:])
    assert told["without"] == []
    chosen = {one["grid_code"]: one for one in told["proposed"]}
    assert chosen[town.codes[-1]]["officer_id"] == town.near
    assert chosen[town.codes[-1]]["distance_m"] == 0
    assert "0 m away" in chosen[town.codes[-1]]["why"]
    officers = [one["officer_id"] for one in told["proposed"]]
    assert len(set(officers)) == len(officers)
    assert not not_asked & set(officers)
    given = {"state": told["state"], "on": ON, "pairs": pairs_of(told)}
    wrong = [
        ({"grid_code": town.codes[0], "officer_id": town.near}, "officer already"),
        ({"grid_code": "nowhere", "officer_id": town.near}, "no grids"),
        ({"grid_code": town.codes[2], "officer_id": others[1].id}, "do not serve"),
        (given["pairs"][0], "more than once"),
    ]
    for pair, said in wrong:
        answer = town.ask(f"{path}/posts", method="POST", json=given | {"pairs": [*given["pairs"], pair]})
        assert (answer.status_code, said in answer.json["detail"]) == (422, True)
    assert counted(town, Posting) == before
    made = town.ask(f"{path}/posts", method="POST", json=given)
    assert (made.status_code, len(made.json)) == (201, len(town.codes) - 2)
    assert {(one["post"], one["duty"], one["starts"], one["ends"]) for one in made.json} == {("A", "officer", ON, None)}
    again = town.ask(f"{path}/posts", method="POST", json=given)
    assert (again.status_code, "new proposal" in again.json["detail"]) == (409, True)
    assert town.ask(f"{path}/posts?on={ON}").json["proposed"] == []


def check_stand_ins(town, path):
    lines = beside(town)
    with town.store.write() as session:
        # from today somebody stands in who would do so from the first day on, too, and someone who would not
        proposal = town.ask(f"{path}/stand-ins?on={ON}").json
        first, second = proposal["proposed"][:2]
        stays = session.get(Officer, first["officer_id"])
        add_posting(session, stays, first["grid_code"], TODAY, who="cli", post="B")
        goes = next(one for one in session.scalars(select(Officer)) if one.id != second["officer_id"])
        add_posting(session, goes, second["grid_code"], TODAY, who="cli", post="B")
        add_posting(session, goes, second["grid_code"], TODAY + timedelta(3), who="cli", post="B")
    stale = {"state": proposal["state"], "on": ON, "pairs": pairs_of(proposal)}
    assert town.ask(f"{path}/stand-ins", method="POST", json=stale).status_code == 409
    told = town.ask(f"{path}/stand-ins?on={ON}").json
    own = {
        (one["grid_code"], one["officer_id"]) for one in town.ask(f"/postings?on={ON}&limit=500").json
        if (one["post"], one["duty"]) == ("A", "officer")
    }  # fmt: skip
    grids = {officer: code for code, officer in own}
    assert {one["grid_code"] for one in told["proposed"]} == set(town.codes)
    for one in told["proposed"]:
        assert (one["grid_code"], grids[one["officer_id"]]) in lines
        assert 0 < one["share"] <= 1 and one["shared_m"] > 0 and one["distance_m"] > 0
        assert one["load_after"] > one["load_before"] > 0
    assert max(one["others"] for one in told["proposed"]) == 0
    assert {one["grid_code"]: set(one["now"]) for one in told["proposed"] if one["now"]} == {
        first["grid_code"]: {stays.id}, second["grid_code"]: {goes.id}
    }  # fmt: skip
    given = {"state": told["state"], "on": ON, "pairs": pairs_of(told)}
    code, officer = sorted(own)[0]
    far = next(key for other, key in own if other != code and (code, other) not in lines)
    for key, said in ((officer, "stands in for themselves"), (far, "grid beside it")):
        pairs = [{"grid_code": code, "officer_id": key}]
        answer = town.ask(f"{path}/stand-ins", method="POST", json=given | {"pairs": pairs})
        assert (answer.status_code, said in answer.json["detail"]) == (422, True)
    made = town.ask(f"{path}/stand-ins", method="POST", json=given)
    assert (made.status_code, len(made.json)) == (201, len(town.codes) - 1)
    assert standing(town) == {(one["grid_code"], one["officer_id"]) for one in told["proposed"]}
    with town.store.read() as session:
        ended = session.scalars(select(Posting).filter_by(officer_id=goes.id, grid_code=second["grid_code"], post="B"))
        assert [(one.starts, one.ends) for one in ended] == [(TODAY, TODAY + timedelta(3))]
        logged = session.execute(
            select(AuditEntry.action, func.count()).filter_by(who="planner", subject="posting").group_by("action")
        ).all()
    grids = len(town.codes)
    assert sorted(map(tuple, logged)) == [("change", 1), ("create", grids - 2 + grids - 1), ("delete", 1)]
    # in Chinese, too
    asked = town.ask(f"{path}/stand-ins?on={ON}", headers={"Accept-Language": "zh"}).json["proposed"]
    assert all("相邻边界" in one["why"] for one in asked)


def check_rights(town, path):
    for kind in ("posts", "stand-ins"):
        for login, status in (("stranger", 404), ("officer", 403)):
            assert town.ask(f"{path}/{kind}", login=login).status_code == status
            given = {"state": "x", "on": ON, "pairs": [{"grid_code": "1", "officer_id": 1}]}
            assert town.ask(f"{path}/{kind}", login=login, method="POST", json=given).status_code == status
        assert town.ask(f"{path}/{kind}?on=2001-01-01").status_code == 409
