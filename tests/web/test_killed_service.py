"""Kill -9 of the server, its worker or a job at random moments: each job is whole or not at all, and says so."""

import io
import os
import random
import signal
import time
import zipfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest
from gridgis_web.imports.archive import Limits
from gridgis_web.imports.confirm import Confirmed, guessed
from gridgis_web.imports.unpack import Sent
from gridgis_web.imports.uploads import receive
from gridgis_web.store import artifacts, jobs, life
from gridgis_web.store.crosswalk import crosswalk
from gridgis_web.store.faults import find_faults
from gridgis_web.store.layers import load_layers
from gridgis_web.store.models import LayerSet, Plan
from gridgis_web.store.move import snapshot
from gridgis_web.store.plans import grids_of, load_plan, plan_row
from gridgis_web.store.sums import sum_tables
from gridgis_web.store.uploads import upload
from killing import KILLS
from people import TODAY
from postgis_server import free_port
from sent_layers import write_town, zipped_folder
from service_processes import SERVE, children, place, start, stop, until, wait_for
from small_plans import add_community, even_plan, keep
from sqlalchemy import select
from traced_kinds import read_trace

from gridgis.export import FILES

ENDED = ("done", "interrupted")
BLOWS = [
    ("job", "at random"),
    ("job", "while writing"),
    ("worker", "at random"),
    ("server", "while writing"),
    *[("job", "at random"), ("job", "while writing")] * 9,
    ("worker", "while writing"),
    ("server", "at random"),
]
"""Who is killed and when, in turn; a random moment of the whole job, or of its transaction alone, which is short."""


class Partitions:
    """A plan is made again and again."""

    kind = "partition"

    def __init__(self, store, folder):
        self.store = store
        with store.write() as session:
            self.place = add_community(session)
            keep(session, self.place, even_plan())
        self.options = even_plan().options.to_dict()

    def given(self, number):
        return {"options": self.options, "name": f"方案{number}"}

    def look(self, session, result):
        plan = load_plan(session, result["plan_id"])
        assert [grid.code for grid in grids_of(session, result["plan_id"])] == list(plan.codes.code)
        assert plan_row(session, result["plan_id"]).households == 16 * 50 == int(plan.grids["households"].sum())


class Imports:
    """An upload is loaded again and again, under another name each time: the same would be found, not kept."""

    kind = "import"

    def __init__(self, store, folder):
        self.store = store
        (folder / "town").mkdir()
        sent = Sent("town.zip", io.BytesIO(zipped_folder(write_town(folder / "town"))))
        with store.write() as session:
            self.place = add_community(session)
        self.upload = receive(store, [sent], jurisdiction_id=self.place, who="planner", limits=Limits(1 << 30))
        with store.read() as session:
            self.layers = guessed(upload(session, self.upload).report).layers

    def given(self, number):
        confirmed = Confirmed(self.layers, name=f"样例{number}")
        return {"upload_id": self.upload, "jurisdiction_id": self.place, "confirmed": confirmed.to_dict()}

    def look(self, session, result):
        assert session.get(LayerSet, result["layer_set_id"]).households == 40 * 24
        assert len(load_layers(session, result["layer_set_id"]).buildings) == 40


class Publishings:
    """Plans follow one another, a day each."""

    kind = "publish"

    def __init__(self, store, folder):
        self.store = store
        self.day = TODAY
        self.files = {}
        with store.write() as session:
            self.place = add_community(session)
            row = keep(session, self.place, even_plan())
            life.publish(session, row.id, 1, day=TODAY, today=TODAY, who="planner", files=b"files")

    def given(self, number):
        with self.store.write() as session:
            row = keep(session, self.place, even_plan())
            self.day = life.latest(session, self.place).valid_from + timedelta(days=1)
            return {"plan_id": row.id, "version": row.version, "day": self.day.isoformat(), "language": "zh"}

    def look(self, session, result):
        row, before = plan_row(session, result["plan_id"]), plan_row(session, result["plan_id"]).based_on_id
        assert (row.state, row.valid_from.isoformat()) == ("published", result["valid_from"])
        assert (plan_row(session, before).state, plan_row(session, before).valid_to) == ("superseded", row.valid_from)
        assert sum(line.households_after for line in crosswalk(session, row.id)) == row.households
        with zipfile.ZipFile(io.BytesIO(artifacts.get(session, row.files_id))) as files:
            assert files.testzip() is None
            assert set(FILES) <= set(files.namelist())


