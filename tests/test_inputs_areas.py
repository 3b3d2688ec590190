"""Compounds, communities and existing grids: what is read, what is mended, what is refused."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
import small_layers as small
from shapely import MultiPolygon, box
from shapely.affinity import translate

from gridgis.errors import InputError
from gridgis.inputs import inspect_layer, read_layers
from gridgis.repair import fill_gaps, part_overlaps


def areas(*boxes, **columns):
    """Rectangles by west, south, east, north from the town's corner; the town is 200 m square."""
    shapes = [b if isinstance(b, shapely.Geometry) else box(*b) for b in boxes]
    shapes = [translate(shape, small.X, small.Y) for shape in shapes]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=small.CRS)


def read(**layers):
    return read_layers(**small.town(**layers))


def faults(**layers):
    with pytest.raises(InputError) as caught:
        read(**layers)
    return caught.value.faults


def repair(layers, defect):
    rows = layers.repairs[layers.repairs["defect"].str.contains(defect)]
    return rows.iloc[0] if len(rows) else None


def held_once(frame, outline):
    """What no area holds, and what several do, in m²."""
    shapes = frame.geometry.to_numpy()
    united = shapely.union_all(shapes)
    return outline.difference(united).area, shapely.area(shapes).sum() - united.area


WEST, EAST = (0, 0, 100, 200), (100, 0, 200, 200)


@pytest.mark.parametrize(
    ("columns", "names", "codes"),
    [
        ({"GEOID": ["060750201001", "060750201002"]}, [None, None], ["060750201001", "060750201002"]),
        ({"BLOCKGROUP": [60750201001.0, 60750201002.0]}, [None, None], ["60750201001", "60750201002"]),
        ({"社区名称": ["幸福", "和平"], "社区编码": ["001", "002"]}, ["幸福", "和平"], ["001", "002"]),
        ({"name": ["A", None], "osm_id": [7, 8]}, ["A", None], [None, None]),
    ],
)
def test_communities_are_known_by_name_or_code(columns, names, codes):
    found = read(communities=areas(WEST, EAST, **columns)).communities
    assert (found["name"].tolist(), found["code"].tolist()) == (names, codes)


def test_several_polygons_of_one_code_are_one_community():
    frame = areas((0, 0, 50, 200), EAST, (50, 0, 100, 200), code=["1", "2", "1"], name=["A", "B", None])
    layers = read(communities=frame)
    assert layers.communities["name"].tolist() == ["A", "B"]
    assert layers.communities.geometry.area.tolist() == pytest.approx([20_000, 20_000])
    assert repair(layers, "several polygons")["ids"] == "1"


def test_communities_that_overlap_are_parted_and_told():
    layers = read(communities=areas((0, 0, 120, 200), EAST, name=["A", "B"]))
    assert held_once(layers.communities, layers.boundary) == pytest.approx((0, 0), abs=1e-3)
    assert layers.communities.geometry.area.tolist() == pytest.approx([24_000, 16_000])
    assert repair(layers, "overlap")["ids"] == "A/B 4,000 m²"


def test_seams_between_communities_are_closed_without_a_word():
    layers = read(communities=areas((0, 0, 100.1, 200), (100, 0, 150, 200), (150.2, -9, 200, 200), name=list("ABC")))
    assert held_once(layers.communities[["geometry"]], layers.boundary) == pytest.approx((0, 0), abs=1e-3)
    assert layers.repairs.empty


def test_a_neighbour_that_only_reaches_in_is_left_out_and_its_ground_joined():
    neighbour = (190, 0, 400, 200)
    layers = read(communities=areas((0, 0, 190, 200), neighbour, (900, 0, 990, 90), name=["A", "B", "C"]))
    assert layers.communities["name"].tolist() == ["A"]
    assert held_once(layers.communities, layers.boundary) == pytest.approx((0, 0), abs=1e-3)
    assert repair(layers, "reach in")["ids"] == "B"
    assert repair(layers, "wholly outside")["count"] == 1
    assert repair(layers, "ground in no community, without")["ids"] == "2,000 m²"


def test_ground_with_buildings_in_no_community_stays_one_more():
    layers = read(communities=areas((0, 0, 200, 100), name=["A"]))  # the third building is north of it
    assert held_once(layers.communities, layers.boundary)[0] == pytest.approx(20_000)
    assert repair(layers, "ground in no community, with buildings or")["action"] == "one more community"


