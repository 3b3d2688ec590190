"""Divide what is still too large: between its buildings; and share water out among its banks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gridgis.arrangement import runs
from gridgis.linework import Clumps, Linework, entered, erase_inside
from gridgis.pieces import Pieces
from gridgis.tessellation import Samples, dividing_lines, sample_lines, sample_outlines

Ints = npt.NDArray[np.int64]

WATER_M2 = 200.0
"""Water surfaces larger than this are shared out among their banks, up to the middle."""

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
        ``samples``: face -> points owned by clumps; lines run through no clump.
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
        samples[int(pieces.host[piece])] = Samples(points.xy[some], chosen[points.owner[some]])
    drawn = _draw(pieces, samples, "none")
    pairs = entered(drawn.geometry, clumps)
    return Division(erase_inside(drawn, clumps, pairs), samples), np.unique(pairs[1])


def water_among_banks(pieces: Pieces) -> Division:
    """Divide water surfaces along their middle; ``samples``: face -> points owned by pieces on the banks."""
    arrangement = pieces.arrangement
    faces = np.flatnonzero(pieces.water & (shapely.area(arrangement.faces) > WATER_M2))
    both = arrangement.right >= 0
    edges = np.concatenate([arrangement.edges[both], arrangement.edges[both]])
    here = np.concatenate([arrangement.left[both], arrangement.right[both]])
    there = np.concatenate([arrangement.right[both], arrangement.left[both]])
    bank = np.isin(here, faces) & ~pieces.water[there]
    edges, here, there = edges[bank], here[bank], there[bank]
    order = np.argsort(here, kind="stable")
    edges, here, owner = edges[order], here[order], pieces.piece[there[order]]
    points = sample_lines(edges, spacing_m=BANK_SPACING_M)
    start = np.searchsorted(points.owner, np.arange(len(edges) + 1))
    samples = {}
    for face, group in runs(here):
        some = slice(start[group.start], start[group.stop])
        samples[face] = Samples(points.xy[some], owner[points.owner[some]])
    return Division(_draw(pieces, samples, "water"), samples)


def _draw(pieces: Pieces, samples: dict[int, Samples], kind: str) -> Linework:
    """Draw the dividing lines of every face."""
    lines = [dividing_lines(pieces.arrangement.faces[face], points) for face, points in samples.items()]
    return Linework.of_kind(np.concatenate([np.empty(0, object), *lines]), kind).exploded()
