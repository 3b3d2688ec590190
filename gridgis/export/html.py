"""``report.html``: the plan as one page that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_html(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write the page; it opens in `language` and can be switched."""
    from gridgis.preview.html import draw_html

    path.write_text(draw_html(plan, language=language), encoding="utf-8", newline="\n")
