"""One metric CRS, chosen from the data; nothing guessed."""

import geopandas as gpd
import numpy as np
import pytest
import small_layers as small
from pyproj import CRS
from shapely import box

from gridgis.errors import InputError
from gridgis.inputs import read_layers
from gridgis.inputs.crs import choose_crs, parse_crs, plain_crs

PLACES = {
    "Beijing": (116.4, 39.9),
    "Wuhan": (114.3, 30.6),
    "Urumqi": (87.6, 43.8),
    "Monaco": (7.42, 43.74),
    "Sydney": (151.2, -33.9),
}
BEIJING_54_GCS = (
    'GEOGCS["GCS_Beijing_1954",DATUM["D_Beijing_1954",SPHEROID["Krasovsky_1940",6378245.0,298.3]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
CGCS2000_GCS = (
    'GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)


def around(place, crs):
    lon, lat = PLACES[place]
    return gpd.GeoDataFrame(geometry=[box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)], crs=4326).to_crs(crs)


@pytest.mark.parametrize(
    ("place", "given", "chosen"),
    [
        ("Beijing", "EPSG:4490", 4548),  # CGCS2000 / 3-degree, 117° E
        ("Wuhan", "EPSG:4490", 4547),
        ("Urumqi", "EPSG:4490", 4538),
        ("Wuhan", "EPSG:4214", 4547),  # Beijing 54
        ("Wuhan", "EPSG:4610", 4547),  # Xi'an 80
        ("Wuhan", BEIJING_54_GCS, 4547),
        ("Wuhan", CGCS2000_GCS, 4547),
        ("Wuhan", "EPSG:4326", 32650),
        ("Monaco", "EPSG:4326", 32632),
        ("Sydney", "EPSG:4326", 32756),
        ("Wuhan", "EPSG:4547", 4547),
        ("Wuhan", "EPSG:2435", 2435),  # Beijing 54 / 3-degree 114° E, in metres: kept
        ("Monaco", "EPSG:2154", 2154),
        ("Monaco", "EPSG:3857", 32632),  # metres that are not metres
        ("Sydney", "EPSG:3857", 32756),
        ("Monaco", "EPSG:32735", 32632),  # a zone on another continent
        ("Monaco", "EPSG:2263", 32632),  # feet
    ],
)
def test_choice(place, given, chosen):
    crs = choose_crs(around(place, given))
    assert crs.to_epsg() == chosen
    assert all(axis.unit_name == "metre" for axis in crs.axis_info)


def test_layers_in_different_crs_come_together():
    plain = read_layers(**small.town())
    mixed = read_layers(
        boundary=small.boundary(), buildings=small.buildings().to_crs(4490), roads=small.roads().to_crs(4549)
    )
    assert mixed.crs == plain.crs == CRS(4547)
    apart = mixed.buildings.geometry.hausdorff_distance(plain.buildings.geometry)
    assert apart.max() < 1e-3


def test_the_crs_of_desktop_gis_is_the_one_with_the_code():
    esri = CRS.from_wkt(CRS(4547).to_wkt("WKT1_ESRI"))
    assert plain_crs(esri) == CRS(4547)
    assert plain_crs(CRS("EPSG:32650+5773")) == CRS(32650)  # with heights


def without_crs(frame, tmp_path, name="b.shp"):
    frame.to_file(tmp_path / name, engine="pyogrio", encoding="UTF-8")
    (tmp_path / name).with_suffix(".prj").unlink(missing_ok=True)
    return tmp_path / name


@pytest.mark.parametrize(
    ("move", "hint"),
    [
        (lambda f: f, "metres of an unknown zone"),
        (lambda f: f.to_crs(4490), "EPSG:4490 if CGCS2000"),
        (lambda f: f.translate(38_000_000), "EPSG:4526"),  # with the number of the zone in front
    ],
)
def test_a_missing_prj_is_a_fault_with_a_hint(tmp_path, move, hint):
    moved = gpd.GeoDataFrame(small.buildings().drop(columns="geometry"), geometry=move(small.buildings()).geometry)
    path = without_crs(moved, tmp_path)
    with pytest.raises(InputError, match=r"has no \.prj") as caught:
        read_layers(**small.town(buildings=path))
    assert hint in str(caught.value)
    assert "--crs EPSG" in str(caught.value)


def test_a_missing_crs_can_be_stated(tmp_path):
    path = without_crs(small.buildings(), tmp_path)
    stated = read_layers(**small.town(buildings=path), crs="EPSG:4547")
    assert stated.fingerprint == read_layers(**small.town()).fingerprint
    assert read_layers(**small.town(buildings=path), crs="4547").fingerprint == stated.fingerprint


def test_geojson_without_a_crs_is_wgs_84_unless_it_cannot_be(tmp_path):
    path = tmp_path / "b.geojson"
    path.write_text(small.buildings().to_crs(4326).to_json(drop_id=True, to_wgs84=False).replace('"crs"', '"was"'))
    assert len(read_layers(**small.town(buildings=path)).buildings) == 3
    path.write_text(small.buildings().set_crs(None, allow_override=True).to_json())
    with pytest.raises(InputError, match="does not say its coordinate system"):
        read_layers(**small.town(buildings=path))
    assert len(read_layers(**small.town(buildings=path), crs="EPSG:4547").buildings) == 3


def test_a_crs_that_is_none_is_refused():
    with pytest.raises(InputError, match="“EPSG:nonsense” is not a coordinate system"):
        parse_crs("EPSG:nonsense")


def test_coordinates_that_cannot_be_in_the_crs_are_a_fault():
    wrong = small.boundary().set_crs(4326, allow_override=True)
    with pytest.raises(InputError, match=r"cannot lie in EPSG:4326"):
        read_layers(**small.town(boundary=wrong))


def test_the_wrong_zone_is_told_by_the_distance():
    wrong = small.buildings().set_crs(4548, allow_override=True)
    with pytest.raises(InputError, match=r"(?s)none of the 3 features.*km away.*EPSG:4548.*EPSG:4547"):
        read_layers(**small.town(buildings=wrong))


def test_features_on_the_other_side_of_the_earth():
    far = small.buildings().to_crs(4326)
    far = far.set_geometry([*far.geometry[:2], far.geometry[2].buffer(0).intersection(box(0, 0, 0, 0))])
    far.loc[1, "geometry"] = box(24, 1, 24.0001, 1.0001)
    layers = read_layers(**small.town(buildings=far))
    assert layers.buildings["source_id"].tolist() == ["a"]
    assert {"thousands of kilometres away", "no geometry that can be used"} <= set(layers.repairs["defect"])
    with pytest.raises(InputError, match=r"longitude 24.00, latitude 1.00.*wrong coordinate system"):
        read_layers(**small.town(buildings=far.iloc[[1]]))


def test_a_local_grid_shared_by_all_layers_is_taken_as_metres():
    local = CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1]]')
    frames = {role: frame.set_crs(local, allow_override=True) for role, frame in small.town().items()}
    layers = read_layers(**frames)
    assert np.isclose(layers.boundary.area, 40_000)
    with pytest.raises(InputError, match="site grid"):
        read_layers(**frames | {"roads": small.roads()})
    feet = CRS.from_wkt('LOCAL_CS["site grid",UNIT["foot",0.3048]]')
    with pytest.raises(InputError, match="“site grid” is not in metres"):
        read_layers(**{role: frame.set_crs(feet, allow_override=True) for role, frame in small.town().items()})


@pytest.mark.parametrize("name", ["Undefined Cartesian SRS", "Undefined SRS"])
def test_a_crs_called_undefined_is_none(name):
    nowhere = CRS.from_wkt(f'LOCAL_CS["{name}",UNIT["metre",1]]')
    with pytest.raises(InputError, match="does not say its coordinate system"):
        read_layers(**small.town(roads=small.roads().set_crs(nowhere, allow_override=True)))


def test_areas_are_true_to_scale_whatever_came_in():
    layers = read_layers(**{role: frame.to_crs(3857) for role, frame in small.town().items()})
    assert layers.boundary.area == pytest.approx(40_000, rel=2e-3)
