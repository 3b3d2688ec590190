"""Plans: which there are, one of them, and its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from sqlalchemy.orm import Session

from gridgis_web import current
from gridgis_web.access import check_jurisdiction, current_account, needs, visible_jurisdictions
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.fields import IF_MATCH, MOST, Reason, about, key, refuse_stale, with_next
from gridgis_web.store import life, plans
from gridgis_web.store.models import Plan
from gridgis_web.store.models.plans import STATES

blueprint = ApiBlueprint("plans", __name__, description="Divisions of jurisdictions into grids, and their life")


class PlanInList(ma.Schema):
    """A plan in short."""

    id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True)
    layer_set_id = ma.fields.Integer(required=True)
    based_on_id = ma.fields.Integer(required=True, allow_none=True, metadata=about("Whose codes live on in it"))
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    version = ma.fields.Integer(required=True)
    grids = ma.fields.Integer(required=True)
    households = ma.fields.Integer(required=True)
    population = ma.fields.Integer(required=True)
    valid_from = ma.fields.Date(required=True, allow_none=True)
    valid_to = ma.fields.Date(required=True, allow_none=True, metadata=about("The first day without it"))
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)
    changed_by = ma.fields.String(required=True)
    reviewed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    reviewed_by = ma.fields.String(required=True)
    published_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    published_by = ma.fields.String(required=True)


class PlanAlone(PlanInList):
    """A plan with what it was made by, and the certificate of what it keeps."""

    options = ma.fields.Dict(required=True)
    seed = ma.fields.Integer(required=True)
    fingerprint = ma.fields.String(required=True, metadata=about("Of the layers it was made of"))
    certificate = ma.fields.Dict(required=True)


class PlanFilter(ma.Schema):
    """Which plans to list."""

    jurisdiction_id = key()
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))
    before = ma.fields.Integer(validate=ma.validate.Range(1, MOST), metadata=about("The last plan of the page before"))
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, 200))


class PlanName(ma.Schema):
    """A plan's name."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 200))


def seen_plan(session: Session, plan_id: int) -> Plan:
    """Return a plan that the caller may see; raises NotFound."""
    found = plans.plan_row(session, plan_id)
    check_jurisdiction(session, found.jurisdiction_id)
    return found


def seen_in_short(session: Session, plan_id: int) -> Plan:
    """Return the same without its options and certificate."""
    found = plans.plan_in_short(session, plan_id)
    check_jurisdiction(session, found.jurisdiction_id)
    return found


def seen_for_maps(session: Session, plan_id: int) -> plans.PlanForMaps:
    """Return what requests for maps go by of a plan that the caller may see; raises NotFound."""
    found = current.recently(("plan", plan_id), lambda: plans.plan_for_maps(session, plan_id))
    check_jurisdiction(session, found.jurisdiction_id)
    return found


def settled(plan_id: int) -> int:
    """Draw what edits left behind of a plan that is still of the version that the caller loaded; return its version."""
    with current.store().read() as session:
        found = seen_in_short(session, plan_id)
        version = refuse_stale(found.version, found.name)
        if found.is_drawn or found.state != "draft":
            return version
    from gridgis_web.planning.drafts import settle

    return settle(current.store(), plan_id, version, who=current_account().login)


def tagged(plan: Plan) -> Any:
    """Return a plan with its version as its ETag."""
    return plan, 200, {"ETag": f'"{plan.version}"'}


def _changed(plan_id: int, change: Callable[..., Plan], *given: Any, **more: Any) -> Any:
    """Change a plan that is still of the version that the caller loaded."""
    with current.store().write() as session:
        found = seen_plan(session, plan_id)
        version = refuse_stale(found.version, found.name)
        return tagged(change(session, plan_id, version, *given, who=current_account().login, **more))


def changes(rule: str, *, method: str = "POST") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Route and describe a view that changes a plan."""

    def wrapped(view: Callable[..., Any]) -> Callable[..., Any]:
        for status, name in (
            (404, "NOT_FOUND"),
            (409, "CONFLICT"),
            (412, "PRECONDITION_FAILED"),
            (428, "PRECONDITION_REQUIRED"),
        ):
            view = blueprint.alt_response(status, name)(view)
        view = blueprint.doc(**IF_MATCH)(blueprint.response(200, PlanAlone)(view))
        routed: Callable[..., Any] = blueprint.route(f"/<int:plan_id>{rule}", methods=[method])(view)
        return routed

    return wrapped


@blueprint.route("")
@blueprint.arguments(PlanFilter, location="query")
@blueprint.response(200, PlanInList(many=True))
@needs("plans.read")
def list_plans(wanted: dict[str, Any]) -> Any:
    """List plans, the newest first; `Link` leads to the next page."""
    limit = wanted.pop("limit")
    states = [wanted.pop("state")] if "state" in wanted else None
    with current.store().read() as session:
        found = plans.page_of_plans(
            session, places=visible_jurisdictions(session), states=states, limit=limit + 1, **wanted
        )
    return with_next(found, limit, lambda plan: int(plan.id), name="before")


@blueprint.route("/<int:plan_id>")
@blueprint.response(200, PlanAlone)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def show_plan(plan_id: int) -> Any:
    """Tell everything of a plan; its version is the ETag, which changes send back as `If-Match`."""
    with current.store().read() as session:
        return tagged(seen_plan(session, plan_id))


@changes("", method="PATCH")
@blueprint.arguments(PlanName)
@needs("plans.edit")
def rename_plan(given: dict[str, str], plan_id: int) -> Any:
    """Give a plan that is not published another name."""
    return _changed(plan_id, plans.rename, given["name"])


@changes("/submit")
@needs("plans.edit")
def submit_plan(plan_id: int) -> Any:
    """Hand a draft in for review, with all edits in force; from now on nobody changes it."""
    version = settled(plan_id)
    with current.store().write() as session:
        found = seen_plan(session, plan_id)
        return tagged(life.submit(session, found.id, version, who=current_account().login))


@changes("/approve")
@needs("plans.review")
def approve_plan(plan_id: int) -> Any:
    """Say of a plan in review, made by others, that it may be published."""
    return _changed(plan_id, life.approve)


@changes("/take-back")
@blueprint.arguments(Reason)
@needs("plans.review")
def take_plan_back(given: dict[str, str], plan_id: int) -> Any:
    """Make a plan in review a draft again."""
    return _changed(plan_id, life.take_back, **given)


@changes("/discard")
@blueprint.arguments(Reason)
@needs("plans.edit")
def discard_plan(given: dict[str, str], plan_id: int) -> Any:
    """Lay a plan that was never published aside for good."""
    return _changed(plan_id, life.discard, **given)
