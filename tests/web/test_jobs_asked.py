"""Asking for jobs over the API: who may, what is answered at once, and what becomes of it when someone is faster."""

from datetime import timedelta

import pytest
import run_kinds
from gridgis_web.roles import JOBS
from gridgis_web.store import jobs, life
from gridgis_web.store.exports import KEPT
from gridgis_web.store.models import Artifact, AuditEntry, Job, now
from gridgis_web.store.plans import plan_row, rename
from people import TODAY, add_account
from sqlalchemy import select, update
from test_api import Town

from gridgis.errors import GridgisError

TOMORROW = (TODAY + timedelta(days=1)).isoformat()


@pytest.fixture
def town(store, tmp_path):
    town = Town(store, tmp_path / "own")
    add_account(store, "leader", "leader", jurisdiction_id=town.place)
    town.tokens["leader"] = town.token("leader")
    return town


def wanted(town):
    """Kind -> path, headers and body of the request for one."""
    version = {"If-Match": '"1"'}
    return {
        "partition": ("/plans", {}, {"jurisdiction_id": town.place, "options": {"households": "80:120"}}),
        "rebalance": (f"/plans/{town.published}/rebalance", {}, {"name": "调整", "move_price": 1.5}),
        "take-over": (f"/plans/{town.draft}/take-over-codes", version, None),
        "publish": (f"/plans/{town.draft}/publish", version, {"day": TOMORROW}),
        "export": (f"/plans/{town.draft}/exports", {}, {"format": "csv"}),
    }


def queued(town):
    with town.store.read() as session:
        return session.scalars(select(Job).order_by(Job.id)).all()


def test_every_kind_has_its_action():
    assert run_kinds.KINDS.keys() == JOBS.keys()


def test_each_is_queued_for_those_who_may_and_tells_where_it_is(town):
    for kind, (path, headers, body) in wanted(town).items():
        answer = town.ask(path, method="POST", headers=headers, json=body)
        assert answer.status_code == 202, (kind, answer.json)
        assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json['id']}"
        told = town.ask(answer.headers["Location"].removeprefix("/api/v1")).json
        assert (told["kind"], told["state"], told["jurisdiction_id"]) == (kind, "queued", town.place)
        assert told["created_by"] == "planner"
        allowed = {"leader": kind == "export", "officer": False, "root": kind != "publish"}
        for login, may in allowed.items():
            assert (town.ask(path, method="POST", login=login, headers=headers, json=body).status_code == 202) is may
        assert town.ask(path, method="POST", login="stranger", headers=headers, json=body).status_code == 404
        assert town.app.test_client().post(f"/api/v1{path}", headers=headers, json=body).status_code == 401
        number = told["id"]
        assert town.ask(f"/jobs/{number}/cancel", method="POST", login="stranger").status_code == 404
        assert town.ask(f"/jobs/{number}/cancel", method="POST", login="officer").status_code == 403
        by_leader = town.ask(f"/jobs/{number}/cancel", method="POST", login="leader").status_code
        assert by_leader == (202 if kind == "export" else 403)
        if kind != "export":
            assert town.ask(f"/jobs/{number}/cancel", method="POST").json["state"] == "cancelled"
        assert town.ask(f"/jobs/{number}/again", method="POST", login="leader").status_code == by_leader
        again = town.ask(f"/jobs/{number}/again", method="POST")
        assert again.json["given"] == told["given"]
        assert again.headers["Location"].endswith(f"/{again.json['id']}")


def test_what_cannot_be_done_is_answered_before_any_job(town):
    plan = f"/plans/{town.draft}"
    ask = {"method": "POST"}
    current = {"headers": {"If-Match": '"1"'}}
    refused = [
        (town.ask("/plans", json={"jurisdiction_id": town.other}, login="root", **ask), 422, "no layers yet"),
        (town.ask("/plans", json={"jurisdiction_id": town.place, "layers_id": 999}, **ask), 404, "999"),
        (town.ask("/plans", json={"jurisdiction_id": town.place, "options": {"households": "9:1"}}, **ask), 422, "1:9"),
        (town.ask("/plans", json={"jurisdiction_id": town.place, "options": {"grds": 4}}, **ask), 422, ""),
        (town.ask(f"{plan}/rebalance", json={"options": {"housing": {"rules": [1]}}}, **ask), 422, "rule 1"),
        (town.ask(f"{plan}/exports", json={"format": "dwg"}, **ask), 422, ""),
        (town.ask(f"{plan}/publish", json={}, **ask), 428, "If-Match"),
        (town.ask(f"{plan}/publish", json={}, headers={"If-Match": '"7"'}, **ask), 412, "load it again"),
        (town.ask(f"{plan}/publish", json={}, **current, **ask), 409, "from a later day on"),
        (town.ask(f"{plan}/publish", json={"day": "2020-01-01"}, **current, **ask), 409, "is past"),
        (town.ask(f"/plans/{town.published}/take-over-codes", **current, **ask), 412, "load it again"),
        (town.ask(f"/plans/{town.published}/publish", json={}, headers={"If-Match": '"2"'}, **ask), 409, "published"),
    ]
    for answer, status, words in refused:
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.json
        assert words in answer.json["detail"]
    assert queued(town) == []


