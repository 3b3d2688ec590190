"""The audit finds exactly what was planted, and holds otherwise: gaps, overlaps, cut buildings, pieces."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
from ascii_town import METRIC, draw_town, square
from audited_town import TOWN, WIDE, audited, move
from shapely import affinity

from gridgis.audit import audit_grids
from gridgis.grids import draw_grids
from gridgis.options import PlanOptions
from gridgis.profiles import Band


def test_a_sound_plan_holds():
    certificate = audited(households=Band(20, 40), population=Band(50, 100))
    assert certificate.holds and certificate.faults == [] and certificate.faults_zh == []
    assert certificate.summary("en") == (
        "4 grids: no gap, no overlap, no building cut, all connected; 4 of 4 within both bands."
    )
    assert certificate.summary("zh") == "4个网格：无空白，无重叠，未切割建筑，全部连通；4个户数、人口达标。"
    assert list(certificate.rows["households"]) == [40, 40, 20, 20]
    assert list(certificate.rows["pieces"]) == [1, 1, 1, 1]
    assert certificate.buildings.in_one_grid == 12


def test_the_certificate_is_json():
    town = draw_town(TOWN)
    compounds = gpd.GeoDataFrame({"name": [None]}, geometry=[square(0, 0, 50)], crs=METRIC)
    certificate = audited(
        households=Band(30, 40), lines=town.layers.lines, water=town.layers.water, compounds=compounds
    )
    text = json.dumps(certificate.to_dict(), ensure_ascii=False, allow_nan=False)
    found = json.loads(text)
    assert found["bands"] == {"households": "30:40", "grids": 4, "kept": 2, "explained": 0, "unexplained": 2}
    assert found["tolerances"]["gap_overlap_outside_share"] == 1e-6
    assert len(found["faults"]) == len(found["faults_zh"]) == 2


def test_a_gap_is_measured_and_placed():
    def dig(shapes):
        shapes[0] -= square(10, 210, 5)

    certificate = audited(change=dig)
    assert certificate.cover.gap_m2 == pytest.approx(25)
    assert certificate.cover.overlap_m2 == certificate.cover.outside_m2 == 0
    assert certificate.cover.gap_at == pytest.approx((12.5, 212.5), abs=2.5)
    assert len(certificate.faults) == 1 and "25.00 m² of the jurisdiction are in no grid" in certificate.faults[0]
    assert "a gap of 25.00 m²" in certificate.summary()


def test_an_overlap_names_the_grids():
    def spread(shapes):
        shapes[0] |= square(195, 250, 10)

    certificate = audited(change=spread)
    assert certificate.cover.overlap_m2 == pytest.approx(50)
    assert certificate.cover.gap_m2 == certificate.cover.outside_m2 == 0
    assert certificate.faults == ["grids overlap by 50.00 m²: 001–002"]
    assert certificate.faults_zh == ["网格重叠50.00平方米：001–002"]


def test_what_lies_outside_is_found():
    def spread(shapes):
        shapes[0] |= square(-10, 250, 10)

    certificate = audited(change=spread)
    assert certificate.cover.outside_m2 == pytest.approx(100)
    assert certificate.faults == ["100.00 m² of the grids lie outside the jurisdiction"]


def test_a_seam_of_the_boundary_may_be_in_a_grid_or_not():
    seam = square(10, 210, 5)

    def dig(shapes):
        shapes[0] -= seam

    assert not audited(change=dig).holds
    assert audited(change=dig, slivers=seam).holds
    assert audited(slivers=seam).holds


def test_grids_elsewhere_are_said_to_be_elsewhere():
    def move_all(shapes):
        shapes[:] = [affinity.translate(shape, 0, 30_000) for shape in shapes]

    certificate = audited(change=move_all)
    assert "all grids lie 29.7 km away" in certificate.faults[0] and "coordinate system" in certificate.faults[0]
    assert "29.7公里" in certificate.faults_zh[0]


def test_rounding_is_no_fault_but_is_reported():
    def round_off(shapes):
        shapes[0] -= square(0, 300, 100, -1e-4)

    certificate = audited(change=round_off)
    assert certificate.holds
    assert certificate.cover.gap_m2 == pytest.approx(0.01, rel=1e-3)


def test_a_cut_building_is_named():
    # the buildings lie at 30 … 70 and 130 … 170 of their squares, 230 … 270 upwards
    def cut(shapes):
        move(shapes, square(50, 200, 150, 50), 0, 1)

    certificate = audited(change=cut)
    assert certificate.buildings.cut == ("b0", "b1")
    assert certificate.faults == ["2 buildings cut by a grid's boundary: b0, b1"]
    assert certificate.cover.gap_m2 == certificate.cover.overlap_m2 == 0


def test_a_building_half_in_a_gap_is_cut_and_one_wholly_in_a_gap_is_in_no_grid():
    half = audited(change=lambda shapes: shapes.__setitem__(0, shapes[0] - square(0, 250, 100, 50)))
    assert half.buildings.cut == ("b0",) and half.buildings.nowhere == ()
    whole = audited(change=lambda shapes: shapes.__setitem__(0, shapes[0] - square(20, 220, 60)), households=WIDE)
    assert whole.buildings.cut == () and whole.buildings.nowhere == ("b0",)
    assert whole.rows["households"].iloc[0] == 30
    assert "1 building in no grid: b0" in whole.faults


def test_a_building_where_grids_overlap_is_in_several():
    certificate = audited(change=lambda shapes: shapes.__setitem__(1, shapes[1] | square(120, 200, 80, 100)))
    assert certificate.buildings.several == ("b1",)
    assert certificate.buildings.cut == ()


def test_how_exact_the_grids_are_is_said():
    # the building's wall at x = 70 lies a tenth of a millimetre beyond the boundary
    certificate = audited(change=lambda shapes: move(shapes, square(70 - 1e-4, 200, 40, 100), 0, 1))
    assert certificate.buildings.cut == ()
    assert certificate.buildings.largest_part_m2 == pytest.approx(40 * 1e-4, rel=1e-3)


def test_a_cut_as_rounding_leaves_it_is_a_fault_with_a_note():
    certificate = audited(change=lambda shapes: move(shapes, square(70 - 0.002, 200, 40, 100), 0, 1))
    assert certificate.buildings.cut == ("b0",)
    assert certificate.buildings.largest_cut_m2 == pytest.approx(0.08)
    assert "may have been rounded" in certificate.notes[0] and len(certificate.notes_zh) == 1
    real = audited(change=lambda shapes: move(shapes, square(60, 200, 50, 100), 0, 1))
    assert real.buildings.largest_cut_m2 == pytest.approx(400) and real.notes == ()


def test_pieces_must_touch_in_more_than_a_point():
    certificate = audited("ab\nba")
    assert list(certificate.rows["pieces"]) == [2, 2]
    assert certificate.faults == ["2 grids in pieces that do not touch: 001, 002"]
    assert "2 not connected" in certificate.summary()


def test_islands_force_several_pieces():
    certificate = audited("aa b a")
    assert certificate.holds
    assert certificate.to_dict()["connected"]["over_several_parts_of_the_jurisdiction"] == {"count": 1, "ids": ["001"]}
    # but on one island it must be one piece
    certificate = audited("aba a")
    assert list(certificate.disconnected) == [True, False]


def test_buildings_over_the_jurisdictions_edge_are_clipped():
    town = draw_town(TOWN)
    buildings = town.layers.buildings.copy()
    buildings.loc[0, "geometry"] = square(-30, 230, 70, 40)
    buildings.loc[1, "geometry"] = square(-60, 230, 70, 10)
    certificate = audited(buildings=buildings, households=WIDE)
    assert certificate.buildings.cut == () and certificate.buildings.nowhere == ()
    # the second lies mostly outside and is counted nowhere
    assert certificate.buildings.counted == 11
    assert certificate.rows["households"].sum() == 110


def test_totals_are_never_read_from_the_grids():
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    lying = grids.assign(households=30, population=70, area_m2=1.0, buildings=99)
    certificate = audit_grids(lying, town.layers.boundary, town.layers.buildings, households=Band(30, 30))
    assert list(certificate.rows["households"]) == [40, 40, 20, 20]
    assert len(certificate.faults) == 4
