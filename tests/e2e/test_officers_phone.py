"""A phone of an officer in a real browser: works without reception, sends each thing once, forgets what ended."""

import io
from datetime import timedelta

import pytest
from gridgis_web.store import Store
from gridgis_web.store.models import Attachment, FieldEntry, Grid, Posting
from gridgis_web.store.officers import add_officer, add_posting
from gridgis_web.store.plans import plan_for_maps
from gridgis_web.tiles.cache import FOLDER, file_of
from gridgis_web.tiles.sources import source_of
from gridgis_web.tiles.write import write_tiles
from people import PASSWORD, TODAY, add_account
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from running_service import FLAGS, LONG_S, serving
from sqlalchemy import func, select
from test_api import Town
from test_workbench import violations

pytestmark = pytest.mark.browser

READ_KEPT = """async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    if (!names.includes("gridgis")) return 0;
    const db = await new Promise((done) => {
        const asked = indexedDB.open("gridgis");
        asked.onsuccess = () => done(asked.result);
    });
    const count = await new Promise((done) => {
        const asked = db.transaction("mine").objectStore("mine").count();
        asked.onsuccess = () => done(asked.result);
    });
    db.close();
    return count;
}"""


class Gate:
    """Stands before a service: lets requests through, none of them, or loses the answers to what is sent."""

    def __init__(self, app):
        self.inner, self.mode, self.lost = app.wsgi_app, "open", 0
        app.wsgi_app = self

    def __call__(self, environ, start):
        if self.mode == "down":
            start("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b""]
        if self.mode == "deaf" and environ["REQUEST_METHOD"] == "POST":
            list(self.inner(environ, lambda *given: lambda content: None))
            self.lost += 1
            self.mode = "open"
            start("502 Bad Gateway", [("Content-Type", "text/plain")])
            return [b""]
        return self.inner(environ, start)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    store = Store.at(folder / "store.gpkg")
    store.upgrade()
    town = Town(store, folder)
    with store.write() as session:
        third = add_officer(session, town.place, "丙", who="cli")
        add_posting(session, third, town.codes[1], TODAY, who="cli", duty="steward")
        town.third = third.id
    add_account(store, "third", "officer", officer_id=town.third)
    yield town
    store.close()


@pytest.fixture(scope="module")
def service(town):
    with town.store.read() as session:
        plan = plan_for_maps(session, town.published)
    folder = town.settings.folder / FOLDER
    folder.mkdir(exist_ok=True)
    for layer in ("base", "footprints"):
        write_tiles(town.store, file_of(folder, source_of(plan, layer)), layer, plan.layer_set_id)
    with serving(town.settings, town.store) as service:
        service.gate = Gate(service.app)
        yield service


@pytest.fixture(scope="module")
def player():
    with sync_playwright() as player:
        yield player


@pytest.fixture
def phone(chromium, player, service, town, tmp_path):
    """A function that takes the same phone out of the pocket: what its browser keeps, it keeps."""
    with town.store.read() as session:
        wanted = select(Grid.geom).where(Grid.plan_id == town.published, Grid.code == town.codes[0])
        middle = session.scalars(wanted).one().representative_point()
    taken = []

    def take(**how):
        context = player.chromium.launch_persistent_context(
            tmp_path / "phone",
            executable_path=chromium,
            args=FLAGS,
            viewport={"width": 390, "height": 844},
            is_mobile=True,
            has_touch=True,
            reduced_motion="reduce",
            permissions=["geolocation"],
            geolocation={"longitude": middle.x, "latitude": middle.y, "accuracy": 8},
            **how,
        )
        context.set_default_timeout(LONG_S * 1000)
        taken.append(context)
        return context

    yield take
    for context in taken:
        context.close()
    service.gate.mode = "open"


def log_in(context, service, login="officer"):
    page = context.pages[0]
    page.goto(f"{service.home}/login?lang=en&next=/my-grid/")
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{service.home}/my-grid/")
    page.wait_for_selector("body[data-ready]")
    return page


def keep_map(page):
    page.wait_for_selector("body[data-map=kept]")
    page.wait_for_function("navigator.serviceWorker.controller !== null")


def photo(shade):
    out = io.BytesIO()
    Image.new("RGB", (80, 60), (shade, 90, 40)).save(out, "JPEG")
    return {"name": f"{shade}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def report(page, text, shade):
    page.click("#report")
    page.set_input_files("#field-photo", [photo(shade)])
    page.locator(".field-choices label").first.click()
    page.fill("#field-text", text)
    page.get_by_role("button", name="Keep and send").click()
    expect(page.locator("dialog")).to_have_count(0)


def sent(town):
    """How many reports have arrived, and how many photos of them."""
    with town.store.read() as session:
        reports = session.scalar(select(func.count()).where(FieldEntry.kind == "report"))
        return reports, session.scalar(select(func.count()).select_from(Attachment))


DRAWN = """() => [...document.querySelectorAll(".leaflet-tile-pane canvas")].some((canvas) => {
    if (!canvas.width) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size > 3;
})"""


def test_reports_made_without_reception_arrive_once_though_the_browser_was_closed(phone, service, town):
    context = phone()
    keep_map(log_in(context, service))
    service.gate.mode = "down"
    context.set_offline(True)
    page = context.pages[0]
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#name")).to_contain_text(town.codes[0])
    expect(page.locator("#net")).to_contain_text("Offline")
    expect(page.locator("#where")).to_contain_text("You are in your grid")
    page.wait_for_function(DRAWN)
    for number in range(3):
        report(page, f"three of them {number}", 40 + number)
        expect(page.locator("#net")).to_have_attribute("data-waiting", str(number + 1))
    context.close()

    context = phone(offline=True)
    page = context.pages[0]
    page.goto(f"{service.home}/my-grid/")
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#net")).to_have_attribute("data-waiting", "3")
    assert sent(town) == (0, 0)
    service.gate.mode = "deaf"
    context.set_offline(False)
    expect(page.locator("#net")).to_have_attribute("data-waiting", "0")
    expect(page.locator("#content li:has-text('Report') .state.good")).to_have_count(3)
    assert service.gate.lost == 1, "one answer was lost, so that it was sent again"
    assert sent(town) == (3, 3)
    page.click("[data-tab=open]")
    expect(page.locator("li[data-incident]")).to_have_count(3)


def test_a_posting_that_ended_takes_the_grid_off_the_phone(phone, service, town):
    context = phone()
    page = log_in(context, service, "third")
    keep_map(page)
    assert page.evaluate(READ_KEPT) == 1
    with town.store.write() as session:
        posting = session.scalars(select(Posting).where(Posting.officer_id == town.third)).one()
        posting.starts, posting.ends = TODAY - timedelta(days=5), TODAY
    page.reload()
    expect(page.locator(".field-nothing")).to_contain_text("You serve in no grid today")
    assert page.evaluate(READ_KEPT) == 0
    context.set_offline(True)
    page.reload()
    expect(page.locator(".field-nothing")).to_contain_text("nothing for today is kept")
    expect(page.locator("#map canvas")).to_have_count(0)


def test_a_day_in_the_street(phone, service, town):
    context = phone()
    page = log_in(context, service)
    expect(page.locator("#where")).to_contain_text("You are in your grid")
    page.click("#check-in")
    expect(page.locator("#content li:has-text('Check-in')")).to_have_count(1)
    page.click("#visit")
    page.locator("#content .field-row").first.click()
    page.get_by_role("button", name="One more").click()
    page.get_by_role("button", name="Record the visit").click()
    expect(page.locator(".field-facts")).to_contain_text("1 visits (2 households), 1 check-ins")
    expect(page.locator("#net")).to_have_text("All sent")
    assert violations(page) == []
    page.click("[data-tab=around]")
    expect(page.locator(f"#content section:has-text('{town.codes[1]}') a").first).to_have_attribute("href", "tel:010-1")
    page.click("#report")
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    page.locator(".field-menu summary").click()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_selector("body[data-forgotten]")
    assert page.evaluate(READ_KEPT) == 0
