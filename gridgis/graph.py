"""The graph of units: who is whose neighbour, how long the shared line is, what cutting there costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridgis.measures import Measure

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """Units that must form a grid just as they are, and why: a sentence and what would help, English and Chinese."""

    units: Ints
    why: tuple[str, str]
    remedy: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Units as nodes; an edge wherever people can pass from one unit to the next.

    Attributes
    ----------
    ids
        (n,) names of the units, as messages and proofs give them.
    households, population
        (n,) counts.
    x, y
        (n,) a point inside the unit, metres; zeros where unknown.
    area_m2, outer_m
        (n,) area, and length on the jurisdiction's boundary; zeros where unknown.
    u, v
        (m,) the two units of an edge, ``u < v``, each pair once.
    shared_m
        (m,) length of the shared line in metres; 0 for a link over water.
    cost
        (m,) what a boundary there costs: the sum of metres × the kind's cost, at least 0.
    block
        (n,) the block a unit was cut from.
    measures
        What is shared out, where that is more than households and people within the options' bands.
    fixed
        Groups of units that are grids already; each unit in one at most.
    start
        (n,) the grid each unit is in now, -1: none; None where there is no plan to start from.
    """

    ids: npt.NDArray[Any]
    households: Ints
    population: Ints
    x: Floats
    y: Floats
    area_m2: Floats
    outer_m: Floats
    u: Ints
    v: Ints
    shared_m: Floats
    cost: Floats
    block: Ints
    measures: tuple[Measure, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    start: Ints | None = None

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.households)

    def grouped(self, of: Ints) -> Graph:
        """Return the graph whose nodes are groups of units, ``of`` (n,) them: 0 … k-1; nothing of it is fixed."""
        k = int(of.max()) + 1
        a, b = np.minimum(of[self.u], of[self.v]), np.maximum(of[self.u], of[self.v])
        between = a != b
        pairs, line = np.unique(a[between] * k + b[between], return_inverse=True)
        weight = np.maximum(self.area_m2, 1e-9)
        area = np.bincount(of, weight, k).astype(float)
        first = np.unique(of, return_index=True)[1]
        return Graph(
            ids=self.ids[first],
            households=np.bincount(of, self.households, k).astype(np.int64),
            population=np.bincount(of, self.population, k).astype(np.int64),
            x=np.bincount(of, self.x * weight, k) / area,
            y=np.bincount(of, self.y * weight, k) / area,
            area_m2=area,
            outer_m=np.bincount(of, self.outer_m, k).astype(float),
            u=pairs // k,
            v=pairs % k,
            shared_m=np.bincount(line, self.shared_m[between], len(pairs)).astype(float),
            cost=np.bincount(line, self.cost[between], len(pairs)).astype(float),
            block=self.block[first],
            measures=tuple(measure.grouped(of, k) for measure in self.measures),
        )

    def csr(self) -> tuple[Ints, Ints, Ints]:
        """Return ``indptr (n+1,), indices (2m,), edge (2m,)``: each unit's neighbours, ascending."""
        m = len(self.u)
        row = np.concatenate([self.u, self.v])
        col = np.concatenate([self.v, self.u])
        edge = np.concatenate([np.arange(m), np.arange(m)])
        order = np.lexsort((col, row))
        indptr = np.zeros(self.n + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=self.n), out=indptr[1:])
        return indptr, col[order], edge[order]
