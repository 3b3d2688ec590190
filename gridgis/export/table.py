"""``grids.csv``: what is said of every grid as a table, without its shape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridgis.export.attributes import grid_features
from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_csv(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write a line a grid with the columns of `attributes.grid_features`; its first bytes tell of UTF-8."""
    table = grid_features(plan).drop(columns=["geometry", "label_x", "label_y"])
    path.write_text(table.to_csv(index=False, lineterminator="\n"), "utf-8-sig", newline="\n")
