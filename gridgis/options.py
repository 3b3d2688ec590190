"""What a plan is asked for: bands, number of grids, weights; checked once, then frozen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed
from gridgis.profiles import PROFILES, Band, Housing

OBJECTIVES = ("balance", "cut-edges", "cut-length")
COUNTS = ("households", "population")
COUNT_WORDS: Mapping[str, Words] = {"households": Said("households"), "population": Said("population")}
"""Count -> what a message calls it."""

LEVELS = ("community", "sector", "grid", "micro")


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
    housing
        Several housing types, each with a size of its own; then the two bands above do not count.
    soft
        Counts (``households``, ``population``) whose bands are aimed at, but broken without fault.
    sectors
        How many grids make a sector; None: no sectors are made.
    micro
        Households of a micro-grid inside a grid; None: none are made.
    level
        What the areas are called: ``grid``, or ``micro`` for micro-grids within grids.
    lock
        Codes of existing grids that must stay exactly as they are.
    parent_code
        Code of the community that owns the grids; a grid's code is this plus
        its number.
    codes
        Level (``community``, ``sector``, ``grid``, ``micro``) -> template of its codes, see `codes.TEMPLATE`.
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
    housing: Housing | None = None
    soft: tuple[str, ...] = ()
    sectors: Band | None = None
    micro: Band | None = None
    level: str = "grid"
    lock: tuple[str, ...] = ()
    parent_code: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = [*self._wrong_bands(), *self._wrong_choices(), *self._wrong_numbers()]
        if faults:
            raise InputError(*faults)

    def _wrong_bands(self) -> Iterator[Words]:
        for band in (self.households, self.population, self.sectors, self.micro):
            if band is not None:
                try:
                    band.check()
                except InputError as error:
                    yield from error.faults
        if self.households is None and self.population is None and self.grids is None and self.housing is None:
            yield Said("nothing says how large a grid is; give households, population or a number of grids")

    def _wrong_choices(self) -> Iterator[Words]:
        if self.objective not in OBJECTIVES:
            yield Said(
                "there is no objective “{objective}”; choose one of {objectives}",
                objective=self.objective,
                objectives=listed(OBJECTIVES),
            )
        if self.level not in LEVELS[2:]:
            yield Said(
                "there is no level “{level}” to divide into; choose one of {levels}",
                level=self.level,
                levels=listed(LEVELS[2:]),
            )
        for name in self.soft:
            if name not in COUNTS:
                yield Said(
                    "“{name}” is no count whose band can be soft; choose of {counts}", name=name, counts=listed(COUNTS)
                )

    def _wrong_numbers(self) -> Iterator[Words]:
        if self.grids is not None and self.grids < 1:
            yield Said("{grids} grids were asked for; ask for at least 1", grids=self.grids)
        for name in ("household_size", "total_population", "total_households", "unit_share", "effort", "time_limit_s"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                yield Said("{name} is {value}; it must be a number above 0", name=name, value=value)
        for name in ("balance", "compactness", "lines"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                yield Said("{name} is {value}; it must be a number of at least 0", name=name, value=value)

    @property
    def bands(self) -> dict[str, Band]:
        """The bands that hold for every grid alike; none where there are several housing types."""
        pairs = (("households", self.households), ("population", self.population))
        return {} if self.housing else {name: band for name, band in pairs if band is not None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make options of what `to_dict` returned; fields it does not know are refused."""
        known = dict(values)
        for name in ("households", "population", "sectors", "micro"):
            if known.get(name) is not None:
                known[name] = Band.parse(known[name])
        for name in ("soft", "lock"):
            known[name] = tuple(known.get(name, ()))
        if known.get("housing") is not None:
            known["housing"] = Housing.from_dict(known["housing"])
        strange = sorted(set(known) - set(cls.__dataclass_fields__))
        if strange:
            raise InputError(
                Said("options {strange} are not known; the plan was made by another version", strange=listed(strange))
            )
        return cls(**known)

    @classmethod
    def from_profile(cls, name: str, **options: Any) -> Self:
        """Options with the bands of a ready-made profile (see ``PROFILES``)."""
        if name not in PROFILES:
            raise InputError(
                Said("there is no profile “{name}”; choose one of {profiles}", name=name, profiles=listed(PROFILES))
            )
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
            "housing": None if self.housing is None else self.housing.to_dict(),
            "soft": list(self.soft),
            "sectors": None if self.sectors is None else str(self.sectors),
            "micro": None if self.micro is None else str(self.micro),
            "level": self.level,
            "lock": list(self.lock),
            "parent_code": self.parent_code,
            "codes": dict(self.codes),
            "columns": dict(self.columns),
        }
