"""What was recorded keeps the grid of its day, and is told by the grids of any other plan, on both back ends."""

import json
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from gridgis_web.store import features, life, records
from gridgis_web.store.models import FieldEntry, Grid, Incident, Plan
from gridgis_web.store.places import add_jurisdiction
from people import TODAY
from small_plans import keep, lattice_plan
from sqlalchemy import func, select
from test_api import FILES, Town, archive

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shapes_of(session, plan_id):
    rows = session.execute(select(Grid.code, Grid.geom).where(Grid.plan_id == plan_id, Grid.level == "grid")).all()
    return gpd.GeoDataFrame({"code": [row.code for row in rows]}, geometry=[row.geom for row in rows], crs=4326)


def spots_of(grids, count, seed):
    """Points all over the town and around it; corners of grids, and points on the lines between two of them."""
    rng = np.random.default_rng(seed)
    west, south, east, north = grids.total_bounds
    wide, high = (east - west) / 8, (north - south) / 8
    free = np.column_stack(
        [rng.uniform(west - wide, east + wide, count), rng.uniform(south - high, north + high, count)]
    )
    corners = shapely.get_coordinates(grids.geometry.to_numpy())
    return shapely.points(np.concatenate([free, rng.choice(corners, count)]))


def record_at(session, place, spots, plan=None):
    """Record something at each spot on its day, in the grid that holds it then."""
    for number, spot in enumerate(spots):
        found = [one for one in features.locate(session, spot.x, spot.y, TODAY, near_m=1) if one.inside]
        grid = None
        if found:
            wanted = select(Grid.id).where(Grid.plan_id == found[0].plan_id, Grid.code == found[0].code)
            grid = session.scalar(wanted.where(Grid.level == "grid"))
        session.add(
            Incident(
                jurisdiction_id=place, grid_id=grid, code=f"{place}-{number}", category=("order", "other")[number % 2],
                state="reported", title="样例", contact="call me",
                reported_at=NOON + timedelta(hours=number), geom=spot,
            )
        )  # fmt: skip


@pytest.fixture
def town(store, tmp_path):
    """A town with a published plan, another draft, and records of today."""
    made = Town(store, tmp_path / "own")
    with store.write() as session:
        households = np.full((4, 4), 50)
        households[0, :2], households[3] = 120, 20
        made.redrawn = keep(session, made.place, lattice_plan(households), name="另一方案 Redrawn").id
    with store.read() as session:
        spots = spots_of(shapes_of(session, made.published), 150, 7)
    with store.write() as session:
        record_at(session, made.place, spots)
    return made


def all_records(town, plan, query="", login="planner"):
    """Return the records of all pages."""
    found, path = [], f"/plans/{plan}/records?limit=70{query}"
    while path:
        answer = town.ask(path, login=login)
        assert answer.status_code == 200, answer.json
        found += answer.json
        path = answer.headers.get("Link", "").partition("</api/v1")[2].partition(">")[0]
    return found


def kept(town):
    with town.store.read() as session:
        rows = session.execute(select(Incident.id, Incident.grid_id).order_by(Incident.id)).all()
        return [tuple(row) for row in rows]


def test_records_are_told_by_the_grids_of_any_plan(town):
    check_the_plan_of_their_day(town)
    check_against_a_spatial_join(town)
    check_windows_days_and_categories(town)
    check_fieldwork(town)
    check_a_grid_that_somebody_chose(town)


def check_the_plan_of_their_day(town):
    before = kept(town)
    told = all_records(town, town.published)
    assert [(one["id"], one["recorded_code"]) for one in told] == [(one["id"], one["code"]) for one in told]
    assert {one["recorded_plan_id"] for one in told} == {town.published, None}
    assert [one["id"] for one in told] == [key for key, _ in before]
    assert kept(town) == before
    assert "call me" not in json.dumps(told)


