"""Rows of a program as they are collected, and steps over links."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csc_matrix, csr_matrix

from gridgis.graph import Floats, Ints


class Rows:
    """Rows of a program as they are collected: low ≤ row · x ≤ high."""

    def __init__(self) -> None:
        self.row: list[Ints] = []
        self.column: list[Ints] = []
        self.value: list[Floats] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: Ints | list[int], values: Floats | float, low: float, high: float) -> None:
        """Add one row."""
        place = np.asarray(columns, np.int64)
        self.row.append(np.full(len(place), len(self.low), np.int64))
        self.column.append(place)
        self.value.append(np.broadcast_to(np.asarray(values, float), place.shape))
        self.low.append(low)
        self.high.append(high)

    def matrix(self, columns: int) -> csc_matrix:
        """Return all rows as one matrix."""
        parts = (np.concatenate(part) for part in (self.value, self.row, self.column))
        value, row, column = parts
        return coo_matrix((value, (row, column)), shape=(len(self.low), columns)).tocsc()


def steps_from(links: csr_matrix, roots: list[int], first: Ints | None = None, then: Ints | None = None) -> Ints:
    """Return how many steps every unit is from the nearest of some; farther than all where no way leads.

    With ``first`` and ``then``, ways lead over the units of the first, and over those of the second only from there.
    """
    n = links.shape[0]
    steps = np.full(n, 2 * n, np.int64)
    steps[roots] = 0
    front = roots
    for allowed in (first, then):
        open_ = np.ones(n, bool)
        if allowed is not None:
            open_ = np.zeros(n, bool)
            open_[allowed] = True
        while front:
            after = []
            for unit in front:
                for near in links.indices[links.indptr[unit] : links.indptr[unit + 1]].tolist():
                    if open_[near] and steps[near] == 2 * n:
                        steps[near] = steps[unit] + 1
                        after.append(near)
            front = after
        # from the rim of the first on
        front = np.flatnonzero(steps < 2 * n).tolist() if then is not None else []
    return steps
