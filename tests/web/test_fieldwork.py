"""Officers in the field: what their phones are given, and what they send, kept once, in the grid of its day."""

import io
import threading
import uuid
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
import shapely
from gridgis_web.store.models import (
    Artifact,
    Attachment,
    AuditEntry,
    Building,
    FieldEntry,
    Grid,
    Incident,
    PlaceName,
    Plan,
)
from gridgis_web.store.officers import add_officer, add_posting, change_posting
from people import TODAY, add_account
from PIL import Image
from service_processes import until
from sqlalchemy import func, select
from test_api import Town

SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture
def town(store, tmp_path):
    return Town(store, tmp_path / "own")


def mine(town, login="officer"):
    answer = town.ask("/fieldwork/grids", login=login)
    assert answer.status_code == 200
    return answer.json


def send(town, *, login="officer", photos=(), **given):
    form = {"key": str(uuid.uuid4()), "kind": "report", "at": datetime.now(SHANGHAI).isoformat()} | given
    files = [(io.BytesIO(content), f"{at}.jpg") for at, content in enumerate(photos)]
    return town.ask(
        "/fieldwork/entries", login=login, method="POST", content_type="multipart/form-data",
        data=form | ({"photos": files} if files else {}),
    )  # fmt: skip


def middle(town, code):
    with town.store.read() as session:
        shape = session.scalar(select(Grid.geom).where(Grid.plan_id == town.published, Grid.code == code))
    point = shape.representative_point()
    return {"lon": point.x, "lat": point.y}


def photo(lon=None, lat=None, size=(64, 48)):
    rng = np.random.default_rng(3)
    picture = Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), np.uint8))
    exif = picture.getexif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 14:03:09"
    if lon is not None:
        parts = [(int(v), int(v % 1 * 60), round(v * 3600 % 60, 6)) for v in (lat, lon)]
        exif.get_ifd(0x8825).update({1: "N", 2: parts[0], 3: "E", 4: parts[1]})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def count(town, model):
    with town.store.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_phone_gets_its_own_grids_and_no_more_of_others_than_is_public(town):
    told = mine(town)
    (grid,) = told["grids"]
    assert (grid["code"], told["officer"], len(grid["days"])) == (town.codes[0], "甲 One", 7)
    shapes = {one["code"]: shapely.geometry.shape(one["geometry"]) for one in (grid, *grid["neighbours"])}
    with town.store.read() as session:
        rows = session.execute(select(Grid.code, Grid.geom).where(Grid.plan_id == town.published)).all()
        people = session.scalar(
            select(Grid.households).where(Grid.code == grid["code"], Grid.plan_id == town.published)
        )
    own = next(row.geom for row in rows if row.code == grid["code"])
    beside = {row.code for row in rows if row.geom.intersection(own).length > 0 and row.code != grid["code"]}
    assert beside == set(shapes) - {grid["code"]} != set()
    assert sum(one["households"] for one in grid["buildings"]) == people
    assert all(shapes[grid["code"]].covers(shapely.Point(one["at"])) for one in grid["buildings"])
    beside_me = next(one for one in grid["neighbours"] if one["code"] == town.codes[1])
    assert beside_me["people"] == [{"name": "乙 Two", "duty": "officer", "phone": "010-1"}]
    assert "13800000000" not in str(told)
    assert not {"households", "buildings", "incidents"} & beside_me.keys()


def test_who_serves_nowhere_gets_nothing_and_keeps_nothing(town):
    with town.store.write() as session:
        gone = add_officer(session, town.place, "丙", who="cli")
        past = add_posting(session, gone, town.codes[2], TODAY - timedelta(days=9), who="cli")
    add_account(town.store, "gone", "officer", officer_id=gone.id)
    town.tokens["gone"] = town.token("gone")
    assert [one["code"] for one in mine(town, "gone")["grids"]] == [town.codes[2]]
    with town.store.write() as session:
        change_posting(session, past.id, who="cli", values={"ends": TODAY})
    assert mine(town, "gone")["grids"] == mine(town, "root")["grids"] == []
    assert send(town, login="gone", **middle(town, town.codes[2])).status_code == 403
    assert send(town, login="root", **middle(town, town.codes[2])).status_code == 403
    assert count(town, FieldEntry) == 0
    # what was done in its time, without reception, is taken
    yesterday = (datetime.now(SHANGHAI) - timedelta(days=1)).isoformat()
    town_published_today = send(town, login="gone", at=yesterday, **middle(town, town.codes[2]))
    assert (town_published_today.status_code, town_published_today.json["grid_code"]) == (201, None)


