"""What the engine computes goes into the store and comes back exactly, whatever rules made it and whatever edits."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
import shapely
from edited_towns import even_plan, plan_of
from finished_plans import town_plan
from gridgis_web.planning.frames import unzipped
from gridgis_web.planning.pack import (
    pack_ints,
    pack_layers,
    pack_plan,
    pack_units,
    unpack_ints,
    unpack_layers,
    unpack_plan,
)
from random_town import random_town

from gridgis import Band, PlanOptions, make_plan
from gridgis.edit import merge_grids, move_units
from gridgis.export import write_file


def restored(plan):
    return unpack_plan(
        PlanOptions.from_dict(plan.options.to_dict()),
        unpack_layers(pack_layers(replace(plan.layers, existing=plan.layers.existing.iloc[:0]))),
        units=pack_units(plan),
        assignment=pack_ints(plan.assignment.grid),
        plan=pack_plan(plan),
    )


def assert_same(one, other):
    """Equal to the last bit, kinds of columns and what stands for nothing included."""
    assert type(one) is type(other) or {type(one), type(other)} == {int, float}
    if isinstance(one, pd.DataFrame | pd.Series):
        if isinstance(one, pd.Series):
            one, other = one.to_frame(), other.to_frame()
        assert one.columns.tolist() == other.columns.tolist()
        assert one.index.equals(other.index)
        assert one.index.name == other.index.name
        assert getattr(one, "crs", None) == getattr(other, "crs", None)
        for name in one:
            assert str(one[name].dtype) == str(other[name].dtype), name
            a, b = one[name].tolist(), other[name].tolist()
            if str(one[name].dtype) == "geometry":
                a, b = shapely.to_wkb(a).tolist(), shapely.to_wkb(b).tolist()
            assert list(map(repr, a)) == list(map(repr, b)), name
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            assert_same(a, b)
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, shapely.Geometry):
        assert shapely.to_wkb(one) == shapely.to_wkb(other)
    else:
        assert one == other


def with_micro():
    return make_plan(even_plan().layers, PlanOptions(households=Band(150, 250), population=None, micro=Band(40, 120)))


def edited(plan):
    """A plan after two edits, whose colours are not those that drawing it anew would give."""
    code = plan.codes.code
    merged = merge_grids(plan, code[:2]).plan
    return move_units(merged, [0], None).plan


def as_read(plan):
    """With options as they are read: the ready-made housing types are then among them."""
    return replace(plan, options=PlanOptions.from_dict(plan.options.to_dict()))


PLANS = {
    "a town": town_plan,
    "micro-grids": with_micro,
    "edited": lambda: edited(even_plan()),
    **{
        rule: (lambda rule=rule: as_read(plan_of(1, rule)))
        for rule in ("communities", "locks", "sectors", "housing", "soft")
    },
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_comes_back_exactly(name, tmp_path):
    plan = PLANS[name]()
    back = restored(plan)
    for field in fields(plan):
        if field.name != "layers":
            assert_same(getattr(plan, field.name), getattr(back, field.name))
    assert_same(plan.grids, back.grids)
    assert plan.certificate.to_dict() == back.certificate.to_dict()
    for which, one in (("before", plan), ("after", back)):
        (tmp_path / which).mkdir()
        write_file(one, tmp_path / which / "plan.json")
    assert (tmp_path / "before" / "plan.json").read_bytes() == (tmp_path / "after" / "plan.json").read_bytes()
    assert (pack_units(back), pack_plan(back)) == (pack_units(plan), pack_plan(plan))


@pytest.mark.parametrize("seed", range(3))
def test_layers_come_back_exactly_and_are_always_the_same_bytes(seed):
    layers = random_town(seed, river=True, bridges=1, island=seed == 1, hole=seed == 2)
    packed = pack_layers(layers)
    back = unpack_layers(packed)
    assert_same(layers, replace(back, sources=dict(layers.sources)))
    assert dict(back.sources) == dict(layers.sources)
    assert pack_layers(back) == packed


def test_other_programs_read_the_parts(tmp_path):
    import geopandas as gpd

    layers = town_plan().layers
    (tmp_path / "buildings.parquet").write_bytes(unzipped(pack_layers(layers))["buildings.parquet"])
    frame = gpd.read_parquet(tmp_path / "buildings.parquet")
    assert frame.crs == layers.crs
    assert frame["source_id"].tolist() == layers.buildings["source_id"].tolist()


def test_whole_numbers_come_back_and_too_large_ones_are_refused():
    values = np.array([-1, 0, 2**31 - 1, -(2**31)])
    assert unpack_ints(pack_ints(values)).tolist() == values.tolist()
    with pytest.raises(OverflowError):
        pack_ints(np.array([2**31]))
