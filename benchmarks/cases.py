"""What is divided: synthetic towns, graphs given as tables, and graphs that no method can divide."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gridgis.graph import Graph
from gridgis.options import PlanOptions
from gridgis.profiles import Band

CELL_M = 100.0
MOST_WITH_SEEDS = 100_000
"""Towns above this size are measured with one seed."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A graph to divide, and what is asked for; ``tolerance`` is the share a grid may be off by, for peers."""

    family: str
    name: str
    graph: Graph
    options: PlanOptions
    grids: int
    tolerance: float = 0.25
    seed: int = 0
    best_known: int | None = None

    @cached_property
    def whole(self) -> bool:
        """Whether the graph is in one piece."""
        from gridgis.partition.check import pieces_within

        return bool(pieces_within(self.graph, np.zeros(self.graph.n, np.int64))[0] == 1)

    @property
    def both(self) -> bool:
        """Whether both households and population are bounded."""
        return self.options.households is not None and self.options.population is not None

    @property
    def main_load(self) -> np.ndarray:
        """(n,) the one count that a method with a single weight gets."""
        return self.graph.households if self.graph.households.any() else self.graph.population


class Few(NamedTuple):
    """Few large grids that are asked for of a graph: how many, and the fewest edges known to be cut."""

    grids: int
    best_known: int | None

    @classmethod
    def parse(cls, text: str) -> tuple[str, Few]:
        """Read ``FOLDER=K`` or ``FOLDER=K:BEST``."""
        name, numbers = text.split("=")
        grids, _, best = numbers.partition(":")
        return name, cls(int(grids), int(best) if best else None)


def voronoi_town(n: int, *, seed: int, mean: float = 40.0, spread: float = 0.8, most: int = 250) -> Graph:
    """Voronoi cells of random points in a square, lognormal households, about 3.1 people in each."""
    from scipy.spatial import Voronoi

    rng = np.random.default_rng(seed)
    side = math.sqrt(n)
    points = rng.random((n, 2)) * side
    rim = 3.0 + math.log(n)
    mirrored = [points]
    for axis in (0, 1):
        # mirror images of what is near a side make the side itself an edge of the cells
        everything = np.vstack(mirrored)
        for wall in (0.0, side):
            image = everything[np.abs(everything[:, axis] - wall) < rim].copy()
            image[:, axis] = 2 * wall - image[:, axis]
            mirrored.append(image)
    cells = Voronoi(np.vstack(mirrored) * CELL_M)
    a, b = cells.ridge_points.T
    ends = np.array(cells.ridge_vertices)
    length = np.linalg.norm(cells.vertices[ends[:, 0]] - cells.vertices[ends[:, 1]], axis=1)
    part = length * np.linalg.norm(cells.points[a] - cells.points[b], axis=1) / 4
    count = len(cells.points)
    area = np.bincount(a, part, count) + np.bincount(b, part, count)
    inside, edge = (a < n) & (b < n), (a < n) != (b < n)
    keep = inside & (length > 0.5)
    households = np.clip(np.round(rng.lognormal(math.log(mean) - spread**2 / 2, spread, n)), 1, most).astype(np.int64)
    people = np.round(households * np.clip(rng.normal(3.125, 0.35, n), 1.5, 5)).astype(np.int64)
    return Graph(
        ids=np.arange(n),
        households=households,
        population=np.clip(people, 1, 1350),
        x=points[:, 0] * CELL_M,
        y=points[:, 1] * CELL_M,
        area_m2=area[:n],
        outer_m=np.bincount(np.minimum(a, b)[edge], length[edge], count)[:n],
        u=np.minimum(a, b)[keep].astype(np.int64),
        v=np.maximum(a, b)[keep].astype(np.int64),
        shared_m=length[keep],
        cost=length[keep],
        block=np.arange(n),
    )


def town(n: int, seed: int) -> Case:
    """About ten units a grid; 300–500 households and 1,000–1,500 people in each."""
    graph = voronoi_town(n, seed=seed)
    return Case(family="towns", name="town", graph=graph, options=PlanOptions(seed=seed), grids=n // 10, seed=seed)


def coarse_town(n: int, seed: int) -> Case:
    """About five units a grid: hardly any room to choose."""
    graph = voronoi_town(n, seed=seed, mean=80.0, spread=0.9, most=450)
    grids = round(0.1955 * n)
    return Case(family="towns", name="coarse town", graph=graph, options=PlanOptions(seed=seed), grids=grids, seed=seed)


def town_cases(sizes: list[int], seeds: int) -> Iterator[Case]:
    """Towns of all sizes, one after the other so that only one is in memory."""
    for n in sizes:
        for seed in range(seeds if n <= MOST_WITH_SEEDS else 1):
            yield town(n, seed)
    if 10_000 in sizes:
        for seed in range(seeds):
            yield coarse_town(10_000, seed)


def folder_cases(folder: Path, few: dict[str, Few]) -> Iterator[Case]:
    """Graphs of a folder of folders with nodes.csv and edges.csv: many small grids, or few large ones."""
    from gridgis.partition.tables import options_for, read_graph

    for nodes in sorted(folder.glob("*/nodes.csv")):
        name = nodes.parent.name
        graph = read_graph(nodes, nodes.with_name("edges.csv"))
        if name not in few:
            yield _many_small(name, graph)
            continue
        grids, best = few[name]
        yield Case(
            family="few",
            name=f"{name} in {grids}",
            graph=graph,
            options=options_for(graph, grids=grids, objective="cut-edges"),
            grids=grids,
            tolerance=0.005,
            best_known=best,
        )


def _many_small(name: str, graph: Graph) -> Case:
    both = bool(graph.households.any())
    grids = max(2, graph.n // 7 if both else graph.n // 10)
    bands = {}
    for count, share in (("households", 0.25), ("population", 0.2 if both else 0.25)):
        mean = getattr(graph, count).sum() / grids
        bands[count] = Band(mean * (1 - share), mean * (1 + share)) if mean else None
    return Case(family="graphs", name=name, graph=graph, options=PlanOptions(**bands), grids=grids)


def hopeless_cases() -> Iterator[Case]:
    """Graphs that cannot be divided as asked: in pieces, with too few units, or with a number that cannot be."""
    whole = voronoi_town(10_000, seed=0)
    stripe = (whole.x // (25 * CELL_M)).astype(np.int64)
    kept = stripe[whole.u] == stripe[whole.v]
    edges = {name: getattr(whole, name)[kept] for name in ("u", "v", "shared_m", "cost")}
    pieces = Graph(**{**vars(whole), **edges})
    options = PlanOptions()
    wanted = (
        ("in 4 pieces, 3 grids asked for", pieces, PlanOptions(households=None, population=None, grids=3)),
        ("more grids than units", whole, PlanOptions(households=None, population=None, grids=10_001)),
        ("fewer grids than the bands allow", whole, options.replace(grids=100)),
        ("more grids than the bands allow", whole, options.replace(grids=2000)),
    )
    for name, graph, asked in wanted:
        yield Case(family="hopeless", name=name, graph=graph, options=asked, grids=asked.grids or 0)
