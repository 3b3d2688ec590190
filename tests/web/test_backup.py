"""Backups are whole, made while others write; what comes back is what was there; whatever is killed."""

import random
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest
from filled import artifact, fill
from gridgis_web.cli import backup as backup_command
from gridgis_web.cli import restore as restore_command
from gridgis_web.store import Store, StoreError
from gridgis_web.store.backup import back_up, read_backup, restore
from gridgis_web.store.faults import find_faults
from gridgis_web.store.models import AuditEntry, Jurisdiction
from gridgis_web.store.move import snapshot
from gridgis_web.store.sums import sum_tables
from killing import kill_at_random
from sqlalchemy import func, select


def sums(store):
    with snapshot(store) as connection:
        found = sum_tables(connection)
    found.pop("audit_entry")  # has lines about backups
    return found


def add_towns(store, first, number):
    with store.write() as session:
        session.add_all(
            Jurisdiction(level="community", code=str(first + i), name="甲", crs="EPSG:4549") for i in range(number)
        )


def parts_of(folder):
    return sorted(file.name for file in folder.iterdir() if ".part" in file.name)


@pytest.fixture
def kept(store, tmp_path):
    """A filled store, and its backup."""
    fill(store)
    back_up(store, tmp_path / "kept.gpkg", who="cli")
    return store, tmp_path / "kept.gpkg"


@pytest.mark.parametrize("other", ["geopackage", pytest.param("postgis", marks=pytest.mark.postgis)])
def test_a_backup_comes_back_in_either_back_end(kept, other, place_of, tmp_path):
    store, file = kept
    new = Store.at(place_of(other))
    manifest = restore(file, new, replace=False, who="cli")
    assert sums(new) == sums(store)
    assert manifest.tables["building"].rows == 30
    assert find_faults(new) == []
    with new.write() as session:
        session.add(artifact(b"new"))
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["create", "backup", "restore"]
    assert parts_of(tmp_path) == []
    new.close()


def test_only_its_owner_may_read_a_backup(kept):
    assert kept[1].stat().st_mode & 0o077 == 0


def test_a_store_with_data_is_only_replaced_when_asked(kept):
    store, file = kept
    add_towns(store, 5, 1)
    later = sums(store)
    with pytest.raises(StoreError, match="--replace"):
        restore(file, store, replace=False, who="cli")
    assert sums(store) == later
    restore(file, store, replace=True, who="cli")
    assert sums(store)["jurisdiction"].rows == 2
    if store.embedded:
        before = Store.at(f"{store.file}.before-restore")
        assert sums(before) == later
        before.close()


def test_a_backup_is_of_one_moment_and_nobody_waits_for_it(store, tmp_path):
    fill(store, buildings=400)
    with store.write() as session:
        session.add_all(artifact(bytes([i]) * 2_000_000) for i in range(8))
    stop, failed, written = threading.Event(), [], []

    def write():
        try:
            while not stop.is_set():
                # two that only ever come together
                add_towns(store, 1000 + 2 * len(written), 2)
                written.append(1)
        except Exception as error:  # whatever it is, the test tells it
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    for number in range(3):
        before = len(written)
        manifest = back_up(store, tmp_path / f"{number}.gpkg", who="cli")
        assert manifest.tables["jurisdiction"].rows % 2 == 0
        assert before * 2 <= manifest.tables["jurisdiction"].rows - 2 <= len(written) * 2
    stop.set()
    writer.join()
    assert failed == []
    assert written


def test_a_damaged_backup_is_never_taken_for_what_was_there(sound, tmp_path):
    content, whole = sound
    chance = random.Random(7)
    damaged = tmp_path / "damaged.gpkg"
    refused = 0
    for _ in range(80):
        place = chance.randrange(len(content))
        damaged.write_bytes(content[:place] + bytes([content[place] ^ chance.randint(1, 255)]) + content[place + 1 :])
        try:
            tables = read_backup(damaged).tables
        except StoreError:
            refused += 1
            continue
        assert tables == whole, f"byte {place} matters, was changed and nobody saw it"
    assert refused


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    store = Store.at(folder / "store.gpkg")
    store.upgrade()
    fill(store, buildings=2)
    manifest = back_up(store, folder / "backup.gpkg", who="cli")
    store.close()
    return (folder / "backup.gpkg").read_bytes(), manifest.tables


