"""A plan a year later: counts sent alone, the bands under them told before anything moves, every move told after."""

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pyogrio
import pytest
from gridgis_web import create_app
from gridgis_web.imports.confirm import Confirmed, confirm, guessed
from gridgis_web.imports.load import import_layers
from gridgis_web.imports.unpack import Sent
from gridgis_web.imports.uploads import receive
from gridgis_web.planning.outlook import outlook_of
from gridgis_web.settings import Settings
from gridgis_web.store import jobs
from gridgis_web.store.layers import load_layers, save_layers
from gridgis_web.store.models import Jurisdiction
from gridgis_web.store.plans import plan_row
from gridgis_web.store.uploads import upload
from people import add_account, log_in
from run_kinds import publish, run, run_next
from sent_layers import CRS, write_town, zipped_folder
from small_plans import add_community, even_plan, grown_plan, keep
from test_uploads import LIMITS

from gridgis.errors import InputError
from gridgis.housing import count_housing
from gridgis.inputs.fingerprint import fingerprint_layers


@pytest.fixture
def town(store):
    """A published plan of four grids, and the layers of the next year."""
    with store.write() as session:
        place = add_community(session)
        first = keep(session, place, even_plan())
    publish(store, place, first, date(2026, 1, 1))
    return place, first.id, grown(store, place, *grown_plan())


def grown(store, place, layers, options):
    with store.write() as session:
        return save_layers(session, place, layers, count_housing(layers, options), who="planner").id


def test_the_bands_are_told_before_anything_moves_and_the_moves_after(store, town):
    place, plan, later = town
    with store.read() as session:
        same = plan_row(session, plan).layer_set_id
    assert outlook_of(store, plan, same, {})["holds"]
    told = outlook_of(store, plan, later, {})
    assert not told["holds"]
    layers, options = grown_plan()
    now = count_housing(layers, options)["households"].sum()
    assert told["households"] == [800, now] == [sum(row["households"][at] for row in told["grids"]) for at in (0, 1)]
    assert told["buildings"] == {"before": 16, "now": 14, "new": 0, "gone": 2}
    outside = {row["code"] for row in told["grids"] if not 150 <= row["households"][1] <= 250}
    assert set(told["outside"]) == outside == {row["code"] for row in told["grids"] if row["breaks"]} != set()
    with pytest.raises(InputError, match="999"):
        outlook_of(store, plan, later, {"lock": ["999"]})

    made = run(store, "rebalance", place, plan_id=plan, layers_id=later, name="明年")
    assert made["holds"]
    assert made["fewest_possible"] <= made["moved_households"] == sum(row["households"] for row in made["moves"])
    assert made["share"] == pytest.approx(made["moved_households"] / now, abs=1e-6)
    assert sum(row["buildings"] for row in made["moves"]) == made["moved_buildings"] > 0
    assert {code for row in made["moves"] for code in (row["from"], row["to"])} <= set(made["touched"])
    assert all(row["why_zh"] and row["why_en"] and row["ids"] for row in made["moves"])
    assert outlook_of(store, made["plan_id"], later, {})["holds"]
    with store.read() as session:
        assert plan_row(session, made["plan_id"]).based_on_id == plan


def test_buildings_where_no_grid_is_keep_a_plan_from_holding(store, town):
    place, plan, _ = town
    layers = even_plan().layers
    west, _, east, _ = layers.boundary.bounds
    moved = layers.buildings.geometry.translate(xoff=east - west + 50)
    buildings = layers.buildings.copy()
    buildings.geometry = np.where(buildings.index == 0, moved, buildings.geometry)
    wider = replace(layers, buildings=buildings, boundary=layers.boundary.buffer(east - west + 100), fingerprint="wide")
    told = outlook_of(store, plan, grown(store, place, wider, even_plan().options), {})
    assert (told["nowhere"], told["holds"], told["buildings"]["new"]) == (1, False, 1)


