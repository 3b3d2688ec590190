"""The officer's own page, which a phone keeps so that it opens without reception; and what it needs for that."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, url_for
from flask_babel import gettext

from gridgis_web.access import needs
from gridgis_web.bundles import FOLDER, bundle

PAGE = Blueprint("fieldwork", __name__, url_prefix="/my-grid")
FILES = ("css/tokens.css", "css/base.css", "icons.svg", "mark.svg")
"""What the page shows besides its bundle."""


@PAGE.get("/")
@needs("fieldwork.own")
def show_mine() -> str:
    """Show the page; what it shows of grids it asks the API for, and keeps on the phone."""
    urls = {
        "page": url_for(".show_mine"),
        "worker": url_for(".send_part", part="worker.js"),
        "mine": url_for("fieldwork_api.list_grids"),
        "entries": url_for("fieldwork_api.add_entry"),
        "search": url_for("public.find_places"),
        "login": url_for("login.log_in", next=url_for(".show_mine")),
    }
    return render_template("fieldwork.html", told={"urls": urls})


@PAGE.get("/<any('worker.js', 'app.webmanifest'):part>")
@needs("public.read")
def send_part(part: str) -> Response:
    """Send the worker that keeps the page's files, or what a phone needs to install it as an app."""
    return _worker() if part == "worker.js" else _manifest()


def _worker() -> Response:
    page, own = bundle("field"), bundle("worker")
    shell = [page.script, *page.styles, *page.shared, *(url_for("static", filename=name) for name in FILES)]
    code = (FOLDER / Path(own.script).name).read_text(encoding="utf-8")
    static = Path(str(current_app.static_folder))
    told = "".join([*shell, code, *((static / name).read_text(encoding="utf-8") for name in FILES)])
    constants = {
        "SHELL": shell,
        "VERSION": hashlib.sha256(told.encode()).hexdigest()[:16],
        "PAGE": url_for(".show_mine"),
    }
    head = "".join(f"self.{name} = {json.dumps(value)};\n" for name, value in constants.items())
    return Response(
        head + code,
        mimetype="text/javascript",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": url_for(".show_mine")},
    )


def _manifest() -> Response:
    mark = {"src": url_for("static", filename="mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    told = {
        "name": gettext("My grid"),
        "short_name": gettext("My grid"),
        "id": url_for(".show_mine"),
        "start_url": url_for(".show_mine"),
        "scope": url_for(".show_mine"),
        "display": "standalone",
        "icons": [mark | {"purpose": "any"}, mark | {"purpose": "maskable"}],
    }
    return Response(json.dumps(told, ensure_ascii=False), mimetype="application/manifest+json")
