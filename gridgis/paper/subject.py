"""What pages are drawn from: a plan, its map, the people of its grids, and what the office decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gridgis.paper.basemap import BaseMap
from gridgis.paper.contacts import DUTIES, Contact
from gridgis.paper.imprint import Imprint
from gridgis.paper.words import word

if TYPE_CHECKING:
    from gridgis.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Everything that is printed."""

    plan: Plan
    people: Mapping[str, Sequence[Contact]]
    """Grid's code -> its people in order."""
    imprint: Imprint

    @cached_property
    def map(self) -> BaseMap:
        """The map all pages show a part of."""
        return BaseMap(self.plan)

    @property
    def place(self) -> str:
        """The jurisdiction's name; empty where nobody said it."""
        return self.imprint.place or self.plan.layers.name

    def code(self, grid: int) -> str:
        """Return a grid's code."""
        return str(self.plan.grids["code"].iloc[grid])

    def name(self, grid: int) -> str:
        """Return a grid's name."""
        return str(self.plan.grids["name" if self.imprint.language == "zh" else "name_en"].iloc[grid])

    def bounds(self, grid: int) -> str:
        """Return a grid's four bounds as a sentence."""
        return str(self.plan.grids[f"bounds_{self.imprint.language}"].iloc[grid])

    def people_of(self, grid: int) -> Sequence[Contact]:
        """Return the people of a grid, the leader first; a vacant post where there are none."""
        vacant = Contact(name=self.word("vacant"), duty="leader")
        return self.people.get(self.code(grid)) or (vacant,)

    def duty(self, contact: Contact) -> str:
        """Return what a person is called."""
        return self.word(contact.duty) if contact.duty in DUTIES else contact.duty

    def word(self, key: str, **values: object) -> str:
        """Return a word as it is printed."""
        return word(key, self.imprint.language, **values)

    @property
    def foot(self) -> str:
        """What stands at the foot of pages: who made them, when, and whose data the map is."""
        source = self.plan.layers.attribution
        parts = [self.imprint.office, self.word("made", day=self.imprint.day.isoformat())]
        return "  ·  ".join(part for part in [*parts, self.word("map_data", source=source) if source else ""] if part)
