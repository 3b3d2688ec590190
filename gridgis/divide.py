"""Divide what is still too large between its buildings; share strips and water out among what lies beside them.

Owners are numbered in one row: piece p is p, clump c is (number of pieces) + c.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from gridgis.arrangement import runs
from gridgis.linework import Clumps, Linework, entered, erase_inside
from gridgis.pieces import Pieces
from gridgis.tessellation import Samples, dividing_lines, sample_lines, sample_outlines

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WATER_M2 = 200.0
"""Water surfaces larger than this are shared out among their banks, up to the middle."""

STRIP_M = 15.0
"""A face without buildings and narrower than this on average (2 × area ÷ outline) is a strip beside a road."""

RIM_SHARE = 0.3
"""A strip lies on its block's rim if more than this share of its outline does."""

BANK_SPACING_M = 5.0


@dataclass(frozen=True)
class Division:
    """New lines, and for each divided face the points whose owner takes what is nearest."""

    lines: Linework
    samples: dict[int, Samples]


def between_buildings(pieces: Pieces, clumps: Clumps) -> tuple[Division, Ints]:
    """Draw lines between the clumps of pieces that are too large.

    Returns
    -------
    Division
        Lines run through no clump.
    Ints
        The clumps that a line would have entered: their outlines must be lines too.
    """
    many = np.bincount(pieces.piece_of_clump[pieces.piece_of_clump >= 0], minlength=len(pieces.host)) > 1
    chosen = np.flatnonzero((pieces.too_heavy & many)[pieces.piece_of_clump] & (pieces.piece_of_clump >= 0))
    chosen = chosen[np.argsort(pieces.piece_of_clump[chosen], kind="stable")]
    points = sample_outlines(clumps.footprint[chosen])
    start = np.searchsorted(points.owner, np.arange(len(chosen) + 1))
    samples = {}
    for piece, group in runs(pieces.piece_of_clump[chosen]):
        some = slice(start[group.start], start[group.stop])
        samples[int(pieces.host[piece])] = Samples(points.xy[some], len(pieces.host) + chosen[points.owner[some]])
    drawn = _draw(pieces, samples, "none")
    pairs = entered(drawn.geometry, clumps)
    return Division(erase_inside(drawn, clumps, pairs), samples), np.unique(pairs[1])


def among_neighbours(pieces: Pieces, between: Division) -> Division:
    """Share out water among its banks, and the strips on a block's rim among what lies behind them.

    A strip between a road and the pavement mapped beside it, had it gone to one unit whole, would
    wrap around the others and cut them off from the road. Strip behind strip, the inner one comes first.
    The verge between the last road and the jurisdiction's boundary goes to all that lie beside it.
    """
    arrangement = pieces.arrangement
    area, outline = shapely.area(arrangement.faces), shapely.length(arrangement.faces)
    narrow = ~pieces.built & ~pieces.water & (2 * area < STRIP_M * outline)
    strip = _rim(pieces, narrow, outline)
    edge = arrangement.right < 0
    along = np.bincount(arrangement.left[edge], arrangement.length_m[edge], len(area))
    verge = narrow & (along > RIM_SHARE * outline)
    water = pieces.water & (area > WATER_M2)
    settled = dict(between.samples)
    wet = _share_out(pieces, water, ~pieces.water, settled, within_block=False)
    settled |= wet
    shared: dict[int, Samples] = {}
    known = pieces.built & ~pieces.water
    while True:
        found = _share_out(pieces, strip & ~known, known, settled | shared, within_block=True)
        if not found:
            break
        shared |= found
        known = known.copy()
        known[list(found)] = True
    shared |= _share_out(pieces, verge & ~known, known, settled | shared, within_block=False)
    lines = Linework.joined(_draw(pieces, wet, "water"), _draw(pieces, shared, "none"))
    return Division(lines, wet | shared)


def _rim(pieces: Pieces, strip: Bools, outline: npt.NDArray[np.float64]) -> Bools:
    """Keep the strips on the rim of their block: much of their outline bounds it, or is shared with such a strip."""
    arrangement = pieces.arrangement
    inner = arrangement.right >= 0
    left, right = arrangement.left, np.maximum(arrangement.right, 0)
    block = pieces.block[pieces.piece]
    outer = ~inner | (block[left] != block[right])
    rim = np.zeros(len(strip), bool)
    while True:
        metres = np.zeros(len(strip))
        for here, there, real in ((left, right, True), (right, left, inner)):
            counts = strip[here] & (outer | rim[there]) & real
            metres += np.bincount(here[counts], arrangement.length_m[counts], len(strip))
        grown = strip & (metres > RIM_SHARE * outline)
        if (grown == rim).all():
            return rim
        rim = grown


def _share_out(
    pieces: Pieces, faces: Bools, beside: Bools, settled: dict[int, Samples], *, within_block: bool
) -> dict[int, Samples]:
    """Find for each of ``faces`` the points on its edges towards ``beside`` faces, with their owners there."""
    arrangement = pieces.arrangement
    both = arrangement.right >= 0
    edges = np.tile(arrangement.edges[both], 2)
    here = np.concatenate([arrangement.left[both], arrangement.right[both]])
    there = np.concatenate([arrangement.right[both], arrangement.left[both]])
    fence = pieces.fence[pieces.piece]
    bank = faces[here] & beside[there] & (fence[here] == fence[there])
    if within_block:
        block = pieces.block[pieces.piece]
        bank &= block[here] == block[there]
    edges, here, there = edges[bank], here[bank], there[bank]
    order = np.lexsort((there, here))
    edges, here, there = edges[order], here[order], there[order]
    points = sample_lines(edges, spacing_m=BANK_SPACING_M)
    itself = pieces.clump[there[points.owner]]
    owner = np.where(itself >= 0, len(pieces.host) + itself, pieces.piece[there[points.owner]])
    side = there[points.owner]
    by_side = np.argsort(side, kind="stable")
    for face, group in runs(side[by_side]):
        if face in settled:
            members = by_side[group]
            nearest = cKDTree(settled[face].xy).query(points.xy[members])[1]
            owner[members] = settled[face].owner[nearest]
    start = np.searchsorted(points.owner, np.arange(len(edges) + 1))
    samples = {}
    for face, group in runs(here):
        some = slice(start[group.start], start[group.stop])
        samples[face] = Samples(points.xy[some], owner[some])
    return samples


def _draw(pieces: Pieces, samples: dict[int, Samples], kind: str) -> Linework:
    """Draw the dividing lines of every face."""
    lines = [dividing_lines(pieces.arrangement.faces[face], points) for face, points in samples.items()]
    return Linework.of_kind(np.concatenate([np.empty(0, object), *lines]), kind).exploded()
