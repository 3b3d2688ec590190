"""Every kind of job from the request for it to its result: the real commands, the real worker, over HTTP alone."""

import http.client
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from dask_cluster import running_cluster
from gridgis_web.store import Store, accounts, tokens
from gridgis_web.store.accounts import Caller
from people import TODAY, add_account
from postgis_server import free_port
from sent_layers import write_town, zipped_folder
from service_processes import environment, place, stop, until
from small_plans import add_community
from test_serving import ask, events
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

OPTIONS = {"households": "200:280", "population": None, "effort": 0.2}


def start(command, **settings):
    return subprocess.Popen(
        [sys.executable, "-m", "gridgis", command],
        env=environment(**settings) | {"LC_ALL": "C.UTF-8"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def running(command, **settings):
    """Have a command of the program; give its process and the first line that it says."""
    process = start(command, **settings)
    try:
        yield process, process.stdout.readline()
    finally:
        if process.poll() is None:
            assert stop(process) == 0
        else:
            process.stdout.close()


class Person:
    """Someone who asks the service."""

    def __init__(self, store, login):
        with store.write() as session:
            self.token = tokens.add_token(session, Caller.of(accounts.need_account(session, login)), "test", days=1)
        self.address = ""

    def ask(self, method, path, body=None, *, kind="application/json", **headers):
        """Return status, headers and content of an answer."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection.request(
            method, f"/api/v1{path}", content, sent | {k.replace("_", "-"): v for k, v in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, path):
        status, _, content = self.ask("GET", path)
        assert status == 200, content
        return json.loads(content)

    def queue(self, path, body=None, **headers):
        """Ask for a job; return where it is."""
        status, told, content = self.ask("POST", path, body, **headers)
        assert status == 202, content
        return told["Location"].removeprefix("/api/v1")

    def follow(self, job):
        """Listen to a job until its end; return its result and the steps that it told."""
        heard = list(events(ask(self.address, "GET", f"{job}/events", token=self.token)))
        name, _, end = heard[-1]
        assert (name, end["state"]) == ("end", "done"), end
        return end["result"], {data["step"] for name, _, data in heard if name == "progress"}

    def do(self, path, body=None, **headers):
        return self.follow(self.queue(path, body, **headers))[0]

    def load_layers(self, place, content):
        """Send layers, confirm what they seem to be, and have them loaded."""
        kind, body = encode_multipart({"files": FileStorage(io.BytesIO(content), "town.zip")})
        sent = self.ask("POST", f"/uploads?jurisdiction_id={place}", body, kind=f"multipart/form-data; boundary={kind}")
        assert sent[0] == 201, sent[2]
        told = json.loads(sent[2])
        return self.do(f"/uploads/{told['id']}/confirm", told["guess"])["layer_set_id"]


@pytest.fixture
def town(tmp_path):
    (tmp_path / "town").mkdir()
    return zipped_folder(write_town(tmp_path / "town"))


def planner_of(store):
    with store.write() as session:
        key = add_community(session)
    add_account(store, "planner", "planner", jurisdiction_id=key)
    return Person(store, "planner"), key


def address_in(line):
    return re.search(r"http://\S+/", line)[0]


def test_from_layers_to_a_published_plan_and_its_successor(store, tmp_path, town):
    planner, key = planner_of(store)
    with running("serve", store=place(store), folder=tmp_path / "own", port=free_port(), workers=2) as (_, line):
        planner.address = address_in(line)
        layers = planner.load_layers(key, town)
        assert planner.get(f"/jurisdictions/{key}/layers")[0]["id"] == layers
        other = planner.queue("/plans", {"jurisdiction_id": key, "options": OPTIONS | {"seed": 5}, "name": "另一方案"})
        made, steps = planner.follow(planner.queue("/plans", {"jurisdiction_id": key, "options": OPTIONS}))
        assert made["holds"]
        assert "keep" in steps
        plan = planner.get(f"/plans/{made['plan_id']}")
        assert (plan["state"], plan["grids"], plan["households"]) == ("draft", 4, 960)
        grids = planner.get(f"/plans/{made['plan_id']}/grids")["features"]
        assert all(grid["id"].startswith("110101001001") for grid in grids)
        done = planner.do(f"/plans/{made['plan_id']}/publish", {"day": TODAY.isoformat()}, If_Match='"1"')
        plan = planner.get(f"/plans/{made['plan_id']}")
        assert (plan["state"], plan["version"], plan["published_by"]) == ("published", done["version"], "planner")
        files = planner.ask("GET", f"/plans/{made['plan_id']}/exports/all")[2]
        assert "grids.csv" in zipfile.ZipFile(io.BytesIO(files)).namelist()

        late = planner.follow(other)[0]["plan_id"]
        status, _, content = planner.ask("POST", f"/plans/{late}/publish", {}, If_Match='"1"')
        assert (status, "codes" in json.loads(content)["detail"]) == (409, True)
        named = planner.do(f"/plans/{late}/take-over-codes", If_Match='"1"')
        assert planner.get(f"/plans/{late}")["version"] == named["version"]
        tomorrow = (TODAY + timedelta(days=1)).isoformat()
        planner.do(f"/plans/{late}/publish", {"day": tomorrow}, If_Match=f'"{named["version"]}"')
        assert planner.get(f"/plans/{made['plan_id']}")["valid_to"] == tomorrow

        followed = planner.do(f"/plans/{late}/rebalance", {"options": {"households": "100:160"}, "name": "调整"})
        assert followed["moved_households"] >= followed["fewest_possible"] > 0
        assert planner.get(f"/plans/{followed['plan_id']}")["based_on_id"] == late
        job = planner.queue(f"/plans/{followed['plan_id']}/exports", {"format": "geojson"})
        planner.follow(job)
        grids = json.loads(planner.ask("GET", f"{job}/file")[2])["features"]
        assert len(grids) == planner.get(f"/plans/{followed['plan_id']}")["grids"]
        assert len(planner.get("/jobs?state=done")) == 8


def test_a_worker_by_itself_does_what_a_server_without_one_is_asked_for_and_the_killed_is_run_again(tmp_path, town):
    """Beside gunicorn, or on another machine; whichever of the two is killed, the job says so."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    planner, key = planner_of(store)
    settings = {"store": place(store), "folder": tmp_path / "own", "port": free_port()}
    long = {"jurisdiction_id": key, "options": OPTIONS | {"effort": 100_000}}
    with running("serve", workers=0, **settings) as (server, line):
        planner.address = address_in(line)
        worker = start("work", **settings)
        assert "store.gpkg" in worker.stdout.readline()
        planner.load_layers(key, town)
        job = planner.queue("/plans", long)
        until(lambda: planner.get(job)["step"] == "partition", "the search")
        server.send_signal(signal.SIGKILL)
        server.wait()
    with running("serve", workers=0, **settings) as (_, line):
        assert planner.get(job)["state"] == "running", "a worker by itself outlives the server"
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        with running("work", **settings):
            until(lambda: planner.get(job)["state"] == "interrupted", "word of it")
            again = planner.queue(f"{job}/again")
            until(lambda: planner.get(again)["step"] == "partition", "the search")
            assert planner.ask("POST", f"{again}/cancel")[0] == 202
            until(lambda: planner.get(again)["state"] == "cancelled", "its end")
            made = planner.do("/plans", {"jurisdiction_id": key, "options": OPTIONS})
            assert made["holds"]
            again = planner.queue(f"{job}/again")
            until(lambda: planner.get(again)["step"] == "partition", "the search")
        assert planner.get(again)["state"] == "interrupted", "a worker that is asked to end says so"
    store.close()


@pytest.mark.dask
def test_the_real_kinds_run_on_a_cluster_by_its_address(tmp_path, town):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    planner, key = planner_of(store)
    (tmp_path / "dask").mkdir()
    with (
        running_cluster(tmp_path / "dask", workers=1, environment=environment()) as (scheduler, _),
        running("serve", store=place(store), folder=tmp_path / "own", port=free_port(), scheduler=scheduler) as (
            _,
            line,
        ),
    ):
        planner.address = address_in(line)
        planner.load_layers(key, town)
        made = planner.do("/plans", {"jurisdiction_id": key, "options": OPTIONS})
        assert made["holds"]
        planner.do(f"/plans/{made['plan_id']}/publish", {}, If_Match='"1"')
        assert planner.get(f"/plans/{made['plan_id']}")["state"] == "published"
        job = planner.queue(f"/plans/{made['plan_id']}/exports", {"format": "map"})
        planner.follow(job)
        assert planner.ask("GET", f"{job}/file")[2].startswith(b"\x89PNG")
    store.close()
