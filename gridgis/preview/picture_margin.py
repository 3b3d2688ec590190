"""What stands around a picture's map: title, figures, legend, scale bar, verdict, attribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gridgis.languages import Language
from gridgis.preview.picture_sheet import (
    ATTENTION,
    BUILDING,
    DPI,
    GOOD,
    INK,
    PAPER,
    QUIET,
    RAIL,
    ROAD,
    ROAD_EDGE,
    WATER,
    WATER_LINE,
    Sheet,
    points,
)
from gridgis.preview.style import HUES, LEVEL_INKS, RAILS, ROAD_CLASSES, STREAMS, level_areas
from gridgis.report import WORDS, Report, kind_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from gridgis.plan import Plan

TEXT: dict[str, dict[Language, str]] = {
    "title": {"zh": "网格划分图", "en": "Service grids"},
    "legend": {"zh": "图例", "en": "Legend"},
    "grids": {"zh": "网格（相邻异色）", "en": "grid (neighbours differ)"},
    "border": {"zh": "网格边界", "en": "grid boundary"},
    "jurisdiction": {"zh": "辖区边界", "en": "jurisdiction's boundary"},
    "community": {"zh": "社区边界", "en": "communities"},
    "sector": {"zh": "片区边界", "en": "sectors"},
    "fixed": {"zh": "锁定或专属网格", "en": "locked or dedicated grid"},
    "broken": {"zh": "超出范围，见报告", "en": "outside a band, see report"},
    "building": {"zh": "建筑", "en": "building"},
    "water": {"zh": "水域", "en": "water"},
    "rail": {"zh": "铁路、电车", "en": "railway, tramway"},
    "follows": {"zh": "网格之间的边界沿着", "en": "Boundaries run along"},
    "north": {"zh": "北", "en": "N"},
    "kept": {"zh": "在范围内", "en": "Within the bands"},
    "label": {"zh": "标注：编码、户数", "en": "labels: code, households"},
}


def draw_margin(figure: Figure, sheet: Sheet, plan: Plan, report: Report, m_per_px: float, language: Language) -> None:
    """Write title, figures, legend, scale bar, verdict and attribution around the map."""
    page = figure.add_axes((0, 0, 1, 1), facecolor="none")
    page.set_xlim(0, sheet.width_px)
    page.set_ylim(0, sheet.height_px)
    page.axis("off")

    def word(key: str) -> str:
        return (TEXT.get(key) or WORDS[key])[language]

    title = f"{plan.layers.name}　{word('title')}" if plan.layers.name else word("title")
    y = sheet.height_px - sheet.top / 2 - 4
    page.text(
        sheet.edge, y, title, fontsize=_fitting(title, sheet.width_px - 2 * sheet.edge, 22), color=INK, va="center"
    )

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
            page.plot([left, left + 78], [y, y], linewidth=points(width_px), color=color, **look)

    page.text(left, top - 12, word("legend"), fontsize=11, color=INK, va="center")
    top -= 24
    y = row(word("grids"))
    for i, hue in enumerate(HUES):
        patch(left + 13 * i, y, 13, facecolor=hue, alpha=0.55, edgecolor="none")
    line(row(word("border")), (9, "#e4e2dd"), (3, INK))
    line(row(word("jurisdiction")), (4.5, INK))
    for level, _ in level_areas(plan):
        dashes = {} if level == "community" else {"linestyle": (0, (2.5, 3))}
        line(row(word(level)), (8 if level == "community" else 5, LEVEL_INKS[level]), **dashes)
    if report.grids["fixed"].ne("").any():
        patch(left, row(word("fixed")), 78, facecolor="none", edgecolor=INK, hatch="..", linewidth=0, alpha=0.6)
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
    rows = report.boundary[report.boundary["share"] >= 0.0005].head(max(int((top - bottom - 40) / 40), 0))
    if len(rows) < min(3, len(report.boundary)) or rows.empty:
        return
    page.text(left, top - 12, word("follows"), fontsize=11, color=INK, va="center")
    for i, (kind, share) in enumerate(rows["share"].items()):
        y = top - 64 - 40 * i
        page.text(left, y, kind_word(str(kind), language), fontsize=8, color=INK, va="center")
        page.plot(
            [left + 265, left + 265 + 90 * share / rows["share"].max()],
            [y, y],
            color=QUIET,
            linewidth=3.2,
            solid_capstyle="butt",
        )
        page.text(left + 430, y, f"{share:.1%}", fontsize=8, color=INK, va="center", ha="right")


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
