"""Before any search: what no partition of this graph can do, and how many grids each part of it can have."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from gridgis.errors import InfeasibleError, some
from gridgis.graph import Fixed, Graph, Ints
from gridgis.languages import Said, Words, listed
from gridgis.options import COUNT_WORDS, PlanOptions
from gridgis.partition.adjacency import Links, connected_areas, links_of
from gridgis.partition.hubs import forced_groups
from gridgis.partition.problem import Weight


@dataclass(frozen=True, kw_only=True)
class Area:
    """A connected piece of the graph, once the units too large for any grid are taken out.

    Attributes
    ----------
    units
        Indices of its units, so that neighbours are near one another, the lowest first.
    totals
        Its total of each weight.
    fewest, most
        The numbers of grids it may have.
    grids
        The number it is to start with.
    possible
        False: no number of grids keeps the bands.
    conflict
        Why no single grid can keep both bands, English and Chinese; None where one may.
    beside
        Oversize units that cut it off from the rest.
    whole
        It is the whole jurisdiction.
    """

    units: Ints
    totals: tuple[int, ...]
    fewest: int
    most: int
    grids: int
    possible: bool
    conflict: tuple[str, str] | None
    beside: tuple[int, ...]
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What the preflight found.

    Attributes
    ----------
    alone
        Units that exceed a bound by themselves, and groups that must share a grid and exceed one together, the
        unit they hang on first; each is a grid of its own.
    fixed
        What is a grid already.
    joins
        Units without people that only a unit too large can reach -> that unit.
    areas
        The rest, in connected areas.
    links
        Who is whose neighbour among the units of all areas, numbered as they come there.
    """

    alone: tuple[Ints, ...]
    fixed: tuple[Fixed, ...]
    joins: dict[int, int]
    areas: tuple[Area, ...]
    links: Links

    def area_of(self, n: int) -> Ints:
        """Return (n,) the index of each unit's area, -1 for those outside them."""
        area = np.full(n, -1)
        for i, units in enumerate(area.units for area in self.areas):
            area[units] = i
        return area


def survey(graph: Graph, options: PlanOptions, counted: tuple[Weight, ...]) -> Survey:
    """Find oversize units, connected areas and their possible numbers of grids.

    Raises
    ------
    InfeasibleError
        When the number of grids asked for cannot be had, whatever the bands or because of them.
    """
    people = np.zeros(graph.n, bool)
    over = np.zeros(graph.n, bool)
    for weight in counted:
        people |= weight.counts > 0
        over |= (weight.counts > weight.high) & weight.bounded
    taken = np.zeros(graph.n, bool)
    for group in graph.fixed:
        taken[group.units] = True
    over &= ~taken
    alone = [np.array([unit]) for unit in np.flatnonzero(over)]
    over |= taken
    links = links_of(graph)
    parts, near = _areas(links, over)
    hubs = _hubs(near, parts, counted)
    if hubs:
        alone += hubs
        over[np.concatenate(hubs)] = True
        parts, near = _areas(links, over)
    joins: dict[int, int] = {}
    areas = []
    touching = _touching(graph, over & ~taken, parts) if alone else {}
    whole = len(parts) == 1 and not len(alone) and not graph.fixed
    for i, units in enumerate(parts):
        beside = touching.get(i, ())
        if beside and not people[units].any():
            joins.update(dict.fromkeys(np.sort(units).tolist(), beside[0]))
            continue
        areas.append(_measure(units, people, counted, beside, whole))
    if options.grids is not None:
        areas = _share_out(areas, options.grids, len(alone) + len(graph.fixed), counted, graph, people)
    if len(areas) < len(parts):
        near = links.among(np.concatenate([area.units for area in areas] or [np.zeros(0, np.int64)]))
    return Survey(alone=tuple(alone), fixed=graph.fixed, joins=joins, areas=tuple(areas), links=near)


def _areas(links: Links, over: np.ndarray) -> tuple[list[Ints], Links]:
    """Return the connected areas of the units that are not too large, by first units, and the links in that order."""
    order, starts = connected_areas(links.indptr, links.indices, over)
    units = order.astype(np.int64)
    return [units[start:end] for start, end in pairwise(starts)], links.among(units)


