"""From files as offices send them to the layers of a jurisdiction: looked at, confirmed by a person, loaded."""

import io
import json
import zipfile

import pytest
from gridgis_web.errors import NotFound
from gridgis_web.imports.archive import Limits
from gridgis_web.imports.confirm import Confirmed, LayerRole, confirm, guessed
from gridgis_web.imports.load import import_layers
from gridgis_web.imports.unpack import Sent
from gridgis_web.imports.uploads import receive
from gridgis_web.store.layers import load_layers
from gridgis_web.store.models import Artifact, AuditEntry, Jurisdiction, LayerSet, Upload, now
from gridgis_web.store.uploads import KEPT, remove_upload, upload
from killing import kill_at_random
from sent_layers import CRS, AsWindowsDoes, write_town, zipped, zipped_folder
from sqlalchemy import func, select, update

from gridgis.errors import InputError

LIMITS = Limits(size=20_000_000)


@pytest.fixture(scope="module")
def town_zip(tmp_path_factory):
    return zipped_folder(write_town(tmp_path_factory.mktemp("town")), within="样例社区/", kind=AsWindowsDoes)


@pytest.fixture(scope="module")
def bare_zip(tmp_path_factory):
    return zipped_folder(write_town(tmp_path_factory.mktemp("bare"), crs=None), kind=AsWindowsDoes)


@pytest.fixture
def town(store):
    with store.write() as session:
        made = Jurisdiction(level="community", code="330106001001", name="样例社区", crs=CRS)
        session.add(made)
    return made.id


def send(store, town, *files):
    sent = [Sent(name, io.BytesIO(content)) for name, content in files]
    return receive(store, sent, jurisdiction_id=town, who="planner", limits=LIMITS)


def report_of(store, key):
    with store.read() as session:
        return upload(session, key).report


def count(store, model):
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_a_town_is_sent_looked_at_confirmed_and_loaded(store, town, town_zip):
    key = send(store, town, ("样例社区.zip", town_zip))
    report = report_of(store, key)
    rows = {row["layer"]: row for row in report}
    assert {name: row["role"] for name, row in rows.items()} == {
        "辖区边界": "boundary", "楼栋": "buildings", "道路": "roads",
    }  # fmt: skip
    assert rows["楼栋"]["encoding"].startswith("gb18030")
    assert rows["楼栋"]["file"] == "样例社区/楼栋.shp"
    assert "4549" in rows["楼栋"]["crs"]
    given = confirm(store, key, guessed(report))
    assert given == json.loads(json.dumps(given))
    steps = []
    made = import_layers(
        store, given["upload_id"], Confirmed.read(given["confirmed"]), who="planner",
        progress=lambda step, done: steps.append(step),
    )  # fmt: skip
    with store.read() as session:
        layers = session.get(LayerSet, made)
        assert (layers.buildings, layers.households, layers.population) == (40, 960, 2400)
        assert layers.sources["confirmed"]["layers"][0]["file"]
        assert set(load_layers(session, made).lines["name"]) == {"解放路", "人民路"}
        assert session.get(Jurisdiction, town).geom is not None
        who = session.scalars(select(AuditEntry.who).where(AuditEntry.action == "create")).all()
    assert set(who) == {"planner"}
    assert "layers" in steps


def test_nothing_of_residents_is_shown_kept_or_loaded(store, town, town_zip):
    key = send(store, town, ("样例社区.zip", town_zip))
    report = report_of(store, key)
    assert "某某" not in json.dumps(report, ensure_ascii=False)
    assert any("户主" in defect and "residents" in defect for row in report for defect in row["defects"])
    made = import_layers(store, key, guessed(report), who="planner")
    with store.read() as session:
        layers = load_layers(session, made)
        content = session.get(Artifact, session.get(LayerSet, made).content_id).content
    assert "户主" not in layers.buildings.columns
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all("某某".encode() not in archive.read(name) for name in archive.namelist())


def test_where_no_coordinate_system_is_stated_a_person_says_it(store, town, bare_zip):
    key = send(store, town, ("a.zip", bare_zip))
    report = report_of(store, key)
    assert {row["crs"] for row in report} == {""}
    guess = guessed(report)
    with pytest.raises(InputError) as error:
        confirm(store, key, guess)
    assert len(error.value.faults) == 3
    assert all("does not state its coordinate system" in fault for fault in error.value.faults)
    said = Confirmed(tuple(LayerRole(one.file, one.layer, one.role, CRS) for one in guess.layers), name="样例")
    confirm(store, key, said)
    made = import_layers(store, key, said, who="planner")
    with store.read() as session:
        found = load_layers(session, made)
    assert found.crs.to_epsg() == 4549
    assert found.name == "样例"


