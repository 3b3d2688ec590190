"""Drafts being edited: units and grids as a map draws them, edits, undo and redo, what binds a grid."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import marshmallow as ma
from flask import Response

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import (
    IF_MATCH,
    QUICK,
    Kept,
    about,
    answer_bytes,
    refuse_stale,
    tag_of,
    unchanged,
    version_asked,
)
from gridgis_web.api.plans import seen_in_short, settled
from gridgis_web.planning.frames import to_json
from gridgis_web.store import Conflict
from gridgis_web.store.steps import changes_since

if TYPE_CHECKING:
    from gridgis_web.planning.drafts import Opened

blueprint = ApiBlueprint("drafts", __name__, description="Editing drafts", url_prefix=f"{PREFIX}/plans")

JSON = "application/json"
MESHES: Kept[bytes] = Kept(64 * 2**20)
"""Units as maps draw them, compressed; they hold counts, never residents."""
ACTIONS = ("move", "merge", "split", "split-along", "balance", "resolve", "lock", "unlock")
MOST_UNITS = 100_000


def _units() -> Any:
    return ma.fields.List(
        ma.fields.Integer(validate=ma.validate.Range(0, 2**31 - 1)), validate=ma.validate.Length(1, MOST_UNITS)
    )


class Whose(ma.Schema):
    """Whose step is undone or redone."""

    anyone = ma.fields.Boolean(load_default=False, metadata=about("Whoever made it; left out: one's own alone"))


class Since(ma.Schema):
    """What the caller knows already."""

    after = ma.fields.Integer(
        required=True, validate=ma.validate.Range(0, 2**31 - 1), metadata=about("The version that the caller has")
    )


class EditAsked(ma.Schema):
    """An edit: what is done, and to what."""

    action = ma.fields.String(required=True, validate=ma.validate.OneOf(ACTIONS))
    units = _units()
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

    seen = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(1, 40)),
        values=_units(),
        metadata=about(
            "Code → units that the caller saw in that grid: those to be moved, else all of the grids concerned. With "
            "them the edit is made of the draft as it stands, where they are still there, whatever its version"
        ),
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
    """Edit a draft; the answer tells what changed and what it breaks. Locks answer as `standing` does.

    Where others changed it meanwhile (see `seen`), the answer also tells how it stands then, and says `again`. What is
    no longer where it was seen is told in `errors.strayed`.
    """
    from gridgis_web.planning.drafts import edit_draft
    from gridgis_web.planning.standing import change_told, standing_of

    store, who, seen = current.store(), current_account().login, given.get("seen")
    version, again = _version(plan_id) if seen is None else _asked(plan_id), False
    try:
        edit, opened = edit_draft(store, plan_id, version, given["action"], given, who=who)
    except Conflict:
        if seen is None:
            raise
        again = True
        edit, opened = edit_draft(store, plan_id, version, given["action"], given, who=who, seen=seen)
    told = {} if edit is None else change_told(edit, opened.place)
    if edit is None or again:
        told |= standing_of(opened.plan, opened.place) | {"again": again}
    return _told(told)


@blueprint.route("/<int:plan_id>/undo", methods=["POST"])
@blueprint.arguments(Whose)
@blueprint.response(200, {"type": "object"})
@of_version
@needs("plans.edit")
def undo_edit(whose: dict[str, Any], plan_id: int) -> Response:
    """Undo one's own last edit of a draft, others' later ones being kept, and tell how it stands.

    Where only those of others are left, `errors.step` says whose the last is.
    """
    from gridgis_web.planning.undo import undo_draft

    return _stepped(undo_draft, plan_id, whose)


@blueprint.route("/<int:plan_id>/redo", methods=["POST"])
@blueprint.arguments(Whose)
@blueprint.response(200, {"type": "object"})
@of_version
@needs("plans.edit")
def redo_edit(whose: dict[str, Any], plan_id: int) -> Response:
    """Redo the edit of a draft that was undone last, and tell how it stands."""
    from gridgis_web.planning.undo import redo_draft

    return _stepped(redo_draft, plan_id, whose)


@blueprint.route("/<int:plan_id>/changes")
@blueprint.arguments(Since, location="query")
@blueprint.response(200, {"type": "object"})
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.read")
def show_changes(wanted: dict[str, Any], plan_id: int) -> Response:
    """Tell who did what to a draft after a version, the earliest first."""
    with current.store().read() as session:
        row = seen_in_short(session, plan_id)
        return _told({"version": row.version, "changes": changes_since(session, plan_id, wanted["after"])})


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


def _asked(plan_id: int) -> int:
    """Return the version that the caller saw, where the caller may see the plan."""
    with current.store().read() as session:
        seen_in_short(session, plan_id)
    return version_asked()


def _stepped(step: Callable[..., Opened], plan_id: int, whose: dict[str, Any]) -> Response:
    from gridgis_web.planning.standing import standing_of

    opened = step(current.store(), plan_id, _version(plan_id), who=current_account().login, **whose)
    return _told(standing_of(opened.plan, opened.place))


def _told(values: dict[str, Any]) -> Response:
    response = Response(to_json(values), mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    if "version" in values:
        response.set_etag(str(values["version"]))
    return response
