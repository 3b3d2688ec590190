"""The map of a grid on paper: the jurisdiction's own layers in quiet inks, the grid in full, streets by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from gridgis.paper.sheet import Sheet
from gridgis.paper.street_names import Label, Street, place_names
from gridgis.paper.view import View
from gridgis.preview.picture_sheet import RAIL, ROAD, WATER, WATER_LINE
from gridgis.preview.style import HUES, RAILS, ROAD_CLASSES, STREAMS, grid_borders, short_codes

if TYPE_CHECKING:
    from gridgis.languages import Language
    from gridgis.plan import Plan

INK, QUIET, ACCENT, PAPER = "#1b2430", "#66707c", "#17508c", "#ffffff"
LAND, OUTSIDE = "#f7f5f0", "#eceeef"
BUILDING, BUILDING_LINE, CASING = "#ded7cc", "#b9b0a2", "#c8c2b8"

NAME_SIZES = {"main": 10.4, "collector": 9.6, "street": 9.0, "service": 7.8, "path": 7.4}
"""Of streets' names by their class, points."""

NARROWEST_MM = {"main": 1.5, "collector": 1.1, "street": 0.8, "service": 0.45, "path": 0.3}
WIDEST_MM = 4.2
STEPS_M = (10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)


class BaseMap:
    """The layers of a plan, found by place; drawn once for each page."""

    def __init__(self, plan: Plan) -> None:
        layers = plan.layers
        self.grids = plan.grids.geometry.to_numpy()
        self.codes = plan.grids["code"].tolist()
        self.short = short_codes(self.codes, plan.options.parent_code)
        self.points = plan.grids[["label_x", "label_y"]].to_numpy(float)
        self.colours = plan.grids["colour"].to_numpy(int)
        self.borders = grid_borders(plan.grids)
        self.boundary = layers.boundary
        shapely.prepare(self.grids)
        inside = layers.buildings["inside"].to_numpy(bool)
        self._buildings = _Layer(layers.buildings.geometry.to_numpy()[inside])
        self._water = _Layer(layers.water.geometry.to_numpy())
        kinds = layers.lines["kind"].to_numpy(object)
        shapes = layers.lines.geometry.to_numpy()
        above = ~layers.lines["tunnel"].to_numpy(bool)
        self._roads = {one.name: _Layer(shapes[above & np.isin(kinds, one.kinds)]) for one in ROAD_CLASSES}
        self._rails = _Layer(shapes[above & np.isin(kinds, RAILS)])
        self._streams = _Layer(shapes[above & np.isin(kinds, STREAMS)])
        names = layers.lines["name"].to_numpy(object)
        of_class = {kind: one.name for one in ROAD_CLASSES for kind in one.kinds}
        rank = {one.name: place for place, one in enumerate(ROAD_CLASSES)}
        named = np.array(
            [isinstance(name, str) and bool(name.strip()) and kind in of_class
             for name, kind in zip(names, kinds, strict=True)], bool
        ) & above  # fmt: skip
        self._named = _Layer(shapes[named])
        self._names = np.array([str(name).strip() for name in names[named]], object)
        self._classes = [of_class[kind] for kind in kinds[named]]
        self._rank = rank

    def view(self, grid: int, x: float, y: float, w: float, h: float) -> View:
        """Return the window that shows a grid in a rectangle of a page."""
        return View.of(tuple(shapely.bounds(self.grids[grid]).tolist()), x, y, w, h)

    def streets_of(self, grid: int) -> list[str]:
        """Return the names of the streets in a grid or along its edge, each once."""
        shape = self.grids[grid]
        near = self._named.near(shapely.buffer(shape, 12.0))
        seen = shapely.length(shapely.intersection(self._named.shapes[near], shapely.buffer(shape, 12.0))) >= 25.0
        return sorted({str(name) for name in self._names[near[seen]]})

    def neighbours_of(self, grid: int) -> list[int]:
        """Return the grids that share a line with it."""
        near = np.flatnonzero(shapely.dwithin(self.grids, self.grids[grid], 0.01))
        shared = shapely.length(shapely.intersection(self.grids[near], self.grids[grid]))
        return [int(other) for other, metres in zip(near, shared, strict=True) if other != grid and metres > 0.5]

    def draw_grid(self, sheet: Sheet, view: View, grid: int, language: Language, *, detail: float = 1.0) -> None:
        """Draw a grid and what is around it; ``detail``: how much larger letters are than on A4."""
        sheet.clip(view.x, view.y, view.w, view.h)
        self._draw_ground(sheet, view)
        shape = view.on_page(self.grids[grid])
        around = shapely.difference(shapely.buffer(view.frame, 2), shapely.union_all(shape))
        sheet.polygons(around, PAPER, opacity=0.58)
        sheet.polylines(view.on_page(self.borders), QUIET, 0.35 * detail, dash=(1.8 * detail, 1.3 * detail))
        ring = shapely.boundary(shape)
        sheet.polylines(ring, PAPER, 2.3 * detail)
        sheet.polylines(ring, ACCENT, 1.15 * detail)
        taken = self._draw_furniture(sheet, view, language, detail, shapely.union_all(shape))
        at = view.points(self.points[grid : grid + 1])[0]
        taken.append(_badge(sheet, self.short[grid], at, 13 * detail))
        lines = shapely.union_all([*ring, *view.on_page(self.borders)])
        self._draw_names(sheet, view, shapely.union_all(shape), lines, taken, detail)
        self._draw_others(sheet, view, grid, taken, detail)
        sheet.unclip()
        sheet.box(view.x, view.y, view.w, view.h, line="#aeb4ba", mm=0.25)

    def draw_all(self, sheet: Sheet, view: View, language: Language) -> None:
        """Draw the jurisdiction with all its grids, coloured so that neighbours differ."""
        sheet.clip(view.x, view.y, view.w, view.h)
        self._draw_ground(sheet, view)
        for colour, hue in enumerate(HUES):
            sheet.polygons(view.on_page(self.grids[self.colours == colour]), hue, opacity=0.3)
        sheet.polylines(view.on_page(self.borders), PAPER, 0.9)
        sheet.polylines(view.on_page(self.borders), INK, 0.4)
        rim = view.on_page(np.atleast_1d(shapely.boundary(self.boundary)))
        sheet.polylines(rim, PAPER, 1.7)
        sheet.polylines(rim, INK, 0.8)
        taken = self._draw_furniture(sheet, view, language, 1.0, shapely.union_all(view.on_page(self.boundary)))
        order = np.argsort(-shapely.area(self.grids), kind="stable")
        for grid, at in zip(order, view.points(self.points)[order], strict=True):
            for size in (9.0, 7.5, 6.0, 5.0):
                room = _room(sheet, self.short[grid], size, at)
                if not shapely.intersects(np.array(taken), room).any():
                    taken.append(room)
                    sheet.say(
                        at[0], at[1] + size * 0.125, self.short[grid], size, INK, bold=True, align="middle", halo=PAPER
                    )
                    break
        self._draw_names(sheet, view, view.frame, shapely.Point(), taken, 0.7, least="collector")
        sheet.unclip()
        sheet.box(view.x, view.y, view.w, view.h, line="#aeb4ba", mm=0.25)

    def _draw_ground(self, sheet: Sheet, view: View) -> None:
        sheet.box(view.x, view.y, view.w, view.h, fill=OUTSIDE)
        ground = view.ground
        sheet.polygons(view.on_page(self.boundary), LAND)
        sheet.polygons(view.on_page(self._water.within(ground)), WATER, line=WATER_LINE, mm=0.15)
        sheet.polylines(view.on_page(self._streams.within(ground)), WATER_LINE, max(0.35, 3 / view.m_per_mm))
        # far from above, streets are as thin as they are
        thin = min(1.0, 6 / view.m_per_mm)
        widths = {
            one.name: min(max(one.width_m / view.m_per_mm, NARROWEST_MM[one.name] * thin), WIDEST_MM)
            for one in ROAD_CLASSES
        }
        roads = {one.name: view.on_page(self._roads[one.name].within(ground)) for one in ROAD_CLASSES}
        for name, lines in roads.items():
            if name == "path":
                sheet.polylines(lines, CASING, max(0.25, widths[name] * 0.4), dash=(0.9, 0.7), round_ends=False)
            else:
                sheet.polylines(lines, CASING, widths[name] + 0.3)
        for name, lines in roads.items():
            if name != "path":
                sheet.polylines(lines, ROAD, widths[name])
        rails = view.on_page(self._rails.within(ground))
        sheet.polylines(rails, RAIL, 0.7)
        sheet.polylines(rails, PAPER, 0.4, dash=(1.4, 1.4), round_ends=False)
        sheet.polygons(
            view.on_page(self._buildings.within(ground)), BUILDING, line=BUILDING_LINE if view.m_per_mm < 8 else ""
        )

    def _draw_names(
        self,
        sheet: Sheet,
        view: View,
        near: shapely.Geometry,
        lines: shapely.Geometry,
        taken: list[Any],
        detail: float,
        least: str = "path",
    ) -> None:
        """Write names of streets, those of the grid before those around, great ones first; `lines` give way to them."""
        seen = self._named.near(view.ground)
        around = shapely.buffer(near, 3.0)
        by_name: dict[str, list[int]] = {}
        for row in seen.tolist():
            if self._rank[self._classes[row]] >= self._rank[least]:
                by_name.setdefault(str(self._names[row]), []).append(row)
        ranked: list[tuple[int, float, str, list[Street]]] = []
        for name, rows in by_name.items():
            kind = max((self._classes[row] for row in rows), key=self._rank.__getitem__)
            seen_of = view.on_page(self._named.shapes[rows])
            seen_of = shapely.get_parts(shapely.intersection(seen_of, view.frame))
            seen_of = seen_of[shapely.get_type_id(seen_of) == 1]
            if len(seen_of):
                inside = float(shapely.length(shapely.intersection(seen_of, around)).sum())
                size = NAME_SIZES[kind] * detail
                sizes = [Street(name, seen_of, size * share) for share in (1.0, 0.84, 0.7)]
                ranked.append((-(inside > 4) * 10 - self._rank[kind], -inside, name, sizes))
        frame = shapely.buffer(view.frame, -1.2)
        for _, _, _, sizes in sorted(ranked, key=lambda one: one[:3]):
            for street in sizes:
                labels = place_names([street], sheet.width, frame=frame, near=near, taken=taken)
                for label in labels:
                    _write(sheet, label, near, lines)
                if labels:
                    break

    def _draw_others(self, sheet: Sheet, view: View, grid: int, taken: list[Any], detail: float) -> None:
        """Write the codes of the grids around, where there is room."""
        frame = shapely.buffer(view.frame, -1.5)
        for other in np.flatnonzero(shapely.intersects(self.grids, view.ground)).tolist():
            if other == grid:
                continue
            seen = shapely.intersection(self.grids[other], view.ground)
            if shapely.area(seen) < 150 * view.m_per_mm**2:
                continue
            middle = shapely.get_point(shapely.maximum_inscribed_circle(seen, 2 * view.m_per_mm), 0)
            at = view.points(shapely.get_coordinates(middle))[0]
            room = _room(sheet, self.short[other], 10 * detail, at)
            if frame.contains(room) and not shapely.intersects(np.array(taken), room).any():
                taken.append(room)
                sheet.say(
                    at[0], at[1] + 1.25 * detail, self.short[other], 10 * detail, QUIET, align="middle", halo=PAPER
                )

    def _draw_furniture(
        self, sheet: Sheet, view: View, language: Language, detail: float, shown: shapely.Geometry
    ) -> list[Any]:
        """Draw the scale and the north arrow in the corner that hides least of what is shown; return their room."""
        most = min(30 * detail, view.w / 6)
        metres = max((step for step in STEPS_M if step / view.m_per_mm <= most), default=STEPS_M[0])
        long, size = metres / view.m_per_mm, 6.5 * detail
        km = metres >= 1000
        unit = {"zh": "千米" if km else "米", "en": "km" if km else "m"}[language]
        said = f"{metres // 1000 if km else metres} {unit}"
        w, h = max(long, sheet.width(said, size)) + 11.5 * detail, 9 * detail
        corners = [
            shapely.box(x, y, x + w, y + h)
            for y in (view.y + view.h - h - 2, view.y + 2)
            for x in (view.x + 2, view.x + view.w - w - 2)
        ]
        plate = min(corners, key=lambda corner: round(shapely.area(shapely.intersection(corner, shown)), 1))
        x, y, _, _ = plate.bounds
        sheet.polygons(plate, PAPER, opacity=0.85)
        base, left = y + h - 2.4 * detail, x + 9 * detail
        ends = [(left, base - 1), (left, base), (left + long, base), (left + long, base - 1)]
        sheet.polylines(shapely.linestrings(ends), INK, 0.3 * detail, round_ends=False)
        sheet.say(left + long / 2, base - 1.4 * detail, said, size, INK, align="middle")
        tip, half = x + 4 * detail, 1.4 * detail
        arrow = [(tip, base - 3.6 * detail), (tip + half, base), (tip, base - 0.8 * detail), (tip - half, base)]
        sheet.polygons(shapely.Polygon(arrow), INK)
        sheet.say(tip, base - 4.1 * detail, "北" if language == "zh" else "N", 5.6 * detail, INK, align="middle")
        return [shapely.buffer(plate, 0.8)]


