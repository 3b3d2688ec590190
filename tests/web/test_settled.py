"""Drafts that were edited are handed on as they stand now, never as they were drawn before, whoever asks for it."""

import io
import zipfile
from datetime import timedelta

import geopandas as gpd
import numpy as np
import pytest
from gridgis_web.planning.drafts import edit_draft, open_draft
from gridgis_web.store import artifacts, life
from gridgis_web.store.database import Conflict
from gridgis_web.store.plans import grids_of, load_plan, plan_row
from people import TODAY
from run_kinds import run
from test_api import Town

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def town(store, tmp_path):
    """A town whose draft had two grids merged, which are not drawn."""
    town = Town(store, tmp_path / "own")
    plan, place = open_draft(store, town.draft)
    codes = [str(code) for code in plan.codes.code]
    edit, after = edit_draft(store, town.draft, place.version, "merge", {"codes": beside(plan, codes)}, who="planner")
    town.gone = edit.retired
    town.codes_now = sorted(set(codes) - set(town.gone))
    town.version = after.place.version
    return town


def beside(plan, codes):
    """Two grids that touch."""
    left, right = plan.assignment.grid[plan.units.sides[(plan.units.sides >= 0).all(axis=1)]].T
    at = np.flatnonzero(left != right)[0]
    return [codes[left[at]], codes[right[at]]]


def kept_codes(town):
    with town.store.read() as session:
        return sorted(grid.code for grid in grids_of(session, town.draft))


def ask(town, path, **more):
    headers = {"If-Match": f'"{town.version}"'}
    return town.ask(f"/plans/{town.draft}{path}", method="POST", headers=headers, **more)


def test_handed_in_as_it_stands(town):
    assert kept_codes(town) != town.codes_now
    answer = ask(town, "/submit")
    assert (answer.status_code, answer.json["state"]) == (200, "in review")
    assert kept_codes(town) == town.codes_now
    assert sorted(grid["code"] for grid in answer.json["certificate"]["grids"]) == town.codes_now
    assert ask(town, "/submit").status_code == 412


def test_published_as_it_stands(town):
    assert ask(town, "/publish", json={"day": TOMORROW.isoformat()}).status_code == 202
    assert kept_codes(town) == town.codes_now


def test_nobody_hands_on_what_is_not_drawn(town):
    changes = (
        lambda session: life.submit(session, town.draft, town.version, who="planner"),
        lambda session: life.check_publishing(
            session, plan_row(session, town.draft), town.version, day=TOMORROW, today=TODAY, review=False
        ),
    )
    for change in changes:
        with pytest.raises(Conflict, match="not drawn yet"), town.store.write() as session:
            change(session)


def test_files_are_written_of_it_as_it_stands(town):
    made = run(town.store, "export", town.place, plan_id=town.draft, format="shapefile")
    with town.store.read() as session:
        content = artifacts.get(session, made["artifact_id"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name.rpartition(".")[2]: archive.read(name) for name in archive.namelist()}
    assert {"shp", "dbf", "shx", "prj"} <= parts.keys()
    path = "/vsizip/" + str(write(town, content))
    assert sorted(gpd.read_file(path)["code"]) == town.codes_now
    with town.store.read() as session:
        assert plan_row(session, town.draft).version == town.version, "an export changes nothing"


def write(town, content):
    file = town.settings.folder / "grids.zip"
    file.write_bytes(content)
    return file


def test_codes_are_taken_over_by_it_as_it_stands(town):
    run(town.store, "take-over", town.place, plan_id=town.draft, version=town.version)
    opened = open_draft(town.store, town.draft)
    assert opened.plan.assignment.grids == len(town.codes_now)
    assert opened.place[1:] == (0, 0), "steps before it have codes of their own"
    with town.store.read() as session:
        assert load_plan(session, town.draft).codes.code == opened.plan.codes.code
    assert kept_codes(town) == sorted(opened.plan.codes.code)


def test_what_publishing_would_do_is_told(town):
    path = f"/plans/{town.draft}/publishing"
    assert town.ask(path, login="stranger").status_code == 404
    assert town.ask(path, login="officer").status_code == 403
    assert (town.ask(path).status_code, town.ask(path).json["drawn"]) == (200, False)
    ask(town, "/settle")
    told = town.ask(path).json
    assert told["drawn"]
    assert told["codes"]["retired"] == sorted(set(town.codes) - set(town.codes_now))
    assert told["codes"]["kept"] == sorted(set(town.codes) & set(town.codes_now))
    assert told["codes"]["new"] == []
    assert told["before"]["id"] == town.published
    assert told["first_day"] == TOMORROW.isoformat(), "the plan before holds for a day at least"
    assert (told["review"], told["own_work"], told["follows"], told["taken"]) == (False, True, True, [])
    assert told["holds"]["grids"] == len(town.codes_now)
    assert {row["code"] for row in told["broken"]} <= set(town.codes_now)
