"""A point is found in the grid that holds it, however often grids come and go."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from ascii_town import draw_town
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gridgis.errors import InputError
from gridgis.grids import draw_grids
from gridgis.locate import Locator
from gridgis.options import PlanOptions

TOWN = """
aabb
acbb
ccdd
"""


def locator():
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    return Locator.from_frame(grids, "code"), grids


def test_a_point_inside_has_one_grid():
    tree, _ = locator()
    assert tree.locate(50, 250) == ("001",)
    assert tree.locate(150, 150) == ("003",)
    assert tree.locate(-1, 50) == ()


def test_on_a_shared_boundary_the_lower_code_comes_first():
    tree, _ = locator()
    assert tree.locate(200, 250) == ("001", "002")
    assert tree.locate(200, 100) == ("002", "003", "004")
    assert list(tree.locate_many([200, 200, 50], [250, 100, 250])) == ["001", "002", "001"]


def test_near_tells_the_neighbours_with_their_distance():
    tree, _ = locator()
    near = tree.near(190, 250, 60)
    assert [(n.grid, n.distance_m) for n in near] == [("001", 0.0), ("002", 10.0), ("003", 50.0)]
    assert tree.near(190, 250, 5)[0].grid == "001"
    assert tree.near(-100, -100, 5) == ()


def test_points_outside_or_nowhere_have_no_grid():
    tree, _ = locator()
    assert list(tree.locate_many([np.nan, 1e9, 50], [50, 0, 50])) == [None, None, "003"]
    assert list(Locator().locate_many([0], [0])) == [None]


def test_ids_may_be_numbers():
    _, grids = locator()
    tree = Locator.from_frame(grids)
    assert tree.locate(50, 250) == (0,)
    assert list(tree.locate_many([50], [250])) == [0]


def test_what_cannot_be_done_is_said():
    tree, _ = locator()
    with pytest.raises(InputError, match="no grid 009"):
        tree.delete("009")
    with pytest.raises(InputError, match="001 is in the index already"):
        tree.insert("001", shapely.box(0, 0, 1, 1))
    with pytest.raises(InputError, match="has no area"):
        tree.insert("010", shapely.Polygon())
    assert len(tree) == 4 and "010" not in tree


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_locating_equals_trying_every_grid(seed, n):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 20, (n, 2))
    size = rng.integers(1, 8, (n, 2))
    areas = shapely.box(low[:, 0], low[:, 1], *(low + size).T)
    tree = Locator(enumerate(areas))
    # whole coordinates, so that many points lie on boundaries and corners
    points = rng.integers(-1, 29, (50, 2)).astype(float)
    many = tree.locate_many(points[:, 0], points[:, 1])
    for (x, y), first in zip(points, many, strict=True):
        point = shapely.Point(x, y)
        expected = tuple(i for i, area in enumerate(areas) if area.intersects(point))
        assert tree.locate(x, y) == expected
        assert first == (expected[0] if expected else None)
        distances = sorted((area.distance(point), i) for i, area in enumerate(areas) if area.distance(point) <= 2.5)
        assert [(n.distance_m, n.grid) for n in tree.near(x, y, 2.5)] == distances


class ComingAndGoing(RuleBasedStateMachine):
    """Inserts and deletes in any order: the index knows exactly the grids that are there."""

    def __init__(self):
        super().__init__()
        self.tree = Locator()
        self.areas = {}

    @rule(grid=st.integers(0, 9), x=st.integers(0, 5), y=st.integers(0, 5), size=st.integers(1, 3))
    def put_in(self, grid, x, y, size):
        if grid not in self.areas:
            self.areas[grid] = shapely.box(x, y, x + size, y + size)
            self.tree.insert(grid, self.areas[grid])

    @rule(grid=st.integers(0, 9))
    def take_out(self, grid):
        if grid in self.areas:
            del self.areas[grid]
            self.tree.delete(grid)

    @invariant()
    def knows_what_is_there(self):
        assert len(self.tree) == len(self.areas)
        for x, y in ((0.5, 0.5), (2, 2), (3.5, 4), (7.5, 7.5)):
            expected = sorted(i for i, area in self.areas.items() if area.intersects(shapely.Point(x, y)))
            assert list(self.tree.locate(x, y)) == expected


TestComingAndGoing = ComingAndGoing.TestCase
TestComingAndGoing.settings = settings(max_examples=30, deadline=None)
