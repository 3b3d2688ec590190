"""A PDF that is drawn on in millimetres from the top left: text that is never boxes, paths, codes of squares."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont

POINT_MM = 25.4 / 72
BOLD = 0.028
"""The stroke that makes a letter bold, as a share of its size: the font has one weight."""

OPENING, CLOSING = "（《“「", "，。、；：！？）》”」"
"""Marks after which, and before which, no line ends."""

Align = Literal["left", "middle", "right"]


@cache
def font_files() -> dict[str, Path]:
    """Return the font, and the one for letters it lacks; both travel with the installation."""
    from pylopdf_fonts_zh_cn import sans_path

    beside = "mpl-data/fonts/ttf/DejaVuSans.ttf"
    return {"main": Path(sans_path()), "other": Path(str(files("matplotlib").joinpath(beside)))}


class Sheet(FPDF):
    """Pages of one size; what is drawn stays vector, and of the fonts only the letters that were used are kept.

    Parameters
    ----------
    size
        Width and height, millimetres.
    """

    def __init__(self, size: tuple[float, float], *, title: str, language: str) -> None:
        super().__init__(unit="mm", format=size)
        # letters that no font has are told of by nobody: the second font shows them as a sign
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        logging.getLogger("fpdf").setLevel(logging.ERROR)
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.set_title(title)
        self.set_lang("zh-CN" if language == "zh" else "en")
        self.set_creator("gridgis")
        self.add_font("main", "", font_files()["main"])
        self._letters = self._letters_of("main")
        self.set_font("main", size=10)
        self._known: dict[str, bool] = {}

    def _letters_of(self, name: str) -> frozenset[int]:
        font = self.fonts[name]
        return frozenset(font.cmap) if isinstance(font, TTFFont) else frozenset()

    def draw(self, operators: str) -> None:
        """Add operators of PDF to the page."""
        self._out(operators)

    def runs(self, text: str) -> list[tuple[str, str]]:
        """Cut a text where its font changes: font, text."""
        out: list[tuple[str, str]] = []
        for letter in text if text.isprintable() else " ".join(text.split()):
            known = self._known.get(letter)
            if known is None:
                known = self._known[letter] = ord(letter) in self._letters
            name = "main" if known else "other"
            if name not in self.fonts:
                self.add_font(name, "", font_files()[name])
            if out and out[-1][0] == name:
                out[-1] = (name, out[-1][1] + letter)
            else:
                out.append((name, letter))
        return out

    def width(self, text: str, size: float) -> float:
        """Return how wide a text of a size (points) is, in millimetres."""
        total = 0.0
        for name, part in self.runs(text):
            self.set_font(name, size=size)
            total += self.get_string_width(part)
        return total

    def say(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        ink: str,
        *,
        bold: bool = False,
        align: Align = "left",
        angle: float = 0.0,
        halo: str | None = None,
    ) -> float:
        """Write one line with its baseline at `y`, turned by an angle (degrees, to the left) about its beginning.

        Returns the width, millimetres.
        """
        width = self.width(text, size)
        along = {"left": 0.0, "middle": width / 2, "right": width}[align]
        turn = math.radians(angle)
        x, y = x - along * math.cos(turn), y + along * math.sin(turn)
        if angle:
            with self.rotation(angle, x, y):
                self._say(x, y, text, size, ink, bold, halo)
        else:
            self._say(x, y, text, size, ink, bold, halo)
        return width

    def _say(self, x: float, y: float, text: str, size: float, ink: str, bold: bool, halo: str | None) -> None:
        # the width of the stroke of letters is taken in points, whatever the unit of the page
        if halo is not None:
            with self.local_context(
                text_mode=TextMode.STROKE, text_color=halo, draw_color=halo, line_width=size * 0.26
            ):
                self.draw("1 j")
                self._parts(x, y, text, size)
        if bold:
            with self.local_context(
                text_mode=TextMode.FILL_STROKE, text_color=ink, draw_color=ink, line_width=size * BOLD
            ):
                self._parts(x, y, text, size)
        else:
            self.set_text_color(ink)
            self._parts(x, y, text, size)

    def _parts(self, x: float, y: float, text: str, size: float) -> None:
        for name, part in self.runs(text):
            self.set_font(name, size=size)
            self.text(x, y, part)
            x += self.get_string_width(part)

    def fitted(self, text: str, size: float, width: float, least: float) -> tuple[str, float]:
        """Return the text and the size (points) at which it fits a width; at the least size it is shortened."""
        full = self.width(text, size)
        if full <= width:
            return text, size
        size = max(least, size * width / full * 0.995)
        while len(text) > 1 and self.width(text, size) > width:
            text = text.rstrip("…")[:-1].rstrip() + "…"
        return text, size

    def lines(self, text: str, size: float, width: float) -> list[str]:
        """Break a text into lines: between words, and between Chinese letters but not before their full stops."""
        lines, line = [], ""
        for piece in _pieces(text):
            if line and self.width((line + piece).rstrip(), size) > width:
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        return [*lines, line.rstrip()] if line.strip() else lines

    def paragraph(
        self, x: float, y: float, width: float, text: str, size: float, ink: str, *, most: int = 99, lead: float = 1.42
    ) -> float:
        """Write lines from the baseline `y` down, at most so many; return the baseline after them."""
        lines = self.lines(text, size, width)
        if len(lines) > most:
            lines = [*lines[: most - 1], self.fitted(lines[most - 1] + "…" * 3, size, width, size)[0]]
        for line in lines:
            self.say(x, y, line, size, ink)
            y += size * POINT_MM * lead
        return y

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        *,
        fill: str = "",
        line: str = "",
        mm: float = 0.2,
    ) -> None:
        """Draw a rectangle."""
        parts = ["q", _ink(fill, "rg"), _ink(line, "RG"), f"{mm * self.k:.2f} w"]
        parts.append(f"{x * self.k:.2f} {(self.h - y - h) * self.k:.2f} {w * self.k:.2f} {h * self.k:.2f} re")
        self.draw(" ".join([*parts, {(True, False): "f", (False, True): "S"}.get((bool(fill), bool(line)), "B"), "Q"]))

    def rule(self, x0: float, y0: float, x1: float, y1: float, ink: str, mm: float = 0.2) -> None:
        """Draw a straight line."""
        ends = f"{x0 * self.k:.2f} {(self.h - y0) * self.k:.2f} m {x1 * self.k:.2f} {(self.h - y1) * self.k:.2f} l"
        self.draw(f"q {_ink(ink, 'RG')} {mm * self.k:.2f} w {ends} S Q")

    def polygons(self, shapes: Any, fill: str, *, opacity: float = 1.0, line: str = "", mm: float = 0.1) -> None:
        """Fill polygons given in millimetres as one path; where they overlap it stays filled."""
        rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(np.atleast_1d(shapes))))
        if not len(rings):
            return
        look = f"{_ink(fill, 'rg')} {_ink(line, 'RG')} {mm * self.k:.2f} w 1 j"
        operators = f"q {look}\n{self._path(rings, 'h')}\n{'B' if line else 'f'} Q"
        if opacity >= 1.0:
            self.draw(operators)
            return
        with self.local_context(fill_opacity=opacity):
            self.draw(operators)

    def polylines(
        self, lines: Any, ink: str, mm: float, *, dash: Sequence[float] = (), round_ends: bool = True
    ) -> None:
        """Draw lines given in millimetres, of a width in millimetres."""
        lines = shapely.get_parts(np.atleast_1d(lines))
        lines = lines[shapely.get_num_coordinates(lines) > 1]
        if not len(lines):
            return
        dashes = f"[{' '.join(f'{part * self.k:.2f}' for part in dash)}] 0 d" if dash else ""
        look = f"{_ink(ink, 'RG')} {mm * self.k:.2f} w 1 j {1 if round_ends else 0} J {dashes}"
        self.draw(f"q {look}\n{self._path(lines, '')}\nS Q")

    def _path(self, lines: Any, close: str) -> str:
        xy, line = shapely.get_coordinates(lines, return_index=True)
        points = np.round(np.column_stack([xy[:, 0], self.h - xy[:, 1]]) * self.k, 2)
        first = np.diff(line, prepend=-1) != 0
        last = np.diff(line, append=-1) != 0
        marks = [("m" if a else "l") + (f" {close}" if b and close else "") for a, b in zip(first, last, strict=True)]
        return "\n".join(f"{x:g} {y:g} {mark}" for (x, y), mark in zip(points.tolist(), marks, strict=True))

    def clip(self, x: float, y: float, w: float, h: float) -> None:
        """Draw only within a rectangle, until `unclip`."""
        self.draw(f"q {x * self.k:.2f} {(self.h - y - h) * self.k:.2f} {w * self.k:.2f} {h * self.k:.2f} re W n")

    def unclip(self) -> None:
        """Draw everywhere again."""
        self.draw("Q")

    def squares(self, x: float, y: float, side: float, text: str, ink: str = "#000000") -> None:
        """Draw a text as a QR code, its quiet margin included in the side."""
        import segno

        rows = np.array([list(row) for row in segno.make(text, error="m", micro=False).matrix], bool)
        rows = np.pad(rows, 4)
        step = side / len(rows)
        edge = np.diff(rows.astype(np.int8), axis=1, prepend=0)
        runs = zip(np.argwhere(edge == 1).tolist(), np.argwhere(edge == -1).tolist(), strict=True)
        self.box(x, y, side, side, fill="#ffffff")
        self.polygons(
            np.array(
                [
                    shapely.box(x + a * step, y + row * step, x + b * step, y + (row + 1) * step)
                    for (row, a), (_, b) in runs
                ]
            ),
            ink,
        )


def _ink(color: str, operator: str) -> str:
    if not color:
        return ""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return " ".join(f"{part:.3f}" for part in parts) + f" {operator}"


def _pieces(text: str) -> Iterable[str]:
    """Cut a text into what must stay on one line."""
    piece = ""
    for letter in " ".join(text.split()):
        breaks = piece.endswith(" ") or _is_wide(letter) or (piece and _is_wide(piece[-1]))
        if piece and breaks and letter not in CLOSING and piece[-1] not in OPENING:
            yield piece
            piece = ""
        piece += letter
    if piece:
        yield piece


def _is_wide(letter: str) -> bool:
    return ord(letter) > 0x2E80
