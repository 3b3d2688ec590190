"""What a plan's moves must be at least, by groups of grids that have nothing to do with each other; and better ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.graph import Floats, Ints
from gridgis.partition.exact import MOST_NODES
from gridgis.partition.moves_patches import Patch, cut_patch, put_patch, worse_in
from gridgis.partition.moves_program import Answer, MovesProgram
from gridgis.partition.moves_regions import Region, Regions, outside
from gridgis.partition.search import Clock

Bools = npt.NDArray[np.bool_]

NONE = np.zeros(0, np.int64)
NEAR = 10.0
"""Households over which the first choices reach, at least."""
ROOTS = 6
"""Units around which a new grid is tried."""
MOST_NEW = 2
"""New grids that a group may need at most for a proof."""
LARGEST = 60
"""Grids that a patch may grow to."""


@dataclass(kw_only=True, eq=False)
class Group:
    """Grids between which units move, and what is known of them.

    Attributes
    ----------
    grids
        Their numbers, those before the change.
    fresh
        Numbers of new grids among them.
    cost
        Households that are moved among them in the best division known.
    spared
        Grids of them that stay outside a bound there.
    bound
        Fewer cannot move.
    done
        Nothing more can be shown.
    sources
        Grids around from which units may come, their cost counted here.
    """

    grids: Ints
    fresh: Ints
    cost: int
    spared: int
    bound: int = 0
    done: bool = False
    sources: Ints = field(default_factory=lambda: NONE)


def mend_patch(task: Regions, grid: int, clock: Clock) -> Ints | None:
    """Return the plan by now with one grid mended, by the few grids that this concerns; None: no way was found."""
    base = task.grid
    slots = max(task.k, int(base.max()) + 1)
    bad = outside(task.measures, base, slots, len(base))
    bad[: task.k] &= ~task.frozen
    grids = np.array([grid], np.int64)
    need = task.need(grids)
    most = 3.0 * need + float(np.sort(task.now.weight[~task.now.fixed])[-3:].sum())
    cap = NEAR
    best, least, usable = None, math.inf, None
    while not clock.over and len(grids) <= LARGEST:
        # few choices first: what costs more than the farthest of them may have a better one beyond
        patch = cut_patch(task, base, grids, cap=cap, ties=True, may_break=bad[grids], others=NONE)
        if patch is None:
            break
        answer = MovesProgram(patch.region, penalty=task.penalty, ordered=True).settle(clock)
        if answer.grid is None:
            break
        usable = patch
        if answer.broken[np.searchsorted(grids, grid)]:
            if cap >= most:
                break
            cap = min(3.0 * cap, most)
            continue
        out, harmed = put_patch(task, base, patch, answer.grid)
        if len(harmed):
            grids = np.union1d(grids, harmed)
            continue
        cost = float(task.now.moved(out) - task.now.moved(base))
        if cost < least and not (out == base).all():
            best, least = out, cost
        if cost <= cap + 1:
            break
        cap = min(cost, 3.0 * cap)
    if usable is None or task.keep_number or least_new(usable.region) >= least:
        return best
    for root in _roots(usable.region):
        program = MovesProgram(usable.region, penalty=task.penalty, roots=[root], ordered=True)
        answer = program.settle(clock)
        if answer.grid is None or answer.broken.any():
            continue
        out, harmed = put_patch(task, base, usable, answer.grid)
        cost = float(task.now.moved(out) - task.now.moved(base))
        if not len(harmed) and cost < least and not (out == base).all():
            best, least = out, cost
    return best


def _roots(region: Region) -> list[int]:
    """Return units around which a new grid might begin: the newest and the heaviest of grids that are too full."""
    full = np.zeros(region.k, bool)
    for m in region.measures:
        full |= np.bincount(region.start, m.counts, region.k) > m.high
    full[-1] = False
    count = sum((m.counts / max(1.0, float(m.counts.mean())) for m in region.measures), np.zeros(region.n))
    weight = np.floor(region.weight)
    fresh = np.maximum(count - weight / max(1.0, float(weight.mean())), 0.0)
    members = np.flatnonzero(full[region.start])
    newest = members[np.argsort(-fresh[members] - 1e-3 * count[members], kind="stable")][: ROOTS // 2]
    heaviest = members[np.argsort(-count[members], kind="stable")][: ROOTS // 2]
    return list(dict.fromkeys([*newest.tolist(), *heaviest.tolist()]))


def least_new(region: Region, grids: int = 1, among: Bools | None = None) -> float:
    """Return how many households so many new grids of some units move at least; those of new buildings are nobody's."""
    chosen = np.ones(region.n, bool) if among is None else among
    if any(m.counts[chosen].sum() < grids * m.low for m in region.measures):
        return math.inf
    weight = np.floor(region.weight)[chosen]
    return max((knapsack(weight, m.counts[chosen], grids * m.low) for m in region.measures), default=0.0)


