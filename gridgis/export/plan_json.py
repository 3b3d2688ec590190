"""``plan.json``: all that makes the plan, so that it can be drawn again; the same input and seed, the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gridgis.report import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan


def write_plan_json(plan: Plan, path: Path, *, language: Language = "zh") -> None:
    """Write assignment, options, seed and the input's fingerprint, keys sorted, no date."""
    write_json(plan_values(plan), path)


def plan_values(plan: Plan) -> dict[str, Any]:
    """Return what ``plan.json`` holds.

    ``assignment.units`` and ``assignment.buildings`` give the grid's code by ``unit_id`` and ``building_id``;
    buildings outside the jurisdiction are left out.
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
        "retired": list(plan.codes.retired),
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
            for proof in plan.assignment.proofs
        ],
    }


def write_json(values: dict[str, Any], path: Path) -> None:
    """Write JSON that people can read and programs can compare: sorted keys, one value a line."""
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True, default=_plain_value)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _plain_value(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a JSON value")
