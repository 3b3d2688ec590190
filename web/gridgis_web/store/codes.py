"""Codes of grids over the years: which plan had them from when to when, and those that are never given again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridgis_web.store.models import Crosswalk, Grid, Plan, RetiredCode

LIVED = ("published", "superseded")


@dataclass(frozen=True, kw_only=True)
class Period:
    """How a grid was in one plan; it held from `valid_from` to the day before `valid_to` (None: until further)."""

    plan_id: int
    grid_id: int
    valid_from: date
    valid_to: date | None
    name: str
    households: int
    population: int
    buildings: int
    area_m2: float


@dataclass(frozen=True, kw_only=True)
class History:
    """A code's life: the plans that had it, the earliest first."""

    code: str
    periods: tuple[Period, ...]
    retired: bool

    @property
    def valid_from(self) -> date | None:
        """Its first day; None: no published plan had it."""
        return self.periods[0].valid_from if self.periods else None

    @property
    def valid_to(self) -> date | None:
        """The first day without it; None: it is in use."""
        return self.periods[-1].valid_to if self.periods else None


def history(session: Session, jurisdiction_id: int, code: str, *, level: str = "grid") -> History:
    """Return the life of a code over the published plans of a jurisdiction."""
    rows = session.execute(
        select(Plan, Grid)
        .join(Grid, Grid.plan_id == Plan.id)
        .where(Plan.jurisdiction_id == jurisdiction_id, Plan.state.in_(LIVED), Grid.code == code, Grid.level == level)
        .order_by(Plan.valid_from)
    )
    periods = tuple(
        Period(
            plan_id=plan.id,
            grid_id=grid.id,
            valid_from=plan.valid_from,
            valid_to=plan.valid_to,
            name=grid.name,
            households=grid.households,
            population=grid.population,
            buildings=grid.buildings,
            area_m2=grid.area_m2,
        )
        for plan, grid in rows
        if plan.valid_from is not None
    )
    return History(code=code, periods=periods, retired=bool(_among(session, jurisdiction_id, [code])))


def retired_codes(session: Session, jurisdiction_id: int) -> tuple[str, ...]:
    """Return the codes that are never given again, in the order in which they were retired."""
    wanted = select(RetiredCode.code).where(RetiredCode.jurisdiction_id == jurisdiction_id)
    return tuple(session.scalars(wanted.order_by(RetiredCode.id)))


def retire(session: Session, plan: Plan, codes: Collection[str]) -> list[str]:
    """Retire codes with the publishing of a plan that does not have them; return those that were not yet."""
    known = set(retired_codes(session, plan.jurisdiction_id))
    fresh = [code for code in dict.fromkeys(codes) if code not in known]
    session.add_all(RetiredCode(jurisdiction_id=plan.jurisdiction_id, code=code, plan_id=plan.id) for code in fresh)
    session.flush()
    return fresh


def heirs(session: Session, jurisdiction_id: int, day: date) -> dict[str, str]:
    """Return code -> heir of those retired by a day: the grid that took most of the households, or the heir of that."""
    rows = session.execute(
        select(Crosswalk.old_code, Crosswalk.new_code)
        .join(Plan, Plan.id == Crosswalk.new_plan_id)
        .where(Plan.jurisdiction_id == jurisdiction_id, Crosswalk.old_code != "", Crosswalk.new_code != "")
        .where(Plan.valid_from <= day)
        .order_by(Plan.valid_from, Crosswalk.households_before, Crosswalk.buildings, Crosswalk.new_code.desc())
    )
    # the last row of a code says who took most of it
    went = {row.old_code: row.new_code for row in rows}
    retired = set(retired_codes(session, jurisdiction_id))
    found = {}
    for code in sorted(retired & went.keys()):
        heir = went[code]
        while heir in retired and heir in went:
            heir = went[heir]
        found[code] = heir
    return found


def grid_codes(session: Session, plan_id: int, *, level: str = "grid") -> list[str]:
    """Return the codes of a plan's grids, in their order."""
    wanted = select(Grid.code).where(Grid.plan_id == plan_id, Grid.level == level)
    return list(session.scalars(wanted.order_by(Grid.number)))


def reused(session: Session, jurisdiction_id: int, codes: Collection[str]) -> list[str]:
    """Return those of some codes that were retired."""
    return _among(session, jurisdiction_id, codes)


def _among(session: Session, jurisdiction_id: int, codes: Collection[str]) -> list[str]:
    known = set(retired_codes(session, jurisdiction_id))
    return [code for code in codes if code in known]
