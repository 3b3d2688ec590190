"""Units: whatever the town, they cover it exactly, cut no building, and know where people can cross."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from random_town import CRS, box, holds_whole, layer, random_town
from shapely import LineString
from shapely.affinity import rotate

from gridgis import PlanOptions, read_layers
from gridgis.linework import cutting_lines, entered, find_clumps
from gridgis.neighbours import build_graph
from gridgis.pieces import held_by
from gridgis.population import count_people
from gridgis.profiles import Band
from gridgis.units import build_units

OPTIONS = PlanOptions(households=Band(60, 120), population=None)


def cut(layers, options=OPTIONS):
    counts = count_people(layers, options)
    return counts, build_units(layers, counts, options)


def check(layers, counts, units):
    shapes = units.frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert abs(shapely.area(shapes).sum() - layers.boundary.area) < 1e-6 * layers.boundary.area
    assert shapely.union_all(shapes).symmetric_difference(layers.boundary).area < 1e-6 * layers.boundary.area
    assert set(shapely.get_type_id(shapes)) == {shapely.GeometryType.POLYGON}
    unit = units.buildings.to_numpy()
    assert np.array_equal(unit >= 0, layers.buildings["inside"].to_numpy())
    clipped = shapely.intersection(layers.buildings.geometry.to_numpy(), layers.boundary)
    whole = unit >= 0
    assert holds_whole(shapes[unit[whole]], clipped[whole]).max() < 0.01
    for column in ("households", "population"):
        assert units.frame[column].sum() == counts[column].sum()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans(), st.booleans(), st.booleans())
def test_any_town_is_covered_and_no_building_cut(seed, river, island, hole):
    layers = random_town(seed, river=river, bridges=1, island=island, hole=hole)
    counts, units = cut(layers)
    check(layers, counts, units)
    frame = units.frame
    lived_in = (frame["households"] > 0) | (frame["population"] > 0)
    assert lived_in.all(), "blocks without people join the units around them"


def test_edges_are_the_units_outlines():
    layers = random_town(7, river=True, bridges=1)
    _, units = cut(layers)
    edges = units.edges
    metres = np.bincount(edges["left"], edges["length_m"], len(units.frame))
    inner = edges[edges["right"] >= 0]
    metres += np.bincount(inner["right"], inner["length_m"], len(units.frame))
    outlines = shapely.length(units.frame.geometry.to_numpy())
    # Lines that end inside a unit don't count on either side.
    assert np.allclose(metres, outlines, rtol=1e-6, atol=0.01)
    assert set(edges.loc[edges["right"] < 0, "kind"]) == {"jurisdiction"}


def test_heavy_blocks_are_divided_and_light_ones_are_not():
    homes = [box(20 + 40 * k, 20, 40 + 40 * k, 40) for k in range(10)]
    lone = box(100, 220, 120, 240)
    roads = [LineString([(-20, 200), (440, 200)])]
    layers = read_layers(
        boundary=layer([box(0, 0, 420, 400)]),
        buildings=layer([*homes, lone], households=[30.0] * 11, levels=[3] * 11),
        roads=layer(roads, highway=["residential"]),
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    assert len(units.frame) == 11
    assert units.frame["face_share"].max() == pytest.approx(300 / 120)
    _, coarse = cut(layers, OPTIONS.replace(households=Band(500, 1200)))
    assert len(coarse.frame) == 2


def test_a_building_across_a_road_goes_whole_to_one_side():
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 200)]),
        buildings=layer([box(60, 88, 90, 130), box(20, 20, 40, 40)], households=[30.0, 30.0], levels=[3, 3]),
        roads=layer([LineString([(-20, 100), (220, 100)])], highway=["residential"]),
    )
    lines, clumps = cutting_lines(layers), find_clumps(layers)
    assert len(entered(lines.geometry, clumps)[0]) == 1
    counts, units = cut(layers)
    check(layers, counts, units)
    assert len(units.frame) == 2
    north, south = units.frame.geometry.iloc[units.buildings[[0, 1]]]
    assert north.centroid.y > south.centroid.y


def test_dead_ends_and_tunnels_do_not_cut():
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 200)]),
        buildings=layer([box(20, 20, 40, 40), box(160, 160, 180, 180)], households=[50.0, 50.0], levels=[3, 3]),
        roads=layer(
            [LineString([(-20, 100), (150, 100)]), LineString([(100, -20), (100, 220)])],
            highway=["residential", "primary"],
            tunnel=[None, "yes"],
        ),
    )
    _, units = cut(layers, OPTIONS.replace(households=Band(100, 400)))
    assert len(units.frame) == 1


@pytest.mark.parametrize("bridges", [0, 1])
def test_banks_meet_only_at_a_bridge(bridges):
    roads = [LineString([(100, -20), (100, 90)])] if not bridges else [LineString([(100, -20), (100, 220)])]
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 200)]),
        buildings=layer([box(20, 20, 40, 40), box(20, 160, 40, 180)], households=[80.0, 80.0], levels=[3, 3]),
        roads=layer(roads, highway=["residential"]),
        barriers=[layer([LineString([(-20, 100), (220, 100)])], waterway=["river"])],
    )
    _, units = cut(layers)
    graph, joins = build_graph(units, OPTIONS, layers)
    river = units.edges[units.edges["kind"] == "river"]
    assert len(river) > 0
    assert river["walkable"].any() == bool(bridges)
    assert len(graph.u) == bridges
    assert joins == ()


def test_a_wide_river_is_shared_to_its_middle_and_crossed_on_its_bridge():
    water = box(-10, 90, 210, 110)
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 200)]),
        buildings=layer([box(20, 20, 40, 40), box(20, 160, 40, 180)], households=[80.0, 80.0], levels=[3, 3]),
        roads=layer([LineString([(100, -20), (100, 220)])], highway=["residential"], bridge=["yes"]),
        barriers=[layer([water], natural=["water"])],
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    assert np.allclose(units.frame["area_m2"], 20_000, rtol=0.02)
    graph, _ = build_graph(units, OPTIONS, layers)
    assert len(graph.u) == 1
    assert (units.edges.loc[units.edges["right"] >= 0, "kind"] == "water").all()


def test_what_cannot_stand_alone_is_joined_and_said():
    layers = random_town(3, island=True)
    options = OPTIONS.replace(households=Band(200, 400))
    _, units = cut(layers, options)
    graph, joins = build_graph(units, options, layers)
    assert [join.across for join in joins] == ["gap"]
    link = (graph.shared_m == 0) & (graph.cost == 0)
    assert link.sum() == 1


def test_overlapping_buildings_stay_together():
    homes = [box(20 + 15 * k, 20, 40 + 15 * k, 40) for k in range(6)] + [box(150, 150, 170, 170)]
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 200)]),
        buildings=layer(homes, households=[40.0] * 7, levels=[3] * 7),
        roads=layer([LineString([(-20, 190), (220, 190)])], highway=["residential"]),
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    assert units.buildings.iloc[:6].nunique() == 1
    assert units.buildings.nunique() == 2


def test_a_compound_is_one_unit_unless_too_large():
    homes = [box(10 + 30 * k, 10, 30 + 30 * k, 30) for k in range(4)]
    roads = [LineString([(75, 0), (75, 140)]), LineString([(-20, 140), (220, 140)])]

    def town(households):
        return read_layers(
            boundary=layer([box(0, 0, 200, 200)]),
            buildings=layer([*homes, box(20, 160, 40, 180)], households=[households] * 5, levels=[3] * 5),
            roads=layer(roads, highway=["footway", "residential"]),
            compounds=layer([box(0, 0, 140, 60)], name=["花园小区"]),
        )

    _, units = cut(town(29.0))
    assert units.buildings.iloc[:4].nunique() == 1
    counts, units = cut(town(50.0))
    assert units.buildings.iloc[:4].nunique() > 1
    check(town(50.0), counts, units)


def test_layers_are_left_as_they_were():
    layers = random_town(5)
    before = layers.buildings.copy(), layers.lines.copy()
    cut(layers)
    assert layers.buildings.equals(before[0])
    assert layers.lines.equals(before[1])
    assert layers.crs == CRS


def test_the_line_between_two_rows_follows_the_dead_end_between_them():
    rows = [box(60 + 30 * k, y, 80 + 30 * k, y + 15) for y in (60, 100) for k in range(5)]
    layers = read_layers(
        boundary=layer([box(0, 0, 300, 175)]),
        buildings=layer(rows, households=[30.0] * 10, levels=[3] * 10),
        # The lane ends in the block, and not in the middle between the rows.
        roads=layer([LineString([(-10, 84), (250, 84)])], highway=["residential"]),
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    lane = units.edges[units.edges["kind"] == "residential"]
    assert lane["length_m"].sum() > 130
    north, south = (units.frame.geometry.iloc[units.buildings.iloc[k]] for k in (7, 2))
    assert north.intersection(south).length > 20
    assert north.intersection(south).distance(lane.union_all()) < 1e-6


def test_a_pavement_beside_the_road_goes_to_the_houses_behind_it():
    homes = [box(30 + 40 * k, y, 55 + 40 * k, y + 20) for k in range(4) for y in (30, 130)]
    ring = box(14, 14, 186, 166).exterior
    road = box(8, 8, 192, 172).exterior
    layers = read_layers(
        boundary=layer([box(0, 0, 200, 180)]),
        buildings=layer(homes, households=[40.0] * 8, levels=[3] * 8),
        roads=layer([road, ring], highway=["residential", "footway"]),
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    assert len(units.frame) == 8
    # Corner houses meet their neighbours on both sides; without the pavement shared out, one unit would ring them all.
    widest = shapely.minimum_rotated_rectangle(units.frame.geometry.to_numpy())
    assert shapely.length(widest).max() < 400


def test_a_road_that_stops_short_of_the_edge_goes_on_to_it():
    homes = [box(30, 30, 50, 50), box(30, 130, 50, 150)]

    def town(end):
        return read_layers(
            boundary=layer([box(0, 0, 200, 180)]),
            buildings=layer(homes, households=[40.0] * 2, levels=[3] * 2),
            roads=layer([LineString([(-10, 90), (end, 90)])], highway=["residential"]),
        )

    small = OPTIONS.replace(households=Band(100, 400))
    assert len(cut(town(170), small)[1].frame) == 2
    assert len(cut(town(120), small)[1].frame) == 1


@pytest.mark.parametrize("turn", [7.0, 33.0, 71.0])
def test_communities_that_tile_the_jurisdiction_leave_no_unit_without_one(turn):
    """Slanting edges never meet exactly where they cross; what that leaves between them is no ground of its own."""
    homes = [box(20 + 40 * k, y, 35 + 40 * k, y + 15) for k in range(5) for y in (30, 70, 110, 150)]
    strips = [box(-9, low, 229, low + 60) for low in (0, 60, 120)]

    def turned(shapes):
        return [rotate(shape, turn, origin=(0, 0)) for shape in shapes]

    (outline,) = turned([box(0, 0, 220, 180)])
    layers = read_layers(
        boundary=layer([outline]),
        buildings=layer(turned(homes), households=[10.0] * 20, levels=[3] * 20),
        roads=layer(turned([LineString([(-10, 95), (230, 97)])]), highway=["residential"]),
        communities=layer([shapely.segmentize(strip & outline, 7) for strip in turned(strips)]),
    )
    counts, units = cut(layers)
    check(layers, counts, units)
    assert (units.frame["community"] >= 0).all()
    assert units.frame["community"].nunique() == 3


def test_a_hair_beside_an_area_is_held_by_it_and_ground_apart_is_not():
    areas = np.array([box(0, 0, 10, 10), box(10, 0, 20, 10)])
    points = shapely.points([(5, 5), (20 + 5e-7, 5), (10, 10 + 5e-7), (5, -0.1)])
    assert held_by(areas, points)[[0, 1, 3]].tolist() == [0, 1, -1]
    assert held_by(areas, points)[2] in (0, 1)
