"""Hand-over: open tasks and notes follow the grid, not the person, from posting to posting and from plan to plan."""

import json
from datetime import timedelta

import shapely
from gridgis_web.store.models import AuditEntry, Grid, Incident, Officer, Posting
from gridgis_web.store.officers import add_officer, add_posting
from people import TODAY, add_account
from small_plans import keep
from sqlalchemy import select
from test_api import Town
from test_life import merged_and_split, put_out
from test_records import NOON, record_at, shapes_of

LATER = TODAY + timedelta(7)


def test_tasks_and_notes_follow_the_grid(store, tmp_path):
    town = Town(store, tmp_path / "own")
    check_postings(town)
    check_plans(town)


def handed(town, code, login="planner", day=TODAY):
    return town.ask(f"/jurisdictions/{town.place}/grids/{code}/hand-over?on={day}", login=login)


def write(town, code, text, login="planner"):
    return town.ask(
        f"/jurisdictions/{town.place}/grids/{code}/notes", method="POST", login=login, json={"text": text}
    )  # fmt: skip


def check_postings(town):
    own, beside = town.codes[:2]
    with town.store.read() as session:
        shapes = shapes_of(session, town.published).set_index("code").geometry
    # two spots in each grid, and one outside all
    spots = [spot for code in town.codes for spot in (shapes[code].representative_point(), shapes[code].centroid)]
    with town.store.write() as session:
        record_at(session, town.place, [*spots, shapely.Point(0, 0)])
        session.flush()
        # one of the second grid is closed
        closed = session.scalars(select(Incident).order_by(Incident.id)).all()[3]
        closed.closed_at = NOON
    told = handed(town, own, login="officer")
    assert told.status_code == 200
    assert [task["title"] for task in told.json["tasks"]] == ["样例", "样例"]
    assert [len(handed(town, code).json["tasks"]) for code in town.codes] == [2, 1, *[2] * (len(town.codes) - 2)]
    assert "call me" not in json.dumps(told.json)
    assert write(town, own, "北门周五检修 gate closed on Friday", login="officer").status_code == 201
    settled = write(town, own, "done")
    assert write(town, beside, "x", login="officer").status_code == 404
    assert write(town, "nowhere", "x").status_code == 422
    assert write(town, own, "  ").status_code == 422
    path = f"/notes/{settled.json['id']}/settle"
    assert town.ask(path, method="POST", login="stranger").status_code == 404
    assert town.ask(path, method="POST", login="officer").json["settled_at"]
    assert town.ask("/notes/999/settle", method="POST").status_code == 404
    told = handed(town, own).json
    assert [note["text"] for note in told["notes"]] == ["北门周五检修 gate closed on Friday"]
    assert [(one["name"], one["post"], one["serves"]) for one in told["officers"]] == [("甲 One", "A", True)]
    # someone else takes the grid over: they have it all, who had it before has nothing of it
    with town.store.write() as session:
        new = add_officer(session, town.place, "新 New", who="cli")
        for posting in session.scalars(select(Posting).filter_by(officer_id=town.first)):
            posting.starts, posting.ends = TODAY - timedelta(1), TODAY
        add_posting(session, new, own, TODAY, who="cli")
        add_posting(session, session.get(Officer, town.second), own, TODAY, who="cli", post="B")
        town.new = new.id
    add_account(town.store, "new", "officer", officer_id=town.new)
    town.tokens["new"] = town.token("new")
    assert handed(town, own, login="officer").status_code == 404
    after = handed(town, own, login="new").json
    assert (after["tasks"], after["notes"]) == (told["tasks"], told["notes"])
    assert [(one["name"], one["post"], one["serves"]) for one in after["officers"]] == [
        ("新 New", "A", True), ("乙 Two", "B", False),
    ]  # fmt: skip
    leave = {"officer_id": town.new, "starts": TODAY.isoformat(), "ends": LATER.isoformat()}
    assert town.ask("/leave", method="POST", json=leave).status_code == 201
    assert [one["serves"] for one in handed(town, own).json["officers"]] == [False, True]


def check_plans(town):
    before = {code: {one["id"] for one in handed(town, code).json["tasks"]} for code in town.codes}
    with town.store.write() as session:
        key = keep(session, town.place, merged_and_split(town.store, town.published)).id
    put_out(town.store, key, LATER, today=TODAY)
    with town.store.read() as session:
        codes = set(session.scalars(select(Grid.code).where(Grid.plan_id == key, Grid.level == "grid")))
    gone, *none = sorted(set(town.codes) - codes)
    assert none == []
    assert write(town, gone, "of the one that goes").status_code == 201
    heir = next(code for code in town.codes[:2] if code != gone)
    assert [note["text"] for note in handed(town, gone).json["notes"]][-1] == "of the one that goes"
    # until the day it is as it was; then all of it is with the grid that took it in
    assert {one["id"] for one in handed(town, heir).json["tasks"]} == before[heir]
    assert handed(town, gone, day=LATER).status_code == 404
    told = handed(town, heir, day=LATER).json
    assert {one["id"] for one in told["tasks"]} == before[heir] | before[gone]
    assert "of the one that goes" in [note["text"] for note in told["notes"]]
    after = [one["id"] for code in sorted(codes) for one in handed(town, code, day=LATER).json["tasks"]]
    assert sorted(after) == sorted(key for keys in before.values() for key in keys), "each in one grid, none lost"
    with town.store.read() as session:
        logged = session.scalars(select(AuditEntry.action).filter_by(subject="grid_note").order_by(AuditEntry.id)).all()
    assert logged == ["create", "create", "change", "create"]
