"""A plan a year later: new counts, the bands under them, the fewest moves that mend it."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.jobs import seen_job
from gridgis_web.api.plans import seen_plan
from gridgis_web.errors import NotFound
from gridgis_web.pages.places import pattern, shared
from gridgis_web.pages.words import JOB_STATES, word
from gridgis_web.planning.parcels import layers_for
from gridgis_web.store import jobs, layers, life
from gridgis_web.store.models import Plan

PAGE = Blueprint("next_year", __name__, url_prefix="/plans")
RECENT = 5
"""Proposals that the page shows."""
TOTALS = ("total_population", "total_households")


@PAGE.get("/<int:plan_id>/next")
@needs("plans.edit")
def show_next(plan_id: int) -> str | Response:
    """Show how a plan stands with newer layers, and ask what a move may cost; without any, ask for them."""
    with current.store().read() as session:
        plan = seen_plan(session, plan_id)
        place = plan.jurisdiction
        newest = layers.newest_layers(session, place.id)
        asked = request.args.get("layers", type=int)
        if asked is None and (newest is None or newest.id == plan.layer_set_id):
            return redirect(url_for("places.show_upload", jurisdiction_id=place.id, next=plan.id))
        chosen = layers_for(session, place.id, asked)
        last = life.latest(session, place.id)
        told = shared(place) | {
            "layers_id": chosen.id,
            "name": gettext("%(name)s, new counts", name=plan.name)[:190],
            "totals": {name: plan.options[name] for name in TOTALS if plan.options.get(name)},
            "estimates": layers.count_sources(session, chosen.id),
            "same": chosen.id == plan.layer_set_id,
        }
        told["urls"] |= _urls(plan)
        return render_template(
            "next_year.html",
            plan=plan,
            place=place,
            chosen=chosen,
            later=None if last is None or last.id == plan.id else last,
            told=told,
            jobs=[job for job in jobs.list_jobs(session, jurisdiction_id=place.id) if _follows(job, plan)][:RECENT],
            state_word=partial(word, JOB_STATES),
        )


@PAGE.get("/<int:plan_id>/next/<int:job_id>")
@needs("plans.read")
def show_proposal(plan_id: int, job_id: int) -> str:
    """Show how far a proposal is, and what it moves once it is there."""
    with current.store().read() as session:
        plan = seen_plan(session, plan_id)
        job = seen_job(session, job_id)
        if not _follows(job, plan):
            raise NotFound(Said("no plan that follows “{name}” is made by job {job}", name=plan.name, job=job_id))
        told = shared(plan.jurisdiction) | {"job": job.id, "workbench": pattern("workbench.show_plan", plan_id=0)}
        told["urls"] |= _urls(plan)
        return render_template("proposal.html", plan=plan, place=plan.jurisdiction, job=job, told=told)


def _follows(job: Any, plan: Plan) -> bool:
    """Tell whether a job makes a plan that follows this one."""
    return bool(job.kind == "rebalance" and job.given.get("plan_id") == plan.id)


def _urls(plan: Plan) -> dict[str, str]:
    return {
        "grids": url_for("grids.list_grids", plan_id=plan.id),
        "outlook": url_for("outlook.look_ahead", plan_id=plan.id),
        "rebalance": url_for("planning.follow_plan", plan_id=plan.id),
        "bench": url_for("workbench.show_plan", plan_id=plan.id),
        "next": url_for(".show_next", plan_id=plan.id),
        "compare": pattern("compare.show_comparison", plan_id=0, **{"with": plan.id}),
        "proposal": pattern(".show_proposal", plan_id=plan.id, job_id=0),
    }
