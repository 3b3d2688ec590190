"""The files of published plans, as they were written when the plan was published."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from flask import Response
from sqlalchemy.orm import Session

from gridgis_web import current
from gridgis_web.access import needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.fields import answer_bytes, tag_of, unchanged
from gridgis_web.api.plans import seen_in_short
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.database import Conflict

blueprint = ApiBlueprint("exports", __name__, description="The files of published plans", url_prefix=f"{PREFIX}/plans")

SHAPEFILE = ("shp", "shx", "dbf", "prj", "cpg")
FORMATS: dict[str, tuple[str, str, Callable[[str], bool]]] = {
    "all": ("plan.zip", "application/zip", lambda name: True),
    "shapefile": ("grids.zip", "application/zip", lambda name: name.startswith("grids.") and name[6:] in SHAPEFILE),
    "geojson": ("grids.geojson", "application/geo+json", lambda name: name == "grids.geojson"),
    "geopackage": ("grids.gpkg", "application/geopackage+sqlite3", lambda name: name == "grids.gpkg"),
    "plan": ("plan.json", "application/json", lambda name: name == "plan.json"),
    "certificate": ("audit.json", "application/json", lambda name: name == "audit.json"),
    "report": ("report.html", "application/octet-stream", lambda name: name == "report.html"),
    "map": ("map.png", "image/png", lambda name: name == "map.png"),
}
"""Format -> name and kind of the file, and which of the plan's files it holds."""


def _content(session: Session, files_id: int, wanted: str) -> bytes:
    kept = artifacts.get(session, files_id)
    if wanted == "all":
        return kept
    name, _, belongs = FORMATS[wanted]
    with zipfile.ZipFile(io.BytesIO(kept)) as archive:
        names = [one for one in archive.namelist() if belongs(one)]
        if not names:
            raise NotFound(f"this plan was published without {name}")
        if wanted != "shapefile":
            return archive.read(names[0])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for one in names:
                made.writestr(archive.getinfo(one), archive.read(one), zipfile.ZIP_DEFLATED)
        return out.getvalue()


def _gives_files(view: Callable[..., Response]) -> Callable[..., Response]:
    """Describe the kinds of files that a view gives."""
    file = {"type": "string", "format": "binary"}
    first, *others = sorted({kind for _, kind, _ in FORMATS.values()})
    for kind in others:
        view = blueprint.alt_response(200, schema=file, content_type=kind)(view)
    described: Callable[..., Response] = blueprint.response(200, file, content_type=first)(view)
    return described


@blueprint.route(f"/<int:plan_id>/exports/<any({', '.join(FORMATS)}):wanted>")
@_gives_files
@blueprint.alt_response(304, description="The caller has it already")
@blueprint.alt_response(404, "NOT_FOUND")
@blueprint.alt_response(409, "CONFLICT")
@needs("exports.read")
def export_plan(plan_id: int, wanted: str) -> Response:
    """Give a published plan as a file: all of its files, or one format."""
    with current.store().read() as session:
        plan = seen_in_short(session, plan_id)
        if plan.files_id is None:
            raise Conflict(f"“{plan.name}” has no files yet; they are written when it is published")
        tag = tag_of(artifacts.digest_of(session, plan.files_id), wanted)
        if (same := unchanged(tag)) is not None:
            return same
        content = _content(session, plan.files_id, wanted)
    name, kind, _ = FORMATS[wanted]
    response = answer_bytes(content, kind, tag, packed=False)
    response.headers.set("Content-Disposition", "attachment", filename=f"plan-{plan_id}-{name}")
    return response
