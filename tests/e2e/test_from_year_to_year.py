"""From new counts to the fewest moves in a real browser: buildings sent alone, the bands, a proposal, the draft."""

from datetime import date

import pytest
from gridgis_web.settings import Settings
from gridgis_web.store import Store, jobs
from people import add_account
from playwright.sync_api import expect, sync_playwright
from run_kinds import publish, run_next
from running_service import FLAGS, Visit, serious, serving
from small_plans import add_community, even_plan, grown_plan, keep

pytestmark = pytest.mark.browser


@pytest.fixture
def office(tmp_path):
    """A store with a published plan of a small town."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    with store.write() as session:
        place = add_community(session)
        first = keep(session, place, even_plan(), name="今年的方案")
    publish(store, place, first, date(2026, 1, 1))
    add_account(store, "planner", "planner")
    yield tmp_path, store
    store.close()


@pytest.fixture
def service(office):
    folder, store = office
    with serving(Settings(folder=folder), store) as service:
        yield service


@pytest.fixture
def visit(chromium, service):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        visit = Visit(browser, service.home, language="en")
        yield visit
        visit.close()
        browser.close()


def run_waiting(store):
    with store.read() as session:
        (job,) = jobs.list_jobs(session, state="queued")
    return run_next(store, job.id)


def test_new_counts_become_a_draft_with_the_fewest_moves(visit, service, office):
    folder, store = office
    page = visit.page
    counted = folder / "buildings.gpkg"
    layers = grown_plan()[0]
    columns = layers.buildings[["source_id", "households", "population", "geometry"]]
    columns.rename(columns={"source_id": "id"}).to_file(counted, engine="pyogrio")

    page.get_by_role("link", name="New counts").press("Enter")
    page.wait_for_url("**/layers?next=*")
    assert serious(page) == []
    page.set_input_files("#files", counted)
    expect(page.locator("#confirm")).to_contain_text("Not sent, and stays as it is: Boundary of the jurisdiction")
    assert serious(page) == []
    page.get_by_role("button", name="Yes, load them").press("Enter")
    expect(page.locator("#job progress")).to_be_visible()
    run_waiting(store)

    page.wait_for_url("**/plans/1/next")
    expect(page.locator("#found .note")).to_contain_text("2 of 4 grids have left their bands")
    expect(page.locator(".outside-table tbody tr")).to_have_count(2)
    expect(page.locator("#propose output")).to_have_text("fewest moves")
    assert serious(page) == []
    page.get_by_label("Fewest moves, or better balance?").press("ArrowRight")
    expect(page.locator("#propose")).to_contain_text("25 households")
    page.get_by_label("Fewest moves, or better balance?").press("Home")
    page.get_by_label("Name of the new plan").fill("明年的方案")
    page.get_by_role("button", name="Propose the moves").press("Enter")

    expect(page.locator("#job progress")).to_be_visible()
    assert serious(page) == []
    made = run_waiting(store)
    expect(page.locator("h2.found")).to_contain_text(f"{made['moved_households']} households")
    expect(page.locator(".moves tbody tr")).to_have_count(made["ways"])
    assert serious(page) == []
    compared = f"/plans/{made['plan_id']}/compare?with=1"
    expect(page.get_by_role("link", name="See the moves")).to_have_attribute("href", compared)
    service.cut_tiles(made["plan_id"])
    page.get_by_role("link", name="Keep as draft").press("Enter")
    page.wait_for_url(f"**/plans/{made['plan_id']}")
    expect(page.locator("h1")).to_have_text("明年的方案")
    page.wait_for_selector("body[data-ready]")

    page.goto(f"{visit.home}/plans/{made['plan_id']}/next?layers=2")
    expect(page.locator("#found .note")).to_contain_text("The plan still holds: nothing to do.")
