"""A city divided into jurisdictions: no gap, no overlap, no cut building."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from four_towns import CRS, OPTIONS, SIDE, frames, square

from gridgis import read_layers
from gridgis.city import make_city
from gridgis.city.communities import group_communities
from gridgis.city.jurisdictions import divide_city, part_layers
from gridgis.errors import InputError


@pytest.fixture(scope="module")
def town():
    return read_layers(**frames())


def owners(division, n):
    owner = np.full(n, -1)
    for at, place in enumerate(division.jurisdictions):
        assert (owner[place.buildings] == -1).all()
        owner[place.buildings] = at
    return owner


def check_division(layers, division):
    """Jurisdictions cover the city, don't overlap, and hold their buildings whole."""
    shapes = np.array([place.boundary for place in division.jurisdictions])
    assert shapely.is_valid(shapes).all()
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(shapes), layers.boundary)) < 1e-3
    assert abs(shapely.area(shapes).sum() - layers.boundary.area) < 1e-3
    assert shapely.coverage_is_valid(shapes)
    owner = owners(division, len(layers.buildings))
    inside = layers.buildings["inside"].to_numpy(bool)
    assert (owner[inside] >= 0).all()
    footprints = shapely.intersection(layers.buildings.geometry.to_numpy()[inside], layers.boundary)
    assert shapely.area(shapely.difference(footprints, shapes[owner[inside]])).max() < 1e-3
    return owner


def test_straddling_buildings_go_whole_to_the_community_that_holds_most(town):
    division = divide_city(town, OPTIONS)
    owner = check_division(town, division)
    codes = [place.code for place in division.jurisdictions]
    assert codes == ["A1", "A2", "B1", "B2"]
    assert codes[owner[36]] == "A2"  # 7 of its 10 metres
    assert owner[37] == owner[38]  # they overlap
    parts = [part_layers(town, place) for place in division.jurisdictions]
    assert sorted(id_ for part in parts for id_ in part.buildings["source_id"]) == sorted(town.buildings["source_id"])
    assert len({part.fingerprint for part in parts}) == 4


def test_equal_shares_go_to_the_first_community():
    layers = read_layers(**frames(extra=[square(145, 60, 10, 5), square(240, 145, 5, 10)]))
    owner = owners(divide_city(layers, OPTIONS), len(layers.buildings))
    assert owner[-2:].tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(4))
def test_any_city_is_divided_without_gap_or_cut(seed):
    rng = np.random.default_rng(seed)
    extra = [square(*rng.uniform(0, SIDE - 40, 2), *rng.uniform(3, 40, 2)) for _ in range(60)]
    given = frames(extra=extra, covered=3)
    given["boundary"].geometry = [given["boundary"].geometry[0] - square(130, 160, 30, 30)]
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)


def test_ground_in_no_community_is_a_jurisdiction_where_people_live():
    layers = read_layers(**frames(covered=3))
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert len(division.jurisdictions) == 4
    rest = division.jurisdictions[-1]
    assert abs(rest.boundary.area - 150 * 150) < 200
    assert any(rest.code in en and rest.code in zh for en, zh in division.notes)


def test_a_community_without_buildings_goes_to_its_neighbour():
    given = frames()
    given["buildings"] = given["buildings"].iloc[[at for at in range(36) if at % 6 < 3 or at < 18]]
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert [place.code for place in division.jurisdictions] == ["A1", "A2", "B1"]
    assert any("B2" in en for en, _ in division.notes)


def test_a_community_may_have_several_parts(tmp_path):
    given = frames()
    island = square(SIDE + 40, 20, 60, 60)
    given["boundary"].geometry = [given["boundary"].geometry[0].union(island)]
    parts = given["communities"].geometry.tolist()
    given["communities"].geometry = [parts[0], parts[1].union(island), parts[2], parts[3]]
    house = given["buildings"].iloc[[0]].assign(id="far", geometry=[square(SIDE + 60, 40, 10, 10)])
    given["buildings"] = gpd.GeoDataFrame(pd.concat([given["buildings"], house], ignore_index=True), crs=CRS)
    layers = read_layers(**given)
    check_division(layers, divide_city(layers, OPTIONS))
    city = make_city(layers, OPTIONS, folder=tmp_path, pictures=False, language="en")
    assert city.report.certificate.holds


def test_a_pocket_joins_the_ground_around_it():
    walls = [square(105, 120, 40, 4), square(105, 124, 4, 32), square(141, 124, 4, 32), square(105, 152, 40, 4)]
    given = frames(extra=[wall.buffer(1) for wall in walls])  # one clump around a yard over the edge of two communities
    layers = read_layers(**given)
    division = divide_city(layers, OPTIONS)
    check_division(layers, division)
    assert all(place.boundary.geom_type == "Polygon" for place in division.jurisdictions)


def test_a_building_in_two_parts_stays_whole_over_an_edge():
    given = frames()
    twin = square(20, 136, 16, 10).union(square(22, 152, 6, 6))
    house = given["buildings"].iloc[[0]].assign(id="twin", geometry=[twin])
    given["buildings"] = gpd.GeoDataFrame(pd.concat([given["buildings"], house], ignore_index=True), crs=CRS)
    layers = read_layers(**given)
    check_division(layers, divide_city(layers, OPTIONS))


def test_codes_that_come_twice_are_refused(town):
    twice = replace(town, communities=town.communities.assign(code="A1"))
    with pytest.raises(InputError, match="--by"):
        divide_city(twice, OPTIONS)


def test_polygons_are_joined_by_a_column_or_the_first_letters_of_a_code(tmp_path):
    given = frames()
    file = tmp_path / "communities.gpkg"
    given["communities"].to_file(file)
    grouped = group_communities(str(file), "code:1")
    assert grouped["community_code"].tolist() == ["A", "A", "B", "B"]
    assert grouped["community_name"].isna().all()
    layers = read_layers(**(given | {"communities": grouped}))
    assert [place.code for place in divide_city(layers, OPTIONS).jurisdictions] == ["A", "B"]
    assert group_communities(str(file), "name")["community_name"].tolist() == given["communities"]["name"].tolist()
    with pytest.raises(InputError, match="did you mean “code”"):
        group_communities(str(file), "cod:1")
    with pytest.raises(InputError, match="number of letters"):
        group_communities(str(file), "code:x")
