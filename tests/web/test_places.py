"""The tree of jurisdictions."""

import pytest
from gridgis_web.errors import NotFound
from gridgis_web.store import Conflict
from gridgis_web.store.models import AuditEntry
from gridgis_web.store.places import (
    above,
    add_jurisdiction,
    below,
    by_code,
    change_jurisdiction,
    jurisdiction,
    jurisdictions,
)
from sqlalchemy import select

from gridgis.errors import InputError


def add(session, level, code, parent=None, **more):
    given = {"name": f"{level} {code}", "crs": "EPSG:4547", "who": "root"} | more
    return add_jurisdiction(session, level=level, code=code, parent_id=parent, **given).id


@pytest.fixture
def tree(store):
    with store.write() as session:
        city = add(session, "city", "1")
        street = add(session, "subdistrict", "11", add(session, "district", "10", city))
        return {"city": city, "street": street, **{c: add(session, "community", c, street) for c in ("111", "112")}}


def test_all_that_lies_below_and_above(store, tree):
    with store.read() as session:
        assert below(session, tree["street"]) == {tree["street"], tree["111"], tree["112"]}
        assert below(session, tree["112"]) == {tree["112"]}
        assert len(below(session, tree["city"])) == 5
        assert [place.code for place in above(session, tree["111"])] == ["1", "10", "11", "111"]
        assert [place.code for place in jurisdictions(session)] == ["1", "10", "11", "111", "112"]
        assert [place.code for place in jurisdictions(session, [tree["112"]])] == ["112"]
        assert by_code(session, "112").id == tree["112"]
        with pytest.raises(NotFound):
            jurisdiction(session, 99)


def test_all_faults_are_told_at_once_and_nothing_is_kept(store, tree):
    with pytest.raises(InputError) as caught, store.write() as session:
        add(session, "town", " ", None, name="", crs="EPSG:4326")
    assert len(caught.value.faults) == 4
    with pytest.raises(InputError, match="cannot lie in a community"), store.write() as session:
        add(session, "district", "5", tree["111"])
    with pytest.raises(Conflict, match="111"), store.write() as session:
        add(session, "community", "111", tree["street"])
    with store.read() as session:
        assert len(jurisdictions(session)) == 5


def test_a_change_says_which_version_it_was_made_from_and_is_logged(store, tree):
    with store.write() as session:
        change_jurisdiction(session, tree["111"], 1, who="root", name="新社区")
    with pytest.raises(Conflict, match="load it again"), store.write() as session:
        change_jurisdiction(session, tree["111"], 1, who="other", name="别名")
    with store.read() as session:
        assert jurisdiction(session, tree["111"]).name == "新社区"
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(tree["111"]))).all()
        assert [(e.who, e.action) for e in entries] == [("root", "create"), ("root", "change")]
        assert (entries[1].before["name"], entries[1].after["name"]) == ("community 111", "新社区")
