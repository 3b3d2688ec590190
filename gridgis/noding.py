"""Lines -> edges that meet only at their ends, on a grid of a micrometre; strip by strip, several at a time.

Strips are exact: their seams lie on the grid, where no line has a vertex, and what crosses a seam is
parted there first. So the edges of two strips can meet only in points that both have. Lines that lie on one another but
for less than the grid come to a seam in neighbouring points, and both strips join these: such splinters are kept once.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]

PRECISION_M = 1e-6
"""Vertices are rounded to this grid: far below any survey's accuracy, far above a double's."""

STRIP_VERTICES = 50_000
"""So many vertices a strip: noding takes longer than in proportion to what is noded at once."""

CLEAR_M = 1e-4
"""No vertex lies nearer to a seam than half of this."""


def node(lines: Geometries, *, strip_vertices: int = STRIP_VERTICES) -> Geometries:
    """Node lines with one another.

    Returns
    -------
    (e,) LineString
        Each piece of line once, its vertices rounded to `PRECISION_M`. Lines end at seams, too.
    """
    x = np.sort(shapely.get_coordinates(lines)[:, 0])
    seams = _seams(x, len(x) // strip_vertices)
    for seam in seams:
        lines = _parted(lines, seam)
    strip = np.searchsorted(seams, shapely.bounds(lines)[:, [0, 2]].mean(axis=1))
    order = np.argsort(strip, kind="stable")
    groups = np.split(lines[order], np.searchsorted(strip[order], np.arange(1, len(seams) + 1)))
    with ThreadPoolExecutor() as pool:
        noded: Geometries = np.concatenate(list(pool.map(_noded, groups)))
    return _joined_at(seams, noded)


def _noded(lines: Geometries) -> Geometries:
    edges: Geometries = shapely.get_parts(shapely.union_all(lines, grid_size=PRECISION_M))
    return edges


def _seams(x: Floats, count: int) -> Floats:
    """Choose up to ``count`` places with as many of the ascending ``x`` between them, away from each of them."""
    gap = np.flatnonzero(np.diff(x) > CLEAR_M)
    if not len(gap) or not count:
        return np.empty(0)
    wanted = len(x) * np.arange(1, count + 1) // (count + 1)
    chosen = np.unique(gap[np.minimum(np.searchsorted(gap, wanted), len(gap) - 1)])
    middle = shapely.points((x[chosen] + x[chosen + 1]) / 2, 0.0)
    # rounded to the very numbers that noding rounds to
    return np.asarray(shapely.get_x(shapely.set_precision(middle, PRECISION_M)))


def _parted(lines: Geometries, seam: float) -> Geometries:
    """Part the lines that cross ``x = seam`` there; both parts get the same vertex."""
    limits = shapely.bounds(lines)
    across = (limits[:, 0] < seam) & (limits[:, 2] > seam)
    xy, line = shapely.get_coordinates(lines[across], return_index=True)
    start, end = xy[:-1], xy[1:]
    cut = np.flatnonzero((line[:-1] == line[1:]) & ((start[:, 0] < seam) != (end[:, 0] < seam)))
    share = (seam - start[cut, 0]) / (end[cut, 0] - start[cut, 0])
    meeting = np.column_stack([np.full(len(cut), seam), start[cut, 1] + share * (end[cut, 1] - start[cut, 1])])
    # Each meeting twice: as the end of one part and the start of the next.
    place = np.repeat(cut + 1, 2)
    part = np.insert(line * 0, place, np.tile([0, 1], len(cut)))
    part[np.flatnonzero(np.diff(np.insert(line, place, np.repeat(line[cut], 2))) > 0) + 1] = 1
    parts = shapely.linestrings(np.insert(xy, place, np.repeat(meeting, 2, axis=0), axis=0), indices=np.cumsum(part))
    return np.concatenate([lines[~across], parts])


def _joined_at(seams: Floats, edges: Geometries) -> Geometries:
    """Keep what several strips have along a seam once, parted at every point that either has there."""
    if not len(seams):
        return edges
    limits = shapely.bounds(edges)
    touching = np.isin(limits[:, 0], seams) | np.isin(limits[:, 2], seams)
    xy, edge = shapely.get_coordinates(edges[touching], return_index=True)
    on = np.isin(xy[:, 0], seams)
    inner = edge[1:] == edge[:-1]
    along = inner & on[1:] & (xy[1:, 0] == xy[:-1, 0])
    if not along.any():
        return edges
    low, high = (end[along] for end in (np.minimum(xy[:-1, 1], xy[1:, 1]), np.maximum(xy[:-1, 1], xy[1:, 1])))
    seam = xy[:-1, 0][along]
    splinters = []
    for place in np.unique(seam):
        y = np.unique(xy[xy[:, 0] == place, 1])
        steps = np.zeros(len(y), np.int64)
        np.add.at(steps, np.searchsorted(y, low[seam == place]), 1)
        np.add.at(steps, np.searchsorted(y, high[seam == place]), -1)
        held = np.flatnonzero(np.cumsum(steps)[:-1] > 0)
        ends = np.stack([np.column_stack([np.full(len(held), place), y[held + i]]) for i in (0, 1)], axis=1)
        splinters.append(shapely.linestrings(ends))
    # what follows without a point on the seam between is one piece of line
    away = np.flatnonzero(inner & ~along)
    begins = np.ones(len(away), bool)
    begins[1:] = (np.diff(away) > 1) | on[away[1:]]
    segments = np.stack([xy[away], xy[away + 1]], axis=1)
    kept = np.ones((len(away), 2), bool)
    kept[:, 0] = begins  # the others start where the one before ends
    piece = np.repeat(np.cumsum(begins) - 1, 2).reshape(-1, 2)
    rest = shapely.linestrings(segments[kept], indices=piece[kept])
    return np.concatenate([edges[~touching], rest, *splinters])
