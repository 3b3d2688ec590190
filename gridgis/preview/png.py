"""``map.png``: the plan as one picture to print and to publish, drawn with matplotlib."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgis.preview.fonts import picture_fonts
from gridgis.preview.picture_labels import place_labels
from gridgis.preview.style import (
    FILL_OPACITY,
    HUES,
    RAILS,
    ROAD_CLASSES,
    STREAMS,
    base_lines,
    grid_borders,
    short_codes,
)
from gridgis.report import WORDS, Language, Report, build_report, kind_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridgis.plan import Plan

DPI = 200
INK, QUIET, PAPER = "#23272e", "#6a7079", "#ffffff"
PAPER_OUTSIDE, LAND, WATER, WATER_LINE = "#eef0f1", "#f8f7f4", "#cfe2ec", "#a9c9da"
BUILDING, ROAD, ROAD_EDGE, RAIL = "#5f5a54", "#ffffff", "#c9c5bd", "#9a948c"
GOOD, ATTENTION = "#1e7a45", "#b3261e"

TEXT: dict[str, dict[Language, str]] = {
    "title": {"zh": "网格划分图", "en": "Service grids"},
    "legend": {"zh": "图例", "en": "Legend"},
    "grids": {"zh": "网格（相邻异色）", "en": "grid (neighbours differ)"},
    "border": {"zh": "网格边界", "en": "grid boundary"},
    "jurisdiction": {"zh": "辖区边界", "en": "jurisdiction's boundary"},
    "broken": {"zh": "超出范围，见报告", "en": "outside a band, see report"},
    "building": {"zh": "建筑", "en": "building"},
    "water": {"zh": "水域", "en": "water"},
    "rail": {"zh": "铁路、电车", "en": "railway, tramway"},
    "follows": {"zh": "网格之间的边界沿着", "en": "Boundaries run along"},
    "north": {"zh": "北", "en": "N"},
    "kept": {"zh": "在范围内", "en": "within the bands"},
    "label": {"zh": "标注：编码、户数", "en": "labels: code, households"},
}


def draw_png(
    plan: Plan, path: Path, *, language: Language = "zh", width_px: int = 2400, report: Report | None = None
) -> None:
    """Draw the plan's map.

    Parameters
    ----------
    width_px
        Of the picture; text and lines grow with it. Its height follows the jurisdiction's shape,
        about 0.6 to 1.2 times the width.
    report
        The plan's tables, where they are known already.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    report = report or build_report(plan)
    x0, y0, x1, y1 = plan.layers.boundary.bounds
    sheet = _Sheet((y1 - y0) / (x1 - x0))
    settings: dict[str, Any] = {"font.family": picture_fonts(), "hatch.linewidth": 0.5, "axes.unicode_minus": False}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(sheet.width_px / DPI, sheet.height_px / DPI), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes(sheet.map_box, facecolor=PAPER_OUTSIDE)
        m_per_px = sheet.frame(axes, (x0, y0, x1, y1))
        _draw_base(axes, plan, m_per_px)
        _draw_grids(axes, plan, report, m_per_px)
        codes = short_codes(plan.grids["code"].tolist(), plan.options.parent_code)
        place_labels(axes, plan.grids, codes, report.grids["in_band"].to_numpy(), m_per_px)
        _draw_margin(figure, sheet, plan, report, m_per_px, language)
        with path.open("wb") as file:
            figure.savefig(file, format="png", dpi=DPI * width_px / sheet.width_px, metadata={"Software": None})


class _Sheet:
    """Where things stand on the picture, laid out at 2,400 pixels: title above, map left, legend right."""

    def __init__(self, shape: float) -> None:
        self.width_px = width_px = 2400
        self.edge, self.column, self.top, self.bottom = 50.0, 520.0, 130.0, 100.0
        self.map_w = width_px - self.column - 2 * self.edge
        self.map_h = round(self.map_w * min(max(shape, 0.62), 1.3))
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


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _shapes(axes: Axes, shapes: np.ndarray, **look: Any) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path as Outline

    outlines = []
    for shape in shapes:
        rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(shapely.orient_polygons(shape))]
        if rings:
            outlines.append(Outline.make_compound_path(*(Outline(ring, closed=True) for ring in rings)))
    axes.add_collection(PathCollection(outlines, **look), autolim=False)


def _lines(axes: Axes, lines: np.ndarray, width_px: float, color: str, **look: Any) -> None:
    from matplotlib.collections import LineCollection

    paths = [shapely.get_coordinates(line) for line in lines]
    axes.add_collection(
        LineCollection(paths, linewidths=_points(width_px), colors=color, capstyle="round", joinstyle="round", **look),
        autolim=False,
    )


