"""A notice board: one page a grid, to be read from two steps away."""

from __future__ import annotations

import io
from collections.abc import Sequence

from gridgis.paper.basemap import ACCENT, INK, PAPER, QUIET
from gridgis.paper.contacts import Contact
from gridgis.paper.sheet import Sheet
from gridgis.paper.subject import Subject

PALE = "#d7e4f1"
FACES = 4
"""People with a place of their own; others share a line."""


def draw_board(sheet: Sheet, subject: Subject, grid: int) -> None:
    """Draw a grid's board on a new page of the sheet; measures are those of A4, other sizes grow alike."""
    sheet.add_page()
    u = sheet.w / 210
    _head(sheet, subject, grid, u)
    people = subject.people_of(grid)
    rows = (min(len(people), FACES) + 1) // 2
    bounds = sheet.lines(subject.bounds(grid), 10 * u, 182 * u)[:3]
    duties = subject.imprint.lines_of_duties
    # from the foot up: what is left is the map's
    bounds_y = (281 - 4.9 * len(bounds)) * u
    duties_y = bounds_y - (9.5 + 5.6 * ((len(duties) + 1) // 2)) * u
    aside = max(52.0 if subject.imprint.address else 0.0, 18.0 if subject.imprint.supervision_phone else 0.0)
    people_y = duties_y - (max(rows * 29 + (5 if len(people) > FACES else 0), aside) + 5) * u
    view = subject.map.view(grid, 14 * u, 39 * u, 182 * u, people_y - 44 * u)
    subject.map.draw_grid(sheet, view, grid, subject.imprint.language, detail=1 + (u - 1) * 0.6)
    wide = (128 if subject.imprint.address or subject.imprint.supervision_phone else 182) * u
    _people(sheet, subject, people, people_y, wide, u)
    _aside(sheet, subject, grid, people_y, u)
    _duties(sheet, subject, duties, duties_y, u)
    _heading(sheet, subject.word("bounds"), 14 * u, bounds_y - 2.2 * u, u)
    for line, text in enumerate(bounds):
        sheet.say(14 * u, bounds_y + (3.6 + 4.9 * line) * u, text, 10 * u, INK)
    sheet.say(14 * u, 291.5 * u, sheet.fitted(subject.foot, 7 * u, 182 * u, 5 * u)[0], 7 * u, QUIET)


def _head(sheet: Sheet, subject: Subject, grid: int, u: float) -> None:
    sheet.box(0, 0, sheet.w, 33 * u, fill=ACCENT)
    kicker = "  ·  ".join(part for part in (subject.place, subject.word("board")) if part)
    short = subject.map.short[grid]
    text, size = sheet.fitted(short, 40 * u, 50 * u, 16 * u)
    code_wide = sheet.say(196 * u, 23.5 * u, text, size, PALE, bold=True, align="right")
    room = 182 * u - code_wide - 6 * u
    text, size = sheet.fitted(kicker, 12 * u, room, 9 * u)
    sheet.say(14 * u, 12.5 * u, text, size, PALE)
    text, size = sheet.fitted(subject.name(grid), 25 * u, room, 14 * u)
    sheet.say(14 * u, 25.5 * u, text, size, PAPER, bold=True)


def _heading(sheet: Sheet, text: str, x: float, y: float, u: float) -> None:
    sheet.say(x, y, text, 9 * u, ACCENT, bold=True)


def _people(sheet: Sheet, subject: Subject, people: Sequence[Contact], y: float, wide: float, u: float) -> None:
    faces, others = people[:FACES], people[FACES:]
    columns = 1 if len(faces) == 1 else 2
    column = wide / columns
    for number, one in enumerate(faces):
        x, top = 14 * u + number % columns * column, y + number // columns * 29 * u
        draw_person(sheet, subject, one, x, top, column - 4 * u, u)
    if others:
        text = "  ·  ".join(f"{subject.duty(one)} {one.name} {one.phone}".strip() for one in others)
        base = y + ((len(faces) + columns - 1) // columns * 29 + 1.5) * u
        text, size = sheet.fitted(text, 9 * u, wide - 4 * u, 7 * u)
        sheet.say(14 * u, base, text, size, INK)


def draw_person(sheet: Sheet, subject: Subject, one: Contact, x: float, y: float, wide: float, u: float) -> None:
    """Draw photo, duty, name and phone, 26 mm high."""
    if one.photo is not None:
        sheet.image(io.BytesIO(one.photo), x, y, 19.5 * u, 26 * u)
        x, wide = x + 23.5 * u, wide - 23.5 * u
    else:
        sheet.box(x, y, 1.1 * u, 26 * u, fill=ACCENT)
        x, wide = x + 4.5 * u, wide - 4.5 * u
    text, size = sheet.fitted(subject.duty(one), 9.5 * u, wide, 7 * u)
    sheet.say(x, y + 4.5 * u, text, size, QUIET)
    text, size = sheet.fitted(one.name, 18 * u, wide, 11 * u)
    sheet.say(x, y + 13.6 * u, text, size, INK, bold=True)
    if one.phone:
        text, size = sheet.fitted(one.phone, 15 * u, wide, 9 * u)
        sheet.say(x, y + 23.4 * u, text, size, INK)


def _aside(sheet: Sheet, subject: Subject, grid: int, y: float, u: float) -> None:
    """Draw the code of squares and the supervision phone, right of the people."""
    imprint, x, wide = subject.imprint, 150 * u, 46 * u
    address = imprint.address_of(subject.code(grid))
    if address:
        side = 33 * u
        sheet.squares(x + wide - side, y - 2 * u, side, address)
        text, size = sheet.fitted(subject.word("scan"), 7.5 * u, wide, 6 * u)
        sheet.say(x + wide - 2.6 * u, y + 33.2 * u, text, size, QUIET, align="right")
        y += 37 * u
    if imprint.supervision_phone:
        sheet.box(x, y, wide, 15 * u, fill="#eef3f8")
        sheet.say(x + 3 * u, y + 5 * u, subject.word("supervision"), 8 * u, QUIET)
        text, size = sheet.fitted(imprint.supervision_phone, 14 * u, wide - 6 * u, 8 * u)
        sheet.say(x + 3 * u, y + 12 * u, text, size, ACCENT, bold=True)


def _duties(sheet: Sheet, subject: Subject, duties: tuple[str, ...], y: float, u: float) -> None:
    _heading(sheet, subject.word("duties"), 14 * u, y, u)
    rows = (len(duties) + 1) // 2
    for number, duty in enumerate(duties):
        x, base = (14 + 93 * (number // rows)) * u, y + (6 + 5.6 * (number % rows)) * u
        sheet.say(x, base, f"{number + 1}", 9.5 * u, ACCENT, bold=True)
        text, size = sheet.fitted(duty, 9.5 * u, 84 * u, 8 * u)
        sheet.say(x + 5 * u, base, text, size, INK)
