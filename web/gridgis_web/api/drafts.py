"""Drafts being edited: units and grids as a map draws them, edits, undo and redo, what binds a grid."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from flask import Response

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import (
    IF_MATCH,
    QUICK,
    Kept,
    answer_bytes,
    refuse_stale,
    tag_of,
    unchanged,
)
from gridgis_web.api.plans import seen_in_short, settled
from gridgis_web.planning.frames import to_json

blueprint = ApiBlueprint("drafts", __name__, description="Editing drafts", url_prefix=f"{PREFIX}/plans")

JSON = "application/json"
MESHES: Kept[bytes] = Kept(64 * 2**20)
"""Units as maps draw them, compressed; they hold counts, never residents."""
ACTIONS = ("move", "merge", "split", "split-along", "balance", "resolve", "lock", "unlock")
MOST_UNITS = 100_000


class EditAsked(ma.Schema):
    """An edit: what is done, and to what."""

    action = ma.fields.String(required=True, validate=ma.validate.OneOf(ACTIONS))
    units = ma.fields.List(
        ma.fields.Integer(validate=ma.validate.Range(0, 2**31 - 1)), validate=ma.validate.Length(1, MOST_UNITS)
    )
    to = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 40))
    codes = ma.fields.List(ma.fields.String(validate=ma.validate.Length(1, 40)), validate=ma.validate.Length(1, 10_000))
    parts = ma.fields.Integer(load_default=2, validate=ma.validate.Range(2, 100))
    line = ma.fields.List(
        ma.fields.Tuple(
            (
                ma.fields.Float(validate=ma.validate.Range(-180, 180)),
                ma.fields.Float(validate=ma.validate.Range(-90, 90)),
            )
        ),
        validate=ma.validate.Length(2, 10_000),
    )

    @ma.validates_schema
    def _complete(self, given: dict[str, Any], **_: Any) -> None:
        action = given.get("action", "")
        wanted = {"move": ["units"], "split-along": ["codes", "line"]}.get(action, ["codes"])
        if action in ("lock", "unlock") and "units" in given:
            wanted = []
        missing = {name: ["this action needs it"] for name in wanted if name not in given}
        if missing:
            raise ma.ValidationError(missing)


def of_version(view: Callable[..., Any]) -> Callable[..., Any]:
    """Describe a view that changes a draft of the version that the caller loaded."""
    for status, name in (
        (404, "NOT_FOUND"),
        (409, "CONFLICT"),
        (412, "PRECONDITION_FAILED"),
        (428, "PRECONDITION_REQUIRED"),
    ):
        view = blueprint.alt_response(status, name)(view)
    described: Callable[..., Any] = blueprint.doc(**IF_MATCH)(view)
    return described


@blueprint.route("/<int:plan_id>/mesh")
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def show_mesh(plan_id: int) -> Response:
    """Give the units of a plan as a map draws and edits them, with lines, neighbours and counts; compact numbers."""
    store = current.store()
    with store.read() as session:
        row = seen_in_short(session, plan_id)
        tag = tag_of("mesh", store.url.render_as_string(), row.id, row.unit_set_id)
    if (same := unchanged(tag)) is not None:
        return same
    content = MESHES.get(tag)
    if content is None:
        from gridgis_web.planning.drafts import open_draft
        from gridgis_web.planning.mesh import mesh_of

        content = MESHES.put(tag, gzip.compress(to_json(mesh_of(open_draft(store, plan_id).plan)), QUICK))
    return answer_bytes(content, JSON, tag, packed=True)


@blueprint.route("/<int:plan_id>/standing")
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def show_standing(plan_id: int) -> Response:
    """Tell how a plan stands, a draft with all edits in force: its grids, the grid of every unit, what they break."""
    from gridgis_web.planning.drafts import open_draft
    from gridgis_web.planning.standing import standing_of

    store = current.store()
    with store.read() as session:
        seen_in_short(session, plan_id)
    opened = open_draft(store, plan_id)
    return _told(standing_of(opened.plan, opened.place))


@blueprint.route("/<int:plan_id>/edits", methods=["POST"])
@blueprint.arguments(EditAsked)
@blueprint.response(200, {"type": "object"})
@of_version
@needs("plans.edit")
def edit_plan(given: dict[str, Any], plan_id: int) -> Response:
    """Edit a draft; the answer tells what changed and what it breaks. Locks answer as `standing` does."""
    from gridgis_web.planning.drafts import edit_draft
    from gridgis_web.planning.standing import change_told, standing_of

    who, version = current_account().login, _version(plan_id)
    edit, opened = edit_draft(current.store(), plan_id, version, given["action"], given, who=who)
    return _told(standing_of(opened.plan, opened.place) if edit is None else change_told(edit, opened.place))


@blueprint.route("/<int:plan_id>/undo", methods=["POST"])
@blueprint.response(200, {"type": "object"})
@of_version
@needs("plans.edit")
def undo_edit(plan_id: int) -> Response:
    """Undo the last edit of a draft, and tell how it stands."""
    return _stepped(plan_id, -1)


@blueprint.route("/<int:plan_id>/redo", methods=["POST"])
@blueprint.response(200, {"type": "object"})
@of_version
@needs("plans.edit")
def redo_edit(plan_id: int) -> Response:
    """Redo the edit of a draft that was undone last, and tell how it stands."""
    return _stepped(plan_id, 1)


@blueprint.route("/<int:plan_id>/settle", methods=["POST"])
@blueprint.response(200, {"type": "object", "required": ["version"], "properties": {"version": {"type": "integer"}}})
@of_version
@needs("plans.edit")
def settle_plan(plan_id: int) -> Response:
    """Draw a draft's grids and make its certificate where edits have left them behind."""
    return _told({"version": settled(plan_id)})


@blueprint.route("/<int:plan_id>/why/<string(maxlength=40):code>")
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def why(plan_id: int, code: str) -> Response:
    """Tell what binds a grid: bounds it is close to, barriers, locks beside it, its neighbours."""
    from gridgis_web.planning.drafts import open_draft
    from gridgis_web.planning.standing import binding_told

    store = current.store()
    with store.read() as session:
        seen_in_short(session, plan_id)
    return _told(binding_told(open_draft(store, plan_id).plan, code))


def _version(plan_id: int) -> int:
    """Return the version that a change was made from, where the caller may see the plan and it is still of it."""
    with current.store().read() as session:
        row = seen_in_short(session, plan_id)
        return refuse_stale(row.version, row.name)


def _stepped(plan_id: int, by: int) -> Response:
    from gridgis_web.planning.drafts import step_draft
    from gridgis_web.planning.standing import standing_of

    opened = step_draft(current.store(), plan_id, _version(plan_id), by, who=current_account().login)
    return _told(standing_of(opened.plan, opened.place))


def _told(values: dict[str, Any]) -> Response:
    response = Response(to_json(values), mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    if "version" in values:
        response.set_etag(str(values["version"]))
    return response
