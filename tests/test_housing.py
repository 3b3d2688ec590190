"""Which building goes by which profile."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_layers as small
from hypothesis import given
from hypothesis import strategies as st

from gridgis.errors import InputError
from gridgis.housing import DENSITY_AREA_HA, assign_profiles, household_density
from gridgis.inputs import read_layers
from gridgis.profiles import PROFILES, Band, Housing, HousingRule


def row_town(n=12, *, step=15.0, compounds=None, **columns):
    """Buildings 10 m square in a row, `step` apart."""
    shapes = [small.square(10 + step * k, 20) for k in range(n)]
    base = {"id": [f"b{k}" for k in range(n)], "households": [4.0] * n, "levels": [3] * n} | columns
    long = gpd.GeoDataFrame({"name": ["x"]}, geometry=[small.square(0, 0, 40 + step * n, 200)], crs=small.CRS)
    frame = gpd.GeoDataFrame(base, geometry=shapes, crs=small.CRS)
    return read_layers(boundary=long, buildings=frame, roads=small.roads(), compounds=compounds)


def counts(layers):
    return layers.buildings[["households"]].fillna(0)


def assigned(layers, **housing):
    return assign_profiles(layers, counts(layers), Housing(**housing)).tolist()


def compound(x, width, **columns):
    return gpd.GeoDataFrame({k: [v] for k, v in columns.items()}, geometry=[small.square(x, 0, width)], crs=small.CRS)


def test_the_default_where_nothing_speaks():
    layers = row_town(3)
    result = assign_profiles(layers, counts(layers), Housing(default="village"))
    assert result.tolist() == ["village"] * 3
    assert result.index.equals(layers.buildings.index) and result.name == "profile"


def test_names_and_titles_in_both_languages():
    layers = row_town(5, housing=["single-storey", "平房区", "Single storey area", "GATED_COMPOUND", None])
    assert assigned(layers) == ["single-storey"] * 3 + ["gated-compound", "urban"]


def test_own_word_then_compound_then_rule_then_default():
    area = compound(5, 45, profile="封闭小区", name="A")
    layers = row_town(5, compounds=area, housing=["village", None, None, None, None], levels=[3, 3, 3, 9, 3])
    rules = (HousingRule("small-urban", levels=Band(1, 99)), HousingRule("scattered"))
    assert assigned(layers, rules=rules[:0]) == ["village", "gated-compound", "gated-compound", "urban", "urban"]
    assert assigned(layers, rules=rules)[1:] == ["gated-compound"] * 2 + ["small-urban"] * 2


def test_the_smallest_compound_that_states_a_profile_decides():
    small_one, large = compound(5, 30, profile="village"), compound(0, 150, profile="urban")
    silent = compound(5, 12, profile=None, name="B")
    layers = row_town(6, compounds=[large, silent, small_one])
    assert assigned(layers, default="scattered") == ["village"] * 2 + ["urban"] * 4


def test_the_first_rule_that_fits():
    layers = row_town(4, building=["house", "apartments", "apartments", "house"], levels=[1, 2, 12, 12])
    rules = (
        HousingRule("village", uses=("detached",), levels=Band(1, 3)),
        HousingRule("small-urban", levels=Band(10, 99)),
        HousingRule("target-300", uses=("apartments", "detached"), levels=Band(1, 99)),
    )
    assert assigned(layers, rules=rules) == ["village", "target-300", "small-urban", "small-urban"]
    assert assigned(layers, rules=rules[::-1]) == ["target-300"] * 4


def test_half_storeys_fall_between_no_bands():
    layers = row_town(3, levels=[3.5, 2.5, 1.0])
    rules = (HousingRule("village", levels=Band(1, 3)), HousingRule("small-urban", levels=Band(4, 9)))
    assert assigned(layers, rules=rules) == ["small-urban", "village", "village"]


def test_density_by_households_within_100_m():
    layers = row_town(12, step=30.0, households=[100.0] * 4 + [1.0] * 8)
    got = household_density(layers, counts(layers), np.arange(12))
    centre = np.arange(12) * 30.0
    near = np.abs(centre[:, None] - centre) <= 100
    assert got == pytest.approx(near @ counts(layers)["households"].to_numpy() / DENSITY_AREA_HA)
    rules = (HousingRule("small-urban", density=Band(50, 1e6)),)
    expected = np.where(got >= 50, "small-urban", "urban").tolist()
    assert assigned(layers, rules=rules) == expected
    assert {"small-urban", "urban"} == set(expected)


def test_unknown_names_are_listed_with_their_number_and_those_known():
    layers = row_town(4, housing=["towers", "towers", "vilage", None], compounds=compound(5, 40, profile="园区"))
    with pytest.raises(InputError) as caught:
        assigned(layers)
    of_buildings, of_compounds = caught.value.faults
    assert "“towers” (2)" in of_buildings and "“vilage” (1, perhaps village)" in of_buildings
    assert all(f"{name} ({profile.title_zh})" in of_buildings for name, profile in PROFILES.items())
    assert "the compounds name" in of_compounds and "“园区” (1)" in of_compounds


BASE = row_town()


@given(st.data())
def test_every_building_has_one_known_profile_whatever_the_rules(data):
    names = st.sampled_from(list(PROFILES))
    bands = st.none() | st.tuples(st.integers(0, 8), st.integers(1, 9)).map(lambda p: Band(p[0], p[0] + p[1]))
    uses = st.lists(st.sampled_from(["unknown", "detached"]), max_size=2).map(tuple)
    rules = data.draw(st.lists(st.builds(HousingRule, names, uses, bands, bands), max_size=4).map(tuple))
    housing = Housing(rules=rules, default=data.draw(names))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    frame = BASE.buildings.assign(
        housing=rng.choice([None, "village"], 12),
        levels=rng.integers(1, 12, 12).astype(float),
        use=rng.choice(["unknown", "detached"], 12),
    )
    layers = replace(BASE, buildings=frame)
    result = assign_profiles(layers, counts(layers), housing)
    assert result.index.equals(frame.index) and set(result) <= set(PROFILES)
    assert (result[frame["housing"].notna()] == "village").all()
    density = household_density(layers, counts(layers), np.arange(12))
    for at in np.flatnonzero(frame["housing"].isna()):
        fitting = (
            rule.profile
            for rule in rules
            if (not rule.uses or frame["use"].iloc[at] in rule.uses)
            and (rule.levels is None or frame["levels"].iloc[at] in rule.levels)
            and (rule.density is None or density[at] in rule.density)
        )
        assert result.iloc[at] == next(fitting, housing.default)


def test_buildings_that_only_touch_the_jurisdiction_have_a_profile_too():
    layers = row_town(3)
    layers = replace(layers, buildings=layers.buildings.assign(inside=[True, True, False]))
    part = pd.DataFrame({"households": [4]}, index=[0])
    result = assign_profiles(layers, part, Housing(rules=(HousingRule("village", density=Band(1, 2)),)))
    assert result.tolist() == ["village"] * 3
