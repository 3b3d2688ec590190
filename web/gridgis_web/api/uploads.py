"""Layers by upload: sent, looked at, confirmed by a person, and loaded by a job."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask_smorest.fields import Upload as File
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from gridgis_web import current
from gridgis_web.access import check_jurisdiction, current_account, needs
from gridgis_web.api.blueprint import ApiBlueprint
from gridgis_web.api.jobs import LOCATION, JobAlone, asked
from gridgis_web.imports.confirm import ONCE, SEVERAL, Confirmed, LayerRole, confirm, guessed
from gridgis_web.imports.unpack import Sent
from gridgis_web.imports.uploads import limits_of, receive
from gridgis_web.store.models import Upload
from gridgis_web.store.uploads import remove_upload, upload

blueprint = ApiBlueprint("uploads", __name__, description="Layers by upload: sent, confirmed by a person, then loaded")

IMPORT = "import"
"""The kind of job that loads one."""
KEY = ma.validate.Range(1, 2**63 - 1)


class Files(ma.Schema):
    """What is sent."""

    files = ma.fields.List(
        File(),
        required=True,
        validate=ma.validate.Length(1, 100),
        metadata={"description": "The files of the layers, all parts of a shapefile, or zips of them"},
    )


class For(ma.Schema):
    """For what it is sent."""

    jurisdiction_id = ma.fields.Integer(required=True, validate=KEY)


class Role(ma.Schema):
    """What one layer is."""

    file = ma.fields.String(required=True, validate=ma.validate.Length(1, 1000))
    layer = ma.fields.String(required=True, validate=ma.validate.Length(1, 1000))
    role = ma.fields.String(
        required=True,
        validate=ma.validate.OneOf(("", *ONCE, *SEVERAL)),
        metadata={"description": "Empty: the layer is not loaded"},
    )
    crs = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=2000),
        metadata={"description": "Its coordinate system where the file states none, e.g. EPSG:4547"},
    )


class Meaning(ma.Schema):
    """What an upload is, as a person says."""

    layers = ma.fields.List(ma.fields.Nested(Role), required=True, validate=ma.validate.Length(1, 1000))
    columns = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(),
        load_default=dict,
        metadata={"description": "Field → column of the buildings, where its name does not tell"},
    )
    name = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    attribution = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(max=500))
    others_id = ma.fields.Integer(
        load_default=None,
        allow_none=True,
        validate=KEY,
        metadata={"description": "Layers of the jurisdiction that stay where none was sent, the boundary always"},
    )


class Looked(ma.Schema):
    """An upload, and what seems to be in it."""

    id = ma.fields.Integer(required=True)
    jurisdiction_id = ma.fields.Integer(required=True, allow_none=True)
    report = ma.fields.List(
        ma.fields.Dict(),
        required=True,
        metadata={
            "description": "Each layer with role, crs, encoding, fields and defects; `error` says why one is out"
        },
    )
    guess = ma.fields.Nested(Meaning, required=True, metadata={"description": "To be looked at, and sent back"})
    created_at = ma.fields.AwareDateTime()
    created_by = ma.fields.String()


def _visible(session: Session, upload_id: int) -> Upload:
    found = upload(session, upload_id)
    check_jurisdiction(session, found.jurisdiction_id)
    return found


def _told(found: Upload) -> dict[str, Any]:
    return {
        "id": found.id,
        "jurisdiction_id": found.jurisdiction_id,
        "report": found.report,
        "guess": guessed(found.report).to_dict(),
        "created_at": found.created_at,
        "created_by": found.created_by,
    }


@blueprint.route("", methods=["POST"])
@blueprint.arguments(For, location="query")
@blueprint.arguments(Files, location="files", content_type="multipart/form-data")
@blueprint.response(201, Looked)
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(413, "REQUEST_ENTITY_TOO_LARGE")
@needs("layers.import")
def send(wanted: dict[str, Any], files: dict[str, list[FileStorage]]) -> dict[str, Any]:
    """Send layers of a jurisdiction; the answer tells what each of them seems to be."""
    with current.store().read() as session:
        check_jurisdiction(session, wanted["jurisdiction_id"])
    key = receive(
        current.store(),
        [Sent(one.filename or "", one.stream) for one in files["files"]],
        jurisdiction_id=wanted["jurisdiction_id"],
        who=current_account().login,
        limits=limits_of(current.settings()),
    )
    with current.store().read() as session:
        return _told(upload(session, key))


@blueprint.route("/<int:upload_id>")
@blueprint.response(200, Looked)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.import")
def show(upload_id: int) -> dict[str, Any]:
    """Tell what is in an upload."""
    with current.store().read() as session:
        return _told(_visible(session, upload_id))


@blueprint.route("/<int:upload_id>/confirm", methods=["POST"])
@blueprint.arguments(Meaning)
@blueprint.response(202, JobAlone, headers=LOCATION)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.import")
def confirm_layers(meaning: dict[str, Any], upload_id: int) -> Any:
    """Say what each layer is, and have them loaded by a job."""
    with current.store().read() as session:
        _visible(session, upload_id)
    layers = tuple(LayerRole(**one) for one in meaning["layers"])
    given = confirm(
        current.store(),
        upload_id,
        Confirmed(layers, meaning["columns"], meaning["name"], meaning["attribution"], meaning["others_id"]),
    )
    with current.store().write() as session:
        return asked(session, IMPORT, given["jurisdiction_id"], given)


@blueprint.route("/<int:upload_id>", methods=["DELETE"])
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("layers.import")
def remove(upload_id: int) -> None:
    """Forget an upload and its files; what was loaded of it stays."""
    with current.store().write() as session:
        _visible(session, upload_id)
        remove_upload(session, upload_id, who=current_account().login)
