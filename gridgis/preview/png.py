"""``map.png``: the plan as one picture to print and to publish, drawn with matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgis.languages import Language
from gridgis.preview.fonts import picture_fonts
from gridgis.preview.picture_labels import place_labels, place_names
from gridgis.preview.picture_margin import draw_margin
from gridgis.preview.picture_sheet import (
    ATTENTION,
    BUILDING,
    DPI,
    INK,
    LAND,
    PAPER,
    PAPER_OUTSIDE,
    RAIL,
    ROAD,
    ROAD_EDGE,
    WATER,
    WATER_LINE,
    Sheet,
    points,
)
from gridgis.preview.style import (
    FILL_OPACITY,
    HUES,
    LEVEL_INKS,
    RAILS,
    ROAD_CLASSES,
    STREAMS,
    base_lines,
    grid_borders,
    level_areas,
    short_codes,
)
from gridgis.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as Outline

    from gridgis.plan import Plan

AT_ONCE = 1000
"""Buildings in one outline: the renderer has a limit, and one outline for each building is slow."""


def draw_png(plan: Plan, path: Path, *, language: Language = "zh", width_px: int = 2400) -> None:
    """Draw the plan's map.

    Parameters
    ----------
    width_px
        Of the picture; text and lines grow with it. Its height follows the jurisdiction's shape,
        about 0.6 to 1.2 times the width.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    report = plan.report
    x0, y0, x1, y1 = plan.layers.boundary.bounds
    sheet = Sheet((y1 - y0) / (x1 - x0))
    settings: Any = {"font.family": picture_fonts(), "hatch.linewidth": 0.5, "axes.unicode_minus": False}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(sheet.width_px / DPI, sheet.height_px / DPI), dpi=DPI, facecolor=PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes(sheet.map_box, facecolor=PAPER_OUTSIDE)
        m_per_px = sheet.frame(axes, (x0, y0, x1, y1))
        _draw_base(axes, plan, m_per_px)
        _draw_grids(axes, plan, report, m_per_px)
        codes = short_codes(plan.grids["code"].tolist(), plan.options.parent_code)
        taken = place_labels(axes, plan.grids, codes, report.grids["in_band"].to_numpy(), m_per_px)
        _draw_levels(axes, plan, m_per_px, taken, language)
        draw_margin(figure, sheet, plan, report, m_per_px, language)
        with path.open("wb") as file:
            figure.savefig(file, format="png", dpi=DPI * width_px / sheet.width_px, metadata={"Software": None})


def draw_shapes(axes: Axes, groups: list[np.ndarray], **look: Any) -> None:
    """Draw polygons; each group is one outline, and may have a look of its own."""
    from matplotlib.collections import PathCollection

    outlines = [_outline(group) for group in groups if len(group)]
    axes.add_collection(PathCollection(outlines, **look), autolim=False)


def _outline(shapes: np.ndarray) -> Outline:
    from matplotlib.path import Path as Outline

    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(shapes)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    codes = np.full(len(xy), Outline.LINETO, dtype=Outline.code_type)
    codes[np.flatnonzero(np.diff(ring, prepend=-1))] = Outline.MOVETO
    codes[np.flatnonzero(np.diff(ring, append=-1))] = Outline.CLOSEPOLY
    return Outline(xy, codes)


def draw_lines(axes: Axes, lines: np.ndarray, width_px: float, color: str, **look: Any) -> None:
    """Draw lines, their width in the sheet's pixels."""
    from matplotlib.collections import LineCollection

    paths = [shapely.get_coordinates(line) for line in lines]
    axes.add_collection(
        LineCollection(paths, linewidths=points(width_px), colors=color, capstyle="round", joinstyle="round", **look),
        autolim=False,
    )


