"""The comparison of two plans, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.compare.division import Division
from gridgis.compare.matching import compare_boundaries, match_buildings, match_grids
from gridgis.errors import InputError
from gridgis.languages import Said

if TYPE_CHECKING:
    from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
LISTED = ("source_id", "grid", "households", "population")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What differs between two plans. Households and people are those of the plan after, unless a name says before.

    Attributes
    ----------
    matched
        ``codes``: grids with one code are one grid; ``overlap``: the plans' codes have nothing to do with each
        other, and grids are taken for one by what they share.
    buildings, households, population
        How many both plans hold.
    moved
        The buildings that are in another grid: ``source_id``, ``before``, ``after`` (codes), counts.
    new, demolished
        Those that only one plan has: ``source_id``, ``grid``, counts.
    boundary_m
        Length of the lines between grids: ``before``, ``after`` and ``shared``.
    overlap
        Households by code before (rows) and after (columns), of the buildings that both plans hold.
    grids
        One row a grid: ``code`` before and ``code_after`` (None: it is new, or gone); households, population,
        buildings, ``area_m2`` before and after; ``households_in``, ``households_out`` (moved), ``households_new``,
        ``households_demolished``, ``households_recounted``; ``kept_share`` of the households before; ``changed``.
    officers
        The same sums by officer, with ``grids`` and ``changed_grids``, and under None what has no officer; None
        where no officers were given.
    """

    matched: str
    buildings: int
    households: int
    population: int
    moved: pd.DataFrame
    new: pd.DataFrame
    demolished: pd.DataFrame
    boundary_m: Mapping[str, float]
    overlap: pd.DataFrame
    grids: pd.DataFrame
    officers: pd.DataFrame | None

    @property
    def moved_households(self) -> int:
        """Households that are in another grid."""
        return int(self.moved["households"].sum())

    @property
    def moved_share(self) -> float:
        """The same as a share of the households that both plans hold."""
        return self.moved_households / self.households if self.households else 0.0

    def summary(self, language: Literal["zh", "en"] = "en") -> str:
        """Say in a sentence or two what changed."""
        moved, changed, share = len(self.moved), int(self.grids["changed"].sum()), self.moved_share
        if language == "zh":
            text = f"{moved:,}栋建筑、{self.moved_households:,}户（{share:.1%}）换了网格，涉及{changed:,}个网格；"
            return text + f"新建{len(self.new):,}栋，拆除{len(self.demolished):,}栋。"
        text = f"{moved:,} buildings with {self.moved_households:,} households ({share:.1%}) are in another grid; "
        text += f"{changed:,} of {len(self.grids):,} grids changed. "
        return text + f"{len(self.new):,} buildings are new, {len(self.demolished):,} are gone."

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; the overlap as its cells that are not 0."""
        values = self.overlap.to_numpy()
        rows, columns = np.nonzero(values)
        return {
            "matched": self.matched,
            "summary": {"en": self.summary("en"), "zh": self.summary("zh")},
            "buildings": self.buildings,
            "households": self.households,
            "population": self.population,
            "moved_buildings": len(self.moved),
            "moved_households": self.moved_households,
            "moved_share": round(self.moved_share, 6),
            "boundary_m": {name: round(length, 1) for name, length in self.boundary_m.items()},
            "moved": _records(self.moved),
            "new": _records(self.new),
            "demolished": _records(self.demolished),
            "overlap": [
                {"before": self.overlap.index[i], "after": self.overlap.columns[j], "households": round(values[i, j])}
                for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
            ],
            "grids": _records(self.grids),
            "officers": None if self.officers is None else _records(self.officers),
        }


def compare_plans(before: Plan, after: Plan, *, officers: Mapping[str, str] | None = None) -> Comparison:
    """Compare two plans, see `compare_divisions`."""
    return compare_divisions(Division.of_plan(before), Division.of_plan(after), officers=officers)


def compare_divisions(before: Division, after: Division, *, officers: Mapping[str, str] | None = None) -> Comparison:
    """Compare two plans of one jurisdiction, over the same buildings or changed ones.

    Parameters
    ----------
    officers
        Code of a grid before -> its officer.

    Raises
    ------
    InputError
        The plans have no building in common.
    """
    if before.buildings.crs != after.buildings.crs:
        crs = before.buildings.crs
        after = Division(grids=after.grids.to_crs(crs), buildings=after.buildings.to_crs(crs))
    old, new = before.buildings, after.buildings
    at = match_buildings(old, new)
    here = np.flatnonzero(at >= 0)
    if not len(here):
        raise InputError(
            Said(
                "the two plans have no building in common, neither by id nor by place; compare plans of one "
                "jurisdiction",
            )
        )
    stays = new.iloc[at[here]]
    was, now = old["grid"].to_numpy()[here], stays["grid"].to_numpy()
    cells = np.zeros((len(before.grids), len(after.grids)))
    np.add.at(cells, (was, now), stays["households"].to_numpy())
    shared = cells.copy()
    # where nobody lives, buildings decide
    np.add.at(shared, (was, now), 1e-6)
    same, matched = match_grids(before.grids["code"], after.grids["code"], shared)
    went = same[now] != was
    code, code_after = before.grids["code"], after.grids["code"]
    moved = pd.DataFrame(
        {
            "source_id": stays["source_id"].to_numpy(),
            "before": code.to_numpy()[was],
            "after": code_after.to_numpy()[now],
            "households": stays["households"].to_numpy(),
            "population": stays["population"].to_numpy(),
        }
    )[went].reset_index(drop=True)
    fresh = np.setdiff1d(np.arange(len(new)), at)
    gone = np.flatnonzero(at < 0)
    grids = _grids(before, after, same, (was, now, stays["households"].to_numpy()), fresh, gone)
    lengths = compare_boundaries(before.grids, after.grids)
    return Comparison(
        matched=matched,
        buildings=len(here),
        households=round(stays["households"].sum()),
        population=round(stays["population"].sum()),
        moved=moved,
        new=_listed(new, fresh, code_after),
        demolished=_listed(old, gone, code),
        boundary_m=dict(zip(("before", "after", "shared"), lengths, strict=True)),
        overlap=pd.DataFrame(cells, index=pd.Index(code, name="before"), columns=pd.Index(code_after, name="after")),
        grids=grids,
        officers=None if officers is None else _officers(grids, officers),
    )


def _grids(
    before: Division, after: Division, same: Ints, stays: tuple[Ints, Ints, npt.NDArray[Any]], fresh: Ints, gone: Ints
) -> pd.DataFrame:
    """Say for each grid what it was and is; grids that are gone keep their place, new ones follow."""
    k = len(before.grids)
    row_of_new = np.flatnonzero(same < 0)
    row = same.copy()
    row[row_of_new] = k + np.arange(len(row_of_new))
    n = k + len(row_of_new)
    code_after = np.full(n, None, object)
    code_after[row] = after.grids["code"].to_numpy(object)
    out: dict[str, npt.NDArray[Any]] = {
        "code": np.append(before.grids["code"].to_numpy(object), np.full(n - k, None, object)),
        "code_after": code_after,
    }
    for name, old, new in _sums(before, after, row, n):
        out[f"{name}_before"], out[f"{name}_after"] = old, new
    was, now, households = stays
    now = row[now]
    move = now != was
    out["households_in"] = np.bincount(now[move], households[move], n)
    out["households_out"] = np.bincount(was[move], households[move], n)
    added, lost = after.buildings.iloc[fresh], before.buildings.iloc[gone]
    out["households_new"] = np.bincount(row[added["grid"]], added["households"], n)
    out["households_demolished"] = np.bincount(lost["grid"], lost["households"], n)
    difference = out["households_after"] - out["households_before"]
    explained = out["households_in"] - out["households_out"] + out["households_new"] - out["households_demolished"]
    out["households_recounted"] = difference - explained
    kept = np.bincount(was[~move], households[~move], n)
    total = kept + out["households_out"] + out["households_demolished"]
    out["kept_share"] = np.divide(kept, total, out=np.ones(n), where=total > 0)
    buildings = np.bincount(now[move], minlength=n) + np.bincount(was[move], minlength=n)
    buildings += np.bincount(row[added["grid"]], minlength=n) + np.bincount(lost["grid"], minlength=n)
    one_sided = np.array([None in pair for pair in zip(out["code"], code_after, strict=True)], bool)
    out["changed"] = (buildings > 0) | (out["households_recounted"] != 0) | one_sided
    whole = {name: values for name, values in out.items() if name.startswith(("households", "population"))}
    return pd.DataFrame(out | {name: np.rint(values).astype(np.int64) for name, values in whole.items()})


def _sums(before: Division, after: Division, row: Ints, n: int) -> list[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]]:
    rows: list[tuple[str, npt.NDArray[Any], npt.NDArray[Any]]] = []
    of = before.buildings["grid"].to_numpy(), row[after.buildings["grid"].to_numpy()]
    for name in ("households", "population"):
        values = before.buildings[name].to_numpy(), after.buildings[name].to_numpy()
        rows.append((name, np.bincount(of[0], values[0], n), np.bincount(of[1], values[1], n)))
    rows.append(("buildings", np.bincount(of[0], minlength=n), np.bincount(of[1], minlength=n)))
    area_after = np.zeros(n)
    area_after[row] = after.grids.geometry.area
    rows.append(("area_m2", np.append(before.grids.geometry.area, np.zeros(n - len(before.grids))), area_after))
    return rows


def _listed(buildings: gpd.GeoDataFrame, chosen: Ints, code: pd.Series) -> pd.DataFrame:
    rows = pd.DataFrame(buildings[list(LISTED)]).iloc[chosen].reset_index(drop=True)
    return rows.assign(grid=code.to_numpy()[rows["grid"].to_numpy()])


def _officers(grids: pd.DataFrame, officers: Mapping[str, str]) -> pd.DataFrame:
    """Sum what happened to the grids of each officer; grids without one, and new ones, come last."""
    officer = np.array([officers.get(code) if code is not None else None for code in grids["code"]], object)
    sums = [name for name in grids.columns if name.startswith("households_")]
    rows = []
    named = list(dict.fromkeys(o for o in officer if o is not None))
    for who in [*named, *([None] if any(o is None for o in officer) else [])]:
        mine = grids[[o == who for o in officer]]
        rows.append(
            {
                "officer": who,
                "grids": len(mine),
                "changed_grids": int(mine["changed"].sum()),
                **{name: int(mine[name].sum()) for name in sums},
            }
        )
    return pd.DataFrame(rows)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values, lengths and shares to three decimals, None where there is nothing."""
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    return [
        {str(name): round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
        for row in rows
    ]
