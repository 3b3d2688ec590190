"""The report in a real browser that has no network."""

import re

import pytest
from finished_plans import SPITEFUL, suburb_plan, town_plan
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
DESK, PHONE = (1366, 768), (390, 844)


@pytest.fixture(scope="module")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, plan in (("town", town_plan()), ("suburb", suburb_plan())):
        plan.to_file(folder / f"{name}.html", language="zh")
    return folder


@pytest.fixture
def open_page(browser, files):
    contexts, outside, errors = [], [], []

    def open_page(name, size=DESK):
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else outside.append(r.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto((files / f"{name}.html").as_uri())
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not outside, "the page asks no host for anything"
    assert not errors


def shades(page, selector):
    """How many colours a canvas shows."""
    return page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        }""",
        selector,
    )


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_map_rows_and_labels_are_drawn(open_page, size):
    page = open_page("suburb", size)
    plan = suburb_plan()
    expect(page.locator("tr[data-grid]")).to_have_count(len(plan.grids))
    expect(page.locator(".grid-label b", has_text="001")).to_be_visible()
    assert shades(page, ".leaflet-base-pane canvas") > 5, "land, roads and buildings"
    assert shades(page, ".leaflet-overlay-pane canvas") > len(plan.grids["colour"].unique()), "grids"
    assert shades(page, ".leaflet-borders-pane canvas") > 3, "boundaries"
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text(plan.layers.attribution)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"


def test_labels_do_not_overlap_at_any_zoom(open_page):
    page = open_page("suburb")
    for _ in range(3):
        boxes = page.locator(".grid-label").evaluate_all(
            "all => all.map(one => one.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"
        )
        assert boxes
        for i, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[i + 1 :]:
                assert right <= other[0] + 1 or other[2] <= left + 1 or bottom <= other[1] + 1 or other[3] <= top + 1
        page.evaluate("map_plan.setZoom(map_plan.getZoom() - 1, { animate: false })")


def test_row_leads_to_its_grid(open_page):
    page = open_page("town")
    plan = town_plan()
    before = page.evaluate("map_plan.getZoom()")
    page.locator("tr[data-grid='2']").click()
    expect(page.locator(".card h2")).to_contain_text(plan.grids["name"][2])
    expect(page.locator(".card")).to_contain_text(plan.grids["bounds_zh"][2])
    page.wait_for_function("before => map_plan.getZoom() > before", arg=before)
    label = page.locator(".grid-label", has_text=plan.grids["name"][2])
    expect(label).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".card-box")).to_be_hidden()


def test_click_on_the_map_tells_grid_and_building(open_page):
    page = open_page("town")
    plan = town_plan()
    page.evaluate("map_plan.setZoom(18, { animate: false })")
    centre = plan.layers.buildings.geometry.representative_point().to_crs(4326)
    page.evaluate("([lat, lng]) => map_plan.setView([lat, lng], 18, { animate: false })", [centre.y[27], centre.x[27]])
    box = page.locator("#map_plan").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    code = plan.grids["code"][plan.building_grid[27]]
    expect(page.locator(".card h2 small")).to_have_text(code)
    expect(page.locator(".card .building")).to_contain_text(plan.layers.buildings["source_id"][27])
    expect(page.locator(".card .building")).to_contain_text("估算")


def test_broken_band_is_marked_and_explained(open_page):
    page = open_page("town")
    plan = town_plan()
    broken = plan.report.grids.index[~plan.report.grids["in_band"]]
    assert page.locator("tr.out").count() == len(broken)
    page.locator(f"tr[data-grid='{broken[0]}']").click()
    expect(page.locator(".card .reason")).to_contain_text(plan.report.explanations["reason_zh"][0])
    expect(page.locator("details.reasons")).to_contain_text(plan.report.explanations["reason_zh"][0])


def test_names_stay_text(open_page):
    page = open_page("town")
    row = next(i for i, text in enumerate(town_plan().grids["bounds_zh"]) if SPITEFUL in text)
    page.locator(f"tr[data-grid='{row}']").click()
    expect(page.locator(".card")).to_contain_text(SPITEFUL)


def test_language_table_and_colours_can_be_changed(open_page):
    page = open_page("town")
    expect(page.locator("#title")).to_have_text(re.compile("幸福社区.*网格划分方案"))
    page.get_by_role("button", name="English").click()
    expect(page.locator("#title")).to_have_text(re.compile("Service grids"))
    expect(page.locator(".verdict")).to_contain_text(town_plan().certificate.summary("en"))
    page.get_by_role("button", name="Households").click()
    page.get_by_role("button", name="Households").click()
    counts = page.locator("tr[data-grid] td:nth-child(2)").all_inner_texts()
    assert counts == sorted(counts, key=int, reverse=True)
    page.get_by_role("searchbox").fill("003")
    expect(page.locator("tr[data-grid]")).to_have_count(1)
    before = page.evaluate("document.querySelector('.leaflet-overlay-pane canvas').toDataURL()")
    page.get_by_role("button", name="Off target").first.click()
    page.wait_for_function(
        "before => document.querySelector('.leaflet-overlay-pane canvas').toDataURL() !== before", arg=before
    )
    page.get_by_role("button", name="Hide table").click()
    expect(page.locator("#panel")).to_be_hidden()
