"""The atlas: all grids at a glance, one page a grid with its bounds and figures, and where which street is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from gridgis.bounds import SIDES, four_bounds
from gridgis.paper.basemap import ACCENT, INK, PAPER, QUIET
from gridgis.paper.board import PALE
from gridgis.paper.sheet import Sheet
from gridgis.paper.subject import Subject
from gridgis.paper.view import View

FIGURES = ("households", "population", "buildings")
ROWS, COLUMNS = 57, 2
"""Of the index on one page."""

WIDE_MM, LETTER_MM, GAP_MM = 40.0, 1.4, 1.3
"""Of a row of codes in the index, of a letter of them, between two."""

Page = Callable[[Sheet], None]
Entry = tuple[int, str, list[list[str]]]
"""Of the index: its first row on the page, a street, rows of grids' codes."""


def atlas_pages(subject: Subject, grids: Sequence[int]) -> list[Page]:
    """Return the pages: the overview, the grids, the index of streets."""
    plan = subject.plan
    numbers = [code.removeprefix(plan.options.parent_code) for code in plan.codes.code]
    bounds = four_bounds(plan.units, plan.assignment, numbers).to_dict("index")
    on_page = {grid: number for number, grid in enumerate(grids, start=2)}
    pages: list[Page] = [partial(_overview, subject=subject, grids=grids)]
    pages += [partial(_grid, subject=subject, grid=grid, sides=bounds[grid], page=on_page[grid]) for grid in grids]
    return pages + _index(subject, on_page)


def _head(sheet: Sheet, subject: Subject, title: str, right: str, page: int) -> None:
    sheet.add_page()
    sheet.box(0, 0, 210, 22, fill=ACCENT)
    sheet.say(14, 8.8, "  ·  ".join(part for part in (subject.place, subject.word("atlas")) if part), 8.5, PALE)
    wide = sheet.say(196, 16.8, right, 20, PALE, bold=True, align="right") if right else 0.0
    text, size = sheet.fitted(title, 16, 178 - wide, 10)
    sheet.say(14, 16.8, text, size, PAPER, bold=True)
    sheet.say(196, 290.5, str(page), 8, QUIET, align="right")
    sheet.say(14, 290.5, sheet.fitted(subject.foot, 7, 160, 5)[0], 7, QUIET)


def _overview(sheet: Sheet, subject: Subject, grids: Sequence[int]) -> None:
    _head(sheet, subject, subject.word("overview"), "", 1)
    rows = subject.plan.grids.iloc[list(grids)]
    _figures(
        sheet,
        [
            (subject.word("grids"), f"{len(rows):,}"),
            *((subject.word(name), f"{rows[name].sum():,.0f}") for name in FIGURES),
            (subject.word("area"), f"{rows['area_m2'].sum() / 10_000:,.1f}"),
        ],
        34,
    )
    view = View.of(subject.plan.layers.boundary.bounds, 14, 42, 182, 240)
    subject.map.draw_all(sheet, view, subject.imprint.language)


def _figures(sheet: Sheet, figures: list[tuple[str, str]], y: float) -> None:
    """Draw figures side by side, each under its word."""
    column = 182 / len(figures)
    for number, (name, value) in enumerate(figures):
        x = 14 + number * column
        sheet.say(x, y - 5, sheet.fitted(name, 7.5, column - 2, 6)[0], 7.5, QUIET)
        sheet.say(x, y + 1, value, 14, INK, bold=True)


def _grid(sheet: Sheet, subject: Subject, grid: int, sides: Mapping[Any, str], page: int) -> None:
    _head(sheet, subject, subject.name(grid), subject.map.short[grid], page)
    row = subject.plan.grids.iloc[grid]
    _figures(
        sheet,
        [
            *((subject.word(name), f"{row[name]:,.0f}") for name in FIGURES),
            (subject.word("area"), f"{row['area_m2'] / 10_000:,.1f}"),
        ],
        34,
    )
    y = 247.0
    view = subject.map.view(grid, 14, 40, 182, y - 48)
    subject.map.draw_grid(sheet, view, grid, subject.imprint.language)
    for number, side in enumerate(SIDES):
        base = y + number * 7.2
        sheet.say(14, base, subject.word(side), 9, ACCENT, bold=True)
        text = sides[f"{side}_{subject.imprint.language}"]
        sheet.paragraph(28, base, 78, text, 8.6 if len(text) < 46 else 7, INK, most=2, lead=1.25)
    sheet.say(112, y, subject.word("neighbours"), 9, ACCENT, bold=True)
    near = "  ".join(subject.map.short[other] for other in subject.map.neighbours_of(grid)) or "–"
    below = sheet.paragraph(112, y + 5, 84, near, 8.6, INK, most=2)
    people = subject.people.get(subject.code(grid), ())
    for number, one in enumerate(people[:4]):
        text = f"{subject.duty(one)}  {one.name}  {one.phone}".strip()
        sheet.say(112, below + 3 + number * 5, sheet.fitted(text, 8.6, 84, 7)[0], 8.6, INK)


def _index(subject: Subject, on_page: dict[int, int]) -> list[Page]:
    """Return the pages that say which street is in which grids."""
    grids_of: dict[str, list[int]] = {}
    for grid in on_page:
        for name in subject.map.streets_of(grid):
            grids_of.setdefault(name, []).append(grid)
    first = len(on_page) + 2
    longest = max((len(code) for code in subject.map.short), default=1)
    a_row = max(1, int(WIDE_MM // (longest * LETTER_MM + GAP_MM)))
    pages: list[list[Entry]] = [[]]
    used = 0
    for name in sorted(grids_of, key=_as_read):
        codes = [subject.map.short[grid] for grid in grids_of[name]]
        rows = [codes[start : start + a_row] for start in range(0, len(codes), a_row)]
        # what begins in a column ends in it
        if used % ROWS + len(rows) > ROWS:
            used += ROWS - used % ROWS
        if used + len(rows) > ROWS * COLUMNS:
            pages.append([])
            used = 0
        pages[-1].append((used, name, rows))
        used += len(rows)
    return [
        partial(_index_page, subject=subject, entries=entries, page=first + number)
        for number, entries in enumerate(pages)
    ]


def _as_read(name: str) -> bytes:
    """Return what streets are sorted by: in GBK common Chinese letters stand in the order of their sound."""
    return name.casefold().encode("gb18030", "replace")


def _index_page(sheet: Sheet, subject: Subject, entries: list[Entry], page: int) -> None:
    _head(sheet, subject, subject.word("streets"), "", page)
    if not entries:
        sheet.say(14, 34, subject.word("no_streets"), 9, QUIET)
    for place, name, rows in entries:
        x, y = 14 + 95 * (place // ROWS), 30 + 4.4 * (place % ROWS)
        text, size = sheet.fitted(name, 8, 87 - WIDE_MM, 6)
        sheet.say(x, y, text, size, INK)
        for number, codes in enumerate(rows):
            sheet.say(x + 87, y + 4.4 * number, "  ".join(codes), 7, QUIET, align="right")
        base = y + 4.4 * len(rows) - 3.1
        sheet.rule(x, base, x + 87, base, "#e3e6e9", 0.1)
