"""The API: it describes itself and answers as it says, each role what is theirs, nothing stale, on both back ends."""

import gzip
import io
import itertools
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from gridgis_web import Settings, create_app
from gridgis_web.store import life, tokens
from gridgis_web.store.accounts import Caller, need_account
from gridgis_web.store.models import AuditEntry, Building, Grid
from gridgis_web.store.officers import add_officer, add_posting
from people import TODAY, add_account
from service_processes import until
from small_plans import add_community, even_plan, keep
from sqlalchemy import select

FILES = {name: name.encode() for name in ("grids.geojson", "grids.gpkg", "grids.shp", "grids.dbf", "plan.json")}


def archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


class Town:
    """A community with a published plan and a draft, officers and an account of every role."""

    def __init__(self, store, folder):
        self.store = store
        self.settings = Settings(folder=folder)
        self.app = create_app(self.settings, store=store)
        with store.write() as session:
            self.place, self.other = add_community(session), add_community(session, "110101001002")
            row = keep(session, self.place, even_plan(), name="现行 Plan")
            life.publish(session, row.id, 1, day=TODAY, today=TODAY, who="planner", files=archive(FILES))
            self.published = row.id
        with store.write() as session:
            self.draft = keep(session, self.place, even_plan(), name="草案 Draft").id
            self.codes = session.scalars(
                select(Grid.code).where(Grid.plan_id == self.published, Grid.level == "grid").order_by(Grid.number)
            ).all()
            first, second = (
                add_officer(session, self.place, name, who="cli", phone="13800000000", public_phone="010-1")
                for name in ("甲 One", "乙 Two")
            )
            add_posting(session, first, self.codes[0], TODAY, who="cli")
            add_posting(session, second, self.codes[1], TODAY, who="cli")
            self.first, self.second = first.id, second.id
        add_account(store, "root", "administrator")
        add_account(store, "planner", "planner", jurisdiction_id=self.place)
        add_account(store, "stranger", "planner", jurisdiction_id=self.other)
        add_account(store, "officer", "officer", officer_id=self.first)
        self.tokens = {login: self.token(login) for login in ("root", "planner", "stranger", "officer")}

    def token(self, login):
        with self.store.write() as session:
            caller = Caller.of(need_account(session, login))
            return tokens.add_token(session, caller, "test", days=30)

    def ask(self, path, *, login="planner", method="GET", headers=None, **more):
        given = {"Authorization": f"Bearer {self.tokens[login]}"} | (headers or {})
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=given, **more)


@pytest.fixture
def town(store, tmp_path):
    return Town(store, tmp_path / "own")


def test_the_api_describes_itself(town):
    told = town.app.test_client().get("/api/v1/openapi.json").json
    assert (told["openapi"], told["info"]["title"]) == ("3.1.0", "gridgis")
    assert set(told["components"]["securitySchemes"]) == {"token", "session"}
    operations = [operation for path in told["paths"].values() for name, operation in path.items() if name in METHODS]
    assert len(operations) >= 30
    assert all({"401", "403", "422", "default"} <= operation["responses"].keys() for operation in operations)
    assert all(operation.get("summary") for operation in operations)


METHODS = ("get", "post", "patch", "put", "delete")


def test_what_nobody_asked_for_is_refused(town):
    for path in (f"/plans/{town.draft}?verson=1", "/plans?stat=draft", f"/plans/{town.draft}/grids?bbox=1,2,3"):
        answer = town.ask(path)
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json"), path
    assert town.ask(f"/plans/{town.draft}/grids?bbox=9,1,8,2").status_code == 422


