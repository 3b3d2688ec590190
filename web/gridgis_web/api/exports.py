"""Plans as files: those of a published plan as they were written then, and any plan's by a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from flask import Response

from gridgis.errors import InputError
from gridgis.languages import Said, listed
from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, answer_bytes, tag_of, unchanged
from gridgis_web.api.jobs import LOCATION, JobAlone, asked, seen_job
from gridgis_web.api.plans import seen_in_short
from gridgis_web.errors import NotFound
from gridgis_web.planning.exports import FORMATS, LANGUAGES, PAPER, WRITTEN, Format, chosen
from gridgis_web.planning.paper import GIVEN, SIZES
from gridgis_web.store import artifacts
from gridgis_web.store.database import Conflict
from gridgis_web.store.exports import EXPORT, exported

blueprint = ApiBlueprint("exports", __name__, description="Plans as files", url_prefix=f"{PREFIX}/plans")
files = ApiBlueprint("files", __name__, description="Files that jobs wrote", url_prefix=f"{PREFIX}/jobs")


class ExportWanted(ma.Schema):
    """Which files are wanted."""

    format = ma.fields.String(load_default="all", validate=ma.validate.OneOf(WRITTEN))
    language = ma.fields.String(
        load_default=None,
        allow_none=True,
        validate=ma.validate.OneOf(LANGUAGES),
        metadata=about("Of the report, the map and paper; left out: the office's"),
    )
    size = ma.fields.String(validate=ma.validate.OneOf(SIZES), metadata=about("Of boards: A4 unless said"))
    since_plan_id = ma.fields.Integer(
        metadata=about("Of paper: only grids that this earlier plan has not, or has with another outline")
    )
    duties = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 60)),
        validate=ma.validate.Length(max=8),
        metadata=about("Of boards: what the officers do, a line each, in the office's words"),
    )


def _gives_files(
    of: ApiBlueprint, view: Callable[..., Response], formats: Mapping[str, Format]
) -> Callable[..., Response]:
    """Describe the kinds of files that a view gives."""
    file = {"type": "string", "format": "binary"}
    first, *others = sorted({one.media_type for one in formats.values()})
    for kind in others:
        view = of.alt_response(200, schema=file, content_type=kind)(view)
    described: Callable[..., Response] = of.response(200, file, content_type=first)(view)
    return described


def as_file(content: bytes, media_type: str, tag: str, name: str) -> Response:
    """Answer with bytes that browsers save under a name."""
    response = answer_bytes(content, media_type, tag, packed=False)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _published(view: Callable[..., Response]) -> Callable[..., Response]:
    return _gives_files(blueprint, view, FORMATS)


def _written(view: Callable[..., Response]) -> Callable[..., Response]:
    return _gives_files(files, view, WRITTEN)


@blueprint.route(f"/<int:plan_id>/exports/<any({', '.join(FORMATS)}):wanted>")
@_published
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("exports.read")
def export_plan(plan_id: int, wanted: str) -> Response:
    """Give a published plan as a file, as it was when it was published: all of its files, or one format."""
    one = FORMATS[wanted]
    with current.store().read() as session:
        plan = seen_in_short(session, plan_id)
        if plan.files_id is None:
            raise Conflict(
                Said(
                    "“{name}” has no files yet; they are written when it is published, or by POST to …/exports",
                    name=plan.name,
                )
            )
        tag = tag_of(artifacts.digest_of(session, plan.files_id), wanted)
        if (same := unchanged(tag)) is not None:
            return same
        content = chosen(artifacts.get(session, plan.files_id), wanted)
    if content is None:
        raise NotFound(Said("this plan was published without {file}", file=one.file))
    return as_file(content, one.media_type, tag, f"plan-{plan_id}-{one.file}")


@blueprint.route("/<int:plan_id>/exports", methods=["POST"])
@blueprint.arguments(ExportWanted)
@blueprint.response(202, JobAlone, headers=LOCATION)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("exports.read")
def write_export(wanted: dict[str, Any], plan_id: int) -> Any:
    """Write any plan, a draft too, as a file; once the job is done, ``/jobs/…/file`` gives it.

    ``boards``, ``cards`` and ``atlas`` are paper, printed with the people of the day: a PDF, or a zip of several.
    """
    if wanted["format"] not in PAPER and (spare := [name for name in GIVEN if name in wanted]):
        raise InputError(
            Said("{names}: only paper is asked for with it ({paper})", names=listed(spare), paper=listed(PAPER))
        )
    language = wanted["language"] or ("en" if current.settings().language == "en" else "zh")
    with current.store().write() as session:
        plan = seen_in_short(session, plan_id)
        if (
            "since_plan_id" in wanted
            and seen_in_short(session, wanted["since_plan_id"]).jurisdiction_id != plan.jurisdiction_id
        ):
            raise NotFound(Said("the jurisdiction has no plan {key}", key=wanted["since_plan_id"]))
        asked_for = {name: wanted[name] for name in GIVEN if name in wanted}
        given = {"plan_id": plan_id, "format": wanted["format"], "language": language} | asked_for
        return asked(session, EXPORT, plan.jurisdiction_id, given)


@files.route("/<int:job_id>/file")
@_written
@files.alt_response(304, description="The caller has it already")
@files.alt_response(404, "NOT_FOUND")
@files.alt_response(409, "CONFLICT")
@needs("exports.read")
def give_export(job_id: int) -> Response:
    """Give the file that an export wrote; each time is logged."""
    with current.store().write() as session:
        job = seen_job(session, job_id)
        content = exported(session, job, who=current_account().login)
        result = job.result or {}
    tag = tag_of(job_id, result["format"])
    return unchanged(tag) or as_file(content, result["media_type"], tag, result["file"])
