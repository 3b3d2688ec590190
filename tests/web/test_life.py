"""A plan's life: at most one holds on any day, nothing published changes, no code is ever given twice."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import run_kinds
from gridgis_web.errors import Forbidden
from gridgis_web.planning.frames import unzipped
from gridgis_web.planning.succession import make_next, named_after, walk_between
from gridgis_web.store import Conflict, Store, artifacts
from gridgis_web.store.codes import history, retired_codes
from gridgis_web.store.crosswalk import buildings_of, crosswalk
from gridgis_web.store.faults import find_faults
from gridgis_web.store.life import approve, discard, latest, plan_on, publish, submit, take_back
from gridgis_web.store.models import AuditEntry, Crosswalk, Grid, Plan
from gridgis_web.store.models.plans import MOVES
from gridgis_web.store.plans import grids_of, load_plan, plan_row, save_draft, summary
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from small_plans import add_community, even_plan, grown_plan, keep
from sqlalchemy import select, text

from gridgis import PlanOptions
from gridgis.edit import merge_grids, split_grid
from gridgis.errors import GridgisError

DAY = date(2026, 3, 1)
LATER = date(2026, 6, 1)


def put_out(store, key, day, today=DAY, plans=None, **more):
    """Publish a plan; what the job does, but for the files, which take long to draw.

    ``plans``: those of the store, where they are at hand.
    """
    with store.read() as session:
        row = plan_row(session, key)
        version, last = row.version, latest(session, row.jurisdiction_id)
        plan = plans[key] if plans else load_plan(session, key)
        walked_from, walk = None, None
        if last is not None:
            walked_from = last.id
            walk = walk_between(plans[last.id] if plans else load_plan(session, last.id), plan)
    given = {"files": b"files", "walk": walk, "walked_from": walked_from, "retired": plan.codes.retired}
    with store.write() as session:
        return publish(session, key, version, day=day, today=today, who="planner", **given, **more).version


@pytest.fixture
def place(store):
    with store.write() as session:
        return add_community(session)


@pytest.fixture
def published(store, place):
    """A published plan."""
    with store.write() as session:
        key = keep(session, place, even_plan()).id
    put_out(store, key, DAY)
    return key


def merged_and_split(store, key):
    """A next plan: two grids have become one, another one two."""
    with store.read() as session:
        plan = load_plan(session, key)
    first, second, third = plan.codes.code[:3]
    return split_grid(merge_grids(plan, [first, second]).plan, third, 2).plan


def test_a_published_plan_has_its_files_and_its_certificate(store, place):
    with store.write() as session:
        row = keep(session, place, even_plan())
        key = row.id
    run_kinds.publish(store, place, row, DAY)
    with store.read() as session:
        row = plan_row(session, key)
        assert (row.state, row.valid_from, row.valid_to, row.published_by) == ("published", DAY, None, "planner")
        files = unzipped(artifacts.get(session, row.files_id))
        assert {"plan.json", "audit.json", "grids.gpkg", "grids.shp", "report.html", "map.png"} <= files.keys()
        assert row.certificate["holds"] is True


def test_a_plan_of_a_later_day_takes_over_on_that_day(store, place, published):
    with store.write() as session:
        key = keep(session, place, merged_and_split(store, published)).id
    put_out(store, key, LATER)
    with store.read() as session:
        on = {day: plan_on(session, place, day) for day in (DAY, LATER - timedelta(1), LATER, date(2040, 1, 1))}
        assert [row.id for row in on.values()] == [published, published, key, key]
        assert plan_on(session, place, DAY - timedelta(1)) is None
        assert (plan_row(session, published).state, plan_row(session, published).valid_to) == ("superseded", LATER)
        assert latest(session, place).id == key
    assert find_faults(store) == []


def test_days_that_are_past_or_taken_are_refused(store, place, published):
    with store.write() as session:
        key = keep(session, place, merged_and_split(store, published)).id
    with pytest.raises(Conflict, match="from a later day"):
        put_out(store, key, DAY)
    with pytest.raises(Conflict, match="is past"):
        put_out(store, key, LATER, today=LATER + timedelta(1))
    with store.read() as session:
        assert plan_row(session, key).state == "draft"
        assert session.scalars(select(Crosswalk)).all() == []


def test_codes_live_on_with_their_grids_and_gone_ones_are_never_given_again(store, place, published):
    first = even_plan().codes.code
    plan = merged_and_split(store, published)
    with store.write() as session:
        key = keep(session, place, plan).id
    put_out(store, key, LATER)
    (gone,) = set(first) - set(plan.codes.code)
    (new,) = set(plan.codes.code) - set(first)
    with store.read() as session:
        assert retired_codes(session, place) == (gone,)
        life = history(session, place, first[3])
        assert ([p.plan_id for p in life.periods], life.valid_from, life.valid_to) == ([published, key], DAY, None)
        assert not life.retired
        life = history(session, place, gone)
        assert (life.valid_from, life.valid_to, life.retired) == (DAY, LATER, True)
        assert history(session, place, new).valid_from == LATER
        assert history(session, place, "nothing").valid_from is None
        retired = retired_codes(session, place)
        before = load_plan(session, key)
    # a new plan of the same place does not take the retired code for its new grids
    layers = even_plan().layers
    options = even_plan().options.replace(grids=7, households=None)
    assert gone in {f"{number:03d}" for number in range(1, 8)}
    following = make_next(layers, options, before=before, retired=retired)
    assert gone not in following.codes.code
    assert gone in following.codes.retired
    # what does, cannot be kept or published
    with pytest.raises(Conflict, match="never given again"), store.write() as session:
        keep(session, place, even_plan())


def test_the_walk_counts_everyone_of_both_plans(store, place, published):
    layers, options = grown_plan()
    with store.read() as session:
        before = load_plan(session, published)
    plan = make_next(layers, options, before=before)
    with store.write() as session:
        key = keep(session, place, plan).id
    put_out(store, key, LATER)
    with store.read() as session:
        rows = crosswalk(session, key)
        for side, which, code in (("before", published, "old_code"), ("after", key, "new_code")):
            for grid in grids_of(session, which):
                mine = [row for row in rows if getattr(row, code) == grid.code]
                for count in ("households", "population"):
                    assert sum(getattr(row, f"{count}_{side}") for row in mine) == getattr(grid, count)
                assert sum(row.buildings for row in mine) == grid.buildings
        demolished = [row for row in rows if row.new_code == ""]
        assert sum(row.buildings for row in demolished) == 2
        assert sorted(one for row in demolished for one in buildings_of(session, row)) == ["h14", "h15"]
        assert all(buildings_of(session, row) == [] for row in rows if row.old_code == row.new_code)
        # a code stays with the grid that keeps most of its households
        for code in set(before.codes.code) & set(plan.codes.code):
            parts = {row.new_code: row.households_after for row in rows if row.old_code == code}
            assert parts[code] == max(parts.values())


def test_a_draft_from_before_takes_over_the_codes_of_what_was_published_since(store, place, published):
    with store.read() as session:
        old = load_plan(session, published)
    with store.write() as session:
        first = keep(session, place, merged_and_split(store, published)).id
        late = keep(session, place, split_grid(old, old.codes.code[0], 2).plan).id
    put_out(store, first, LATER)
    with pytest.raises(Conflict, match="take over the codes"):
        put_out(store, late, LATER + timedelta(9))
    with store.read() as session:
        version = plan_row(session, late).version
    run_kinds.run(store, "take-over", place, who="anna", plan_id=late, version=version)
    with store.read() as session:
        before, after = load_plan(session, first), load_plan(session, late)
        gone = retired_codes(session, place)
    assert not set(after.codes.code) & set(gone)
    rows = walk_between(before, after).rows
    for code in set(after.codes.code) & set(before.codes.code):
        parts = rows[rows["old_code"] == code].set_index("new_code")["households_after"]
        assert parts[code] == parts.max()
    assert named_after(after, before, gone).codes.code == after.codes.code
    put_out(store, late, LATER + timedelta(9))


def test_a_second_person_must_look_at_a_plan_where_the_office_wants_it(store, place):
    with store.write() as session:
        row = keep(session, place, even_plan(), who="anna")
        key, version = row.id, row.version

    def put():
        return put_out(store, key, DAY, review=True)

    def do(change, version, **more):
        with store.write() as session:
            return change(session, key, version, **more).version

    with pytest.raises(Forbidden, match="second person"):
        put()
    with store.write() as session:
        version = save_draft(session, key, version, even_plan(), who="bert").version
    version = do(submit, version, who="anna")
    with pytest.raises(Forbidden, match="second person"):
        put()
    for maker in ("anna", "bert"):
        with pytest.raises(Forbidden, match="someone else"):
            do(approve, version, who=maker)
    version = do(approve, version, who="chief")
    # what is changed after it was approved must be looked at again
    version = do(take_back, version, who="anna", why="one more thing")
    with store.read() as session:
        assert plan_row(session, key).reviewed_by == ""
    version = do(submit, version, who="anna")
    do(approve, version, who="chief")
    put()
    with store.read() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "plan")).all()
        assert actions == ["create", "change", "submit", "approve", "take back", "submit", "approve", "publish"]


CHANGES = [
    "UPDATE plan SET name = 'x' WHERE id = {key}",
    "UPDATE plan SET state = 'draft' WHERE id = {key}",
    "UPDATE plan SET state = 'superseded' WHERE id = {key}",
    "UPDATE plan SET valid_to = '2030-01-01' WHERE id = {key}",
    "UPDATE plan SET valid_from = '2020-01-01' WHERE id = {key}",
    "UPDATE plan SET assignment_id = content_id WHERE id = {key}",
    "UPDATE grid SET code = 'x' || code WHERE plan_id = {key}",
    "UPDATE grid SET households = 0 WHERE plan_id = {key}",
    "DELETE FROM grid WHERE plan_id = {key}",
    "DELETE FROM plan WHERE id = {key}",
    "UPDATE artifact SET content = media_type",
]


def test_what_is_published_cannot_be_changed_by_any_program(store, published):
    before = everything(store, published)
    for change in CHANGES:
        statement = change.format(key=published)
        if store.engine.dialect.name == "postgresql":
            statement = statement.replace("content = media_type", "content = convert_to(media_type, 'UTF8')")
        with pytest.raises(Conflict, match="never changed"), store.write() as session:
            session.execute(text(statement))
        assert everything(store, published) == before


def test_what_is_published_cannot_be_changed_by_the_service(store, place, published):
    before = everything(store, published)
    for change in (submit, take_back, discard, approve):
        with pytest.raises(Conflict), store.write() as session:
            change(session, published, plan_row(session, published).version, who="anna")
    with pytest.raises(Conflict, match="make a new plan"), store.write() as session:
        save_draft(session, published, plan_row(session, published).version, even_plan(), who="anna")
    with pytest.raises(Conflict):
        put_out(store, published, LATER)
    assert everything(store, published) == before


def everything(store, key):
    """All that the store says of a plan and its grids, but what may follow its publishing."""
    with store.read() as session:
        columns = [c for c in Plan.__table__.c if c.name not in ("state", "valid_to", "version")]
        plan = session.execute(select(*columns).where(Plan.id == key)).one()
        grids = session.execute(select(Grid.__table__).where(Grid.plan_id == key).order_by(Grid.id)).all()
        return repr(plan), repr(grids)


MADE = {}


def following(plan, which):
    """The plan that comes of another one; each is made once."""
    key = plan.codes, plan.assignment.grid.tobytes(), which
    if key not in MADE:
        made = plan
        if which == "merged" and plan.assignment.grids > 1:
            made = merge_grids(plan, plan.codes.code[:2]).plan
        if which == "split":
            made = split_grid(plan, plan.codes.code[-1], 2).plan
        MADE[key] = made
    return MADE[key]


class Office(RuleBasedStateMachine):
    """Planners do whatever comes to their minds, in any order, on a store that is the same throughout."""

    new_store = None

    @initialize()
    def open(self):
        self.store = self.new_store()
        with self.store.write() as session:
            self.place = add_community(session)
        self.today = DAY
        self.seen, self.plans = {}, {}

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()

    def rows(self):
        with self.store.read() as session:
            return session.execute(select(Plan.id, Plan.version, Plan.state).order_by(Plan.id)).all()

    @rule(which=st.sampled_from(["same", "merged", "split"]))
    def draft(self, which):
        with self.store.read() as session:
            last = latest(session, self.place)
            plan = following(even_plan() if last is None else self.plans[last.id], which)
        with self.store.write() as session:
            self.plans[keep(session, self.place, plan).id] = plan

    @precondition(lambda self: self.rows())
    @rule(data=st.data(), action=st.sampled_from(["submit", "approve", "take_back", "discard"]))
    def step(self, data, action):
        key, version, state = data.draw(st.sampled_from(self.rows()))
        leads_to = {"submit": "in review", "approve": "in review", "take_back": "draft", "discard": "discarded"}[action]
        change = {"submit": submit, "approve": approve, "take_back": take_back, "discard": discard}[action]
        allowed = state == "in review" if action == "approve" else leads_to in MOVES[state]
        try:
            with self.store.write() as session:
                change(session, key, version, who="chief")
        except GridgisError:
            assert not allowed
        else:
            assert allowed
            assert {row.id: row.state for row in self.rows()}[key] == leads_to

    @precondition(lambda self: self.rows())
    @rule(data=st.data(), ahead=st.integers(-3, 12), review=st.booleans())
    def put_out(self, data, ahead, review):
        key, _, state = data.draw(st.sampled_from(self.rows()))
        try:
            put_out(self.store, key, self.today + timedelta(ahead), self.today, self.plans, review=review)
        except (Conflict, Forbidden):
            return
        assert "published" in MOVES[state]

    @rule(days=st.integers(1, 9))
    def wait(self, days):
        self.today += timedelta(days)

    @invariant()
    def one_plan_a_day(self):
        if not hasattr(self, "store"):
            return
        with self.store.read() as session:
            lived = session.scalars(
                select(Plan).where(Plan.state.in_(["published", "superseded"])).order_by(Plan.valid_from)
            ).all()
            # one after the other, without a gap, and the last one without an end
            assert all(one.valid_to == other.valid_from for one, other in pairwise(lived))
            assert all(one.valid_from < one.valid_to for one in lived[:-1])
            assert [row.state for row in lived] == ["superseded"] * (len(lived) - 1) + ["published"] * bool(lived)
            assert all(row.valid_to is None for row in lived[-1:])
            for row in lived:
                assert plan_on(session, self.place, row.valid_from).id == row.id
            keys = [row.id for row in lived]
            gone, last = set(retired_codes(session, self.place)), lived[-1:] and lived[-1].id
            codes = [{grid.code for grid in grids_of(session, row.id)} for row in lived]
            assert not lived or not gone & {grid.code for grid in grids_of(session, last)}
        # a code that is gone never comes back
        for at, earlier in enumerate(codes):
            for one, other in pairwise(codes[at:]):
                assert not (earlier - one) & other
        for key in keys:
            now = everything(self.store, key)
            assert self.seen.setdefault(key, now) == now


def test_whatever_planners_do_one_plan_holds_and_nothing_published_changes(new_place):
    def new_store():
        store = Store.at(new_place())
        store.upgrade()
        return store

    quick = settings(
        max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(type("Office", (Office,), {"new_store": staticmethod(new_store)}), settings=quick)


def test_a_plan_says_in_its_log_what_it_was_and_is(store, published):
    with store.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "publish")).one()
        assert (entry.before["state"], entry.after["state"]) == ("draft", "published")
        assert entry.after["valid_from"] == DAY.isoformat()
        assert summary(plan_row(session, published))["state"] == "published"
        assert PlanOptions.from_dict(plan_row(session, published).options) == even_plan().options
