"""Layers and plans in the store: they come back exactly, are kept once; two planners cannot overwrite each other."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from finished_plans import town_plan
from gridgis_web.errors import NotFound
from gridgis_web.planning.pack import pack_layers, pack_plan, pack_units
from gridgis_web.store import Conflict, artifacts
from gridgis_web.store.geometry import Geometry, Window, encoded
from gridgis_web.store.layers import load_layers, newest_layers, save_layers
from gridgis_web.store.life import discard, submit
from gridgis_web.store.models import Artifact, AuditEntry, Building, Grid, Jurisdiction, LayerSet, Unit, UnitSet
from gridgis_web.store.plans import grids_of, load_plan, page_of_plans, plan_row, rename, save_draft
from small_plans import add_community, even_plan, keep
from sqlalchemy import func, select

from gridgis import Band, PlanOptions, make_plan
from gridgis.edit import merge_grids, split_grid
from gridgis.errors import InputError


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def draft(store):
    """A community with one draft: its key and version."""
    with store.write() as session:
        row = keep(session, add_community(session), even_plan())
        return row.id, row.version


def test_layers_come_back_exactly_and_their_buildings_lie_where_they_are(store):
    plan = town_plan()
    with store.write() as session:
        place = add_community(session)
        key = save_layers(session, place, plan.layers, plan.counts, who="planner", confirmed={"a.shp": "buildings"}).id
    with store.read() as session:
        assert pack_layers(load_layers(session, key)) == pack_layers(plan.layers)
        kept = newest_layers(session, place)
        assert (kept.id, kept.households) == (key, plan.counts["households"].sum())
        assert kept.sources["confirmed"] == {"a.shp": "buildings"}
        rows = session.scalars(select(Building).order_by(Building.number)).all()
        assert [row.source_id for row in rows] == plan.layers.buildings["source_id"].tolist()
        assert [row.households for row in rows] == plan.counts["households"].tolist()
        assert sum(row.measured for row in rows) == 0  # people were never counted, only households
        shapes = gpd.GeoSeries([row.geom for row in rows], crs=4326).to_crs(plan.layers.crs)
        assert shapely.hausdorff_distance(shapes.to_numpy(), plan.layers.buildings.geometry.to_numpy()).max() < 1e-6
        assert session.get(Jurisdiction, place).geom.area > 0


def test_the_same_layers_are_kept_once_and_other_counts_are_another_set(store):
    plan = even_plan()
    with store.write() as session:
        place = add_community(session)
        first = save_layers(session, place, plan.layers, plan.counts, who="planner")
        assert save_layers(session, place, plan.layers, plan.counts, who="planner").id == first.id
        assert count(session, Building) == 16
        more = plan.counts.assign(households=plan.counts["households"] + 1)
        assert save_layers(session, place, plan.layers, more, who="planner").id != first.id
        assert count(session, LayerSet) == 2
        assert session.scalar(select(func.count()).where(Artifact.id == first.content_id)) == 1


def test_a_plan_comes_back_and_its_units_are_kept_once(store, draft):
    plan = even_plan()
    key, _ = draft
    with store.write() as session:
        keep(session, plan_row(session, key).jurisdiction_id, plan, name="又一个")
    with store.read() as session:
        back = load_plan(session, key)
        assert (pack_units(back), pack_plan(back)) == (pack_units(plan), pack_plan(plan))
        assert back.certificate.to_dict() == plan.certificate.to_dict() == plan_row(session, key).certificate
        assert (count(session, UnitSet), count(session, Unit)) == (1, len(plan.units.frame))
        assert (
            len(page_of_plans(session, jurisdiction_id=plan_row(session, key).jurisdiction_id, states=["draft"])) == 2
        )
        with pytest.raises(NotFound):
            load_plan(session, 99)


def test_every_level_is_kept_for_maps(store):
    plan = make_plan(
        even_plan().layers,
        PlanOptions(households=Band(150, 250), population=None, sectors=Band(2, 2), micro=Band(40, 120)),
    )
    with store.write() as session:
        key = keep(session, add_community(session), plan).id
    with store.read() as session:
        rows = {level: grids_of(session, key, level=level, shapes=True) for level in ("sector", "grid", "micro")}
        assert [row.code for row in rows["sector"]] == list(plan.codes.sector)
        assert [row.code for row in rows["grid"]] == list(plan.codes.code)
        assert [row.code for row in rows["micro"]] == list(plan.micro.codes.code)
        for lower, upper in (("grid", "sector"), ("micro", "grid")):
            for above in rows[upper]:
                inside = [row for row in rows[lower] if row.parent_code == above.code]
                assert sum(row.households for row in inside) == above.households
        for row in [row for level in rows.values() for row in level]:
            shape = shapely.from_geojson(row.geojson)
            assert shapely.hausdorff_distance(shape, row.geom) < 1e-6
            assert shapely.contains_xy(row.geom, row.label_lon, row.label_lat)
            assert shape.geom_type != "Polygon" or shape.exterior.is_ccw
            assert 0 <= row.colour < 6
        for row in rows["grid"]:
            assert row.bounds.keys() == {"east", "south", "west", "north"}
            assert all(words["zh"] and words["en"] for words in row.bounds.values())
        window = rows["grid"][0].geom.buffer(-1e-6).bounds
        found = session.scalars(select(Grid.code).where(Window(Grid.__table__.c.geom, window), Grid.level == "grid"))
        assert rows["grid"][0].code in found.all()


def test_the_second_of_two_planners_is_told_who_was_first_and_what_to_do(store, draft):
    key, version = draft
    with store.read() as session:
        mine, yours = load_plan(session, key), load_plan(session, key)
    mine, yours = merge_grids(mine, mine.codes.code[:2]).plan, split_grid(yours, yours.codes.code[0], 2).plan
    with store.write() as session:
        assert save_draft(session, key, version, mine, who="anna", why="merge").version == version + 1
    with pytest.raises(Conflict) as caught, store.write() as session:
        save_draft(session, key, version, yours, who="bert")
    assert all(word in str(caught.value) for word in ("anna", "load it again", "as a new plan", "UTC"))
    with store.read() as session:
        assert pack_plan(load_plan(session, key)) == pack_plan(mine)
        assert [row.code for row in grids_of(session, key)] == list(mine.codes.code)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "change")).one()
        assert (entry.who, entry.after["why"]) == ("anna", "merge")
        assert (entry.before["grids"], entry.after["grids"]) == (4, 3)
        assert count(session, UnitSet) == 1


def test_only_drafts_are_changed(store, draft):
    key, version = draft
    with store.write() as session:
        assert rename(session, key, version, "新名", who="anna").name == "新名"
        version = submit(session, key, version + 1, who="anna").version
    with pytest.raises(Conflict, match="take it back"), store.write() as session:
        save_draft(session, key, version, even_plan(), who="anna")
    with store.write() as session:
        version = discard(session, key, version, who="anna", why="useless").version
    with pytest.raises(Conflict, match="discarded"), store.write() as session:
        save_draft(session, key, version, even_plan(), who="anna")


def test_a_plan_of_other_layers_is_refused(store, draft):
    from gridgis_web.store.plans import save_plan

    with pytest.raises(InputError, match="was not made of the layers"), store.write() as session:
        save_plan(session, plan_row(session, draft[0]).layer_set_id, town_plan(), name="x", who="anna")


def test_bytes_are_kept_once_and_never_changed(store):
    with store.write() as session:
        first = artifacts.put(session, b"abc", artifacts.OCTETS, who="anna")
        assert artifacts.put(session, b"abc", artifacts.OCTETS, who="bert") == first
        assert artifacts.put(session, b"abd", artifacts.OCTETS) != first
        assert artifacts.get(session, first) == b"abc"
        with pytest.raises(NotFound):
            artifacts.get(session, 99)
    with pytest.raises(Conflict, match="never changed"), store.write() as session:
        session.get(Artifact, first).content = b"other"


def test_many_shapes_at_once_are_what_each_would_be(store):
    rng = np.random.default_rng(4)
    shapes = shapely.box(*rng.uniform(0, 1, (2, 5)), *rng.uniform(2, 3, (2, 5)))
    several = shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    given = np.array([*shapes, several, shapely.MultiPolygon(), shapely.Polygon()], object)
    one = Geometry("MULTIPOLYGON")
    dialect = store.engine.dialect
    assert encoded(given, dialect) == [one.process_bind_param(shape, dialect) for shape in given]
