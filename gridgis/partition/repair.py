"""Mending of single grids that break a band: with their neighbours, by chains, merges and splits."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gridgis.graph import Ints
from gridgis.partition.kernels import Lists, Net, Rng, Scratch, Split, draw, is_bad, list_units, scratch
from gridgis.partition.moves import chain
from gridgis.partition.recombination import recombine


class Quota(NamedTuple):
    """How many grids each connected area has, and may have; ``area_of`` (n,) says whose area a unit is in."""

    area_of: Ints
    have: Ints
    fewest: Ints
    most: Ints


class Workroom(NamedTuple):
    """What mending needs besides the plan: the units of every grid, room for unions of grids, and for contiguity."""

    lists: Lists
    local: Ints
    scratch: Scratch


def workroom(split: Split) -> Workroom:
    """Return it for a plan as it is."""
    n = len(split.grid)
    return Workroom(list_units(split), np.full(n, -1, np.int64), scratch(n))


@nb.njit(cache=True)
def neighbours(net: Net, split: Split, lists: Lists, p: int, rng: Rng) -> Ints:
    """Return up to 64 grids that touch grid p, in random order."""
    out = np.empty(64, np.int64)
    count = 0
    v = lists.first[p]
    while v >= 0:
        for j in range(net.indptr[v], net.indptr[v + 1]):
            g = split.grid[net.indices[j]]
            known = g == p or count == len(out)
            for i in range(count):
                known |= out[i] == g
            if not known:
                out[count] = g
                count += 1
        v = lists.after[v]
    for i in range(count - 1, 0, -1):
        k = draw(rng) % (i + 1)
        out[i], out[k] = out[k], out[i]
    return out[:count]


@nb.njit(cache=True)
def regroup(
    net: Net, split: Split, lists: Lists, quota: Quota, chosen: Ints, more: int, tries: int, local: Ints, rng: Rng
) -> bool:
    """Divide some grids of one area anew into as many grids plus `more`, within the area's quota."""
    a = quota.area_of[lists.first[chosen[0]]]
    if not quota.fewest[a] <= quota.have[a] + more <= quota.most[a]:
        return False
    if not recombine(net, split, lists, chosen, len(chosen) + more, tries, local, rng):
        return False
    quota.have[a] += more
    return True


@nb.njit(cache=True)
def mend_with_one(
    net: Net, split: Split, lists: Lists, quota: Quota, p: int, tries: int, local: Ints, rng: Rng
) -> None:
    """Work on bad grid p alone and with one neighbour at a time: split, exchange, merge, make three of two."""
    pair = np.array([p, p])
    if regroup(net, split, lists, quota, pair[:1], 1, tries, local, rng):
        return
    for q in neighbours(net, split, lists, p, rng):
        pair[1] = q
        for more in (0, -1, 1):
            if split.size[p] > 0 and split.size[q] > 0:
                regroup(net, split, lists, quota, pair, more, tries, local, rng)
        if not is_bad(split, p, net.rule):
            return


@nb.njit(cache=True)
def mend_with_two(
    net: Net, split: Split, lists: Lists, quota: Quota, p: int, turns: int, tries: int, local: Ints, rng: Rng
) -> None:
    """Work on bad grid p with two grids around it at a time, into two, three or four."""
    three = np.array([p, p, p])
    for _ in range(turns):
        if not is_bad(split, p, net.rule):
            return
        near = neighbours(net, split, lists, p, rng)
        if len(near) < 1:
            return
        three[1] = near[0]
        beyond = neighbours(net, split, lists, near[0], rng)
        three[2] = beyond[0]
        if three[2] == p:
            if len(near) < 2:
                continue
            three[2] = near[1]
        dice = draw(rng) % 4
        regroup(net, split, lists, quota, three, -1 if dice == 0 else (1 if dice == 1 else 0), tries, local, rng)


@nb.njit(cache=True, nogil=True)
def mend(
    net: Net, split: Split, quota: Quota, room: Workroom, at: int, units: int, turn: int, tries: int, rng: Rng
) -> int:
    """Try to bring the grids from number `at` on into the bands, by costlier means in later turns.

    Returns the grid to go on with: it ends after bad ones of `units` units together, or with the last grid. Every
    step makes the plan as a whole better, or is not made.
    """
    lists, local, stamps = room
    done = 0
    while at < len(split.size) and done < units:
        if is_bad(split, at, net.rule):
            done += split.size[at]
            mend_with_one(net, split, lists, quota, at, tries, local, rng)
        if is_bad(split, at, net.rule):
            chain(net, split, lists, at, stamps)
        if turn > 0 and is_bad(split, at, net.rule):
            mend_with_two(net, split, lists, quota, at, 3 * turn, tries, local, rng)
        at += 1
    return at


@nb.njit(cache=True, nogil=True)
def polish_some(net: Net, split: Split, room: Workroom, at: int, units: int, tries: int, rng: Rng) -> int:
    """Divide pairs of neighbouring grids anew, and keep what is better; the first of each from number `at` on.

    Returns the grid to go on with: it ends after grids of `units` units together, or with the last one.
    """
    pair = np.zeros(2, np.int64)
    done = 0
    while at < len(split.size) and done < units:
        if split.size[at] > 0:
            done += split.size[at]
            for q in neighbours(net, split, room.lists, at, rng):
                if q > at:
                    pair[0] = at
                    pair[1] = q
                    recombine(net, split, room.lists, pair, 2, tries, room.local, rng)
        at += 1
    return at
