"""Officers by a list from a spreadsheet; every phone that comes with it is kept, none is told or logged."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload as File
from werkzeug.datastructures import FileStorage

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import about, key
from gridgis_web.api.jurisdictions import seen_jurisdiction
from gridgis_web.staffing.officer_list import Written, take_list

blueprint = ApiBlueprint(
    "officer_lists", __name__, description="Officers by a list from a spreadsheet", url_prefix=f"{PREFIX}/officers"
)
NOTHING = Written(added=0, known=0, posted=0, posted_already=0)


class ListSent(ma.Schema):
    """What is sent."""

    file = File(required=True, metadata=about("XLSX or CSV; 姓名, 电话, 角色, 网格 …, or the same in English"))


class ListFor(ma.Schema):
    """For what it is sent."""

    jurisdiction_id = key(required=True)
    starts = ma.fields.Date(load_default=None, metadata=about("First day of postings that name none; else today"))
    keep_right = ma.fields.Boolean(
        load_default=False, metadata=about("Write the rows that are right although others are wrong")
    )


class FaultOut(ma.Schema):
    """What is wrong with a row."""

    row = ma.fields.Integer(required=True, metadata=about("Its number in the sheet, from 1"))
    column = ma.fields.String(required=True, metadata=about("As it is called there"))
    text = ma.fields.String(required=True)


class ListOut(ma.Schema):
    """What came of a list."""

    read = ma.fields.Integer(required=True, metadata=about("Rows with anything in them"))
    right = ma.fields.Integer(required=True)
    faults = ma.fields.List(ma.fields.Nested(FaultOut), required=True)
    written = ma.fields.Boolean(required=True, metadata=about("False: a row is wrong, so nothing was written"))
    added = ma.fields.Integer(required=True, metadata=about("Officers who are new"))
    known = ma.fields.Integer(required=True, metadata=about("Officers who were there already"))
    posted = ma.fields.Integer(required=True, metadata=about("New postings"))
    posted_already = ma.fields.Integer(required=True)


@blueprint.route("/import", methods=["POST"])
@blueprint.arguments(ListFor, location="query")
@blueprint.arguments(ListSent, location="files", content_type="multipart/form-data")
@blueprint.response(200, ListOut)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@blueprint.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@needs("officers.edit")
def import_list(wanted: dict[str, Any], sent: dict[str, FileStorage]) -> dict[str, Any]:
    """Add officers and postings from a list, or say which row is wrong and why; then nothing is written.

    Who is there already, by name and phone, is not added again: the same list can be sent twice.
    """
    with current.store().read() as session:
        seen_jurisdiction(session, wanted["jurisdiction_id"])
    looked, written = take_list(
        current.store(),
        wanted["jurisdiction_id"],
        sent["file"].filename or "",
        sent["file"].stream,
        starts=wanted["starts"] or current.today(),
        keep_right=wanted["keep_right"],
        who=current_account().login,
    )
    language = current.language()
    return {
        "read": looked.read,
        "right": len(looked.right),
        "faults": [asdict(one) | {"text": one.text.to(language)} for one in looked.faults],
        "written": written is not None,
        **asdict(written or NOTHING),
    }
