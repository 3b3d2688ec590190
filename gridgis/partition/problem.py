"""The numbers a search works on, made from a graph and the options: bands, targets, worths, compact arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np

from gridgis.graph import Floats, Graph, Ints
from gridgis.measures import Measure, build_measures
from gridgis.options import PlanOptions
from gridgis.partition import kernels as k
from gridgis.partition.adjacency import Links, Places, cumulated, cut_out, gathered, links_of, places_of
from gridgis.partition.kernels import Net
from gridgis.partition.threads import each

BREACH_WORTH = 1000.0
BALANCE_WORTH = 64.0, 480.0
SHAPE_WORTH = 1.2, 0.1
CUT_WORTH = 18.0, 21.0
"""Worths where all lines are alike, and where they differ ``FULL`` or more."""
FULL = 0.4
"""How much the costs of a metre differ on ordinary layers at least: their standard deviation ÷ their mean."""
SOFT_BREACH = 20.0
"""Worth of a broken bound while annealing: high enough to be avoided, low enough to be passed through;
twice that where lines differ, like the heat."""
SOFT_UNIT = 2.0


@dataclass(frozen=True, kw_only=True)
class Weight(Measure):
    """A measure of units, and what a grid should hold of it: ``target``, above 0."""

    target: float

    @property
    def bounded(self) -> bool:
        """Whether there is a bound that must be kept; else the count is only balanced."""
        return not self.soft and (math.isfinite(self.high) or self.low > 0)


def weights(graph: Graph, options: PlanOptions) -> tuple[Weight, ...]:
    """Return what the graph's measures bound, or the options' bands where it has none of its own.

    With a number of grids and no band, households are balanced, or population, or the number of units:
    the first that is not zero everywhere.
    """
    measures = graph.measures or build_measures(graph.households, graph.population, options)
    if not measures:
        counts = {"households": graph.households, "population": graph.population, "units": np.ones(graph.n, np.int64)}
        name = next(name for name, values in counts.items() if values.any() or name == "units")
        measures = (Measure(rule=name, side="both", counts=counts[name], low=0.0, high=math.inf),)
    targets = _targets(measures, options.grids)
    return tuple(Weight(**vars(measure), target=target) for measure, target in zip(measures, targets, strict=True))


def _targets(measures: tuple[Measure, ...], grids: int | None) -> list[float]:
    """Return what a grid should hold of each measure: the same share of each total, amid what all bounds allow.

    The middles of two bands need not agree: with 2.6 people a household, 400 households are 1,040 people,
    close to the bottom of 1,000 to 1,500. Units too large for any grid are left out; they stand alone.
    """
    over = np.zeros(len(measures[0].counts), bool)
    for measure in measures:
        over |= measure.counts > measure.high
    totals = [max(float(measure.counts[~over].sum()), 1e-9) for measure in measures]
    least = max(measure.low / total for measure, total in zip(measures, totals, strict=True))
    most = min(measure.high / total for measure, total in zip(measures, totals, strict=True))
    share = 1.0 / grids if grids else (least + most) / 2 if math.isfinite(most) else max(least, 1e-9)
    return [max(total * share, 1e-9) for total in totals]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Connected areas of units to be divided, as the compiled searches take them.

    Attributes
    ----------
    units
        (n,) the unit of the graph that each place stands for.
    net
        The areas as a graph, with bounds and worths.
    soft_rule
        The rule while annealing, when bounds may be broken on the way.
    x, y
        (n,) places; equal everywhere where unknown.
    start
        (n,) the grid each is in already, -1: none; None where there is no plan to start from.
    contrast
        How much lines differ in strength: 0 not at all, 1 as on ordinary layers or more.
    """

    units: Ints
    net: Net
    soft_rule: Floats
    x: Floats
    y: Floats
    start: Ints | None = None
    contrast: float = 0.0

    @property
    def n(self) -> int:
        """The number of units."""
        return len(self.units)

    @property
    def load(self) -> Floats:
        """(n,) each unit's share of a grid: the mean over the weights of count ÷ target."""
        held, share = self.net.node[:, k.HELD :], self.net.rule[k.FIRST + k.SHARE :: k.STRIDE]
        return np.asarray(held @ share / len(share))

    def take(self, places: Ints) -> Problem:
        """Return the problem of some places alone, all around them fixed; perimeters stay whole."""
        return self.piece(places, places_of(places, self.n), 0)

    def piece(self, places: Ints, place: Places, start: int) -> Problem:
        """Do the same where it is known that ``place[v] - start`` is the index in `places` of each of them alone."""
        net = self.net
        degree, indices, slot = cut_out(net.indptr, net.indices, places, place, start, len(places))
        inner = Net(
            indptr=cumulated(degree),
            indices=indices,
            length=gathered(net.length, slot),
            cost=gathered(net.cost, slot),
            node=np.ascontiguousarray(net.node[places]),
            rule=net.rule,
        )
        return replace(self, units=self.units[places], net=inner, x=self.x[places], y=self.y[places], start=None)


