"""The application under gunicorn, with a worker beside it."""

import subprocess
import sys

import pytest
from gridgis_web.store import Store
from postgis_server import free_port
from service_processes import environment, place, stop, submit, until, working
from test_serving import add_token, ask, ask_json, events


@pytest.mark.gunicorn
def test_gunicorn_answers_and_streams_while_a_worker_works(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    add_token(store)
    number = submit(store, seconds=1, lines=2)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "8", "gridgis_web:create_app()"],
        env=environment(store=place(store), folder=tmp_path), stderr=subprocess.DEVNULL, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/"

    def answers():
        try:
            return ask(address, "GET", "/openapi.json").status == 200
        except ConnectionError:
            return False

    try:
        until(answers, "gunicorn")
        assert ask_json(address, "GET", f"/jobs/{number}")[1]["state"] == "queued"
        with working(store, tmp_path):
            heard = list(events(ask(address, "GET", f"/jobs/{number}/events")))
        assert heard[-1][0] == "end"
        assert heard[-1][2]["state"] == "done"
    finally:
        assert stop(process) == 0
        store.close()
