"""Random towns, rules and edits: whatever is done, grids divide the town, locked ones stay, undo restores."""

from edited_towns import RULES, any_edit, check_edit, check_told, drawn, plan_of, ruled_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import random_town

from gridgis.edit import (
    History,
    find_breaches,
)
from gridgis.errors import GridgisError


def check_edits(plan, data):
    """Edit a plan as often as drawn; audit the end; go back and forth."""
    history = History(plan)
    told = {(b.code, b.rule) for b in find_breaches(plan)}
    seen = [drawn(plan)]
    held = {code: plan.grids.set_index("code").geometry[code].wkb for code in plan.options.lock}
    for _ in range(data.draw(st.integers(1, 5))):
        try:
            edit = any_edit(history.plan, data.draw)
        except GridgisError as error:
            assert str(error)
            continue
        history.do(edit)
        check_edit(edit)
        told |= {(b.code, b.rule) for b in edit.breaches}
        kept = {b.code + b.rule + b.side for b in edit.breaches if not b.new}
        assert kept <= {b.code + b.rule + b.side for b in find_breaches(edit.before)}
        seen.append(drawn(history.plan))
    last = history.plan
    now = last.grids.set_index("code").geometry
    assert all(now[code].wkb == shape for code, shape in held.items())
    for group in last.graph.fixed:
        (grid,) = set(last.assignment.grid[group.units])
        assert (last.assignment.grid == grid).sum() == len(group.units)
    check_told(last, told)
    for state in reversed(seen[:-1]):
        assert drawn(history.undo()) == state
    assert history.plan is plan
    for state in seen[1:]:
        assert drawn(history.redo()) == state
    assert history.plan is last


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 3), st.sampled_from(RULES), st.data())
def test_any_edits_of_any_plan(seed, rule, data):
    check_edits(plan_of(seed, rule), data)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sets(st.sampled_from(RULES[1:]), min_size=2), st.booleans(), st.data())
def test_any_edits_of_any_town_under_any_rules(seed, rules, river, data):
    town = random_town(seed, buildings=60, river=river, bridges=1, levels=None)
    check_edits(ruled_plan(town, rules | {"housing"}), data)
