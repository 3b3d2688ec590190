"""Grids cover the jurisdiction exactly, are numbered as one reads, and neighbours differ in colour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from ascii_town import draw_town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgis.colour import COLOURS, colour_map, touching_pairs
from gridgis.grids import dissolve, draw_grids, renumber
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment, Proof

OPTIONS = PlanOptions(parent_code="110105003")


def draw(picture, options=OPTIONS, **counts):
    town = draw_town(picture, **counts)
    assignment = renumber(town.units, town.assignment)
    return draw_grids(town.units, assignment, town.layers, options), town, assignment


TOWN = """
ffbb
ffbb
eedd
eedd
 aac
"""


def test_numbers_run_west_to_east_in_rows_from_the_north():
    grids, town, assignment = draw(TOWN)
    order = "fbedac"
    for number, letter in enumerate(order):
        unit = int(np.flatnonzero(town.assignment.grid == town.letters[letter])[0])
        assert assignment.grid[unit] == number
    assert list(grids["code"]) == [f"110105003{i:03d}" for i in range(1, 7)]
    assert grids["name"].iloc[0] == "第001网格"
    assert grids["name_en"].iloc[5] == "Grid 006"


def test_more_than_999_grids_get_longer_codes():
    town = draw_town("\n".join("a" * 40 for _ in range(25)))
    assignment = renumber(town.units, Assignment(grid=np.arange(1000), grids=1000))
    grids = draw_grids(town.units, assignment, town.layers, OPTIONS)
    assert grids["code"].iloc[0] == "1101050030001"
    assert grids["code"].is_monotonic_increasing
    # a lattice of single squares is numbered row by row
    assert np.array_equal(assignment.grid, np.arange(1000))


def test_proofs_are_renumbered_with_their_grids():
    town = draw_town("ba")
    proof = Proof(grid=0, rule="households", reason="", reason_zh="", remedy="", remedy_zh="")
    whole = replace(proof, grid=None)
    assignment = renumber(town.units, replace(town.assignment, proofs=(proof, whole)))
    assert [p.grid for p in assignment.proofs] == [1, None]
    assert list(assignment.grid) == [0, 1]


def test_totals_come_from_the_units_or_from_the_buildings():
    grids, town, assignment = draw(TOWN, households=3, population=7)
    assert list(grids["buildings"]) == [4, 4, 4, 4, 2, 1]
    assert list(grids["households"]) == [12, 12, 12, 12, 6, 3]
    counts = pd.DataFrame({"households": np.arange(19) / 2, "population": 1}, index=town.units.buildings.index)
    grids = draw_grids(town.units, assignment, town.layers, OPTIONS, counts=counts)
    assert np.isclose(grids["households"].sum(), counts["households"].sum())
    assert list(grids["population"]) == [4, 4, 4, 4, 2, 1]


def test_a_building_outside_counts_for_nobody():
    town = draw_town("ab")
    town.units.buildings[1] = -1
    counts = pd.DataFrame({"households": [5, 7], "population": [1, 1]}, index=town.units.buildings.index)
    grids = draw_grids(town.units, town.assignment, town.layers, OPTIONS, counts=counts)
    assert list(grids["households"]) == [5, 0]


def test_islands_make_one_grid_of_several_parts():
    grids, *_ = draw("aab a")
    assert list(grids.geom_type) == ["MultiPolygon", "Polygon"]


def test_columns_and_crs_keep_the_contract():
    grids, town, _ = draw(TOWN)
    counts = {"households", "population", "buildings", "area_m2"}
    words = {"code", "name", "name_en", "bounds_zh", "bounds_en"}
    assert set(grids.columns) == counts | words | {"colour", "label_x", "label_y", "geometry"}
    assert grids.crs == town.layers.crs
    assert grids.index.name == "grid_id"


towns = st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 12), st.integers(0, 2**32 - 1))


def random_picture(rows, columns, grids, seed):
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("abcdefghijkl")[:grids], (rows, columns))
    return "\n".join("".join(row) for row in letters)


@settings(max_examples=40, deadline=None)
@given(towns)
def test_any_assignment_is_drawn_without_gap_or_overlap(spec):
    grids, town, assignment = draw(random_picture(*spec))
    assert grids.geometry.is_valid.all()
    assert np.isclose(grids["area_m2"].sum(), town.layers.boundary.area, rtol=1e-12)
    assert np.isclose(grids.geometry.union_all().area, town.layers.boundary.area, rtol=1e-12)
    labels = shapely.points(grids["label_x"], grids["label_y"])
    assert shapely.contains(grids.geometry.to_numpy(), labels).all()
    for unit in range(len(town.cells)):
        assert grids.geometry.iloc[assignment.grid[unit]].covers(town.units.frame.geometry.iloc[unit])


@settings(max_examples=40, deadline=None)
@given(towns)
def test_renumbering_twice_changes_nothing(spec):
    town = draw_town(random_picture(*spec))
    once = renumber(town.units, town.assignment)
    assert np.array_equal(renumber(town.units, once).grid, once.grid)
    # the same pieces, only their numbers differ
    assert len(set(zip(once.grid.tolist(), town.assignment.grid.tolist(), strict=True))) == once.grids


def rectangles(seed, n=60):
    """A random planar map: rectangles divided again and again."""
    rng = np.random.default_rng(seed)
    boxes = [(0.0, 0.0, 1024.0, 1024.0)]
    while len(boxes) < n:
        x0, y0, x1, y1 = boxes.pop(int(np.argmax([(b[2] - b[0]) * (b[3] - b[1]) for b in boxes])))
        t = rng.choice([0.25, 0.5, 0.75])
        if rng.random() < 0.5:
            x = x0 + t * (x1 - x0)
            boxes += [(x0, y0, x, y1), (x, y0, x1, y1)]
        else:
            y = y0 + t * (y1 - y0)
            boxes += [(x0, y0, x1, y), (x0, y, x1, y1)]
    return shapely.box(*np.array(boxes).T)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_neighbours_differ_in_colour(seed):
    polygons = rectangles(seed)
    colours = colour_map(polygons)
    pairs, line = touching_pairs(polygons)
    assert ((colours >= 0) & (colours < COLOURS)).all()
    assert (colours[pairs[line, 0]] != colours[pairs[line, 1]]).all()
    assert np.array_equal(colours, colour_map(polygons))


def test_squares_that_meet_at_a_corner_differ_in_colour():
    x, y = (a.ravel() for a in np.meshgrid(np.arange(9), np.arange(9)))
    squares = shapely.box(x, y, x + 1, y + 1)
    colours = colour_map(squares)
    pairs, line = touching_pairs(squares)
    assert (~line).sum() == 2 * 8 * 8
    assert (colours[pairs[:, 0]] != colours[pairs[:, 1]]).all()


def test_touching_pairs_tell_lines_from_corners():
    a, b, c = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)
    pairs, line = touching_pairs([a, b, c])
    assert pairs.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert line.tolist() == [True, False, True]


def test_more_corners_than_colours_still_keeps_neighbours_apart():
    # ten wedges meet in one point: six colours cannot part all, but those that share a line
    angle = np.linspace(0, 2 * np.pi, 11)
    rim = np.column_stack([np.cos(angle), np.sin(angle)])
    rim[-1] = rim[0]
    wedges = [shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(10)]
    colours = colour_map(wedges)
    pairs, line = touching_pairs(wedges)
    assert line.sum() == 10
    assert (colours[pairs[line, 0]] != colours[pairs[line, 1]]).all()


def test_dissolve_keeps_the_vertices_of_neighbours():
    squares = shapely.box([0, 0, 1], [0, 1, 0], [1, 1, 2], [1, 2, 2])
    joined = dissolve(squares, np.array([0, 0, 1]), 2)
    assert joined[0].covers(squares[0]) and joined[0].area == 2
    assert shapely.Point(1, 1) in [shapely.Point(p) for p in joined[0].exterior.coords]
