"""Drafts being edited: every edit is kept, undone and redone exactly, over a restart too; nothing is overwritten."""

import base64

import numpy as np
import pytest
from gridgis_web.planning import drafts
from gridgis_web.planning.drafts import edit_draft, open_draft, settle
from gridgis_web.planning.mesh import STEP_M, mesh_of
from gridgis_web.planning.standing import binding_told, change_told, standing_of
from gridgis_web.planning.undo import redo_draft, undo_draft
from gridgis_web.store import Conflict
from gridgis_web.store.life import submit
from gridgis_web.store.models import AuditEntry, PlanStep
from gridgis_web.store.plans import grids_of, load_plan, plan_row
from small_plans import add_community, even_plan, keep
from sqlalchemy import select

from gridgis.errors import InputError


@pytest.fixture
def draft(store):
    with store.write() as session:
        return keep(session, add_community(session), even_plan()).id


def restart():
    """Forget what is in memory, as a new process has it."""
    drafts._PLANS = drafts._Plans()


def labels(plan):
    return np.array(plan.codes.code, object)[plan.assignment.grid].tolist()


def some_edits(store, key, rng, count):
    """Make edits by chance; return the code of every unit after each."""
    seen = [labels(open_draft(store, key).plan)]
    while len(seen) <= count:
        plan, place = open_draft(store, key)
        codes = list(plan.codes.code)
        action = str(rng.choice(["move", "merge", "split", "balance", "resolve", "lock", "unlock"]))
        given = {"codes": [str(rng.choice(codes))], "parts": 2}
        if action == "move":
            given = {"units": [int(rng.integers(plan.graph.n))], "to": str(rng.choice([*codes, ""])) or None}
        elif action in ("merge", "balance", "resolve"):
            given = {"codes": [str(code) for code in rng.choice(codes, min(2, len(codes)), replace=False)]}
        try:
            edit_draft(store, key, place.version, action, given, who="planner")
        except InputError:
            continue  # it was not to be had: nothing is kept of it
        seen.append(labels(open_draft(store, key).plan))
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_every_edit_is_undone_and_redone_exactly_over_restarts_too(store, draft, seed):
    seen = some_edits(store, draft, np.random.default_rng(seed), 8)
    restart()
    back = [labels(open_draft(store, draft).plan)]
    while open_draft(store, draft).place.step:
        opened = undo_draft(store, draft, open_draft(store, draft).place.version, who="planner")
        back.append(labels(opened.plan))
    assert back == seen[::-1]
    with pytest.raises(InputError, match="nothing to undo"):
        undo_draft(store, draft, opened.place.version, who="planner")
    restart()
    for expected in seen[1:]:
        opened = redo_draft(store, draft, open_draft(store, draft).place.version, who="planner")
        assert labels(opened.plan) == expected
    with pytest.raises(InputError, match="nothing to redo"):
        redo_draft(store, draft, opened.place.version, who="planner")


def test_grids_are_drawn_after_undo_as_they_were(store, draft):
    plan, place = open_draft(store, draft)
    before = plan.grids
    codes = list(plan.codes.code)
    edit_draft(store, draft, place.version, "merge", {"codes": codes[:2]}, who="planner")
    opened = undo_draft(store, draft, open_draft(store, draft).place.version, who="planner")
    after = opened.plan.grids
    assert after["code"].tolist() == before["code"].tolist()
    assert after.geometry.geom_equals(before.geometry).all()
    assert after["households"].tolist() == before["households"].tolist()


def test_a_new_edit_forgets_what_was_undone_and_settling_draws_what_is_in_force(store, draft):
    plan, place = open_draft(store, draft)
    codes = list(plan.codes.code)
    edit_draft(store, draft, place.version, "merge", {"codes": codes[:2]}, who="planner")
    settle(store, draft, open_draft(store, draft).place.version, who="planner")
    with store.read() as session:
        assert len(grids_of(session, draft)) == len(codes) - 1
        assert labels(load_plan(session, draft)) == labels(open_draft(store, draft).plan)
    undo_draft(store, draft, open_draft(store, draft).place.version, who="planner")
    edit_draft(store, draft, open_draft(store, draft).place.version, "split", {"codes": codes[:1]}, who="planner")
    restart()
    opened = open_draft(store, draft)
    assert opened.place.step == opened.place.last == 1
    settle(store, draft, opened.place.version, who="planner")
    with store.read() as session:
        assert len(grids_of(session, draft)) == len(codes) + 1
        row = plan_row(session, draft)
        assert len(row.certificate["grids"]) == row.grids == len(codes) + 1
        assert row.drawn_step == row.step
        assert len(session.scalars(select(PlanStep)).all()) == 2


