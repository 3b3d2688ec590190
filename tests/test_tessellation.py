"""Dividing lines: with their face they enclose one cell an owner, and cells hold what is nearest."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from shapely import Point, box

from gridgis.arrangement import arrange
from gridgis.tessellation import Samples, dividing_lines, sample_outlines


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 12))
def test_cells_hold_what_is_nearest(seed, owners):
    rng = np.random.default_rng(seed)
    face = box(0, 0, 100, 80)
    xy = rng.uniform([5, 5], [95, 75], (owners, 2))
    samples = Samples(xy, np.arange(owners))
    cells = arrange(dividing_lines(face, samples), face).faces
    assert len(cells) == owners
    assert abs(shapely.area(cells).sum() - face.area) < 1e-3
    points = rng.uniform([0, 0], [100, 80], (200, 2))
    nearest = cKDTree(xy).query(points)[1]
    for k, cell in enumerate(cells):
        inside = shapely.contains_xy(shapely.buffer(cell, -0.6), points)
        owner = np.unique(nearest[inside])
        assert len(owner) <= 1, f"cell {k} holds points nearest to several owners"


def test_line_between_two_houses_runs_in_the_middle():
    houses = np.array([box(10, 10, 30, 30), box(40, 10, 60, 30)], object)
    lines = dividing_lines(box(0, 0, 70, 40), sample_outlines(houses))
    middle = shapely.union_all(lines)
    assert abs(middle.intersection(box(0, 12, 70, 28)).centroid.x - 35) < 0.3
    assert middle.hausdorff_distance(shapely.LineString([(35, 0), (35, 40)])) < 2


def test_one_owner_needs_no_line():
    houses = np.array([box(10, 10, 30, 30)], object)
    assert len(dividing_lines(box(0, 0, 70, 40), sample_outlines(houses))) == 0


def test_points_on_one_line_divide_nothing_or_fairly():
    samples = Samples(np.array([[10.0, 20.0], [60.0, 20.0]]), np.array([0, 1]))
    cells = arrange(dividing_lines(box(0, 0, 70, 40), samples), box(0, 0, 70, 40)).faces
    assert sorted(round(a) for a in shapely.area(cells)) == [1400, 1400]
    assert Point(10, 20).within(cells[0]) != Point(10, 20).within(cells[1])
