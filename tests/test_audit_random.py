"""The audit of towns drawn at random agrees with what is counted by hand, and finds what is planted."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from ascii_town import METRIC, SIZE, draw_town, square
from audited_town import audited, move, pictures, with_counts
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridgis.audit import audit_grids
from gridgis.grids import draw_grids, renumber
from gridgis.options import PlanOptions
from gridgis.profiles import Band


def pieces_of(town):
    """Pieces per grid by walking over the lattice."""
    number, seen, pieces = {cell: i for i, cell in enumerate(town.cells)}, set(), np.zeros(town.assignment.grids, int)
    for cell in town.cells:
        if cell in seen:
            continue
        pieces[town.assignment.grid[number[cell]]] += 1
        todo = [cell]
        while todo:
            r, c = todo.pop()
            if (r, c) in seen:
                continue
            seen.add((r, c))
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if near in number and town.assignment.grid[number[near]] == town.assignment.grid[number[(r, c)]]:
                    todo.append(near)
    return pieces


@settings(max_examples=50, deadline=None)
@given(pictures(), st.integers(3, 60), st.integers(3, 60))
def test_random_towns_are_judged_as_counted_by_hand(picture, one, other):
    band = Band(min(one, other), max(one, other))
    town = draw_town(picture, households=3)
    assignment = renumber(town.units, town.assignment)
    grids = draw_grids(town.units, assignment, town.layers, PlanOptions())
    certificate = audit_grids(grids, town.layers.boundary, town.layers.buildings, households=band)
    totals = np.bincount(assignment.grid) * 3
    assert list(certificate.rows["households"]) == list(totals)
    assert list(certificate.rows["in_bands"]) == [total in band for total in totals]
    assert np.array_equal(certificate.cover.pieces, pieces_of(replace(town, assignment=assignment)))
    assert certificate.cover.gap_m2 == certificate.cover.overlap_m2 == certificate.cover.outside_m2 == 0
    assert certificate.buildings.in_one_grid == len(town.cells)
    connected = (certificate.cover.pieces == 1).all()
    excused = town.layers.buildings["households"].sum() < band.low
    assert certificate.holds == bool(connected and all(total in band or excused for total in totals))


@settings(max_examples=50, deadline=None)
@given(pictures(), st.data())
def test_planted_defects_are_found_exactly(picture, data):
    town = draw_town(picture)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    unit = data.draw(st.integers(0, len(town.cells) - 1))
    home = int(town.assignment.grid[unit])
    cell = town.units.frame.geometry.iloc[unit]
    x, y = cell.bounds[:2]
    name = town.layers.buildings["source_id"].iloc[unit]
    shapes = list(grids.geometry)
    kind = data.draw(st.sampled_from(["gap", "overlap", "cut"]))
    # the corner holds no building, the left half cuts it
    corner, half = square(x, y, 15), square(x, y, SIZE / 2, SIZE)
    others = [i for i in range(len(shapes)) if i != home]
    assume(kind == "gap" or others)
    if kind == "gap":
        shapes[home] -= corner
    elif kind == "overlap":
        shapes[data.draw(st.sampled_from(others))] |= corner
    else:
        move(shapes, half, home, data.draw(st.sampled_from(others)))
    spoilt = grids.set_geometry(gpd.GeoSeries(shapes, crs=grids.crs))
    found = audit_grids(spoilt, town.layers.boundary, town.layers.buildings)
    assert found.cover.gap_m2 == pytest.approx(225 if kind == "gap" else 0, abs=1e-6)
    assert found.cover.overlap_m2 == pytest.approx(225 if kind == "overlap" else 0, abs=1e-6)
    assert found.cover.outside_m2 == pytest.approx(0, abs=1e-6)
    assert found.buildings.cut == ((name,) if kind == "cut" else ())
    assert found.buildings.nowhere == found.buildings.several == ()
    assert not found.holds


def test_overlapping_buildings_too_large_together_are_a_reason_by_themselves():
    picture, options = "aaab\naaab", {"households": Band(200, 500)}
    buildings = with_counts(picture, households=[300, 300, 0, 250, 0, 0, 0, 0])
    apart = audited(picture, buildings=buildings, **options)
    assert [e.source for e in apart.explanations] == ["none"]
    shapes = buildings.geometry.to_numpy().copy()
    shapes[0] = shapely.union_all([shapes[0], shapes[1].buffer(0.5)]).convex_hull
    together = audited(picture, buildings=buildings.set_geometry(shapes), **options)
    assert together.holds
    assert together.explanations[0].buildings == ("b0", "b1")
    assert "overlap" in together.explanations[0].reason


@settings(max_examples=25, deadline=None)
@given(pictures(), st.floats(0, 2 * np.pi), st.floats(-1e5, 1e5))
def test_turning_and_moving_a_town_changes_no_verdict(picture, angle, shift):
    town = draw_town(picture)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    before = audit_grids(grids, town.layers.boundary, town.layers.buildings, households=Band(10, 60))

    def moved(shapes):
        points = shapely.get_coordinates(shapes)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return shapely.set_coordinates(np.array(shapes, object), points @ turn.T + shift)

    after = audit_grids(
        grids.set_geometry(gpd.GeoSeries(moved(grids.geometry.to_numpy()), crs=METRIC)),
        moved([town.layers.boundary])[0],
        town.layers.buildings.set_geometry(moved(town.layers.buildings.geometry.to_numpy())),
        households=Band(10, 60),
    )
    assert after.faults == before.faults
    exact = ["code", "households", "buildings", "pieces", "in_bands", "explained"]
    pd.testing.assert_frame_equal(after.rows[exact], before.rows[exact])
    assert np.allclose(after.rows[["polsby_popper", "reock"]], before.rows[["polsby_popper", "reock"]])
