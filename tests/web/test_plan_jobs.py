"""Plans by jobs: what a job makes is what the engine makes, its codes follow the published plan, files come whole."""

import io
import zipfile
from datetime import date

import numpy as np
import pytest
from gridgis_web.store import Store, artifacts
from gridgis_web.store.layers import save_layers
from gridgis_web.store.plans import load_plan, plan_row
from run_kinds import publish, run
from small_plans import add_community, even_plan, grown_plan, keep, lattice_plan

from gridgis.errors import InputError
from gridgis.housing import count_housing


@pytest.fixture
def embedded(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    yield store
    store.close()


def load(store, key):
    with store.read() as session:
        return load_plan(session, key)


def test_a_plan_is_made_then_followed_when_the_layers_change(embedded):
    with embedded.write() as session:
        place = add_community(session)
        first = keep(session, place, even_plan())
    publish(embedded, place, first, date(2026, 1, 1))
    before = load(embedded, first.id)
    options = before.options.to_dict()
    made = run(embedded, "partition", place, options=options, name="新方案")
    plan = load(embedded, made["plan_id"])
    assert made["holds"] == plan.certificate.holds
    assert set(plan.codes.code) & set(before.codes.code)
    layers, wanted = grown_plan()
    with embedded.write() as session:
        save_layers(session, place, layers, count_housing(layers, wanted), who="planner")
    followed = run(embedded, "rebalance", place, name="调整")
    assert followed["moved_households"] >= followed["fewest_possible"] >= 0
    after = load(embedded, followed["plan_id"])
    assert set(after.codes.code) & set(before.codes.code)
    assert not set(after.codes.code) & set(before.codes.retired)


def test_files_are_written_and_kept_whole(embedded):
    with embedded.write() as session:
        place = add_community(session)
        row = keep(session, place, even_plan())
    made = run(embedded, "export", place, plan_id=row.id, language="en")
    with embedded.read() as session:
        content = artifacts.get(session, made["artifact_id"])
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        assert files.testzip() is None
        assert {"grids.gpkg", "plan.json", "audit.json"} <= set(files.namelist())


def test_what_cannot_be_made_is_told_before_any_work(embedded):
    with embedded.write() as session:
        place = add_community(session)
    with pytest.raises(InputError, match="no layers yet"):
        run(embedded, "partition", place, options={})
    with pytest.raises(InputError, match="nonsense"):
        run(embedded, "partition", place, options={"nonsense": 1})
    with pytest.raises(InputError, match="no published plan"):
        run(embedded, "export", place)


def test_several_plans_are_made_to_choose_from_and_told_with_their_scores(embedded):
    with embedded.write() as session:
        place = add_community(session)
        keep(session, place, uneven := lattice_plan(30 + np.arange(42).reshape(6, 7) * 17 % 40))
    options = {**uneven.options.to_dict(), "households": "150:400"}
    made = run(embedded, "partition", place, options=options, name="方案", candidates=3)
    told = made["candidates"]
    assert 2 <= len(told) <= 3
    assert told[0]["plan_id"] == made["plan_id"]
    assert [one["difference"] >= 0.1 for one in told] == [False, *[True] * (len(told) - 1)]
    with embedded.read() as session:
        rows = [plan_row(session, one["plan_id"]) for one in told]
        assert [row.name for row in rows] == [f"方案 {letter}" for letter in "ABC"[: len(told)]]
        assert {row.state for row in rows} == {"draft"}
        assert len({row.unit_set_id for row in rows}) == 1
    for one in told:
        plan = load(embedded, one["plan_id"])
        assert one["grids"] == len(plan.grids)
        assert (one["fewest"], one["most"]) == (plan.grids["households"].min(), plan.grids["households"].max())
        assert one["holds"] == plan.certificate.holds
    alone = run(embedded, "partition", place, options=options, name="方案", candidates=1)
    assert "candidates" not in alone
    same, other = (load(embedded, one["plan_id"]).assignment.grid for one in (alone, told[0]))
    assert (same == other).all()
