import io
import json
import os
import sys

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from conftest import SHAPEFILE_LIBRARIES
from finished_plans import LONG, redrawn, suburb_plan, town_plan
from pyproj import CRS, Transformer
from shapely import LineString

from gridgis import Band, PlanOptions, make_plan, read_layers
from gridgis.audit import audit_grids
from gridgis.errors import ExportError
from gridgis.export import EXPORTERS, FILES, write_file, write_plan
from gridgis.export.attributes import grid_features
from gridgis.export.shapefile import FIELDS, SHORTENED, TEXT_BYTES, fit_text, write_shapefile


@pytest.fixture(scope="module")
def plan():
    return town_plan()


@pytest.fixture(scope="module")
def folder(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "town"
    write_plan(plan, folder)
    return folder


def fields_of(plan):
    """The fields of a plan's grids: those for other levels are left out where it has none."""
    return {name: kind for name, kind in FIELDS.items() if name in grid_features(plan) or name == "note"}


def counted(plan):
    return plan.layers.buildings.assign(households=plan.counts["households"], population=plan.counts["population"])


def test_the_set_is_complete_and_nothing_else_is_left(folder):
    names = {file.name for file in folder.iterdir()}
    assert names == set(FILES) | {"grids.shx", "grids.dbf", "grids.prj", "grids.cpg"}
    assert [file.name for file in folder.parent.iterdir()] == [folder.name]
    assert all(file.stat().st_size > 0 for file in folder.iterdir())


def test_progress_runs_from_nothing_to_all(plan, tmp_path, monkeypatch):
    seen = []
    write_plan(plan, tmp_path / "out", progress=lambda step, done: seen.append((step, done)))
    assert {step for step, _ in seen} == {"write"}
    shares = [done for _, done in seen]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1


def test_geopackage_holds_grids_and_every_building(plan, folder):
    path = folder / "grids.gpkg"
    assert {name for name, _ in pyogrio.list_layers(path)} == {"grids", "buildings"}
    grids = gpd.read_file(path, layer="grids")
    assert grids.crs == plan.layers.crs
    assert grids["code"].tolist() == plan.grids["code"].tolist()
    assert grids["name"].tolist() == plan.grids["name"].tolist()
    assert grids["bounds_zh"].tolist() == plan.grids["bounds_zh"].tolist()
    assert shapely.equals_exact(grids.geometry.explode().to_numpy(), plan.grids.geometry.explode().to_numpy()).all()
    buildings = gpd.read_file(path, layer="buildings")
    assert buildings["source_id"].tolist() == plan.layers.buildings["source_id"].tolist()
    assert buildings.groupby("grid")["households"].sum().to_dict() == dict(
        zip(plan.grids["code"], plan.grids["households"], strict=True)
    )
    held = buildings[buildings["grid"].notna()]
    assert set(held["households_source"]) == {"measured", "estimated"}
    assert set(held["population_source"]) == {"estimated"}


def test_building_outside_the_jurisdiction_has_no_grid(plan, folder):
    buildings = gpd.read_file(folder / "grids.gpkg", layer="buildings")
    assert buildings["grid"].isna().tolist() == (plan.building_grid < 0).tolist()
    assert buildings["grid"].isna().sum() == 1


@pytest.mark.parametrize("make", [town_plan, suburb_plan])
def test_geojson_is_rfc_7946_and_still_a_partition(make, tmp_path):
    plan = make()
    write_file(plan, tmp_path / "grids.geojson")
    values = json.loads((tmp_path / "grids.geojson").read_text(encoding="utf-8"))
    assert "crs" not in values
    assert len({feature["id"] for feature in values["features"]}) == len(plan.grids)
    west, south, east, north = values["bbox"]
    assert -180 <= west < east <= 180
    assert -90 <= south < north <= 90
    for feature in values["features"]:
        for part in shapely.get_parts(shapely.geometry.shape(feature["geometry"])):
            assert shapely.is_ccw(part.exterior), "outer rings run counter-clockwise"
            assert not any(shapely.is_ccw(ring) for ring in part.interiors)
    read = gpd.read_file(tmp_path / "grids.geojson")
    assert read.crs == CRS.from_epsg(4326)
    certificate = audit_grids(
        read, plan.layers.boundary, counted(plan), households=plan.options.households, proofs=plan.assignment.proofs
    )
    assert certificate.cover.gap_m2 < 1e-6 * plan.layers.boundary.area
    assert certificate.cover.overlap_m2 < 1e-6 * plan.layers.boundary.area
    assert not certificate.buildings.cut
    assert certificate.holds, certificate.faults


def test_geojson_keeps_narrow_corners_valid(tmp_path):
    plan = town_plan()
    grids = plan.grids.copy()
    west, south, _, _ = grids.geometry[0].bounds
    # a crack between two buildings that stand a fraction of a millimetre apart, in micrometres
    crack = np.array([(391, 539), (397, 516), (451, 294), (668, 334), (456, 270), (502, 44)]) * 1e-6
    spoilt = []
    for shift in np.linspace(0, 1e-3, 20):
        corner = np.array([west, south]) + shift
        spoilt.append(shapely.Polygon([*(corner + crack), corner - 100, corner + np.array([-100, 100])]))
    assert shapely.is_valid(spoilt).all()
    for shape in spoilt:
        grids.loc[0, "geometry"] = shape
        write_file(redrawn(plan, grids=grids), tmp_path / "grids.geojson")
        assert gpd.read_file(tmp_path / "grids.geojson").geometry.is_valid.all()


def test_geojson_of_a_town_across_the_antimeridian_is_divided_there(tmp_path):
    crs, side = "EPSG:32760", 200.0
    middle, y = Transformer.from_crs(4326, crs, always_xy=True).transform(180, -16.8)
    x = middle - side
    streets = [LineString([(x + side, y - 20), (x + side, y + 2 * side + 20)])]
    streets.append(LineString([(x - 20, y + side), (x + 2 * side + 20, y + side)]))
    corners = [(x + i * 100 + 30, y + j * 100 + 30) for i in range(4) for j in range(4)]
    houses = gpd.GeoDataFrame(geometry=[shapely.box(a, b, a + 40, b + 40) for a, b in corners])
    boundary = shapely.box(x, y, x + 2 * side, y + 2 * side)
    layers = read_layers(
        boundary=gpd.GeoDataFrame(geometry=[boundary], crs=crs),
        buildings=houses.set_crs(crs).assign(households=80),
        roads=gpd.GeoDataFrame(geometry=streets, crs=crs),
    )
    plan = make_plan(layers, PlanOptions(households=Band(300, 400), population=None, effort=0.1))
    write_file(plan, tmp_path / "grids.geojson")
    values = json.loads((tmp_path / "grids.geojson").read_text(encoding="utf-8"))
    west, _, east, _ = values["bbox"]
    assert 179 < west <= 180
    assert -180 <= east < -179
    read = gpd.read_file(tmp_path / "grids.geojson")
    assert read.geometry.is_valid.all()
    assert read.to_crs(crs).area.sum() == pytest.approx(boundary.area, rel=1e-5)
    for part in read.geometry.explode():
        assert part.bounds[2] - part.bounds[0] < 1


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.usefixtures("shapefile_library")
def test_shapefile_keeps_chinese_and_its_crs(plan, tmp_path, encoding):
    path = tmp_path / "grids.shp"
    write_shapefile(plan, path, encoding=encoding)
    assert path.with_suffix(".cpg").read_text().strip().upper() == encoding
    assert path.with_suffix(".prj").stat().st_size > 0
    read = gpd.read_file(path, engine="pyogrio")
    assert read.crs.to_epsg() == plan.layers.crs.to_epsg() or read.crs.equals(plan.layers.crs, ignore_axis_order=True)
    assert list(read.columns) == [*fields_of(plan), "geometry"]
    for column in ("code", "name", "households", "population", "buildings"):
        assert read[column].tolist() == plan.grids[column].tolist()
    assert read["in_band"].tolist() == plan.report.grids["in_band"].astype(int).tolist()
    assert read["area_m2"].tolist() == pytest.approx(plan.grids["area_m2"].tolist(), abs=0.00501)
    assert shapely.area(read.geometry.to_numpy()) == pytest.approx(plan.grids["area_m2"].to_numpy())


@pytest.mark.usefixtures("shapefile_library")
def test_shapefile_has_the_fields_that_are_promised(plan, tmp_path):
    write_shapefile(plan, tmp_path / "grids.shp")
    dbf = (tmp_path / "grids.dbf").read_bytes()
    found = {}
    for at in range(32, int.from_bytes(dbf[8:10], "little") - 1, 32):
        kind, width, decimals = dbf[at + 11 : at + 12], dbf[at + 16], dbf[at + 17]
        size = f"str:{width}" if kind == b"C" else f"float:{width}.{decimals}" if decimals else f"int:{width}"
        found[dbf[at : at + 11].rstrip(b"\0").decode()] = size
    assert found == fields_of(plan)
    assert all(len(name.encode()) <= 10 for name in found)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.parametrize("make", [town_plan, suburb_plan])
def test_shapefile_is_the_same_whichever_library_writes_it(make, encoding, tmp_path, monkeypatch):
    files = {}
    for library in SHAPEFILE_LIBRARIES:
        folder = tmp_path / library
        folder.mkdir()
        with monkeypatch.context() as hidden:
            if library == "pyogrio":
                hidden.setitem(sys.modules, "fiona", None)
            write_shapefile(make(), folder / "grids.shp", encoding=encoding)
        files[library] = {file.name: file.read_bytes() for file in folder.iterdir()}
        dbf = files[library]["grids.dbf"]
        files[library]["grids.dbf"] = dbf[:1] + dbf[4:]  # without the date
    assert all(written == files["pyogrio"] for written in files.values())


@pytest.mark.usefixtures("shapefile_library")
def test_long_text_is_cut_between_letters_and_said_so(plan, tmp_path):
    long = "东至" + "、".join([LONG] * 12)
    texts = [long, *plan.grids["bounds_zh"][1:]]
    texts[1] = "东至解放路"
    grids = plan.grids.assign(bounds_zh=texts, bounds_en="East: Jiefang Road")
    write_shapefile(redrawn(plan, grids=grids), tmp_path / "grids.shp")
    cut, whole = gpd.read_file(tmp_path / "grids.shp", engine="pyogrio").to_dict("records")[:2]
    assert long.startswith(cut["bounds_zh"].removesuffix("…"))
    assert TEXT_BYTES - 6 <= len(cut["bounds_zh"].encode()) <= TEXT_BYTES
    assert cut["note"] == SHORTENED["zh"]
    assert whole["bounds_zh"] == "东至解放路"
    assert pd.isna(whole["note"])


@pytest.mark.parametrize("limit", range(3, 40))
@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_fitted_text_is_whole_letters(limit, encoding):
    text = f"é{LONG}"
    fitted = fit_text(text, limit, encoding)
    assert len(fitted.encode(encoding)) <= limit
    assert text.startswith(fitted.removesuffix("…"))


def test_letters_that_gbk_lacks_lose_their_accent():
    assert fit_text("Façade ñandú 人民路", 254, "GBK") == "Facade nandú 人民路"
    assert fit_text("☃路", 254, "GBK") == "?路"


def test_the_table_says_the_same_as_the_shapes(plan, folder):
    content = (folder / "grids.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for their own encoding else"
    table = pd.read_csv(io.BytesIO(content), dtype={"code": str}, encoding="utf-8-sig")
    values = json.loads((folder / "grids.geojson").read_text(encoding="utf-8"))
    told = pd.DataFrame([feature["properties"] for feature in values["features"]])
    pd.testing.assert_frame_equal(table, told, check_dtype=False)


def test_plan_json_says_all_that_makes_the_plan(plan, folder):
    values = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert values["fingerprint"] == plan.layers.fingerprint
    assert values["seed"] == 7
    assert values["options"] == plan.options.to_dict()
    codes = plan.grids["code"]
    assert values["assignment"]["units"] == {str(u): codes[g] for u, g in enumerate(plan.assignment.grid)}
    assert values["assignment"]["buildings"] == {str(b): codes[g] for b, g in plan.building_grid.items() if g >= 0}


def test_same_layers_and_seed_write_the_same_bytes(folder, tmp_path):
    town_plan.cache_clear()
    again = town_plan()
    write_plan(again, tmp_path / "again")
    for name in ("plan.json", "audit.json", "grids.geojson", "grids.csv", "report.html", "map.png"):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_audit_json_is_the_certificate(plan, folder):
    values = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert values["holds"] is plan.certificate.holds
    assert values["summary"] == {language: plan.certificate.summary(language) for language in ("zh", "en")}


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_every_suffix_writes_its_file(plan, tmp_path, suffix):
    written = write_file(plan, tmp_path / f"方案{suffix}", language="en")
    assert tmp_path / f"方案{suffix}" in written
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in written}


def test_unknown_suffix_names_the_ones_there_are(plan, tmp_path):
    with pytest.raises(ExportError, match=r"\.xlsx.*\.gpkg"):
        write_file(plan, tmp_path / "plan.xlsx")
    assert not list(tmp_path.iterdir())


def test_failing_exporter_leaves_no_file_and_spoils_none(plan, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    write_file(plan, folder / "plan.json")
    before = (folder / "plan.json").read_bytes()

    def fail(plan, path, *, language="zh"):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gridgis.export.FILES", {"plan.json": EXPORTERS[".geojson"], "map.png": fail})
    with pytest.raises(ExportError, match=r"map\.png .*No space left"):
        write_plan(plan, folder)
    assert [file.name for file in folder.iterdir()] == ["plan.json"]
    assert (folder / "plan.json").read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_new_folder_is_not_made_when_writing_fails(plan, tmp_path, monkeypatch):
    def fail(plan, path, *, language="zh"):
        raise ExportError("no")

    monkeypatch.setattr("gridgis.export.FILES", {"map.png": fail})
    with pytest.raises(ExportError):
        write_plan(plan, tmp_path / "deep" / "out")
    assert not (tmp_path / "deep" / "out").exists()


def test_folder_that_is_a_file_is_refused(plan, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        write_plan(plan, tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]
    assert (tmp_path / "out").read_text() == "mine"


def test_other_files_in_the_folder_stay(plan, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    write_file(plan, tmp_path / "grids.shp")
    assert (tmp_path / "notes.txt").read_text() == "mine"
