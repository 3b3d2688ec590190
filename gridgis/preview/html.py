"""``report.html``: the plan as one page, drawn by folium and Leaflet, that asks no host for anything."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from gridgis.languages import Language
from gridgis.preview.page_data import page_data

if TYPE_CHECKING:
    import folium

    from gridgis.plan import Plan

SCRIPTS = ("words.js", "shapes.js", "base.js", "labels.js", "card.js", "legend.js", "panel.js", "page.js")
"""The page's own scripts in the order in which they build on one another."""

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""The browser itself refuses any request that the page would make."""


def draw_html(plan: Plan, *, language: Language = "zh") -> str:
    """Return the page as text: map, table, figures, verdict, explanations; Chinese and English can be switched.

    Parameters
    ----------
    language
        The one in which the page opens.
    """
    from branca.element import Element, Figure

    page = cast(Figure, explore(plan, language=language).get_root())
    page.header.add_child(Element(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'), index=0)
    return str(page.render())


def explore(plan: Plan, *, language: Language = "zh") -> folium.Map:
    """Return the page as a folium map, to look at in a notebook and to add layers to.

    It loads nothing from the network. Folium's own popups and icons need scripts that folium takes
    from there: set ``map.default_js = folium.Map.default_js`` to have them.
    """
    import folium
    from branca.element import Figure, MacroElement
    from folium.template import Template

    data = page_data(plan, language)
    south, west, north, east = data["bounds"]
    board = folium.Map(
        location=((south + north) / 2, (west + east) / 2),
        tiles=None,
        zoom_start=14,
        max_zoom=20,
        zoom_snap=0.25,
        zoom_control="bottomright",
        prefer_canvas=True,
        font_size="13px",
    )
    board.default_js, board.default_css = [], []
    # The names of folium's elements end in a random number; the same plan shall give the same page.
    board._id = board.global_switches._id = "plan"

    class Page(MacroElement):
        """Leaflet, the page's style, its frame and its scripts."""

        _template = Template(
            """
            {% macro header(this, kwargs) %}
            <style>{{ this.leaflet_css }}</style>
            <script>{{ this.leaflet_js }}</script>
            <style>{{ this.style }}</style>
            {% endmacro %}
            {% macro html(this, kwargs) %}
            {{ this.frame }}
            <script type="application/json" id="plan-data">{{ this.data }}</script>
            {% endmacro %}
            {% macro script(this, kwargs) %}
            (() => {
            "use strict";
            {{ this.scripts }}
            showPlan({{ this._parent.get_name() }}, JSON.parse(document.getElementById("plan-data").textContent));
            })();
            {% endmacro %}
            """
        )

    page = cast(Any, Page)()  # branca's elements carry no types
    page._name, page._id = "Page", "plan"
    page.leaflet_js, page.leaflet_css = _leaflet()
    page.style = _own("page.css")
    page.frame = _own("frame.html")
    page.scripts = "\n".join(_own(name) for name in SCRIPTS)
    page.data = _script_json(data)
    board.add_child(page)
    cast(Figure, board.get_root()).title = html.escape(plan.layers.name or "gridgis")
    return board


def _script_json(values: Any) -> str:
    """Return JSON that cannot end the script element it stands in, whatever names the layers hold."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _own(name: str) -> str:
    return (files("gridgis.preview") / "page" / name).read_text(encoding="utf-8")


@cache
def _leaflet() -> tuple[str, str]:
    """Return Leaflet's script and style, its pictures within the style."""
    folder = files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    script = (folder / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    style = (folder / "leaflet.css").read_text(encoding="utf-8")

    def picture(match: re.Match[str]) -> str:
        content = (folder / "images" / match[1]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(content).decode('ascii')})"

    return script, re.sub(r"url\(images/([\w.-]+\.png)\)", picture, style)
