"""Kill -9 of the server, its worker or a job's process at random moments: no job is half there, each says how it is."""

import os
import random
import signal
import time

from gridgis_web.store import jobs
from gridgis_web.store.models import Jurisdiction
from job_kinds import ROWS
from killing import KILLS
from postgis_server import free_port
from service_processes import SERVE, children, get, place, start, stop, submit, until, wait_for
from sqlalchemy import select

ENDED = ("done", "interrupted")


def rows_of(store, number):
    with store.read() as session:
        codes = session.scalars(select(Jurisdiction.code).where(Jurisdiction.code.startswith(f"{number}-")))
        return len(codes.all())


def find_victim(process, which):
    """Return the server, its worker or the worker's job; None: there is none just now."""
    if which == "server":
        return process.pid
    worker = next(iter(children(process.pid)), None)
    if which == "worker" or worker is None:
        return worker
    return next(iter(children(worker)), None)


def test_jobs_are_whole_or_not_at_all_whatever_is_killed(store, tmp_path):
    def serve():
        process = start(SERVE, store=place(store), folder=tmp_path, port=free_port())
        assert process.stdout.readline().startswith("http")
        return process

    chance = random.Random(1)
    process = serve()
    try:
        began = time.monotonic()
        wait_for(store, submit(store, "rows", seconds=0.3), "done")
        span = time.monotonic() - began
        for kill in range(KILLS):
            numbers = [submit(store, "rows", seconds=0.3) for _ in range(2)]
            time.sleep(chance.uniform(0, span))
            victim = until(lambda: find_victim(process, ("job", "worker", "server")[kill % 3]), "someone to kill")  # noqa: B023 - called at once
            os.kill(victim, signal.SIGKILL)
            if victim == process.pid:
                process.wait()
                process.stdout.close()
                process = serve()
            for number in numbers:
                job = wait_for(store, number, *ENDED)
                assert rows_of(store, number) == (ROWS if job.state == "done" else 0)
                if job.state == "interrupted":
                    assert "run it again" in job.error
                    with store.write() as session:
                        again = jobs.again(session, number, who="planner").id
                    wait_for(store, again, "done")
                    assert rows_of(store, again) == ROWS
    finally:
        if process.poll() is None:
            stop(process)
    assert all(get(store, number).state in ENDED for number in numbers)
    assert not [path for path in tmp_path.glob("drafts/*/*/**/*") if path.is_file()]
