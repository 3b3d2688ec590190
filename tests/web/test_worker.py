"""Jobs in processes of their own: whatever becomes of the process, the job says so, and nothing half-made stays."""

import os
import signal

import pytest
from gridgis_web.store import jobs
from gridgis_web.store.models import Jurisdiction
from service_processes import (
    LONG_S,
    WORK,
    children,
    get,
    is_running,
    place,
    start,
    stop,
    submit,
    until,
    wait_for,
    working,
)
from sqlalchemy import select


def count_rows(store):
    with store.read() as session:
        return len(session.scalars(select(Jurisdiction.id)).all())


def drafts(folder):
    return [path for path in folder.glob("drafts/*/*/**/*") if path.is_file()]


def test_every_job_ends_and_says_how(store, tmp_path):
    done = submit(store, "rows", lines=3)
    refused, broken, killed, badly, unknown = (
        submit(store, kind) for kind in ("refuse", "break", "die", "badly", "nothing")
    )
    with working(store, tmp_path, workers=3):
        job = wait_for(store, done, "done")
        assert job.result == {"rows": 40}
        assert [text for _, text in job.log] == ["line 1", "line 2", "line 3"]
        job = wait_for(store, refused, "failed")
        assert job.error.splitlines() == ["the roads have no CRS", "the buildings are empty"]
        job = wait_for(store, broken, "failed")
        assert "a mistake in gridgis" in job.error
        assert "secret detail" not in job.error
        job = wait_for(store, killed, "interrupted")
        assert "signal 9" in job.error
        job = wait_for(store, badly, "failed")
        assert job.error == "the name is taken"
        assert "no kind of job “nothing”" in wait_for(store, unknown, "failed").error
    assert count_rows(store) == 40
    assert drafts(tmp_path) == []


def test_one_can_be_watched_cancelled_and_run_again(store, tmp_path):
    number = submit(store, seconds=300)
    with working(store, tmp_path) as worker:
        until(lambda: get(store, number).step == "waiting", "progress")
        (child,) = children(worker.pid)
        with store.write() as session:
            jobs.cancel(session, number, who="planner")
        wait_for(store, number, "cancelled")
        until(lambda: not is_running(child), "the end of its process")
        assert drafts(tmp_path) == []
        with store.write() as session:
            again = jobs.again(session, number, who="planner").id
        wait_for(store, again, "running")


def test_a_job_that_takes_too_long_is_ended(tmp_path, store):
    number = submit(store, seconds=300)
    code = (
        "from gridgis_web.jobs import worker; from gridgis_web.settings import Settings; from job_kinds import KINDS\n"
        "worker.MINUTE_S = 0.02\n"
        "worker.work(Settings.read(), KINDS)"
    )
    process = start(code, store=place(store), folder=tmp_path, job_minutes=60)
    assert "longer than 60 minutes" in wait_for(store, number, "failed").error
    assert stop(process) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_asked_to_end_marks_its_jobs(store, tmp_path, how):
    number = submit(store, seconds=300)
    process = start_worker(store, tmp_path)
    until(lambda: get(store, number).step == "waiting", "progress")
    (child,) = children(process.pid)
    process.send_signal(how)
    assert process.wait(LONG_S) == 0
    process.stdout.close()
    assert not is_running(child)
    job = get(store, number)
    assert job.state == "interrupted"
    assert "run it again" in job.error


def test_a_killed_worker_leaves_no_process_and_the_next_one_finds_its_jobs(store, tmp_path):
    number = submit(store, seconds=300)
    process = start_worker(store, tmp_path)
    until(lambda: get(store, number).step == "waiting", "progress")
    (child,) = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until(lambda: not is_running(child), "the end of its job")
    assert get(store, number).state == "running"
    assert drafts(tmp_path)
    with working(store, tmp_path):
        assert "run it again" in wait_for(store, number, "interrupted").error
        until(lambda: not drafts(tmp_path), "the end of its drafts")


def start_worker(store, folder):
    return start(WORK, store=place(store), folder=folder)
