"""Who could stand in for whom, and who could serve where, with the reasons: a person confirms it, or does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely

from gridgis.duties import Beside, Choice, Chosen, Floats, choose_posts, choose_stand_ins, find_beside
from gridgis.errors import InputError, some
from gridgis.languages import Said, Words
from gridgis_web.store import Store
from gridgis_web.store.features import METRES
from gridgis_web.store.models import Posting
from gridgis_web.store.staff import Staff, check_state, confirm_posts, read_staff


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """An officer for a grid.

    Attributes
    ----------
    distance_m
        None: nobody knows where they are.
    load_before, load_after
        Their households, without and with this grid's.
    others
        For how many other grids they are proposed.
    now
        Who has this post there now.
    """

    grid_code: str
    grid_name: str
    officer_id: int
    name: str
    shared_m: float
    share: float
    distance_m: float | None
    load_before: float
    load_after: float
    others: int
    now: tuple[int, ...]
    why: Words


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Officers for grids; ``without``: code -> why there is nobody for it."""

    state: str
    proposed: tuple[Proposed, ...]
    without: Mapping[str, Words]
    cost: float


def propose_stand_ins(staff: Staff, *, most: int) -> Proposal:
    """Propose for every grid an officer of an adjacent one, who stands in for at most so many."""
    row_of = {grid.code: row for row, grid in enumerate(staff.grids)}
    serves = np.array([(row_of[one.grid_code], one.officer_id) for one in staff.posted("A")], np.int64).reshape(-1, 2)
    chosen = choose_stand_ins(_beside(staff), _centres(staff), _loads(staff), serves, most=most)
    now: dict[str, list[int]] = {}
    for one in staff.posted("B"):
        now.setdefault(one.grid_code, []).append(one.officer_id)
    return _proposal(staff, chosen, range(len(staff.grids)), now)


def propose_posts(staff: Staff, *, most: int | None) -> Proposal:
    """Propose an officer for every grid that has none, of those who serve as grid officers or in no other duty."""
    posted = staff.posted("A")
    served = {one.grid_code for one in posted}
    vacant = [row for row, grid in enumerate(staff.grids) if grid.code not in served]
    others = {one.officer_id for one in staff.postings} - {one.officer_id for one in posted}
    keys = [key for key in staff.officers if key not in others]
    centres, loads = _centres(staff), _loads(staff)
    row_of = {grid.code: row for row, grid in enumerate(staff.grids)}
    own: dict[int, list[int]] = {}
    for one in posted:
        own.setdefault(one.officer_id, []).append(row_of[one.grid_code])
    several = np.bincount([row_of[one.grid_code] for one in posted], minlength=len(row_of))
    places = np.full((len(keys), 2), np.nan)
    for at, key in enumerate(keys):
        officer = staff.officers[key]
        if officer.base_lon is not None and officer.base_lat is not None:
            places[at] = _metres(staff, np.array([[officer.base_lon, officer.base_lat]]))[0]
        elif key in own:
            places[at] = centres[own[key]].mean(axis=0)
    chosen = choose_posts(
        places,
        centres[vacant],
        loads[vacant],
        np.array([sum(loads[row] / several[row] for row in own.get(key, ())) for key in keys], float),
        np.array([len(own.get(key, ())) for key in keys], np.int64),
        most=most,
    )
    return _proposal(staff, chosen, vacant, {}, keys)


def confirm(
    store: Store,
    jurisdiction_id: int,
    day: date,
    state: str,
    pairs: Collection[tuple[str, int]],
    *,
    post: str,
    who: str,
) -> list[Posting]:
    """Post officers as a person confirmed a proposal, or changed it; all of it, or nothing.

    Raises
    ------
    Conflict
        Anything that it was made from is another meanwhile.
    InputError
        With all faults: grids and officers that there are not, stand-ins who serve no grid beside.
    """
    with store.read() as session:
        staff = read_staff(session, jurisdiction_id, day)
    check_state(staff, state)
    refuse_unknown(staff, pairs, vacant=post == "A")
    if post == "B":
        refuse_stand_ins(staff, pairs)
    with store.write() as session:
        # someone may have been faster since
        staff = read_staff(session, jurisdiction_id, day)
        check_state(staff, state)
        return confirm_posts(session, jurisdiction_id, staff, pairs, day, post=post, who=who)


