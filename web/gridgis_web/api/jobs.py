"""Jobs: which there are, how far they are, ending one, running one again."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, request, url_for
from sqlalchemy.orm import Session

from gridgis.languages import Said
from gridgis_web import current
from gridgis_web.access import check_action, check_jurisdiction, current_account, needs, visible_jurisdictions
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.events import listen
from gridgis_web.errors import NotFound
from gridgis_web.roles import JOBS
from gridgis_web.store import jobs
from gridgis_web.store.models import Job
from gridgis_web.store.models.work import JOB_STATES

blueprint = ApiBlueprint(
    "jobs", __name__, description="Work off the request: partitioning, rebalancing, publishing, imports, exports"
)

LOCATION = {"Location": {"description": "Where the job tells how far it is", "schema": {"type": "string"}}}
OTHERS = "jobs.run"
"""The action for jobs of kinds that this program does not ask for."""


class Line(ma.Schema):
    """A line of a job's log."""

    at = ma.fields.String()
    text = ma.fields.String()


class JobInList(ma.Schema):
    """A job without its log."""

    id = ma.fields.Integer(required=True)
    kind = ma.fields.String(required=True)
    jurisdiction_id = ma.fields.Integer(required=True, allow_none=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(JOB_STATES))
    step = ma.fields.String(metadata={"description": "What it does at present"})
    done = ma.fields.Float(metadata={"description": "How much of the step is done, 0 … 1"})
    cancel = ma.fields.Boolean(metadata={"description": "Whether someone asked for its end"})
    error = ma.fields.String(metadata={"description": "Why it failed or was interrupted, in the language asked for"})
    problem = ma.fields.Integer(
        allow_none=True,
        metadata={"description": "The status of what it failed by, 409: someone else was faster, load it again"},
    )
    given = ma.fields.Dict(metadata={"description": "What was asked for"})
    result = ma.fields.Dict(allow_none=True, metadata={"description": "What it made, once it is done"})
    created_at = ma.fields.AwareDateTime()
    created_by = ma.fields.String()
    started_at = ma.fields.AwareDateTime(allow_none=True)
    finished_at = ma.fields.AwareDateTime(allow_none=True)


class JobAlone(JobInList):
    """A job with its log."""

    log = ma.fields.List(ma.fields.Nested(Line), metadata={"description": "What it has said"})


class JobFilter(ma.Schema):
    """Which jobs to list."""

    state = ma.fields.String(validate=ma.validate.OneOf(JOB_STATES))
    jurisdiction_id = ma.fields.Integer(validate=ma.validate.Range(1, 2**63 - 1))
    after = ma.fields.Integer(
        validate=ma.validate.Range(1, 2**63 - 1), metadata={"description": "The last job of the page before"}
    )
    limit = ma.fields.Integer(load_default=50, validate=ma.validate.Range(1, 200))


def asked(session: Session, kind: str, jurisdiction_id: int, given: dict[str, Any]) -> Any:
    """Put a job into the queue and answer with it."""
    given = {name: value for name, value in given.items() if value is not None}
    job = jobs.submit(session, kind, given, who=current_account().login, jurisdiction_id=jurisdiction_id)
    return accepted(job)


def accepted(job: Job) -> Any:
    """Answer with a job that waits, and where it tells how far it is."""
    return _told(job), 202, {"Location": url_for("jobs.show_job", job_id=job.id)}


def seen_job(session: Session, job_id: int) -> Job:
    """Return a job that the caller may see."""
    job = jobs.find(session, job_id)
    if job is None:
        raise NotFound(Said("there is no job {job_id}", job_id=job_id))
    check_jurisdiction(session, job.jurisdiction_id)
    return job


def _told(job: Job) -> dict[str, Any]:
    """Return a job with its log as `JobAlone` has it."""
    return _in_list(job) | {"log": [{"at": at, "text": text} for at, text in job.log]}


def _in_list(job: Job) -> dict[str, Any]:
    told = {name: getattr(job, name) for name in JobInList().fields}
    return told | {"error": job.error_in(current.language())}


@blueprint.route("")
@blueprint.arguments(JobFilter, location="query")
@blueprint.response(200, JobInList(many=True))
@needs("jobs.read")
def list_jobs(wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """List jobs, the newest first."""
    with current.store().read() as session:
        return [_in_list(job) for job in jobs.list_jobs(session, within=visible_jurisdictions(session), **wanted)]


@blueprint.route("/<int:job_id>")
@blueprint.response(200, JobAlone)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("jobs.read")
def show_job(job_id: int) -> dict[str, Any]:
    """Tell everything of a job."""
    with current.store().read() as session:
        return _told(seen_job(session, job_id))


@blueprint.route("/<int:job_id>/cancel", methods=["POST"])
@blueprint.response(202, JobAlone)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("jobs.read")
def cancel_job(job_id: int) -> dict[str, Any]:
    """Ask for a job's end; one that waits ends at once, one that runs within a second or two."""
    with current.store().write() as session:
        check_action(JOBS.get(seen_job(session, job_id).kind, OTHERS))
        return _told(jobs.cancel(session, job_id, who=current_account().login))


@blueprint.route("/<int:job_id>/again", methods=["POST"])
@blueprint.response(202, JobAlone, headers=LOCATION)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("jobs.read")
def run_again(job_id: int) -> Any:
    """Ask once more for what a job that is over was asked for; returns the new job."""
    with current.store().write() as session:
        check_action(JOBS.get(seen_job(session, job_id).kind, OTHERS))
        return accepted(jobs.again(session, job_id, who=current_account().login))


@blueprint.route("/<int:job_id>/events")
@blueprint.response(200, {"type": "string"}, content_type="text/event-stream")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(503, "SERVICE_UNAVAILABLE")
@needs("jobs.read")
def follow_job(job_id: int) -> Response:
    """Follow a job by server-sent events: ``progress``, ``log`` and at last ``end``.

    ``Last-Event-ID`` goes on after what was heard. When too many listen already, the answer is 503: ask for the job
    itself from time to time instead.
    """
    with current.store().read() as session:
        seen_job(session, job_id)
    return listen(job_id, after=request.headers.get("Last-Event-ID", ""))
