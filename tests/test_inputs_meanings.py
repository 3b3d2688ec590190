"""What columns and words mean."""

import geopandas as gpd
import pandas as pd
import pytest
import small_layers as small
from shapely import LineString

from gridgis.features import KINDS, USES
from gridgis.inputs import read_layers
from gridgis.inputs.columns import find_column
from gridgis.inputs.kinds import barrier_kinds, flags, road_kinds
from gridgis.inputs.uses import building_uses, use_of
from gridgis.inputs.words import NOTHING, meanings, patterns


@pytest.mark.parametrize(
    ("columns", "field", "expected"),
    [
        (["户数"], "households", "户数"),
        (["Households"], "households", "Households"),
        (["HH", "POP"], "population", "POP"),
        (["住户数"], "households", "住户数"),
        (["人口数（人）"], "population", "人口数（人）"),
        (["常住人"], "population", "常住人"),  # 常住人口 cut to 9 bytes of UTF-8
        (["Pop_psmi", "area_mi2", "population_est"], "population", "population_est"),
        (["Pop_psmi", "population"], "population", "population"),  # …_est, cut to 10 bytes
        (["Pop_psmi"], "population", None),
        (["POP_DENS", "POP2020"], "population", "POP2020"),
        (["人口密度"], "population", None),
        (["building:levels"], "levels", "building:levels"),
        (["building_l"], "levels", "building_l"),
        (["楼层"], "levels", "楼层"),
        (["LEVELS"], "levels", "LEVELS"),
        (["高度(m)"], "height", "高度(m)"),
        (["building_u", "building"], "use", "building_u"),
        (["房屋用途"], "use", "房屋用途"),
        (["小区名称"], "compound", "小区名称"),
        (["name:zh", "name"], "name", "name"),
        (["道路名称"], "name", "道路名称"),
        (["bldg_id"], "id", "bldg_id"),
        (["nothing", "of", "it"], "households", None),
    ],
)
def test_columns_are_found_by_their_usual_names(columns, field, expected):
    frame = pd.DataFrame({column: [1] for column in columns})
    assert find_column(frame, field) == expected


def test_the_column_that_is_named_wins():
    frame = small.buildings(入住=[1, 2, 3], 人数=[5, 6, 7])
    layers = read_layers(**small.town(buildings=frame), columns={"households": "入住"})
    assert layers.buildings["households"].tolist() == [1, 2, 3]
    assert layers.buildings["population"].tolist() == [5, 6, 7]


def test_every_word_means_something_the_engine_knows():
    for section in ("roads", "railways", "waterways", "barriers", "natural", "man_made", "amenities"):
        assert set(meanings(section).values()) <= {*KINDS, NOTHING, "subway"}, section
    assert {kind for _, kind in patterns("road_patterns")} <= {*KINDS, NOTHING}
    assert set(meanings("uses").values()) <= set(USES)
    assert {use for _, use in patterns("use_patterns")} <= set(USES)


@pytest.mark.parametrize(
    ("word", "use"),
    [
        ("yes", "unknown"),
        ("apartments", "apartments"),
        ("house", "detached"),
        ("terrace", "terrace"),
        ("semidetached_house", "terrace"),
        ("garage", "outbuilding"),
        ("roof", "outbuilding"),
        ("dormitory", "dormitory"),
        ("office", "nonresidential"),
        ("residential;commercial", "mixed"),
        ("住宅", "residential"),
        ("高层住宅", "apartments"),
        ("非住宅", "nonresidential"),
        ("商业", "nonresidential"),
        ("办公", "nonresidential"),
        ("工业厂房", "nonresidential"),
        ("学校", "nonresidential"),
        ("学生宿舍", "dormitory"),
        ("地下车库", "outbuilding"),
        ("商住楼", "mixed"),
        ("住宅、商业", "mixed"),
        ("农村自建房", "detached"),
        ("Single Family Residential", "detached"),
        ("MULTI-FAMILY", "apartments"),
        ("Commercial", "nonresidential"),
        ("wibble", None),
        ("", None),
    ],
)
def test_uses(word, use):
    assert use_of(word) == use


def test_tags_of_a_building_are_read_together():
    frame = pd.DataFrame(
        {
            "building": ["yes", "apartments", "yes", "yes", "apartments", "school", "apartments"],
            "amenity": [None, None, "school", "parking", "restaurant", "school", None],
            "shop": [None, "bakery", None, None, None, None, None],
            "office": [None, None, None, None, None, None, "no"],
        }
    )
    assert building_uses(frame).tolist() == [
        "unknown", "mixed", "nonresidential", "outbuilding", "mixed", "nonresidential", "apartments",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("motorway", "motorway"), ("motorway_link", "motorway"), ("trunk_link", "trunk"), ("primary", "primary"),
        ("secondary_link", "secondary"), ("tertiary", "tertiary"), ("unclassified", "road"),
        ("residential", "residential"), ("living_street", "residential"), ("pedestrian", "residential"),
        ("service", "service"), ("track", "service"),
        ("footway", "path"), ("steps", "path"), ("cycleway", "path"), ("bridleway", "path"), ("pier", "path"),
        ("construction", NOTHING), ("proposed", NOTHING), ("raceway", NOTHING), ("platform", NOTHING),
        ("elevator", NOTHING), ("corridor", NOTHING), ("高速公路", "motorway"), ("国道", "trunk"), ("省道", "primary"),
        ("主干路", "primary"), ("城市次干路", "secondary"), ("支路", "tertiary"), ("街巷", "residential"),
        ("小区道路", "service"), ("人行道", "path"), ("规划道路", NOTHING), (None, "road"), ("7", "road"),
    ],
)  # fmt: skip
def test_road_classes(value, kind):
    assert road_kinds(pd.DataFrame({"highway": [value]})).tolist() == [kind]


