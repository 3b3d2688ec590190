"""Editing: whatever is done to a plan, its grids stay a division of the units, and what an edit breaks is told."""

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely
from finished_plans import town_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import CRS, X, Y, layer, random_town
from shapely import LineString, box

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.edit import (
    History,
    find_breaches,
    merge_grids,
    move_buildings,
    move_units,
    resolve_region,
    split_along,
    split_grid,
)
from gridgis.errors import GridgisError, InputError
from gridgis.grids import draw_grids

OPTIONS = PlanOptions(households=Band(120, 260), population=None, effort=0.1)
RULES = ("bands", "communities", "locks", "sectors", "dedicated")


@cache
def plan_of(seed, rule):
    """A random town's plan under one more rule."""
    layers = random_town(seed, river=seed % 2 == 1, bridges=seed % 3, hole=seed % 4 == 2)
    west, east = box(-50, -50, 290, 800), box(290, -50, 800, 800)
    if rule == "communities":
        areas = layer([west, east], name=["东社区", "西社区"], code=["01", "02"])
        areas.geometry = areas.geometry.intersection(layers.boundary)
        return make_plan(replace(layers, communities=areas), OPTIONS)
    if rule == "sectors":
        return make_plan(layers, OPTIONS.replace(sectors=Band(2, 4)))
    if rule == "dedicated":
        parts = layer([box(60, 60, 260, 240)], name=["学校"], kind=["compound"], profile=[None], dedicated=[True])
        return make_plan(replace(layers, compounds=parts), OPTIONS)
    plan = make_plan(layers, OPTIONS)
    if rule == "locks":
        existing = plan.grids[["code", "name", "geometry"]].reset_index(drop=True)
        lock = tuple(plan.codes.code[1:3])
        return make_plan(replace(layers, existing=existing), OPTIONS.replace(lock=lock))
    return plan


def drawn(plan):
    """All that is drawn of a plan, as bytes."""
    return plan.grids.to_wkb().to_csv(), plan.assignment.grid.tobytes(), plan.codes, plan.assignment.proofs


def beside(plan, grid):
    g, u, v = plan.assignment.grid, *plan.units.sides[plan.units.sides[:, 1] >= 0].T
    out = np.union1d(g[u[g[v] == grid]], g[v[g[u] == grid]])
    return [plan.codes.code[k] for k in out.tolist() if k != grid]


def any_edit(plan, draw):
    """Some edit of the plan, as a planner might make it."""
    codes = plan.codes.code
    code = draw(st.sampled_from(codes))
    grid = codes.index(code)
    near = beside(plan, grid) or [code]
    units = np.flatnonzero(plan.assignment.grid == grid)
    kind = draw(st.sampled_from(["move", "move", "new", "buildings", "merge", "split", "along", "resolve"]))
    if kind in ("move", "new"):
        chosen = draw(st.lists(st.sampled_from(units.tolist()), min_size=1, max_size=4, unique=True))
        return move_units(plan, chosen, None if kind == "new" else draw(st.sampled_from(near)))
    if kind == "buildings":
        held = plan.units.buildings.index[plan.units.buildings.isin(units)].tolist()
        chosen = draw(st.lists(st.sampled_from(held or [0]), min_size=1, max_size=3, unique=True))
        return move_buildings(plan, chosen, draw(st.sampled_from([*near, None])))
    if kind == "merge":
        return merge_grids(plan, [code, draw(st.sampled_from(near)), draw(st.sampled_from(codes))])
    if kind == "split":
        return split_grid(plan, code, draw(st.integers(2, 3)))
    if kind == "along":
        west, south, east, north = plan.grids.geometry.iloc[grid].bounds
        a, b = (draw(st.floats(0, 1)) for _ in range(2))
        points = [(west - 1, south + a * (north - south)), (west + b * (east - west), north + 1), (east + 1, south)]
        return split_along(plan, code, LineString(points[: draw(st.integers(2, 3))]))
    return resolve_region(plan, [code, *draw(st.lists(st.sampled_from(near), max_size=2, unique=True))])