def _hubs(near: Links, parts: list[Ints], counted: tuple[Weight, ...]) -> list[Ints]:
    """Return groups of units that hang on one and are too heavy with it, outside the oversize units.

    ``near`` are the links between the units of all parts, numbered as they come there.
    """
    bounded = [weight for weight in counted if weight.bounded and weight.low > 0]
    if not bounded or not parts:
        return []
    units = parts[0] if len(parts) == 1 else np.concatenate(parts)
    held = np.empty((len(units), len(bounded)))
    for i, weight in enumerate(bounded):
        held[:, i] = weight.counts[units]
    low, high = (np.array([getattr(weight, side) for weight in bounded], float) for side in ("low", "high"))
    ends = np.cumsum([len(part) for part in parts])
    found = []
    for part, end in zip(parts, ends.tolist(), strict=True):
        start = end - len(part)
        # an area too small for a grid is one piece that hangs on nothing
        if (held[start:end].sum(axis=0) >= low).all():
            found += [units[group] for group in forced_groups(near, np.arange(start, end), held, low, high)]
    return found


def _touching(graph: Graph, over: np.ndarray, parts: list[Ints]) -> dict[int, tuple[int, ...]]:
    """Return index of an area -> the oversize units beside it, the one with the longest shared line first."""
    area = np.full(graph.n, -1)
    for i, units in enumerate(parts):
        area[units] = i
    shared: dict[int, dict[int, float]] = {}
    for here, there in ((graph.u, graph.v), (graph.v, graph.u)):
        for edge in np.flatnonzero(over[there] & ~over[here]):
            beside = shared.setdefault(int(area[here[edge]]), {})
            beside[int(there[edge])] = beside.get(int(there[edge]), 0.0) + float(graph.shared_m[edge])
    return {a: tuple(sorted(beside, key=lambda v: (-beside[v], v))) for a, beside in shared.items()}


def _measure(
    units: Ints, people: np.ndarray, counted: tuple[Weight, ...], beside: tuple[int, ...], whole: bool
) -> Area:
    totals = tuple(int(weight.counts[units].sum()) for weight in counted)
    filled = max(1, int(people[units].sum()))
    fewest, most = 1, filled
    for weight, total in zip(counted, totals, strict=True):
        if weight.bounded:
            low, high = reachable(weight, units)
            fewest = max(fewest, math.ceil(total / high))
            if low > 0:
                most = min(most, math.floor(total / low))
    conflict = _conflict(units, counted)
    possible = fewest <= most and conflict is None
    if not possible:
        # the search may use any number between the two; which one hurts least, it finds out
        fewest, most = max(1, min(fewest, most)), min(filled, max(1, fewest, most))
    ratios = [total / weight.target for weight, total in zip(counted, totals, strict=True)]
    ideal = sum(r * r for r in ratios) / sum(ratios) if sum(ratios) > 0 else 1.0
    grids = min(max(round(ideal), fewest), most)
    return Area(
        units=units,
        totals=totals,
        fewest=fewest,
        most=most,
        grids=grids,
        possible=possible,
        conflict=conflict,
        beside=beside,
        whole=whole,
    )


def reachable(weight: Weight, units: Ints) -> tuple[float, float]:
    """Return the least and the greatest total within the band: a multiple of what all counts are multiples of."""
    counts = weight.counts[units]
    # the first few mostly tell
    step = int(np.gcd.reduce(counts[:1000]))
    step = (1 if step == 1 else int(np.gcd.reduce(counts))) or 1
    return math.ceil(weight.low / step) * step, math.floor(weight.high / step) * step if math.isfinite(
        weight.high
    ) else math.inf


