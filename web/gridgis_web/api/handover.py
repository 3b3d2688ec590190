"""What is handed over with a grid, and notes on it: they follow the grid, whoever looks after it."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from gridgis_web import current
from gridgis_web.access import check_grid, current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about
from gridgis_web.store import handover
from gridgis_web.store.models import GridNote
from gridgis_web.store.models.people import DUTIES
from gridgis_web.store.officers import need_code

blueprint = ApiBlueprint(
    "handover",
    __name__,
    description="What goes with a grid, whoever looks after it",
    url_prefix=f"{PREFIX}/jurisdictions",
)
notes = ApiBlueprint("notes", __name__, description="Notes on grids")


class ServingOut(ma.Schema):
    """Someone posted to a grid."""

    officer_id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    duty = ma.fields.String(required=True, validate=ma.validate.OneOf(DUTIES))
    post = ma.fields.String(required=True, metadata=about("A: their own grid; B: they stand in"))
    starts = ma.fields.Date(required=True)
    ends = ma.fields.Date(required=True, allow_none=True, metadata=about("The first day without it"))
    serves = ma.fields.Boolean(required=True, metadata=about("Whether it is they who look after it on the day"))


class TaskOut(ma.Schema):
    """An open incident in the grid."""

    id = ma.fields.Integer(required=True)
    category = ma.fields.String(required=True)
    handling = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    reported_at = ma.fields.AwareDateTime(required=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class NoteOut(ma.Schema):
    """A note on a grid."""

    id = ma.fields.Integer(required=True)
    grid_code = ma.fields.String(required=True, metadata=about("As it was when it was written"))
    text = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    created_by = ma.fields.String(required=True)
    settled_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class HandOverOut(ma.Schema):
    """What goes with a grid on a day."""

    officers = ma.fields.List(ma.fields.Nested(ServingOut), required=True)
    tasks = ma.fields.List(ma.fields.Nested(TaskOut), required=True)
    notes = ma.fields.List(ma.fields.Nested(NoteOut), required=True)


class HandOverFilter(ma.Schema):
    """Which day."""

    on = ma.fields.Date(load_default=None, metadata=about("The day; today where none is given"))


class NoteNew(ma.Schema):
    """A new note."""

    text = ma.fields.String(
        required=True,
        validate=[ma.validate.Length(1, 2000), ma.validate.Regexp(r"(?s).*\S")],
        metadata=about("About the grid and its buildings, never about a resident by name"),
    )


@blueprint.route("/<int:jurisdiction_id>/grids/<string(maxlength=40):code>/hand-over")
@blueprint.arguments(HandOverFilter, location="query")
@blueprint.response(200, HandOverOut)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("grids.notes")
def show_hand_over(given: dict[str, Any], jurisdiction_id: int, code: str) -> handover.HandOver:
    """Tell who serves in a grid, what is open in it and what is to be known, for whoever takes it over.

    Incidents are those that lie in it by the plan of the day, whichever grid they were recorded in.
    """
    with current.store().read() as session:
        check_grid(session, jurisdiction_id, code)
        return handover.hand_over(session, jurisdiction_id, code, given["on"] or current.today())


@blueprint.route("/<int:jurisdiction_id>/grids/<string(maxlength=40):code>/notes", methods=["POST"])
@blueprint.arguments(NoteNew)
@blueprint.response(201, NoteOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("grids.notes")
def add_note(given: dict[str, str], jurisdiction_id: int, code: str) -> GridNote:
    """Write down what whoever looks after a grid should know."""
    with current.store().write() as session:
        check_grid(session, jurisdiction_id, code)
        need_code(session, jurisdiction_id, code)
        return handover.add_note(session, jurisdiction_id, code, given["text"], who=current_account().login)


@notes.route("/<int:note_id>/settle", methods=["POST"])
@notes.response(200, NoteOut)
@notes.alt_response(404, "NOT_FOUND")
@notes.alt_response(409, "CONFLICT")
@needs("grids.notes")
def settle_note(note_id: int) -> GridNote:
    """Say that a note needs no more attention."""
    with current.store().write() as session:
        found = handover.note(session, note_id)
        check_grid(session, found.jurisdiction_id, handover.grid_of(session, found, current.today()))
        return handover.settle_note(session, note_id, who=current_account().login)
