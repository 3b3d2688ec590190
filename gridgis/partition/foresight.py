"""What every partition of a graph must break, as far as sums alone tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from gridgis.graph import Graph
from gridgis.options import PlanOptions
from gridgis.partition import explain
from gridgis.partition.assignment import Proof
from gridgis.partition.check import Breach
from gridgis.partition.preflight import Area, survey
from gridgis.partition.problem import Weight, weights

Pair = tuple[str, str]
NOWHERE = -1
"""There are no grids yet."""


def foreseen(graph: Graph, options: PlanOptions, titles: Mapping[int, Pair]) -> tuple[Proof, ...]:
    """Return a proof for every fixed group, unit or connected area that no partition can bring into the bounds.

    Parameters
    ----------
    titles
        Unit -> what the area it lies in is called, in English and Chinese.
    """
    counted = tuple(w for w in weights(graph, options) if w.bounded)
    if not counted:
        return ()
    found = survey(graph, options.replace(grids=None), counted)
    out = []
    for group in found.fixed:
        out += [explain.as_it_is(graph, breach, group, counted) for breach in _breaches(group.units, counted)]
    for units in found.alone:
        out += [explain.oversize(graph, breach, units, counted) for breach in _breaches(units, counted)]
    for area in found.areas:
        if not area.possible:
            title = titles[int(area.units[0])]
            out.append(explain.area_impossible(graph, _worst(area, counted), area, counted, proven=True, title=title))
    return tuple(replace(proof, grid=None) for proof in out)


def _breaches(units: np.ndarray, counted: tuple[Weight, ...]) -> Iterator[Breach]:
    for weight in counted:
        total = int(weight.counts[units].sum())
        if not weight.low <= total <= weight.high:
            yield Breach(grid=NOWHERE, rule=weight.name, total=total)


def _worst(area: Area, counted: tuple[Weight, ...]) -> Breach:
    """Return the bound that the area misses, or else the first."""
    pairs = list(zip(counted, area.totals, strict=True))
    weight, total = next(((w, t) for w, t in pairs if t < w.low), pairs[0])
    return Breach(grid=NOWHERE, rule=weight.name, total=round(total / max(1, area.grids)))
