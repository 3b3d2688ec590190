"""Dividing lines: with their face they enclose one cell an owner, and cells hold what is nearest."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from shapely import Point, box

from gridgis.arrangement import arrange
from gridgis.delaunay import REACH, chains, triangulate
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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 200), st.sampled_from([3, 20, 10**4, REACH - 1]))
def test_triangles_fill_the_hull_and_their_circles_are_empty(seed, count, size):
    xy = np.unique(np.random.default_rng(seed).integers(-size, size, (count, 2)), axis=0)
    corner, twin = triangulate(xy)
    triangles = shapely.polygons(xy[corner.reshape(-1, 3)].astype(float))
    hull = shapely.multipoints(xy.astype(float)).convex_hull
    assert np.isclose(shapely.area(triangles).sum(), hull.area, rtol=1e-9)
    if not len(corner):
        return
    assert len(np.unique(corner)) == len(xy)
    inner = np.flatnonzero(twin >= 0)
    following = np.arange(len(corner)).reshape(-1, 3)[:, [1, 2, 0]].ravel()
    assert (twin[twin[inner]] == inner).all()
    assert (corner[inner] == corner[following[twin[inner]]]).all()
    # Python's own integers are exact: no point lies in the circle around a triangle beside it.
    whole = [[int(x), int(y)] for x, y in xy]
    for e in inner:
        ring = [corner[e], corner[following[e]], corner[following[following[e]]]]
        px, py = whole[corner[following[following[twin[e]]]]]
        (ax, ay), (bx, by), (cx, cy) = ([whole[i][0] - px, whole[i][1] - py] for i in ring)
        a, b, c = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
        inside = ax * (by * c - b * cy) - ay * (bx * c - b * cx) + a * (bx * cy - by * cx)
        assert inside >= -1e-12 * max(a, b, c) ** 2


def test_chains_end_where_lines_meet():
    xy = np.array([[0, 0], [40, 0], [40, 30], [0, 30], [20, 14]])
    _, twin = triangulate(xy)
    triangle, chain = chains(twin, twin >= 0)
    assert sorted(np.bincount(chain)) == [5]  # around the middle point, back to where it began
    assert triangle[0] == triangle[-1]
