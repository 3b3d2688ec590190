"""What a plan is asked for: bands, number of grids, weights; checked once, then frozen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from gridgis.errors import InputError


@dataclass(frozen=True, slots=True)
class Band:
    """An inclusive range that a grid's total must lie in."""

    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``300:500``; raises InputError that names the text."""
        try:
            low, high = (float(part) for part in text.split(":"))
        except ValueError:
            raise InputError(f"“{text}” is not a band; write it as LOW:HIGH, e.g. 300:500") from None
        band = cls(low, high)
        band.check()
        return band

    def check(self) -> None:
        """Raise InputError if no total can lie in the band."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low >= 0 and self.high > 0):
            raise InputError(f"the band {self} needs two finite numbers, LOW ≥ 0 and HIGH > 0")
        if self.low > self.high:
            raise InputError(f"the band {self} has its lower bound above its upper; write {self.high:g}:{self.low:g}")

    @property
    def middle(self) -> float:
        """What a grid should hold if nothing else counts."""
        return (self.low + self.high) / 2

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"


@dataclass(frozen=True, slots=True)
class Profile:
    """A size profile in use in published plans: what one grid should hold."""

    name: str
    title_en: str
    title_zh: str
    households: Band | None
    population: Band | None


PROFILES: Mapping[str, Profile] = {
    p.name: p
    for p in (
        Profile("urban", "Urban default", "城市一般", Band(300, 500), Band(1000, 1500)),
        Profile("small-urban", "Small urban", "城市小型", Band(200, 300), Band(600, 1200)),
        Profile("target-300", "About 300 households", "三百户左右", Band(250, 350), None),
        Profile("gated-compound", "Gated compound", "封闭小区", Band(200, 250), None),
        Profile("scattered", "Scattered housing", "散居楼院", Band(120, 160), None),
        Profile("single-storey", "Single-storey area", "平房区", Band(80, 120), None),
        Profile("village", "Village", "村庄", Band(200, 300), None),
    )
}


OBJECTIVES = ("balance", "cut-edges", "cut-length")


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """Everything that decides a plan beside its layers.

    Parameters
    ----------
    households, population
        Bands every grid must keep; None: that count is not bounded.
    grids
        Exact number of grids; None: follows from the bands.
    household_size
        People per household, where only one of the two counts is known.
    total_population, total_households
        Known totals that estimated counts are scaled to.
    unit_share
        A block heavier than this share of a band's upper bound is divided, so
        that units are small enough for the bands to be met.
    objective
        What is best among plans that keep the bands: ``balance`` (equal load, compact grids, lines that can be
        seen), ``cut-edges`` (fewest neighbouring units parted) or ``cut-length`` (shortest lines).
    balance, compactness, lines
        How much equal load, compact shape and good lines count for the objective ``balance``, 1.0 = default;
        twice as much of one improves it at the cost of the others, 0 leaves it out.
    effort
        Search effort, 1.0 = default; time grows in proportion.
    time_limit_s
        Seconds the search may take; None: as long as its effort needs.
    parent_code
        Code of the community that owns the grids; a grid's code is this plus
        its number.
    columns
        Field of ours -> column of the buildings layer, e.g. ``{"households": "户数"}``.
    """

    households: Band | None = PROFILES["urban"].households
    population: Band | None = PROFILES["urban"].population
    grids: int | None = None
    household_size: float = 2.6
    total_population: float | None = None
    total_households: float | None = None
    unit_share: float = 0.3
    method: str = "search"
    objective: str = "balance"
    balance: float = 1.0
    compactness: float = 1.0
    lines: float = 1.0
    effort: float = 1.0
    time_limit_s: float | None = None
    seed: int = 0
    parent_code: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults: list[str] = []
        for band in (self.households, self.population):
            if band is not None:
                try:
                    band.check()
                except InputError as error:
                    faults.extend(error.faults)
        if self.households is None and self.population is None and self.grids is None:
            faults.append("nothing says how large a grid is; give households, population or a number of grids")
        if self.objective not in OBJECTIVES:
            faults.append(f"there is no objective “{self.objective}”; choose one of {', '.join(OBJECTIVES)}")
        if self.grids is not None and self.grids < 1:
            faults.append(f"{self.grids} grids were asked for; ask for at least 1")
        for name in ("household_size", "total_population", "total_households", "unit_share", "effort", "time_limit_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                faults.append(f"{name} is {value}; it must be a number above 0")
        for name in ("balance", "compactness", "lines"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                faults.append(f"{name} is {value}; it must be a number of at least 0")
        if faults:
            raise InputError(*faults)

    @classmethod
    def from_profile(cls, name: str, **options: Any) -> Self:
        """Options with the bands of a ready-made profile (see ``PROFILES``)."""
        if name not in PROFILES:
            raise InputError(f"there is no profile “{name}”; choose one of {', '.join(PROFILES)}")
        bands = {"households": PROFILES[name].households, "population": PROFILES[name].population}
        return cls(**(bands | options))

    def replace(self, **changes: Any) -> Self:
        """Return a checked copy with some options changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, as stored in ``plan.json``."""
        return {
            "households": None if self.households is None else str(self.households),
            "population": None if self.population is None else str(self.population),
            "grids": self.grids,
            "household_size": self.household_size,
            "total_population": self.total_population,
            "total_households": self.total_households,
            "unit_share": self.unit_share,
            "method": self.method,
            "objective": self.objective,
            "balance": self.balance,
            "compactness": self.compactness,
            "lines": self.lines,
            "effort": self.effort,
            "time_limit_s": self.time_limit_s,
            "seed": self.seed,
            "parent_code": self.parent_code,
            "columns": dict(self.columns),
        }
