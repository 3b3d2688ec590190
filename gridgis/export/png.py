"""``map.png``: the plan as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_png(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write the map."""
    from gridgis.preview.png import draw_png

    draw_png(plan, path, language=language)
