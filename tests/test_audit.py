"""The audit finds exactly what was planted, explains what is forced, and holds otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from ascii_town import METRIC, SIZE, draw_town, square
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import LineString, MultiPolygon, Polygon, affinity

from gridgis.audit import audit_grids
from gridgis.errors import InputError
from gridgis.grids import draw_grids, renumber
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Proof
from gridgis.profiles import Band

WIDE = Band(1, 10_000)

TOWN = """
aabb
aabb
ccdd
"""


def audited(picture=TOWN, *, change=None, **options):
    """Draw a town, let ``change`` spoil the geometries (a list), and audit."""
    town = draw_town(picture)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    if change is not None:
        shapes = list(grids.geometry)
        change(shapes)
        grids = grids.set_geometry(gpd.GeoSeries(shapes, index=grids.index, crs=grids.crs))
    buildings = options.pop("buildings", town.layers.buildings)
    return audit_grids(grids, town.layers.boundary, buildings, **options)


def with_counts(picture, **counts):
    buildings = draw_town(picture).layers.buildings
    return buildings.assign(**counts)


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


def move(shapes, piece, source, target):
    shapes[source] -= piece
    shapes[target] |= piece


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


# bands and their reasons


def test_a_building_larger_than_a_grid_explains_itself():
    buildings = with_counts("ab", households=[900.0, 350.0])
    certificate = audited("ab", buildings=buildings, households=Band(300, 500))
    assert certificate.holds
    (found,) = certificate.explanations
    assert (found.source, found.proven, found.buildings) == ("audit", True, ("b0",))
    alone = "building b0 alone has 900 households, more than the 500 households of a whole grid"
    assert found.reason == f"grid 001 has 900 households: {alone}"
    assert "网格001有900户：仅建筑b0就有900户" in found.reason_zh
    assert certificate.summary().endswith("1 of 2 within the band, 1 explained.")
    assert certificate.summary("zh").endswith("1个户数达标，1个已说明原因。")


def test_a_large_building_does_not_excuse_what_could_be_a_grid_of_its_own():
    buildings = with_counts("aab", households=[900.0, 300.0, 350.0])
    certificate = audited("aab", buildings=buildings, households=Band(300, 500))
    assert not certificate.holds
    assert certificate.explanations[0].source == "none"
    buildings = with_counts("aab", households=[900.0, 299.0, 350.0])
    assert audited("aab", buildings=buildings, households=Band(300, 500)).holds


def test_a_jurisdiction_smaller_than_a_grid_explains_itself():
    certificate = audited("aa", households=Band(300, 500))
    assert certificate.holds
    assert (
        "the whole jurisdiction has 20 households, fewer than the 300 households of one grid"
        in certificate.explanations[0].reason
    )


PROOF = Proof(
    grid=1,
    rule="households",
    reason="units 3 and 4 are enclosed",
    reason_zh="单元3、4被包围",
    remedy="merge",
    remedy_zh="合并",
    units=(3, 4),
)


def test_a_proven_reason_of_the_partition_counts_and_an_unproven_one_is_only_told():
    picture, options = "aaab\naaab", {"households": Band(30, 40)}
    buildings = with_counts(picture, households=[5, 5, 10, 10, 5, 5, 0, 0])
    over = audited(picture, buildings=buildings, **options)
    assert [e.source for e in over.explanations] == ["none"]
    proven = audited(picture, buildings=buildings, proofs=[PROOF], **options)
    assert proven.holds and proven.explanations[0].units == (3, 4)
    assert proven.explanations[0].source == "search"
    unproven = audited(picture, buildings=buildings, proofs=[replace(PROOF, proven=False)], **options)
    assert not unproven.holds
    assert unproven.faults == [f"grid 002: {PROOF.reason}"] and unproven.faults_zh == [f"网格002：{PROOF.reason_zh}"]


def test_a_proof_explains_only_its_grid_and_rule():
    picture = "aaab\naaab"
    buildings = with_counts(picture, households=[5, 5, 10, 10, 5, 5, 0, 0])
    for wrong in (replace(PROOF, grid=0), replace(PROOF, rule="population")):
        assert not audited(picture, buildings=buildings, proofs=[wrong], households=Band(30, 40)).holds
    whole = replace(PROOF, grid=None)
    assert audited(picture, buildings=buildings, proofs=[whole], households=Band(30, 40)).holds


def test_both_bands_must_be_explained():
    buildings = with_counts("ab", households=[900.0, 350.0], population=[900.0, 1200.0])
    certificate = audited("ab", buildings=buildings, households=Band(300, 500), population=Band(1000, 1500))
    assert not certificate.holds
    assert list(certificate.rows["explained"]) == [False, False]
    assert [(e.rule, e.proven) for e in certificate.explanations] == [("households", True), ("population", False)]


def test_unknown_counts_are_told():
    buildings = with_counts("ab", households=[np.nan, 350.0])
    certificate = audited("ab", buildings=buildings, households=Band(0, 500))
    assert certificate.notes == ("buildings that do not say how many households they have were counted with none: 1",)
    assert certificate.notes_zh == ("1栋建筑没有户数，按0计",)


# compounds


def compounds(*shapes, names=None):
    return gpd.GeoDataFrame({"name": names or [f"c{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=METRIC)


def test_a_split_compound_is_a_fault_unless_it_is_too_large():
    across, within = square(100, 200, 200, 100), square(0, 100, 200, 200)
    certificate = audited(compounds=compounds(across, within), households=Band(10, 40))
    assert certificate.compounds.total == 2 and certificate.compounds.split == ("c0",)
    assert certificate.faults == ["1 compound split though small enough for one grid: c0"]
    large = audited(compounds=compounds(square(0, 100, 400, 200)), households=Band(10, 40))
    assert large.holds
    assert large.compounds.too_large == ("c0",)


def test_a_compound_that_only_reaches_over_the_line_is_not_split():
    assert audited(compounds=compounds(square(0, 100, 225, 200))).compounds.split == ()


# what the inner boundary follows


def line_layer(*rows):
    lines = gpd.GeoDataFrame({"kind": [kind for kind, _ in rows]}, geometry=[g for _, g in rows], crs=METRIC)
    return lines.assign(tunnel=False)


def test_shares_are_lengths_along_each_kind():
    # inner boundary: x = 200 from 100 to 300, y = 100 from 0 to 400, x = 200 from 0 to 100
    lines = line_layer(
        ("primary", LineString([(200, 0), (200, 300)])),
        ("residential", LineString([(200, 90), (200, 310)])),
        ("path", LineString([(0, 100.5), (100, 100.5)])),
        ("service", LineString([(300, 0), (300, 300)])),
    )
    found = audited(lines=lines).follows
    assert found.length_m == pytest.approx(700)
    assert found.shares == pytest.approx({"none": 300 / 700, "primary": 300 / 700, "path": 100 / 700}, abs=1e-6)
    assert found.visible_share == pytest.approx(400 / 700)
    reached = audited(lines=lines, visible_at_best=0.5).visible_at_best
    assert reached == found.visible_share, "the best is no less than what was reached"


def test_lines_that_cross_or_lie_apart_or_underground_are_not_followed():
    apart = ("primary", LineString([(202, 0), (202, 300)]))
    crossing = ("rail", LineString([(150, 200), (250, 200)]))
    assert audited(lines=line_layer(apart, crossing)).follows.shares == {"none": 1.0}
    under = line_layer(("rail", LineString([(200, 0), (200, 300)]))).assign(tunnel=True)
    assert audited(lines=under).follows.shares == {"none": 1.0}


def test_shores_compounds_and_walls_are_followed():
    none = line_layer().set_crs(METRIC, allow_override=True)
    water = gpd.GeoDataFrame({"name": ["Lake"]}, geometry=[square(200, 100, 200, 200)], crs=METRIC)
    shares = audited(lines=none, water=water).follows.shares
    assert shares["water"] == pytest.approx(400 / 700, abs=0.01)
    town = draw_town(TOWN)
    buildings = town.layers.buildings.copy()
    buildings.loc[0, "geometry"] = square(130, 120, 70, 160)
    buildings.loc[1, "geometry"] = square(205, 120, 40, 160)
    shares = audited(lines=none, buildings=buildings).follows.shares
    assert shares["building"] == pytest.approx(160 / 700, abs=0.01)
    shares = audited(lines=none, compounds=compounds(square(0, 0, 200, 100))).follows.shares
    assert shares["compound"] == pytest.approx(300 / 700, abs=0.01)


def test_one_grid_has_no_inner_boundary():
    found = audited("aa", lines=line_layer().set_crs(METRIC, allow_override=True)).follows
    assert found.length_m == 0 and found.visible_share is None


def test_compactness_of_known_shapes():
    rows = audited("aaaa").rows
    w, h = 400, 100
    assert rows["polsby_popper"].iloc[0] == pytest.approx(4 * np.pi * w * h / (2 * (w + h)) ** 2)
    assert rows["reock"].iloc[0] == pytest.approx(w * h / (np.pi * (w**2 + h**2) / 4))


# files of other programs


def test_any_crs_and_column_names_will_do():
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    foreign = gpd.GeoDataFrame({"WGBH": range(4)}, geometry=grids.geometry.to_numpy(), crs=grids.crs).to_crs(4326)
    certificate = audit_grids(foreign, town.layers.boundary, town.layers.buildings, households=Band(20, 40))
    assert certificate.holds
    assert list(certificate.rows["code"]) == ["0", "1", "2", "3"]
    assert foreign.crs == CRS.from_epsg(4326)


def test_edges_without_common_vertices_are_measured_just_as_well():
    town = draw_town("ab\nac")
    shapes = [square(0, 0, 100, 200), square(100, 100, 100), square(100, 0, 100)]
    plain = gpd.GeoDataFrame(geometry=shapes, crs=METRIC)
    lines = line_layer(("road", LineString([(100, 0), (100, 200)])))
    certificate = audit_grids(plain, town.layers.boundary, town.layers.buildings, lines=lines)
    assert certificate.holds
    assert certificate.follows.shares == pytest.approx({"road": 2 / 3, "none": 1 / 3})


def test_faults_of_the_layer_itself_are_told():
    town = draw_town("abc")
    bowtie = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    two_that_touch = MultiPolygon([square(100, 0, 50, 100), square(150, 0, 50, 100)])
    grids = gpd.GeoDataFrame(
        {"code": ["x", "y", "y", "z"]}, geometry=[bowtie, two_that_touch, square(200, 0, 100), None], crs=METRIC
    )
    certificate = audit_grids(grids, town.layers.boundary, town.layers.buildings)
    assert certificate.defects == (
        "1 grid without geometry: z",
        "2 grids with an invalid outline (it crosses itself): x, y",
        "1 code given to more than one grid: y",
    )
    assert certificate.cover.gap_m2 == pytest.approx(5000)
    # the bow tie's halves touch in a point; the two rectangles share a line and are one piece
    assert list(certificate.cover.pieces) == [2, 1, 1, 0]
    assert len(certificate.faults) == len(certificate.faults_zh)
    assert not certificate.holds


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda g, b: (g.set_crs(None, allow_override=True), b), "the grids have no CRS"),
        (lambda g, b: (g, b.to_crs(4326)), "not in a metric CRS"),
        (lambda g, b: (g.set_geometry(g.boundary), b), "no polygon"),
        (lambda g, b: (g.iloc[:0], b), "no polygon"),
        (lambda g, b: (g, b.iloc[:0]), "no buildings"),
        (lambda g, b: (g, b.drop(columns="households")), "say nothing about households"),
        (lambda g, b: (g, b.assign(households=np.nan)), "say nothing about households"),
    ],
)
def test_input_that_cannot_be_audited_is_refused(spoil, message):
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    grids, buildings = spoil(grids, town.layers.buildings)
    with pytest.raises(InputError, match=message):
        audit_grids(grids, town.layers.boundary, buildings, households=WIDE)


# random towns


@st.composite
def pictures(draw):
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    letters = draw(st.lists(st.sampled_from("abcde"), min_size=rows * columns, max_size=rows * columns))
    return "\n".join("".join(letters[r * columns : (r + 1) * columns]) for r in range(rows))


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
