"""What grids break, told so that a planner knows what to do: bands, walking, communities, locks, empty grids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gridgis.measures import Measure
from gridgis.pieces import joined
from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A rule that a grid breaks.

    Attributes
    ----------
    rule
        ``households`` or ``population`` (a band), ``connected``, ``community``, ``sector`` (``code`` is the sector's),
        ``fixed`` (a lock or a dedicated compound), ``empty``.
    side
        Of a band: ``high`` or ``low``; else empty.
    value
        The grid's sum (of several housing types: in grids of the size allowed), its pieces, its communities or
        its buildings.
    low, high
        What that must lie between; None: not bounded.
    soft
        The band may be broken.
    was
        The value before the edit, where the grid broke the rule already; None: the edit broke it.
    """

    code: str
    rule: str
    side: str = ""
    value: float
    low: float | None = None
    high: float | None = None
    text: str
    text_zh: str
    remedy: str
    remedy_zh: str
    soft: bool = False
    was: float | None = None

    @property
    def new(self) -> bool:
        """Whether the edit broke the rule."""
        return self.was is None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"new": self.new}


class Surroundings(NamedTuple):
    """Sums of every grid, by measure, and which free grids people can walk to from each of the chosen."""

    totals: dict[str, Floats]
    beside: dict[int, list[int]]


def find_breaches(plan: Plan, grids: Ints | None = None) -> tuple[Breach, ...]:
    """Say what the plan's grids break, grid by grid; of all without ``grids``."""
    chosen = np.arange(plan.assignment.grids) if grids is None else np.asarray(grids, np.int64)
    around = _surroundings(plan, chosen)
    found: list[Breach] = []
    for rule in (_bands, _connected, _communities, _sectors, _fixed, _empty):
        found += rule(plan, chosen, around)
    place = {code: grid for grid, code in enumerate(plan.codes.code)}
    return tuple(sorted(found, key=lambda breach: place.get(breach.code, -1)))


def _surroundings(plan: Plan, chosen: Ints) -> Surroundings:
    grid, k = plan.assignment.grid, plan.assignment.grids
    totals = {m.name: np.bincount(grid, m.counts, k).astype(float) for m in plan.units.measures}
    mine = np.zeros(k, bool)
    mine[chosen] = True
    a, b = grid[plan.graph.u], grid[plan.graph.v]
    border = (a != b) & (mine[a] | mine[b])
    pairs = np.unique(np.column_stack([np.r_[a[border], b[border]], np.r_[b[border], a[border]]]), axis=0)
    beside: dict[int, list[int]] = {g: [] for g in chosen.tolist()}
    held = set(grid[plan.units.frame["fixed"].to_numpy() >= 0].tolist())
    held |= {g for g, code in enumerate(plan.codes.code) if code in plan.options.lock}
    for g, other in pairs.tolist():
        if mine[g] and other not in held:
            beside[g].append(other)
    return Surroundings(totals, beside)


