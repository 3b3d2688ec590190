"""Several planners on one draft: nobody's work is lost, what is done again is what was meant, each undoes their own."""

from datetime import timedelta

import numpy as np
import pytest
from gridgis_web import create_app
from gridgis_web.planning.drafts import Strayed, edit_draft, open_draft
from gridgis_web.planning.undo import NotYours, redo_draft, undo_draft
from gridgis_web.settings import Settings
from gridgis_web.store import Conflict, visits
from gridgis_web.store.models import PlanVisit, now
from gridgis_web.store.steps import steps_made
from people import add_account, log_in
from small_plans import add_community, even_plan, keep
from sqlalchemy import update

from gridgis.errors import InputError


@pytest.fixture
def draft(store):
    with store.write() as session:
        return keep(session, add_community(session), even_plan()).id


class Planner:
    """Someone who has the draft on the screen as it was when they looked last."""

    def __init__(self, store, draft, login):
        self.store, self.draft, self.login = store, draft, login
        self.look()

    def look(self):
        plan, self.place = open_draft(self.store, self.draft)
        self.of = np.array(plan.codes.code, object)[plan.assignment.grid]
        return self

    def units(self, code):
        return np.flatnonzero(self.of == code).tolist()

    def move(self, units, to):
        seen = {}
        for unit in units:
            seen.setdefault(self.of[unit], []).append(unit)
        return self.edit("move", {"units": units, "to": to}, seen)

    def edit(self, action, given, seen):
        return edit_draft(self.store, self.draft, self.place.version, action, given, who=self.login, seen=seen)

    def undo(self, **more):
        self.look()
        undo_draft(self.store, self.draft, self.place.version, who=self.login, **more)
        return self.look()


@pytest.fixture
def two(store, draft):
    return Planner(store, draft, "anna"), Planner(store, draft, "chen")


def test_an_edit_is_made_again_of_the_newer_state_and_none_is_lost(two):
    anna, chen = two
    first, second, third, fourth = sorted(set(anna.of.tolist()))
    anna.move(anna.units(first)[:1], second)
    edit, opened = chen.move(chen.units(third)[:1], fourth)
    assert edit.units.tolist() == chen.units(third)[:1]
    assert opened.place.step == 2
    now = Planner(anna.store, anna.draft, "anna")
    assert now.of[anna.units(first)[0]] == second
    assert now.of[chen.units(third)[0]] == fourth
    assert (now.of != anna.of).sum() == 2
    chen.edit("lock", {"codes": [third]}, {})
    assert open_draft(anna.store, anna.draft).plan.options.lock == (third,)


def test_what_went_elsewhere_meanwhile_is_told_and_nothing_is_kept(two):
    anna, chen = two
    first, second, third, _ = sorted(set(anna.of.tolist()))
    taken, left = anna.units(first)[:2]
    anna.move([taken], second)
    with pytest.raises(Strayed, match=second) as caught:
        chen.move([taken, left], third)
    assert caught.value.fields == {"strayed": [{"from": first, "to": second, "units": [taken]}]}
    with pytest.raises(Strayed) as caught:
        chen.edit("merge", {"codes": [first, second]}, {code: chen.units(code) for code in (first, second)})
    ways = {(row["from"], row["to"]): row["units"] for row in caught.value.fields["strayed"]}
    assert ways == {(first, second): [taken], ("", second): [taken]}
    with pytest.raises(Conflict, match="anna changed"):
        chen.edit("move", {"units": [left], "to": third}, None)
    assert open_draft(anna.store, anna.draft).place.step == 1
    chen.move([left], third)
    assert chen.look().of[[taken, left]].tolist() == [second, third]


def test_each_undoes_their_own_last_step_and_keeps_those_of_others(two):
    anna, chen = two
    first, second, third, fourth = sorted(set(anna.of.tolist()))
    before = anna.of
    mine, theirs = anna.units(first)[0], chen.units(third)[0]
    anna.move([mine], second)
    chen.look().move([theirs], fourth)
    anna.undo()
    assert anna.of[[mine, theirs]].tolist() == [first, fourth]
    with pytest.raises(NotYours, match="anna") as caught:
        Planner(anna.store, anna.draft, "root").undo()
    assert caught.value.fields["step"]["who"] == "anna"
    chen.undo()
    assert (chen.of == before).all()
    for planner in two:
        with pytest.raises(InputError, match="nothing of yours"):
            planner.undo()
    with anna.store.read() as session:
        made = steps_made(session, anna.draft)
    assert [(step.action, step.who) for step in made] == [
        ("move", "anna"), ("move", "chen"), ("undo", "anna"), ("undo", "chen"),
    ]  # fmt: skip
    assert [step.told["undoes"] for step in made[2:]] == [1, 2]


