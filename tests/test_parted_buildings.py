"""Buildings of several parts on both sides of what no grid crosses: the level wins, and people are told."""

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from random_town import CRS, layer, shift
from shapely import LineString, MultiPolygon, Polygon, box

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.audit import audit_grids

SIDE = 400.0
EDGE = 200.0
WEST, EAST = box(0, 0, EDGE, SIDE), box(EDGE, 0, SIDE, SIDE)
TWIN = MultiPolygon([box(170, 190, 190, 210), box(210, 190, 222, 210)])
"""Most of it is in the west."""
OPTIONS = PlanOptions(households=Band(60, 140), population=None, effort=0.1)


def town(house=TWIN, **areas):
    """Houses of ten households in rows, roads between them, none along the edge; and one more house."""
    middles = [(x, y) for x in range(25, 400, 50) for y in range(25, 400, 50)]
    houses = [box(x - 9, y - 9, x + 9, y + 9) for x, y in middles]
    shapes = [*houses, house]
    lines = [LineString([(-10, y), (SIDE + 10, y)]) for y in (100, 300)]
    lines += [LineString([(x, -10), (x, SIDE + 10)]) for x in (100, 300)]
    return read_layers(
        boundary=layer([box(0, 0, SIDE, SIDE)], name=["town"]),
        buildings=layer(shapes, id=[*(f"b{k}" for k in range(len(houses))), "twin"], households=[10.0] * len(shapes)),
        roads=layer(lines, highway=["residential"] * len(lines)),
        **areas,
    )


@cache
def with_communities():
    return town(communities=layer([WEST, EAST], name=["西社区", "东社区"], code=["01", "02"]))


def two_locked():
    """Grids of the town, in strips so that the edge is theirs, the eastern ones locked."""
    strips = [box(x, y, x + 100, y + 200) for x in (0, 100, 200, 300) for y in (0, 200)]
    codes = [f"00{k}" for k in range(1, 9)]
    return town(existing=layer(strips, code=codes, name=codes)), OPTIONS.replace(lock=("005", "006"))


def one_dedicated():
    yard = layer([box(EDGE, 150, 290, 250)], name=["学校"], kind=["institution"], dedicated=["yes"])
    return town(compounds=yard), OPTIONS


@pytest.mark.parametrize(
    "case", [lambda: (with_communities(), OPTIONS), two_locked, one_dedicated], ids=["community", "lock", "dedicated"]
)
def test_ground_follows_the_edge_and_the_building_counts_where_most_of_it_is(case):
    plan = make_plan(*case())
    certificate = plan.certificate
    assert certificate.holds, certificate.faults
    at = int(np.flatnonzero(plan.layers.buildings["source_id"] == "twin")[0])
    shape = plan.layers.buildings.geometry.iloc[at]
    west, east = sorted(shapely.get_parts(shape), key=lambda part: part.centroid.x)
    grids = plan.grids.geometry.to_numpy()
    home, other = (int(np.argmax(shapely.area(shapely.intersection(grids, part)))) for part in (west, east))
    assert home != other
    assert shapely.contains(grids[home], west) and shapely.contains(grids[other], east)
    assert plan.building_grid.iloc[at] == home
    assert plan.grids["households"].sum() == plan.counts["households"].sum()
    assert plan.grids["households"].tolist() == certificate.rows["households"].tolist()
    edge = shift(EAST)
    if len(plan.layers.communities):
        inside = shapely.area(shapely.intersection(grids, edge))
        assert (np.minimum(inside, shapely.area(grids) - inside) < 0.01).all()
    assert certificate.buildings.parted == ("twin",)
    assert certificate.buildings.in_one_grid == certificate.buildings.counted - 1
    (note,) = [note for note in certificate.notes if "twin" in note]
    assert "enter the parts as buildings of their own, or correct the edge" in note
    assert any("twin" in note and "修正边界" in note for note in certificate.notes_zh)
    assert certificate.to_dict()["buildings"]["parted_by_an_edge"] == {"count": 1, "ids": ["twin"]}