def check_edit(edit):
    before, plan = edit.before, edit.plan
    grid, k = plan.assignment.grid, plan.assignment.grids
    assert len(grid) == len(plan.units.frame)
    assert np.array_equal(np.unique(grid), np.arange(k))
    assert len(set(plan.codes.code)) == k == len(plan.grids)
    assert not set(plan.codes.code) & set(plan.codes.retired)
    assert set(before.codes.retired) <= set(plan.codes.retired)
    assert set(before.codes.code) - set(plan.codes.code) == set(edit.retired)
    assert set(plan.codes.code) - set(before.codes.code) == set(edit.new)
    assert not set(edit.new) & {*before.codes.code, *before.codes.retired}
    # what is said of what changed is what changed
    old = np.array(before.codes.code, object)[before.assignment.grid]
    new = np.array(plan.codes.code, object)[grid]
    assert edit.units.tolist() == np.flatnonzero(old != new).tolist()
    assert set(edit.touched) == set(new[edit.units]) | (set(old[edit.units]) & set(new))
    moved = plan.counts[plan.units.buildings.isin(edit.units)]
    assert edit.buildings.tolist() == moved.index.tolist()
    assert edit.households == moved["households"].sum()
    walk = edit.crosswalk
    went = walk[walk["old_code"] != walk["new_code"]]
    assert (went["units"].sum(), went["buildings"].sum()) == (len(edit.units), len(edit.buildings))
    assert went["households"].sum() == edit.households
    if len(walk):
        totals = walk.groupby("new_code")["households"].sum()
        assert totals.equals(plan.grids.set_index("code")["households"].loc[totals.index].rename_axis("new_code"))
    check_drawing(edit)


def check_drawing(edit):
    """Untouched rows are the same bytes, and all rows are what drawing everything anew would make them."""
    plan = edit.plan
    anew = draw_grids(plan.units, plan.assignment, plan.layers, plan.options, counts=plan.counts, codes=plan.codes)
    for name in anew.columns.drop(["geometry", "colour"]):
        assert plan.grids[name].tolist() == anew[name].tolist(), name
    assert shapely.to_wkb(plan.grids.geometry).tolist() == shapely.to_wkb(anew.geometry).tolist()
    assert (plan.grids.dtypes == anew.dtypes).all()
    colour = plan.grids["colour"].to_numpy()
    assert ((colour >= 0) & (colour < 6)).all()
    pairs = plan.assignment.grid[plan.units.sides[plan.units.sides[:, 1] >= 0]]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    if (shapely.get_num_geometries(plan.grids.geometry) == 1).all():
        assert (colour[pairs[:, 0]] != colour[pairs[:, 1]]).all()


def check_told(plan, told):
    """The audit finds no gap, overlap or cut building, and nothing else that was not told."""
    certificate = plan.certificate
    area = plan.layers.boundary.area
    assert certificate.cover.gap_m2 < 1e-6 * area
    assert certificate.cover.overlap_m2 < 1e-6 * area
    assert not (certificate.buildings.cut or certificate.buildings.nowhere or certificate.buildings.several)
    assert not certificate.changed_locks
    code = plan.grids["code"]
    faulty = {(c, "connected") for c in code[certificate.disconnected]}
    if certificate.nesting is not None:
        faulty |= {(c, "community") for c in code[certificate.nesting.crossing]}
    faulty |= {(c, "households") for c in code[~certificate.rows["in_bands"]]}
    assert faulty <= told


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.sampled_from(RULES), st.data())
def test_any_edits_of_any_plan(seed, rule, data):
    plan = plan_of(seed, rule)
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


def lattice_plan(counts, **options):
    """A street lattice with one building a block and so many households in each; grids of about four blocks."""
    rows, columns = np.shape(counts)
    homes = [box(100 * x + 40, 100 * y + 40, 100 * x + 60, 100 * y + 60) for y in range(rows) for x in range(columns)]
    streets = [LineString([(100 * x, -10), (100 * x, 100 * rows + 10)]) for x in range(1, columns)]
    streets += [LineString([(-10, 100 * y), (100 * columns + 10, 100 * y)]) for y in range(1, rows)]
    layers = read_layers(
        boundary=layer([box(0, 0, 100 * columns, 100 * rows)]),
        buildings=layer(homes, id=[f"h{i}" for i in range(len(homes))], households=np.ravel(counts).astype(float)),
        roads=layer(streets, highway=["residential"] * len(streets)),
    )
    chosen = {"households": Band(150, 250), "population": None, "effort": 0.1, **options}
    return make_plan(layers, PlanOptions(**chosen))


@cache
def even_plan():
    """Sixteen blocks of 50 households in four grids."""
    return lattice_plan(np.full((4, 4), 50))


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
