"""What is done to plans by jobs: making one, following one, taking over codes, publishing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import IF_MATCH, about, key, refuse_stale
from gridgis_web.api.jobs import LOCATION, JobAlone, asked
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.api.options import OptionsIn, checked
from gridgis_web.api.plans import seen_plan, settled
from gridgis_web.planning.parcels import layers_for
from gridgis_web.store import jobs, life
from gridgis_web.store.database import Conflict
from gridgis_web.store.models import Plan
from gridgis_web.store.plans import check_draft

blueprint = ApiBlueprint(
    "planning", __name__, description="Plans made, followed and published by jobs", url_prefix=f"{PREFIX}/plans"
)


class Wanted(ma.Schema):
    """What a new plan is made of."""

    name = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 200))
    layers_id = key(load_default=None, allow_none=True, metadata=about("Of the jurisdiction; left out: the newest"))
    options = ma.fields.Nested(OptionsIn, load_default=dict)


class WantedFor(Wanted):
    """For which jurisdiction a new plan is made, and of what."""

    jurisdiction_id = key(required=True)
    candidates = ma.fields.Integer(
        load_default=1,
        validate=ma.validate.Range(1, 4),
        metadata=about("Up to how many plans that differ are made, each a draft; see `candidates` of the result"),
    )


class Following(Wanted):
    """What a plan that follows another one is made of."""

    move_price = ma.fields.Float(
        load_default=None,
        allow_none=True,
        validate=ma.validate.Range(min=0),
        metadata=about("What a household that moves weighs; left out: as few move as can be"),
    )


class FirstDay(ma.Schema):
    """From when a plan holds."""

    day = ma.fields.Date(load_default=None, allow_none=True, metadata=about("Its first day; left out: today"))


def queues(rule: str, *, versioned: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Route and describe a view that puts a job into the queue; ``versioned``: of a plan as it was loaded."""
    errors = [(404, "NOT_FOUND"), (409, "CONFLICT")]
    if versioned:
        errors += [(412, "PRECONDITION_FAILED"), (428, "PRECONDITION_REQUIRED")]

    def wrapped(view: Callable[..., Any]) -> Callable[..., Any]:
        for status, name in errors:
            view = blueprint.alt_response(status, name)(view)
        view = blueprint.response(202, JobAlone, headers=LOCATION)(view)
        if versioned:
            view = blueprint.doc(**IF_MATCH)(view)
        routed: Callable[..., Any] = blueprint.route(rule, methods=["POST"])(view)
        return routed

    return wrapped


def _unchanged(session: Session, plan_id: int) -> tuple[Plan, int]:
    """Return a plan that is still of the version that the caller loaded, and that version."""
    found = seen_plan(session, plan_id)
    return found, refuse_stale(found.version, found.name)


@queues("")
@blueprint.arguments(WantedFor)
@needs("plans.edit")
def make_plan(wanted: dict[str, Any]) -> Any:
    """Make a plan of a jurisdiction's layers, a draft; codes of the plan published last stay with their grids."""
    jurisdiction_id = wanted.pop("jurisdiction_id")
    with current.store().write() as session:
        place = seen_jurisdiction(session, jurisdiction_id)
        wanted["options"] = checked({"parent_code": place.code} | wanted["options"])
        wanted["layers_id"] = layers_for(session, place.id, wanted["layers_id"]).id
        return asked(session, "partition", place.id, wanted)


@queues("/<int:plan_id>/rebalance")
@blueprint.arguments(Following)
@needs("plans.edit")
def follow_plan(wanted: dict[str, Any], plan_id: int) -> Any:
    """Make the plan, a draft, that follows this one on other layers or by other rules with the fewest moves."""
    with current.store().write() as session:
        found = seen_plan(session, plan_id)
        checked(found.options | wanted["options"])
        wanted["layers_id"] = layers_for(session, found.jurisdiction_id, wanted["layers_id"]).id
        return asked(session, "rebalance", found.jurisdiction_id, wanted | {"plan_id": plan_id})


@queues("/<int:plan_id>/take-over-codes", versioned=True)
@needs("plans.edit")
def take_over_codes(plan_id: int) -> Any:
    """Let a draft take over the codes of the plan published last, where that was published since it was made."""
    with current.store().write() as session:
        found, version = _unchanged(session, plan_id)
        check_draft(found, version)
        life.need_latest(session, found)
        return asked(session, "take-over", found.jurisdiction_id, {"plan_id": plan_id, "version": version})


@blueprint.route("/<int:plan_id>/publishing")
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def show_publishing(plan_id: int) -> Response:
    """Tell what publishing a plan would do: bands kept and broken, codes that stay and go, from which day it could."""
    from gridgis_web.planning.frames import to_json
    from gridgis_web.planning.prospect import prospect_of

    with current.store().read() as session:
        plan = seen_plan(session, plan_id)
        told = prospect_of(
            session, plan, today=current.today(), review=current.settings().review, who=current_account().login
        )
    response = Response(to_json(told), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@queues("/<int:plan_id>/publish", versioned=True)
@blueprint.arguments(FirstDay)
@needs("plans.publish")
def publish_plan(given: dict[str, Any], plan_id: int) -> Any:
    """Publish a plan from a day on, with all of its files; the one before holds until then.

    What stands against it now is answered at once. Where someone is faster while its files are written, the job fails
    with the ``problem`` 409, and nothing is changed.
    """
    settings, today = current.settings(), current.today()
    day = given["day"] or today
    version = settled(plan_id)
    with current.store().write() as session:
        found = seen_plan(session, plan_id)
        life.check_publishing(session, found, version, day=day, today=today, review=settings.review)
        for job in jobs.under_way(session, "publish", found.jurisdiction_id):
            if job.given["plan_id"] == plan_id:
                raise Conflict(
                    Said(
                        "job {id} publishes “{name}” already; follow that one, or cancel it", id=job.id, name=found.name
                    )
                )
        language = "en" if settings.language == "en" else "zh"
        wanted = {"plan_id": plan_id, "version": version, "day": day.isoformat(), "language": language}
        return asked(session, "publish", found.jurisdiction_id, wanted)
