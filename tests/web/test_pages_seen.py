"""The pages in a real browser: nothing from elsewhere, nothing refused by the policy, nothing wider than the screen."""

import threading

import pytest
from gridgis_web import create_app
from gridgis_web.access import walk_routes
from gridgis_web.roles import may
from gridgis_web.settings import Settings
from gridgis_web.store import Store
from people import PASSWORD, add_account, add_office
from werkzeug.serving import make_server

pytestmark = pytest.mark.browser


@pytest.fixture
def address(tmp_path):
    """Where a service with an office listens, and its application."""
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    add_office(store)
    add_account(store, "a-rather-long-login.of-someone@the-subdistrict-office", "leader")
    app = create_app(Settings(folder=tmp_path), store=store)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", app
    server.shutdown()
    thread.join()
    store.close()


@pytest.mark.parametrize(("width", "height", "language"), [(1366, 768, "zh"), (390, 844, "en")])
def test_every_page_keeps_to_itself_and_fits(address, chromium, width, height, language):
    from playwright.sync_api import sync_playwright

    home, app = address
    pages = sorted(
        str(rule)
        for rule, method, action in walk_routes(app)
        if method == "GET" and not rule.arguments and not str(rule).startswith("/api/") and may("administrator", action)
    )
    outside, refused, wide = [], [], []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": width, "height": height}).new_page()
        page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(home) else None)
        page.on("console", lambda line: refused.append(line.text) if line.type == "error" else None)
        page.goto(f"{home}/login?next=/audit&lang={language}")
        page.fill("#login", "root")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{home}/audit")
        for path in pages:
            page.goto(home + path)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path)
            assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("system-ui"), path
        browser.close()
    assert (outside, refused, wide) == ([], [], [])
    assert {"/", "/account", "/audit", "/people", "/password"} <= set(pages)