def _draw_base(axes: Axes, plan: Plan, m_per_px: float) -> None:
    layers = plan.layers
    _shapes(axes, np.array([layers.boundary]), facecolors=LAND, edgecolors="none", zorder=1)
    water = layers.water.geometry.to_numpy()
    _shapes(axes, water, facecolors=WATER, edgecolors=WATER_LINE, linewidths=_points(1), zorder=2)
    _lines(axes, base_lines(layers.lines, STREAMS, m_per_px / 2), max(1.5, 4 / m_per_px), WATER_LINE, zorder=2)
    for rank, road in enumerate(ROAD_CLASSES):
        width_px = road.width_m / m_per_px
        if width_px < 0.6:
            continue
        lines = base_lines(layers.lines, road.kinds, m_per_px / 3)
        if road.name == "path":
            _lines(axes, lines, max(width_px, 1.2), ROAD_EDGE, zorder=4)
            continue
        _lines(axes, lines, width_px + 2, ROAD_EDGE, zorder=4)
        _lines(axes, lines, max(width_px, 1.0), ROAD, zorder=4.1 + rank / 10)
    rails = base_lines(layers.lines, RAILS, m_per_px / 3)
    _lines(axes, rails, 2.4, RAIL, zorder=4.8)
    _lines(axes, rails, 1.2, PAPER, linestyle=(0, (4, 4)), zorder=4.9)
    houses = layers.buildings.geometry.to_numpy()[layers.buildings["inside"].to_numpy(dtype=bool)]
    _shapes(axes, shapely.simplify(houses, m_per_px / 3), facecolors=BUILDING, edgecolors="none", alpha=0.3, zorder=5)


def _draw_grids(axes: Axes, plan: Plan, report: Report, m_per_px: float) -> None:
    shapes = plan.grids.geometry.to_numpy()
    hues = [HUES[colour] for colour in plan.grids["colour"]]
    _shapes(axes, shapes, facecolors=hues, edgecolors="none", alpha=FILL_OPACITY, zorder=3)
    broken = shapes[~report.grids["in_band"].to_numpy(dtype=bool)]
    _shapes(axes, broken, facecolors="none", edgecolors=ATTENTION, linewidths=0, hatch="//", alpha=0.5, zorder=5.5)
    weight = 1.0 if m_per_px < 4 else 0.7
    borders = shapely.simplify(grid_borders(plan.grids), m_per_px / 4)
    _lines(axes, borders, 7 * weight, PAPER, alpha=0.85, zorder=6)
    _lines(axes, borders, 3 * weight, INK, zorder=6.1)
    rim = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_rings(plan.layers.boundary))))
    _lines(axes, rim, 9 * weight, PAPER, alpha=0.9, zorder=6.2)
    _lines(axes, rim, 4.5 * weight, INK, zorder=6.3)


def _rings(shape: shapely.Polygon | shapely.MultiPolygon) -> list[Any]:
    return list(shapely.get_parts(shapely.boundary(shape)))


def _draw_margin(
    figure: Figure, sheet: _Sheet, plan: Plan, report: Report, m_per_px: float, language: Language
) -> None:
    """Write title, figures, legend, scale bar, verdict and attribution around the map."""
    page = figure.add_axes((0, 0, 1, 1), facecolor="none")
    page.set_xlim(0, sheet.width_px)
    page.set_ylim(0, sheet.height_px)
    page.axis("off")

    def word(key: str) -> str:
        return (TEXT.get(key) or WORDS[key])[language]

    title = f"{plan.layers.name}　{word('title')}" if plan.layers.name else word("title")
    y = sheet.height_px - sheet.top / 2 - 4
    page.text(sheet.edge, y, title, fontsize=_fitting(title, sheet.width_px - 2 * sheet.edge, 22), color=INK, va="center")

    left = sheet.edge + sheet.map_w + 40
    top = sheet.height_px - sheet.top
    top = _draw_figures(page, left, top, report, language, word)
    top = _draw_legend(page, left, top - 24, plan, report, m_per_px, word, language)
    _draw_follows(page, left, top - 48, sheet.bottom + 150, report, language, word)
    _draw_scale(page, left, sheet.bottom + 16, m_per_px, word("north"))

    holds = plan.certificate.holds
    verdict = ("✓ " if holds else "✗ ") + plan.certificate.summary(language)
    room = sheet.width_px - 2 * sheet.edge
    page.text(
        sheet.edge,
        sheet.bottom * 0.62,
        verdict,
        fontsize=_fitting(verdict, room, 10),
        color=GOOD if holds else ATTENTION,
        va="center",
    )
    credit = " · ".join(part for part in (plan.layers.attribution, "gridgis") if part)
    page.text(sheet.edge, sheet.bottom * 0.26, credit, fontsize=_fitting(credit, room, 7.5), color=QUIET, va="center")


def _draw_figures(
    page: Axes, left: float, top: float, report: Report, language: Language, word: Callable[[str], str]
) -> float:
    s = report.summary
    rows = [
        (WORDS["grids"][language], f"{s['grids']:,}"),
        (word("households"), f"{s['households']:,}"),
        (word("population"), f"{s['population']:,}"),
        (word("buildings"), f"{s['buildings']:,}"),
        (word("kept"), f"{s['kept']} / {s['grids']}"),
    ]
    for name, figure in rows:
        page.text(left, top - 20, name, fontsize=9.5, color=QUIET, va="center")
        page.text(left + 430, top - 20, figure, fontsize=12, color=INK, va="center", ha="right")
        page.plot([left, left + 430], [top - 46, top - 46], color="#e4e2dd", linewidth=0.6)
        top -= 56
    return top


