"""Paper as an export: a page a grid, only what is public of people, for those who may, one PDF or a zip of several."""

import io
import zipfile
from datetime import timedelta

import numpy as np
import pytest
import run_kinds
from gridgis_web.jobs.kinds import kinds_for
from gridgis_web.settings import Settings
from gridgis_web.store import Store, artifacts
from gridgis_web.store.models import Leave
from gridgis_web.store.officers import add_officer, add_posting, officer
from gridgis_web.store.public_people import public_people
from people import TODAY
from PIL import Image
from pypdf import PdfReader
from run_kinds import run_next
from small_plans import even_plan, keep, lattice_plan
from test_api import Town

from gridgis.errors import InputError
from gridgis.paper import changed_since, prints

PRIVATE, PUBLIC, SUPERVISION = "13800000000", "010-1", "010-12345"


@pytest.fixture
def town(tmp_path, monkeypatch):
    """The town, with a photo of its first officer and settings for paper."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    town = Town(store, tmp_path / "own")
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "#445566").save(out, "PNG")
    with store.write() as session:
        officer(session, town.first).photo_id = artifacts.put(session, out.getvalue(), "image/png")
    office = Settings(residents_address="https://grids.example/here", supervision_phone=SUPERVISION)
    monkeypatch.setattr(run_kinds, "KINDS", kinds_for(office))
    yield town
    store.close()


@pytest.fixture
def either(store, tmp_path):
    """A town on either back end."""
    return Town(store, tmp_path / "own")


def written(town, plan, **wanted):
    """Ask for a file, have it written, and take it."""
    job = town.ask(f"/plans/{plan}/exports", method="POST", json=wanted)
    assert job.status_code == 202, job.json
    run_next(town.store, job.json["id"])
    return town.ask(f"/jobs/{job.json['id']}/file")


def texts(content):
    pages = PdfReader(io.BytesIO(content)).pages
    return ["".join(page.extract_text().replace("\0", "").split()) for page in pages]


def test_boards_show_what_is_public_of_those_who_are_posted(town):
    answer = written(town, town.published, format="boards", duties=["巡查街巷"])
    assert answer.content_type == "application/pdf"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=plan-{town.published}-boards.pdf"
    pages = texts(answer.data)
    assert len(pages) == len(town.codes)
    assert all("样例社区" in page and "巡查街巷" in page and SUPERVISION in page for page in pages)
    assert ["甲One" in page for page in pages] == [True, *[False] * (len(pages) - 1)]
    assert PUBLIC in pages[0]
    assert len(PdfReader(io.BytesIO(answer.data)).pages[0].images) == 1
    assert not any(PRIVATE in page for page in pages)


def test_what_is_private_does_not_even_reach_the_job(town):
    job = town.ask(f"/plans/{town.published}/exports", method="POST", json={"format": "cards"}).json
    with town.store.read() as session:
        row = run_kinds.jobs.find(session, job["id"])
    gathered = run_kinds.KINDS["export"].gather(town.store, row)
    assert PRIVATE not in repr(gathered["paper"])
    assert PUBLIC in repr(gathered["paper"])


def test_who_stands_in_is_printed_only_where_nobody_has_the_post(either):
    town = either
    with town.store.write() as session:
        third = add_officer(session, town.place, "丙 Three", who="cli", public_phone="010-3")
        gone = add_officer(session, town.place, "丁 Four", who="cli")
        session.flush()
        for code in town.codes[:1] + town.codes[2:3]:
            add_posting(session, third, code, TODAY, who="cli", post="B")
        add_posting(session, gone, town.codes[1], TODAY - timedelta(9), who="cli", ends=TODAY)
        session.add(Leave(officer_id=town.first, starts=TODAY, ends=TODAY + timedelta(3)))
    with town.store.read() as session:
        found = [(one.grid_code, one.name) for one in public_people(session, town.place, TODAY)]
    assert sorted(found) == [
        (town.codes[0], "甲 One"), (town.codes[1], "乙 Two"), (town.codes[2], "丙 Three"),
    ]  # fmt: skip


def test_many_pages_come_as_a_zip(town, monkeypatch):
    monkeypatch.setattr(prints, "PAGES", 2)
    answer = written(town, town.draft, format="cards", language="en")
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        pages = [text for name in files.namelist() for text in texts(files.read(name))]
        assert len(files.namelist()) == len(town.codes)
    assert len(pages) == 2 * len(town.codes)
    assert "Contactcard" in pages[0]


def test_only_grids_that_changed_since_a_plan(either):
    counts = np.full((4, 4), 50)
    counts[0, :2], counts[3, 3] = 120, 20
    new = lattice_plan(counts)
    expected = changed_since(new.grids, even_plan().grids)
    assert len(expected) > 0
    with either.store.write() as session:
        plan = keep(session, either.place, new, name="新方案").id
    pages = texts(written(either, plan, format="boards", since_plan_id=either.published).data)
    assert len(pages) == len(expected)
    assert all(new.grids["name"].iloc[grid] in page for grid, page in zip(expected, pages, strict=True))
    with pytest.raises(InputError, match="no grid has changed"):
        written(either, either.draft, format="boards", since_plan_id=either.published)


def test_an_atlas_has_an_overview_and_an_index(town):
    pages = texts(written(town, town.draft, format="atlas").data)
    assert len(pages) == len(town.codes) + 2
    assert "总览图" in pages[0]
    assert "道路索引" in pages[-1]


def test_who_may_not_gets_no_paper_and_what_makes_no_sense_is_refused(town):
    path = f"/plans/{town.published}/exports"
    ask = {"method": "POST", "json": {"format": "boards"}}
    assert town.ask(path, login="officer", **ask).status_code == 403
    assert town.ask(path, login="stranger", **ask).status_code == 404
    assert town.ask(f"{path}/boards").status_code == 404
    for wanted, words in (
        ({"format": "csv", "size": "A3"}, "only paper"),
        ({"format": "boards", "size": "A9"}, ""),
        ({"format": "boards", "duties": ["长" * 99]}, ""),
    ):
        answer = town.ask(path, method="POST", json=wanted)
        assert (answer.status_code, words in answer.json["detail"]) == (422, True), wanted
    assert town.ask(path, method="POST", json={"format": "boards", "since_plan_id": 999}).status_code == 404
