"""From an edited draft to its shapefile in a real browser: edit, look ahead, publish, download, read."""

import geopandas as gpd
import pytest
from gridgis_web.planning.demo import load_demo
from gridgis_web.planning.drafts import edit_draft, open_draft
from gridgis_web.settings import Settings
from gridgis_web.store import Store, jobs
from gridgis_web.store.plans import load_plan, plan_row, save_plan
from people import add_account
from playwright.sync_api import expect, sync_playwright
from run_kinds import run_next
from running_service import FLAGS, Visit, serious, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def office(tmp_path):
    """A store with the demo and a draft that follows it, two of whose grids were merged."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    load_demo(store)
    with store.write() as session:
        draft = save_plan(session, 1, load_plan(session, 1), name="明年的方案", who="planner", based_on_id=1).id
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


def merge_two(store, draft):
    plan, place = open_draft(store, draft)
    left, right = plan.assignment.grid[plan.units.sides[(plan.units.sides >= 0).all(axis=1)]].T
    at = (left != right).argmax()
    codes = [str(plan.codes.code[grid]) for grid in (left[at], right[at])]
    edit_draft(store, draft, place.version, "merge", {"codes": codes}, who="planner")
    return sorted(str(code) for code in open_draft(store, draft).plan.codes.code)


def test_an_edited_draft_is_published_and_its_shapefile_is_of_the_edit(visit, office):
    folder, store, draft = office
    codes = merge_two(store, draft)
    page = visit.open_plan(draft)
    dialog = page.get_by_role("dialog")
    for name in ("export", "review", "publish"):
        page.locator(f"[data-action={name}]").focus()
        page.keyboard.press("Enter")
        expect(dialog.locator(".dialog-body > *").first).to_be_visible()
        assert serious(page) == [], name
        if name != "publish":
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
    expect(dialog.locator(".marks")).to_contain_text(f"/{len(codes)}")
    dialog.locator(".button.first").click()
    expect(dialog.locator("progress")).to_be_visible()
    with store.read() as session:
        (job,) = jobs.list_jobs(session, state="queued")
    run_next(store, job.id)
    expect(dialog.locator("[data-format=shapefile]")).to_be_visible()
    assert serious(page) == []
    with page.expect_download() as download:
        dialog.locator("[data-format=shapefile]").click()
    file = folder / "grids.zip"
    download.value.save_as(file)
    assert sorted(gpd.read_file(f"/vsizip/{file}")["code"]) == codes
    with store.read() as session:
        assert (plan_row(session, draft).state, plan_row(session, 1).state) == ("published", "superseded")
