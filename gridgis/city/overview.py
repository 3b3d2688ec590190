"""``city.png``: all jurisdictions and their grids on one picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgis.layers import Layers
from gridgis.preview.fonts import picture_fonts
from gridgis.preview.picture_sheet import ATTENTION, DPI, INK, LAND, PAPER, PAPER_OUTSIDE, QUIET, WATER, Sheet
from gridgis.preview.png import draw_lines, draw_shapes
from gridgis.preview.style import FILL_OPACITY, HUES

if TYPE_CHECKING:
    from gridgis.city.report import CityReport
    from gridgis.languages import Language


def draw_overview(report: CityReport, layers: Layers, path: Path, *, language: Language = "zh") -> None:
    """Draw the city: grids in colour, jurisdictions outlined, those without a plan hatched."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    x0, y0, x1, y1 = layers.boundary.bounds
    sheet = Sheet((y1 - y0) / (x1 - x0))
    settings: Any = {"font.family": picture_fonts(), "hatch.linewidth": 0.5, "axes.unicode_minus": False}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(sheet.width_px / DPI, sheet.height_px / DPI), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes(sheet.map_box, facecolor=PAPER_OUTSIDE)
        m_per_px = sheet.frame(axes, (x0, y0, x1, y1))
        draw_shapes(axes, [np.array([layers.boundary])], facecolors=LAND, edgecolors="none", zorder=1)
        draw_shapes(axes, [layers.water.geometry.to_numpy()], facecolors=WATER, edgecolors="none", zorder=2)
        shapes = shapely.simplify(report.grids.geometry.to_numpy(), m_per_px / 3)
        hues = [HUES[int(colour)] for colour in report.grids["colour"]]
        draw_shapes(axes, list(shapes[:, None]), facecolors=hues, edgecolors="none", alpha=FILL_OPACITY, zorder=3)
        draw_lines(axes, _outlines(shapes), 1.2, QUIET, zorder=4)
        areas = shapely.simplify(report.areas.geometry.to_numpy(), m_per_px / 3)
        open_ = areas[(report.rows["state"] != "done").to_numpy(bool)]
        draw_shapes(
            axes, [open_], facecolors="none", edgecolors=ATTENTION, linewidths=0, hatch="//", alpha=0.5, zorder=5
        )
        draw_lines(axes, _outlines(areas), 3.0, INK, zorder=6)
        _write_margin(figure, sheet, report, layers, language)
        with path.open("wb") as file:
            figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def _outlines(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.get_parts(shapely.boundary(shapes)))


def _write_margin(figure: Any, sheet: Sheet, report: CityReport, layers: Layers, language: Language) -> None:
    totals, done = report.totals, report.done
    left, top = sheet.edge / sheet.width_px, 1 - 45 / sheet.height_px
    figure.text(left, top, layers.name, size=17, weight="bold", color=INK, va="center")
    column, step = 1 - sheet.column / sheet.width_px, 60 / sheet.height_px
    if language == "zh":
        lines = [
            f"{done:,}/{len(report.rows):,} 个辖区已划分",
            f"{totals['grids']:,} 个网格",
            f"{totals['in_bands']:,} 个在范围内",
            f"{totals['explained']:,} 个有因未达标",
            f"{totals['households']:,} 户",
            f"{totals['population']:,} 人",
        ]
    else:
        lines = [
            f"{done:,} of {len(report.rows):,} jurisdictions divided",
            f"{totals['grids']:,} grids",
            f"{totals['in_bands']:,} within the bands",
            f"{totals['explained']:,} outside for a reason",
            f"{totals['households']:,} households",
            f"{totals['population']:,} people",
        ]
    for number, line in enumerate(lines):
        figure.text(column, 1 - sheet.top / sheet.height_px - (number + 0.5) * step, line, size=10, color=INK)
    figure.text(left, 45 / sheet.height_px, layers.attribution, size=7, color=QUIET, va="center")