@pytest.mark.parametrize("empty", [False, True])
def test_what_a_building_cuts_off_a_dedicated_compound_goes_to_what_is_around_it(empty):
    """A building over its corner, for the most part outside, leaves a corner of 18 m² beyond it."""
    across = Polygon([(270, 140), (310, 180), (314, 180), (274, 140)])
    yard = layer([box(EDGE, 150, 290, 250)], name=["学校"], kind=["institution"], dedicated=["yes"])
    layers = town(across, compounds=yard)
    if empty:
        inside = shapely.intersects(layers.compounds.geometry.iloc[0], layers.buildings.geometry.to_numpy())
        inside[-1] = False
        layers = replace(layers, buildings=layers.buildings.assign(households=np.where(inside, 0.0, 10.0)))
    plan = make_plan(layers, OPTIONS)
    assert not plan.certificate.disconnected.any()
    (grid,) = np.flatnonzero(plan.report.grids["fixed"] == "dedicated")
    left = shapely.difference(layers.compounds.geometry.iloc[0], layers.buildings.geometry.iloc[-1])
    corner, ground = sorted(shapely.get_parts(left), key=shapely.area)
    assert shapely.area(corner) == pytest.approx(18.0)
    assert shapely.area(shapely.symmetric_difference(plan.grids.geometry[grid], ground)) < 0.01


def test_buildings_that_overlap_are_in_the_compound_that_their_middle_is_in():
    """A shed in the yard that a large house outside overlaps is outside with it: that splits no compound."""
    house, shed = box(292, 195, 318, 216), box(284, 200, 293, 206)
    yard = layer([box(EDGE, 150, 290, 250)], name=["学校"], kind=["institution"], dedicated=["yes"])
    layers = town(MultiPolygon([house]), compounds=yard)
    more = layers.buildings.iloc[[-1]].assign(source_id="shed", geometry=[shift(shed)])
    both = gpd.GeoDataFrame(pd.concat([layers.buildings, more], ignore_index=True), crs=layers.crs)
    plan = make_plan(replace(layers, buildings=both), OPTIONS)
    assert plan.building_grid.iloc[-1] == plan.building_grid.iloc[-2]
    assert plan.certificate.compounds.split == ()


def test_a_house_in_two_parts_on_one_side_stays_in_one_grid():
    """The way between the parts is found without going over the edge."""
    plan = make_plan(town(), OPTIONS)
    assert plan.certificate.holds, plan.certificate.faults
    assert plan.certificate.buildings.parted == ()


def test_a_part_cut_or_on_the_wrong_side_is_still_a_fault():
    layers = with_communities()
    counts = layers.buildings.assign(population=0)

    def audited(*shapes):
        grids = gpd.GeoDataFrame(
            {"code": [str(k) for k in range(len(shapes))]}, geometry=list(map(shift, shapes)), crs=CRS
        )
        return audit_grids(grids, layers.boundary, counts, communities=layers.communities).buildings

    assert audited(WEST, EAST).parted == ("twin",)
    assert audited(WEST, EAST).cut == ()
    above, below = box(EDGE, 205, SIDE, SIDE), box(EDGE, 0, SIDE, 205)
    assert "twin" in audited(WEST, above, below).cut
    gap = audited(WEST, EAST - box(205, 185, 230, 215))
    assert gap.cut == ("twin",) and gap.parted == ()
    moved = box(0, 0, EDGE + 5, SIDE), box(EDGE + 5, 0, SIDE, SIDE)
    assert audited(*moved).parted == ("twin",)
    without = audit_grids(
        gpd.GeoDataFrame({"code": ["w", "e"]}, geometry=[shift(WEST), shift(EAST)], crs=CRS), layers.boundary, counts
    )
    assert without.buildings.cut == ("twin",)
    assert not without.holds


def test_buildings_that_overlap_a_part_go_with_it():
    """A shed over the eastern part is with it; the house still counts in the west."""
    given = with_communities()
    shed = gpd.GeoDataFrame({"id": ["shed"], "households": [4.0]}, geometry=[shift(box(216, 200, 230, 206))], crs=CRS)
    raw = given.buildings[["source_id", "households", "geometry"]].rename(columns={"source_id": "id"})
    layers = town(communities=layer([WEST, EAST], name=["西社区", "东社区"], code=["01", "02"]))
    again = read_layers(
        boundary=layer([box(0, 0, SIDE, SIDE)], name=["town"]),
        buildings=pd.concat([gpd.GeoDataFrame(raw, crs=given.crs), shed], ignore_index=True),
        roads=layer([LineString([(-10, 100), (SIDE + 10, 100)])], highway=["residential"]),
        communities=layer([WEST, EAST], name=["西社区", "东社区"], code=["01", "02"]),
    )
    plan = make_plan(again, OPTIONS)
    assert plan.certificate.holds, plan.certificate.faults
    ids = again.buildings["source_id"].tolist()
    names = layers.communities["name"].tolist()
    within = {name: names[plan.grid_community[plan.building_grid.iloc[ids.index(name)]]] for name in ("twin", "shed")}
    assert within == {"twin": "西社区", "shed": "东社区"}
