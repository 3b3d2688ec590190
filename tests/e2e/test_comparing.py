"""Two plans compared in a real browser: from the workbench, what moves on the map and in the list, the divider."""

import csv

import numpy as np
import pytest
from gridgis_web.planning.demo import load_demo
from gridgis_web.planning.drafts import edit_draft, open_draft
from gridgis_web.settings import Settings
from gridgis_web.store import Store, life
from gridgis_web.store.plans import load_plan, plan_row, save_plan
from people import add_account
from playwright.sync_api import expect, sync_playwright
from running_service import FLAGS, Visit, serious, serving

from gridgis.compare import compare_plans

pytestmark = pytest.mark.browser


@pytest.fixture
def office(tmp_path):
    """A store with the demo and a draft that follows it, two of whose units moved and one of whose grids was split."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    load_demo(store)
    with store.write() as session:
        draft = save_plan(session, 1, load_plan(session, 1), name="明年的方案", who="planner", based_on_id=1).id
    for at in (0, -1):
        plan, place = open_draft(store, draft)
        u, v, grid = plan.graph.u, plan.graph.v, plan.assignment.grid
        edge = np.flatnonzero((grid[u] != grid[v]) & (plan.units.frame["households"].to_numpy()[u] > 0))[at]
        given = {"units": [int(u[edge])], "to": plan.codes.code[grid[v[edge]]]}
        edit_draft(store, draft, place.version, "move", given, who="planner")
    plan, place = open_draft(store, draft)
    edit_draft(store, draft, place.version, "split", {"codes": [plan.codes.code[4]], "parts": 2}, who="planner")
    add_account(store, "planner", "planner")
    yield tmp_path, store, draft
    store.close()


@pytest.fixture
def visit(chromium, office):
    folder, store, draft = office
    with sync_playwright() as playwright, serving(Settings(folder=folder), store) as service:
        service.cut_tiles(draft)
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        visit = Visit(browser, service.home)
        yield visit
        visit.close()
        browser.close()


def divider(page):
    """Where the map before ends and the map after begins, pixels from the left."""
    before, after = page.evaluate(
        """() => {
            const { leaflet } = comparison.map;
            const x = leaflet.layerPointToContainerPoint([0, 0]).x;
            const cut = (side) => leaflet.getPane(side).style.clipPath.match(/-?[0-9.]+px/g).map(parseFloat);
            return [cut("before")[2] + x, cut("after")[0] + x];
        }"""
    )
    assert before == pytest.approx(after, abs=0.5), "each map begins where the other ends"
    return before


def test_what_a_draft_changes_is_seen_from_the_workbench_on(visit, office):
    folder, store, draft = office
    with store.read() as session:
        found = compare_plans(load_plan(session, 1), open_draft(store, draft).plan)
    pairs = found.moved.groupby(["before", "after"])["households"].sum().sort_values(ascending=False)
    page = visit.open_plan(draft)
    page.locator("[data-action=compare]").click()
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#with").input_value() == "1", "compared with the published one"
    expect(page.locator("#holds")).to_contain_text(f"{len(found.moved)} 栋")
    expect(page.locator("#figures tbody tr").first).to_contain_text(f"{len(found.grids) - 1}")
    moves = page.locator("#moves tr[data-key]")
    expect(moves.first).to_have_attribute("data-key", ">".join(pairs.index[0]))
    assert moves.count() >= len(pairs)
    for part in ("touched", "officers"):
        page.locator(f"[data-part={part}] summary").click()
        expect(page.locator(f"#{part} tbody tr").first).to_be_visible()
    assert serious(page) == []

    page.evaluate("comparison.map.leaflet.setZoom(13, { animate: false })")
    moves.first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(moves.first).to_have_class("selected")
    assert page.evaluate("comparison.map.leaflet.getZoom()") > 13, "a row leads to its place"
    page.keyboard.press("ArrowDown")
    expect(moves.nth(1)).to_have_class("selected")
    page.keyboard.press("Escape")

    with page.expect_download() as download:
        page.locator(".files a").first.click()
    download.value.save_as(folder / "moves.csv")
    with (folder / "moves.csv").open(encoding="utf-8-sig") as file:
        assert [int(row["户数"]) for row in csv.DictReader(file)] == pairs.tolist()

    page.locator("[data-look=swipe]").click()
    middle = divider(page)
    page.locator(".swipe input").focus()
    page.keyboard.press("ArrowRight")
    assert divider(page) > middle + 1
    page.evaluate("comparison.map.leaflet.panBy([50, 20], { animate: false })")
    assert divider(page) > middle + 1, "it stays where it is while the map moves"
    assert serious(page) == []

    page.get_by_role("link", name="前后对调").click()
    page.wait_for_selector("body[data-ready]")
    assert page.url.endswith(f"/plans/1/compare?with={draft}")
    expect(page.locator("#holds")).to_contain_text(f"{len(found.moved)} 栋")

    with store.write() as session:
        life.discard(session, draft, plan_row(session, draft).version, who="planner")
    page.goto(f"{visit.home}/plans/1/compare")
    expect(page.locator(".empty a.first")).to_have_attribute("href", "/jurisdictions/1")
    assert serious(page) == [], "a plan that is alone says what to do"
