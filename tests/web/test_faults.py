"""What is wrong with a store is found, said, and comes with a remedy."""

import sqlite3
from contextlib import closing
from datetime import date

import pytest
from click.testing import CliRunner
from filled import fill
from gridgis_web.cli.db import command
from gridgis_web.store import Store, StoreError
from gridgis_web.store.faults import find_faults, mend_index
from gridgis_web.store.models import Artifact, Grid, Jurisdiction, Plan
from sqlalchemy import select, text, update


@pytest.fixture
def embedded(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    fill(store)
    yield store
    store.close()


def told(store):
    return " | ".join(fault.what for fault in find_faults(store))


def test_a_sound_store_has_none(store):
    assert find_faults(store) == []
    fill(store)
    assert find_faults(store) == []


@pytest.mark.parametrize(("change", "found"), [
    (update(Artifact).where(Artifact.id == 2).values(content=b"x"), "content of artifact 2"),
    (update(Plan).where(Plan.state == "superseded").values(valid_to=None), "both hold on 2026-03-01"),
    (update(Plan).where(Plan.state == "superseded").values(valid_to=date(2026, 3, 2)), "both hold on 2026-03-01"),
    (update(Plan).values(valid_from=None), "without a first day"),
    (update(Plan).where(Plan.state == "published").values(grids=5), "says that it has 5 grids, and 1 are there"),
    (update(Grid).values(code="G04"), "retired code G04 is in use again"),
])  # fmt: skip
def test_what_no_rule_allows_is_found(store, change, found):
    fill(store)
    with store.write() as session:
        let_anything_happen(session)
        session.execute(change)
    assert found in told(store)
    assert all(fault.remedy for fault in find_faults(store))


def let_anything_happen(session):
    """Let changes through that the store itself refuses, as of a program that drops its rules."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET session_replication_role = replica"))
        return
    found = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%stays%'"))
    for name in found.scalars().all():
        session.execute(text(f"DROP TRIGGER {name}"))


def raw(store, *statements):
    """Change the file as a program that keeps no rules does."""
    store.close()
    with closing(sqlite3.connect(store.file)) as connection:
        for name in ("ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY", "ST_IsEmpty"):
            connection.create_function(name, 1, lambda _: 0)
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("change", [
    "DELETE FROM rtree_building_geom WHERE id = 3",
    "INSERT INTO rtree_building_geom VALUES (999, 0, 1, 0, 1)",
    "UPDATE rtree_building_geom SET maxx = maxx - 0.0003 WHERE id = 3",
    "UPDATE rtree_building_geom SET minx = minx - 1 WHERE id = 3",
])  # fmt: skip
def test_an_index_that_is_wrong_is_found_and_mended(embedded, change):
    raw(embedded, change)
    assert "spatial index of building is wrong" in told(embedded)
    assert "--mend-index" in find_faults(embedded)[0].remedy
    mend_index(embedded)
    assert find_faults(embedded) == []


def test_loose_ends_and_damage_are_found(embedded):
    raw(embedded, "DELETE FROM layer_set")
    assert "building 1, 2, 3, 4, 5 and 25 more refers to a row of layer_set that is not there" in told(embedded)
    raw(embedded, "PRAGMA writable_schema = ON", "UPDATE sqlite_master SET rootpage = 5 WHERE name = 'ix_grid_code'")
    assert "damaged" in told(embedded)


def test_the_command_says_what_is_wrong_and_ends_with_1(embedded, capsys):
    raw(embedded, "DELETE FROM rtree_building_geom WHERE id = 3")
    run = ["check", "--store", str(embedded.file)]
    assert command.main(run, standalone_mode=False) == 1
    assert "spatial index of building is wrong about 3" in capsys.readouterr().out
    assert command.main([*run, "--mend-index"], standalone_mode=False) == 0


def test_going_back_asks_first(embedded):
    run = ["downgrade", "base", "--store", str(embedded.file)]
    assert CliRunner().invoke(command, run, input="n\n").exit_code == 1
    with embedded.read() as session:
        assert session.scalars(select(Jurisdiction)).all()
    with pytest.raises(StoreError, match="4711"):
        command.main(["downgrade", "4711", "--yes", *run[2:]], standalone_mode=False)
    command.main([*run, "--yes"], standalone_mode=False)
    assert embedded.revision is None
