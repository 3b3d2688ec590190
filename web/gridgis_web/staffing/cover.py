"""Which grids nobody looks after on which days, told before it happens; and where someone stands in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from gridgis.languages import Said, Words, listed
from gridgis_web.store.roster import Days, Post, Roster

NO_GRID, SERVED, STOOD_IN, GAP = -1, 0, 1, 2
"""State of a grid on a day; a gap adds 1 where someone is to stand in, and 2 where someone is posted: all are away."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days on end on which a grid is looked after by those who stand in, or by nobody.

    Attributes
    ----------
    ends
        The first day on which it is otherwise; None: not within the time asked for.
    officers
        Who stands in.
    why
        Why nobody looks after it; None: someone does.
    """

    grid_code: str
    grid_name: str
    starts: date
    ends: date | None
    officers: tuple[int, ...] = ()
    why: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Cover:
    """All grids of the time, by how they are looked after; stretches by their first day."""

    grids: int
    gaps: tuple[Stretch, ...]
    stood_in: tuple[Stretch, ...]


def find_cover(roster: Roster) -> Cover:
    """Tell who looks after the grids of a roster on each of its days, and which nobody does."""
    names = {code: name for _, grids in roster.grids for code, name in grids.items()}
    row_of = {code: at for at, code in enumerate(sorted(names))}
    there = np.zeros((len(names), _day(roster, roster.days[1])), bool)
    for days, grids in roster.grids:
        there[[row_of[code] for code in grids], _slice(roster, days)] = True
    posted = {post: np.zeros_like(there) for post in "AB"}
    present = {post: np.zeros_like(there) for post in "AB"}
    of_grid: dict[str, list[Post]] = {}
    for one in roster.posts:
        if one.grid_code in row_of:
            at = row_of[one.grid_code]
            serves = _served(roster, one)
            posted[one.post][at, _slice(roster, one.days)] = True
            present[one.post][at] |= serves
            of_grid.setdefault(one.grid_code, []).append(one)
    gap = GAP + posted["B"] + 2 * posted["A"]
    state = np.where(there, np.where(present["A"], SERVED, np.where(present["B"], STOOD_IN, gap)), NO_GRID)
    stretches = sorted(
        (
            _told(roster, code, names[code], of_grid.get(code, []), kind, first, last)
            for code, at in row_of.items()
            for kind, first, last in _runs(state[at])
        ),
        key=lambda one: (one.starts, one.grid_code),
    )
    return Cover(
        grids=len(names),
        gaps=tuple(one for one in stretches if one.why is not None),
        stood_in=tuple(one for one in stretches if one.why is None),
    )


def _runs(states: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Yield the state, the first day and the day behind the last of every run that is worth telling."""
    if (states <= SERVED).all():
        return
    ends = np.flatnonzero(np.diff(states, append=-2)) + 1
    for first, last in zip([0, *ends.tolist()], ends.tolist(), strict=False):
        if states[first] > SERVED:
            yield int(states[first]), first, last


def _told(roster: Roster, code: str, name: str, posts: list[Post], kind: int, first: int, last: int) -> Stretch:
    during = [one for one in posts if _day(roster, one.days[0]) < last and _day(roster, one.days[1]) > first]
    those = {post: [one for one in during if one.post == post] for post in "AB"}
    starts, ends = (roster.days[0] + timedelta(day) for day in (first, last))
    stretch = Stretch(grid_code=code, grid_name=name, starts=starts, ends=None if ends == roster.days[1] else ends)
    if kind == STOOD_IN:
        standing = {one.officer_id for one in those["B"] if _served(roster, one)[first:last].any()}
        return replace(stretch, officers=tuple(sorted(standing)))
    own, others = (listed(dict.fromkeys(one.name for one in those[post]), "and") for post in "AB")
    why = (
        Said("nobody is posted there, and nobody stands in"),
        Said("nobody is posted there; away: {others}, to stand in", others=others),
        Said("away: {own}; and nobody stands in", own=own),
        Said("away: {own}; and {others}, to stand in", own=own, others=others),
    )[kind - GAP]
    return replace(stretch, why=why)


def _served(roster: Roster, post: Post) -> npt.NDArray[np.bool_]:
    """Return the days on which a posting lasts and its officer is there."""
    serves = np.zeros(_day(roster, roster.days[1]), bool)
    serves[_slice(roster, post.days)] = True
    for away in roster.leaves.get(post.officer_id, ()):
        serves[_slice(roster, away)] = False
    return serves


def _slice(roster: Roster, days: Days) -> slice:
    return slice(max(_day(roster, days[0]), 0), max(_day(roster, days[1]), 0))


def _day(roster: Roster, day: date) -> int:
    return (day - roster.days[0]).days
