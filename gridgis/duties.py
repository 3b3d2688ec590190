"""Who stands in for whom, and who serves where: each one optimal assignment of grids to officers, with its figures.

Both are a matching of least cost between grids and places of officers, solved exactly as one (Jonker and Volgenant's
method, https://doi.org/10.1007/BF02278710). What counts first weighs more than all that comes
behind it together: as many grids as can be have someone; then as few officers as can be have one grid more than
others; then the cost. Weights are whole numbers, so that no sum is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from gridgis.errors import InputError
from gridgis.languages import Said, Words

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STEPS = 1000
"""Costs are told apart by a thousandth of their unit."""
EXACT = 2**53
"""Whole numbers below this are exact as floating-point ones."""
SPARSE = 0.1
"""Where more than this share of all pairs is possible, the method for full matrices is the faster one."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Grids that share a line.

    Attributes
    ----------
    pairs
        (m, 2) numbers of grids, the lower first.
    shared_m
        (m,) how long the line is.
    """

    pairs: Ints
    shared_m: Floats


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An officer for a grid, and what speaks for it.

    Attributes
    ----------
    shared_m, share
        The line between the grid and the officer's own, and its share of all that the grid shares with others.
    distance_m
        From where the officer is to the grid; NaN: nobody knows where they are.
    load_before, load_after
        What the officer looks after without this grid, and with it.
    others
        For how many other grids the officer is chosen, too.
    """

    grid: int
    officer: int
    shared_m: float
    share: float
    distance_m: float
    load_before: float
    load_after: float
    others: int


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """An optimal assignment.

    Attributes
    ----------
    choices
        By grid.
    without
        Grid -> why it has nobody.
    cost
        Of all choices: distance in mean distances, load in mean loads, and lines not shared; each counts alike.
    """

    choices: tuple[Choice, ...]
    without: dict[int, Words]
    cost: float


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Which officer could have which grid; one row a pair."""

    grid: Ints
    officer: Ints
    shared_m: Floats
    share: Floats
    distance_m: Floats
    cost: Floats


def find_beside(polygons: Sequence[Any] | npt.NDArray[np.object_]) -> Beside:
    """Find the grids that share a line; those that only meet at a corner are none.

    Parameters
    ----------
    polygons
        In metres.
    """
    shapes = np.asarray(polygons, object)
    pairs = shapely.STRtree(shapes).query(shapes).T.astype(np.int64)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    shared = shapely.length(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    return Beside(pairs=pairs[shared > 0], shared_m=shared[shared > 0])


def choose_stand_ins(beside: Beside, centres: Floats, loads: Floats, serves: Ints, *, most: int = 2) -> Chosen:
    """Choose for every grid an officer of an adjacent grid who stands in for its own.

    Parameters
    ----------
    beside
        Which grids are adjacent.
    centres
        (n, 2) of the grids, in metres.
    loads
        (n,) what each grid weighs, such as its households.
    serves
        (k, 2) grid and officer of every posting.
    most
        For how many grids one officer stands in at most.

    Returns
    -------
    Chosen
        Nobody stands in for a grid of their own. An officer of several grids counts with all of their lines.
    """
    _refuse_places(most)
    n = len(loads)
    officers, of = np.unique(serves[:, 1], return_inverse=True)
    own = np.zeros((0, 2), np.int64) if len(serves) == 0 else np.unique(np.column_stack([serves[:, 0], of]), axis=0)
    carried = _carried(own, loads, len(officers))
    both = np.concatenate([beside.pairs, beside.pairs[:, ::-1]])
    metres = np.tile(beside.shared_m, 2)
    # every grid with every officer of every grid beside it
    at, row = _joined(both[:, 1], own[:, 0])
    grid, officer, neighbour = both[at, 0], own[row, 1], both[at, 1]
    away = ~np.isin(grid * len(officers) + officer, own[:, 0] * len(officers) + own[:, 1])
    around = np.bincount(grid, minlength=n) > 0
    grid, officer, neighbour, length = grid[away], officer[away], neighbour[away], metres[at][away]
    pairs, of_pair = np.unique(grid * max(len(officers), 1) + officer, return_inverse=True)
    shared = np.bincount(of_pair, length, len(pairs)).astype(float)
    distance = np.full(len(pairs), np.inf)
    np.minimum.at(distance, of_pair, np.linalg.norm(centres[grid] - centres[neighbour], axis=1))
    grid, officer = pairs // max(len(officers), 1), pairs % max(len(officers), 1)
    whole = np.bincount(both[:, 0], metres, n)
    share = shared / whole[grid]
    cost = 1 - share + distance / _mean(distance) + (carried[officer] + loads[grid]) / _mean(loads)
    found = Candidates(grid=grid, officer=officer, shared_m=shared, share=share, distance_m=distance, cost=cost)
    row_of = match(found, n, np.zeros(len(officers), np.int64), most)
    reasons = (
        (whole == 0, Said("no other grid shares a line with it")),
        (~around, Said("the grids beside it have no officer")),
        (np.bincount(grid, minlength=n) == 0, Said("the officers of the grids beside it are its own")),
        (np.ones(n, bool), Said("every officer beside it stands in for {most} others already", most=most)),
    )
    return _told(found, row_of, officers, carried, loads, reasons)


def choose_posts(
    places: Floats, centres: Floats, loads: Floats, carried: Floats, posts: Ints, *, most: int | None = None
) -> Chosen:
    """Choose an officer for every grid that has none: near, with little to look after, and grids given out evenly.

    Parameters
    ----------
    places
        (m, 2) where each officer is, in metres; NaN: nobody knows, which counts as a mean distance.
    centres, loads
        (n, 2) and (n,) of the grids that have nobody.
    carried, posts
        (m,) what each officer looks after already, and in how many grids.
    most
        How many grids one officer has at most; None: as many as it takes.
    """
    n, m = len(loads), len(carried)
    if most is not None:
        _refuse_places(most)
    # so many that nobody needs more when all are given out evenly
    level = int(posts.max(initial=0)) + -(-n // max(m, 1))
    highest = level if most is None else min(most, level)
    grid, officer = (part.ravel() for part in np.meshgrid(np.arange(n), np.arange(m), indexing="ij"))
    distance = np.linalg.norm(centres[grid] - places[officer], axis=1)
    known = ~np.isnan(distance)
    away = np.where(known, distance / _mean(distance[known]), 1.0)
    cost = away + (carried[officer] + loads[grid]) / _mean(loads)
    nothing = np.zeros(len(grid))
    found = Candidates(grid=grid, officer=officer, shared_m=nothing, share=nothing, distance_m=distance, cost=cost)
    row_of = match(found, n, posts, highest)
    none = Said("there is no officer") if m == 0 else Said("every officer has {most} grids already", most=highest)
    return _told(found, row_of, np.arange(m), carried, loads, ((np.ones(n, bool), none),))


def match(found: Candidates, grids: int, posts: Ints, most: int) -> Ints:
    """Return the candidate chosen for each grid, -1 for none.

    Parameters
    ----------
    posts
        (m,) how many places of each officer are taken.
    most
        How many places each has.
    """
    if len(found.grid) == 0:
        return np.full(grids, -1, np.int64)
    cost = np.rint(found.cost * STEPS).astype(np.int64)
    place = np.arange(most)[None, :] - posts[:, None]
    whole = len(np.unique(found.grid)) * int(cost.max()) + 1
    nobody = whole * (grids * most + 1)
    if nobody * grids >= EXACT:
        raise InputError(Said("{grids:,} grids are too many to assign at once; do it place by place", grids=grids))
    seats = len(posts) * most
    rows, columns, weights = [np.arange(grids)], [seats + np.arange(grids)], [np.full(grids, nobody)]
    for step in range(most):
        free = np.flatnonzero(place[found.officer, step] >= 0)
        rows.append(found.grid[free])
        columns.append(found.officer[free] * most + step)
        # the later one's places are used, the more they cost; no weight may be 0
        weights.append(cost[free] + whole * step + 1)
    row, column = _cheapest(
        np.concatenate(rows), np.concatenate(columns), np.concatenate(weights), (grids, seats + grids)
    )
    chosen = np.full(grids, -1, np.int64)
    seated = column < seats
    row_of = np.full(grids * len(posts), -1, np.int64)
    row_of[found.grid * len(posts) + found.officer] = np.arange(len(found.grid))
    chosen[row[seated]] = row_of[row[seated] * len(posts) + column[seated] // most]
    return chosen


def _cheapest(rows: Ints, columns: Ints, weights: Ints, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """Return the pairs that give every row a column of its own at least weight."""
    if len(rows) > SPARSE * np.prod(shape):
        full = np.full(shape, np.inf)
        full[rows, columns] = weights
        found: tuple[Ints, Ints] = linear_sum_assignment(full)
        return found
    matrix = coo_matrix((weights.astype(float), (rows, columns)), shape=shape).tocsr()
    row, column = min_weight_full_bipartite_matching(matrix)
    return row.astype(np.int64), column.astype(np.int64)


def _told(
    found: Candidates,
    row_of: Ints,
    officers: Ints,
    carried: Floats,
    loads: Floats,
    reasons: Sequence[tuple[npt.NDArray[np.bool_], Words]],
) -> Chosen:
    chosen = row_of[row_of >= 0]
    times = np.bincount(found.officer[chosen], minlength=len(officers))
    choices = tuple(
        Choice(
            grid=int(found.grid[row]),
            officer=int(officers[found.officer[row]]),
            shared_m=float(found.shared_m[row]),
            share=float(found.share[row]),
            distance_m=float(found.distance_m[row]),
            load_before=float(carried[found.officer[row]]),
            load_after=float(carried[found.officer[row]] + loads[found.grid[row]]),
            others=int(times[found.officer[row]]) - 1,
        )
        for row in chosen
    )
    without = {int(grid): next(words for holds, words in reasons if holds[grid]) for grid in np.flatnonzero(row_of < 0)}
    return Chosen(choices=choices, without=without, cost=float(found.cost[chosen].sum()))


def _carried(own: Ints, loads: Floats, officers: int) -> Floats:
    """Return what each officer looks after: a grid of several officers is shared among them."""
    several = np.bincount(own[:, 0], minlength=len(loads))
    return np.bincount(own[:, 1], loads[own[:, 0]] / several[own[:, 0]], officers).astype(float)


def _joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Return the rows of both sides that have the same value, every pair of them."""
    order = np.argsort(right, kind="stable")
    first, last = (np.searchsorted(right[order], left, side) for side in ("left", "right"))
    count = last - first
    at = np.repeat(np.arange(len(left)), count)
    behind = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return at, order[first[at] + behind]


def _mean(values: Floats) -> float:
    """Return the mean, or 1 where there is nothing to compare with."""
    return float(values.mean()) if len(values) and values.mean() > 0 else 1.0


def _refuse_places(most: int) -> None:
    if most < 1:
        raise InputError(Said("{most} grids for one officer are too few; give 1 or more", most=most))