def bound_by_groups(task: Regions, grid: Ints, forced: int, clock: Clock) -> tuple[Ints, int]:
    """Hold a division against what its groups of grids need by themselves.

    A group's program lets all grids around be: none of them has bounds. Where its answer harms one, that grid joins
    the group. Groups that units may go between are made one.

    Parameters
    ----------
    forced
        So many of the grids outside a bound are so in every division.

    Returns
    -------
    grid
        A division with fewer moves, or the one given.
    bound
        Fewer households cannot move, with as many grids within their bounds.
    """
    groups = _groups(task, grid)
    while not clock.over:
        open_ = [g for g in groups if not g.done]
        if not open_:
            break
        group = min(open_, key=lambda g: (len(g.grids), int(g.grids[0])))
        budget = Clock(limit_s=clock.left_s / len(open_))
        grid, joined = _work(task, grid, group, groups, budget)
        if joined:
            rest = [g for g in groups if g is not group and g not in joined]
            whole = [group, *joined]
            groups = [*rest, _united(whole)]
    free = sum(group.spared for group in groups) - forced
    bounds = sorted(group.bound for group in groups)
    return grid, sum(bounds[: max(len(bounds) - max(free, 0), 0)])


def _united(groups: list[Group]) -> Group:
    return Group(
        grids=np.unique(np.concatenate([g.grids for g in groups])),
        fresh=np.concatenate([g.fresh for g in groups]),
        cost=sum(g.cost for g in groups),
        spared=sum(g.spared for g in groups),
        bound=max(g.bound for g in groups),
    )


def _groups(task: Regions, grid: Ints) -> list[Group]:
    """Return the groups of grids that units move between, and those that break a bound."""
    now, k = task.now, task.k
    slots = max(k, int(grid.max()) + 1)
    own = np.where(now.own >= 0, now.own, now.start)
    ends = np.r_[now.start, own], np.r_[grid, now.start]
    links = coo_matrix((np.ones(len(ends[0])), ends), shape=(slots, slots))
    _, of = connected_components(links, directed=False)
    broken = outside(task.measures, now.start, k, len(grid)) & ~task.frozen
    still = outside(task.measures, grid, slots, len(grid))
    still[:k] &= ~task.frozen
    changed = np.zeros(slots, bool)
    changed[:k] = broken
    different = (grid != now.start) | (now.start != own)
    changed[now.start[different]] = changed[grid[different]] = changed[own[different]] = True
    moved = np.where((grid != now.own) & (now.own >= 0), now.weight, 0)
    out = []
    for name in np.unique(of[changed]).tolist():
        members = np.flatnonzero((of == name) & changed)
        cost = int(moved[np.isin(now.start, members)].sum())
        fresh = members[members >= k]
        members = members[members < k]
        members = members[~task.frozen[members]]
        if len(members):
            out.append(Group(grids=members, fresh=fresh, cost=cost, spared=int(still[of == name].sum())))
    return out