def _draw_legend(
    page: Axes,
    left: float,
    top: float,
    plan: Plan,
    report: Report,
    m_per_px: float,
    word: Callable[[str], str],
    language: Language,
) -> float:
    from matplotlib.patches import Rectangle

    kinds = set(plan.layers.lines["kind"])

    def row(text: str) -> float:
        nonlocal top
        top -= 44
        page.text(left + 100, top, text, fontsize=9, color=INK, va="center")
        return top

    def patch(x: float, y: float, width: float, **look: Any) -> None:
        page.add_patch(Rectangle((x, y - 12), width, 24, **look))

    def line(y: float, *strokes: tuple[float, str], **look: Any) -> None:
        for width_px, color in strokes:
            page.plot([left, left + 78], [y, y], linewidth=_points(width_px), color=color, **look)

    page.text(left, top - 12, word("legend"), fontsize=11, color=INK, va="center")
    top -= 24
    y = row(word("grids"))
    for i, hue in enumerate(HUES):
        patch(left + 13 * i, y, 13, facecolor=hue, alpha=0.55, edgecolor="none")
    line(row(word("border")), (9, "#e4e2dd"), (3, INK))
    line(row(word("jurisdiction")), (4.5, INK))
    if report.summary["broken"]:
        patch(left, row(word("broken")), 78, facecolor="none", edgecolor=ATTENTION, hatch="//", linewidth=0, alpha=0.7)
    patch(left, row(word("building")), 78, facecolor=BUILDING, alpha=0.35, edgecolor="none")
    for road in reversed(ROAD_CLASSES):
        if road.width_m / m_per_px >= 0.6 and kinds & set(road.kinds):
            width = min(max(road.width_m / m_per_px, 1.0), 16)
            strokes = ((2, ROAD_EDGE),) if road.name == "path" else ((width + 2, ROAD_EDGE), (width, ROAD))
            line(row(road.zh if language == "zh" else road.en), *strokes)
    if kinds & set(RAILS):
        y = row(word("rail"))
        line(y, (2.4, RAIL))
        line(y, (1.2, PAPER), linestyle=(0, (4, 4)))
    if len(plan.layers.water) or kinds & set(STREAMS):
        patch(left, row(word("water")), 78, facecolor=WATER, edgecolor=WATER_LINE, linewidth=0.4)
    top -= 44
    page.text(left, top, word("label"), fontsize=8, color=QUIET, va="center")
    return top


def _draw_follows(
    page: Axes, left: float, top: float, bottom: float, report: Report, language: Language, word: Callable[[str], str]
) -> None:
    """List what the boundaries between grids run along, as far as there is room for it."""
    rows = report.boundary.head(int((top - bottom - 40) / 40))
    if len(rows) < min(3, len(report.boundary)) or rows.empty:
        return
    page.text(left, top - 12, word("follows"), fontsize=11, color=INK, va="center")
    for i, (kind, share) in enumerate(rows["share"].items()):
        y = top - 64 - 40 * i
        page.text(left, y, kind_word(str(kind), language), fontsize=8.5, color=INK, va="center")
        page.plot([left + 220, left + 220 + 130 * share], [y, y], color=QUIET, linewidth=3.2, solid_capstyle="butt")
        page.text(left + 430, y, f"{share:.1%}", fontsize=8.5, color=INK, va="center", ha="right")


def _draw_scale(page: Axes, left: float, bottom: float, m_per_px: float, north: str) -> None:
    longest_m = 300 * m_per_px
    power = 10 ** math.floor(math.log10(longest_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
    length_px = length_m / m_per_px
    for i in range(4):
        x = left + length_px * i / 4
        color = INK if i % 2 == 0 else PAPER
        page.fill(
            [x, x + length_px / 4, x + length_px / 4, x],
            [bottom, bottom, bottom + 10, bottom + 10],
            facecolor=color,
            edgecolor=INK,
            linewidth=0.6,
        )
    page.text(left, bottom + 26, "0", fontsize=8, color=INK, ha="center")
    label = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    page.text(left + length_px, bottom + 26, label, fontsize=8, color=INK, ha="center")
    x, y = left + 410, bottom
    page.fill([x, x - 16, x, x + 16], [y + 62, y, y + 14, y], facecolor=INK, linewidth=0)
    page.text(x, y + 72, north, fontsize=9, color=INK, ha="center")


def _fitting(text: str, room_px: float, size: float) -> float:
    """Return a font size at which the text fits into the room: a Chinese letter is as wide as it is high."""
    ems = sum(1.0 if ord(letter) > 0x2E80 else 0.56 for letter in text)
    return min(size, room_px / max(ems, 1.0) * 72 / DPI)
