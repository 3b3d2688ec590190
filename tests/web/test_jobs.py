"""The queue of jobs: one worker each, ended with what they made, nobody's progress lost, lost workers found."""

import threading
from datetime import timedelta

import pytest
from gridgis_web.store import Conflict, jobs
from gridgis_web.store.models import AuditEntry, Job, Jurisdiction, now
from sqlalchemy import select


def submit(store, kind="wait", **given):
    with store.write() as session:
        return jobs.submit(session, kind, given, who="planner").id


def get(store, number):
    with store.read() as session:
        return jobs.find(session, number)


def add_row(session):
    session.add(Jurisdiction(level="community", code="1", name="甲", crs="EPSG:3067"))
    return {"rows": 1}


def count_rows(store):
    with store.read() as session:
        return len(session.scalars(select(Jurisdiction.id)).all())


def test_no_two_workers_get_the_same_job_and_the_oldest_comes_first(store):
    numbers = [submit(store) for _ in range(12)]
    claimed, failed = [], []

    def work(name):
        try:
            while job := jobs.claim(store, name):
                claimed.append(job.id)
        except Exception as error:  # whatever it is, the test tells it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"host/{i}/x",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(claimed) == numbers
    first, second = submit(store), submit(store)
    assert [jobs.claim(store, "a/1/x").id, jobs.claim(store, "b/1/x").id] == [first, second]
    assert jobs.claim(store, "a/1/x") is None


def test_a_job_is_done_together_with_what_it_made(store):
    number = submit(store)
    jobs.claim(store, "a/1/x")
    jobs.report(store, number, "a/1/x", step="cutting", done=0.5, lines=[(now(), "一"), (now(), "two")])
    jobs.finish(store, number, "a/1/x", add_row)
    job = get(store, number)
    assert (job.state, job.done, job.result, count_rows(store)) == ("done", 1.0, {"rows": 1}, 1)
    assert [text for _, text in job.log] == ["一", "two"]


def test_who_lost_a_job_writes_nothing_more(store):
    number = submit(store)
    jobs.claim(store, "a/1/x")
    jobs.interrupt_lost(store, is_dead=lambda worker: worker == "a/1/x")
    assert get(store, number).state == "interrupted"
    with pytest.raises(jobs.Lost):
        jobs.report(store, number, "a/1/x", step="cutting", done=0.5)
    with pytest.raises(jobs.Lost):
        jobs.finish(store, number, "a/1/x", add_row)
    assert jobs.end(store, number, "a/1/x", state="failed") is False
    assert count_rows(store) == 0
    assert get(store, number).state == "interrupted"


def test_only_workers_that_were_not_heard_of_are_lost(store):
    quiet, heard = submit(store), submit(store)
    jobs.claim(store, "a/1/x")
    jobs.claim(store, "b/1/x")
    with store.write() as session:
        for number in (quiet, heard):
            session.get(Job, number).beat_at = now() - timedelta(seconds=2 * jobs.STALE_S)
    jobs.beat(store, "b/1/x")
    assert jobs.interrupt_lost(store) == [quiet]
    assert get(store, heard).state == "running"


def test_one_that_waits_is_cancelled_at_once_and_one_that_runs_is_asked(store):
    running, waiting = submit(store), submit(store)
    jobs.claim(store, "a/1/x")
    for number in (running, waiting):
        with store.write() as session:
            jobs.cancel(session, number, who="planner")
    assert get(store, waiting).state == "cancelled"
    assert get(store, running).state == "running"
    assert jobs.held(store, "a/1/x") == {running: True}
    with pytest.raises(Conflict, match="over already"), store.write() as session:
        jobs.cancel(session, waiting, who="planner")


def test_one_that_is_over_can_be_run_again(store):
    number = submit(store, layers=7, name="甲")
    with pytest.raises(Conflict, match="still queued"), store.write() as session:
        jobs.again(session, number, who="leader")
    with store.write() as session:
        jobs.cancel(session, number, who="planner")
    with store.write() as session:
        second = jobs.again(session, number, who="leader")
    assert second.id != number
    assert (second.state, second.given, second.created_by) == ("queued", {"layers": 7, "name": "甲"}, "leader")


def test_all_that_people_do_to_jobs_is_in_the_audit_log(store):
    number = submit(store)
    with store.write() as session:
        jobs.cancel(session, number, who="planner")
    with store.write() as session:
        jobs.again(session, number, who="leader")
    with store.read() as session:
        lines = session.execute(select(AuditEntry.who, AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [tuple(line) for line in lines] == [("planner", "create"), ("planner", "cancel"), ("leader", "create")]


def test_a_log_has_an_end_and_what_is_in_it_keeps_its_place(store):
    number = submit(store)
    jobs.claim(store, "a/1/x")
    for start in range(0, 1200, 300):
        lines = [(now(), f"line {start + i}") for i in range(300)]
        jobs.report(store, number, "a/1/x", step="", done=0.0, lines=lines)
    log = get(store, number).log
    assert len(log) == jobs.MOST_LINES
    assert [text for _, text in log[:-1]] == [f"line {i}" for i in range(jobs.MOST_LINES - 1)]
    assert log[-1][1] == jobs.LEFT_OUT


def test_jobs_are_listed_page_by_page_and_only_where_one_may_look(store):
    with store.write() as session:
        towns = [Jurisdiction(level="community", code=str(i), name="甲", crs="EPSG:3067") for i in range(2)]
        session.add_all(towns)
        session.flush()
        numbers = [jobs.submit(session, "wait", {}, who="a", jurisdiction_id=towns[i % 2].id).id for i in range(6)]
        nowhere = jobs.submit(session, "wait", {}, who="a").id
    with store.read() as session:
        assert [job.id for job in jobs.list_jobs(session, limit=3)] == [nowhere, *numbers[:3:-1]]
        assert [job.id for job in jobs.list_jobs(session, after=numbers[4])] == numbers[3::-1]
        assert [job.id for job in jobs.list_jobs(session, within={towns[0].id})] == numbers[4::-2]
        assert jobs.list_jobs(session, within=set()) == []
        assert jobs.list_jobs(session, state="done") == []