def test_an_undo_that_would_undo_the_work_of_others_says_so(two):
    anna, chen = two
    first, second, third, fourth = sorted(set(anna.of.tolist()))
    unit = anna.units(first)[0]
    anna.move([unit], second)
    chen.look().move([unit], third)
    with pytest.raises(InputError, match="chen went on from it and 1 of its units have moved on"):
        anna.undo()
    chen.undo()
    anna.undo().edit("merge", {"codes": [first, second]}, None)
    chen.look().move(chen.units(third)[:1], fourth)
    with pytest.raises(InputError, match="made or retired grids"):
        anna.undo()
    assert anna.place.step == 2
    anna.undo(anyone=True)
    assert anna.place.step == 1, "chen's step is undone where anna says so"
    with pytest.raises(NotYours, match="chen"):
        redo_draft(anna.store, anna.draft, anna.place.version, who="anna")
    redo_draft(anna.store, anna.draft, anna.place.version, who="chen")
    assert chen.look().place.step == 2


def test_locks_are_undone_below_the_steps_of_others(two):
    anna, chen = two
    first, _, third, fourth = sorted(set(anna.of.tolist()))
    anna.edit("lock", {"codes": [first]}, {})
    chen.look().move(chen.units(third)[:1], fourth)
    anna.undo()
    assert open_draft(anna.store, anna.draft).plan.options.lock == ()
    assert anna.of[chen.units(third)[0]] == fourth


def test_who_is_there_is_known_until_they_leave_or_are_not_heard_of(store, draft):
    def company(page):
        with store.read() as session:
            return visits.company_of(session, draft, page)

    visits.arrive(store, draft, "a", "anna")
    assert company("a").others == ()
    visits.arrive(store, draft, "b", "chen")
    visits.arrive(store, draft, "c", "chen")
    assert (company("a").others, company("b").others) == (("chen",), ("anna", "chen"))
    with store.write() as session:
        visits.leave(session, draft, "a", "chen")
        visits.leave(session, draft, "b", "chen")
    assert company("c").others == ("anna",), "nobody shows others out"
    assert not visits.arrive(store, draft, "b", "chen", anew=False), "a line that is left open brings nobody back"
    with store.write() as session:
        long_ago = now() - timedelta(seconds=visits.GONE_S + 1)
        session.execute(update(PlanVisit).where(PlanVisit.page == "a").values(seen_at=long_ago))
    assert company("c").others == ()


@pytest.fixture
def clients(store, draft, tmp_path):
    app = create_app(Settings(folder=tmp_path, listeners=2), store=store)
    found = []
    for login in ("anna", "chen"):
        add_account(store, login, "planner")
        client = app.test_client()
        log_in(client, login)
        page = client.get(f"/plans/{draft}").text
        client.environ_base["HTTP_X_CSRFTOKEN"] = page.split('"csrf": "')[1].split('"')[0]
        found.append(client)
    return found


def test_the_api_makes_it_again_or_tells_what_strayed(clients, draft):
    anna, chen = clients
    told = anna.get(f"/api/v1/plans/{draft}/standing").json
    plan = f"/api/v1/plans/{draft}"
    first, second, third = (grid["code"] for grid in told["grids"][:3])
    code = np.array(open_draft(anna.application.extensions["gridgis_store"], draft).plan.codes.code, object)
    of = code[open_draft(anna.application.extensions["gridgis_store"], draft).plan.assignment.grid]
    here, there = np.flatnonzero(of == first).tolist(), np.flatnonzero(of == third).tolist()
    match = {"If-Match": f'"{told["version"]}"'}

    def move(client, units, seen):
        given = {"action": "move", "units": units, "to": second, "seen": seen}
        return client.post(f"{plan}/edits", json=given, headers=match)

    one = move(anna, here[:1], {first: here[:1]})
    assert (one.status_code, "again" in one.json) == (200, False)
    again = move(chen, there[:1], {third: there[:1]})
    assert (again.status_code, again.json["again"], again.json["step"]) == (200, True, 2)
    assert len(again.json["grids"]) == len(told["grids"])
    strayed = move(chen, here[:2], {first: here[:2]})
    assert strayed.status_code == 409
    assert strayed.json["errors"]["strayed"] == [{"from": first, "to": second, "units": here[:1]}]
    changes = chen.get(f"{plan}/changes?after={told['version']}").json["changes"]
    assert [(one["who"], one["edit"], one["households"]) for one in changes] == [
        ("anna", "move", one.json["households"]), ("chen", "move", again.json["households"]),
    ]  # fmt: skip
    undone = anna.post(f"{plan}/undo", json={}, headers={"If-Match": f'"{again.json["version"]}"'})
    assert (undone.status_code, undone.json["step"]) == (200, 3)


def test_lines_are_kept_open_for_those_who_are_not_alone_as_long_as_there_is_room(clients, draft):
    anna, chen = clients
    plan = f"/api/v1/plans/{draft}/events?page="
    alone = anna.get(f"{plan}a")
    assert '"others": []' in alone.text
    assert "retry: 8000" in alone.text
    kept = chen.get(f"{plan}b", buffered=False)
    heard = map(bytes.decode, kept.response)
    assert '"others": ["anna"]' in next(heard) + next(heard)
    crowded = anna.get(f"{plan}a")
    assert '"others": ["chen"]' in crowded.text, "half of two lines is one, and that is taken"
    assert anna.delete(f"{plan}a").status_code == 204
    assert '"others": []' in next(heard)
    kept.close()
    assert anna.get(f"{plan}%20").status_code == 422