def test_values_that_are_lists_and_columns_that_are_there_twice_do_not_stop_reading():
    frame = small.roads().assign(names=[["a", "b"], None], highway=[{"class": 1}, "residential"], indoor=["no", "yes"])
    frame = pd.concat([frame, frame[["indoor"]]], axis=1)
    lines = read_layers(**small.town(roads=frame)).lines
    assert lines["kind"].tolist() == ["road"]


def test_the_first_column_that_says_a_class_decides_and_none_is_a_road():
    frame = pd.DataFrame({"kind": ["minor_road", "path", None], "highway": ["service", None, None]})
    assert road_kinds(frame).tolist() == ["service", "path", "road"]
    assert road_kinds(pd.DataFrame(index=range(2))).tolist() == ["road", "road"]


def test_lines_of_other_kinds_in_a_roads_file_are_no_roads():
    frame = pd.DataFrame({"highway": ["primary", None, None], "waterway": [None, "river", None]})
    assert road_kinds(frame).tolist() == ["primary", NOTHING, "road"]


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("waterway", "river", "river"), ("waterway", "canal", "river"), ("waterway", "ditch", "stream"),
        ("waterway", "riverbank", "river"), ("waterway", "water", "water"), ("waterway", "lock_gate", NOTHING),
        ("railway", "rail", "rail"), ("railway", "funicular", "rail"), ("railway", "tram", "tram"),
        ("railway", "subway", "subway"), ("railway", "abandoned", NOTHING), ("railway", "turntable", NOTHING),
        ("barrier", "wall", "wall"), ("barrier", "hedge", "wall"), ("barrier", "retaining_wall", "wall"),
        ("barrier", "kerb", NOTHING), ("barrier", "围墙", "wall"), ("natural", "coastline", "water"),
        ("natural", "water", "water"), ("landuse", "residential", "landuse"), ("landuse", "lane", NOTHING),
        ("landuse", "reservoir", "water"), ("leisure", "park", "landuse"), ("leisure", "swimming_pool", NOTHING),
        ("water", "lake", "water"), ("kind", "water", "water"), ("类型", "河流", "river"),
    ],
)  # fmt: skip
def test_barriers(column, value, kind):
    assert barrier_kinds(pd.DataFrame({column: [value]}), "layer").tolist() == [kind]


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("rivers.shp", "river"), ("铁路.shp", "rail"), ("水域.gpkg", "water"), ("walls.geojson", "wall"),
        ("用地.shp", "landuse"), ("barriers.gpkg", "wall"), ("watertown.gpkg|rail", "rail"),
    ],
)  # fmt: skip
def test_a_barrier_file_without_telling_columns_is_what_its_name_says(file, kind):
    assert barrier_kinds(pd.DataFrame({"osm_id": [1]}), file).tolist() == [kind]


def test_what_is_in_a_tunnel():
    frame = pd.DataFrame(
        {
            "tunnel": ["yes", "building_passage", "no", None, "culvert", "F"],
            "location": [None, None, None, "underground", None, None],
        }
    )
    assert flags(frame, "tunnel").tolist() == [True, False, False, True, True, False]
    assert flags(pd.DataFrame({"is_tunnel": [1.0, None, 0.0]}), "tunnel").tolist() == [True, False, False]
    assert flags(pd.DataFrame({"name": ["x"]}), "bridge").tolist() == [False]


def test_water_becomes_surfaces_land_use_outlines_and_slivers_nothing():
    shapes = [small.square(0, 0, 50), small.square(60, 0, 50), small.square(120, 0, 5), small.square(0, 100, 150, 2)]
    frame = gpd.GeoDataFrame(
        {
            "natural": ["water", None, None, None],
            "landuse": [None, "industrial", "industrial", "grass"],
            "name": list("abcd"),
        },
        geometry=shapes,
        crs=small.CRS,
    )
    layers = read_layers(**small.town(barriers=[frame]))
    assert layers.water["name"].tolist() == ["a"]
    edges = layers.lines[layers.lines["kind"] == "landuse"]
    assert edges["name"].tolist() == ["b"]
    assert edges.geometry.iloc[0].equals(shapes[1].exterior)
    assert (layers.lines.geom_type == "LineString").all()
    assert not layers.lines["kind"].isin(["water", NOTHING]).any()


def test_lines_are_cut_off_sixty_metres_outside():
    layers = read_layers(**small.town())
    west, _, east, _ = layers.lines.total_bounds
    assert (west, east) == (small.X - 60, small.X + 260)


def test_a_railway_under_buildings_is_underground_only_where_no_column_says():
    houses = small.buildings().iloc[[0] * 4].assign(id=list("pqrs"))
    houses = houses.set_geometry([small.square(20 + 40 * i, 20, 20) for i in range(4)])
    rail = gpd.GeoDataFrame({"railway": ["rail"]}, geometry=[LineString(small.at((0, 30), (200, 30)))], crs=small.CRS)
    away = rail.set_geometry([LineString(small.at((0, 80), (200, 80)))])

    def tunnel(frame):
        return (
            read_layers(**small.town(buildings=houses, barriers=[frame]))
            .lines.query("kind == 'rail'")["tunnel"]
            .tolist()
        )

    assert tunnel(rail) == [True]
    assert tunnel(rail.assign(tunnel="no")) == [False]
    assert tunnel(away) == [False]
    assert tunnel(away.assign(railway="subway")) == [True]
