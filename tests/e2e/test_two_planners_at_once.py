"""Two planners on one draft in two browsers: each sees the other and what they did, and neither loses anything."""

import numpy as np
import pytest
from gridgis_web.planning.drafts import open_draft
from gridgis_web.settings import Settings
from gridgis_web.store import Store
from people import add_account
from playwright.sync_api import expect, sync_playwright
from running_service import FLAGS, Visit, serious, serving
from small_plans import add_community, even_plan, keep

pytestmark = pytest.mark.browser


@pytest.fixture
def office(tmp_path):
    """A store with a draft of a small town, and two planners."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    with store.write() as session:
        draft = keep(session, add_community(session), even_plan(), name="草稿").id
    for login in ("anna", "chen"):
        add_account(store, login, "planner")
    yield tmp_path, store, draft
    store.close()


@pytest.fixture
def visits(chromium, office):
    folder, store, draft = office
    with sync_playwright() as playwright, serving(Settings(folder=folder), store) as service:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        both = [Visit(browser, service.home, language="en", login=login) for login in ("anna", "chen")]
        service.cut_tiles(draft, "anna")
        yield both
        for one in both:
            one.close()
        browser.close()


def choose(page, unit):
    """Choose a unit by hand, as a click with Shift does."""
    page.evaluate("unit => bench.editing.tools.toggle(unit)", unit)


def move(page, code):
    page.locator(f".offer[data-to='{code}']").click(timeout=60_000)


def codes_of(store, draft):
    plan = open_draft(store, draft).plan
    return np.array(plan.codes.code, object)[plan.assignment.grid]


def beside(plan, code, other):
    """The units of a grid from which a way leads to another one."""
    of = np.array(plan.codes.code, object)[plan.assignment.grid]
    ends = np.concatenate(
        [np.column_stack([plan.graph.u, plan.graph.v]), np.column_stack([plan.graph.v, plan.graph.u])]
    )
    return np.unique(ends[(of[ends[:, 0]] == code) & (of[ends[:, 1]] == other), 0]).tolist()


def test_two_planners_edit_one_draft(visits, office):
    _, store, draft = office
    first, second, third, fourth = sorted(set(codes_of(store, draft).tolist()))
    plan = open_draft(store, draft).plan
    unit = beside(plan, first, second)[0]
    other = next(one for one in beside(plan, first, third) if one != unit)
    theirs = beside(plan, third, fourth)[0]
    anna, chen = (one.open_plan(draft) for one in visits)
    expect(chen.locator(".company")).to_contain_text("anna")
    expect(anna.locator(".company")).to_contain_text("chen")
    assert serious(chen) == []

    choose(chen, theirs)
    choose(anna, unit)
    move(anna, second)
    expect(anna.locator("#saved")).to_contain_text("Saved")
    expect(chen.locator(".news li")).to_contain_text(f"anna moved 1 unit (50 households) from {first} to {second}")
    assert serious(chen) == []
    assert chen.evaluate("bench.editing.tools.units") == [theirs], "what was chosen stays chosen"
    chen.locator(".news").get_by_role("button", name="Show").click()
    chen.get_by_role("button", name="Seen").press("Enter")
    expect(chen.locator(".news")).to_be_hidden()
    move(chen, fourth)
    expect(anna.locator(".news li")).to_contain_text(f"from {third} to {fourth}")

    # both at the same moment: what chen has on the screen is older
    chen.evaluate("bench.editing.commands.follow = () => null")
    choose(chen, other)
    choose(chen, unit)
    anna.keyboard.press("Control+z")
    expect(anna.locator("#saved")).to_contain_text("Saved")
    assert codes_of(store, draft)[[unit, theirs]].tolist() == [first, fourth], "anna's own step, not chen's"
    move(chen, third)
    expect(chen.locator("#troubles")).to_contain_text("in other grids meanwhile")
    expect(chen.locator(".news li").first).to_contain_text(f"from {second} to {first}")
    assert chen.evaluate("bench.editing.tools.units") == [other]
    move(chen, third)
    expect(chen.locator("#saved")).to_contain_text("Saved")
    assert codes_of(store, draft)[[unit, other, theirs]].tolist() == [first, third, fourth]

    refused = visits[1].errors.pop()
    assert "409" in refused, "what the browser itself says of the one that strayed"
    visits[0].page.goto("about:blank")
    expect(chen.locator(".company")).to_be_empty()
