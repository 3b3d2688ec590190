"""A service in this process, and pages of it in a browser that tells what they ask for and complain of."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path

from gridgis_web import create_app
from people import PASSWORD, log_in
from playwright.sync_api import expect
from werkzeug.serving import make_server

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
AXE = Path(__file__).parents[2] / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
LONG_S = 300
"""Beyond this something hangs; nothing is measured by it."""


expect.set_options(timeout=LONG_S * 100)


class Service:
    """Where it listens, and its application."""

    def __init__(self, settings, store):
        self.app = create_app(settings, store=store)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.home = f"http://127.0.0.1:{self.server.port}"

    def cut_tiles(self, plan, login="planner"):
        """Have the map's tiles cut, so that pages find them."""
        client = self.app.test_client()
        log_in(client, login)
        for layer in ("base", "buildings"):
            until = time.monotonic() + LONG_S
            while client.get(f"/api/v1/plans/{plan}/tiles/{layer}/13/0/0.mvt").status_code == 503:
                assert time.monotonic() < until, f"the tiles of {layer} are not cut"
                time.sleep(0.1)


@contextmanager
def serving(settings, store):
    """A service that listens until this ends."""
    service = Service(settings, store)
    thread = threading.Thread(target=service.server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        service.server.shutdown()
        thread.join()


class Visit:
    """One person's browser window."""

    def __init__(self, browser, home, *, language="zh", size=(1366, 768), scheme="light", login="planner"):
        self.home = home
        self.outside, self.errors = [], []
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.context.set_default_timeout(LONG_S * 1000)
        self.page = self.context.new_page()
        local = (home, "data:", "blob:")
        self.page.on("request", lambda one: None if one.url.startswith(local) else self.outside.append(one.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda line: self.errors.append(line.text) if line.type == "error" else None)
        self.page.goto(f"{home}/login?lang={language}&next=/plans")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{home}/plans")

    def open_plan(self, plan):
        """Go to a plan's workbench, and wait until its grids are there."""
        self.page.goto(f"{self.home}/plans/{plan}")
        self.page.wait_for_selector("body[data-ready]")
        return self.page

    def close(self):
        """Leave; nothing may have come from elsewhere or gone wrong."""
        self.context.close()
        assert (self.outside, self.errors) == ([], [])


def serious(page):
    """Return what axe finds that keeps people from using the page: rule and place."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:120]) for one in found if one["impact"] in ("serious", "critical")]
