"""Uploads over the API: sent, told what they are, confirmed, queued; by those alone who may."""

import io
import logging

import pytest
from gridgis_web import create_app
from gridgis_web.imports.job import gather_upload, keep_layers, read_upload
from gridgis_web.settings import Settings
from gridgis_web.store import Store, accounts, tokens
from gridgis_web.store.accounts import Caller
from gridgis_web.store.models import Job, LayerSet, Upload
from people import add_account, add_office
from sent_layers import AsWindowsDoes, write_town, zipped, zipped_folder
from sqlalchemy import select


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    store = Store.at(folder / "store.gpkg")
    store.upgrade()
    keys = add_office(store)
    add_account(store, "east", "planner", jurisdiction_id=keys["east"])
    app = create_app(Settings(folder=folder, upload_mb=1), store=store)
    clients = {"nobody": app.test_client()}
    for login in ("root", "east", "leader"):
        clients[login] = app.test_client()
        with store.write() as session:
            token = tokens.add_token(session, Caller.of(accounts.need_account(session, login)), "test", days=1)
        clients[login].environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    content = zipped_folder(write_town(tmp_path_factory.mktemp("town")), kind=AsWindowsDoes)
    yield store, clients, keys, content
    store.close()


def send(client, key, *files):
    data = {"files": [(io.BytesIO(content), name) for name, content in files]}
    return client.post(f"/api/v1/uploads?jurisdiction_id={key}", data=data, content_type="multipart/form-data")


def test_sent_confirmed_and_queued_and_the_job_loads_it(office):
    store, clients, keys, content = office
    answer = send(clients["east"], keys["east"], ("东社区.zip", content))
    assert answer.status_code == 201, answer.json
    told = answer.json
    assert {row["role"] for row in told["report"]} == {"boundary", "buildings", "roads"}
    assert clients["east"].get(f"/api/v1/uploads/{told['id']}").json == told
    asked = clients["east"].post(f"/api/v1/uploads/{told['id']}/confirm", json=told["guess"])
    assert asked.status_code == 202
    with store.read() as session:
        job = session.get(Job, asked.json["id"])
        assert (job.kind, job.jurisdiction_id, job.created_by) == ("import", keys["east"], "east")
        session.expunge(job)
    report = type("Report", (), {"progress": lambda *_: None, "log": lambda *_: None})()
    gathered = gather_upload(store, job)
    keep = keep_layers(job, gathered, read_upload(gathered, report))
    with store.write() as session:
        result = keep(session)
    with store.read() as session:
        assert session.get(LayerSet, result["layer_set_id"]).households == 960


def test_what_is_wrong_is_told_as_a_problem_and_nothing_stays(office, caplog):
    store, clients, keys, content = office
    with store.read() as session:
        before = session.scalars(select(Upload.id)).all()
    client = clients["east"]
    for answer, status, words in (
        (send(client, keys["east"], ("a.zip", zipped({"../../a.geojson": b"{}"}))), 422, "out of its folder"),
        (send(client, keys["east"], ("a.exe", b"MZ")), 422, "no layer in it"),
        (send(client, keys["east"]), 422, ""),
        (send(client, keys["east"], ("a.geojson", b"{" + bytes(1_200_000))), 413, ""),
        (send(client, keys["west"], ("东社区.zip", content)), 404, ""),
        (send(clients["leader"], keys["east"], ("东社区.zip", content)), 403, ""),
        (send(clients["nobody"], keys["east"], ("东社区.zip", content)), 401, ""),
    ):
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert words in answer.json["detail"]
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]
    with store.read() as session:
        assert session.scalars(select(Upload.id)).all() == before


def test_uploads_of_others_are_not_there(office):
    _, clients, keys, content = office
    key = send(clients["root"], keys["west"], ("西.zip", content)).json["id"]
    path = f"/api/v1/uploads/{key}"
    guess = clients["root"].get(path).json["guess"]
    answers = [
        clients["east"].get(path),
        clients["east"].post(f"{path}/confirm", json=guess),
        clients["east"].delete(path),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert clients["root"].post(f"{path}/confirm", json=guess | {"layers": guess["layers"][:1]}).status_code == 422
    assert clients["root"].delete(path).status_code == 204
    assert clients["root"].get(path).status_code == 404
