"""Labels of a picture: as much as fits into each grid, none over another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgis.preview.picture_sheet import DPI

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes

SIZES = (11.0, 9.5, 8.0, 7.0, 6.0)
"""Font sizes in points, from the one that is wished for to the least that can be read."""

INSIDE = 0.93
"""Share of a label's box that has to lie in its grid; the smallest label may do with half."""


def place_labels(
    axes: Axes, grids: gpd.GeoDataFrame, codes: list[str], in_band: np.ndarray, m_per_px: float
) -> list[shapely.Polygon]:
    """Write code and households, or only the code, into each grid that has room for it.

    Large grids choose first. A grid outside a band has its label in red. Returns the room that the labels take.
    """
    import matplotlib.patheffects as effects

    shapes = grids.geometry.to_numpy()
    shapely.prepare(shapes)
    points = grids[["label_x", "label_y"]].to_numpy(dtype=float)
    households = grids["households"].to_numpy()
    taken: list[shapely.Polygon] = []
    for i in np.argsort(-shapely.area(shapes), kind="stable"):
        choice = _choose(codes[i], f"{households[i]:,}", shapes[i], points[i], taken, m_per_px)
        if choice is None:
            continue
        lines, size, box = choice
        taken.append(box)
        color = "#1b1f24" if in_band[i] else "#a31b14"
        line_m = _line_m(size, m_per_px)
        for k, line in enumerate(lines):
            y = points[i][1] + line_m * ((len(lines) - 1) / 2 - k)
            text = axes.text(
                points[i][0],
                y,
                line,
                fontsize=size if k == 0 else size * 0.82,
                color=color,
                ha="center",
                va="center",
                zorder=9,
            )
            text.set_path_effects(
                [effects.withStroke(linewidth=size * (0.32 if size > 7 else 0.22), foreground="white", alpha=0.9)]
            )
    return taken


def place_names(
    axes: Axes,
    areas: gpd.GeoDataFrame,
    names: list[str],
    taken: list[shapely.Polygon],
    size: float,
    color: str,
    m_per_px: float,
) -> None:
    """Write each area's name where no label stands yet, as near to its middle as there is room; adds to `taken`."""
    import matplotlib.patheffects as effects

    for shape, name in zip(areas.geometry.to_numpy(), names, strict=True):
        x0, y0, x1, y1 = shape.bounds
        places = np.stack(np.meshgrid(np.linspace(x0, x1, 25), np.linspace(y0, y1, 25)), axis=-1).reshape(-1, 2)
        middle = shapely.point_on_surface(shape)
        places = places[np.argsort(np.hypot(*(places - [middle.x, middle.y]).T), kind="stable")]
        for at in places[shapely.contains_xy(shape, places)]:
            # a Chinese letter is as wide as two others
            box = _box(("".join(letter + letter * (ord(letter) > 0x2E80) for letter in name),), size, at, m_per_px)
            if shapely.covers(shape, box) and not shapely.intersects(box, taken).any():
                taken.append(box)
                text = axes.text(
                    float(at[0]), float(at[1]), name, fontsize=size, color=color, ha="center", va="center", zorder=9.5
                )
                text.set_path_effects([effects.withStroke(linewidth=size * 0.32, foreground="white", alpha=0.95)])
                break


def _choose(
    code: str,
    households: str,
    shape: shapely.Polygon,
    point: np.ndarray,
    taken: list[shapely.Polygon],
    m_per_px: float,
) -> tuple[tuple[str, ...], float, shapely.Polygon] | None:
    wishes = [((code, households), size) for size in SIZES[:3]] + [((code,), size) for size in SIZES[2:]]
    for lines, size in wishes:
        box = _box(lines, size, point, m_per_px)
        least = INSIDE if size > SIZES[-1] else 0.5
        if shapely.area(shapely.intersection(box, shape)) < least * shapely.area(box):
            continue
        if not shapely.intersects(box, taken).any():
            return lines, size, box
    return None


def _line_m(size: float, m_per_px: float) -> float:
    return size * DPI / 72 * 1.12 * m_per_px


def _box(lines: tuple[str, ...], size: float, point: np.ndarray, m_per_px: float) -> shapely.Polygon:
    letters = max(len(line) * (1.0 if k == 0 else 0.82) for k, line in enumerate(lines))
    half_w = letters * 0.58 * size * DPI / 72 * m_per_px / 2
    half_h = len(lines) * _line_m(size, m_per_px) / 2
    x, y = point
    return shapely.box(x - half_w, y - half_h, x + half_w, y + half_h)
