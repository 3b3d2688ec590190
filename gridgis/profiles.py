"""How large a grid should be: bands, size profiles, and which building goes by which profile."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from gridgis.errors import InputError
from gridgis.features import USES
from gridgis.languages import Said, Words, listed


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
            raise InputError(Said("“{text}” is not a band; write it as LOW:HIGH, e.g. 300:500", text=text)) from None
        band = cls(low, high)
        band.check()
        return band

    def check(self) -> None:
        """Raise InputError if no total can lie in the band."""
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low >= 0 and self.high > 0):
            raise InputError(Said("the band {band} needs two finite numbers, LOW ≥ 0 and HIGH > 0", band=self))
        if self.low > self.high:
            raise InputError(
                Said(
                    "the band {band} has its lower bound above its upper; write {high:g}:{low:g}",
                    band=self,
                    high=self.high,
                    low=self.low,
                )
            )

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
    """A size profile: what one grid should hold."""

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
"""Profiles in use in published plans."""


@dataclass(frozen=True, slots=True)
class HousingRule:
    """Which buildings go by a profile where nothing names one: all that is stated must fit.

    Attributes
    ----------
    uses
        Some of `features.USES`; empty: any.
    levels
        Storeys above ground, given or estimated; None: any.
    density
        Households per hectare within 100 m; None: any.
    """

    profile: str
    uses: tuple[str, ...] = ()
    levels: Band | None = None
    density: Band | None = None


@dataclass(frozen=True, kw_only=True)
class Housing:
    """Several housing types in one plan, each with its own size of grid.

    A building goes by the profile that its own ``housing`` column names, else by its compound's, else by the first
    rule that fits it, else by ``default``.
    """

    profiles: Mapping[str, Profile] = field(default_factory=lambda: dict(PROFILES))
    rules: tuple[HousingRule, ...] = ()
    default: str = "urban"

    def __post_init__(self) -> None:
        faults = []
        for name in dict.fromkeys([self.default, *(rule.profile for rule in self.rules)]):
            if name not in self.profiles:
                faults.append(
                    Said(
                        "there is no profile “{name}”; those known are {profiles}",
                        name=name,
                        profiles=listed(self.profiles),
                    )
                )
        for name, profile in self.profiles.items():
            if profile.households is None:
                faults.append(
                    Said(
                        'the profile “{name}” has no band of households; give one, e.g. households = "300:500"',
                        name=name,
                    )
                )
            elif profile.households.low <= 0:
                faults.append(
                    Said(
                        "the profile “{name}” allows grids without households; its lower bound must be above 0",
                        name=name,
                    )
                )
        if faults:
            raise InputError(*faults)

    def band(self, name: str, rule: str) -> tuple[str, Band]:
        """Return which count a rule bounds in buildings of a profile, and its band; else that of households."""
        profile = self.profiles[name]
        if rule == "population" and profile.population is not None:
            return "population", profile.population
        assert profile.households is not None  # checked when the rules were made
        return "households", profile.households

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a TOML file of profiles and rules.

        ::

            default = "urban"

            [profiles.tower]
            title_zh = "高层住宅"
            households = "400:600"
            population = "1000:1800"     # may be left out

            [[rules]]
            profile = "tower"
            levels = "10:99"
            use = ["apartments", "residential"]

        Ready-made profiles need not be written again. Raises InputError with every fault of the file.
        """
        name = Path(path).name
        try:
            values = tomllib.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise InputError(
                Said("{name}: cannot be read ({error}); check the path", name=name, error=error.strerror)
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(Said("{name}: is not a TOML file in UTF-8: {error}", name=name, error=error)) from None
        return cls.from_dict(values, where=name)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, where: str = "profiles") -> Self:
        """Make it of plain values, as `read` finds and `to_dict` returns them."""
        faults: list[Words] = []
        profiles = dict(PROFILES)
        for extra in sorted(set(values) - {"default", "profiles", "rules"}):
            faults.append(
                Said(
                    "{where}: “{extra}” means nothing here; use default, [profiles.NAME] and [[rules]]",
                    where=where,
                    extra=extra,
                )
            )
        for name, entry in _table(values.get("profiles"), f"{where}: profiles", faults).items():
            profile = _profile(name, entry, where, faults)
            if profile is not None:
                profiles[name] = profile
        rules = []
        entries = values.get("rules", [])
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            faults.append(Said("{where}: rules must be a list of tables, each headed [[rules]]", where=where))
            entries = []
        for number, entry in enumerate(entries, 1):
            rule = _rule(entry, Said("{where}, rule {number}", where=where, number=number), faults)
            if rule is not None:
                rules.append(rule)
        if faults:
            raise InputError(*faults)
        return cls(profiles=profiles, rules=tuple(rules), default=str(values.get("default", "urban")))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` makes the same of them."""
        return {
            "default": self.default,
            "profiles": {
                name: {
                    "title_en": profile.title_en,
                    "title_zh": profile.title_zh,
                    "households": str(profile.households),
                }
                | ({} if profile.population is None else {"population": str(profile.population)})
                for name, profile in self.profiles.items()
            },
            "rules": [
                {"profile": rule.profile}
                | ({"use": list(rule.uses)} if rule.uses else {})
                | {
                    key: str(band)
                    for key, band in (("levels", rule.levels), ("density", rule.density))
                    if band is not None
                }
                for rule in self.rules
            ],
        }


def _table(value: object, where: str, faults: list[Words]) -> Mapping[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return value
    faults.append(Said("{where} must be a table, e.g. [profiles.tower]", where=where))
    return {}


def _band(entry: Mapping[str, Any], key: str, where: str, faults: list[Words]) -> Band | None:
    if key not in entry:
        return None
    try:
        return Band.parse(str(entry[key]))
    except InputError as error:
        faults.extend(Said("{where}, {key}: {fault}", where=where, key=key, fault=fault) for fault in error.faults)
        return None


def _unknown(entry: Mapping[str, Any], known: Sequence[str], where: str, faults: list[Words]) -> None:
    for key in sorted(set(entry) - set(known)):
        faults.append(
            Said(
                "{where}: “{key}” means nothing here; what can be stated is {known}",
                where=where,
                key=key,
                known=listed(known),
            )
        )


def _profile(name: str, entry: object, where: str, faults: list[Words]) -> Profile | None:
    where = f"{where}, profile “{name}”"
    table = _table(entry, where, faults)
    _unknown(table, ("title_en", "title_zh", "households", "population"), where, faults)
    given = PROFILES.get(name, Profile(name, name, name, None, None))
    return replace(
        given,
        title_en=str(table.get("title_en", given.title_en)),
        title_zh=str(table.get("title_zh", given.title_zh)),
        households=_band(table, "households", where, faults) or given.households,
        population=_band(table, "population", where, faults) or given.population,
    )


def _rule(entry: object, where: str, faults: list[Words]) -> HousingRule | None:
    table = _table(entry, where, faults)
    _unknown(table, ("profile", "use", "levels", "density"), where, faults)
    if "profile" not in table:
        faults.append(Said('{where}: says no profile; add profile = "NAME"', where=where))
        return None
    uses = table.get("use", [])
    uses = [uses] if isinstance(uses, str) else list(uses)
    for use in uses:
        if use not in USES:
            faults.append(
                Said("{where}: there is no use “{use}”; choose of {uses}", where=where, use=use, uses=listed(USES))
            )
    return HousingRule(
        str(table["profile"]),
        tuple(uses),
        _band(table, "levels", where, faults),
        _band(table, "density", where, faults),
    )