def test_an_edit_of_another_version_or_of_what_is_no_draft_is_refused_and_keeps_nothing(store, draft):
    plan, place = open_draft(store, draft)
    codes = list(plan.codes.code)
    edit_draft(store, draft, place.version, "lock", {"codes": codes[:1]}, who="first")
    with pytest.raises(Conflict, match="first changed"):
        edit_draft(store, draft, place.version, "merge", {"codes": codes[:2]}, who="second")
    with pytest.raises(InputError, match="locked"):
        version = open_draft(store, draft).place.version
        edit_draft(store, draft, version, "merge", {"codes": codes[:2]}, who="second")
    version = settle(store, draft, version, who="first")
    with store.write() as session:
        version = submit(session, draft, version, who="first").version
    with pytest.raises(Conflict, match="only drafts"):
        edit_draft(store, draft, version, "unlock", {"codes": codes[:1]}, who="second")
    with store.read() as session:
        steps = session.scalars(select(PlanStep.action).order_by(PlanStep.number)).all()
        assert steps == ["", "lock"]
        logged = session.scalars(select(AuditEntry.after).where(AuditEntry.action == "change")).all()
        assert [entry.get("edit") for entry in logged] == ["lock", None]


def numbers(text, kind="<i4"):
    return np.frombuffer(base64.b64decode(text), kind)


def test_locked_units_stay_through_edits_undo_restarts_and_settling(store, draft):
    plan, place = open_draft(store, draft)
    code = plan.codes.code
    mine = np.flatnonzero(plan.assignment.grid == 0).tolist()
    _, opened = edit_draft(store, draft, place.version, "lock", {"units": mine[:2]}, who="planner")
    assert standing_of(opened.plan, opened.place)["held"] == mine[:2]
    assert binding_told(opened.plan, code[0])["held"] == 2
    restart()
    with pytest.raises(InputError, match="1 locked units"):
        edit_draft(store, draft, opened.place.version, "move", {"units": mine[1:3], "to": code[1]}, who="planner")
    _, opened = edit_draft(store, draft, opened.place.version, "unlock", {"units": mine[1:2]}, who="planner")
    _, opened = edit_draft(
        store, draft, opened.place.version, "move", {"units": mine[1:2], "to": code[1]}, who="planner"
    )
    _, opened = edit_draft(store, draft, opened.place.version, "balance", {"codes": list(code[:2])}, who="planner")
    assert opened.plan.codes.code[opened.plan.assignment.grid[mine[0]]] == code[0]
    version = settle(store, draft, opened.place.version, who="planner")
    with store.read() as session:
        assert load_plan(session, draft).held == tuple(mine[:1])
    restart()
    for _ in range(3):
        opened = undo_draft(store, draft, version, who="planner")
        version = opened.place.version
    assert opened.plan.held == tuple(mine[:2])
    opened = undo_draft(store, draft, version, who="planner")
    assert opened.plan.held == ()


def test_the_mesh_has_all_units_their_lines_and_counts():
    plan = even_plan()
    mesh = mesh_of(plan)
    rings, arcs = mesh["rings"], mesh["arcs"]
    x, y = (np.cumsum(numbers(rings[name])) * mesh["step"] + mesh["corner"][i] for i, name in enumerate("xy"))
    frame = plan.units.frame.to_crs(3857)
    assert mesh["units"] == len(frame) == len(numbers(rings["unit"])) - 1
    start = numbers(rings["ring"])[numbers(rings["unit"])]
    for number, shape in enumerate(frame.geometry):
        own = np.column_stack([x, y])[start[number] : start[number + 1]]
        assert np.abs(own.min(axis=0) - shape.bounds[:2]).max() <= STEP_M
        assert np.abs(own.max(axis=0) - shape.bounds[2:]).max() <= STEP_M
    assert len(numbers(arcs["left"])) == len(numbers(arcs["arc"])) - 1 == len(plan.units.edges)
    # lines and units have the very same points
    line = set(zip(np.cumsum(numbers(arcs["x"])).tolist(), np.cumsum(numbers(arcs["y"])).tolist(), strict=True))
    assert line <= set(
        zip(np.cumsum(numbers(rings["x"])).tolist(), np.cumsum(numbers(rings["y"])).tolist(), strict=True)
    )
    for measure, told in zip(plan.units.measures, mesh["measures"], strict=True):
        assert numbers(told["counts"], "<f8").tolist() == measure.counts.tolist()
    assert numbers(mesh["counts"]["households"]).sum() == plan.units.frame["households"].sum()


def test_what_is_told_of_an_edit_is_how_the_plan_stands_then(store, draft):
    plan, place = open_draft(store, draft)
    before = standing_of(plan, place)
    code = plan.codes.code
    unit = int(
        plan.graph.u[np.flatnonzero(plan.assignment.grid[plan.graph.u] != plan.assignment.grid[plan.graph.v])[0]]
    )
    to = code[1] if plan.assignment.grid[unit] == 0 else code[0]
    edit, _ = edit_draft(store, draft, place.version, "move", {"units": [unit], "to": to}, who="planner")
    opened = open_draft(store, draft)
    told, after = change_told(edit, opened.place), standing_of(opened.plan, opened.place)
    grids = {row["code"]: row for row in before["grids"]} | {row["code"]: row for row in told["grids"]}
    for gone in told["retired"]:
        del grids[gone]
    assert grids == {row["code"]: row for row in after["grids"]}
    of = np.array([row["code"] for row in before["grids"]], object)[numbers(before["grid"])]
    for now, units in told["moved"].items():
        of[units] = now
    assert of.tolist() == np.array([row["code"] for row in after["grids"]], object)[numbers(after["grid"])].tolist()
    assert sum(row["households"] for row in after["grids"]) == sum(row["households"] for row in before["grids"])
    assert binding_told(opened.plan, to)["neighbours"]
