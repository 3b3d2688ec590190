"""How a plan stands while it is edited, told to a map: grids and what they hold, what they break, what an edit did."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gridgis.edit import Breach, Edit, find_breaches
from gridgis.explain import bindings
from gridgis.languages import Said
from gridgis.plan import Plan
from gridgis_web.errors import NotFound
from gridgis_web.planning.mesh import ints, labels_of
from gridgis_web.store.steps import Place

COUNTS = ("households", "population", "buildings")


def standing_of(plan: Plan, place: Place) -> dict[str, Any]:
    """Return plain JSON values: every grid (see `grids_told`), the place of each unit's among them, what they break."""
    return {
        **place_told(place),
        "grids": grids_told(plan, np.arange(plan.assignment.grids)),
        "grid": ints(plan.assignment.grid),
        "held": list(plan.held),
        "breaches": breaches_told(find_breaches(plan)),
        "bands": {name: {"low": band.low, "high": band.high} for name, band in plan.options.bands.items()},
    }


def change_told(edit: Edit, place: Place) -> dict[str, Any]:
    """Return what an edit did: ``moved`` (units by the code they have now), touched grids, what broke and mended."""
    after = edit.plan
    now = after.assignment.grid[edit.units]
    touched = np.flatnonzero(np.isin(np.array(after.codes.code, object), list(edit.touched)))
    return {
        **place_told(place),
        "action": edit.action,
        "moved": {after.codes.code[g]: edit.units[now == g].tolist() for g in np.unique(now).tolist()},
        "grids": grids_told(after, _with_neighbours(after, touched)),
        "retired": list(edit.retired),
        "new": list(edit.new),
        "households": edit.households,
        "population": edit.population,
        "buildings": len(edit.buildings),
        "breaches": breaches_told(edit.breaches),
        "mended": breaches_told(edit.mended),
    }


def place_told(place: Place) -> dict[str, int]:
    """Return where a draft stands among its steps."""
    return {"version": place.version, "step": place.step, "last": place.last}


def grids_told(plan: Plan, chosen: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return some grids: code, names, colour, ``label`` (Web Mercator), counts, whether they are locked or fixed."""
    grids = plan.grids.iloc[chosen]
    at = labels_of(plan, grids).round(2).tolist()
    fixed = {int(plan.assignment.grid[group.units[0]]) for group in plan.graph.fixed}
    reasons: dict[int, list[tuple[str, str, bool]]] = {}
    for proof in plan.assignment.proofs:
        if proof.grid is not None:
            reasons.setdefault(proof.grid, []).append((proof.reason_zh, proof.reason, proof.proven))
    columns = {name: grids[name].tolist() for name in ("code", "name", "name_en", "colour", "area_m2", *COUNTS)}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for number, label, row in zip(chosen.tolist(), at, rows, strict=True):
        row |= {
            "label": label,
            "locked": row["code"] in plan.options.lock,
            "fixed": number in fixed,
            "reasons": [{"zh": zh, "en": en, "proven": proven} for zh, en, proven in reasons.get(number, [])],
        }
    return rows


def binding_told(plan: Plan, code: str) -> dict[str, Any]:
    """Return what binds a grid, see `gridgis.explain.bindings`; raises NotFound."""
    if code not in plan.codes.code:
        raise NotFound(Said("the plan has no grid {code}", code=code))
    number = plan.codes.code.index(code)
    row = bindings(plan).iloc[number]
    return {
        "code": code,
        "bounds": {language: plan.grids[f"bounds_{language}"].iloc[number] for language in ("zh", "en")},
        "tight": [{"en": en, "zh": zh} for en, zh in row["tight"]],
        "neighbours": list(row["neighbours"]),
        "beside_locked": list(row["beside_locked"]),
        "fixed": bool(row["fixed"]),
        "held": int(row["held"]),
        **{name: round(float(row[name]), 1) for name in ("barriers", "community_m", "jurisdiction_m")},
    }


def breaches_told(breaches: tuple[Breach, ...]) -> list[dict[str, Any]]:
    """Return breaches as plain JSON values."""
    return [breach.to_dict() for breach in breaches]


def _with_neighbours(plan: Plan, grids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return grids and those beside them: a new neighbour may have given them another colour."""
    grid, (left, right) = plan.assignment.grid, plan.units.sides.T
    inner = right >= 0
    a, b = grid[left[inner]], grid[right[inner]]
    beside = [b[np.isin(a, grids)], a[np.isin(b, grids)]]
    chosen: npt.NDArray[np.int64] = np.unique(np.concatenate([grids, *beside]))
    return chosen
