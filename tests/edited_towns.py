"""Plans under every kind of rule, edits of them as a planner might make them, and what must hold after each."""

from dataclasses import replace
from functools import cache

import numpy as np
import shapely
from hypothesis import strategies as st
from random_town import layer, random_town
from shapely import LineString, box

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.edit import (
    balance_region,
    merge_grids,
    move_buildings,
    move_units,
    resolve_region,
    split_along,
    split_grid,
)
from gridgis.grids import draw_grids
from gridgis.profiles import Housing, HousingRule, Profile

OPTIONS = PlanOptions(households=Band(120, 260), population=None, effort=0.1)


RULES = ("bands", "communities", "locks", "sectors", "dedicated", "housing", "soft")


TYPES = {
    "low": Profile("low", "Low houses", "平房", Band(80, 160), None),
    "tower": Profile("tower", "Towers", "高层", Band(150, 320), None),
}
HOUSING = Housing(profiles=TYPES, rules=(HousingRule("low", levels=Band(1, 4)),), default="tower")
"""Two housing types, by storeys, mixed all over a town."""


def halves(layers, at=290):
    """Two communities; no road follows their edge."""
    west, east = box(-50, -50, at, 800), box(at, -50, 800, 800)
    areas = layer([west, east], name=["东社区", "西社区"], code=["01", "02"])
    areas.geometry = areas.geometry.intersection(layers.boundary)
    return areas


def ruled_plan(layers, rules, options=OPTIONS):
    """The plan of a town under several rules; what is locked are grids of the same plan without locks."""
    if "communities" in rules:
        layers = replace(layers, communities=halves(layers))
    if "dedicated" in rules:
        yard = layer([box(60, 60, 260, 240)], name=["学校"], kind=["compound"], profile=[None], dedicated=[True])
        layers = replace(layers, compounds=yard)
    if "sectors" in rules:
        options = options.replace(sectors=Band(2, 4))
    if "housing" in rules:
        options = options.replace(housing=HOUSING, households=None)
    if "soft" in rules:
        options = options.replace(soft=("households",))
    plan = make_plan(layers, options)
    if "locks" in rules:
        existing = plan.grids[["code", "name", "geometry"]].reset_index(drop=True)
        # a lock may hold nothing of a compound that is to be a grid itself
        yards = shapely.union_all(layers.compounds.geometry.to_numpy())
        free = shapely.area(shapely.intersection(existing.geometry.to_numpy(), yards)) == 0
        lock = tuple(existing["code"][free][1:3])
        return make_plan(replace(layers, existing=existing), options.replace(lock=lock))
    return plan


@cache
def plan_of(seed, rule):
    """A random town's plan under one more rule."""
    levels = None if rule == "housing" else 6
    town = random_town(seed, river=seed % 2 == 1, bridges=seed % 3, hole=seed % 4 == 2, levels=levels)
    return ruled_plan(town, {rule})


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
    kind = draw(st.sampled_from(["move", "move", "new", "buildings", "merge", "split", "along", "balance", "resolve"]))
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
    if kind == "balance":
        return balance_region(plan, [code, *near[:2]])
    return resolve_region(plan, [code, *draw(st.lists(st.sampled_from(near), max_size=2, unique=True))])


def check_edit(edit):
    before, plan = edit.before, edit.plan
    grid, k = plan.assignment.grid, plan.assignment.grids
    assert len(grid) == len(plan.units.frame)
    assert np.array_equal(np.unique(grid), np.arange(k))
    assert len(set(plan.codes.code)) == k == len(plan.grids)
    assert not set(plan.codes.code) & set(plan.codes.retired)
    assert set(before.codes.retired) <= set(plan.codes.retired)
    gone = set(before.codes.code) - set(plan.codes.code)
    # a sector left without grids goes, too
    assert gone | (set(before.codes.sector) - set(plan.codes.sector)) == set(edit.retired)
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
