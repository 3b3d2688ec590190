"""Counting people: what is measured stays, what is estimated adds up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import box, layer, random_town
from shapely import LineString

from gridgis import PlanOptions, read_layers
from gridgis.errors import InputError
from gridgis.population import count_people

ROADS = layer([LineString([(-20, 100), (520, 100)])], highway=["residential"])
BOUNDARY = layer([box(0, 0, 500, 200)])


def row(n, **columns):
    return layer([box(10 + 40 * k, 20, 30 + 40 * k, 40) for k in range(n)], **columns)


def town(buildings, **extra):
    return read_layers(boundary=BOUNDARY, buildings=buildings, roads=ROADS, **extra)


def test_measured_counts_stay_and_say_so():
    layers = town(row(3, households=[7.0, np.nan, 30.0], population=[20.0, np.nan, np.nan], levels=[2, 2, 2]))
    counts = count_people(layers, PlanOptions(household_size=2.5))
    assert counts["households"].tolist()[::2] == [7, 30]
    assert counts["population"].tolist()[::2] == [20, 75]
    assert counts["households_source"].tolist() == ["measured", "estimated", "measured"]
    assert counts["population_source"].tolist() == ["measured", "estimated", "estimated"]
    assert counts["households"].iloc[1] > 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.2, 5), st.integers(3000, 60_000))
def test_estimates_add_up_to_the_known_total(seed, size, total):
    layers = random_town(seed, buildings=60)
    counts = count_people(layers, PlanOptions(household_size=size, total_population=total * 5))
    assert counts["population"].sum() == total * 5
    assert (counts[["households", "population"]] >= 0).all().all()
    empty = (counts["households_source"] == "estimated") & (counts["households"] == 0)
    assert (counts.loc[empty, "population"] == 0).all(), "nobody lives in a building without a household"


def test_larger_and_higher_buildings_hold_more():
    homes = [box(10, 20, 30, 40), box(50, 20, 90, 40), box(110, 20, 130, 40)]
    homes += [box(150, 20, 155, 25), box(200, 20, 230, 50)]
    uses = ["apartments", "apartments", "apartments", "yes", "school"]
    buildings = layer(homes, levels=[3, 3, 9, 1, 3], building=uses)
    counts = count_people(town(buildings), PlanOptions())["households"].tolist()
    assert counts[1] == pytest.approx(2 * counts[0], abs=1)
    assert counts[2] == pytest.approx(3 * counts[0], abs=2)
    assert counts[3:] == [0, 0], "sheds and schools are not lived in"


def test_census_areas_keep_their_figures():
    census = layer([box(0, 0, 250, 200), box(250, 0, 500, 400)], population=[300, 1000])
    layers = town(row(12, levels=[3] * 12), census=census)
    counts = count_people(layers, PlanOptions())
    west = layers.buildings.geometry.centroid.x < layers.boundary.bounds[0] + 250
    assert counts.loc[west, "population"].sum() == pytest.approx(300, abs=2)
    # Half of the second area lies outside the jurisdiction, and half of its people with it.
    assert counts.loc[~west, "population"].sum() == pytest.approx(500, abs=2)


def test_more_measured_than_the_total_is_refused():
    layers = town(row(2, population=[600.0, 700.0]))
    with pytest.raises(InputError, match=r"1,300, more than the given total of 1,000"):
        count_people(layers, PlanOptions(total_population=1000))


def test_a_town_without_people_is_refused():
    layers = town(row(2, building=["garage", "school"]))
    with pytest.raises(InputError, match="nobody lives"):
        count_people(layers, PlanOptions())
