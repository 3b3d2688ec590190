"""What a file is, in words; dirty data never stop it."""

import json
import shutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
import small_layers as small
from shapely import LineString, Point

from gridgis.errors import InputError
from gridgis.inputs import inspect_file, inspect_layer


def meanings(report):
    return {field.name: field.meaning for field in report.fields}


def test_a_shapefile_in_gbk(tmp_path):
    path = tmp_path / "楼栋.shp"
    small.buildings(备注=[None, "旧", None]).to_file(path, engine="pyogrio", encoding="GBK")
    path.with_suffix(".cpg").unlink()
    report = inspect_layer(path)
    assert report.format == "Shapefile"
    assert report.encoding.startswith("gb18030, detected")
    assert report.crs == "EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E)"
    assert (report.geometry, report.count, report.role) == ({"Polygon": 3}, 3, "buildings")
    assert meanings(report) == {"id": "id", "名称": "name", "户数": "households", "备注": "-"}
    assert report.fields[3].filled == 1
    assert report.fields[1].examples == ("一号楼", "二号楼", "三号楼")
    assert report.extent == (small.X + 20, small.Y + 20, small.X + 70, small.Y + 130)
    assert json.loads(json.dumps(report.to_dict()))["role"] == "buildings"


@pytest.mark.parametrize(
    ("name", "frame", "role"),
    [
        ("boundary", small.boundary(), "boundary"),
        ("辖区", small.boundary(), "boundary"),
        ("one", small.boundary(), "boundary"),
        ("道路", small.roads(), "roads"),
        ("x", small.roads(), "roads"),
        ("x", small.roads(waterway="river").drop(columns="highway"), "barriers"),
        ("rivers", small.roads(), "barriers"),
        ("x", small.buildings(building="yes"), "buildings"),
        ("x", small.buildings(人口=[1, 2, 3]), "census"),
        ("小区", small.buildings(), "compounds"),
        ("x", small.buildings(landuse="grass"), "barriers"),
        ("buildings", small.roads(), "roads"),  # a name alone proves nothing
        ("x", gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=4326), ""),
    ],
)
def test_the_probable_role(tmp_path, name, frame, role):
    frame.to_file(tmp_path / f"{name}.gpkg", engine="pyogrio")
    assert inspect_layer(tmp_path / f"{name}.gpkg").role == role


def test_every_layer_of_a_file_is_reported(tmp_path):
    path = tmp_path / "town.gpkg"
    small.buildings().to_file(path, layer="buildings", engine="pyogrio")
    small.roads().to_file(path, layer="roads", engine="pyogrio")
    assert [(r.layer, r.role) for r in inspect_file(path)] == [("buildings", "buildings"), ("roads", "roads")]


def test_defects_are_named(tmp_path):
    shapes = [small.polygon((0, 0), (10, 10), (10, 0), (0, 10)), None, shapely.force_3d(small.square(20, 20), 1)]
    frame = (
        small.buildings(户数=["很多", "-3", "5"], levels=["??", "3", "4"])
        .set_geometry(shapes)
        .set_crs(None, allow_override=True)
    )
    frame.to_file(tmp_path / "buildings.gpkg", engine="pyogrio")
    text = "\n".join(inspect_layer(tmp_path / "buildings.gpkg").defects)
    for part in (
        "does not say its coordinate system", "1 features without geometry: b", "1 features with invalid geometry: a",
        "heights or measures", "“户数”: 1 of 2 values are text", "levels that cannot be read",
    ):  # fmt: skip
        assert part in text


@pytest.mark.parametrize(
    "frame",
    [
        small.buildings().iloc[:0],
        gpd.GeoDataFrame(geometry=[None, None], crs=4326),
        gpd.GeoDataFrame(
            {"a": [np.inf, np.nan], "b": [None, None]}, geometry=[Point(0, 0), LineString([(0, 0), (1, 1)])]
        ),
        small.buildings(户数=[np.nan, -1, np.inf]),
        small.buildings(户数=["a", "b", None]),
    ],
)
def test_dirty_data_are_reported_not_raised(tmp_path, frame):
    path = tmp_path / "dirty.gpkg"
    frame.to_file(path, engine="pyogrio")
    assert inspect_layer(path).count == len(frame)


def test_what_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "x.gpkg").write_bytes(b"no" * 500)
    with pytest.raises(InputError, match="cannot be read"):
        inspect_file(tmp_path / "x.gpkg")
    with pytest.raises(InputError, match="no such file"):
        inspect_file(tmp_path / "y.gpkg")


def test_the_towns_that_come_along_are_clean(tmp_path):
    from gridgis.inputs.demo import demo_layers

    files = demo_layers()
    for path, role in ((files["buildings"], "buildings"), (files["roads"], "roads"), (files["compounds"], "compounds")):
        report = inspect_layer(path)
        assert (report.role, report.defects) == (role, ())
    broken = tmp_path / "buildings.shp"
    for suffix in (".shp", ".shx", ".dbf"):
        shutil.copy(files["buildings"].with_suffix(suffix), broken.with_suffix(suffix))
    assert any("no .prj" in defect for defect in inspect_layer(broken).defects)
