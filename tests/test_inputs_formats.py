"""The same layers come out of every format, in every encoding."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import small_layers as small

from gridgis.errors import InputError
from gridgis.inputs import READERS, read_layer, read_layers
from gridgis.inputs.encoding import dbf_encoding
from gridgis.inputs.shapefile import encoding_of

NAMES = ["一号楼", "二号楼", "三号楼"]


def write(frame, path):
    if path.suffix in (".parquet", ".geoparquet"):
        frame.to_parquet(path)
    elif path.suffix == ".fgb":  # with an index it would sort the features
        frame.to_file(path, engine="pyogrio", SPATIAL_INDEX="NO")
    elif path.suffix == ".zip":
        shp = path.with_suffix(".shp")
        write(frame, shp)
        zipped(shp, path)
    elif path.suffix in (".geojson", ".json"):
        # the default of 7 decimals would move corners by a centimetre
        frame.to_crs(4326).to_file(path, driver="GeoJSON", COORDINATE_PRECISION=15)
    else:
        frame.to_file(path, engine="pyogrio", **({"encoding": "UTF-8"} if path.suffix == ".shp" else {}))
    return path


def zipped(shp, path, names=str):
    with zipfile.ZipFile(path, "w") as archive:
        for part in shp.parent.glob(f"{shp.stem}.*"):
            if part != path:
                archive.write(part, names(part.name))
    return path


def write_shapefile(frame, path, encoding, *, cpg=True, driver_id=None):
    """Write as other programs do: text in `encoding`; with or without .cpg; with a language driver id."""
    frame.to_file(path, engine="pyogrio", encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = driver_id or 0
    path.with_suffix(".dbf").write_bytes(dbf)
    return path


@pytest.mark.parametrize("suffix", [s for s in READERS if s not in (".pbf", ".osm")])
def test_every_format_reads_back_what_was_written(tmp_path, suffix):
    files = {role: write(frame, tmp_path / f"{role}{suffix}") for role, frame in small.town().items()}

    layers = read_layers(**files)

    assert layers.buildings["name"].tolist() == NAMES
    assert layers.buildings["households"].tolist() == [12, 30, 8]
    assert layers.name == "幸福社区"
    assert layers.lines["kind"].tolist() == ["primary", "path"]
    assert layers.sources["buildings"] == f"buildings{suffix}"
    assert not any(str(tmp_path) in text for text in layers.sources.values())


@pytest.mark.parametrize("suffix", [".shp", ".zip", ".fgb", ".parquet"])
def test_the_fingerprint_does_not_depend_on_the_format(tmp_path, suffix):
    files = {role: write(frame, tmp_path / f"{role}{suffix}") for role, frame in small.town().items()}

    assert read_layers(**files).fingerprint == read_layers(**small.town()).fingerprint


def test_the_fingerprint_follows_the_content():
    first = read_layers(**small.town()).fingerprint
    others = [
        small.town(buildings=small.buildings(户数=[12, 30, 9])),
        small.town(roads=small.roads(highway=["primary", "service"])),
        small.town(boundary=small.boundary().set_geometry([small.square(0, 0, 201)])),
    ]
    assert len({first, *(read_layers(**other).fingerprint for other in others)}) == 4


@pytest.mark.parametrize(
    ("encoding", "cpg", "driver_id", "how"),
    [
        ("gb18030", True, None, "by its .cpg"),
        ("gbk", True, None, "by its .cpg"),
        ("gbk", False, 0x4D, "language driver 0x4D"),
        ("gbk", False, None, "detected"),
        ("utf-8", True, None, "by its .cpg"),
        ("utf-8", False, None, "detected"),
        # western code pages are stamped by programs that never looked at the text
        ("gbk", False, 0x57, "detected from the text (by the language driver 0x57"),
        ("utf-8", False, 0x57, "detected"),
    ],
)
@pytest.mark.usefixtures("shapefile_library")
def test_chinese_text_of_shapefiles(tmp_path, encoding, cpg, driver_id, how):
    path = write_shapefile(small.buildings(), tmp_path / "楼栋.shp", encoding, cpg=cpg, driver_id=driver_id)
    frame = read_layer(path)
    assert frame["名称"].tolist() == NAMES
    assert frame["户数"].tolist() == [12, 30, 8]
    assert how in encoding_of(path).how
    assert read_layers(**small.town(buildings=path)).fingerprint == read_layers(**small.town()).fingerprint


@pytest.mark.usefixtures("shapefile_library")
def test_a_cpg_that_lies_is_not_believed(tmp_path):
    path = write_shapefile(small.buildings(), tmp_path / "b.shp", "gbk", cpg=False)
    path.with_suffix(".cpg").write_text("UTF-8")
    assert read_layer(path)["名称"].tolist() == NAMES
    assert "by its .cpg it would be utf-8, but" in encoding_of(path).how


@pytest.mark.parametrize(("cpg", "driver_id"), [("ISO-8859-1", None), ("1252", None), (None, 0x57)])
@pytest.mark.usefixtures("shapefile_library")
def test_western_text_stays_western(tmp_path, cpg, driver_id):
    names = ["Père Noël", "Forêt", "Überlingen"]
    path = write_shapefile(small.buildings(名称=names).rename(columns={"名称": "name"}).drop(columns="户数"),
                           tmp_path / "b.shp", "cp1252", cpg=False, driver_id=driver_id)  # fmt: skip
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    assert read_layer(path)["name"].tolist() == names


@pytest.mark.usefixtures("shapefile_library")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("cpg", [True, False])
def test_text_cut_in_the_middle_of_a_letter_keeps_the_letters_before(tmp_path, encoding, cpg):
    whole = "三" * (40 // len("三".encode(encoding)))
    path = write_shapefile(small.buildings(名称=["一号楼", "二号楼", whole]), tmp_path / "b.shp", encoding, cpg=cpg)
    dbf = path.with_suffix(".dbf")
    text = whole.encode(encoding)
    assert text in dbf.read_bytes()
    dbf.write_bytes(dbf.read_bytes().replace(text, b"A" + text[:-1]))
    assert read_layer(path)["名称"].tolist() == ["一号楼", "二号楼", "A" + whole[:-1]]


def test_text_cut_in_the_middle_of_a_character_is_still_recognised():
    name = "名".encode("gbk") + b"\0" * 9
    field = name[:11] + b"C" + bytes(4) + bytes([5]) + bytes(15)
    header = bytes([3, 1, 1, 1]) + (1).to_bytes(4, "little") + (65).to_bytes(2, "little") + (6).to_bytes(2, "little")
    dbf = header + bytes(20) + field + b"\r" + b" " + "东方红".encode("gbk")[:5]
    assert dbf_encoding(dbf, None).name == "gb18030"


@pytest.mark.usefixtures("shapefile_library")
def test_zip_with_a_folder_and_a_gbk_name(tmp_path):
    shp = write_shapefile(small.buildings(), tmp_path / "b.shp", "gbk", cpg=False)
    packed = zipped(shp, tmp_path / "town.zip", names=lambda name: f"数据/{name.upper()}")
    assert read_layer(packed)["名称"].tolist() == NAMES


def test_zip_with_two_shapefiles_takes_the_one_of_the_role(tmp_path):
    for name, frame in (("楼栋", small.buildings()), ("道路", small.roads())):
        write(frame, tmp_path / f"{name}.shp")
    packed = tmp_path / "layers.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in [*tmp_path.glob("楼栋.*"), *tmp_path.glob("道路.*")]:
            archive.write(part, part.name)
    layers = read_layers(**small.town(buildings=packed, roads=packed))
    assert len(layers.buildings) == 3
    assert len(layers.lines) == 2


def test_column_names_cut_by_shapefiles_keep_their_meaning(tmp_path):
    frame = (
        small.buildings().drop(columns="户数").assign(building_levels=[6, 18, 2], building_use=["住宅", "办公", "商住"])
    )
    with pytest.warns(UserWarning, match="truncated"):
        frame.to_file(tmp_path / "b.shp", engine="pyogrio", encoding="UTF-8")
    layers = read_layers(**small.town(buildings=tmp_path / "b.shp"))
    assert layers.buildings["levels"].tolist() == [6, 18, 2]
    assert layers.buildings["use"].tolist() == ["residential", "nonresidential", "mixed"]


def test_a_geopackage_of_many_layers_serves_every_role(tmp_path):
    path = tmp_path / "town.gpkg"
    river = gpd.GeoDataFrame(geometry=[shapely.LineString(small.at((0, 50), (200, 50)))], crs=small.CRS)
    layers = {"boundary": small.boundary(), "buildings": small.buildings(), "roads": small.roads(), "rivers": river}
    for name, frame in layers.items():
        frame.to_file(path, layer=name, engine="pyogrio")
    read = read_layers(boundary=path, buildings=path, roads=path, barriers=[path])
    assert read.lines["kind"].tolist() == ["primary", "path", "river"]


def test_layers_of_untelling_names_are_found_by_their_geometry_or_asked_for(tmp_path):
    path = tmp_path / "town.gpkg"
    small.roads().to_file(path, layer="one", engine="pyogrio")
    small.buildings().to_file(path, layer="two", engine="pyogrio")
    assert len(read_layers(**small.town(roads=path)).lines) == 2
    small.buildings().to_file(path, layer="three", engine="pyogrio")
    with pytest.raises(InputError, match=r"one, two, three.*\|layername=two"):
        read_layers(**small.town(buildings=path))
    assert len(read_layers(**small.town(buildings=f"{path}|layername=three")).buildings) == 3


def test_frames_are_taken_as_they_are_and_not_changed():
    given = small.town(buildings=small.buildings().rename_geometry("footprint").set_index("id", drop=False))
    before = {role: frame.copy() for role, frame in given.items()}
    layers = read_layers(**given)
    assert layers.buildings["source_id"].tolist() == ["a", "b", "c"]
    for role, frame in given.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[role]))


@pytest.mark.parametrize(
    ("columns", "named"),
    [({}, False), ({"osm_id": "1"}, True), ({"source": "openstreetmap.org"}, True), ({"source": "x"}, False)],
)
def test_openstreetmap_is_named_where_layers_are_its(columns, named):
    layers = read_layers(**small.town(buildings=small.buildings(**columns)))
    assert ("OpenStreetMap" in layers.attribution) == named
    assert read_layers(**small.town(), attribution="市测绘院").attribution == "市测绘院"


def test_progress_rises_to_one():
    steps = []
    read_layers(**small.town(), progress=lambda step, done: steps.append((step, done)))
    assert {step for step, _ in steps} == {"layers"}
    assert [done for _, done in steps] == sorted(done for _, done in steps)
    assert steps[-1][1] == 1.0


def test_the_demo_is_monaco_and_says_whose_it_is():
    from gridgis.inputs.demo import demo_layers

    files = demo_layers()
    assert all(Path(path).exists() for path in (files["boundary"], *files["barriers"]))
    layers = read_layers(**files)
    assert 1_000 < layers.buildings["inside"].sum() < 1_400
    assert 2.2e6 < layers.boundary.area < 2.5e6
    assert layers.crs.to_epsg() == 32632
    assert "OpenStreetMap" in layers.attribution
    # the railway runs beneath the whole principality
    assert layers.lines.query("kind == 'rail'")["tunnel"].all()
