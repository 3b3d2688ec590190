"""Two plans of a jurisdiction side by side, and what moves from one to the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for

from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.plans import seen_in_short
from gridgis_web.pages.words import STATES, word
from gridgis_web.pages.workbench import map_told
from gridgis_web.store import plans
from gridgis_web.store.models import Plan

PAGE = Blueprint("compare", __name__, url_prefix="/plans")
MOST = 200
"""Plans to choose from, the newest."""


@PAGE.get("/<int:plan_id>/compare")
@needs("plans.read")
def show_comparison(plan_id: int) -> str:
    """Show what a plan changes of another one (``with``), by default of the published one or the one before it."""
    wanted = request.args.get("with", type=int)
    with current.store().read() as session:
        plan = seen_in_short(session, plan_id)
        states = [name for name in STATES if name != "discarded"]
        found = plans.page_of_plans(session, jurisdiction_id=plan.jurisdiction_id, states=states, limit=MOST)
        others = [one for one in found if one.id != plan.id]
        other = _usual(plan, others) if wanted is None else seen_in_short(session, wanted)
        if other is not None and other not in others:
            others.append(other)
        return render_template(
            "compare.html",
            plan=plan,
            other=other,
            others=others,
            place=plan.jurisdiction,
            state_word=partial(word, STATES),
            told=None if other is None else _told(plan, other),
        )


def _usual(plan: Plan, others: Sequence[Plan]) -> Plan | None:
    """Return the plan that one is compared with unless someone says otherwise; None: there is no other."""
    published = [one for one in others if one.state == "published"]
    before = [one for one in others if one.id == plan.based_on_id]
    return next(iter([*published, *before, *others]), None)


def _told(plan: Plan, other: Plan) -> dict[str, Any]:
    """Return what the page must know before it asks for anything."""
    both: dict[str, Any] = {"plan_id": plan.id, "with": other.id}
    return {
        "before": {"id": other.id, "name": other.name},
        "after": {"id": plan.id, "name": plan.name},
        "urls": {
            "comparison": url_for("comparisons.compare_plans", **both),
            "page": url_for(".show_comparison", plan_id=plan.id),
            **{table: url_for("comparisons.list_moves", table=table, **both) for table in ("moves", "buildings")},
        },
        "map": map_told(plan),
    }