@pytest.mark.parametrize("role", ["communities", "existing"])
def test_a_layer_wholly_elsewhere_is_refused(role):
    (fault,) = faults(**{role: areas((900, 900, 990, 990), name=["A"])})
    assert fault.startswith(f"{role}: none of the 1 features lies in the boundary")


def test_existing_grids_of_any_program():
    frame = areas((-20, 0, 100, 200), (90, 0, 200, 100), (100, 110, 200, 200), 网格编号=["9", "7", "8"])
    layers = read(existing=frame)
    assert layers.existing["code"].tolist() == ["9", "7", "8"]
    assert shapely.covers(shapely.buffer(layers.boundary, 1e-6), layers.existing.geometry.to_numpy()).all()
    gap, overlap = held_once(layers.existing, layers.boundary)
    assert (gap, overlap) == pytest.approx((1_000, 0), abs=1e-3)
    assert repair(layers, "outside the jurisdiction")["ids"] == "9 4,000 m²"
    assert repair(layers, "grids that overlap")["ids"] == "7/9 1,000 m²"
    assert repair(layers, "ground in no grid")["ids"] == "1,000 m²"


def test_a_grid_drawn_into_another_keeps_its_ground():
    layers = read(existing=areas((0, 0, 200, 200), (20, 20, 80, 80), code=["big", "small"]))
    assert layers.existing.geometry.area.tolist() == pytest.approx([36_400, 3_600])


def test_codes_that_repeat_and_codes_that_are_missing():
    columns = {"code": [None, "002", "5", None, "5"]}
    boxes = [(100, 0, 200, 100), (0, 100, 100, 200), (0, 0, 50, 100), (100, 100, 200, 200), (50, 0, 100, 100)]
    layers = read(existing=areas(*boxes, **columns))
    assert layers.existing["code"].tolist() == ["003", "002", "5", "001"]  # numbered from the north, past 002
    assert repair(layers, "no code")["ids"] == "001, 003"
    assert repair(layers, "several polygons")["ids"] == "5"


def test_a_grid_of_several_parts_is_one_grid():
    frame = areas((0, 0, 50, 200), (50, 0, 150, 200), (150, 0, 200, 200), code=["1", "2", "1"])
    shape = read(existing=frame).existing.geometry.iloc[0]
    assert isinstance(shape, MultiPolygon) and shape.area == pytest.approx(20_000)


def test_buildings_that_an_existing_boundary_cuts_are_named():
    layers = read(existing=areas((0, 0, 25, 200), (25, 0, 200, 200), code=["1", "2"]))
    assert repair(layers, "buildings cut")["ids"] == "a, c"


def test_crossed_outlines_of_existing_grids_are_mended():
    bow = shapely.Polygon([(0, 0), (200, 200), (200, 0), (0, 200)])
    layers = read(existing=areas(bow, code=["1"]))
    assert layers.existing.geometry.is_valid.all()
    assert repair(layers, "invalid geometry")["count"] == 1


def test_the_grids_layer_of_a_plans_file_is_taken(tmp_path):
    path = tmp_path / "plan.gpkg"
    small.buildings().to_file(path, layer="buildings", engine="pyogrio")
    areas(WEST, EAST, code=["001", "002"]).to_file(path, layer="grids", engine="pyogrio")
    areas(WEST, EAST, code=["1", "2"]).to_file(path, layer="micro_grids", engine="pyogrio")
    assert read(existing=path).existing["code"].tolist() == ["001", "002"]


def test_compounds_say_kind_profile_and_whether_dedicated():
    frame = areas(
        *[(20 * n, 0, 20 * n + 10, 10) for n in range(6)],
        name=["阳光", "第三村民组", "实验小学", None, "幸福花园", "x"],
        类型=["封闭小区", None, "学校", "村民组", None, "market"],
        profile=["封闭小区", None, "urban", None, None, None],
        专属=["否", None, "是", 0, 1.0, "Yes"],
    )
    found = read(compounds=frame).compounds
    assert found["kind"].tolist() == ["compound", "group", "institution", "group", "compound", "institution"]
    assert found["profile"].tolist()[:3] == ["封闭小区", None, "urban"]
    assert found["dedicated"].tolist() == [False, False, True, False, True, True]
    assert found["dedicated"].dtype == bool


