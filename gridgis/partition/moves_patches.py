"""Some grids of a plan with the rim of those around, which are let be: small programs whose bounds hold for the whole.

Whatever the grids around become, those within need their bounds; so what a patch needs at least, the whole plan needs.
Where its answer harms a grid around, that grid joins the patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from gridgis.graph import Ints
from gridgis.partition.check import pieces_within
from gridgis.partition.moves_regions import TIE, Region, Regions, choices_within, outside, taken

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Grids of a plan, and all around them as one that is let be.

    Attributes
    ----------
    places
        (n,) units of these grids, those that may come to them, and those beside.
    grids
        (k,) the grids; number k of the region stands for all others.
    region
        What the program takes.
    """

    places: Ints
    grids: Ints
    region: Region


def cut_patch(
    task: Regions, base: Ints, grids: Ints, *, cap: float, ties: bool, may_break: Bools, others: Ints
) -> Patch | None:
    """Return the patch of some grids of a division; None where it has too many choices.

    Parameters
    ----------
    cap
        Units come to a grid over at most so many households.
    ties
        Of equal numbers of households, fewer units go; else households alone count.
    may_break
        (len(grids),) grids that may stay outside a bound.
    others
        Grids whose units come for nothing, as another patch counts what leaves them.
    """
    now, k = task.now, len(grids)
    member = np.isin(base, grids) & ~now.fixed
    inside = member | (np.isin(now.own, grids) & ~now.fixed)
    n = len(base)
    step = now.weight + 1e-6  # a zero would be no link
    source, target = np.r_[task.u, task.v], np.r_[task.v, task.u]
    links = csr_matrix((step[target], (source, target)), shape=(n, n))
    near = dijkstra(links, indices=np.flatnonzero(inside), limit=cap + 0.5, min_only=True) <= cap + 0.5
    near[target[member[source]]] = True
    places = np.flatnonzero(near)
    local = np.full(n, -1, np.int64)
    local[places] = np.arange(len(places))
    inner = near[task.u] & near[task.v]
    u, v = local[task.u[inner]], local[task.v[inner]]
    slot = np.full(max(task.k, int(base.max()) + 1) + 1, k, np.int64)
    slot[grids] = np.arange(k)
    own = np.where(now.own[places] >= 0, slot[now.own[places]], -1)
    start = slot[base[places]]
    weight = now.weight[places].astype(float)
    choices = choices_within(u, v, start, own, weight, k + 1, cap)
    if choices is None:
        return None
    unit, place = choices
    cost = weight[unit] * ((own[unit] != place) & (own[unit] >= 0))
    cost[(place < k) & np.isin(base[places[unit]], others)] = 0.0
    if ties:
        cost += np.where(place == start[unit], 0.0, task.tied(places[unit], np.append(grids, task.k)[place]))
    measures = tuple(taken(m, places) for m in task.measures)
    held = np.bincount(start, weight, k + 1)
    low = np.zeros(k + 1, bool)
    for m in measures:
        low |= np.bincount(start, m.counts, k + 1) < m.low
    let_be = np.arange(k + 1) == k
    region = Region(
        u=u,
        v=v,
        start=start,
        own=own,
        measures=measures,
        unit=unit,
        grid=place,
        cost=cost,
        weight=weight * (own >= 0) + (2 * TIE if ties else 0.0),
        may_end=(low if ties else held <= cap) & (not task.keep_number) & ~let_be,
        may_break=np.append(may_break, False),
        let_be=let_be,
    )
    return Patch(places=places, grids=grids, region=region)


def put_patch(task: Regions, base: Ints, patch: Patch, answer: Ints) -> tuple[Ints, Ints]:
    """Return the division with a patch's answer, and the grids around that it harms; new grids come last.

    What leaves the patch goes to the grid beside it that has room and shares most line.
    """
    k, region = len(patch.grids), patch.region
    out = base.copy()
    stays = answer < k
    out[patch.places[stays]] = patch.grids[answer[stays]]
    leaves = patch.places[(answer == k) & (region.start < k)]
    harmed: set[int] = set()
    slots = max(task.k, int(base.max()) + 1)
    fresh = answer > k
    out[patch.places[fresh]] = slots + answer[fresh] - k - 1
    slots += int(max(answer.max() - k, 0))
    out[leaves] = -1
    for members in _pieces(task, leaves):
        here = np.zeros(len(base), bool)
        here[members] = True
        ends = np.r_[task.v[here[task.u]], task.u[here[task.v]]]
        line = np.bincount(
            np.maximum(out[ends], 0), np.r_[task.shared[here[task.u]], task.shared[here[task.v]]] + 1e-6, slots
        )
        line[np.bincount(np.maximum(out[ends], 0), out[ends] >= 0, slots) == 0] = 0.0
        line[patch.grids] = 0.0
        beside = np.argsort(-line, kind="stable")[: int((line > 0).sum())]
        fits = [grid for grid in beside.tolist() if _has_room(task, out, grid, members)]
        if not len(beside):
            return base.copy(), np.zeros(0, np.int64)
        if not fits:
            harmed |= set(beside.tolist())
        out[members] = fits[0] if fits else beside[0]
    harmed |= set(worse_in(task, base, out).tolist()) - set(patch.grids.tolist())
    return out, np.array(sorted(harmed), np.int64)


def _pieces(task: Regions, units: Ints) -> list[Ints]:
    """Return the connected pieces of some units, the largest first."""
    local = np.full(task.graph.n, -1, np.int64)
    local[units] = np.arange(len(units))
    inner = (local[task.u] >= 0) & (local[task.v] >= 0)
    links = csr_matrix((np.ones(inner.sum()), (local[task.u[inner]], local[task.v[inner]])), shape=(len(units),) * 2)
    count, piece = connected_components(links, directed=False)
    parts = [units[piece == p] for p in range(count)]
    return sorted(parts, key=lambda part: -len(part))


def _has_room(task: Regions, out: Ints, grid: int, members: Ints) -> bool:
    return all(m.counts[out == grid].sum() + m.counts[members].sum() <= m.high for m in task.measures)


def worse_in(task: Regions, base: Ints, out: Ints) -> Ints:
    """Return the grids that are in pieces or farther outside a bound than they were."""
    slots = max(task.k, int(base.max()) + 1, int(out.max()) + 1)
    bad = np.zeros(slots, bool)
    there = np.bincount(out, minlength=slots) > 0
    for m in task.measures:
        was, now = np.bincount(base, m.counts, slots), np.bincount(out, m.counts, slots)
        low, high = now < np.minimum(m.low, was), now > np.maximum(m.high, was)
        bad |= there & (low | high)
    bad &= outside(task.measures, out, slots, len(out))
    before, after = (_in_pieces(task, grid, slots) for grid in (base, out))
    return np.flatnonzero(bad | (after & ~before))


def _in_pieces(task: Regions, grid: Ints, slots: int) -> Bools:
    _, piece = pieces_within(task.graph, grid)
    first = np.unique(piece, return_index=True)[1]
    return np.asarray(np.bincount(grid[first], minlength=slots) > 1)