class Terms(NamedTuple):
    """What a graph's units and edges count for: ``node``, ``rule`` and ``soft`` as the kernels take them.

    ``span (m,)`` are the edges' lengths, ``bond (m,)`` their costs; ``contrast`` is as in ``Problem``.
    """

    node: Floats
    rule: Floats
    soft: Floats
    span: Floats
    bond: Floats
    contrast: float

    def problem(self, graph: Graph, places: Ints, links: Links) -> Problem:
        """Return the problem of dividing the units at `places`, with the links among them."""
        works: list[Callable[[], Floats]] = [
            *(
                partial(np.take, values, places, 0)
                for values in (self.node, graph.x.astype(float), graph.y.astype(float))
            ),
            *(partial(gathered, values, links.edge) for values in (self.span, self.bond)),
        ]
        node, x, y, length, cost = each(lambda work: work(), works)
        net = Net(indptr=links.indptr, indices=links.indices, length=length, cost=cost, node=node, rule=self.rule)
        start = None if graph.start is None else graph.start[places]
        return Problem(units=places, net=net, soft_rule=self.soft, x=x, y=y, start=start, contrast=self.contrast)


def build_problem(
    graph: Graph, counted: tuple[Weight, ...], places: Ints, options: PlanOptions | None = None
) -> Problem:
    """Return the problem of dividing the units at `places`; see ``terms_of``."""
    return terms_of(graph, counted, options).problem(graph, places, links_of(graph).among(places))


def terms_of(graph: Graph, counted: tuple[Weight, ...], options: PlanOptions | None = None) -> Terms:
    """Return what the units and edges of a graph count for.

    Lengths and costs are set in proportion to a mean edge, so that the worths mean the same in every town:
    one grid of even shape has a shape worth of about 2 and about 18 for the lines it shares,
    where lines are all alike (see ``_mixed_costs``). For the objectives
    ``cut-edges`` and ``cut-length`` an edge, or a mean edge's length, is worth 1, and nothing else counts.
    """
    n = graph.n
    objective = options.objective if options else "balance"
    node = np.zeros((n, k.HELD + len(counted)))
    rule = np.zeros(k.FIRST + k.STRIDE * len(counted))
    for i, weight in enumerate(counted):
        node[:, k.HELD + i] = weight.counts
        bounds = (weight.low, weight.high) if weight.bounded else (0.0, math.inf)
        at = k.FIRST + k.STRIDE * i
        rule[at : at + k.STRIDE] = *bounds, 1.0 / weight.target, 1.0 / weight.target
    span = np.nan_to_num(np.asarray(graph.shared_m, float))
    node[:, k.AREA] = graph.area_m2
    node[:, k.OUTLINE] = np.bincount(graph.u, span, n)
    node[:, k.OUTLINE] += np.bincount(graph.v, span, n)
    node[:, k.OUTLINE] += graph.outer_m
    rule[k.STEP] = 1.0
    rule[k.BREACH] = BREACH_WORTH
    soft = rule.copy()
    contrast = 0.0
    if objective == "balance":
        contrast = _contrast(graph, span)
        bond = _mixed_costs(graph, span, node, rule, counted, contrast)
        if options:
            rule[[k.BALANCE, k.SHAPE, k.CUT]] *= options.balance, options.compactness, options.lines
        soft = rule.copy()
        soft[k.BREACH] = SOFT_BREACH * (1.0 + contrast)
    else:
        bond = np.ones(len(span)) if objective == "cut-edges" else _even(span)
        rule[k.CUT] = 1.0
        # what lies outside a bound is counted in units of mean size, each as dear as two edges
        soft = rule.copy()
        soft[k.STEP] = 0.0
        soft[k.BREACH] = SOFT_UNIT
        for i, weight in enumerate(counted):
            soft[k.FIRST + k.STRIDE * i + k.SLOPE] = 1.0 / max(1e-9, float(weight.counts.mean()))
    return Terms(node, rule, soft, span, bond, contrast)


def _even(values: Floats) -> Floats:
    """Return values in proportion to their mean, all 1 where there are none."""
    return values / values.mean() if values.sum() > 0 else np.ones(len(values))


def _contrast(graph: Graph, span: Floats) -> float:
    """Return how much the cost of a metre differs from line to line, 0 to 1."""
    known = span > 0
    if not graph.cost[known].any():
        return 0.0
    rate = graph.cost[known] / span[known]
    mean = np.average(rate, weights=span[known])
    deviation = math.sqrt(np.average((rate - mean) ** 2, weights=span[known]))
    return min(1.0, deviation / (FULL * mean))


def _mixed_costs(
    graph: Graph, span: Floats, node: Floats, rule: Floats, counted: tuple[Weight, ...], contrast: float
) -> Floats:
    """Return the cost of cutting every edge, and set the worths of load, shape and cuts in ``rule``.

    Where lines differ, the good ones are worth leaving a compact outline for, and would draw the loads apart as well.
    """
    known = node[:, k.AREA] > 0
    # outlines that do not suit the areas (degrees, or lines left out) say nothing about shape
    roundness = node[known, k.OUTLINE] ** 2 / (4 * math.pi * node[known, k.AREA])
    shaped = known.sum() > graph.n / 2 and 0.5 < np.median(roundness) < 12.0
    load = sum((weight.counts.sum() / weight.target for weight in counted), 0.0) / len(counted)
    per_grid = max(1.0, graph.n / max(1.0, load))
    bond = _even(graph.cost.astype(float)) if graph.cost.any() else np.zeros(len(span))
    if not shaped or not graph.cost.any():
        bond = bond + _even(span)
    rule[k.BALANCE] = np.interp(contrast, (0, 1), BALANCE_WORTH)
    rule[k.SHAPE] = np.interp(contrast, (0, 1), SHAPE_WORTH) if shaped else 0.0
    rule[k.CUT] = np.interp(contrast, (0, 1), CUT_WORTH) / (1.7 * math.sqrt(per_grid))
    return np.asarray(bond)
