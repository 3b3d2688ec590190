"""Editing: what is told of it, what is refused, and which codes grids have."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from edited_towns import (
    beside,
    even_plan,
    lattice_plan,
    plan_of,
)
from finished_plans import town_plan
from random_town import CRS, X, Y
from shapely import LineString

from gridgis.edit import (
    History,
    balance_region,
    free_units,
    hold_units,
    merge_grids,
    move_buildings,
    move_units,
    resolve_region,
    split_along,
    split_grid,
)
from gridgis.errors import InputError


def border_units(plan, code, other):
    """The units of a grid from which people can walk to another."""
    grid, codes = plan.assignment.grid, plan.codes.code
    u, v = np.r_[plan.graph.u, plan.graph.v], np.r_[plan.graph.v, plan.graph.u]
    return np.unique(u[(grid[u] == codes.index(code)) & (grid[v] == codes.index(other))])


def test_a_merged_grid_keeps_the_code_of_the_larger_and_the_other_is_never_used_again():
    plan = even_plan()
    first, second = plan.codes.code[0], beside(plan, 0)[0]
    unit = np.flatnonzero(plan.assignment.grid == plan.codes.code.index(second))[:1]
    smaller = move_units(plan, unit, first).plan
    merged = merge_grids(smaller, [second, first])
    assert (merged.retired, merged.touched) == ((second,), (first,))
    assert merged.plan.grids.set_index("code")["households"][first] == 400
    (over,) = merged.breaches
    assert (over.rule, over.side, over.value, over.high, over.new) == ("households", "high", 400, 250, True)
    apart = split_grid(merged.plan, first)
    assert apart.new == ("005",)
    assert second in apart.plan.codes.retired
    assert sorted(apart.plan.grids.set_index("code")["households"][[first, "005"]]) == [200, 200]
    assert [b.rule for b in apart.mended] == ["households"]
    assert not apart.breaches


def test_bands_are_told_with_figures_and_a_remedy_in_both_languages():
    plan = even_plan()
    target, source = plan.codes.code[0], beside(plan, 0)[0]
    units = np.flatnonzero(plan.assignment.grid == plan.codes.code.index(source))[:2]
    edit = move_units(plan, units, target)
    told = {b.code: b for b in edit.breaches if b.rule == "households"}
    assert (told[target].value, told[target].high, told[target].new) == (300, 250, True)
    assert (told[source].value, told[source].low, told[source].new) == (100, 150, True)
    assert "300 households" in told[target].text and "300户" in told[target].text_zh
    assert "50 households" in told[target].remedy and "50户" in told[target].remedy_zh
    back = move_units(edit.plan, units, source)
    assert {b.code for b in back.mended if b.rule == "households"} == {source, target}
    assert not back.breaches
    assert np.array_equal(back.plan.assignment.grid, plan.assignment.grid)
    worse = move_units(
        edit.plan, np.flatnonzero(edit.plan.assignment.grid == plan.codes.code.index(source))[:1], target
    )
    known = {(b.code, b.value, b.was) for b in worse.breaches if b.rule == "households" and not b.new}
    assert known == {(target, 350, 300), (source, 50, 100)}


def test_cut_off_units_and_empty_grids_are_told():
    plan = lattice_plan(np.array([[200, 0, 60, 60, 80]] + [[50] * 5] * 3))
    frame, grid = plan.units.frame, plan.assignment.grid
    far = [np.argmax(frame["x"] - frame["y"]), np.argmin(frame["x"] - frame["y"])]
    edit = move_units(plan, far[:1], plan.codes.code[grid[far[1]]])
    apart = [b for b in edit.breaches if b.rule == "connected"]
    assert [(b.value, b.new) for b in apart] == [(2, True)]
    assert str(frame["households"].iloc[far[0]]) in apart[0].text
    empty = np.flatnonzero(frame["buildings"] == 0)
    for unit in empty[:1].tolist():
        assert [b.rule for b in move_units(plan, [unit], None).breaches if b.rule == "empty"] == ["empty"]


def test_a_drawn_line_splits_where_it_runs():
    plan = merge_grids(even_plan(), even_plan().codes.code).plan
    code = plan.codes.code[0]
    west = split_along(plan, code, LineString([(X + 130, Y - 5), (X + 130, Y + 405)]))
    part = west.plan.grids.set_index("code")
    assert sorted(part["households"]) == [200, 600]
    assert part["households"][code] == 600, "the larger part keeps the code"
    zigzag = LineString([(X - 5, Y + 100), (X + 405, Y + 100), (X + 405, Y + 300), (X - 5, Y + 300)])
    assert len(split_along(plan, code, zigzag).plan.grids) == 3
    for line in (LineString([(X - 50, Y - 5), (X - 5, Y + 405)]), LineString([(X + 10, Y + 10), (X + 100, Y + 300)])):
        with pytest.raises(InputError, match="from edge to edge"):
            split_along(plan, code, line)


def test_a_region_divided_anew_keeps_the_bands_it_can():
    plan = even_plan()
    a, b = plan.codes.code[0], beside(plan, 0)[0]
    units = np.flatnonzero(plan.assignment.grid == plan.codes.code.index(b))[:2]
    bad = move_units(plan, units, a)
    assert bad.breaches
    good = resolve_region(bad.plan, [a, b])
    assert not good.breaches
    assert len(good.mended) == len(bad.breaches)
    others = ~np.isin(bad.plan.assignment.grid, [bad.plan.codes.code.index(c) for c in (a, b)])
    assert not np.isin(good.units, np.flatnonzero(others)).any()


def test_a_building_takes_along_what_shares_its_unit():
    plan = town_plan()
    unit = int(plan.units.frame["buildings"].idxmax())
    held = plan.units.buildings.index[plan.units.buildings == unit].tolist()
    target = beside(plan, int(plan.assignment.grid[unit]))[0]
    edit = move_buildings(plan, held[:1], target)
    assert edit.buildings.tolist() == held
    assert edit.along.tolist() == held[1:]


def test_what_cannot_be_is_refused_with_the_remedy():
    plan = even_plan()
    code = plan.codes.code[0]
    outside = int(town_plan().layers.buildings.index[~town_plan().layers.buildings["inside"]][0])
    merged = merge_grids(plan, plan.codes.code[:2])
    for act, words in [
        (lambda: move_units(plan, [999], code), "choose units 0"),
        (lambda: move_units(plan, [], code), "no units were chosen"),
        (lambda: move_units(plan, [0], "999"), "no grid 999; choose of 001"),
        (lambda: move_units(merged.plan, [0], merged.retired[0]), "was retired"),
        (lambda: move_buildings(plan, [12345], code), "no building 12345"),
        (lambda: move_buildings(town_plan(), [outside], None), "outside the jurisdiction"),
        (lambda: merge_grids(plan, [code]), "at least two"),
        (lambda: split_grid(plan, code, 1), "at least 2"),
        (lambda: split_grid(plan, code, 50), "never cut; ask for at most 4"),
        (lambda: resolve_region(plan, []), "no grids were chosen"),
        (lambda: History(plan).undo(), "nothing to undo"),
        (lambda: History(plan).redo(), "nothing to redo"),
        (lambda: History(merged.plan).do(merged), "another plan"),
    ]:
        with pytest.raises(InputError, match=words):
            act()


def test_locked_grids_and_dedicated_compounds_are_refused():
    plan = even_plan()
    code, other = plan.codes.code[0], beside(plan, 0)[0]
    locked = replace(plan, options=plan.options.replace(lock=(code,)))
    mine, theirs = (np.flatnonzero(plan.assignment.grid == plan.codes.code.index(c))[:1] for c in (code, other))
    for act in (
        lambda: move_units(locked, mine, other),
        lambda: move_units(locked, theirs, code),
        lambda: merge_grids(locked, [code, other]),
        lambda: split_grid(locked, code),
        lambda: resolve_region(locked, [code, other]),
    ):
        with pytest.raises(InputError, match=f"grid {code} is locked .*; unlock grid {code} first"):
            act()
    plan = plan_of(0, "dedicated")
    (group,) = plan.graph.fixed
    with pytest.raises(InputError, match="dedicated"):
        move_units(plan, group.units[:1], None)


def test_held_units_stay_in_their_grid_whatever_is_edited():
    plan = even_plan()
    grid, codes = plan.assignment.grid, list(plan.codes.code)
    neighbour = beside(plan, 0)[0]
    mine, theirs = (np.flatnonzero(grid == codes.index(code)) for code in (codes[0], neighbour))
    given = border_units(plan, codes[0], neighbour)[:1]
    kept = np.setdiff1d(mine, given)[::2]
    held = hold_units(plan, [*kept, theirs[0]])
    homes = {unit: codes[grid[unit]] for unit in held.held}
    with pytest.raises(InputError, match=rf"{len(kept)} locked units .* would leave grid {codes[0]}; unlock"):
        move_units(held, mine, neighbour)
    with pytest.raises(InputError, match="1 locked units"):
        move_units(held, kept[:1], None)
    with pytest.raises(InputError, match="would leave grid"):
        merge_grids(held, [codes[0], neighbour])
    moved = move_units(held, given, neighbour)
    edits = [
        moved,
        split_grid(held, codes[0]),
        split_grid(held, neighbour, 3),
        balance_region(moved.plan, [codes[0], neighbour]),
        resolve_region(moved.plan, [codes[0], neighbour]),
    ]
    for edit in edits:
        assert {unit: edit.plan.codes.code[edit.plan.assignment.grid[unit]] for unit in homes} == homes, edit.action
        assert not [breach for breach in edit.breaches if breach.rule == "connected"]
    merged = merge_grids(hold_units(plan, theirs[:1]), [codes[0], neighbour]).plan
    assert merged.codes.code[merged.assignment.grid[theirs[0]]] == neighbour, "its code is kept"
    free = free_units(held, held.held)
    assert not free.held
    assert len(move_units(free, mine[:2], neighbour).units) == 2
    with pytest.raises(InputError, match="has at most 1 parts; unlock some"):
        split_grid(hold_units(plan, mine), codes[0])
    with pytest.raises(InputError, match="no unit 99"):
        hold_units(plan, [99])


def test_balancing_moves_little_and_mends_what_it_can():
    plan = even_plan()
    first, second = plan.codes.code[0], beside(plan, 0)[0]
    units = border_units(plan, second, first)
    uneven = move_units(plan, units, first)
    assert {breach.rule for breach in uneven.breaches} == {"households"}
    even = balance_region(uneven.plan, [first, second])
    assert not even.breaches
    assert {breach.code for breach in even.mended} == {first, second}
    assert even.households <= uneven.households
    assert set(even.touched) == {first, second}
    assert balance_region(plan, [first, second]).plan is plan, "what is even stays"
    with pytest.raises(InputError, match="at least two"):
        balance_region(plan, [first])


def test_edits_of_existing_plans_never_reuse_a_retired_code():
    plan = plan_of(0, "bands")
    for _ in range(3):
        code = plan.codes.code[-1]
        merged = merge_grids(plan, [code, beside(plan, len(plan.codes.code) - 1)[0]])
        kept = merged.touched[0]
        plan = split_grid(merged.plan, kept).plan
        assert not set(plan.codes.code) & set(plan.codes.retired)
    assert len(plan.codes.retired) == 3
    assert isinstance(plan.grids, gpd.GeoDataFrame)
    assert plan.grids.crs == CRS
