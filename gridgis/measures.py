"""What grids share out: counts, each with the bounds that its sum in every grid is to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gridgis.options import PlanOptions
from gridgis.profiles import Band

if TYPE_CHECKING:
    import pandas as pd

Ints = npt.NDArray[np.int64]

FINEST = 1_000_000
"""Shares of a grid are counted in whole parts; at most so many make a grid."""

NOUNS = {
    "households": ("households", "户", "户数"),
    "population": ("people", "人", "人口"),
    "units": ("units", "个单元", "单元数"),
    "grids": ("grids", "个网格", "网格数"),
}
"""Rule -> its noun in English, its counter and its name in Chinese."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A count that is shared out, of buildings, units or whatever holds them.

    With one size for all, that is households or people. With several housing types it is shares of a grid:
    ``most`` adds up count ÷ upper bound of its type and must not exceed 1, ``least`` adds up count ÷ lower
    bound and must reach 1. For a grid of one type, both together say what the type's band says.

    Attributes
    ----------
    rule
        ``households`` or ``population``.
    side
        ``both``: the count itself, between two bounds; ``most``, ``least``: shares of a grid, in parts of ``whole``.
    counts
        (n,) whole numbers, at least 0.
    low, high
        What the sum must lie between; 0 and infinity where only one side is bounded.
    soft
        The bounds are aimed at, but may be broken.
    """

    rule: str
    side: str
    counts: Ints
    low: float
    high: float
    soft: bool = False

    @property
    def name(self) -> str:
        """What tells it from the other measures."""
        return self.rule if self.side == "both" else f"{self.rule}_{self.side}"

    @property
    def whole(self) -> float:
        """Parts that make a whole grid; 1 where the count is no share."""
        return {"both": 1.0, "most": self.high, "least": self.low}[self.side]

    def grouped(self, of: Ints, n: int) -> Measure:
        """Sum over groups; members with ``of`` = -1 are left out."""
        member = of >= 0
        return replace(self, counts=np.bincount(of[member], self.counts[member], n).astype(np.int64))

    def say(self, total: float) -> tuple[str, str]:
        """Write a sum in English and Chinese."""
        return say(self.name, total / self.whole)

    def say_bound(self, bound: float) -> tuple[str, str]:
        """Write a bound that a sum is held against, in English and Chinese."""
        return say_bound(self.name, bound / self.whole)


def say(name: str, total: float) -> tuple[str, str]:
    """Write a sum of the measure called `name`, in English and Chinese; shares of a grid in percent."""
    rule, _, side = name.partition("_")
    noun, noun_zh, title_zh = NOUNS[rule]
    if not side:
        return f"{total:,.10g} {noun}", f"{total:,.10g}{noun_zh}"
    share = f"{100 * total:,.5g}"
    if side == "most":
        return f"{share} % of the {noun} a grid may have", f"网格最多可有{title_zh}的{share}%"
    return f"{share} % of the {noun} a grid must have", f"网格至少应有{title_zh}的{share}%"


def say_bound(name: str, bound: float) -> tuple[str, str]:
    """Write a bound beside a sum: of shares the percent alone, since the sum says of what."""
    return (f"{100 * bound:,.5g} %", f"{100 * bound:,.5g}%") if "_" in name else say(name, bound)


def build_measures(
    households: Ints, population: Ints, options: PlanOptions, profile: npt.NDArray[np.object_] | None = None
) -> tuple[Measure, ...]:
    """Return what the options bound, of things with these counts.

    Parameters
    ----------
    households, population
        (n,) counts.
    profile
        (n,) name of the size profile of each thing, where ``options.housing`` knows several; those without
        people do not matter.
    """
    counts = {"households": households, "population": population}
    housing = options.housing
    if housing is None or profile is None:
        return tuple(_plain(name, counts[name], band, options) for name, band in options.bands.items())
    lived_in = (households > 0) | (population > 0)
    used = {name: housing.profiles[name] for name in sorted(set(profile[lived_in].tolist()))}
    if len(used) == 1:
        (only,) = used.values()
        pairs = (("households", only.households), ("population", only.population))
        return tuple(_plain(name, counts[name], band, options) for name, band in pairs if band is not None)
    of = np.select([profile == name for name in used], range(len(used)), 0)
    out: tuple[Measure, ...] = ()
    for rule in ("households", "population"):
        if rule == "households" or any(p.population is not None for p in used.values()):
            bands = [housing.band(name, rule) for name in used]
            out += _shares(rule, [(counts[counted], band) for counted, band in bands], of, options)
    return out


def measure_buildings(counts: pd.DataFrame, options: PlanOptions) -> tuple[Measure, ...]:
    """Return what the options bound, of buildings: ``counts`` as `population.count_people`, with their ``profile``."""
    profile = counts["profile"].to_numpy(object) if "profile" in counts else None
    return build_measures(
        counts["households"].to_numpy(np.int64), counts["population"].to_numpy(np.int64), options, profile
    )


def _plain(name: str, counts: Ints, band: Band, options: PlanOptions) -> Measure:
    return Measure(rule=name, side="both", counts=counts, low=band.low, high=band.high, soft=name in options.soft)


def _shares(rule: str, parts: list[tuple[Ints, Band]], of: Ints, options: PlanOptions) -> tuple[Measure, ...]:
    """Return both sides of a rule, in whole parts of a grid; ``parts`` holds counts and band of every type."""
    out = []
    for side in ("most", "least"):
        bounds = [band.high if side == "most" else band.low for _, band in parts]
        whole = _common(bounds)
        counts = np.zeros(len(of), np.int64)
        for number, ((values, _), bound) in enumerate(zip(parts, bounds, strict=True)):
            mine = of == number
            shares = values[mine] * (whole / bound)
            # where no common whole is small enough, no grid is let through that breaks its bound
            near = np.rint(shares)
            exact = np.abs(shares - near) < 1e-6
            away = np.ceil(shares) if side == "most" else np.floor(shares)
            counts[mine] = np.where(exact, near, away).astype(np.int64)
        low, high = (0.0, whole) if side == "most" else (whole, math.inf)
        out.append(Measure(rule=rule, side=side, counts=counts, low=low, high=high, soft=rule in options.soft))
    return tuple(out)


def _common(bounds: list[float]) -> float:
    """Return parts of a grid that each bound divides without remainder, as far as that is possible."""
    if all(float(bound).is_integer() for bound in bounds):
        least = math.lcm(*(int(bound) for bound in bounds))
        if least <= FINEST:
            return float(least)
    return float(FINEST)