class _Layer:
    """Shapes that are found by place."""

    def __init__(self, shapes: npt.NDArray[Any]) -> None:
        self.shapes = shapes
        self._tree = shapely.STRtree(shapes)

    def near(self, ground: shapely.Geometry) -> npt.NDArray[np.int64]:
        """Return which ones meet some ground, in their order."""
        return np.sort(self._tree.query(ground, predicate="intersects"))

    def within(self, ground: shapely.Geometry) -> npt.NDArray[Any]:
        """Return those that meet some ground."""
        return np.asarray(self.shapes[self.near(ground)])


def _room(sheet: Sheet, text: str, size: float, at: npt.NDArray[np.float64]) -> shapely.Polygon:
    half, high = sheet.width(text, size) / 2 + size * 0.1, size * 0.3528 * 0.62
    return shapely.box(at[0] - half, at[1] - high, at[0] + half, at[1] + high)


def _badge(sheet: Sheet, code: str, at: npt.NDArray[np.float64], size: float) -> shapely.Polygon:
    """Write the grid's code on a plate; return its room."""
    room = shapely.buffer(_room(sheet, code, size, at), size * 0.05, join_style="round")
    sheet.polygons(room, ACCENT)
    sheet.say(at[0], at[1] + size * 0.128, code, size, PAPER, bold=True, align="middle")
    return room


def _write(sheet: Sheet, label: Label, near: shapely.Geometry, lines: shapely.Geometry) -> None:
    """Write a street's name; lines of grids are broken for it, as they would run through its letters."""
    if shapely.intersects(label.room, lines):
        sheet.polygons(label.room, PAPER)
    # the baseline lies below the middle of the letters by some of their height
    drop = label.size * 0.3528 * 0.36
    turn = np.radians(label.angle)
    close = shapely.distance(near, shapely.Point(label.x, label.y)) < 4
    sheet.say(
        float(label.x + np.sin(turn) * drop),
        float(label.y + np.cos(turn) * drop),
        label.name,
        label.size,
        INK if close else QUIET,
        align="middle",
        angle=label.angle,
        halo=PAPER,
    )
