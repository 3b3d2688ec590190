"""Plans: all there are, and the workbench where one of them is looked at and changed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from gridgis.profiles import Band
from gridgis_web import current
from gridgis_web.access import current_account, needs, visible_jurisdictions
from gridgis_web.api.plans import seen_plan
from gridgis_web.background import background_of
from gridgis_web.pages.words import STATES, word
from gridgis_web.planning.prospect import holds_of
from gridgis_web.roles import may
from gridgis_web.store import plans
from gridgis_web.store.models import Plan

PAGE = Blueprint("workbench", __name__, url_prefix="/plans")
AT_ONCE = 100
EDITING = {
    "mesh": "show_mesh",
    "standing": "show_standing",
    "edits": "edit_plan",
    "undo": "undo_edit",
    "redo": "redo_edit",
    "settle": "settle_plan",
    "changes": "show_changes",
}
"""What the workbench calls it -> the view of the API."""
HANDING_ON = {
    "submit": "plans.submit_plan",
    "approve": "plans.approve_plan",
    "take-back": "plans.take_plan_back",
    "publishing": "planning.show_publishing",
    "publish": "planning.publish_plan",
    "take-over": "planning.take_over_codes",
    "exports": "exports.write_export",
}
"""What its dialogs call it -> the same."""
TILES = ("base", "buildings")
"""The layers of tiles that the map is drawn from."""


@PAGE.get("")
@needs("plans.read")
def list_plans() -> str:
    """Show the plans of every jurisdiction, the newest first."""
    state = request.args.get("state", "")
    with current.store().read() as session:
        found = plans.page_of_plans(
            session,
            places=visible_jurisdictions(session),
            states=[state] if state in STATES else [name for name in STATES if name != "discarded"],
            before=request.args.get("before", type=int),
            limit=AT_ONCE + 1,
        )
        shown = found[:AT_ONCE]
        return render_template(
            "plans.html",
            groups=_by_place(shown),
            state=state,
            states=STATES,
            state_word=partial(word, STATES),
            older=url_for(".list_plans", state=state, before=shown[-1].id) if len(found) > AT_ONCE else None,
        )


def _by_place(found: Sequence[Plan]) -> list[tuple[str, list[Plan]]]:
    """Return the name of each jurisdiction with its plans, the jurisdiction with the newest plan first."""
    newest: dict[int, int] = {}
    for plan in found:
        newest.setdefault(plan.jurisdiction_id, -plan.id)
    ordered = sorted(found, key=lambda plan: (newest[plan.jurisdiction_id], -plan.id))
    groups = groupby(ordered, key=lambda plan: plan.jurisdiction)
    return [(place.name, list(several)) for place, several in groups]


@PAGE.get("/<int:plan_id>")
@needs("plans.read")
def show_plan(plan_id: int) -> str:
    """Show the workbench with a plan."""
    with current.store().read() as session:
        plan = seen_plan(session, plan_id)
        return render_template(
            "workbench.html",
            plan=plan,
            place=plan.jurisdiction.name,
            state_word=partial(word, STATES),
            told=_told(plan),
        )


def _told(plan: Plan) -> dict[str, Any]:
    """Return what the workbench must know of a plan before it asks for anything."""
    found, options = plan.certificate, plan.options
    grids = found["grids"]
    # with several housing types these bands do not count
    counted = () if options["housing"] else ("households", "population")
    return {
        "id": plan.id,
        "name": plan.name,
        "state": plan.state,
        "version": plan.version,
        "jurisdiction_id": plan.jurisdiction_id,
        "parent_code": options["parent_code"],
        "bands": {name: _band(options[name]) for name in counted if options[name]},
        "broken": {grid["code"]: grid["explained"] for grid in grids if not grid["in_bands"]},
        "holds": holds_of(plan),
        "housing": bool(options["housing"]),
        "summary": found["summary"],
        "reasons": [
            {name: reason[name] for name in ("grid", "reason", "reason_zh", "remedy", "remedy_zh")}
            for reason in found["explanations"]
        ],
        "urls": {
            "plan": url_for("plans.show_plan", plan_id=plan.id),
            "grids": url_for("grids.list_grids", plan_id=plan.id),
            "jobs": url_for("jobs.list_jobs"),
            "why": url_for("drafts.why", plan_id=plan.id, code="-").removesuffix("-"),
            "events": url_for("company.follow_draft", plan_id=plan.id),
            **{name: url_for(f"drafts.{view}", plan_id=plan.id) for name, view in EDITING.items()},
            **{name: url_for(view, plan_id=plan.id) for name, view in HANDING_ON.items()},
        },
        "editable": plan.state == "draft" and may(current_account().role, "plans.edit"),
        "csrf": generate_csrf(),
        "login": current_account().login,
        "icons": url_for("static", filename="icons.svg"),
        "map": map_told(plan),
    }


def map_told(plan: Plan) -> dict[str, Any]:
    """Return what the map of a plan is drawn from."""
    return {
        "bounds": _bounds(plan),
        "tiles": {layer: _tiles(plan.id, layer) for layer in TILES},
        "attribution": plan.layer_set.attribution,
        "background": background_of(current.settings()),
    }


def _band(text: str) -> dict[str, float]:
    band = Band.parse(text)
    return {"low": band.low, "high": band.high}


def _bounds(plan: Plan) -> list[list[float]]:
    """Return south-west and north-east of the jurisdiction, as maps of the browser take them."""
    area = plan.jurisdiction.geom
    assert area is not None, "saving its layers gave it an area"
    west, south, east, north = area.bounds
    return [[south, west], [north, east]]


def _tiles(plan_id: int, layer: str) -> str:
    address = url_for("tiles.show_tile", plan_id=plan_id, layer=layer, z=0, x=0, y=0)
    return address.removesuffix("0/0/0.mvt") + "{z}/{x}/{y}.mvt"