def test_compounds_that_say_little_are_compounds():
    found = read(compounds=areas(WEST, name=["A"])).compounds.iloc[0]
    assert (found["kind"], found["profile"], found["dedicated"]) == ("compound", None, False)
    assert read().compounds["dedicated"].dtype == bool


def test_several_layers_of_compounds():
    one, two = areas(WEST, name=["A"]), areas(EAST, name=["B"], kind=["group"])
    assert read(compounds=[one, two]).compounds["kind"].tolist() == ["compound", "group"]


def test_words_that_say_neither_yes_nor_no():
    (fault,) = faults(compounds=areas(WEST, EAST, dedicated=["maybe", "yes"]))
    assert "1 rows say neither yes nor no" in fault and "maybe" in fault


def test_dedicated_areas_outside_are_refused_others_left_out():
    boxes = [(10, 10, 90, 90), (500, 0, 590, 90), (700, 0, 790, 90)]
    frame = areas(*boxes, name=["A", "B", "C"], dedicated=["yes", "no", "yes"])
    (fault,) = faults(compounds=frame)
    assert "grids of it: C. Correct their place or the boundary, or leave out “dedicated”" in fault
    layers = read(compounds=frame.iloc[:2])
    assert layers.compounds["name"].tolist() == ["A"]
    assert repair(layers, "wholly outside")["count"] == 1


@pytest.fixture
def landuse(tmp_path):
    path = tmp_path / "landuse.gpkg"
    frame = areas(WEST, EAST, (0, 0, 9, 9), landuse=["residential", "grass", "Industrial"], level=[1.0, 2.0, 1.0])
    frame.to_file(path, layer="plots", engine="pyogrio")
    small.roads().to_file(path, layer="roads", engine="pyogrio")
    return path


@pytest.mark.parametrize(
    ("where", "kinds"),
    [
        ("|where=landuse=residential", ["compound"]),
        ("|layername=plots|where=LANDUSE=residential, industrial", ["compound", "institution"]),
        ("|where=landuse=residential,industrial|where=level=1", ["compound", "institution"]),
    ],
)
def test_rows_are_chosen_by_what_a_column_says(landuse, where, kinds):
    assert read(compounds=f"{landuse}{where}").compounds["kind"].tolist() == kinds


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("|where=landuse=forest", "in no row is landuse forest; it holds residential (1), grass (1), Industrial (1)"),
        ("|where=land_us=grass", "there is no column “land_us”"),
        ("|where=landuse", "means nothing; write |layername=NAME"),
        ("|plots", "“|plots” means nothing"),
    ],
)
def test_rows_that_are_not_there(landuse, where, said):
    (fault,) = faults(compounds=f"{landuse}{where}")
    assert said in fault


def test_the_fingerprint_covers_the_areas():
    compounds = areas(WEST, name=["A"], dedicated=["no"], profile=[None])
    towns = [
        {},
        {"communities": areas(WEST, EAST, name=["A", "B"])},
        {"communities": areas(WEST, EAST, name=["A", "C"])},
        {"existing": areas(WEST, EAST, code=["A", "B"])},
        {"existing": areas((0, 0, 90, 200), (90, 0, 200, 200), code=["A", "B"])},
        {"compounds": compounds},
        {"compounds": compounds.assign(dedicated="yes")},
        {"compounds": compounds.assign(profile="urban")},
        {"buildings": small.buildings(housing=["urban", None, None])},
    ]
    assert len({read(**town).fingerprint for town in towns}) == len(towns)


@pytest.mark.parametrize(
    ("columns", "housing", "uses"),
    [
        ({"住房类型": ["平房区", None, "村庄"]}, ["平房区", None, "村庄"], ["unknown"] * 3),
        ({"房屋类型": ["住宅", "学校", None]}, [None] * 3, ["residential", "nonresidential", "unknown"]),
        (
            {"房屋类型": ["封闭小区", "学校", None]},
            ["封闭小区", "学校", None],
            ["unknown", "nonresidential", "unknown"],
        ),
        ({"use": ["house"] * 3, "housing": ["village"] * 3}, ["village"] * 3, ["detached"] * 3),
        ({"housing_units": [5, 6, 7]}, [None] * 3, ["unknown"] * 3),
    ],
)
def test_the_housing_column_leaves_the_use_its_own(columns, housing, uses):
    buildings = read(buildings=small.buildings(**columns)).buildings
    assert (buildings["housing"].tolist(), buildings["use"].tolist()) == (housing, uses)