def _draw_base(axes: Axes, plan: Plan, m_per_px: float) -> None:
    layers = plan.layers
    draw_shapes(axes, [np.array([layers.boundary])], facecolors=LAND, edgecolors="none", zorder=1)
    water = layers.water.geometry.to_numpy()
    draw_shapes(axes, [water], facecolors=WATER, edgecolors=WATER_LINE, linewidths=points(1), zorder=2)
    draw_lines(axes, base_lines(layers.lines, STREAMS, m_per_px / 2), max(1.5, 4 / m_per_px), WATER_LINE, zorder=2)
    for rank, road in enumerate(ROAD_CLASSES):
        width_px = road.width_m / m_per_px
        if width_px < 0.6:
            continue
        lines = base_lines(layers.lines, road.kinds, m_per_px / 3)
        if road.name == "path":
            draw_lines(axes, lines, max(width_px, 1.2), ROAD_EDGE, zorder=4)
            continue
        draw_lines(axes, lines, width_px + 2, ROAD_EDGE, zorder=4)
        draw_lines(axes, lines, max(width_px, 1.0), ROAD, zorder=4.1 + rank / 10)
    rails = base_lines(layers.lines, RAILS, m_per_px / 3)
    draw_lines(axes, rails, 2.4, RAIL, zorder=4.8)
    draw_lines(axes, rails, 1.2, PAPER, linestyle=(0, (4, 4)), zorder=4.9)
    houses = layers.buildings.geometry.to_numpy()[layers.buildings["inside"].to_numpy(dtype=bool)]
    houses = shapely.simplify(houses, m_per_px / 3)
    chunks = [houses[i : i + AT_ONCE] for i in range(0, len(houses), AT_ONCE)]
    draw_shapes(axes, chunks, facecolors=BUILDING, edgecolors="none", alpha=0.3, zorder=5)


def _draw_grids(axes: Axes, plan: Plan, report: Report, m_per_px: float) -> None:
    shapes = plan.grids.geometry.to_numpy()
    hues = [HUES[colour] for colour in plan.grids["colour"]]
    draw_shapes(axes, list(shapes[:, None]), facecolors=hues, edgecolors="none", alpha=FILL_OPACITY, zorder=3)
    broken = shapes[~report.grids["in_band"].to_numpy(dtype=bool)]
    hatched: Any = {"facecolors": "none", "edgecolors": ATTENTION, "linewidths": 0, "hatch": "//", "alpha": 0.5}
    draw_shapes(axes, [broken], **hatched, zorder=5.5)
    fixed = shapes[report.grids["fixed"].ne("").to_numpy(dtype=bool)]
    held: Any = {"facecolors": "none", "edgecolors": INK, "linewidths": 0, "hatch": "..", "alpha": 0.45}
    draw_shapes(axes, [fixed], **held, zorder=5.5)
    weight = 1.0 if m_per_px < 4 else 0.7
    borders = shapely.simplify(grid_borders(plan.grids), m_per_px / 4)
    draw_lines(axes, borders, 7 * weight, PAPER, alpha=0.85, zorder=6)
    draw_lines(axes, borders, 3 * weight, INK, zorder=6.1)
    rim = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(_rings(plan.layers.boundary))))
    draw_lines(axes, rim, 9 * weight, PAPER, alpha=0.9, zorder=6.2)
    draw_lines(axes, rim, 4.5 * weight, INK, zorder=6.3)


def _draw_levels(axes: Axes, plan: Plan, m_per_px: float, taken: list[shapely.Polygon], language: Language) -> None:
    """Draw outlines and names of the levels above the grids, the topmost last and thickest."""
    weight = 1.0 if m_per_px < 4 else 0.7
    for level, areas in reversed(level_areas(plan)):
        top, ink = level == "community", LEVEL_INKS[level]
        borders = shapely.simplify(grid_borders(areas), m_per_px / 4)
        draw_lines(axes, borders, (13 if top else 9) * weight, PAPER, alpha=0.9, zorder=6.4 + top)
        dashes: Any = {} if top else {"linestyle": (0, (2.5, 3))}
        draw_lines(axes, borders, (8 if top else 5) * weight, ink, zorder=6.5 + top, **dashes)
    for level, areas in level_areas(plan):
        names = areas["short" if language == "zh" else "short_en"].tolist()
        place_names(axes, areas, names, taken, 13 if level == "community" else 8, LEVEL_INKS[level], m_per_px)


def _rings(shape: shapely.Polygon | shapely.MultiPolygon) -> list[Any]:
    return list(shapely.get_parts(shapely.boundary(shape)))
