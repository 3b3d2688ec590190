"""From layers in a zip to a draft in the workbench: a real browser, the real service and its worker, Monaco."""

import zipfile
from pathlib import Path

import gridgis_web
import pytest
from gridgis_web.store import Store
from people import PASSWORD, add_account
from playwright.sync_api import expect, sync_playwright
from service_processes import start, stop

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parent.parent.parent
LAYERS = ROOT / "data" / "shapefiles" / "monaco"
AXE = Path(gridgis_web.__file__).parent.parent / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
DESK = {"width": 1366, "height": 768}
LONG_MS = 600_000
"""Beyond this something hangs; a busy machine compiles the engine's loops meanwhile."""
SERVE = """
import socket
from gridgis_web import create_app
from gridgis_web.jobs.kinds import kinds_for
from gridgis_web.serving import open_store, serve
from gridgis_web.settings import Settings
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
settings = Settings.read().overridden(port=port).with_secret()
app = create_app(settings, store=open_store(settings.place))
serve(app, settings, kinds_for(settings), ready=lambda address: print(address, flush=True))
"""


@pytest.fixture
def home(tmp_path):
    """Where the service listens."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    add_account(store, "planner", "planner")
    store.close()
    process = start(SERVE, folder=tmp_path)
    yield process.stdout.readline().strip().rstrip("/")
    stop(process)


@pytest.fixture
def page(home, chromium):
    outside, errors = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport=DESK)
        page = context.new_page()
        own = (home, "data:", "blob:")
        page.on("request", lambda request: None if request.url.startswith(own) else outside.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{home}/login?lang=en&next=/jurisdictions/new")
        page.fill("#login", "planner")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        yield page
        browser.close()
    assert (outside, errors) == ([], [])


def serious(page):
    """Return what axe finds that keeps people from using the page."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_layers_become_a_draft(page, tmp_path):
    page.fill("#name", "Monaco")
    page.fill("#code", "MC")
    assert serious(page) == []
    page.keyboard.press("Enter")

    sent = tmp_path / "monaco.zip"
    with zipfile.ZipFile(sent, "w") as archive:
        for file in LAYERS.iterdir():
            archive.write(file, file.name)
    expect(page.locator("#report")).to_be_hidden()
    page.set_input_files("#files", sent)
    expect(page.get_by_label("What buildings.shp is")).to_have_value("buildings", timeout=LONG_MS)
    assert serious(page) == []
    load = page.get_by_role("button", name="Yes, load them")
    page.get_by_label("What boundary.shp is").select_option("")
    expect(page.get_by_text("Still missing")).to_be_visible()
    expect(load).to_be_disabled()
    page.get_by_label("What boundary.shp is").select_option("boundary")
    load.press("Enter")

    expect(page.locator("#targets")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("#layers")).to_contain_text("estimated from floors and area")
    page.get_by_text("What is known of the people").press("Enter")
    page.get_by_label("People in all").fill("39050")
    page.get_by_label("People in a household").fill("3")
    expect(page.locator(".foreseen")).to_contain_text("That makes", timeout=LONG_MS)
    page.get_by_label("Number of grids").fill("3")
    expect(page.locator(".foreseen")).to_contain_text("3 grids do not fit", timeout=LONG_MS)
    page.get_by_label("Number of grids").fill("")
    page.get_by_text("What counts most").press("Enter")
    page.get_by_label("Effort").press("Home")
    expect(page.locator("output").last).to_have_text("a quick look")
    page.get_by_label("Plans to choose from").select_option("2")
    assert serious(page) == []
    page.get_by_role("button", name="Generate").press("Enter")

    expect(page.locator("#job progress")).to_be_visible()
    assert serious(page) == []
    left = page.url
    page.goto(f"{left.partition('/runs')[0]}")
    page.locator(".asked a").first.press("Enter")
    expect(page).to_have_url(left)
    expect(page.locator(".candidate svg")).to_have_count(2, timeout=LONG_MS)
    expect(page.locator("#job")).to_be_hidden()
    assert serious(page) == []
    page.get_by_role("button", name="Take this one").last.press("Enter")

    page.wait_for_url("**/plans/*")
    page.wait_for_selector("body[data-ready]", timeout=LONG_MS)
    expect(page.locator("#grids tbody tr").first).to_be_visible()
    page.goto(left)
    expect(page.get_by_text("The plan is there")).to_be_visible()
