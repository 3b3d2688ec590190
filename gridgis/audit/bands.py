"""Do the grids keep their bands; where one does not, is there a reason that forces it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gridgis.errors import some, some_zh
from gridgis.measures import say, say_bound
from gridgis.partition.assignment import Proof
from gridgis.profiles import Band, Housing

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Noun = tuple[str, str]
"""What one area of a level is called, in English and Chinese."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A band that a grid breaks, and why.

    Attributes
    ----------
    grid
        Position of the grid.
    rule
        ``households`` or ``population``; with several housing types these and ``_most`` or ``_least``.
    value
        The grid's total: a count, or a number of the largest or smallest grids allowed.
    source
        ``audit``: verified here, from the buildings alone; ``search``: what the partition
        says; ``soft``: the rule is only aimed at; ``none``: nobody has a reason.
    proven
        The reason is shown to force it. Only then does the certificate hold all the same.
    units
        Units that force it, as the partition numbers them.
    buildings
        Buildings that force it.
    """

    grid: int
    code: str
    rule: str
    value: float
    source: str
    proven: bool
    reason: str
    reason_zh: str
    remedy: str = ""
    remedy_zh: str = ""
    units: tuple[int, ...] = ()
    buildings: tuple[str, ...] = ()

    @property
    def soft(self) -> bool:
        """Whether the rule may be broken."""
        return self.source == "soft"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "grid": self.code,
            "rule": self.rule,
            "value": self.value,
            "source": self.source,
            "proven": self.proven,
            "reason": self.reason,
            "reason_zh": self.reason_zh,
            "remedy": self.remedy,
            "remedy_zh": self.remedy_zh,
            "units": list(self.units),
            "buildings": list(self.buildings),
        }


@dataclass(frozen=True, kw_only=True)
class Load:
    """The buildings that count, for explanations: their grid, name, households and people.

    Buildings that overlap share a ``clump``: a boundary that parted them would cut one.
    """

    owner: Ints
    clump: Ints
    name: Sequence[str]
    counts: Mapping[str, Floats]

    def totals(self, rule: str, grids: int) -> Floats:
        """Sum per grid, (k,); buildings in no grid are left out."""
        has = self.owner >= 0
        sums = np.bincount(self.owner[has], self.counts[rule][has], grids).astype(float)
        return sums.round(6)


def share_bands(housing: Housing) -> dict[str, Band]:
    """Return the rules of a plan with several housing types: shares of a grid, at most and at least one."""
    rules = ["households"]
    if any(profile.population is not None for profile in housing.profiles.values()):
        rules.append("population")
    sides = {"most": Band(0.0, 1.0), "least": Band(1.0, math.inf)}
    return {f"{rule}_{side}": band for rule in rules for side, band in sides.items()}


def shares_of_grids(
    counts: Mapping[str, Floats], profile: npt.NDArray[np.object_], housing: Housing
) -> dict[str, Floats]:
    """Return what share of the largest and of the smallest grid of its type each building's people are, (b,) each.

    A type without a band for people of its own counts by its households.
    """
    shares = {name: np.zeros(len(profile)) for name in share_bands(housing)}
    for name in set(profile.tolist()):
        mine = profile == name
        for rule in {name.partition("_")[0] for name in shares}:
            counted, band = housing.band(name, rule)
            values = counts[counted][mine]
            shares[f"{rule}_most"][mine] = values / band.high
            shares[f"{rule}_least"][mine] = values / band.low
    return shares


def explain_bands(
    load: Load,
    bands: Mapping[str, Band],
    soft: Sequence[str],
    codes: Sequence[str],
    ids: Sequence[object],
    proofs: Sequence[Proof],
    noun: Noun,
) -> list[Explanation]:
    """Explain every band that a grid breaks, by the buildings where they suffice, else by the partition's proofs.

    Parameters
    ----------
    codes
        (k,) as people know the grids.
    ids
        (k,) as proofs name them.
    noun
        What one of the areas is called, in English and Chinese.
    """
    explanations = []
    for rule, band in bands.items():
        totals = load.totals(rule, len(codes))
        for grid in np.flatnonzero([total not in band for total in totals]).tolist():
            value = float(totals[grid])
            explanation = (
                (_aimed_at(rule, band, grid, value, codes[grid], noun) if rule.partition("_")[0] in soft else None)
                or _forced_over(load, rule, band, grid, value, codes[grid], noun)
                or _forced_under(load, rule, band, grid, value, codes[grid], noun)
                or _by_proof(rule, grid, value, codes[grid], ids[grid], proofs, noun)
                or _unexplained(rule, band, grid, value, codes[grid], noun)
            )
            explanations.append(explanation)
    return sorted(explanations, key=lambda e: (e.grid, e.rule))


def _aimed_at(rule: str, band: Band, grid: int, value: float, code: str, noun: Noun) -> Explanation:
    (have, have_zh), (limit, limit_zh) = say(rule, value), say_bound(rule, band.low if value < band.low else band.high)
    side, side_zh = ("fewer", "少") if value < band.low else ("more", "多")
    return Explanation(
        grid=grid,
        code=code,
        rule=rule,
        value=value,
        source="soft",
        proven=True,
        reason=f"{noun[0]} {code} has {have}, {side} than the {limit} that are aimed at, not required",
        reason_zh=f"{noun[1]}{code}有{have_zh}，比目标{limit_zh}{side_zh}；该范围为参考目标，非硬性要求",
    )


def _forced_over(
    load: Load, rule: str, band: Band, grid: int, value: float, code: str, noun: Noun
) -> Explanation | None:
    """What cannot be parted is too large, and what is with it is too little for a grid of its own."""
    members = np.flatnonzero(load.owner == grid)
    if value <= band.high or not len(members):
        return None
    clumps, of = np.unique(load.clump[members], return_inverse=True)
    sums = np.bincount(of, load.counts[rule][members], len(clumps))
    most = round(float(sums.max()), 6)
    rest = round(value - most, 6)
    if most <= band.high or (rest >= band.low and rest > 0):
        return None
    parts = members[(of == sums.argmax()) & (load.counts[rule][members] > 0)]
    names = tuple(load.name[int(i)] for i in parts)
    (have, have_zh), (alone, alone_zh), (top, top_zh) = say(rule, value), say(rule, most), say_bound(rule, band.high)
    if len(names) == 1:
        who, who_zh = f"building {names[0]} alone has", f"仅建筑{names[0]}就有"
        remedy = (
            f"enter the building's entrances or stairwells as buildings of their own, or accept a larger {noun[0]} here"
        )
        remedy_zh = f"可将该建筑按单元（楼门）分开登记，或同意此{noun[1]}超出上限"
    else:
        who = f"the buildings {some(names)} overlap, so that no boundary can part them, and have"
        who_zh = f"建筑{some_zh(names)}相互重叠、无法分开，共有"
        remedy = f"correct the footprints so that they no longer overlap, or accept a larger {noun[0]} here"
        remedy_zh = f"可修正建筑轮廓使其不再重叠，或同意此{noun[1]}超出上限"
    return Explanation(
        grid=grid,
        code=code,
        rule=rule,
        value=value,
        source="audit",
        proven=True,
        reason=f"{noun[0]} {code} has {have}: {who} {alone}, more than the {top} of a whole {noun[0]}",
        reason_zh=f"{noun[1]}{code}有{have_zh}：{who_zh}{alone_zh}，超过一个{noun[1]}的上限{top_zh}",
        remedy=remedy,
        remedy_zh=remedy_zh,
        buildings=names,
    )


def _forced_under(
    load: Load, rule: str, band: Band, grid: int, value: float, code: str, noun: Noun
) -> Explanation | None:
    """The whole jurisdiction is too small for one grid."""
    whole = round(float(load.counts[rule].sum()), 6)
    if value >= band.low or whole >= band.low:
        return None
    (have, have_zh), (all_, all_zh), (least, least_zh) = say(rule, value), say(rule, whole), say_bound(rule, band.low)
    return Explanation(
        grid=grid,
        code=code,
        rule=rule,
        value=value,
        source="audit",
        proven=True,
        reason=f"{noun[0]} {code} has {have}: the whole jurisdiction has {all_}, "
        f"fewer than the {least} of one {noun[0]}",
        reason_zh=f"{noun[1]}{code}有{have_zh}：整个辖区只有{all_zh}，不足一个{noun[1]}的下限{least_zh}",
        remedy="lower the band, or divide it together with a neighbouring jurisdiction",
        remedy_zh="可降低下限，或与相邻辖区一并划分",
    )


def _by_proof(
    rule: str, grid: int, value: float, code: str, grid_id: object, proofs: Sequence[Proof], noun: Noun
) -> Explanation | None:
    """What the partition says of this grid, or of the whole jurisdiction; of this rule and proven first."""
    fitting = [p for p in proofs if p.grid in (grid_id, None) and p.rule in (rule, "connected", "grids")]
    fitting.sort(key=lambda p: (not p.proven, p.grid is None, p.rule != rule))
    for proof in fitting[:1]:
        return Explanation(
            grid=grid,
            code=code,
            rule=rule,
            value=value,
            source="search",
            proven=proof.proven,
            reason=f"{noun[0]} {code}: {proof.reason}",
            reason_zh=f"{noun[1]}{code}：{proof.reason_zh}",
            remedy=proof.remedy,
            remedy_zh=proof.remedy_zh,
            units=tuple(proof.units),
        )
    return None


def _unexplained(rule: str, band: Band, grid: int, value: float, code: str, noun: Noun) -> Explanation:
    (have, have_zh), (limit, limit_zh) = say(rule, value), say_bound(rule, band.low if value < band.low else band.high)
    side, side_zh = ("fewer", "少于") if value < band.low else ("more", "多于")
    return Explanation(
        grid=grid,
        code=code,
        rule=rule,
        value=value,
        source="none",
        proven=False,
        reason=f"{noun[0]} {code} has {have}, {side} than the {limit} allowed, and no reason for it is known",
        reason_zh=f"{noun[1]}{code}有{have_zh}，{side_zh}允许的{limit_zh}，原因不明",
        remedy=f"move units between this {noun[0]} and its neighbours",
        remedy_zh=f"可与相邻{noun[1]}调整边界",
    )


@dataclass(frozen=True, kw_only=True)
class Compounds:
    """Compounds against the grids: names of those split, and of those that had to be (too large, or fences)."""

    total: int
    split: tuple[str, ...]
    too_large: tuple[str, ...]


def check_compounds(
    load: Load,
    bands: Mapping[str, Band],
    members: tuple[Ints, Ints],
    parted: npt.NDArray[np.bool_],
    names: Sequence[str],
) -> Compounds:
    """Find compounds whose buildings lie in more than one grid.

    Parameters
    ----------
    members
        Pairs of compound and building (positions).
    parted
        (n,) what no grid may cross runs through the compound, so that it must be split.
    """
    compound, building = members
    counted = load.owner[building] >= 0
    compound, building = compound[counted], building[counted]
    n = len(names)
    pairs = np.unique(np.column_stack([compound, load.owner[building]]), axis=0)
    split = np.bincount(pairs[:, 0], minlength=n) > 1
    large = parted.copy()
    for rule, band in bands.items():
        large |= np.bincount(compound, load.counts[rule][building], n) > band.high
    return Compounds(
        total=n,
        split=tuple(names[i] for i in np.flatnonzero(split & ~large).tolist()),
        too_large=tuple(names[i] for i in np.flatnonzero(split & large).tolist()),
    )
