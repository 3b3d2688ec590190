"""The workbench in a real browser: the demo on its map, table and map together, readable, usable by keyboard."""

import io
from pathlib import Path

import numpy as np
import pytest
import shapely
from finished_plans import SPITEFUL, town_plan
from gridgis_web.planning.demo import load_demo
from gridgis_web.settings import Settings
from gridgis_web.store import Store, life
from gridgis_web.store.plans import grids_of, load_plan, save_plan
from people import add_account
from playwright.sync_api import expect, sync_playwright
from running_service import FLAGS, Visit, serving
from small_plans import add_community, keep

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
TILES = "https://tiles.example"


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A store with the demo, a draft of it, and a plan in review, of a town in China, with a broken band."""
    folder = tmp_path_factory.mktemp("office")
    store = Store.at(folder / "store.gpkg")
    store.upgrade()
    load_demo(store)
    with store.write() as session:
        row = save_plan(session, 1, load_plan(session, 1), name="明年的方案", who="planner", based_on_id=1)
        town = keep(session, add_community(session), town_plan(), name=f"幸福社区 {SPITEFUL}")
        life.submit(session, town.id, town.version, who="planner")
        keys = {"published": 1, "draft": row.id, "town": town.id}
        labels = {grid.code: (grid.label_lat, grid.label_lon) for grid in grids_of(session, row.id)}
    add_account(store, "planner", "planner")
    yield folder, store, keys, labels
    store.close()


@pytest.fixture(scope="module")
def service(office):
    folder, store, keys, _ = office
    with serving(Settings(folder=folder), store) as service:
        for key in keys.values():
            service.cut_tiles(key)
        yield service


@pytest.fixture
def visit(browser, service):
    visits = []

    def begin(**how):
        visits.append(Visit(browser, service.home, **how))
        return visits[-1]

    yield begin
    for one in visits:
        one.close()


def colours(page, pane):
    """How many colours the canvases of a pane show."""
    return page.evaluate(
        """(pane) => {
            const found = new Set();
            for (const canvas of document.querySelectorAll(`.leaflet-${pane}-pane canvas`)) {
                if (!canvas.width) continue;
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                for (const colour of new Uint32Array(data.buffer)) found.add(colour);
            }
            return found.size;
        }""",
        pane,
    )


def place_of(page, at):
    """Where on the screen a latitude and longitude is."""
    return page.evaluate(
        """(at) => {
            const box = bench.map.leaflet.getContainer().getBoundingClientRect();
            const { x, y } = bench.map.leaflet.latLngToContainerPoint(at);
            return [x + box.x, y + box.y];
        }""",
        at,
    )


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in serious]


def test_the_demo_is_on_the_map_and_in_the_table(visit, office):
    _, _, keys, labels = office
    codes = list(labels)
    page = visit().open_plan(keys["published"])
    expect(page.locator("tr[data-code]")).to_have_count(len(codes))
    expect(page.locator(".grid-label").first).to_be_visible()
    page.wait_for_function("document.querySelectorAll('.leaflet-tile-pane canvas.leaflet-tile-loaded').length > 3")
    assert colours(page, "tile") > 5, "land, roads and buildings"
    assert colours(page, "grids") > 6, "grids"
    assert colours(page, "borders") > 2, "boundaries and their casing"
    expect(page.locator("#holds")).to_contain_text(f"{len(codes)}/{len(codes)}")
    expect(page.locator("#spread svg text.limit")).to_have_text(["300", "500"])
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("OpenStreetMap")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_the_table_selects_on_the_map_and_the_map_in_the_table(visit, office):
    _, _, keys, labels = office
    codes = list(labels)
    page = visit(language="en").open_plan(keys["published"])
    page.locator(f"tr[data-code='{codes[3]}']").click()
    expect(page.locator("#why h3")).to_contain_text(codes[3])
    expect(page.locator("#spread .bar.selected")).to_have_count(1)
    before = page.evaluate("bench.map.showWhole({ animate: false }); bench.map.leaflet.getZoom()")
    page.mouse.click(*place_of(page, labels[codes[26]]))
    expect(page.locator("tr.selected")).to_have_attribute("data-code", codes[26])
    expect(page.locator("#why h3")).to_contain_text(codes[26])
    assert page.evaluate("bench.map.leaflet.getZoom()") == before, "who clicks on the map keeps the view"
    page.keyboard.press("Escape")
    expect(page.locator("tr.selected")).to_have_count(0)


def test_arrows_go_through_the_table(visit, office):
    page = visit().open_plan(office[2]["draft"])
    rows = page.locator("tr[data-code]")
    rows.nth(0).get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(rows.nth(2)).to_have_class("selected")
    expect(page.locator("#why h3")).to_contain_text(rows.nth(2).get_attribute("data-code"))


def test_the_first_keys_lead_to_the_map_and_the_table(visit, office):
    page = visit().open_plan(office[2]["draft"])
    seen = []
    for _ in range(2):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getAttribute('href')"))
    assert seen == ["#map", "#panel"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#panel').contains(document.activeElement)")


def test_panels_fold_and_stay_folded(visit, office):
    one = visit()
    page = one.open_plan(office[2]["draft"])
    page.locator("[data-part=spread] summary").click()
    page.locator("#fold").click()
    expect(page.locator("#panel")).to_be_hidden()
    one.open_plan(office[2]["draft"])
    expect(page.locator("#panel")).to_be_hidden()
    page.locator("#fold").click()
    expect(page.locator("#spread")).to_be_hidden()
    expect(page.locator("#why")).to_be_visible()


def test_a_broken_band_is_marked_and_explained_and_names_stay_text(visit, office):
    page = visit().open_plan(office[2]["town"])
    expect(page.locator("h1")).to_contain_text(SPITEFUL)
    report = town_plan().report
    broken = report.grids.index[~report.grids["in_band"]]
    expect(page.locator("tr.out")).to_have_count(len(broken))
    page.locator(f"tr[data-code='{report.grids['code'][broken[0]]}']").click()
    expect(page.locator("#why .reason")).to_contain_text(report.explanations["reason_zh"][0])
    expect(page.locator("#holds")).to_contain_text(f"{len(broken)} 个有说明")


@pytest.mark.parametrize(
    ("which", "language", "scheme"), [("draft", "zh", "light"), ("draft", "en", "dark"), ("published", "en", "light")]
)
def test_nobody_is_shut_out(visit, office, which, language, scheme):
    one = visit(language=language, scheme=scheme)
    assert violations(one.page) == [], "the list"
    page = one.open_plan(office[2][which])
    page.locator("tr[data-code]").first.click()
    page.locator(".map-layers summary").click()
    page.locator(".map-coordinates button").first.click()
    assert violations(page) == [], "the workbench"


def test_units_are_locked_breaches_are_told_where_they_are_and_colours_have_their_limits(visit, office):
    _, store, _, labels = office
    with store.write() as session:
        key = save_plan(session, 1, load_plan(session, 1), name="草案", who="planner", based_on_id=1).id
    page = visit(language="en").open_plan(key)
    code = sorted(labels)[30]
    page.locator(f"tr[data-code='{code}']").click()
    page.get_by_text("What binds it").click()
    expect(page.locator(".bindings")).to_contain_text("Beside it")

    page.keyboard.press("s")
    troubles = page.locator("#troubles")
    expect(troubles).to_contain_text("at least 300 households are needed")
    expect(page.locator("#holds .fails")).to_be_visible()
    expect(page.locator("#why")).not_to_contain_text("certified")
    troubles.get_by_role("button", name="Show where").last.click()
    expect(page.locator("tr.selected")).not_to_have_attribute("data-code", code)
    troubles.get_by_role("button", name="Undo").click()
    expect(troubles).to_be_hidden()
    expect(page.locator("#holds .fails")).to_have_count(0)

    # a box around the middle of the grid, with the units in it
    page.locator(f"tr[data-code='{code}']").click()
    page.keyboard.press("r")
    x, y = place_of(page, labels[code])
    page.mouse.move(x - 60, y - 60)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()
    expect(page.locator(".offer").first).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("#act")).to_contain_text("stay in it")
    page.keyboard.press("Control+z")
    expect(page.locator("#act")).not_to_contain_text("stay in it")

    page.locator("[data-mode=deviation]").click()
    expect(page.locator(".legend .limit")).to_have_text(["300", "500"])
    assert violations(page) == []


def test_coordinates_are_told_in_either_datum(visit, office):
    page = visit().open_plan(office[2]["town"])
    page.get_by_role("button", name="坐标", exact=True).click()
    shown = page.locator(".map-at")
    middle = page.evaluate("(({lat, lng}) => [lat, lng])(bench.map.leaflet.getCenter())")
    assert [float(part) for part in shown.inner_text().split(",")] == pytest.approx(middle, abs=1e-5)
    page.get_by_role("button", name="WGS 84").click()
    expect(page.get_by_role("button", name="GCJ-02")).to_be_visible()
    shifted = [float(part) for part in shown.inner_text().split(",")]
    assert 0.001 < np.hypot(*np.subtract(shifted, middle)) < 0.01


def test_tiles_drawn_in_gcj02_lie_where_they_belong(browser, office):
    folder, store, keys, _ = office
    settings = Settings(folder=folder, tiles=TILES + "/{z}/{x}/{y}.png", tiles_datum="gcj02", tiles_attribution="T")
    with serving(settings, store) as service:
        one = Visit(browser, service.home)
        one.page.route(f"{TILES}/**", lambda route: route.fulfill(body=grey_tile(), content_type="image/png"))
        page = one.open_plan(keys["town"])
        page.locator(".map-layers summary").click()
        page.locator(".map-layers input").last.check()
        page.wait_for_selector(".leaflet-background-pane img.leaflet-tile-loaded")
        tile = page.locator(".leaflet-background-pane img").first
        z, x, y = (int(part) for part in tile.get_attribute("src").removesuffix(".png").split("/")[-3:])
        box = tile.bounding_box()
        corner = page.evaluate(
            """([z, x, y, left, top]) => {
                const { leaflet } = bench.map, at = leaflet.getContainer().getBoundingClientRect();
                const where = leaflet.containerPointToLatLng([left - at.x, top - at.y]);
                return [where.lng, where.lat];
            }""",
            [z, x, y, box["x"], box["y"]],
        )
        drawn = (x / 2**z * 360 - 180, np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / 2**z)))))
        assert drawn[0] > corner[0], "there, GCJ-02 lies to the east"
        shift_m = shapely.Point(np.subtract(drawn, corner) * (95_700, 111_320)).distance(shapely.Point(0, 0))
        assert 300 < shift_m < 800, "a tile's corner lies where its GCJ-02 place is in WGS 84"
        assert all(url.startswith(TILES) for url in one.outside)
        one.outside.clear()
        one.close()


def grey_tile():
    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (256, 256), 128).save(out, "PNG")
    return out.getvalue()