@pytest.mark.parametrize("change", [
    "UPDATE building SET households = households + 1 WHERE number = 1",
    "DELETE FROM audit_entry",
    "UPDATE officer SET name = '网格员乙' WHERE id = 1",
    "INSERT INTO retired_code SELECT id + 100, jurisdiction_id, 'X', plan_id FROM retired_code",
    "DROP TABLE token",
])  # fmt: skip
def test_a_changed_backup_is_refused_and_nothing_restored(sound, tmp_path, change):
    file = tmp_path / "backup.gpkg"
    file.write_bytes(sound[0])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(change)
        connection.commit()
    store = Store.at(tmp_path / "store.gpkg")
    with pytest.raises(StoreError, match="damaged"):
        restore(file, store, replace=True, who="cli")
    assert [file.name for file in tmp_path.iterdir()] == ["backup.gpkg"]


def test_what_is_no_backup_is_neither_restored_nor_overwritten(store, tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    for place in ("notes.txt", "nothing.gpkg"):
        with pytest.raises(StoreError, match=r"no backup|not there"):
            restore(tmp_path / place, store, replace=True, who="cli")
    with pytest.raises(StoreError, match="no backup"):
        back_up(store, tmp_path / "notes.txt", who="cli")
    assert (tmp_path / "notes.txt").read_text() == "notes"
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(store, tmp_path / "nowhere" / "a.gpkg", who="cli")


@pytest.fixture
def embedded(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    fill(store, buildings=300)
    yield store
    store.close()


def test_a_store_in_use_is_not_replaced(embedded, tmp_path):
    file = tmp_path / "kept.gpkg"
    back_up(embedded, file, who="cli")
    before = sums(embedded)
    service = Store.at(embedded.file)
    with service.read() as session:
        session.scalar(select(func.count(Jurisdiction.id)))
    with pytest.raises(StoreError, match="stop the service first"):
        restore(file, embedded, replace=True, who="cli")
    service.close()
    assert sums(embedded) == before
    assert parts_of(tmp_path) == []


def test_a_store_beyond_reading_is_replaced_and_set_aside(embedded, tmp_path):
    file = tmp_path / "kept.gpkg"
    back_up(embedded, file, who="cli")
    whole = sums(embedded)
    embedded.close()
    embedded.file.write_bytes(b"\0" * 9000)
    (tmp_path / "store.gpkg-wal").write_bytes(b"stale")
    with pytest.raises(StoreError, match="--replace"):
        restore(file, embedded, replace=False, who="cli")
    restore(file, embedded, replace=True, who="cli")
    assert sums(embedded) == whole
    assert (tmp_path / "store.gpkg.before-restore").read_bytes() == b"\0" * 9000


def test_changes_left_beside_a_lost_store_do_not_get_into_the_restored_one(embedded, tmp_path):
    back_up(embedded, tmp_path / "kept.gpkg", who="cli")
    whole = sums(embedded)
    add_towns(embedded, 1, 5)
    shutil.copy(f"{embedded.file}-wal", tmp_path / "stale")
    embedded.close()
    embedded.file.unlink()
    (tmp_path / "stale").rename(f"{embedded.file}-wal")
    restore(tmp_path / "kept.gpkg", embedded, replace=False, who="cli")
    assert sums(embedded) == whole


def test_killed_while_backing_up_an_old_or_a_new_backup_is_there(store, tmp_path):
    fill(store, buildings=300)
    file = tmp_path / "kept.gpkg"
    place = store.url.render_as_string(hide_password=False)
    back_up(store, file, who="cli")
    known = [read_backup(file).tables]

    def work():
        back_up(Store(place), file, who="cli")

    def look():
        tables = read_backup(file).tables
        assert {**tables, "audit_entry": 0} == {**known[0], "audit_entry": 0}
        store.check()
        store.close()

    kill_at_random(work, look)


def test_killed_while_restoring_the_old_or_the_new_store_is_there(store, tmp_path):
    fill(store, buildings=300)
    file = tmp_path / "kept.gpkg"
    back_up(store, file, who="cli")
    states = [sums(store)]
    add_towns(store, 1, 50)
    states.append(sums(store))
    place = store.url.render_as_string(hide_password=False)
    store.close()

    def work():
        restore(file, Store(place), replace=True, who="cli")

    def look():
        store.check()
        found = sums(store)
        assert found in states
        assert find_faults(store) == []
        if found == states[0]:
            add_towns(store, 1, 50)
            states[1] = sums(store)
        store.close()

    kill_at_random(work, look)


def test_the_commands_do_the_same(embedded, tmp_path, capsys):
    whole = sums(embedded)
    run = {"standalone_mode": False}
    backup_command.command.main([str(tmp_path / "a.gpkg"), "--store", str(embedded.file)], **run)
    restore_command.command.main([str(tmp_path / "a.gpkg"), "--store", str(tmp_path / "b.gpkg")], **run)
    assert "rows in" in capsys.readouterr().out
    new = Store.at(tmp_path / "b.gpkg")
    assert sums(new) == whole
    new.close()