def _conflict(units: Ints, counted: tuple[Weight, ...]) -> tuple[str, str] | None:
    """Say why no grid of these units can keep both bands: their people per household do not let it."""
    if [weight.name for weight in counted if weight.bounded] != ["households", "population"]:
        return None
    homes, people = (weight.counts[units] for weight in counted)
    lived_in = homes > 0
    if not lived_in.any():
        return None
    least = float((people[lived_in] / homes[lived_in]).min())
    most = float((people[lived_in] / homes[lived_in]).max()) if not people[~lived_in].any() else math.inf
    (low, high), (bottom, top) = (reachable(weight, units) for weight in counted)
    for weight, reach in zip(counted, ((low, high), (bottom, top)), strict=True):
        if reach[0] > reach[1]:
            step = int(np.gcd.reduce(weight.counts[units]))
            word, zh = ("households", "户") if weight.name == "households" else ("people", "人")
            return (
                f"no grid can keep its band: {word} come in multiples of {step:,} here, none of which lies in "
                f"{weight.low:g}–{weight.high:g}",
                f"任何网格都无法满足范围：此处数量均为 {step:,} {zh}的倍数，"
                f"没有一个在 {weight.low:g}–{weight.high:g} 之内",
            )
    if most * high >= bottom and least * low <= top:
        return None
    size = f"{least:.2f}" if f"{least:.2f}" == f"{most:.2f}" else f"{least:.2f}–{most:.2f}"
    span = f"{least * low:,.0f}–{most * high:,.0f}"
    return (
        f"no grid can keep both bands: with {size} people per household, the {low:,}–{high:,} households that a grid "
        f"can have here are {span} people, never {bottom:,}–{top:,}",
        f"任何网格都无法同时满足两个范围：户均 {size} 人，此处网格可能的 {low:,}–{high:,} 户合 {span} 人，"
        f"不可能为 {bottom:,}–{top:,} 人",
    )


def _share_out(
    areas: list[Area], grids: int, alone: int, counted: tuple[Weight, ...], graph: Graph, people: np.ndarray
) -> list[Area]:
    """Set the number of grids of every area so that they make up the number asked for, or say why not."""
    filled = int(people.sum()) or graph.n
    if grids > filled:
        kind = Said("units with people") if people.any() else Said("units")
        raise InfeasibleError(
            Said(
                "{grids:,} grids were asked for, but there are only {filled:,} {kind}; ask for at most "
                "{filled:,} grids, or divide the units further",
                grids=grids,
                filled=filled,
                kind=kind,
            )
        )
    fewest = alone + sum(area.fewest for area in areas)
    most = alone + sum(area.most for area in areas)
    if not fewest <= grids <= most:
        raise InfeasibleError(_refusal(areas, grids, alone, fewest, most, counted, graph))
    counts = [area.grids for area in areas]
    loads = [
        sum(total / weight.target for total, weight in zip(area.totals, counted, strict=True)) + 1e-9 for area in areas
    ]
    missing = grids - alone - sum(counts)
    while missing:
        step = 1 if missing > 0 else -1
        free = [i for i, area in enumerate(areas) if (counts[i] < area.most if step > 0 else counts[i] > area.fewest)]
        i = max(free, key=lambda i: step * loads[i] / (counts[i] + 0.5 * step))
        counts[i] += step
        missing -= step
    return [replace(area, fewest=count, most=count, grids=count) for area, count in zip(areas, counts, strict=True)]


def _refusal(
    areas: list[Area], grids: int, alone: int, fewest: int, most: int, counted: tuple[Weight, ...], graph: Graph
) -> Words:
    span: str = f"{fewest:,}" if fewest == most else Said("{fewest:,} to {most:,}", fewest=fewest, most=most)
    parts: list[Words] = [
        Said(
            "{total:,} {name} in {low:g}–{high:g} each",
            total=weight.counts.sum(),
            name=COUNT_WORDS.get(weight.name, weight.name),
            low=weight.low,
            high=weight.high,
        )
        for weight in counted
        if weight.bounded
    ]
    if len(areas) > 1:
        small = min(areas, key=lambda area: len(area.units))
        parts.append(
            Said(
                "the graph is in {count:,} pieces that no grid can join (one holds only the units {units})",
                count=len(areas),
                units=some(graph.ids[small.units].tolist()),
            )
        )
    if alone:
        parts.append(Said("{alone:,} units are too large for any grid and stand alone", alone=alone))
    why = listed(parts, "and") if parts else Said("every grid needs a unit with people")
    return Said(
        "{grids:,} grids were asked for, but only {span} can be had: {why}. Ask for a number in that "
        "range, or change the bands",
        grids=grids,
        span=span,
        why=why,
    )