def refuse_stand_ins(staff: Staff, pairs: Collection[tuple[str, int]]) -> None:
    """Raise InputError for stand-ins who serve the grid itself, or no grid beside it."""
    own = {(one.grid_code, one.officer_id) for one in staff.posted("A")}
    beside: dict[str, set[str]] = {}
    for pair in _beside(staff).pairs.tolist():
        one, other = (staff.grids[row].code for row in pair)
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    themselves = [code for code, officer in pairs if (code, officer) in own]
    far = [
        code for code, officer in pairs
        if (code, officer) not in own and not any((near, officer) in own for near in beside.get(code, ()))
    ]  # fmt: skip
    faults = []
    if themselves:
        faults.append(Said("nobody stands in for themselves: grids {codes}", codes=some(themselves)))
    if far:
        faults.append(
            Said("who stands in serves a grid beside it; choose someone else for grids {codes}", codes=some(far))
        )
    if faults:
        raise InputError(*faults)


def refuse_unknown(staff: Staff, pairs: Collection[tuple[str, int]], *, vacant: bool) -> None:
    """Raise InputError for grids that there are not, are named twice or are served already, and unknown officers."""
    codes, known = [code for code, _ in pairs], {grid.code for grid in staff.grids}
    served = {one.grid_code for one in staff.posted("A")} if vacant else set()
    faults: list[Words] = []
    if strangers := sorted(set(codes) - known):
        faults.append(Said("there are no grids {codes} on that day", codes=some(strangers)))
    if twice := sorted(code for code, count in Counter(codes).items() if count > 1):
        faults.append(Said("grids {codes} are named more than once", codes=some(twice)))
    if taken := sorted(set(codes) & served):
        faults.append(Said("grids {codes} have an officer already", codes=some(taken)))
    if missing := sorted({officer for _, officer in pairs} - staff.officers.keys()):
        faults.append(Said("officers {keys} do not serve here", keys=some(missing)))
    if faults:
        raise InputError(*faults)


def _proposal(
    staff: Staff, chosen: Chosen, rows: Collection[int], now: Mapping[str, list[int]], keys: Collection[int] = ()
) -> Proposal:
    row_of, key_of = list(rows), list(keys)
    proposed = []
    for choice in chosen.choices:
        grid = staff.grids[row_of[choice.grid]]
        officer = staff.officers[key_of[choice.officer] if key_of else choice.officer]
        known = not np.isnan(choice.distance_m)
        proposed.append(
            Proposed(
                grid_code=grid.code,
                grid_name=grid.name,
                officer_id=officer.id,
                name=officer.name,
                shared_m=round(choice.shared_m, 1),
                share=round(choice.share, 4),
                distance_m=round(choice.distance_m, 1) if known else None,
                load_before=round(choice.load_before, 1),
                load_after=round(choice.load_after, 1),
                others=choice.others,
                now=tuple(now.get(grid.code, ())),
                why=_why(choice, known),
            )
        )
    return Proposal(
        state=staff.state,
        proposed=tuple(proposed),
        without={staff.grids[row_of[row]].code: words for row, words in chosen.without.items()},
        cost=round(chosen.cost, 3),
    )


def _why(choice: Choice, known: bool) -> Words:
    figures = {"before": round(choice.load_before), "after": round(choice.load_after)}
    if choice.shared_m:
        return Said(
            "shares {shared:,} m of line with it ({share:.0%}), {distance:,} m away; "
            "{before:,} households, {after:,} with it",
            shared=round(choice.shared_m),
            share=choice.share,
            distance=round(choice.distance_m),
            **figures,
        )
    if not known:
        return Said("where they set out from is not known; {before:,} households, {after:,} with it", **figures)
    return Said(
        "{distance:,} m away; {before:,} households, {after:,} with it", distance=round(choice.distance_m), **figures
    )


def _beside(staff: Staff) -> Beside:
    shapes = np.array([grid.geom for grid in staff.grids], object)
    return find_beside(shapely.transform(shapes, lambda xy: _metres(staff, xy)))


def _centres(staff: Staff) -> Floats:
    return _metres(staff, np.array([(grid.label_lon, grid.label_lat) for grid in staff.grids], float).reshape(-1, 2))


def _loads(staff: Staff) -> Floats:
    return np.array([grid.households for grid in staff.grids], float)


def _metres(staff: Staff, degrees: Floats) -> Floats:
    """Return places in metres: over a jurisdiction the ground is flat enough for distances."""
    middle = np.mean([grid.label_lat for grid in staff.grids]) if staff.grids else 0.0
    return np.asarray(degrees * (METRES * np.cos(np.radians(middle)), METRES))
