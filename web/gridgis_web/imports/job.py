"""Loading a confirmed upload, as a kind of job."""

from __future__ import annotations

from sqlalchemy.orm import Session

from gridgis_web.imports.confirm import Confirmed
from gridgis_web.imports.load import gather, prepare, read
from gridgis_web.jobs.kind import Keep, Kind, Parcel, Report
from gridgis_web.store import Store
from gridgis_web.store.models import Job


def gather_upload(store: Store, job: Job) -> Parcel:
    """Return the files, and what a person said that they are."""
    return gather(store, job.given["upload_id"], Confirmed.read(job.given["confirmed"]))


def read_upload(gathered: Parcel, report: Report) -> Parcel:
    """Read, check and mend the layers."""
    return read(gathered, report.progress)


def keep_layers(job: Job, gathered: Parcel, made: Parcel) -> Keep:
    """Make them ready to be written."""
    save = prepare(gathered, made, who=job.created_by)

    def write(session: Session) -> Parcel:
        return {"layer_set_id": save(session)}

    return write


IMPORT = Kind(gather=gather_upload, work=read_upload, keep=keep_layers)
