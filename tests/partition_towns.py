"""Towns for the partitioner's tests: graphs of square units, with people drawn at random."""

from __future__ import annotations

import numpy as np

from gridgis.graph import Graph


def town(households, links, *, population=None, shape=None, unit_m=100.0):
    """A graph from households and links; ``shape`` (rows, columns) places the units on a lattice of squares."""
    households = np.asarray(households, np.int64)
    n = len(households)
    pairs = np.array(sorted({(min(a, b), max(a, b)) for a, b in links}), np.int64).reshape(-1, 2)
    rows, columns = shape or (0, 0)
    places = np.arange(n)
    lattice = shape is not None
    outer = np.zeros(n)
    if lattice:
        x, y = places % columns, places // columns
        outer = ((x == 0) * 1.0 + (x == columns - 1) + (y == 0) + (y == rows - 1)) * unit_m
    return Graph(
        ids=np.array([f"U{i}" for i in range(n)]),
        households=households,
        population=3 * households if population is None else np.asarray(population, np.int64),
        x=places % columns * unit_m if lattice else np.zeros(n),
        y=places // columns * unit_m if lattice else np.zeros(n),
        area_m2=np.full(n, unit_m**2 if lattice else 0.0),
        outer_m=outer,
        u=pairs[:, 0],
        v=pairs[:, 1],
        shared_m=np.full(len(pairs), unit_m),
        cost=np.full(len(pairs), unit_m * 0.5),
        block=places,
    )


def lattice_links(rows, columns):
    links = []
    for i in range(rows * columns):
        if (i + 1) % columns:
            links.append((i, i + 1))
        if i + columns < rows * columns:
            links.append((i, i + columns))
    return links


def lattice(rows, columns, *, seed=0, low=20, high=61, placed=True, river=None):
    """A town of squares with `low` … `high`-1 households each; a `river` below that row has no bridge."""
    rng = np.random.default_rng(seed)
    households = rng.integers(low, high, rows * columns)
    population = np.round(households * rng.uniform(2.7, 3.5, rows * columns)).astype(np.int64)
    links = lattice_links(rows, columns)
    if river is not None:
        edge = (river + 1) * columns
        links = [(a, b) for a, b in links if (a < edge) == (b < edge)]
    return town(households, links, population=population, shape=(rows, columns) if placed else None)