def test_the_housing_column_can_be_named():
    layers = read_layers(**small.town(buildings=small.buildings(甲=["A", "B", None])), columns={"housing": "甲"})
    assert layers.buildings["housing"].tolist() == ["A", "B", None]


def test_inspect_knows_communities_and_what_compounds_say(tmp_path):
    areas(WEST, EAST, GEOID=["1", "2"]).to_file(tmp_path / "communities.gpkg", engine="pyogrio")
    areas(WEST, 类型=["小区"], 专属=["是"]).to_file(tmp_path / "小区.gpkg", engine="pyogrio")
    communities, compounds = inspect_layer(tmp_path / "communities.gpkg"), inspect_layer(tmp_path / "小区.gpkg")
    assert (communities.role, communities.fields[0].meaning) == ("communities", "code")
    assert [field.meaning for field in compounds.fields] == ["kind", "dedicated"]


@pytest.mark.parametrize("seed", range(4))
def test_any_areas_end_up_without_overlap_and_lose_no_ground(seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 80, (12, 2))
    high = low + rng.uniform(5, 40, (12, 2))
    shapes = shapely.box(*low.T, *high.T)
    rank = rng.permutation(12)
    parted, told = part_overlaps(shapes, rank)
    assert shapely.area(parted).sum() == pytest.approx(shapely.union_all(shapes).area)
    assert shapely.union_all(parted).area == pytest.approx(shapely.union_all(shapes).area)
    assert parted[rank.argmin()].equals(shapes[rank.argmin()])
    assert all(rank[keeper] < rank[loser] and m2 > 0 for keeper, loser, m2 in told)


def test_a_gap_joins_the_area_it_borders_most():
    shapes = np.array([box(0, 0, 10, 30), box(20, 0, 30, 5)], object)
    filled, lonely = fill_gaps(shapes, [box(10, 0, 20, 30), box(50, 50, 60, 60)])
    assert filled[0].equals(box(0, 0, 20, 30)) and filled[1].equals(shapes[1])
    assert [gap.bounds for gap in lonely] == [(50, 50, 60, 60)]


def test_a_gap_behind_a_gap_joins_too():
    filled, lonely = fill_gaps(np.array([box(0, 0, 10, 10)], object), [box(20, 0, 30, 10), box(10, 0, 20, 10)])
    assert filled[0].equals(box(0, 0, 30, 10)) and not lonely


def test_the_ground_of_each_neighbour_joins_the_community_it_lies_beside():
    frame = areas((0, 0, 190, 100), (0, 100, 190, 200), (190, 0, 400, 100), (190, 100, 400, 200), name=list("ABCD"))
    found = read(communities=frame).communities
    assert found["name"].tolist() == ["A", "B"]
    assert found.geometry.area.tolist() == pytest.approx([20_000, 20_000])


@pytest.mark.parametrize("seed", range(3))
def test_no_hair_is_left_between_communities_drawn_one_by_one(seed):
    """Edges drawn at a slant, with vertices of their own on either side, meet nowhere exactly."""
    rng = np.random.default_rng(seed)
    cuts = [np.column_stack([np.linspace(-30, 230, 9), y + rng.normal(0, 9, 9)]) for y in (55, 110, 160)]
    edges = [np.array([(-30, -30), (230, -30)]), *cuts, np.array([(-30, 230), (230, 230)])]
    strips = [shapely.Polygon([*low, *(high + rng.normal(0, 0.05, high.shape))[::-1]]) for low, high in pairwise(edges)]
    layers = read(communities=areas(*strips, name=list("ABCD")))
    shapes = [shape.intersection(layers.boundary) for shape in layers.communities.geometry]
    lines = shapely.union_all(shapely.boundary([*layers.communities.geometry, layers.boundary]), grid_size=1e-6)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = faces[shapely.intersects(layers.boundary, shapely.point_on_surface(faces))]
    assert len(inside) == sum(shapely.get_num_geometries(shapes))