def test_a_plan_is_published_by_one_job_at_a_time(town):
    path, headers, body = wanted(town)["publish"]
    first = town.ask(path, method="POST", headers=headers, json=body).json["id"]
    second = town.ask(path, method="POST", headers=headers, json=body)
    assert (second.status_code, f"job {first}" in second.json["detail"]) == (409, True)
    town.ask(f"/jobs/{first}/cancel", method="POST")
    assert town.ask(path, method="POST", headers=headers, json=body).status_code == 202


def test_where_someone_is_faster_nothing_is_published_and_the_error_says_who(town):
    """The version is looked at where it counts: in the transaction that writes."""
    given = {"plan_id": town.draft, "version": 1, "day": TOMORROW, "language": "zh"}
    with town.store.write() as session:
        number = jobs.submit(session, "publish", given, who="planner", jurisdiction_id=town.place).id
    job = jobs.claim(town.store, "here/1/x")
    kind = run_kinds.KINDS["publish"]
    made = kind.work(gathered := kind.gather(town.store, job), run_kinds.Heard())
    with town.store.write() as session:
        rename(session, town.draft, 1, "改名", who="anna")
    with pytest.raises(GridgisError, match="anna changed"):
        jobs.finish(town.store, number, "here/1/x", kind.keep(job, gathered, made))
    with town.store.read() as session:
        assert (plan_row(session, town.draft).state, life.latest(session, town.place).id) == ("draft", town.published)
        assert session.scalars(select(AuditEntry.who).where(AuditEntry.action == "publish")).all() == ["planner"]


def test_where_a_second_person_must_look_no_job_of_earlier_days_gets_around_it(town):
    from dataclasses import replace

    from gridgis_web.jobs.kinds import kinds_for

    path, headers, body = wanted(town)["publish"]
    number = town.ask(path, method="POST", headers=headers, json=body).json["id"]
    strict = replace(town.settings, review=True)
    town.app.extensions["gridgis_settings"] = strict
    assert town.ask(path, method="POST", headers=headers, json=body).status_code == 403
    with town.store.read() as session:
        job = jobs.find(session, number)
    with pytest.raises(GridgisError, match="approved by a second person"):
        kinds_for(strict)["publish"].gather(town.store, job)


def test_what_an_export_wrote_goes_to_those_who_may_and_is_kept_for_days(town):
    run_kinds.run(town.store, "export", town.place, plan_id=town.draft, format="csv")
    (job,) = queued(town)
    path = f"/jobs/{job.id}/file"
    answer = town.ask(path, login="leader")
    assert answer.content_type.startswith("text/csv")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=plan-{town.draft}-grids.csv"
    assert answer.data.decode("utf-8-sig").startswith("code,name,")
    assert town.ask(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert town.ask(path, login="stranger").status_code == 404
    assert town.ask(path, login="officer").status_code == 403
    assert town.app.test_client().get(f"/api/v1{path}").status_code == 401
    with town.store.read() as session:
        logged = session.execute(
            select(AuditEntry.who, AuditEntry.subject_id).where(AuditEntry.action == "download")
        ).all()
    assert {tuple(line) for line in logged} == {("leader", str(job.id)), ("planner", str(job.id))}
    with town.store.write() as session:
        session.execute(update(Job).where(Job.id == job.id).values(finished_at=now() - 2 * KEPT))
    run_kinds.run(town.store, "export", town.place, plan_id=town.draft, format="plan")
    gone = town.ask(path)
    assert (gone.status_code, "again" in gone.json["detail"]) == (404, True)
    with town.store.read() as session:
        assert session.scalars(select(Artifact.id).where(Artifact.media_type == "text/csv")).all() == []


def test_a_file_is_only_there_once_it_is_written(town):
    path, headers, body = wanted(town)["export"]
    number = town.ask(path, method="POST", headers=headers, json=body).json["id"]
    early = town.ask(f"/jobs/{number}/file")
    assert (early.status_code, "queued" in early.json["detail"]) == (409, True)
    other = town.ask("/plans", method="POST", json=wanted(town)["partition"][2]).json["id"]
    assert town.ask(f"/jobs/{other}/file").status_code == 404
    assert town.ask("/jobs/999/file").status_code == 404
