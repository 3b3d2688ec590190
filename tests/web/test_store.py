"""The store is the same on a GeoPackage and on PostGIS: tables, geometry, windows, transactions, migrations."""

import threading
import warnings
from datetime import UTC, datetime, timedelta, timezone

import geopandas as gpd
import pytest
import shapely
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from gridgis_web.store import Conflict, Store, StoreError
from gridgis_web.store.geometry import Window
from gridgis_web.store.migrations import rules
from gridgis_web.store.models import Artifact, AuditEntry, Base, Building, Jurisdiction, LayerSet
from sqlalchemy import select, text

SQUARE = shapely.box(24.90, 60.10, 24.95, 60.15)


def add_town(store, code="110101001001", shape=SQUARE):
    with store.write() as session:
        town = Jurisdiction(level="community", code=code, name="样例社区", crs="EPSG:3067", geom=shape)
        session.add(town)
    return town.id


def add_buildings(store, shapes):
    town = add_town(store)
    with store.write() as session:
        content = Artifact(sha256="0" * 64, media_type="application/octet-stream", size=1, content=b"x")
        session.add(content)
        session.flush()
        layers = LayerSet(
            jurisdiction_id=town, fingerprint="f" * 64, sources={}, repairs=[], buildings=len(shapes), households=0,
            population=0, content_id=content.id,
        )  # fmt: skip
        session.add(layers)
        session.flush()
        session.add_all(
            Building(layer_set_id=layers.id, number=i, households=1, population=2, measured=True, geom=shape)
            for i, shape in enumerate(shapes)
        )


def test_what_is_written_is_read_back(store):
    key = add_town(store)
    with store.read() as session:
        town = session.get(Jurisdiction, key)
        assert town.name == "样例社区"
        assert town.geom.geom_type == "MultiPolygon"
        assert shapely.normalize(town.geom).equals_exact(shapely.normalize(shapely.MultiPolygon([SQUARE])), 0)
        assert town.created_at.tzinfo is not None


def test_times_keep_their_moment_to_the_millisecond(store):
    moment = datetime(2026, 3, 1, 8, 30, 0, 123000, tzinfo=timezone(timedelta(hours=8)))
    with store.write() as session:
        session.add(
            AuditEntry(at=moment, who="cli", action="read", subject="grid", before=None, after={"a": [1, "二"]})
        )
    with store.read() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert entry.at == moment
        assert entry.at.utcoffset() == timedelta(0)
        assert (entry.before, entry.after) == (None, {"a": [1, "二"]})


def test_a_time_without_a_zone_is_refused(store):
    with pytest.raises(Exception, match="no time zone"), store.write() as session:
        session.add(AuditEntry(at=datetime(2026, 3, 1), who="cli", action="read", subject="grid"))


def test_a_window_finds_what_a_scan_finds(store):
    shapes = [shapely.box(x / 100, y / 100, x / 100 + 0.004, y / 100 + 0.004) for x in range(20) for y in range(20)]
    add_buildings(store, shapes)
    window = (0.033, 0.021, 0.081, 0.062)
    with store.read() as session:
        found = set(session.scalars(select(Building.number).where(Window(Building.__table__.c.geom, window))))
    assert found == {i for i, shape in enumerate(shapes) if shape.intersects(shapely.box(*window))}
    assert found


def test_moved_and_deleted_shapes_leave_the_index(store):
    add_buildings(store, [shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1)])
    with store.write() as session:
        moved, gone = session.scalars(select(Building).order_by(Building.number))
        moved.geom = shapely.box(50, 50, 51, 51)
        session.delete(gone)

    def within(bounds):
        with store.read() as session:
            return session.scalars(select(Building.number).where(Window(Building.__table__.c.geom, bounds))).all()

    assert within((-1, -1, 2, 2)) == []
    assert within((49, 49, 52, 52)) == [0]


def test_a_failed_write_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.write() as session:
        session.add(Jurisdiction(level="community", code="1", name="甲", crs="EPSG:3067"))
        session.flush()
        raise RuntimeError
    with store.read() as session:
        assert session.scalars(select(Jurisdiction)).all() == []


def test_the_second_of_two_writers_is_told(store):
    key = add_town(store)
    with store.read() as first:
        seen = first.get(Jurisdiction, key)
        first.expunge(seen)
    with store.write() as session:
        session.get(Jurisdiction, key).name = "乙"
    seen.name = "甲"
    with pytest.raises(Conflict, match="someone else"), store.write() as session:
        session.add(seen)
    with store.read() as session:
        assert session.get(Jurisdiction, key).name == "乙"


def test_the_same_code_twice_is_a_conflict(store):
    add_town(store)
    with pytest.raises(Conflict, match="refuses"):
        add_town(store)


def test_writers_side_by_side_all_succeed(store):
    failed = []

    def work(start):
        try:
            for i in range(20):
                add_town(store, code=f"{start}-{i}")
        except Exception as error:  # whatever it is, the test tells it
            failed.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with store.read() as session:
        assert len(session.scalars(select(Jurisdiction.id)).all()) == 80


def test_the_migrations_make_exactly_the_tables_of_the_models(store):
    with store.engine.connect() as connection, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Did not recognize type 'geometry'")
        settings = {"include_name": rules.is_ours, "compare_type": rules.type_differs}
        assert compare_metadata(MigrationContext.configure(connection, opts=settings), Base.metadata) == []


def test_down_and_up_again_with_data_in(store):
    add_town(store)
    store.downgrade("base")
    assert store.revision is None
    store.upgrade()
    store.check()
    add_town(store)


def test_a_store_that_is_not_there_is_said_so(new_place, tmp_path):
    with pytest.raises(StoreError, match="gridgis db upgrade"):
        Store.at(new_place()).check()
    with pytest.raises(StoreError, match="give a file"):
        Store("nonsense://")


def test_a_store_that_lacks_what_the_program_knows_is_said_to_be_older(store):
    with store.write() as session:
        session.execute(text("ALTER TABLE audit_entry DROP COLUMN who"))
    with pytest.raises(StoreError, match=r"older version.*gridgis db upgrade"), store.read() as session:
        session.scalars(select(AuditEntry)).all()
    with pytest.raises(StoreError, match=r"older version.*gridgis db upgrade"), store.write() as session:
        session.add(AuditEntry(who="cli", action="read", subject="grid"))
    with store.write() as session:
        session.execute(text("DROP TABLE audit_entry"))
    with pytest.raises(StoreError, match="older version"), store.read() as session:
        session.scalars(select(AuditEntry.id)).all()


def test_desktop_programs_read_the_live_file(tmp_path):
    store = Store.at(tmp_path / "grids.gpkg")
    store.upgrade()
    add_town(store)
    frame = gpd.read_file(tmp_path / "grids.gpkg", layer="jurisdiction")
    assert frame.crs.to_epsg() == 4326
    assert frame.geometry.iloc[0].equals(shapely.MultiPolygon([SQUARE]))
    assert frame["created_at"].dt.tz is not None
    assert frame["created_at"].iloc[0] <= datetime.now(UTC)
    store.close()
