"""A contact card: whom to call on the front, the grid's map on the back."""

from __future__ import annotations

import io

from gridgis.paper.basemap import ACCENT, INK, PAPER, QUIET
from gridgis.paper.board import PALE
from gridgis.paper.sheet import Sheet
from gridgis.paper.subject import Subject

MOST = 2
"""People on a card."""


def draw_front(sheet: Sheet, subject: Subject, grid: int) -> None:
    """Draw the front: who is responsible, on which phone, and the code of squares."""
    sheet.add_page()
    sheet.box(0, 0, 90, 13, fill=ACCENT)
    kicker = "  ·  ".join(part for part in (subject.place, subject.word("card")) if part)
    text, size = sheet.fitted(kicker, 6, 82, 5)
    sheet.say(4, 4.9, text, size, PALE)
    text, size = sheet.fitted(subject.name(grid), 11, 82, 7)
    sheet.say(4, 10.4, text, size, PAPER, bold=True)
    address = subject.imprint.address_of(subject.code(grid))
    wide = 56.0 if address else 82.0
    y = 17.0
    for one in subject.people_of(grid)[:MOST]:
        x, room = 4.0, wide
        if one.photo is not None:
            sheet.image(io.BytesIO(one.photo), x, y - 0.5, 9.75, 13)
            x, room = x + 12, room - 12
        duty = subject.duty(one)
        text, size = sheet.fitted(one.name, 12, room * 0.62, 8)
        named = sheet.say(x, y + 5, text, size, INK, bold=True)
        text, size = sheet.fitted(duty, 7, room - named - 2, 5)
        sheet.say(x + named + 2, y + 5, text, size, QUIET)
        if one.phone:
            text, size = sheet.fitted(one.phone, 11, room, 7)
            sheet.say(x, y + 11, text, size, INK)
        y += 15
    if subject.imprint.supervision_phone:
        text = f"{subject.word('supervision')}  {subject.imprint.supervision_phone}"
        text, size = sheet.fitted(text, 7.5, wide, 5.5)
        sheet.say(4, 50.6, text, size, ACCENT)
    if address:
        sheet.squares(61, 17, 26, address)
        sheet.say(74, 46, subject.word("scan_short"), 6.5, QUIET, align="middle")


def draw_back(sheet: Sheet, subject: Subject, grid: int) -> None:
    """Draw the back: the grid and the streets around it."""
    sheet.add_page()
    view = subject.map.view(grid, 3, 3, 84, 44.5)
    subject.map.draw_grid(sheet, view, grid, subject.imprint.language, detail=0.72)
    lines = sheet.lines(subject.bounds(grid), 5, 84)
    if len(lines) > 2:
        lines = [lines[0], sheet.fitted("".join(lines[1:]), 5, 84, 5)[0]]
    for number, text in enumerate(lines):
        sheet.say(3, 50 + 2.3 * number, text, 5, INK)