def test_grids_come_as_they_were_kept_and_only_once(town):
    path = f"/plans/{town.published}/grids"
    answer = town.ask(path, headers={"Accept-Encoding": "gzip"})
    assert (answer.content_type, answer.headers["Content-Encoding"]) == ("application/geo+json", "gzip")
    told = json.loads(gzip.decompress(answer.data))
    assert [feature["id"] for feature in told["features"]] == town.codes
    with town.store.read() as session:
        kept = session.execute(select(Grid.code, Grid.name, Grid.geojson).where(Grid.plan_id == town.published)).all()
    for feature, row in zip(told["features"], sorted(kept), strict=True):
        assert (feature["geometry"], feature["properties"]["name"]) == (json.loads(row.geojson), row.name)
        assert feature["properties"]["bounds"]["east"].keys() == {"zh", "en"}
    again = town.ask(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert town.ask(path).json == told
    one = town.ask(f"{path}/{town.codes[1]}")
    assert one.json == told["features"][1]
    assert town.ask(f"{path}/999").status_code == 404


def pages(town, path):
    """Return the numbers of all features, page by page."""
    found = []
    while path:
        told = town.ask(path).json
        found.append([feature["properties"]["number"] for feature in told["features"]])
        path = next((link["href"].removeprefix("/api/v1") for link in told.get("links", ())), None)
    return found


@pytest.mark.parametrize("kind", ["grids", "units", "buildings"])
def test_a_window_holds_what_meets_it_and_pages_hold_each_once(town, kind):
    with town.store.read() as session:
        set_id = session.scalars(select(Building.layer_set_id)).first()
    path = f"/layers/{set_id}/buildings" if kind == "buildings" else f"/plans/{town.published}/{kind}"
    features = town.ask(path).json["features"]
    numbers = np.array([feature["properties"]["number"] for feature in features])
    boxes = shapely.bounds([shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features])
    west, south, east, north = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    rng = np.random.default_rng(3)
    partly = 0
    for _ in range(12):
        x, y = np.sort(rng.uniform(west, east, 2)), np.sort(rng.uniform(south, north, 2))
        found = set(itertools.chain(*pages(town, f"{path}?bbox={x[0]:.12f},{y[0]:.12f},{x[1]:.12f},{y[1]:.12f}")))
        window = shapely.box(x[0], y[0], x[1], y[1])
        # the index of a GeoPackage knows its boxes to a few metres
        sure, perhaps = (
            set(numbers[shapely.intersects(shapely.box(*boxes.T), box)].tolist())
            for box in (window, window.buffer(5e-5, join_style="mitre"))
        )
        assert sure <= found <= perhaps
        partly += 0 < len(sure) < len(numbers)
    assert partly
    found = pages(town, f"{path}?limit=3")
    assert list(itertools.chain(*found)) == sorted(numbers.tolist())
    assert {len(page) for page in found[:-1]} <= {3}


def test_a_point_is_in_one_grid_and_near_a_border_the_other_is_told(town):
    features = town.ask(f"/plans/{town.published}/grids").json["features"]
    shapes = {f["id"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in features}
    for code, shape in shapes.items():
        spot = shapely.maximum_inscribed_circle(shape, 1e-7).coords[0]
        told = town.ask(f"/locate?lon={spot[0]}&lat={spot[1]}").json
        assert (told[0]["code"], told[0]["inside"], told[0]["distance_m"]) == (code, True, 0)
    one, two = next((a, b) for a in shapes for b in shapes if a < b and shapes[a].intersection(shapes[b]).length > 1e-5)
    seam = shapes[one].intersection(shapes[two]).interpolate(0.5, normalized=True)
    told = town.ask(f"/locate?lon={seam.x}&lat={seam.y}").json
    assert {one, two} <= {grid["code"] for grid in told}
    assert all(grid["distance_m"] <= 30 for grid in told)
    assert town.ask("/locate?lon=0&lat=0").json == []
    assert town.ask(f"/locate?lon={seam.x}&lat={seam.y}", login="stranger").json == []
    assert {g["code"] for g in town.ask(f"/locate?lon={seam.x}&lat={seam.y}", login="officer").json} <= {town.codes[0]}


def test_each_sees_what_is_theirs(town):
    assert [p["id"] for p in town.ask("/plans").json] == [town.draft, town.published]
    assert [p["id"] for p in town.ask("/plans?state=published").json] == [town.published]
    first = town.ask("/plans?limit=1")
    assert [p["id"] for p in town.ask(first.headers["Link"].split("/api/v1")[1].split(">")[0]).json] == [town.published]
    assert town.ask("/plans", login="stranger").json == []
    paths = (
        f"/plans/{town.published}", f"/plans/{town.published}/grids", f"/plans/{town.published}/units",
        f"/plans/{town.published}/exports/all", f"/jurisdictions/{town.place}", f"/officers/{town.first}",
        f"/jurisdictions/{town.place}/layers", f"/jurisdictions/{town.place}/grids/{town.codes[0]}",
    )  # fmt: skip
    for path in paths:
        assert town.ask(path, login="stranger").status_code == 404, path
        assert town.ask(path).status_code == 200, path
        assert town.app.test_client().get(f"/api/v1{path}").status_code == 401
    own = town.ask(f"/plans/{town.published}/grids", login="officer").json["features"]
    assert [feature["id"] for feature in own] == town.codes[:1]
    assert town.ask(f"/plans/{town.draft}/grids", login="officer").status_code == 404
    assert town.ask(f"/plans/{town.published}/grids/{town.codes[1]}", login="officer").status_code == 404
    assert [o["id"] for o in town.ask("/officers", login="officer").json] == [town.first]
    assert town.ask(f"/officers/{town.second}", login="officer").status_code == 404
    told = town.ask("/jurisdictions").json
    assert [place["id"] for place in told] == [town.place]
    assert town.ask(f"/jurisdictions/{town.place}/boundary").json["geometry"]["type"] == "MultiPolygon"
    history = town.ask(f"/jurisdictions/{town.place}/grids/{town.codes[0]}", login="officer").json
    assert [period["plan_id"] for period in history["periods"]] == [town.published]


def test_a_jurisdiction_is_added_by_those_who_may_where_they_may(town):
    def add(login, **given):
        given = {"level": "community", "code": "330106001", "name": "新社区 New"} | given
        return town.ask("/jurisdictions", method="POST", login=login, json=given)

    made = add("root", level="subdistrict")
    assert (made.status_code, made.json["parent_id"], made.headers["ETag"]) == (201, None, '"1"')
    above = made.json["id"]
    assert add("root").status_code == 409
    below = add("root", code="330106001001", parent_id=above)
    assert (below.status_code, below.json["parent_id"]) == (201, above)
    assert town.ask(f"/jurisdictions/{below.json['id']}", login="root").json == below.json
    assert [add(login, code="330106002").status_code for login in ("officer", "planner")] == [403, 422]
    assert add("planner", code="330106002", parent_id=above).status_code == 404
    # below a community there is no level
    assert add("planner", code="330106002", parent_id=town.place).status_code == 422
    with town.store.read() as session:
        logged = session.scalars(select(AuditEntry).filter_by(who="root", subject="jurisdiction")).all()
    assert [(entry.action, entry.after["code"]) for entry in logged] == [
        ("create", "330106001"), ("create", "330106001001"),
    ]  # fmt: skip


def test_a_plan_goes_its_way_and_nobody_goes_by_a_stale_version(town):
    path = f"/plans/{town.draft}"
    loaded = town.ask(path)
    assert loaded.headers["ETag"] == f'"{loaded.json["version"]}"'
    assert loaded.json["certificate"] and loaded.json["options"]
    assert town.ask(f"{path}/submit", method="POST").status_code == 428
    current = {"If-Match": loaded.headers["ETag"]}
    renamed = town.ask(path, method="PATCH", headers=current, json={"name": "新名 New"})
    assert (renamed.status_code, renamed.json["name"]) == (200, "新名 New")
    stale = town.ask(f"{path}/submit", method="POST", headers=current)
    assert (stale.status_code, stale.content_type) == (412, "application/problem+json")
    assert "load it again" in stale.json["detail"]
    handed_in = town.ask(f"{path}/submit", method="POST", headers={"If-Match": renamed.headers["ETag"]})
    assert handed_in.json["state"] == "in review"
    now = {"If-Match": handed_in.headers["ETag"]}
    assert town.ask(f"{path}/approve", method="POST", headers=now).status_code == 403
    assert town.ask(f"{path}/submit", method="POST", headers=now).status_code == 409
    back = town.ask(f"{path}/take-back", method="POST", headers=now, json={"why": "太大 too large"})
    assert back.json["state"] == "draft"
    gone = town.ask(f"{path}/discard", method="POST", headers={"If-Match": back.headers["ETag"]}, json={})
    assert gone.json["state"] == "discarded"


def test_files_of_published_plans(town):
    path = f"/plans/{town.published}/exports"
    for wanted in ("geojson", "geopackage", "plan"):
        answer = town.ask(f"{path}/{wanted}")
        assert answer.data in FILES.values()
        assert answer.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(town.ask(f"{path}/shapefile").data)) as made:
        assert sorted(made.namelist()) == ["grids.dbf", "grids.shp"]
    everything = town.ask(f"{path}/all")
    assert everything.data == archive(FILES) or len(zipfile.ZipFile(io.BytesIO(everything.data)).namelist()) == 5
    assert town.ask(f"{path}/all", headers={"If-None-Match": everything.headers["ETag"]}).status_code == 304
    assert town.ask(f"{path}/map").status_code == 404
    assert town.ask(f"/plans/{town.draft}/exports/all").status_code == 409


def test_tiles_hold_every_building_once_and_nothing_but_counts(town):
    import pyogrio

    path = f"/plans/{town.published}/tiles"
    assert town.ask(f"{path}/buildings/3/9/1.mvt").status_code == 404
    with town.store.read() as session:
        rows = session.execute(select(Building.number, Building.households, Building.geom)).all()
    rows = {row.number: row for row in rows}
    whole = shapely.union_all([row.geom for row in rows.values()]).bounds
    seen, area = {}, dict.fromkeys(rows, 0.0)
    for z, x, y, box in tiles_of(whole, 16):
        answer = until(lambda at=(z, x, y): ready(town.ask("{}/buildings/{}/{}/{}.mvt".format(path, *at))))
        if answer.status_code == 204:
            continue
        assert answer.content_type == "application/vnd.mapbox-vector-tile"
        assert "max-age" in answer.headers["Cache-Control"]
        same = town.ask(f"{path}/buildings/{z}/{x}/{y}.mvt", headers={"If-None-Match": answer.headers["ETag"]})
        assert same.status_code == 304
        told, _, shapes, values = pyogrio.raw.read(decoded(answer.data, z, x, y))
        values = dict(zip(told["fields"], values, strict=True))
        assert set(values) - {"mvt_id"} <= {"number", "use", "levels", "households", "population", "measured"}
        numbers = values["number"].tolist()
        assert len(set(numbers)) == len(numbers)
        seen |= dict(zip(numbers, values["households"].tolist(), strict=True))
        for number, shape in zip(numbers, shapely.from_wkb(shapes), strict=True):
            area[number] += degrees(shape).intersection(box).area
    assert seen == {number: row.households for number, row in rows.items()}
    for number, row in rows.items():
        assert area[number] == pytest.approx(row.geom.area, rel=0.1)
    for layer in ("units", "grids"):
        z, x, y, _ = next(tiles_of(whole, 12))
        assert (
            until(lambda at=(layer, z, x, y): ready(town.ask("{}/{}/{}/{}/{}.mvt".format(path, *at)))).status_code
            == 200
        )


def ready(answer):
    assert answer.status_code in (200, 204, 503), answer.data
    return answer if answer.status_code != 503 else None


def tiles_of(bounds, z):
    """Yield the tiles over a window: z, x, y, and their boxes in degrees."""

    def place(lon, lat):
        y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
        return int((lon + 180) / 360 * 2**z), int(y * 2**z)

    (west, north), (east, south) = place(bounds[0], bounds[3]), place(bounds[2], bounds[1])
    for x, y in itertools.product(range(west, east + 1), range(north, south + 1)):
        lons = [(x + i) / 2**z * 360 - 180 for i in (0, 1)]
        lats = [np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + i) / 2**z)))) for i in (1, 0)]
        yield z, x, y, shapely.box(lons[0], lats[0], lons[1], lats[1])


