"""Very large problems: cut in pieces that threads work on, and then the seams between every two of them.

Pieces and seams follow from the problem alone and each has random numbers of its own, so the answer is the same
however many threads work (the compiled searches hold no lock).
"""

from __future__ import annotations

from collections.abc import Callable

import numba as nb
import numpy as np

from gridgis.graph import Ints
from gridgis.partition.adjacency import Places, renumbered
from gridgis.partition.bisection import Halving, halving, part_in_two
from gridgis.partition.kernels import Net, Rng
from gridgis.partition.problem import Problem
from gridgis.partition.search import State
from gridgis.partition.threads import each

PIECE = 20_000
"""Most units of a piece."""
APART = 16
"""Numbers of eight bytes in two lines of a cache, which processors fetch together."""

Solve = Callable[[Problem, tuple[Ints, Ints, Ints], Rng], State]
Improve = Callable[[Problem, State, Rng], None]


def divide_in_pieces(
    problem: Problem, area_of: Ints, quota: tuple[Ints, Ints, Ints], rng: Rng, solve: Solve, improve: Improve
) -> State:
    """Divide a very large problem piece by piece, and then improve the grids along the seams.

    ``quota`` holds the number of grids of every area to start with, the fewest and the most. ``solve`` divides a
    connected problem into that many grids, ``improve`` works on what there is.
    """
    work, ranges = _cut(problem, area_of, quota[0])
    place = np.empty(problem.n, np.int32)
    place[work.order] = np.arange(problem.n, dtype=np.int32)
    seeds = np.random.default_rng(rng)

    def piece(given: tuple[tuple[int, int, int], Rng]) -> Ints:
        (start, end, k), seed = given
        units = work.order[start:end].astype(np.int64)
        area = area_of[units[0]]
        grids, fewest, most = (int(of[area]) for of in quota)
        least, greatest = max(1, k - (grids - fewest) * k // grids), k + (most - grids) * k // grids
        own = (np.array([k]), np.array([least]), np.array([greatest]))
        answer = solve(problem.piece(units, place, start), own, seed)
        return renumbered(answer.split.grid)

    grid = np.empty(problem.n, np.int64)
    piece_of = np.empty(problem.n, np.int32)
    used = 0
    for i, part in enumerate(each(piece, zip(ranges, _seeds(seeds, len(ranges)), strict=True))):
        start, end, _ = ranges[i]
        grid[work.order[start:end]] = used + part
        piece_of[work.order[start:end]] = i
        used += int(part.max()) + 1

    seams, order = _seams(problem.net, grid, piece_of, len(ranges))
    place[:] = -1
    place[order] = np.arange(len(order), dtype=np.int32)

    def seam(given: tuple[tuple[int, int], Rng]) -> None:
        (start, end), seed = given
        units = order[start:end]
        names, inner_grid = np.unique(grid[units], return_inverse=True)
        inner = problem.piece(units, place, start)
        count = np.array([len(names)])
        state = State.opened(inner, inner_grid, np.zeros(len(units), np.int64), count, count)
        improve(inner, state, seed)
        grid[units] = names[state.split.grid]

    each(seam, zip(seams, _seeds(seeds, len(seams)), strict=True))
    return State.opened(problem, grid, area_of, quota[1], quota[2])


def _seeds(rng: np.random.Generator, count: int) -> list[Rng]:
    """Return a state of random numbers for each of `count` threads' works, far enough apart in memory.

    Each is written at every step; two in one line of the processors' caches would make them wait for one another.
    """
    states = np.zeros((count, APART), np.uint64)
    states[:, 0] = rng.integers(1, 2**63, count)
    return [state[:1] for state in states]


def _cut(problem: Problem, area_of: Ints, grids: Ints) -> tuple[Halving, list[tuple[int, int, int]]]:
    """Halve every area until no piece has more than ``PIECE`` units.

    Returns the units piece by piece, and where each piece starts and ends and how many grids it is worth.
    """
    work, ends = halving(problem.load, problem.x, problem.y, area_of)
    whole = [(int(a), int(b), int(k)) for a, b, k in zip(np.r_[0, ends[:-1]], ends, grids, strict=True)]

    def cut(part: tuple[int, int, int]) -> list[tuple[int, int, int]]:
        start, end, k = part
        middle, first = part_in_two(problem.net, work, start, end, k, 0)
        return [(start, middle, first), (middle, end, k - first)]

    small: list[tuple[int, int, int]] = []
    while whole:
        small += [part for part in whole if part[1] - part[0] <= PIECE or part[2] == 1]
        large = [part for part in whole if part[1] - part[0] > PIECE and part[2] > 1]
        whole = [part for parts in each(cut, large) for part in parts]
    return work, sorted(small)


@nb.njit(cache=True, nogil=True)
def _crossings(net: Net, piece_of: Places) -> tuple[Places, Places]:
    """Return the units of every pair of neighbours in two pieces, each pair both ways round."""
    count = 0
    for v in range(len(piece_of)):
        for j in range(net.indptr[v], net.indptr[v + 1]):
            count += piece_of[net.indices[j]] != piece_of[v]
    here = np.empty(count, np.int32)
    there = np.empty(count, np.int32)
    count = 0
    for v in range(len(piece_of)):
        for j in range(net.indptr[v], net.indptr[v + 1]):
            if piece_of[net.indices[j]] != piece_of[v]:
                here[count] = v
                there[count] = net.indices[j]
                count += 1
    return here, there


def _seams(net: Net, grid: Ints, piece_of: Places, pieces: int) -> tuple[list[tuple[int, int]], Ints]:
    """Return for every two pieces that meet where the units of the grids along their seam start and end, and the units.

    A grid in a corner of several pieces counts for the one it has most neighbours in, so no unit comes twice.
    """
    here, there = _crossings(net, piece_of)
    pairs, links = np.unique(grid[here] * pieces + piece_of[there], return_counts=True)
    along, other = np.divmod(pairs, pieces)
    most = np.lexsort((other, -links, along))
    most = most[np.unique(along[most], return_index=True)[1]]
    along, other = along[most], other[most]
    own = np.full(int(grid.max()) + 1, -1)
    own[grid[here]] = piece_of[here]
    seam = np.full(len(own), -1)
    seam[along] = np.minimum(own[along], other) * pieces + np.maximum(own[along], other)
    label = seam[grid]
    near = np.flatnonzero(label >= 0)
    near = near[np.argsort(label[near], kind="stable")]
    if not len(near):
        return [], near
    starts = np.flatnonzero(np.diff(label[near], prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(near)], strict=True)), near
