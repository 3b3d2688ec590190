"""Rules that conflict are refused, foreseen or explained, each with what would help."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from random_town import random_town

from gridgis import Band, PlanOptions, make_plan
from gridgis.conflicts import foresee
from gridgis.errors import InputError
from gridgis.explain import bindings, conflicts
from gridgis.housing import count_housing

OPTIONS = PlanOptions(households=Band(60, 120), population=None, effort=0.1)


def areas(layers, shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=layers.crs)


def halves(layers, share=0.5):
    """Two communities, the western one with a share of the width."""
    x0, y0, x1, y1 = layers.boundary.bounds
    middle = x0 + share * (x1 - x0)
    shapes = [shapely.box(x0 - 1, y0 - 1, middle, y1 + 1), shapely.box(middle, y0 - 1, x1 + 1, y1 + 1)]
    return areas(layers, shapes, name=["西", "东"], code=["001", "002"])


def test_a_community_too_small_for_a_grid_is_foreseen_with_its_remedy():
    layers = random_town(3)
    layers = replace(layers, communities=halves(layers, 0.12))
    counts = count_housing(layers, OPTIONS)
    found = foresee(layers, OPTIONS.replace(households=Band(300, 500)), counts)
    small = [proof for proof in found if "西" in proof.reason]
    assert small
    assert all(proof.proven and proof.remedy and proof.remedy_zh for proof in found)
    assert "300 households" in small[0].reason
    assert foresee(layers, OPTIONS.replace(households=Band(1, 5000)), counts) == ()


def test_a_locked_grid_over_its_band_is_foreseen_and_explained():
    layers = random_town(3)
    x0, y0, x1, y1 = layers.boundary.bounds
    shapes = [shapely.box(x0, y0, x1, (y0 + y1) / 2), shapely.box(x0, (y0 + y1) / 2, x1, y1)]
    layers = replace(layers, existing=areas(layers, shapes, code=["007", "008"], name=[None, None]))
    options = OPTIONS.replace(lock=("007",))
    (proof,) = foresee(layers, options, count_housing(layers, options))
    assert "007" in proof.reason
    assert "unlock" in proof.remedy
    plan = make_plan(layers, options)
    grid = plan.codes.code.index("007")
    explained = [e for e in plan.certificate.explanations if e.grid == grid]
    assert explained
    assert explained[0].proven
    assert "locked" in explained[0].reason
    assert plan.certificate.changed_locks == {}


@pytest.mark.parametrize(
    ("lock", "word"), [(("009",), "no grid of the existing plan has the code 009"), (("007",), "no existing plan")]
)
def test_locks_of_what_is_not_there_are_refused(lock, word):
    layers = random_town(3)
    if lock == ("009",):
        layers = replace(layers, existing=areas(layers, [layers.boundary], code=["007"], name=[None]))
    with pytest.raises(InputError, match=word):
        make_plan(layers, OPTIONS.replace(lock=lock))


def test_a_dedicated_compound_in_two_communities_is_refused():
    layers = random_town(3)
    x0, y0, x1, y1 = layers.boundary.bounds
    compound = areas(
        layers,
        [shapely.box(x0, y0, x1, y1)],
        name=["校园"],
        kind=["institution"],
        profile=[None],
        dedicated=[True],
    )
    with pytest.raises(InputError, match="校园 is to be a grid of its own, but lies in several communities"):
        make_plan(replace(layers, communities=halves(layers), compounds=compound), OPTIONS)


def test_what_conflicts_is_a_smallest_set_and_remedies_work():
    layers = random_town(3)
    layers = replace(layers, communities=halves(layers, 0.2))
    plan = make_plan(layers, OPTIONS.replace(households=Band(100, 120)))
    found = conflicts(plan)
    assert len(found) == (~plan.certificate.rows["in_bands"]).sum()
    for conflict in found:
        keys = [rule.key for rule in conflict.rules]
        assert keys
        assert all(
            key.startswith("households") or key in {"crossings", "communities", "locks", "whole"} for key in keys
        )
        assert conflict.remedies
        for remedy in conflict.remedies:
            assert set(remedy.rules) & set(keys)
            assert all(remedy.text)


def test_a_bound_that_a_remedy_names_is_enough():
    layers = random_town(5)
    tower = layers.buildings["households"].to_numpy().copy()
    tower[np.flatnonzero(layers.buildings["inside"])[0]] = 400.0
    layers = replace(layers, buildings=layers.buildings.assign(households=tower))
    plan = make_plan(layers, OPTIONS)
    (conflict,) = [c for c in conflicts(plan) if any(r.key == "households.high" for r in c.rules)]
    (remedy,) = [r for r in conflict.remedies if r.rules == ("households.high",)]
    assert "400 households" in remedy.text[0]
    raised = make_plan(layers, OPTIONS.replace(households=Band(60, 400)))
    assert raised.certificate.rows["in_bands"].all()


def test_bindings_name_neighbours_both_ways_and_tight_bounds():
    plan = make_plan(random_town(4), OPTIONS)
    table = bindings(plan)
    near = dict(zip(table["code"], table["neighbours"], strict=True))
    for code, others in near.items():
        assert all(code in near[other] for other in others)
    for grid, row in table.iterrows():
        total = plan.grids["households"][grid]
        assert bool(row["tight"]) == (total > 120 * 0.95 or total < 60 * 1.05)