def kept_tables(store):
    """Return counts and checksums of all tables but that of the jobs themselves."""
    with snapshot(store) as connection:
        return {name: found for name, found in sum_tables(connection).items() if name != "job"}


def published(store):
    with store.read() as session:
        rows = session.execute(
            select(Plan.id, Plan.valid_from, Plan.files_id).where(Plan.state.in_(("published", "superseded")))
        )
        return {tuple(row) for row in rows}


def find_victim(process, which):
    """Return the server, its worker or the worker's job; None: there is none just now."""
    if which == "server":
        return process.pid
    worker = next(iter(children(process.pid)), None)
    if which == "worker" or worker is None:
        return worker
    forker = next(iter(children(worker)), None)
    return None if forker is None else next(iter(children(forker)), None)


@pytest.mark.parametrize("work", [Partitions, Imports, Publishings])
def test_jobs_are_whole_or_not_at_all_whatever_is_killed(store, tmp_path, work):
    trace = tmp_path / "trace"

    def serve():
        process = start(
            SERVE.replace("job_kinds", "traced_kinds"), store=place(store), folder=tmp_path, port=free_port(),
            trace=trace,
        )  # fmt: skip
        assert process.stdout.readline().startswith("http")
        return process

    def ask(number):
        trace.unlink(missing_ok=True)
        given = task.given(number)
        with store.write() as session:
            return jobs.submit(session, task.kind, given, who="planner", jurisdiction_id=task.place).id

    def look(job):
        assert job.state == "done", job.error
        with store.read() as session:
            task.look(session, job.result)

    task = work(store, tmp_path)
    chance = random.Random(1)
    process = serve()
    hit, left = Counter(), Counter()
    try:
        began = time.monotonic()
        look(wait_for(store, ask("第一"), "done", "failed"))
        span, moments = time.monotonic() - began, read_trace(trace)
        writing = moments["committing"] - moments["writing"]
        for kill in range(KILLS):
            number = ask(kill)
            before, there = kept_tables(store), published(store)
            which, when = BLOWS[kill % len(BLOWS)]
            if when == "while writing":
                until(lambda: "writing" in read_trace(trace), "the transaction", every_s=0.002)
                time.sleep(chance.uniform(0, writing))
            else:
                time.sleep(chance.uniform(0, span))
            victim = find_victim(process, which)
            if victim is not None:  # else the job is over, or not begun
                with suppress(ProcessLookupError):  # over at this very moment
                    os.kill(victim, signal.SIGKILL)
            phase = next(reversed(read_trace(trace)), "starting")
            if victim == process.pid:
                process.wait()
                process.stdout.close()
                process = serve()
            job = wait_for(store, number, "done", "interrupted", "failed")
            assert find_faults(store) == []
            assert there <= published(store)
            hit[f"{which}, {phase}"] += 1
            left[job.state] += 1
            if job.state == "done":
                look(job)
                continue
            assert "run it again" in job.error
            assert kept_tables(store) == before
            if kill % 4 == 3 or kill == KILLS - 1:
                with store.write() as session:
                    again = jobs.again(session, number, who="planner").id
                look(wait_for(store, again, "done", "failed"))
    finally:
        if process.poll() is None:
            stop(process)
    assert not [path for path in tmp_path.glob("drafts/*/*/**/*") if path.is_file()]
    back_end = "a GeoPackage" if store.embedded else "PostGIS"
    print(f"\n{task.kind} on {back_end}, {KILLS} kills: {dict(left)}; hit {dict(sorted(hit.items()))}")
