"""Prints as files: pages are drawn one after another, and files end before they are too much for the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gridgis.errors import ExportError, InputError
from gridgis.export.folder import replaced_set
from gridgis.languages import Said, listed
from gridgis.paper.atlas import atlas_pages
from gridgis.paper.board import draw_board
from gridgis.paper.card import draw_back, draw_front
from gridgis.paper.contacts import Contact
from gridgis.paper.imprint import Imprint
from gridgis.paper.sheet import Sheet
from gridgis.paper.subject import Subject

if TYPE_CHECKING:
    from gridgis.plan import Plan

Page = Callable[[Sheet], None]
Progress = Callable[[str, float], None]

SIZES: Mapping[str, tuple[float, float]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
"""Width and height, millimetres."""

CARD = (90.0, 54.0)

PAGES = 200
"""In one file; what has more becomes several."""


class Print(NamedTuple):
    """A kind of print."""

    size: tuple[float, float] | None
    """None: as it is asked for."""
    word: str
    """In `words.WORDS`."""
    pages: Callable[[Subject, Sequence[int]], list[Page]]


def _boards(subject: Subject, grids: Sequence[int]) -> list[Page]:
    return [partial(draw_board, subject=subject, grid=grid) for grid in grids]


def _cards(subject: Subject, grids: Sequence[int]) -> list[Page]:
    return [partial(side, subject=subject, grid=grid) for grid in grids for side in (draw_front, draw_back)]


PRINTS: Mapping[str, Print] = {
    "boards": Print(None, "board", _boards),
    "cards": Print(CARD, "card", _cards),
    "atlas": Print(SIZES["A4"], "atlas", atlas_pages),
}
"""The kinds by name, which is their files' name."""


def write_prints(
    plan: Plan,
    folder: str | Path,
    *,
    kinds: Sequence[str] = ("boards",),
    size: str = "A4",
    people: Mapping[str, Sequence[Contact]] | None = None,
    imprint: Imprint | None = None,
    grids: Sequence[int] | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write prints of a plan into a folder, all of them or none: ``boards.pdf``, or ``boards-1.pdf`` and on.

    Parameters
    ----------
    kinds
        Of `PRINTS`.
    size
        Of boards: one of `SIZES`.
    people
        Grid's code -> its people in order, see `contacts.read_contacts`.
    grids
        Which ones, by their place in the plan; None: all.
    progress
        Called with the kind and how much of it is done, 0 … 1.

    Raises
    ------
    InputError
        There is no such kind or size, or no grid is left to print.
    ExportError
        The folder cannot be written to; it is as it was.
    """
    for given, known in ((kinds, PRINTS), ([size], SIZES)):
        for name in given:
            if name not in known:
                raise InputError(Said("there is no “{name}”; choose one of {known}", name=name, known=listed(known)))
    wanted = range(len(plan.grids)) if grids is None else grids
    if not len(wanted):
        raise InputError(Said("no grid has changed; there is nothing to print"))
    subject = Subject(plan=plan, people=people or {}, imprint=imprint or Imprint())
    folder = Path(folder)
    before = {file.name for kind in kinds for file in (*folder.glob(f"{kind}.pdf"), *folder.glob(f"{kind}-*.pdf"))}
    with replaced_set(folder, before) as draft:
        try:
            for kind in kinds:
                _write(PRINTS[kind], kind, subject, wanted, SIZES[size], draft, progress)
        except OSError as error:
            raise ExportError(
                Said("{folder} cannot be written to: {error}", folder=folder, error=error.strerror or error)
            ) from error
        return [folder / name for name in sorted(file.name for file in draft.iterdir())]


def _write(
    one: Print,
    kind: str,
    subject: Subject,
    grids: Sequence[int],
    size: tuple[float, float],
    folder: Path,
    progress: Progress | None,
) -> None:
    report = progress or (lambda step, done: None)
    report(kind, 0.0)
    pages = one.pages(subject, grids)
    parts = [pages[start : start + PAGES] for start in range(0, len(pages), PAGES)]
    title = " ".join(part for part in (subject.place, subject.word(one.word)) if part)
    done = 0
    for number, part in enumerate(parts, start=1):
        sheet = Sheet(one.size or size, title=title, language=subject.imprint.language)
        for page in part:
            page(sheet)
            done += 1
            report(kind, done / (len(pages) + 1))
        sheet.output(folder / (f"{kind}.pdf" if len(parts) == 1 else f"{kind}-{number}.pdf"))
    report(kind, 1.0)