def _work(task: Regions, grid: Ints, group: Group, groups: list[Group], clock: Clock) -> tuple[Ints, list[Group]]:
    """Solve a group's program once; return the division, and the groups that it has to be solved with."""
    now = task.now
    if group.bound >= group.cost or len(group.grids) > LARGEST:
        group.done = True
        return grid, []
    others = np.concatenate([NONE, *(g.grids for g in groups if g is not group)])
    cap, spared = float(group.cost), np.full(len(group.grids), group.spared > 0)
    patch = cut_patch(task, now.start, group.grids, cap=cap, ties=False, may_break=spared, others=others)
    if patch is None:
        group.done = True
        return grid, []
    inner = len(group.grids)
    region = patch.region
    arrives = (region.grid < inner) & (region.start[region.unit] == inner)
    group.sources = np.setdiff1d(now.start[patch.places[region.unit[arrives]]], others)
    spare, within = 0, region.start < inner
    while not task.keep_number and spare <= MOST_NEW and least_new(region, spare + 1, within) <= group.cost:
        spare += 1
    if spare > MOST_NEW:
        group.done = True
        return grid, []
    program = MovesProgram(region, penalty=0.0, spare=spare, spared=group.spared or None, whole=True)
    now_in = grid[patch.places]
    known = np.full(region.n, inner, np.int64)
    known[np.isin(now_in, group.grids)] = np.searchsorted(group.grids, now_in[np.isin(now_in, group.grids)])
    inside = [name for name in group.fresh.tolist() if np.isin(now.start[grid == name], group.grids).all()]
    for slot, name in enumerate(inside[:spare]):
        known[now_in == name] = inner + 1 + slot
    answer = program.settle(clock, known)
    least = math.ceil(answer.bound - 1e-6 * abs(answer.bound) - 1e-3) if math.isfinite(answer.bound) else 0
    if answer.bound == math.inf:
        least = group.cost
    group.bound = min(group.cost, max(group.bound, least))
    if group.bound >= group.cost or answer.grid is None or answer.cost > group.cost - 0.5:
        group.done = True
        return grid, []
    came = np.unique(now.start[patch.places[(answer.grid != inner) & (region.start == inner)]])
    joined = [g for g in groups if g is not group and np.isin(came, g.grids).any()]
    if joined:
        return grid, joined
    before = group.grids
    grid = _take(task, grid, group, others, patch, answer, clock)
    # a grid that the answer harms may be another group's: what both need would be counted twice
    joined = [g for g in groups if g is not group and np.isin(group.grids, g.grids).any()]
    group.done &= not joined
    # what comes to another group from a grid that this one counts now, would be counted twice
    for other in groups:
        if other is not group and np.isin(np.setdiff1d(group.grids, before), other.sources).any():
            other.bound, other.done = 0, False
    return grid, joined


def _take(task: Regions, grid: Ints, group: Group, others: Ints, patch: Patch, answer: Answer, clock: Clock) -> Ints:
    """Take a group's answer where it harms no grid around; else let the group grow."""
    now = task.now
    assert answer.grid is not None
    back = np.isin(now.start, group.grids) | np.isin(grid, np.append(group.grids, group.fresh))
    base = np.where(back, now.start, grid)
    out, harmed = put_patch(task, base, patch, answer.grid)
    if len(harmed):
        wider = np.union1d(group.grids, harmed[harmed < task.k])
        group.done = len(wider) == len(group.grids)
        group.grids = wider
        return grid
    group.done = True
    out = _fewer_units(task, base, group, others, answer, _without_idle(task, out), clock)
    slots = max(task.k, int(grid.max()) + 1, int(out.max()) + 1)
    bad = [int(outside(task.measures, g, slots, len(g)).sum()) for g in (out, grid)]
    if bad[0] > bad[1] or now.moved(out) >= now.moved(grid):
        return grid
    group.cost -= now.moved(grid) - now.moved(out)
    return out


def _fewer_units(
    task: Regions, base: Ints, group: Group, others: Ints, answer: Answer, known: Ints, clock: Clock
) -> Ints:
    """Return a division that moves no more households, but fewer units and along more line, where one is found soon."""
    may_break = np.zeros(len(group.grids), bool)
    patch = cut_patch(
        task, task.now.start, group.grids, cap=float(group.cost), ties=True, may_break=may_break, others=others
    )
    if patch is None or group.spared or (known >= task.k).any():
        return known
    held = MovesProgram(patch.region, penalty=0.0, ordered=True)
    fewer = held.settle(Clock(limit_s=clock.left_s / 2), nodes=MOST_NODES)
    if fewer.grid is None or math.floor(fewer.cost) > answer.cost + 0.5:
        return known
    out, harmed = put_patch(task, base, patch, fewer.grid)
    return known if len(harmed) or task.now.moved(out) > task.now.moved(known) else out


def _without_idle(task: Regions, grid: Ints) -> Ints:
    """Return a division in which units whose move costs nothing stay, where that harms no grid."""
    now, out = task.now, grid.copy()
    for unit in np.flatnonzero((grid != now.start) & (now.weight == 0) & ~now.fixed).tolist():
        after = out.copy()
        after[unit] = now.start[unit]
        if not len(worse_in(task, out, after)):
            out = after
    return out


def knapsack(weight: Ints | Floats, counts: Ints, need: float) -> float:
    """Return the least weight, fractions allowed, of units whose counts make up `need`."""
    held = np.flatnonzero(counts > 0)
    order = held[np.argsort(weight[held] / counts[held], kind="stable")]
    before = np.cumsum(counts[order]) - counts[order]
    taken = np.clip((need - before) / counts[order], 0.0, 1.0)
    return float((taken * weight[order]).sum())
