"""A picture's sheet of paper: its parts, its inks, its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DPI = 200
INK, QUIET, PAPER = "#23272e", "#6a7079", "#ffffff"
PAPER_OUTSIDE, LAND, WATER, WATER_LINE = "#eef0f1", "#f8f7f4", "#cfe2ec", "#a9c9da"
BUILDING, ROAD, ROAD_EDGE, RAIL = "#5f5a54", "#ffffff", "#c9c5bd", "#9a948c"
GOOD, ATTENTION = "#1e7a45", "#b3261e"


class Sheet:
    """Where things stand on the picture, laid out at 2,400 pixels: title above, map left, legend right."""

    def __init__(self, shape: float) -> None:
        self.width_px = width_px = 2400
        self.edge, self.column, self.top, self.bottom = 50.0, 520.0, 130.0, 100.0
        self.map_w = width_px - self.column - 2 * self.edge
        self.map_h = round(self.map_w * min(max(shape, 0.56), 1.3))
        self.height_px = int(self.map_h + self.top + self.bottom)
        self.map_box = (
            self.edge / width_px,
            self.bottom / self.height_px,
            self.map_w / width_px,
            self.map_h / self.height_px,
        )

    def frame(self, axes: Axes, bounds: tuple[float, float, float, float]) -> float:
        """Fit the bounds into the map, with a margin; return metres a pixel."""
        x0, y0, x1, y1 = bounds
        m_per_px = 1.05 * max((x1 - x0) / self.map_w, (y1 - y0) / self.map_h)
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        axes.set_xlim(cx - m_per_px * self.map_w / 2, cx + m_per_px * self.map_w / 2)
        axes.set_ylim(cy - m_per_px * self.map_h / 2, cy + m_per_px * self.map_h / 2)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color("#d8d6d1")
            spine.set_linewidth(0.8)
        return m_per_px


def points(pixels: float) -> float:
    """Return a width in points, as matplotlib takes it, of a width in the sheet's pixels."""
    return pixels * 72 / DPI