@pytest.fixture
def sent_town(store, tmp_path):
    """A town whose layers were sent, and a zip of its buildings alone, one of which has grown."""
    with store.write() as session:
        place = Jurisdiction(level="community", code="330106001001", name="样例社区", crs=CRS)
        session.add(place)
    (tmp_path / "all").mkdir()
    whole = load(store, place.id, zipped_folder(write_town(tmp_path / "all")))
    alone = tmp_path / "alone"
    alone.mkdir()
    houses = pyogrio.read_dataframe(tmp_path / "all" / "楼栋.shp", encoding="GBK")
    houses.loc[0, "户数"] = 99
    houses.to_file(alone / "楼栋.gpkg", engine="pyogrio")
    return place.id, whole, alone


def look_at(store, place, content):
    sent = [Sent("layers.zip", io.BytesIO(content))]
    key = receive(store, sent, jurisdiction_id=place, who="planner", limits=LIMITS)
    with store.read() as session:
        return key, guessed(upload(session, key).report)


def load(store, place, content, **more):
    key, guess = look_at(store, place, content)
    given = confirm(store, key, replace(guess, **more))
    made = import_layers(store, key, Confirmed.read(given["confirmed"]), who="planner")
    with store.read() as session:
        return made, load_layers(session, made)


def test_buildings_sent_alone_keep_all_other_layers_as_they_are(store, sent_town):
    place, (key, before), folder = sent_town
    made, after = load(store, place, zipped_folder(folder), others_id=key)
    assert made != key
    assert after.boundary.equals(before.boundary)
    assert after.crs == before.crs
    assert after.lines.equals(before.lines)
    assert after.buildings["households"].sum() == before.buildings["households"].sum() + 99 - 24
    assert dict(after.sources) == {**before.sources, "buildings": "楼栋.gpkg|楼栋"}
    areas = (after.water, after.compounds, after.communities, after.existing, after.census)
    assert after.fingerprint == fingerprint_layers(after.boundary, after.buildings, after.lines, *areas)
    assert after.fingerprint != before.fingerprint


def test_what_cannot_stay_is_refused(store, sent_town, tmp_path):
    place, (key, _), folder = sent_town
    with pytest.raises(InputError, match="boundary"):
        load(store, place, zipped_folder(folder))
    upload_id, guess = look_at(store, place, zipped_folder(tmp_path / "all"))
    with pytest.raises(InputError) as caught:
        confirm(store, upload_id, replace(guess, others_id=key))
    assert ["no older layer can stay" in str(caught.value), "both of them anew" in str(caught.value)] == [True, True]
    with store.write() as session:
        other = add_community(session)
    upload_id, guess = look_at(store, other, zipped_folder(folder))
    with pytest.raises(Exception, match="no layers"):
        confirm(store, upload_id, replace(guess, others_id=key))


def test_the_pages_lead_from_one_step_to_the_next(store, town, tmp_path):
    place, plan, later = town
    add_account(store, "planner", "planner")
    client = create_app(Settings(folder=tmp_path), store=store).test_client()
    log_in(client, "planner")
    assert f"/plans/{plan}/next" in client.get("/plans").text
    assert client.get(f"/plans/{plan}/next").status_code == 200
    answer = client.get(f"/jurisdictions/{place}/layers?next={plan}")
    assert answer.status_code == 200
    assert f"/plans/{plan}/next" in answer.text
    with store.write() as session:
        job = jobs.submit(session, "rebalance", {"plan_id": plan}, who="planner", jurisdiction_id=place).id
    assert f"/plans/{plan}/next/{job}" in client.get(f"/jurisdictions/{place}").text
    assert client.get(f"/plans/{plan}/next/{job}").status_code == 200
    followed = run_next(store, job)["plan_id"]
    assert client.get(f"/plans/{followed}/next/{job}").status_code == 404
    answer = client.get(f"/plans/{followed}/next")
    assert (answer.status_code, answer.location.endswith(f"/layers?next={followed}")) == (302, True)
    again = client.get(f"/plans/{followed}/next?layers={later}")
    assert again.status_code == 200
