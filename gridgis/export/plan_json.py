"""``plan.json``: all that makes the plan, so that it can be drawn again; the same input and seed, the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridgis.export.attributes import parent_codes
from gridgis.languages import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_plan_json(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write assignment, options, seed and the input's fingerprint, keys sorted, no date."""
    write_json(plan_values(plan), path)


def plan_values(plan: Plan) -> dict[str, Any]:
    """Return what ``plan.json`` holds.

    ``assignment.units`` and ``assignment.buildings`` give the grid's code by ``unit_id`` and ``building_id``;
    buildings outside the jurisdiction are left out. ``levels`` gives names and, by grid's code, the area above; of
    micro-grids the grid they lie in, and the buildings in each.
    """
    from importlib.metadata import version

    codes = plan.grids["code"].to_dict()
    inside = plan.building_grid[plan.building_grid >= 0]
    return {
        "format": "gridgis-plan",
        "version": version("gridgis"),
        "jurisdiction": plan.layers.name,
        "crs": plan.layers.crs.to_string(),
        "fingerprint": plan.layers.fingerprint,
        "sources": dict(plan.layers.sources),
        "attribution": plan.layers.attribution,
        "options": plan.options.to_dict(),
        "seed": plan.options.seed,
        "assignment": {
            "grids": plan.assignment.grids,
            "units": {str(unit): codes[int(grid)] for unit, grid in enumerate(plan.assignment.grid)},
            "buildings": {str(building): codes[int(grid)] for building, grid in inside.items()},
        },
        "names": dict(zip(plan.grids["code"], plan.grids["name"], strict=True)),
        "names_en": dict(zip(plan.grids["code"], plan.grids["name_en"], strict=True)),
        "retired": list(plan.codes.retired),
        "levels": _levels(plan),
        "profiles": _profiles(plan),
        "notes": list(plan.assignment.notes),
        "proofs": [
            {
                "grid": None if proof.grid is None else codes[int(proof.grid)],
                "rule": proof.rule,
                "reason": proof.reason,
                "reason_zh": proof.reason_zh,
                "remedy": proof.remedy,
                "remedy_zh": proof.remedy_zh,
                "units": [int(unit) for unit in proof.units],
                "proven": bool(proof.proven),
            }
            for proof in plan.proofs
        ],
    }


def _levels(plan: Plan) -> dict[str, Any]:
    """Return the areas above and below the grids: code -> name, and what lies in which."""
    levels: dict[str, Any] = {}
    above = parent_codes(plan)
    codes = plan.grids["code"].tolist()
    for level, areas in (("community", plan.community_areas), ("sector", plan.sector_areas)):
        if areas is not None:
            levels[level] = {
                "names": dict(zip(areas["code"], areas["name"], strict=True)),
                "grids": dict(zip(codes, above[level], strict=True)),
            }
    if plan.micro is not None:
        below = plan.micro.grids["code"]
        inside = plan.micro.building_grid[plan.micro.building_grid >= 0]
        levels["micro"] = {
            "names": dict(zip(below, plan.micro.grids["name"], strict=True)),
            "grids": dict(zip(below, parent_codes(plan.micro)["grid"], strict=True)),
            "buildings": {str(building): below[int(grid)] for building, grid in inside.items()},
        }
    return levels


def _profiles(plan: Plan) -> dict[str, str]:
    """Return building -> the housing type it goes by; empty where there is but one size."""
    if "profile" not in plan.counts:
        return {}
    inside = plan.building_grid.index[plan.building_grid >= 0]
    return {str(building): str(profile) for building, profile in plan.counts["profile"].loc[inside].items()}


def write_json(values: dict[str, Any] | list[Any], path: Path) -> None:
    """Write JSON that people can read and programs can compare: sorted keys, one value a line."""
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True, default=_plain_value)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _plain_value(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a JSON value")
