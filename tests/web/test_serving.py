"""The whole service as a process: it starts on nothing, follows jobs, and ends with all it started."""

import hashlib
import http.client
import json
import os
import signal
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from gridgis_web import Settings, create_app
from gridgis_web.serving import serve
from gridgis_web.store import Store
from gridgis_web.store.models import Account, Token, now
from postgis_server import free_port
from service_processes import (
    SERVE,
    children,
    get,
    is_running,
    place,
    start,
    stop,
    submit,
    until,
    wait_for,
)

from gridgis.errors import InputError

TOKEN = "a-token-of-the-tests"


def add_token(store, role="administrator"):
    with store.write() as session:
        account = Account(login=role, password="!", role=role, must_change=False)
        session.add(account)
        session.flush()
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        session.add(Token(account_id=account.id, name="tests", digest=digest, expires_at=now() + timedelta(days=1)))


def ask(address, method, path, *, token=TOKEN, **headers):
    """Send a request; return the open answer."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/api/v1{path}", headers=sent | ({"Authorization": f"Bearer {token}"} if token else {}))
    return connection.getresponse()


def ask_json(address, method, path, **headers):
    answer = ask(address, method, path, **headers)
    return answer.status, json.loads(answer.read())


def events(answer):
    """Yield (name, id, data) as they come."""
    event = {}
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if not line and event.get("event"):
            yield event["event"], int(event["id"]), json.loads(event["data"])
            event = {}
        name, _, value = line.partition(": ")
        event[name] = value


@pytest.fixture
def served(store, tmp_path):
    """Address and process of a server with a worker."""
    add_token(store)
    process = start(SERVE, store=place(store), folder=tmp_path, port=free_port(), listeners=2)
    yield process.stdout.readline().strip(), process
    if process.poll() is None:
        stop(process)


def test_a_job_is_followed_to_its_end_and_again_from_where_one_was(store, served):
    address, _ = served
    number = submit(store, seconds=1.5, lines=3)
    answer = ask(address, "GET", f"/jobs/{number}/events")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    heard = list(events(answer))
    assert [name for name, _, _ in heard].count("end") == 1
    assert heard[-1] == ("end", 3, {"state": "done", "error": "", "problem": None, "result": {"bytes": 4}})
    assert [data["text"] for name, _, data in heard if name == "log"] == ["line 1", "line 2", "line 3"]
    shares = [data["done"] for name, _, data in heard if name == "progress"]
    assert shares == sorted(shares)
    assert len(shares) > 2
    rest = list(events(ask(address, "GET", f"/jobs/{number}/events", Last_Event_ID="2")))
    assert [data["text"] for name, _, data in rest if name == "log"] == ["line 3"]


def test_jobs_are_listed_cancelled_and_run_again(store, served):
    address, _ = served
    number = submit(store, seconds=300)
    wait_for(store, number, "running")
    assert [job["id"] for job in ask_json(address, "GET", "/jobs?state=running")[1]] == [number]
    assert ask_json(address, "POST", f"/jobs/{number}/again")[0] == 409
    assert ask_json(address, "POST", f"/jobs/{number}/cancel")[0] == 202
    wait_for(store, number, "cancelled")
    status, job = ask_json(address, "POST", f"/jobs/{number}/again")
    assert (status, job["given"], job["created_by"]) == (202, {"seconds": 300}, "administrator")
    assert ask_json(address, "GET", f"/jobs/{job['id']}")[1]["id"] == job["id"]
    status, problem = ask_json(address, "GET", "/jobs/999")
    assert (status, problem["detail"]) == (404, "there is no job 999")
    status, problem = ask_json(address, "GET", "/jobs?state=asleep")
    assert status == 422
    assert "state" in problem["errors"]["query"]
    assert ask(address, "GET", "/jobs", token="").status == 401


def test_too_many_listeners_are_told_and_places_come_free(store, served):
    address, _ = served
    number = submit(store, seconds=300)
    open_ones = [ask(address, "GET", f"/jobs/{number}/events") for _ in range(2)]
    refused = ask(address, "GET", f"/jobs/{number}/events")
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Content-Type"] == "application/problem+json"
    open_ones.pop().close()
    until(lambda: ask(address, "GET", f"/jobs/{number}/events").status == 200, "a free place")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_takes_all_with_it(store, served, how):
    address, process = served
    number = submit(store, seconds=300)
    until(lambda: get(store, number).step == "waiting", "progress")
    listener = ask(address, "GET", f"/jobs/{number}/events")
    (worker,) = children(process.pid)
    (child,) = children(worker)
    process.send_signal(how)
    assert process.wait(30) == (0 if how == signal.SIGTERM else -how)
    until(lambda: not is_running(worker) and not is_running(child), "the end of its processes")
    assert get(store, number).state == "interrupted"
    listener.close()


def test_a_killed_worker_is_started_again(store, served):
    address, process = served
    number = submit(store, seconds=300)
    until(lambda: get(store, number).step == "waiting", "progress")
    (worker,) = children(process.pid)
    os.kill(worker, signal.SIGKILL)
    wait_for(store, number, "interrupted")
    status, again = ask_json(address, "POST", f"/jobs/{number}/again")
    assert status == 202
    wait_for(store, again["id"], "running")


def test_it_starts_on_nothing_and_says_when_it_cannot(tmp_path):
    port = free_port()
    process = start(SERVE, folder=tmp_path / "new", port=port)
    address = process.stdout.readline().strip()
    assert address == f"http://127.0.0.1:{port}/"
    assert ask_json(address, "GET", "/openapi.json", token="")[1]["openapi"].startswith("3.1")
    settings = Settings(folder=tmp_path / "new", port=port)
    with pytest.raises(InputError, match=f"127.0.0.1:{port} cannot be had"):
        serve(create_app(settings), settings, {}, ready=lambda address: None)
    assert stop(process) == 0
    Store.at(tmp_path / "new" / "store.gpkg").check()
