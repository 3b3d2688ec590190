"""A plan's files by format: which file is what, and writing them as a kind of job."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.languages import Said, listed
from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.planning.paper import Office, gather_paper, print_paper
from gridgis_web.planning.parcels import packed, plan_of, unpacked
from gridgis_web.store import Store, exports
from gridgis_web.store.audit_log import record
from gridgis_web.store.models import Job

SHAPEFILE = ("shp", "shx", "dbf", "prj", "cpg")
LANGUAGES = ("zh", "en")


class Format(NamedTuple):
    """What people get who ask for a format."""

    file: str
    """Its name; a zip where it is several files."""
    media_type: str
    holds: Callable[[str], bool]
    """Tells of a file of the plan whether it belongs to this."""


def _one(name: str, media_type: str) -> Format:
    return Format(name, media_type, lambda file: file == name)


FORMATS: dict[str, Format] = {
    "all": Format("plan.zip", "application/zip", lambda file: True),
    "shapefile": Format(
        "grids.zip", "application/zip", lambda file: file.startswith("grids.") and file[6:] in SHAPEFILE
    ),
    "geojson": _one("grids.geojson", "application/geo+json"),
    "geopackage": _one("grids.gpkg", "application/geopackage+sqlite3"),
    "csv": _one("grids.csv", "text/csv"),
    "plan": _one("plan.json", "application/json"),
    "certificate": _one("audit.json", "application/json"),
    "report": _one("report.html", "application/octet-stream"),
    "map": _one("map.png", "image/png"),
}
"""The formats by name; a published plan has them from the day on which it was published."""

PAPER: dict[str, Format] = {
    name: Format(f"{name}.pdf", "application/pdf", lambda file: False) for name in ("boards", "cards", "atlas")
}
"""What is printed on request, with the people of the day."""

WRITTEN = FORMATS | PAPER
"""Everything that a job writes."""


def chosen(files: bytes, wanted: str) -> bytes | None:
    """Return a format's file out of a zip of all files of a plan; None: it is not there."""
    one = FORMATS[wanted]
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        names = [name for name in archive.namelist() if one.holds(name)]
        if not names or wanted == "all":
            return files if names else None
        if not one.file.endswith(".zip"):
            return archive.read(names[0])
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name in names:
                made.writestr(archive.getinfo(name), archive.read(name), zipfile.ZIP_DEFLATED)
        return out.getvalue()


def gather_plan(store: Store, job: Job, *, office: Office) -> Parcel:
    """Return the plan, and what is printed beside it.

    Given are ``plan_id``, by default the one published last, ``format``, ``language`` and what paper is asked for with.
    """
    language, wanted = job.given.get("language", "zh"), job.given.get("format", "all")
    if language not in LANGUAGES:
        raise InputError(Said("files are written in zh or en, not in “{language}”", language=language))
    if wanted not in WRITTEN:
        raise InputError(
            Said("there is no format “{wanted}”; choose one of {formats}", wanted=wanted, formats=listed(WRITTEN))
        )
    with store.read() as session:
        row = plan_of(session, job)
        gathered = {"plan": packed(session, row), "plan_id": row.id, "language": language, "format": wanted}
        return gathered | ({"paper": gather_paper(session, job, row, office)} if wanted in PAPER else {})


def write_files(gathered: Parcel, report: Report) -> Parcel:
    """Write the files of the format."""
    from gridgis.export import files_of, write_plan
    from gridgis_web.planning.frames import zipped

    if gathered["format"] in PAPER:
        return print_paper(gathered, report)
    plan = unpacked(gathered["plan"])
    wanted = FORMATS[gathered["format"]]
    told = {"file": wanted.file, "media_type": wanted.media_type}
    files = {name: exporter for name, exporter in files_of(plan).items() if wanted.holds(name)}
    with tempfile.TemporaryDirectory() as folder:
        written = write_plan(
            plan, Path(folder) / "plan", language=gathered["language"], files=files, progress=report.progress
        )
        if wanted.file.endswith(".zip"):
            return told | {"content": zipped({file.name: file.read_bytes() for file in written})}
        return told | {"content": written[0].read_bytes()}


def keep_files(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Return what keeps them, for as long as exports are kept."""
    content: bytes = made["content"]
    plan_id, wanted = gathered["plan_id"], gathered["format"]

    def keep(session: Session) -> Parcel:
        key = exports.keep_export(session, content, made["media_type"], who=job.created_by)
        told = {
            "artifact_id": key,
            "plan_id": plan_id,
            "format": wanted,
            "file": f"plan-{plan_id}-{made['file']}",
            "media_type": made["media_type"],
            "size": len(content),
        }
        record(session, job.created_by, "export", "plan", plan_id, after=told)
        return told

    return keep


def exporting(office: Office) -> Kind:
    """Return the kind of job, as an office has its paper."""
    return Kind(partial(gather_plan, office=office), write_files, keep_files)
