"""Moving a store to another back end loses nothing, and says so only when that is so."""

import pytest
from filled import artifact, fill
from gridgis_web.cli.db import command
from gridgis_web.store import Store, StoreError
from gridgis_web.store.faults import find_faults
from gridgis_web.store.models import AuditEntry, Building, Jurisdiction, Plan
from gridgis_web.store.move import move, snapshot
from gridgis_web.store.sums import sum_tables
from killing import kill_at_random
from sqlalchemy import select, text

from gridgis.errors import GridgisError

pytestmark = pytest.mark.postgis
BACK_ENDS = ["geopackage", "postgis"]


@pytest.fixture(params=BACK_ENDS)
def target(request, place_of):
    store = Store.at(place_of(request.param))
    yield store
    store.close()


def sums(store):
    with snapshot(store) as connection:
        found = sum_tables(connection)
    found.pop("audit_entry")  # has the line about the move itself
    return found


def test_everything_arrives_and_new_rows_get_new_numbers(store, target):
    fill(store)
    copied = move(store, target, who="cli")
    assert sums(target) == sums(store) == {name: one for name, one in copied.items() if name != "audit_entry"}
    assert all(one.rows for one in copied.values())
    assert find_faults(target) == []
    with target.write() as session:
        town = session.scalars(select(Jurisdiction).where(Jurisdiction.parent_id.is_not(None))).one()
        assert town.parent.name == "样例街道"
        assert session.scalars(select(Plan).order_by(Plan.id)).first().based_on_id
        session.add_all([artifact(b"new"), Jurisdiction(level="city", code="1", name="甲", crs="EPSG:4549")])
    with target.read() as session:
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "move"


def test_a_target_with_data_is_refused(store, target):
    fill(store, buildings=2)
    target.upgrade()
    with target.write() as session:
        session.add(Jurisdiction(level="city", code="1", name="甲", crs="EPSG:4549"))
    before = sums(target)
    with pytest.raises(StoreError, match="holds data already"):
        move(store, target, who="cli")
    assert sums(target) == before
    with pytest.raises(StoreError, match="the store itself"):
        move(store, Store.at(str(store)), who="cli")


def test_what_does_not_arrive_as_it_was_is_noticed_and_not_kept(store, target):
    fill(store)
    target.upgrade()
    with target.engine.connect().execution_options(gridgis_writes=True) as connection:
        if target.embedded:
            connection.execute(
                text("CREATE TRIGGER worse AFTER INSERT ON building BEGIN UPDATE building SET households = 7 "
                     "WHERE id = NEW.id AND number = 11; END")
            )  # fmt: skip
        else:
            connection.execute(
                text("CREATE FUNCTION worse() RETURNS trigger AS $$ BEGIN IF NEW.number = 11 THEN NEW.households = 7; "
                     "END IF; RETURN NEW; END $$ LANGUAGE plpgsql")
            )  # fmt: skip
            connection.execute(
                text("CREATE TRIGGER worse BEFORE INSERT ON building FOR EACH ROW EXECUTE FUNCTION worse()")
            )
        connection.commit()
    with pytest.raises(StoreError, match=r"differs from .* in: building; nothing was kept"):
        move(store, target, who="cli")
    assert not any(one.rows for one in sums(target).values())


def test_the_sums_tell_any_change(store):
    fill(store)
    before = sums(store)
    assert sums(store) == before
    with store.write() as session:
        session.scalars(select(Building).order_by(Building.id)).first().levels += 1e-9
    after = sums(store)
    assert [name for name in before if before[name] != after[name]] == ["building"]


def test_killed_while_moving_the_target_has_all_or_nothing(store, target):
    fill(store, buildings=300)
    whole = sums(store)
    target.upgrade()

    def work():
        move(Store.at(place(store)), Store.at(place(target)), who="cli")

    def look():
        found = sums(target)
        assert found == whole or not any(one.rows for one in found.values())
        assert find_faults(target) == []
        if found == whole:
            target.downgrade("base")
            target.upgrade()
        target.close()
        store.close()

    look()
    kill_at_random(work, look)


def test_the_command_compares_and_tells(store, target, capsys):
    fill(store)
    command.main(["move", "--store", place(store), "--to", place(target)], standalone_mode=False)
    told = capsys.readouterr().out
    assert "building" in told and "30 rows" in told and "same" in told
    assert command.main(["check", "--store", place(target)], standalone_mode=False) == 0
    with pytest.raises(GridgisError):
        command.main(["move", "--store", place(store), "--to", place(target)], standalone_mode=False)


def place(store):
    return str(store.file) if store.embedded else store.url.render_as_string(hide_password=False)
