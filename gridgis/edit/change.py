"""From units that change grids to an `Edit`: the new plan, what changed, what it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.codes import succeed
from gridgis.edit.breaches import Breach, find_breaches
from gridgis.edit.holding import refuse_loss
from gridgis.errors import InputError, some
from gridgis.languages import Both, Said
from gridgis.partition.assignment import Assignment
from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of a plan; both plans stay as they are, so undoing it is going back to `before`.

    Attributes
    ----------
    action
        ``move``, ``merge``, ``split``, ``split-along``, ``balance`` or ``resolve``.
    touched
        Codes of grids in the new plan whose units are not those they had.
    new, retired
        Codes that are new, and that are gone for good.
    units
        Units whose grid has another code now, ascending.
    buildings
        The ``building_id`` of the buildings in them, ascending.
    along
        Those of them that nobody asked to move, but whose unit moved.
    households, population
        How many people that concerns.
    crosswalk
        ``old_code, new_code, units, buildings, households, population``: which part of a grid went where, for
        every grid touched, what stayed included.
    breaches
        What the touched grids break now; ``Breach.was`` tells what they broke before already.
    mended
        What they broke before, and no longer do.
    """

    action: str
    before: Plan
    plan: Plan
    touched: tuple[str, ...]
    new: tuple[str, ...]
    retired: tuple[str, ...]
    units: Ints
    buildings: Ints
    along: Ints
    households: int
    population: int
    crosswalk: pd.DataFrame
    breaches: tuple[Breach, ...]
    mended: tuple[Breach, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: all but the plans."""
        return {
            "action": self.action,
            "touched": list(self.touched),
            "new": list(self.new),
            "retired": list(self.retired),
            "units": self.units.tolist(),
            "buildings": self.buildings.tolist(),
            "along": self.along.tolist(),
            "households": self.households,
            "population": self.population,
            "crosswalk": self.crosswalk.to_dict("records"),
            "breaches": [breach.to_dict() for breach in self.breaches],
            "mended": [breach.to_dict() for breach in self.mended],
        }


def grids_of(plan: Plan, codes: Sequence[str]) -> list[int]:
    """Return the grids that codes name; raises InputError for unknown ones."""
    at = {code: grid for grid, code in enumerate(plan.codes.code)}
    unknown = [code for code in codes if code not in at]
    if unknown:
        gone = [code for code in unknown if code in plan.codes.retired]
        fault = Said("the plan has no grid {unknown}", unknown=some(unknown))
        if gone:
            fault = Said("{fault}; {gone} was retired", fault=fault, gone=some(gone))
        raise InputError(Said("{fault}; choose of {codes}", fault=fault, codes=some(plan.codes.code)))
    return list(dict.fromkeys(at[code] for code in codes))


def refuse_held(plan: Plan, units: Ints, grids: Iterable[int]) -> None:
    """Raise InputError where an edit would change what must stay, with every such fault.

    ``units``: what would change its grid; ``grids``: what would get other units.
    """
    faults = []
    code = plan.codes.code
    for grid in sorted(set(grids)):
        if code[grid] in plan.options.lock:
            faults.append(Said("grid {code} is locked and stays as it is; unlock grid {code} first", code=code[grid]))
    locked = [i for i, c in enumerate(code) if c in plan.options.lock]
    chosen = np.asarray(sorted(set(grids)), np.int64)
    for group in plan.graph.fixed:
        of = np.unique(plan.assignment.grid[group.units])
        if np.isin(of, locked).any():
            continue  # said above, or not concerned
        whole = len(of) == 1 and int((plan.assignment.grid == of[0]).sum()) == len(group.units)
        if np.isin(group.units, units).any() or (whole and np.isin(of, chosen).any()):
            faults.append(Said("{why}; {remedy} first", why=Both(*group.why), remedy=Both(*group.remedy)))
    if faults:
        raise InputError(*faults)


def change(plan: Plan, action: str, label: Ints, bears: Mapping[int, int], *, asked: Ints | None = None) -> Edit:
    """Return the edit that gives every unit its new grid.

    Parameters
    ----------
    label
        (n,) the plan's grids as they are numbered, and numbers from their count on for new ones.
    bears
        New number -> the grid whose code it has from now on. A grid's own number keeps its own code, unless it
        is given away here.
    asked
        The ``building_id`` of the buildings to be moved, where those were named.

    Raises
    ------
    InputError
        Units that are held would leave their grid.
    """
    grid = plan.assignment.grid
    used, first = np.unique(label, return_index=True)
    given = set(bears.values())
    heir = [bears.get(g, g if g < plan.assignment.grids and g not in given else -1) for g in used.tolist()]
    # old grids stay in their order, a new one comes after that which it was taken from
    origin = np.array([h if h >= 0 else grid[f] for h, f in zip(heir, first, strict=True)], np.int64)
    order = np.lexsort((used, np.array(heir) < 0, origin))
    place = np.empty(len(used), np.int64)
    place[order] = np.arange(len(used))
    now = place[np.searchsorted(used, label)]
    was = np.array(heir, np.int64)[order]

    moved = np.flatnonzero(was[now] != grid)
    refuse_loss(plan, moved)
    changed = was < 0
    changed[now[moved]] = True
    lost = np.isin(was, grid[moved])
    changed |= lost
    community = plan.units.frame["community"].to_numpy(np.int64)[first[order]]
    sectors, sector = _sectors(plan, origin[order])
    codes = succeed(plan.codes, was.tolist(), community.tolist(), plan.layers, plan.options, sector=sector)
    at = {int(old): new for new, old in enumerate(was.tolist()) if old >= 0 and not changed[new]}
    proofs = tuple(
        p if p.grid is None else replace(p, grid=at[p.grid])
        for p in plan.assignment.proofs
        # what a search did not find may be there once the grids beside have changed
        if p.proven and (p.grid is None or p.grid in at)
    )
    # notes tell of the search that made the plan before, e.g. that it is the best there is
    notes = () if len(moved) else plan.assignment.notes
    assignment = Assignment(grid=now, grids=len(used), proofs=proofs, notes=notes)
    after = plan.changed_to(assignment, sectors, codes, was=was, changed=changed) if len(moved) else plan
    touched = np.flatnonzero(changed)
    breaches, mended = _compare_breaches(plan, after, np.unique(grid[moved]), touched)
    buildings = plan.units.buildings
    held = buildings.index[np.isin(buildings.to_numpy(np.int64), moved)].to_numpy(np.int64)
    frame = plan.units.frame
    return Edit(
        action=action,
        before=plan,
        plan=after,
        touched=tuple(codes.code[g] for g in touched.tolist()),
        new=tuple(codes.code[g] for g in np.flatnonzero(was < 0).tolist()),
        retired=codes.retired[len(plan.codes.retired) :],
        units=moved,
        buildings=held,
        along=held[:0] if asked is None else np.setdiff1d(held, asked),
        households=int(frame["households"].to_numpy()[moved].sum()),
        population=int(frame["population"].to_numpy()[moved].sum()),
        crosswalk=_crosswalk(plan, after, np.flatnonzero(changed[now])),
        breaches=breaches,
        mended=mended,
    )


def _sectors(plan: Plan, origin: Ints) -> tuple[Assignment | None, list[int]]:
    """Return the sectors of grids that come of these, new ones being in the sector they were taken from.

    Also the number that each grid's sector had in the plan before.
    """
    if plan.sectors is None:
        return None, []
    before = plan.sectors.grid[origin]
    used, now = np.unique(before, return_inverse=True)
    at = {int(old): new for new, old in enumerate(used.tolist())}
    size = [np.bincount(sector) for sector in (plan.sectors.grid, now)]
    same = {old for old, new in at.items() if size[0][old] == size[1][new]}
    proofs = tuple(
        p if p.grid is None else replace(p, grid=at[p.grid])
        for p in plan.sectors.proofs
        if p.grid is None or p.grid in same
    )
    return Assignment(grid=now.astype(np.int64), grids=len(used), proofs=proofs), before.tolist()


def _compare_breaches(
    plan: Plan, after: Plan, sources: Ints, touched: Ints
) -> tuple[tuple[Breach, ...], tuple[Breach, ...]]:
    """Return what the touched grids break now, with what they broke before, and what is mended."""
    kept = {code: grid for grid, code in enumerate(plan.codes.code)}
    names = [after.codes.code[grid] for grid in touched.tolist()]
    concerned = np.union1d(sources, np.array([kept[name] for name in names if name in kept], np.int64))
    earlier = {(b.code, b.rule, b.side): b for b in find_breaches(plan, concerned)}
    now = find_breaches(after, touched)
    told = tuple(replace(b, was=earlier[key].value) if (key := (b.code, b.rule, b.side)) in earlier else b for b in now)
    left = {(b.code, b.rule, b.side) for b in now}
    return told, tuple(b for key, b in earlier.items() if key not in left)


def _crosswalk(plan: Plan, after: Plan, units: Ints) -> pd.DataFrame:
    """Say which parts of the grids that these units were in went where."""
    old, new = plan.assignment.grid[units], after.assignment.grid[units]
    pairs, of = np.unique(np.column_stack([old, new]), axis=0, return_inverse=True)
    frame = plan.units.frame
    sums = {
        name: np.bincount(of.ravel(), frame[name].to_numpy()[units], len(pairs)).astype(np.int64)
        for name in ("buildings", "households", "population")
    }
    return pd.DataFrame(
        {
            "old_code": [plan.codes.code[g] for g in pairs[:, 0].tolist()],
            "new_code": [after.codes.code[g] for g in pairs[:, 1].tolist()],
            "units": np.bincount(of.ravel(), minlength=len(pairs)),
            **sums,
        }
    )
