"""What all pages of one print have in common beside the plan: language, addresses, phones, duties."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from gridgis.errors import InputError
from gridgis.languages import Language, Said
from gridgis.paper.words import DUTIES_OF_A_GRID

LONGEST_ADDRESS = 300
"""Characters; what is longer makes a code of squares too fine to be read from a step away."""


@dataclass(frozen=True, kw_only=True)
class Imprint:
    """What an office decides about its prints.

    Attributes
    ----------
    place
        The jurisdiction's name; empty: as its layers have it.
    address
        The resident's page, as its code of squares holds it: ``{code}`` stands for the grid's code, and where there
        is none, ``?grid=CODE`` is added. Empty: no code of squares.
    supervision_phone
        Whom residents call about the officers; empty: nothing is said of it.
    duties
        What the team of a grid does, one line each; empty: `words.DUTIES_OF_A_GRID`.
    office
        Who issues it, for the foot of the page.
    """

    language: Language = "zh"
    place: str = ""
    address: str = ""
    supervision_phone: str = ""
    duties: tuple[str, ...] = ()
    office: str = ""
    day: date = field(default_factory=date.today)

    def __post_init__(self) -> None:
        """Refuse an address that no phone would open."""
        if self.address and not self.address.startswith(("https://", "http://")):
            raise InputError(
                Said(
                    "the address “{address}” is not one that phones open; it begins with https:// or http://",
                    address=self.address,
                )
            )
        if len(self.address) > LONGEST_ADDRESS:
            raise InputError(
                Said(
                    "the address has {length} characters; give one of at most {limit}",
                    length=len(self.address),
                    limit=LONGEST_ADDRESS,
                )
            )

    def address_of(self, code: str) -> str:
        """Return the address of a grid's page; empty: there is none."""
        if not self.address:
            return ""
        if "{code}" in self.address:
            return self.address.replace("{code}", quote(code, safe=""))
        return f"{self.address}{'&' if '?' in self.address else '?'}grid={quote(code, safe='')}"

    @property
    def lines_of_duties(self) -> tuple[str, ...]:
        """The duties as they are printed."""
        return self.duties or DUTIES_OF_A_GRID[self.language]
