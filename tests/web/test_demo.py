"""The demo in a store: quick where it is already, marked as made up, and all of it or nothing."""

from dataclasses import replace
from datetime import date

import pytest
from gridgis_web.planning import demo, publish
from gridgis_web.store import Store
from gridgis_web.store.faults import find_faults
from gridgis_web.store.layers import newest_layers
from gridgis_web.store.life import plan_on
from gridgis_web.store.models import AuditEntry, Jurisdiction, LayerSet, Officer, Plan, Posting
from gridgis_web.store.plans import grids_of
from small_plans import even_plan
from sqlalchemy import func, select


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with the demo: made once, since it is a real plan."""
    store = Store.at(tmp_path_factory.mktemp("demo") / "store.gpkg")
    store.upgrade()
    demo.load_demo(store, today=date(2026, 11, 22))
    yield store
    store.close()


def test_the_demo_is_a_published_plan_of_real_layers(filled):
    assert find_faults(filled) == []
    with filled.read() as session:
        place = session.scalars(select(Jurisdiction)).one()
        plan = plan_on(session, place.id, date(2026, 11, 22))
        assert (place.name, plan.state, plan.valid_from, plan.population) == (
            "Monaco", "published", date(2026, 1, 1), 39_050,
        )  # fmt: skip
        assert "OpenStreetMap" in newest_layers(session, place.id).attribution
        assert plan.certificate["holds"]
        assert plan.files_id is not None


def test_every_grid_has_an_officer_a_leader_and_a_stand_in_and_all_are_plainly_made_up(filled):
    with filled.read() as session:
        plan = session.scalars(select(Plan)).one()
        codes = {row.code for row in grids_of(session, plan.id)}
        for duty, post in (("officer", "A"), ("leader", "A"), ("officer", "B")):
            chosen = select(Posting).where(Posting.duty == duty, Posting.post == post)
            assert sorted(row.grid_code for row in session.scalars(chosen)) == sorted(codes)
        own = {row.officer_id: row.grid_code for row in session.scalars(select(Posting).where(Posting.post == "A"))}
        for row in session.scalars(select(Posting).where(Posting.post == "B")):
            assert own[row.officer_id] != row.grid_code
        for officer in session.scalars(select(Officer)):
            assert "样例" in officer.name
            assert "Sample" in officer.name
            assert officer.phone.startswith("000-0000-")
        for subject in ("jurisdiction", "layer_set", "plan", "officer", "posting"):
            assert session.scalar(select(func.count()).where(AuditEntry.subject == subject)) > 0


def test_a_store_that_has_it_is_left_as_it_is(filled):
    with filled.read() as session:
        before = [session.scalar(select(func.count(model.id))) for model in (Plan, Officer, AuditEntry)]
    again = demo.load_demo(filled)
    with filled.read() as session:
        assert session.scalars(select(Jurisdiction.id)).one() == again
        after = [session.scalar(select(func.count(model.id))) for model in (Plan, Officer, AuditEntry)]
    assert after == before


def test_broken_off_it_leaves_nothing(tmp_path, monkeypatch):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    layers = replace(even_plan().layers, name="Town")
    quick = replace(even_plan(), layers=layers)
    monkeypatch.setattr("gridgis.read_layers", lambda **_: layers, raising=False)
    monkeypatch.setattr("gridgis.make_plan", lambda *_, **__: quick, raising=False)
    monkeypatch.setattr(publish, "packed_files", lambda *_, **__: b"files")
    monkeypatch.setattr(demo, "_post_officers", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        demo.load_demo(store)
    with store.read() as session:
        assert [session.scalar(select(func.count(model.id))) for model in (Jurisdiction, LayerSet, Plan)] == [0, 0, 0]
    store.close()