def test_a_grid_is_given_for_the_days_on_which_it_is_theirs(town):
    with town.store.write() as session:
        officer = session.get_one(type(add_officer(session, town.place, "丁", who="cli")), town.first)
        add_posting(session, officer, town.codes[3], TODAY, who="cli", ends=TODAY + timedelta(days=2))
    days = {one["code"]: len(one["days"]) for one in mine(town)["grids"]}
    assert days == {town.codes[0]: 7, town.codes[3]: 2}


def test_a_report_is_kept_in_the_grid_that_holds_it_with_its_photos(town):
    at = middle(town, town.codes[1])
    answer = send(town, category="sanitation", text="垃圾\n在门口", photos=[photo(), photo(size=(9, 9))], **at)
    assert (answer.status_code, answer.json["grid_code"]) == (201, town.codes[1])
    with town.store.read() as session:
        incident = session.scalars(select(Incident)).one()
        assert (incident.code, incident.title, incident.state) == (answer.json["incident_code"], "垃圾", "reported")
        kept = session.execute(select(Artifact.content).join(Attachment)).scalars().all()
        assert session.scalar(select(AuditEntry.who).where(AuditEntry.subject == "incident")) == "officer"
    assert len(kept) == 2
    assert all(not Image.open(io.BytesIO(content)).getexif() and b"SecretCamera" not in content for content in kept)
    assert [one["code"] for one in mine(town)["grids"][0]["incidents"]] == [], "it is the neighbour's"
    send(town, text="路灯", **middle(town, town.codes[0]))
    told = mine(town)
    assert [one["title"] for one in told["grids"][0]["incidents"]] == ["路灯"]
    assert [one["kind"] for one in told["entries"]] == ["report", "report"]


def test_a_photo_says_where_it_is_unless_a_hand_does(town):
    there, here = middle(town, town.codes[1]), middle(town, town.codes[0])
    sent = photo(**there)
    assert send(town, photos=[sent], **here).json["grid_code"] == town.codes[1]
    assert send(town, photos=[sent]).json["grid_code"] == town.codes[1]
    assert send(town, photos=[sent], by_hand="true", **here).json["grid_code"] == town.codes[0]
    nowhere = send(town)
    assert (nowhere.status_code, count(town, Incident)) == (422, 3)
    assert send(town, lon=0, lat=0).json["grid_code"] is None, "outside every grid it is the community's"


def test_near_a_border_the_officer_chooses(town):
    with town.store.read() as session:
        rows = session.execute(select(Grid.code, Grid.geom).where(Grid.plan_id == town.published)).all()
    shapes = {row.code: row.geom for row in rows}
    line = shapes[town.codes[0]].intersection(shapes[town.codes[1]])
    point = line.interpolate(0.5, normalized=True) if line.geom_type == "LineString" else line.representative_point()
    at = {"lon": point.x, "lat": point.y}
    for code in town.codes[:2]:
        assert send(town, grid_code=code, **at).json["grid_code"] == code
    at = middle(town, town.codes[0])
    far = max(shapes, key=lambda code: shapes[code].distance(shapely.Point(at["lon"], at["lat"])))
    assert send(town, grid_code=far, **at).status_code == 422