def _bands(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    for measure in plan.units.measures:
        total = around.totals[measure.name]
        for grid in chosen[(total[chosen] > measure.high) | (total[chosen] < measure.low)].tolist():
            yield _band(plan, grid, measure, around)


def _band(plan: Plan, grid: int, measure: Measure, around: Surroundings) -> Breach:
    total, code = around.totals[measure.name], plan.codes.code
    over = bool(total[grid] > measure.high)
    bound = measure.high if over else measure.low
    apart = abs(float(total[grid]) - bound)
    has, has_zh = measure.say(float(total[grid]))
    limit, limit_zh = measure.say(bound)
    gap, gap_zh = measure.say(apart)
    neighbours = around.beside[grid]
    spare = {g: float(measure.high - total[g] if over else total[g] - measure.low) for g in neighbours}
    best = max(neighbours, key=lambda g: (spare[g], -g), default=None)
    if best is not None and spare[best] > 0:
        room, room_zh = measure.say(spare[best])
        if over:
            remedy = f"move {gap} or more to grid {code[best]}, which has room for {room}, or split the grid"
            remedy_zh = f"可将{gap_zh}以上划入网格{code[best]}（尚可容纳{room_zh}），或拆分该网格"
        else:
            remedy = f"take {gap} or more from grid {code[best]}, which can spare {room}"
            remedy_zh = f"可从网格{code[best]}划入{gap_zh}以上（可调出{room_zh}）"
    elif over:
        remedy, remedy_zh = "split the grid, or raise the bound", "可拆分该网格，或提高上限"
    else:
        remedy, remedy_zh = "merge the grid with one beside it, or lower the bound", "可与相邻网格合并，或降低下限"
    if not over:
        joinable = [g for g in neighbours if total[g] + total[grid] <= measure.high]
        if joinable and not (best is not None and spare[best] > 0):
            partner = code[min(joinable, key=lambda g: (total[g], g))]
            remedy, remedy_zh = f"merge it with grid {partner}", f"可与网格{partner}合并"
    whole = measure.whole
    return Breach(
        code=code[grid],
        rule=measure.rule,
        side="high" if over else "low",
        value=float(total[grid]) / whole,
        low=measure.low / whole if measure.low > 0 else None,
        high=measure.high / whole if np.isfinite(measure.high) else None,
        text=f"grid {code[grid]} has {has}; {'at most' if over else 'at least'} {limit} "
        f"{'are aimed at' if measure.soft else 'are allowed' if over else 'are needed'}",
        text_zh=f"网格{code[grid]}：{has_zh}，{'超出上限' if over else '低于下限'}{limit_zh}",
        remedy=remedy,
        remedy_zh=remedy_zh,
        soft=measure.soft,
    )


def _connected(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    grid, graph, frame = plan.assignment.grid, plan.graph, plan.units.frame
    mine = np.zeros(plan.assignment.grids, bool)
    mine[chosen] = True
    units = np.flatnonzero(mine[grid])
    local = np.full(graph.n, -1, np.int64)
    local[units] = np.arange(len(units))
    inside = mine[grid[graph.u]] & (grid[graph.u] == grid[graph.v])
    part = joined(len(units), local[graph.u[inside]], local[graph.v[inside]])
    homes = np.bincount(part, frame["households"].to_numpy()[units])
    size = np.bincount(part)
    owner = np.zeros(len(size), np.int64)
    owner[part] = grid[units]
    for g in np.flatnonzero(np.bincount(owner) > 1).tolist():
        parts = np.flatnonzero(owner == g)
        main = max(parts.tolist(), key=lambda p: (homes[p], size[p], -p))
        cut = [p for p in parts.tolist() if p != main]
        people, name = int(homes[cut].sum()), graph.ids[units[np.argmax(np.isin(part, cut))]]
        code, count = plan.codes.code[g], len(parts)
        yield Breach(
            code=code,
            rule="connected",
            value=float(count),
            high=1.0,
            text=f"grid {code} is in {count} pieces that people cannot walk between; {people:,} households around "
            f"building {name} are cut off",
            text_zh=f"网格{code}分成{count}块，彼此不能步行到达；建筑{name}一带{people}户被隔开",
            remedy="move what is cut off to a grid beside it, or add the units that lie between",
            remedy_zh="可将被隔开的单元划入相邻网格，或把中间的单元划入本网格",
        )


def _communities(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    names = plan.layers.communities["name"].tolist()
    if not names:
        return
    pairs, households = _within(plan, chosen, plan.units.frame["community"].to_numpy(np.int64))
    for grid in np.flatnonzero(np.bincount(pairs[:, 0]) > 1).tolist():
        rows = np.flatnonzero(pairs[:, 0] == grid)
        rows = rows[np.argsort(-households[rows], kind="stable")]
        of = pairs[rows, 1].tolist()
        en = [names[c] or str(c + 1) if c >= 0 else "none" for c in of]
        zh = [names[c] or str(c + 1) if c >= 0 else "社区之外" for c in of]
        code, less = plan.codes.code[grid], int(households[rows[1:]].sum())
        yield Breach(
            code=code,
            rule="community",
            value=float(len(of)),
            high=1.0,
            text=f"grid {code} reaches over {len(of)} communities ({', '.join(en)}); a grid lies in one",
            text_zh=f"网格{code}跨越{len(of)}个社区（{'、'.join(zh)}）；网格不得跨社区",
            remedy=f"move the {less:,} households outside {en[0]} to a grid of their community, or to a new one",
            remedy_zh=f"可将{zh[0]}以外的{less}户划入其所在社区的网格，或另设网格",
        )


def _sectors(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    band = plan.options.sectors
    if band is None or plan.sectors is None:
        return
    size = np.bincount(plan.sectors.grid)
    for sector in np.unique(plan.sectors.grid[chosen]).tolist():
        count, code = int(size[sector]), plan.codes.sector[sector]
        if count in band:
            continue
        over = count > band.high
        yield Breach(
            code=code,
            rule="sector",
            side="high" if over else "low",
            value=float(count),
            low=band.low,
            high=band.high,
            text=f"sector {code} has {count} grid{'s' * (count != 1)}; it is to have {band.low:g} to {band.high:g}",
            text_zh=f"片区{code}有{count}个网格，应为{band.low:g}至{band.high:g}个",
            remedy="merge two of its grids" if over else "split one of its grids",
            remedy_zh="可合并其中两个网格" if over else "可拆分其中一个网格",
        )


def _fixed(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    grid, k = plan.assignment.grid, plan.assignment.grids
    size = np.bincount(grid, minlength=k)
    for group in plan.graph.fixed:
        of = np.unique(grid[group.units])
        if len(of) == 1 and size[of[0]] == len(group.units):
            continue
        for g in np.intersect1d(of, chosen).tolist():
            code = plan.codes.code[g]
            yield Breach(
                code=code,
                rule="fixed",
                value=float(len(of)),
                high=1.0,
                text=f"grid {code} is not what it has to be: {group.why[0]}",
                text_zh=f"网格{code}与规定不符：{group.why[1]}",
                remedy=group.remedy[0],
                remedy_zh=group.remedy[1],
            )


def _empty(plan: Plan, chosen: Ints, around: Surroundings) -> Iterator[Breach]:
    buildings = np.bincount(plan.assignment.grid, plan.units.frame["buildings"].to_numpy(), plan.assignment.grids)
    for grid in chosen[buildings[chosen] == 0].tolist():
        code = plan.codes.code[grid]
        beside = plan.codes.code[around.beside[grid][0]] if around.beside[grid] else None
        yield Breach(
            code=code,
            rule="empty",
            value=0.0,
            low=1.0,
            text=f"grid {code} has no building",
            text_zh=f"网格{code}内没有建筑",
            remedy=f"merge it with grid {beside}" if beside else "merge it with a grid beside it",
            remedy_zh=f"可与网格{beside}合并" if beside else "可与相邻网格合并",
        )


def _within(plan: Plan, chosen: Ints, label: Ints) -> tuple[Ints, Floats]:
    """Return the pairs (grid, label) that the chosen grids' units have, and the households of each."""
    mine = np.zeros(plan.assignment.grids, bool)
    mine[chosen] = True
    units = np.flatnonzero(mine[plan.assignment.grid])
    pairs, of = np.unique(np.column_stack([plan.assignment.grid[units], label[units]]), axis=0, return_inverse=True)
    households = plan.units.frame["households"].to_numpy(float)[units]
    return pairs, np.bincount(of.ravel(), households, len(pairs)).astype(float)
