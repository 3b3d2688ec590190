"""Input that cannot be used: one error says what, how many or which, and the remedy, for all faults at once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import small_layers as small
from shapely import LineString, Point, Polygon

from gridgis.errors import InputError
from gridgis.inputs import read_layer, read_layers


def faults(**changed):
    options = {key: changed.pop(key) for key in ("columns", "crs", "barriers") if key in changed}
    with pytest.raises(InputError) as caught:
        read_layers(**small.town(**changed), **options)
    return caught.value.faults


def only(found):
    assert len(found) == 1, found
    return found[0]


def test_a_missing_file(tmp_path):
    assert "there is no such file; check its name" in only(faults(roads=tmp_path / "roads.shp"))


@pytest.mark.parametrize(
    "name", ["roads.shp", "roads.gpkg", "roads.geojson", "roads.fgb", "roads.parquet", "roads.zip", "roads.osm.pbf"]
)
def test_a_file_that_is_not_what_it_is_called(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is no layer at all " * 20)
    path.with_suffix(".dbf").write_bytes(b"nor is this" * 20)
    fault = only(faults(roads=path))
    assert fault.startswith("roads") and ("cannot be" in fault)
    assert "\n" not in fault


@pytest.mark.parametrize("name", ["b.gpkg", "b.shp", "b.zip"])
def test_a_file_that_was_cut_off(tmp_path, name):
    path = tmp_path / "b.shp"
    small.buildings().to_file(path, engine="pyogrio", encoding="UTF-8")
    if name == "b.gpkg":
        path = tmp_path / name
        small.buildings().to_file(path, engine="pyogrio")
    if name == "b.zip":
        import zipfile

        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for part in tmp_path.glob("b.*"):
                if part.suffix in (".shp", ".dbf"):
                    archive.write(part, part.name)
        path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-150] if name != "b.gpkg" else path.read_bytes()[:2000])
    assert only(faults(buildings=path)).startswith(name)


def test_an_empty_file_a_folder_and_an_unknown_format(tmp_path):
    (tmp_path / "empty.gpkg").touch()
    (tmp_path / "notes.txt").write_text("hello")
    assert "0 bytes" in only(faults(roads=tmp_path / "empty.gpkg"))
    assert "is a folder" in only(faults(roads=tmp_path))
    assert "use one of .shp" in only(faults(roads=tmp_path / "notes.txt"))


def test_a_shapefile_without_its_dbf(tmp_path):
    small.buildings().to_file(tmp_path / "b.shp", engine="pyogrio", encoding="UTF-8")
    (tmp_path / "b.dbf").unlink()
    assert ".dbf (the attributes) is missing" in only(faults(buildings=tmp_path / "b.shp"))


def test_a_table_without_geometry(tmp_path):
    pd.DataFrame({"户数": [1]}).to_parquet(tmp_path / "b.parquet")
    assert "cannot be read" in only(faults(buildings=tmp_path / "b.parquet"))
    assert "without geometry" in only(faults(buildings=pd.DataFrame({"户数": [1]})))


@pytest.mark.parametrize(
    ("role", "shape", "says"),
    [
        (
            "boundary",
            LineString(small.at((0, 0), (9, 0), (9, 9))),
            "holds Linestring, but boundary must be a polygon; close the line",
        ),
        ("boundary", Point(small.X, small.Y), "must be a polygon"),
        ("buildings", Point(small.X, small.Y), "holds Point, but buildings must be polygons"),
        ("roads", Point(small.X, small.Y), "must be lines"),
        ("roads", small.square(0, 0), "give the roads' centre lines"),
    ],
)
def test_the_wrong_geometry(role, shape, says):
    frame = gpd.GeoDataFrame(geometry=[shape], crs=small.CRS)
    assert says in only(faults(**{role: frame}))


def test_an_empty_layer(tmp_path):
    assert "is empty" in only(faults(buildings=small.buildings().iloc[:0]))
    small.buildings().iloc[:0].to_file(tmp_path / "b.gpkg", engine="pyogrio")
    assert "is empty" in only(faults(buildings=tmp_path / "b.gpkg"))
    nothing = small.roads().set_geometry([None, LineString()])
    assert "none of the 2 features of roads has a geometry" in only(faults(roads=nothing))


def test_a_town_without_railways_is_no_fault():
    layers = read_layers(**small.town(), barriers=[small.roads().iloc[:0]], compounds=small.boundary().iloc[:0])
    assert layers.repairs["defect"].tolist() == ["empty, no features"] * 2
    assert len(layers.compounds) == 0


def test_buildings_that_are_all_outside():
    away = small.buildings().translate(30_000, 0)
    fault = only(faults(buildings=small.buildings().set_geometry(away)))
    assert "none of the 3 features lies in the boundary, they are 29.8 km away" in fault
    assert fault.count("EPSG:4547") == 2


def test_roads_that_are_all_outside_are_told_with_the_buildings():
    found = faults(
        roads=small.roads().set_geometry(small.roads().translate(30_000, 0)),
        buildings=small.buildings().set_geometry(small.buildings().translate(0, 30_000)),
    )
    assert [text.split(":")[0] for text in found] == ["buildings", "roads"]


def test_counts_that_are_text():
    fault = only(faults(buildings=small.buildings(户数=["12", "约30", "许多"])))
    assert "column “户数”: 2 of 3 values are text" in fault
    assert "b: “约30”" in fault and "c: “许多”" in fault


def test_numbers_written_as_text_are_read():
    layers = read_layers(
        **small.town(buildings=small.buildings(户数=["1,200", "３０", "8户"], 人口=["", "无", "9 人"]))
    )
    assert layers.buildings["households"].tolist() == [1200, 30, 8]
    assert layers.buildings["population"].isna().tolist() == [True, True, False]


def test_negative_and_infinite_counts():
    fault = only(faults(buildings=small.buildings(户数=[-5, 30, -1])))
    assert "2 negative values (id: value a: -5, c: -1)" in fault
    assert "1 infinite values (ids b)" in only(faults(buildings=small.buildings(人口=[1.0, np.inf, 2.0])))


def test_unknown_counts_are_estimated_and_said_so():
    layers = read_layers(**small.town(buildings=small.buildings(户数=[12, np.nan, None])))
    row = layers.repairs[layers.repairs["defect"] == "no households"].iloc[0]
    assert (row["count"], row["ids"], row["action"]) == (2, "b, c", "estimated")


def test_a_column_that_is_not_there_names_those_that_are():
    fault = only(faults(columns={"households": "户数2"}))
    assert "there is no column “户数2”; its columns are: id, 名称, 户数; did you mean “户数”?" in fault
    assert "“hosueholds” is no field" in only(faults(columns={"hosueholds": "户数"}))


def test_the_same_footprint_with_different_counts():
    twice = pd.concat([small.buildings(), small.buildings().iloc[[1]].assign(id="b2", 户数=31)])
    fault = only(faults(buildings=twice))
    assert "1 footprints are there several times with different counts (b = b2)" in fault


def test_a_boundary_that_crosses_itself():
    bow_tie = Polygon(small.at((0, 0), (100, 100), (100, 0), (0, 100)))
    fault = only(faults(boundary=small.boundary().set_geometry([bow_tie])))
    assert "it crosses itself at 500050, 3400050" in fault
    assert "correct its corners" in fault


def test_a_census_without_counts():
    frame = gpd.GeoDataFrame({"Pop_psmi": [1.0]}, geometry=[small.square(0, 0, 200)], crs=small.CRS)
    assert "no column holds population or households (columns: Pop_psmi)" in only(faults(census=frame))


def test_all_faults_of_all_layers_come_at_once(tmp_path):
    found = faults(
        boundary=small.boundary().set_crs(None, allow_override=True),
        buildings=small.buildings(户数=["x", "1", "2"], 人口=[-1, 2, 3]),
        roads=tmp_path / "none.shp",
        barriers=[small.roads().set_geometry(small.roads().centroid)],
        columns={"levels": "层数"},
    )
    text = "\n".join(found)
    for part in (
        "coordinate system",
        "“户数”",
        "“人口”",
        "no such file",
        "barriers must be lines or polygons",
        "“层数”",
    ):
        assert part in text
    assert len(found) == 6


def test_read_layer_wants_a_layer_that_is_there(tmp_path):
    small.buildings().to_file(tmp_path / "t.gpkg", layer="houses", engine="pyogrio")
    with pytest.raises(InputError, match=r"no layer “roads” in it; there are: houses"):
        read_layer(tmp_path / "t.gpkg", layer="roads")