def check_against_a_spatial_join(town):
    with town.store.read() as session:
        rows = session.execute(select(Incident.id, Incident.geom).order_by(Incident.id)).all()
        frames = {plan: shapes_of(session, plan) for plan in (town.published, town.redrawn)}
    points = gpd.GeoDataFrame({"id": [row.id for row in rows]}, geometry=[row.geom for row in rows], crs=4326)
    by_plan = {}
    for plan, grids in frames.items():
        joined = gpd.sjoin(points, grids, how="left", predicate="intersects")
        assert joined["id"].duplicated().any(), "some lie on a border"
        first = joined.sort_values(["id", "code"]).drop_duplicates("id").set_index("id")["code"]
        told = {one["id"]: one["code"] for one in all_records(town, plan)}
        assert told == first.astype(object).where(first.notna(), None).to_dict()
        counts = town.ask(f"/plans/{plan}/records/counts").json
        assert {one["code"]: one["records"] for one in counts["grids"] if one["records"]} == (
            first.value_counts().to_dict()
        )
        assert {one["code"] for one in counts["grids"]} == set(grids["code"])
        assert counts["outside"] == first.isna().sum() > 0
        assert counts["records"] == counts["outside"] + sum(one["records"] for one in counts["grids"]) == len(points)
        by_plan[plan] = told
    assert by_plan[town.published] != by_plan[town.redrawn]


def check_fieldwork(town):
    """What officers did is told by the same rules; what has no place is not."""
    every = all_records(town, town.redrawn)
    with town.store.write() as session:
        rows = session.execute(select(Incident.id, Incident.grid_id, Incident.geom).order_by(Incident.id)).all()
        for row in [*rows, None]:
            session.add(
                FieldEntry(
                    key=f"key {row and row.id}", kind="visit", officer_id=town.first, jurisdiction_id=town.place,
                    done_at=NOON, **({"grid_id": row.grid_id, "lon": row.geom.x, "lat": row.geom.y} if row else {}),
                )
            )  # fmt: skip
    told = all_records(town, town.redrawn, "&kind=fieldwork")
    same = ("lon", "lat", "code", "recorded_code", "recorded_plan_id")
    assert [[one[name] for name in same] for one in told] == [[one[name] for name in same] for one in every]
    assert {(one["category"], one["state"]) for one in told} == {("visit", "")}
    counts, others = (
        town.ask(f"/plans/{town.redrawn}/records/counts{query}").json for query in ("", "?kind=fieldwork")
    )
    assert counts == others
    assert town.ask(f"/plans/{town.redrawn}/records?kind=rumours").status_code == 422


def check_a_grid_that_somebody_chose(town):
    """Near a border it need not be the one that holds the point: by the plan of the day it stays what was chosen."""
    first = all_records(town, town.published)[0]
    chosen = next(code for code in town.codes if code != first["recorded_code"])
    with town.store.write() as session:
        grid = session.scalar(select(Grid.id).where(Grid.plan_id == town.published, Grid.code == chosen))
        session.get(Incident, first["id"]).grid_id = grid
    told = all_records(town, town.published)[0]
    assert (told["recorded_code"], told["code"]) == (chosen, chosen)
    before, after = (
        next(one for one in all_records(town, plan) if one["id"] == first["id"])["code"]
        for plan in (town.redrawn, town.published)
    )
    assert after == chosen != before
    counts = town.ask(f"/plans/{town.published}/records/counts").json
    assert {one["code"]: one["records"] for one in counts["grids"]}[chosen] == sum(
        one["code"] == chosen for one in all_records(town, town.published)
    )


