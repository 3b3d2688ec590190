"""What is mended is mended rightly, and said."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import small_layers as small
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from gridgis.inputs import read_layers
from gridgis.overlaps import overlapping, overlapping_pairs
from gridgis.repair import Repairs, clean_geometry, close_slivers, find_duplicates, mend_boundary


def read(**changed):
    layers = read_layers(**small.town(**changed))
    return layers, {
        (row.layer, row.defect): (row.n, row.ids) for row in layers.repairs.rename(columns={"count": "n"}).itertuples()
    }


def with_shapes(*shapes):
    ids = [f"h{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"id": ids}, geometry=list(shapes), crs=small.CRS)


def test_clean_layers_need_no_repairs():
    layers, found = read()
    assert found == {}
    assert list(layers.repairs.columns) == ["layer", "defect", "count", "ids", "action"]


def test_every_defect_of_buildings_is_mended_and_listed():
    bow_tie = small.polygon((10, 10), (20, 20), (20, 10), (10, 20))
    solid = shapely.force_3d(small.square(40, 10), 5)
    both = GeometryCollection([small.square(70, 10), LineString(small.at((70, 10), (90, 10)))])
    single = MultiPolygon([small.square(100, 10)])
    shapes = [
        bow_tie,
        solid,
        None,
        Polygon(),
        both,
        single,
        small.square(130, 10, 0.5),
        small.square(900, 900),
        small.square(40, 10),
    ]
    layers, found = read(buildings=with_shapes(*shapes))
    assert found == {
        ("buildings", "the same footprint again"): (1, "h8"),
        ("buildings", "no geometry that can be used"): (2, "h2, h3"),
        ("buildings", "heights or measures in the coordinates"): (1, ""),
        ("buildings", "invalid geometry"): (1, "h0"),
        ("buildings", "footprint below 1 m²"): (1, "h6"),
        ("buildings", "wholly outside the jurisdiction"): (1, "h7"),
    }
    houses = layers.buildings
    assert houses["source_id"].tolist() == ["h0", "h1", "h4", "h5"]
    assert houses.is_valid.all()
    assert not houses.has_z.any()
    assert houses.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    assert houses.geom_type.tolist()[3] == "Polygon"
    assert houses.area.round(6).tolist() == [50, 100, 100, 100]


def test_a_footprint_given_twice_keeps_what_either_row_knows():
    twice = pd.concat(
        [small.buildings(户数=[12, np.nan, 8]), small.buildings(户数=[12, 30, np.nan])], ignore_index=True
    )
    layers, found = read(buildings=twice)
    assert layers.buildings["households"].tolist() == [12, 30, 8]
    assert found["buildings", "the same footprint again"][0] == 3


def test_a_building_over_the_edge_is_kept_but_counted_only_if_half_of_it_is_inside():
    layers, found = read(buildings=with_shapes(small.square(50, 50), small.square(-8, 50), small.square(-2, 80)))
    assert layers.buildings["inside"].tolist() == [True, False, True]
    assert found["buildings", "mostly outside the jurisdiction"] == (1, "h1")


def test_a_building_whose_middle_is_outside_is_counted_where_most_of_it_is():
    slotted = small.square(0, 0, 200) - small.square(90, 40, 20, 200)
    across = small.square(60, 100, 80, 10)
    assert not slotted.contains(across.representative_point())
    layers, _ = read(
        boundary=small.boundary().set_geometry([slotted]),
        buildings=with_shapes(across, small.square(10, 10), small.square(150, 150)),
    )
    assert layers.buildings["inside"].tolist() == [True, True, True]


def test_neighbours_that_overlap_are_kept_and_listed():
    layers, found = read(buildings=with_shapes(small.square(20, 20), small.square(25, 20), small.square(35, 20)))
    assert layers.buildings.area.tolist() == [100, 100, 100]
    assert found["buildings", "neighbours that overlap"] == (1, "h0/h1")


def test_a_boundary_of_several_rows_and_parts_is_united():
    rows = [small.square(0, 0, 100, 200), small.square(100, 0, 100, 200), small.square(400, 0, 50)]
    layers, found = read(boundary=with_shapes(*rows).drop(columns="id"))
    assert layers.boundary.geom_type == "MultiPolygon"
    assert layers.boundary.area == pytest.approx(42_500)
    assert found["boundary", "several rows"][0] == 3


def test_a_boundary_in_a_collection_keeps_all_its_surfaces():
    both = MultiPolygon([small.square(0, 0, 200), small.square(300, 0, 50)])
    mixed = GeometryCollection([both, LineString(small.at((0, 0), (300, 0)))])
    layers, _ = read(boundary=small.boundary().set_geometry([mixed]))
    assert layers.boundary.area == pytest.approx(42_500)


def test_seams_of_the_boundary_are_closed_and_enclaves_stay():
    seam = small.square(50, 10, 0.3, 180)
    enclave = small.square(100, 100, 60)
    shape = small.square(0, 0, 200) - seam - enclave
    layers, found = read(boundary=small.boundary().set_geometry([shape]))
    assert layers.boundary.area == pytest.approx(40_000 - 3_600)
    assert found["boundary", "sliver holes"] == (1, "54.0 m²")
    assert layers.slivers.area == pytest.approx(54)
    assert layers.boundary.covers(layers.slivers)


def test_a_loop_as_thin_as_a_hair_is_mended():
    loop = small.polygon((0, 0), (200, 0), (200, 200), (100, 200), (100.01, 200.01), (100.01, 199.99), (0, 200))
    assert not loop.is_valid
    repairs = Repairs()
    shape = mend_boundary(gpd.GeoSeries([loop]), "boundary", repairs)
    assert shape.is_valid
    assert shape.area == pytest.approx(40_000, rel=1e-3)
    assert repairs.frame()["defect"].tolist() == ["invalid geometry"]


def test_levels_and_heights_are_read_leniently():
    frame = small.buildings(层数=["5+1", "3;4", "很多"], 高度=["12 m", "40 ft", "-3"])
    layers, found = read(buildings=frame)
    assert layers.buildings["levels"].tolist()[:2] == [6, 4]
    assert layers.buildings["height"].tolist()[:2] == [12, pytest.approx(12.192)]
    assert layers.buildings[["levels", "height"]].iloc[2].isna().all()
    assert {key[1] for key in found} == {f"{field} that cannot be read or be right" for field in ("levels", "height")}


def test_a_jurisdiction_is_never_closed_away():
    tiny = Polygon([(0, 0), (5, 0), (5, 5), (0, 5)])
    shape, slivers = close_slivers(tiny, "boundary", Repairs())
    assert shape.equals(tiny)
    assert slivers.is_empty


corner = st.tuples(st.integers(0, 6), st.integers(0, 6))
ring = st.lists(corner, min_size=3, max_size=8, unique=True)


@given(st.lists(ring, min_size=1, max_size=6))
@example([[(2, 3), (2, 0), (0, 0), (2, 2), (2, 1), (3, 0)]])  # one mending by GEOS leaves it invalid
def test_whatever_is_drawn_comes_out_valid_and_of_its_kind(rings):
    frame = gpd.GeoDataFrame(geometry=[Polygon(r) for r in rings])
    ids = pd.Series([str(n) for n in frame.index], index=frame.index)
    clean = clean_geometry(frame, "layer", "polygon", ids, Repairs())
    assert clean.is_valid.all()
    assert clean.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    for row, shape in clean.geometry.items():
        if frame.geometry[row].is_valid:
            assert shape.equals(frame.geometry[row])


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
def test_duplicates_point_to_the_first_of_their_shape(places):
    shapes = np.array([shapely.box(x, y, x + 1, y + 1) for x, y in places])
    assert find_duplicates(shapes).tolist() == [places.index(place) for place in places]


def test_shapes_drawn_from_another_corner_are_the_same():
    a = Polygon([(0, 0), (1, 0), (1, 1), (0, 1)])
    b = Polygon([(1, 1), (1, 0), (0, 0), (0, 1)])
    assert find_duplicates(np.array([a, None, b, None])).tolist() == [0, 1, 0, 3]


def test_overlaps_need_surface():
    shapes = np.array(
        [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(9, 0, 12, 10), Point(5, 5).buffer(2)]
    )
    assert overlapping_pairs(shapes).tolist() == [[0, 2], [0, 3], [1, 2]]
    assert overlapping(shapes).tolist() == [0, 0, 0, 0]
    assert overlapping(shapes[:2]).tolist() == [0, 1]


def test_a_narrow_hole_that_somebody_drew_stays_and_a_seam_as_wide_closes_in_a_city():
    hole = small.square(100, 100, 4, 8)
    town = small.square(0, 0, 200) - hole
    layers, _ = read(boundary=small.boundary().set_geometry([town]))
    assert layers.boundary.area == pytest.approx(40_000 - 32)
    city = shapely.box(small.X - 2000, small.Y - 2000, small.X + 2000, small.Y + 2000) - hole
    shape, slivers = close_slivers(city, "boundary", Repairs())
    assert shape.area == pytest.approx(16_000_000)
    assert slivers.area == pytest.approx(32)