def decoded(content, z, x, y):
    """Return where GDAL finds a tile; its driver takes the place of a tile from its path."""
    folder = Path(tempfile.mkdtemp()) / str(z) / str(x)
    folder.mkdir(parents=True)
    file = folder / f"{y}.pbf"
    file.write_bytes(content)
    return file


def degrees(shape):
    """Turn Web Mercator into degrees."""
    radius = 6378137.0
    return shapely.transform(
        shape,
        lambda xy: np.degrees(
            np.column_stack([xy[:, 0] / radius, 2 * np.arctan(np.exp(xy[:, 1] / radius)) - np.pi / 2])
        ),
    )


def reads(town):
    with town.store.read() as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()


def test_phones_are_told_on_request_to_those_who_may_and_each_read_is_logged(town):
    assert all("phone" not in officer for officer in town.ask("/officers").json)
    assert reads(town) == []
    told = town.ask("/officers?phones=true").json
    assert [officer["phone"] for officer in told] == ["13800000000"] * 2
    assert [(entry.who, entry.after["fields"]) for entry in reads(town)] == [("planner", ["phone"])]
    assert town.ask("/officers?phones=true", login="officer").status_code == 403
    assert len(reads(town)) == 1


def test_officers_and_postings_change_and_no_log_holds_a_phone(town):
    made = town.ask(
        "/officers", method="POST", json={"jurisdiction_id": town.place, "name": "丙 Three", "phone": "139-1"}
    )
    assert (made.status_code, made.json["name"]) == (201, "丙 Three")
    path = f"/officers/{made.json['id']}"
    changed = town.ask(path, method="PATCH", headers={"If-Match": '"1"'}, json={"phone": "139-2", "active": False})
    assert (changed.status_code, changed.json["active"]) == (200, False)
    assert town.ask(path, method="PATCH", headers={"If-Match": '"1"'}, json={"name": "x"}).status_code == 412
    given = {"officer_id": made.json["id"], "grid_code": town.codes[0], "starts": TODAY.isoformat()}
    posted = town.ask("/postings", method="POST", json=given)
    assert (posted.status_code, posted.json["duty"]) == (201, "officer")
    assert town.ask("/postings", method="POST", json=given | {"grid_code": "nowhere"}).status_code == 422
    ended = town.ask(f"/postings/{posted.json['id']}", method="PATCH", json={"ends": "2999-01-01"})
    assert ended.json["ends"] == "2999-01-01"
    early = town.ask(f"/postings/{posted.json['id']}", method="PATCH", json={"ends": "1999-01-01"})
    assert early.status_code == 422
    assert len(town.ask(f"/postings?grid_code={town.codes[0]}").json) == 2
    assert town.ask("/officers", method="POST", login="stranger", json={"jurisdiction_id": town.place, "name": "x"}
                    ).status_code == 404  # fmt: skip
    with town.store.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "officer")).all()
    assert any(entry.action == "change" for entry in entries)
    assert "139-" not in json.dumps([[entry.before, entry.after] for entry in entries])