def check_windows_days_and_categories(town):
    every = all_records(town, town.redrawn)
    xs, ys = np.sort([one["lon"] for one in every]), np.sort([one["lat"] for one in every])
    west, south, east, north = xs[40], ys[40], xs[-40], ys[-40]
    box = f"{west:.15f},{south:.15f},{east:.15f},{north:.15f}"
    west, south, east, north = map(float, box.split(","))
    since, until = NOON + timedelta(hours=20), NOON + timedelta(hours=200)
    query = f"&bbox={box}&category=order&since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}"
    expected = [
        one for one in every
        if west <= one["lon"] <= east and south <= one["lat"] <= north and one["category"] == "order"
        and since <= datetime.fromisoformat(one["at"]) < until
    ]  # fmt: skip
    assert 5 < len(expected) < len(every) / 2
    assert all_records(town, town.redrawn, query) == expected
    counts = town.ask(f"/plans/{town.redrawn}/records/counts?{query[1:]}").json
    assert counts["records"] == len(expected)
    assert counts["outside"] == sum(one["code"] is None for one in expected)


def test_each_is_told_what_is_theirs_and_once(town):
    check_officers_and_strangers(town)
    check_tags(town)
    check_places_below(town)
    check_drafts_that_were_edited(town)


def check_tags(town):
    for path in (f"/plans/{town.redrawn}/records", f"/plans/{town.redrawn}/records/counts"):
        first = town.ask(path)
        same = {"If-None-Match": first.headers["ETag"]}
        assert (town.ask(path, headers=same).status_code, town.ask(path, headers=same).data) == (304, b"")
        with town.store.write() as session:
            record_at(session, town.other, [shapely.Point(0, 0)])
            session.execute(Incident.__table__.update().values(jurisdiction_id=town.place))
        assert town.ask(path, headers=same).status_code == 200
        with town.store.write() as session:
            session.execute(Incident.__table__.delete().where(Incident.code == f"{town.other}-0"))


def check_officers_and_strangers(town):
    own = [one for one in all_records(town, town.published) if one["recorded_code"] == town.codes[0]]
    assert own
    assert all_records(town, town.published, login="officer") == own
    for path in (f"/plans/{town.redrawn}/records", "/plans/99/records"):
        assert town.ask(path, login="officer").status_code == 404
    assert town.ask(f"/plans/{town.published}/records/counts", login="officer").status_code == 403
    for path in (f"/plans/{town.published}/records", f"/plans/{town.published}/records/counts"):
        assert town.ask(path, login="stranger").status_code == 404
        assert town.app.test_client().get(f"/api/v1{path}").status_code == 401


def test_records_keep_the_plan_of_their_day_when_another_one_is_published(town):
    before = {one["id"]: one["recorded_code"] for one in all_records(town, town.published)}
    walked = {"walked_from": town.published}
    with town.store.write() as session:
        version = session.get(Plan, town.redrawn).version
        day = TODAY + timedelta(days=1)
        life.publish(
            session, town.redrawn, version, day=day, today=TODAY, who="planner", files=archive(FILES), **walked
        )
    for plan in (town.published, town.redrawn):
        told = all_records(town, plan)
        assert {one["id"]: one["recorded_code"] for one in told} == before
        assert {one["recorded_plan_id"] for one in told} == {town.published, None}


def check_drafts_that_were_edited(town):
    with town.store.write() as session:
        session.get(Plan, town.redrawn).step = 1
    for path in (f"/plans/{town.redrawn}/records", f"/plans/{town.redrawn}/records/counts"):
        answer = town.ask(path)
        assert (answer.status_code, "settle" in answer.json["detail"]) == (409, True)


def check_places_below(town):
    with town.store.write() as session:
        below = add_jurisdiction(
            session, level="community", code="110101001009", name="下级", who="planner"
        )  # fmt: skip
        below.parent_id = town.place
        spot = session.scalar(select(Grid.geom).where(Grid.plan_id == town.published)).representative_point()
        session.flush()
        record_at(session, below.id, [spot, shapely.Point(0, 0)])
        wanted = records.Wanted(places=[below.id])
        grids, outside = records.count_by_grid(session, town.published, wanted)
        assert (sum(one.records for one in grids), outside) == (1, 1)
        total = session.scalar(select(func.count()).select_from(Incident))
    assert town.ask(f"/plans/{town.published}/records/counts").json["records"] == total
