"""Several plans for one request, to choose from: each a whole plan, with the scores that they are compared by."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from gridgis.partition import Candidate, candidates
from gridgis.plan import Plan, name_plan
from gridgis_web.jobs.kind import Report


def others_of(plan: Plan, count: int, retired: Collection[str], report: Report) -> list[tuple[Plan, dict[str, Any]]]:
    """Return a plan and up to ``count`` - 1 others of the same units, each with its scores as plain values.

    Codes are given as for the plan itself, so that those of grids that were there before stay with them.
    """
    found = candidates(plan.graph, plan.options, count=count, first=plan.assignment, progress=report.progress)
    made = []
    for number, one in enumerate(found):
        report.progress("grids", number / len(found))
        other = plan
        if number:
            other = name_plan(
                plan.layers,
                one.options,
                plan.counts,
                plan.units,
                plan.graph,
                plan.joins,
                one.assignment,
                retired=tuple(retired),
            )
        made.append((other, scores_of(one, other)))
    return made


def scores_of(one: Candidate, plan: Plan) -> dict[str, Any]:
    """Return what people compare candidates by; spread, shape and difference are shares of 1."""
    households = plan.grids["households"]
    return {
        "emphasis": one.emphasis,
        "grids": one.assignment.grids,
        "outside": len({proof.grid for proof in plan.proofs}),
        "spread": round(one.load_spread, 4),
        "shape": None if math.isnan(one.shape) else round(one.shape, 4),
        "lines_m": round(one.cut_m),
        "difference": round(one.difference, 4),
        "fewest": int(households.min()),
        "most": int(households.max()),
    }
