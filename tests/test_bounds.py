"""The four bounds say what one would see on the ground, side by side, in both languages."""

from __future__ import annotations

import numpy as np
from ascii_town import draw_town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgis.bounds import PHRASES_ZH, SIDES, four_bounds
from gridgis.features import KINDS

ROADS = {
    ("x", 1): ("primary", "西大街"),
    ("x", 3): ("residential", "East Lane"),
    ("y", 1): ("river", "North River"),
    ("y", 3): ("rail", None),
}

TOWN = """
aaaa
bccd
bccd
eeee
"""


def bounds(picture, roads=None):
    town = draw_town(picture, roads=roads)
    return four_bounds(town.units, town.assignment, [f"{i + 1:03}" for i in range(town.assignment.grids)]), town


def test_named_roads_bound_the_square_between_them():
    table, town = bounds(TOWN, ROADS)
    row = table.loc[town.letters["c"]]
    assert row["bounds_zh"] == "东至East Lane，南至一条铁路，西至西大街，北至North River。"
    assert row["bounds_en"] == (
        "Bounded to the east by East Lane; to the south by a railway line; "
        "to the west by 西大街; to the north by North River."
    )


def test_the_jurisdictions_boundary_is_called_that():
    table, town = bounds(TOWN, ROADS)
    row = table.loc[town.letters["a"]]
    assert (row["east_zh"], row["west_zh"], row["north_zh"]) == ("辖区边界",) * 3
    assert row["north_en"] == "the jurisdiction's boundary"
    assert row["south_en"] == "North River"


def test_a_line_between_buildings_names_the_neighbour():
    table, town = bounds("ab")
    assert table.loc[town.letters["a"], "east_zh"] == "与第002网格相邻的楼间界线"
    assert table.loc[town.letters["b"], "west_en"] == "the line between buildings shared with grid 001"


def test_two_neighbours_are_said_together():
    table, town = bounds("ab\nac")
    assert table.loc[town.letters["a"], "east_zh"] == "与第002、003网格相邻的楼间界线"
    assert table.loc[town.letters["a"], "east_en"] == "the line between buildings shared with grids 002 and 003"


def test_a_short_piece_of_another_line_is_left_out_and_a_longer_one_is_named_second():
    roads = {("y", 1): ("primary", "High Street")}
    table, town = bounds("aaaa\nbbbb", roads)
    assert table.loc[town.letters["a"], "south_en"] == "High Street"
    # a: three squares above b, then one step further down on the right
    table, town = bounds("aaaaaaa\nbbbbbba\nbbbbbbb", roads)
    assert table.loc[town.letters["a"], "south_en"] == "High Street"
    table, town = bounds("aaa\nbba\nbbb", roads)
    assert table.loc[town.letters["a"], "south_en"] == (
        "High Street and the line between buildings shared with grid 002"
    )


def test_an_enclave_bounds_nobody_from_inside():
    table, town = bounds("aaaaa\naaaaa\naabaa\naaaaa\naaaaa")
    row = table.loc[town.letters["a"]]
    assert all(row[f"{side}_zh"] == "辖区边界" for side in SIDES)
    assert all("001" in table.loc[town.letters["b"], f"{side}_zh"] for side in SIDES)


def test_a_recess_does_not_bound_the_far_side():
    # the recess of a opens to the north; its east-facing wall lies on the west
    table, _ = bounds("a a\na a\naaa")
    assert table.loc[0, "north_zh"] == "辖区边界"
    table, _ = bounds("aba\naba\naaa", {("x", 1): ("wall", None)})
    assert table.loc[0, "east_zh"] == "辖区边界"


def test_every_kind_of_line_has_words():
    assert set(PHRASES_ZH) == set(KINDS) - {"jurisdiction", "none", "building"}


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_every_side_of_every_grid_is_said(rows, columns, seed):
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("abcdef"), (rows, columns))
    kinds = [k for k in KINDS if k != "jurisdiction"]
    roads = {
        (axis, i): (str(rng.choice(kinds)), "Some Road" if rng.random() < 0.5 else None)
        for axis in "xy"
        for i in range(7)
    }
    table, town = bounds("\n".join("".join(row) for row in letters), roads)
    assert len(table) == town.assignment.grids
    for side in SIDES:
        assert table[f"{side}_zh"].str.len().gt(0).all()
        assert table[f"{side}_en"].str.len().gt(0).all()
    assert not table["bounds_en"].str.contains("nan|None").any()