def test_what_does_not_fit_the_upload_is_told_all_at_once(store, town, town_zip):
    key = send(store, town, ("样例社区.zip", town_zip))
    folder = "样例社区/"
    said = Confirmed(
        (
            LayerRole(f"{folder}楼栋.shp", "楼栋", "buildings", "EPSG:4490"),
            LayerRole(f"{folder}道路.shp", "道路", "streets"),
            LayerRole("没有.shp", "没有", "roads"),
        ),
        columns={"households": "住户", "colour": "颜色"},
    )
    with pytest.raises(InputError) as error:
        confirm(store, key, said)
    told = "\n".join(error.value.faults)
    for words in (
        "cannot be given another",
        "no role “streets”",
        "no layer “没有”",
        "boundary: no layer",
        "“住户”",
        "“colour”",
    ):
        assert words in told
    with pytest.raises(InputError, match="cannot be read"):
        Confirmed.read({"layers": [{"nonsense": 1}]})
    with pytest.raises(NotFound):
        confirm(store, key + 1, said)


def test_one_unreadable_layer_does_not_hide_the_others(store, town, town_zip):
    broken = zipped({"坏.shp": b"\0\0\x27\x0a" + bytes(96), "坏.dbf": b"x" * 40})
    key = send(store, town, ("样例社区.zip", town_zip), ("坏.zip", broken), ("说明.txt", b"x"))
    errors = {row["file"]: row["error"] for row in report_of(store, key) if row["error"]}
    assert set(errors) == {"坏/坏.shp", "说明.txt"}
    assert "gridgis-upload" not in json.dumps(errors)
    with pytest.raises(InputError):
        send(store, town, ("坏.zip", broken))
    assert count(store, Upload) == 1


def test_uploads_go_when_told_or_after_a_week_with_their_files(store, town, town_zip):
    first = send(store, town, ("a.zip", town_zip))
    again = send(store, town, ("a.zip", town_zip))
    assert count(store, Artifact) == 1
    with store.write() as session:
        remove_upload(session, again, who="planner")
    assert count(store, Artifact) == 1, "the other upload is the same files"
    with store.write() as session:
        session.execute(update(Upload).where(Upload.id == first).values(created_at=now() - 2 * KEPT))
    latest = send(store, town, ("b.geojson", json.dumps(BOX).encode()))
    with store.read() as session:
        assert session.scalars(select(Upload.id)).all() == [latest]
    assert count(store, Artifact) == 1


BOX = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": {
    "type": "Polygon", "coordinates": [[[120, 30], [120.1, 30], [120.1, 30.1], [120, 30]]]}}]}  # fmt: skip


def test_what_is_refused_leaves_nothing(store, town):
    with pytest.raises(InputError, match="no file was sent"):
        send(store, town)
    with pytest.raises(InputError, match="out of its folder"):
        send(store, town, ("a.zip", zipped({"../a.geojson": b"{}"})))
    with pytest.raises(NotFound):
        send(store, town + 1, ("b.geojson", json.dumps(BOX).encode()))
    assert count(store, Upload) == count(store, Artifact) == 0


def test_killed_while_importing_all_or_nothing_is_there(store, town, town_zip):
    key = send(store, town, ("a.zip", town_zip))
    guess = guessed(report_of(store, key))
    place = store.url.render_as_string(hide_password=False)
    import_layers(store, key, guess, who="planner")
    store.close()

    def work():
        other = type(store)(place)
        # other layers each time: the same would be found, not saved
        with other.read() as session:
            name = f"样例{session.scalar(select(func.count()).select_from(LayerSet))}"
        import_layers(other, key, Confirmed(guess.layers, name=name), who="planner")

    def look():
        with store.read() as session:
            for layers in session.scalars(select(LayerSet)):
                assert len(load_layers(session, layers.id).buildings) == layers.buildings == 40
            rows = session.scalar(select(func.count()).select_from(LayerSet))
            from gridgis_web.store.models import Building

            assert session.scalar(select(func.count()).select_from(Building)) == 40 * rows
        store.close()

    kill_at_random(work, look)
