import json
import re
import struct
from html.parser import HTMLParser

import folium
import numpy as np
import pytest
import shapely
from finished_plans import SPITEFUL, suburb_plan, town_plan
from matplotlib.figure import Figure
from matplotlib.image import imread
from random_town import random_town
from test_levels import halves

from gridgis import Band, PlanOptions, make_plan
from gridgis.preview.fonts import picture_fonts
from gridgis.preview.html import draw_html
from gridgis.preview.picture_labels import place_labels
from gridgis.preview.picture_sheet import Sheet
from gridgis.preview.png import draw_png
from gridgis.preview.style import HUES, LEVEL_INKS, grid_borders, short_codes
from gridgis.profiles import Housing, HousingRule


@pytest.fixture(scope="module")
def plan():
    return town_plan()


@pytest.fixture(scope="module")
def page(plan):
    return draw_html(plan)


class Loads(HTMLParser):
    """Collects what a page would load, and the text of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.addresses, self.scripts, self._kind = [], {}, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.addresses += [attributes[name] for name in ("src", "href", "srcset", "data") if attributes.get(name)]
        self._kind = attributes.get("id", "script") if tag == "script" else None

    def handle_data(self, data):
        if self._kind:
            self.scripts[self._kind] = self.scripts.get(self._kind, "") + data
            self._kind = None


def data_of(page):
    return json.loads(Loads(page).scripts["plan-data"])


def unpack(packed):
    """Rings of degrees: a ring's vertices, as the page's own script adds up the steps."""
    lonlat = np.cumsum(np.array(packed["steps"]).reshape(-1, 2), axis=0) / 1e6
    return np.split(lonlat, np.cumsum(packed["sizes"])[:-1])


def test_page_loads_nothing(page):
    assert Loads(page).addresses == []
    style = "".join(re.findall(r"<style>(.*?)</style>", page, re.S))
    assert not re.findall(r"url\((?!data:|#)[^)]*\)", style)
    assert "@import" not in style
    assert "sourceMappingURL" not in page
    assert "default-src 'none'" in page


def test_names_cannot_break_out_of_the_page(plan, page):
    assert any(SPITEFUL in text for text in plan.grids["bounds_zh"])
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    assert any(SPITEFUL in str(row) for row in data_of(page)["grids"]["rows"])


def test_page_holds_every_grid_and_building_in_place(plan, page):
    data = data_of(page)
    assert [row[0] for row in data["grids"]["rows"]] == plan.grids["code"].tolist()
    assert data["buildings"]["grid"] == plan.building_grid[plan.building_grid >= 0].tolist()
    assert sum(data["buildings"]["households"]) == plan.report.summary["households"]
    assert set(data["buildings"]["measured"]) == {0, 1}
    degrees = plan.grids.to_crs(4326).geometry
    rings = unpack(data["grids"]["shapes"])
    assert data["grids"]["shapes"]["parts"] == [1] * len(plan.grids)
    for ring, shape in zip(rings, degrees, strict=True):
        drawn = shapely.Polygon(ring)
        assert shapely.symmetric_difference(drawn, shape).area < 0.01 * shape.area
    houses = unpack(data["buildings"])
    centres = shapely.points([house.mean(axis=0) for house in houses])
    held = degrees.to_numpy()[data["buildings"]["grid"]]
    assert shapely.contains(held, centres).all()


def test_page_and_picture_show_the_levels_above_the_grids(tmp_path):
    layers = random_town(3, buildings=160, communities=halves())
    plan = make_plan(layers, PlanOptions(households=Band(60, 130), population=None, sectors=Band(3, 5), effort=0.1))
    data = data_of(draw_html(plan))
    assert [outline["level"] for outline in data["outlines"]] == ["community", "sector"]
    for outline, areas in zip(data["outlines"], (plan.community_areas, plan.sector_areas), strict=True):
        drawn = shapely.linestrings(next(iter(unpack(outline))))
        assert shapely.intersects(drawn, shapely.box(*areas.to_crs(4326).total_bounds))
        assert len(outline["names"]) == len(outline["at"]) == len(areas)
    assert [level["areas"] for level in data["levels"]] == [2, plan.sectors.grids, len(plan.grids)]
    draw_png(plan, tmp_path / "map.png", width_px=1200)
    pixels = np.round(imread(tmp_path / "map.png")[..., :3] * 255).astype(int)
    for ink in LEVEL_INKS.values():
        wanted = [int(ink[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels - wanted).max(axis=-1) <= 2).sum() > 200, "the level's outline is to be seen"


def test_page_tells_of_housing_types_and_soft_bands():
    housing = Housing(rules=(HousingRule("scattered", levels=Band(1, 4)),), default="gated-compound")
    options = PlanOptions(housing=housing, soft=("households",), effort=0.1)
    data = data_of(draw_html(make_plan(random_town(4, levels=None), options)))
    assert data["byLoad"]
    assert data["ask"][0] == "封闭小区 200–250（参考） · 散居楼院 120–160（参考）"
    assert "aimed at" in data["ask"][1]


def test_page_is_small(page):
    assert len(page.encode()) < 1_000_000


def test_page_opens_in_the_language_asked_for(plan):
    assert data_of(draw_html(plan, language="en"))["language"] == "en"
    assert data_of(draw_html(plan, language="zh"))["language"] == "zh"


def test_explore_is_a_folium_map_that_takes_layers(plan):
    board = plan.explore()
    assert isinstance(board, folium.Map)
    folium.CircleMarker((30.7, 120.0)).add_to(board)
    text = board.get_root().render()
    assert "L.circleMarker" in text
    assert Loads(text).addresses == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1200, 2400])
def test_picture_has_its_size_and_is_drawn(plan, tmp_path, language, width):
    path = tmp_path / "map.png"
    draw_png(plan, path, language=language, width_px=width)
    assert struct.unpack(">I", path.read_bytes()[16:20]) == (width,)
    pixels = np.round(imread(path)[..., :3] * 255).astype(int)
    assert 0.5 * width < len(pixels) < 1.4 * width
    packed = np.unique(pixels @ [65_536, 256, 1])
    assert len(packed) > 500
    colours = np.column_stack([packed >> 16, packed >> 8 & 255, packed & 255])
    for colour in plan.grids["colour"].unique():
        hue = np.array([int(HUES[colour][i : i + 2], 16) for i in (1, 3, 5)])
        tint = 0.26 * hue + 0.74 * np.array([0xF8, 0xF7, 0xF4])
        assert (np.abs(colours - tint).max(axis=1) <= 3).any(), "a grid of this hue is to be seen"


def test_pictures_font_has_chinese():
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    path = font_manager.findfont(picture_fonts()[0], fallback_to_default=False)
    letters = FT2Font(path).get_charmap()
    assert not [
        letter for letter in "网格划分图户人口辖区边界至路，。✓" if ord(letter) not in letters and letter != "✓"
    ]


@pytest.mark.parametrize("make", [town_plan, suburb_plan])
def test_labels_stand_in_their_grids_and_apart(make):
    plan = make()
    figure = Figure(figsize=(12, 10), dpi=200)
    sheet = Sheet(1.0)
    axes = figure.add_axes(sheet.map_box)
    m_per_px = sheet.frame(axes, plan.layers.boundary.bounds)
    codes = short_codes(plan.grids["code"].tolist(), plan.options.parent_code)
    place_labels(axes, plan.grids, codes, np.full(len(codes), True), m_per_px)
    texts = [text.get_text() for text in axes.texts]
    assert set(codes) <= set(texts), "every grid of a plan this size has room for its code"
    for text in axes.texts:
        if text.get_text() in codes:
            shape = plan.grids.geometry.iloc[codes.index(text.get_text())]
            x, y = text.get_position()
            assert shapely.distance(shape, shapely.Point(x, y)) == 0


@pytest.mark.parametrize("make", [town_plan, suburb_plan])
def test_borders_are_the_lines_between_grids_each_once(make):
    plan = make()
    rings = shapely.length(plan.grids.geometry.to_numpy()).sum()
    rim = shapely.length(shapely.coverage_union_all(plan.grids.geometry.to_numpy()))
    assert shapely.length(grid_borders(plan.grids)).sum() == pytest.approx((rings - rim) / 2)


def test_short_codes_leave_out_the_communitys():
    assert short_codes(["330102001001", "330102001002"], "330102001") == ["001", "002"]
    assert short_codes(["A-001", "A-002"], "A") == ["001", "002"]
    assert short_codes(["001", "002"], "") == ["001", "002"]
    assert short_codes(["001", "A002"], "A") == ["001", "A002"]
