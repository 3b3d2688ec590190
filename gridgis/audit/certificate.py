"""What an audit found, for people and for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.audit import follows, placing, words
from gridgis.audit.bands import Compounds, Explanation
from gridgis.audit.cover import AREA_SHARE, PIECE_M2, Cover
from gridgis.audit.fences import Nesting
from gridgis.audit.follows import Follows
from gridgis.audit.levels import Level
from gridgis.profiles import Band

LISTED = 100
"""Ids listed in the JSON form; the count beside them is complete."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """The buildings, by the ids people know."""

    counted: int
    in_one_grid: int
    cut: tuple[str, ...]
    parted: tuple[str, ...]
    nowhere: tuple[str, ...]
    several: tuple[str, ...]
    largest_part_m2: float
    largest_part_share: float
    largest_cut_m2: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "counted": self.counted,
            "in_one_grid": self.in_one_grid,
            "cut": _listed(self.cut) | {"largest_part_m2": _plain(self.largest_cut_m2)},
            "parted_by_an_edge": _listed(self.parted),
            "in_no_grid": _listed(self.nowhere),
            "in_several_grids": _listed(self.several),
            "largest_part_elsewhere_m2": _plain(self.largest_part_m2),
            "largest_part_elsewhere_share": _plain(self.largest_part_share),
        }


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What an audit found; `holds` is its verdict.

    Attributes
    ----------
    level
        What was judged: ``grid``, or ``micro`` for micro-grids within grids.
    levels
        Every level there is, from the top down; its faults are among `faults`.
    rows
        One row a grid, in the order and with the index of the grids given: ``code``,
        ``households``, ``population`` (from the buildings; NaN where they say nothing),
        ``buildings``, ``area_m2``, ``pieces``, ``polsby_popper``, ``reock``,
        ``in_bands`` (bool), ``explained`` (bool: a broken band has a proven reason).
    explanations
        One for every band that a grid breaks.
    compounds
        None where no compounds were given.
    nesting
        The grids against the communities; None where there are none.
    changed_locks
        Code of a locked grid that is not as it was -> by how many m²; None where none is locked.
    follows
        What the inner boundary follows; None where no lines were given.
    visible_at_best
        Visible share that the units would have allowed, where known.
    defects, defects_zh
        What is wrong with the grids' layer itself.
    notes, notes_zh
        What a reader of the figures must know, e.g. buildings without counts.
    """

    level: str
    levels: tuple[Level, ...]
    cover: Cover
    buildings: Placed
    rows: pd.DataFrame
    bands: Mapping[str, Band]
    explanations: tuple[Explanation, ...]
    compounds: Compounds | None
    nesting: Nesting | None
    changed_locks: Mapping[str, float] | None
    follows: Follows | None
    visible_at_best: float | None
    defects: tuple[str, ...]
    defects_zh: tuple[str, ...]
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]

    @property
    def above(self) -> str:
        """The level that must hold each of these areas whole, where it is there."""
        return "grid" if self.level == "micro" else "community"

    @property
    def holds(self) -> bool:
        """No fault was found; a band broken for a proven reason is none."""
        return not self.faults

    @property
    def disconnected(self) -> npt.NDArray[np.bool_]:
        """(k,) True where a grid has more pieces than the jurisdiction's own parts force on it."""
        return self.cover.pieces > self.cover.allowed_pieces

    @property
    def faults(self) -> list[str]:
        """Every fault as one English sentence; empty if the certificate holds."""
        return [en for en, _ in words.faults(self)]

    @property
    def faults_zh(self) -> list[str]:
        """The same in Chinese."""
        return [zh for _, zh in words.faults(self)]

    def summary(self, language: Literal["zh", "en"] = "en") -> str:
        """Say the verdict in one sentence."""
        return words.summary_zh(self) if language == "zh" else words.summary_en(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: areas in m², shares 0 … 1; lists of ids end after 100."""
        cover, compounds, inner = self.cover, self.compounds, self.follows
        kept, explained = self.rows["in_bands"], self.rows["explained"]
        return {
            "holds": self.holds,
            "summary": {"en": self.summary("en"), "zh": self.summary("zh")},
            "faults": self.faults,
            "faults_zh": self.faults_zh,
            "notes": list(self.notes),
            "notes_zh": list(self.notes_zh),
            "jurisdiction": {"area_m2": _plain(cover.area_m2), "parts": cover.parts},
            "cover": {
                "gap_m2": _plain(cover.gap_m2),
                "overlap_m2": _plain(cover.overlap_m2),
                "outside_m2": _plain(cover.outside_m2),
                "gap_share": _plain(cover.gap_m2 / cover.area_m2),
                "overlap_share": _plain(cover.overlap_m2 / cover.area_m2),
                "outside_share": _plain(cover.outside_m2 / cover.area_m2),
            },
            "buildings": self.buildings.to_dict(),
            "connected": {
                "grids_in_one_piece": int((cover.pieces == 1).sum()),
                "over_several_parts_of_the_jurisdiction": self._codes((cover.pieces > 1) & ~self.disconnected),
                "disconnected": self._codes(self.disconnected),
            },
            "bands": {rule: f"{band.low:g}:{band.high:g}" for rule, band in self.bands.items()}
            | {
                "grids": len(self.rows),
                "kept": int(kept.sum()),
                "explained": int(explained.sum()),
                "unexplained": int((~kept & ~explained).sum()),
            },
            "explanations": [e.to_dict() for e in self.explanations],
            "compounds": None
            if compounds is None
            else {
                "total": compounds.total,
                "split": _listed(compounds.split),
                "split_too_large_for_one_grid": _listed(compounds.too_large),
            },
            "levels": [level.to_dict() for level in self.levels],
            "communities": None
            if self.nesting is None
            else {
                "crossed_by": self._codes(self.nesting.crossing),
                "largest_part_m2": _plain(self.nesting.largest_m2),
            },
            "locks": None
            if self.changed_locks is None
            else {"changed_m2": {code: _plain(area) for code, area in self.changed_locks.items()}},
            "inner_boundary": None
            if inner is None
            else {
                "length_m": _plain(inner.length_m),
                "visible_share": _plain(inner.visible_share),
                "visible_share_at_best": _plain(self.visible_at_best),
                "shares": {kind: _plain(share) for kind, share in inner.shares.items()},
            },
            "compactness": {
                "polsby_popper_mean": _plain(self.rows["polsby_popper"].mean()),
                "reock_mean": _plain(self.rows["reock"].mean()),
            },
            "grids": [{k: _plain(v) for k, v in row.items()} for row in self.rows.to_dict("records")],
            "tolerances": TOLERANCES.copy(),
        }

    def _codes(self, mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
        return _listed(tuple(self.rows["code"][mask]))


TOLERANCES: dict[str, float] = {
    "gap_overlap_outside_share": AREA_SHARE,
    "piece_m2": PIECE_M2,
    "building_part_m2": placing.PART_M2,
    "building_part_share": placing.PART_SHARE,
    "line_m": follows.NEAR_M,
    "wall_m": follows.WALL_M,
}


def _listed(ids: tuple[str, ...]) -> dict[str, Any]:
    return {"count": len(ids), "ids": list(ids[:LISTED])}


def _plain(value: Any) -> Any:
    """Turn numpy values into JSON ones: six decimals, None for what is not a number."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return round(value, 6) if abs(value) >= 1e-3 else float(f"{value:.3g}")
    return value