@pytest.mark.parametrize("sent_before", [True, False])
def test_what_is_sent_again_is_answered_as_the_first_time(town, sent_before):
    given = {"key": str(uuid.uuid4()), "photos": [photo()], "at": datetime.now(SHANGHAI).isoformat()}
    given |= middle(town, town.codes[0])
    answers = [send(town, **given).json] if sent_before else []
    together = threading.Barrier(4)

    def again():
        together.wait()
        answers.append(send(town, **given).json)

    threads = [threading.Thread(target=again) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * (4 + sent_before)
    assert (count(town, Incident), count(town, FieldEntry), count(town, Attachment)) == (1, 1, 1)


def test_another_officers_number_tells_nothing(town):
    add_account(town.store, "second", "officer", officer_id=town.second)
    town.tokens["second"] = town.token("second")
    key = str(uuid.uuid4())
    send(town, key=key, **middle(town, town.codes[0]))
    answer = send(town, login="second", key=key, **middle(town, town.codes[0]))
    assert (answer.status_code, "incident_code" in answer.json) == (409, False)


def test_visits_count_households_of_buildings_of_ones_own(town):
    own = mine(town)["grids"][0]["buildings"][0]["id"]
    answer = send(town, kind="visit", building_id=own, households=12)
    assert (answer.status_code, answer.json["households"]) == (201, 12)
    with town.store.read() as session:
        theirs = {one["id"] for one in mine(town)["grids"][0]["buildings"]}
        other = session.scalars(select(Building.id).where(Building.id.not_in(theirs))).first()
    assert send(town, kind="visit", building_id=other, households=1).status_code == 403
    assert send(town, kind="visit").status_code == 403
    assert count(town, Incident) == 0


def test_a_check_in_is_a_place_and_a_time(town):
    assert send(town, kind="check-in", accuracy_m=12, **middle(town, town.codes[0])).json["kind"] == "check-in"
    early = datetime.now(SHANGHAI) - timedelta(days=40)
    assert send(town, kind="check-in", at=early.isoformat(), lon=0, lat=0).status_code == 422
    ahead = datetime.now(SHANGHAI) + timedelta(days=2)
    told = send(town, kind="check-in", at=ahead.isoformat(), **middle(town, town.codes[0])).json["at"]
    assert datetime.fromisoformat(told) <= datetime.now(SHANGHAI), "no phone is ahead of the service"


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0 no picture", photo()[:200]])
def test_what_is_no_photo_is_refused_and_nothing_of_the_report_is_kept(town, content):
    answer = send(town, photos=[photo(), content], **middle(town, town.codes[0]))
    assert (answer.status_code, count(town, Incident)) == (422, 0)


def test_public_tiles_are_of_published_plans_and_tell_no_counts(town):
    client = town.app.test_client()
    path = "/api/v1/public/plans/{}/tiles/{}/{}/{}/{}.mvt"
    assert client.get(path.format(town.draft, "base", 13, 0, 0)).status_code == 404
    assert client.get(path.format(town.published, "buildings", 13, 0, 0)).status_code == 404
    with town.store.read() as session:
        at = session.scalars(select(Building.geom)).first().representative_point()
    x, y = int((at.x + 180) / 360 * 2**14), int((0.5 - np.arcsinh(np.tan(np.radians(at.y))) / (2 * np.pi)) * 2**14)
    answer = until(lambda: ready(client.get(path.format(town.published, "footprints", 14, x, y))))
    assert b"buildings" in answer.data and b"number" in answer.data
    assert b"households" not in answer.data and b"population" not in answer.data


def ready(answer):
    return None if answer.status_code == 503 else answer


def test_places_are_found_by_any_part_of_their_names(town):
    with town.store.write() as session:
        layers = session.get_one(Plan, town.published).layer_set_id
        for kind, name in (("road", "幸福路"), ("building", "东幸福里12号楼"), ("building", "100% Hôtel")):
            session.add(PlaceName(layer_set_id=layers, kind=kind, name=name, lon=120.1, lat=30.1))
    client = town.app.test_client()

    def found(text, **more):
        told = client.get("/api/v1/public/places", query_string={"q": text} | more)
        assert told.status_code == 200
        return [one["name"] for one in told.json]

    assert found("幸福") == ["幸福路", "东幸福里12号楼"]
    assert found("12号") == ["东幸福里12号楼"]
    assert found("hôtel") == found("100% ") == ["100% Hôtel"]
    assert found("%%") == found("__") == found("没有") == found("幸福", jurisdiction_id=town.other) == []
