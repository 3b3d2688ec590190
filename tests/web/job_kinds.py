"""Kinds of jobs that do what a test wants; importable, so that processes of their own find them."""

import os
import signal
import tempfile
import time
from pathlib import Path

from gridgis_web.jobs.kind import Kind
from gridgis_web.store.models import Jurisdiction

from gridgis.errors import InputError

ROWS = 40


def gather(store, job):
    return dict(job.given)


def wait(parcel, report):
    """Take as long as asked, and tell of it."""
    steps = max(1, round(parcel.get("seconds", 0) / 0.05))
    Path(tempfile.mkdtemp(), "draft").write_text("half-written")
    for step in range(steps):
        report.progress("waiting", step / steps)
        time.sleep(parcel.get("seconds", 0) / steps)
    for line in range(parcel.get("lines", 1)):
        report.log(f"line {line + 1}")
    return {"content": b"made", "code": parcel.get("code", "")}


def keep_nothing(job, gathered, made):
    return lambda session: {"bytes": len(made["content"])}


def keep_rows(job, gathered, made):
    """Write many rows, slowly: all or none may be there afterwards."""

    def keep(session):
        for row in range(ROWS):
            session.add(Jurisdiction(level="community", code=f"{job.id}-{row}", name="甲", crs="EPSG:3067"))
            session.flush()
            time.sleep(0.005)
        return {"rows": ROWS}

    return keep


def refuse(parcel, report):
    raise InputError("the roads have no CRS", "the buildings are empty")


def break_down(parcel, report):
    raise ZeroDivisionError("secret detail")


def die(parcel, report):
    os.kill(os.getpid(), signal.SIGKILL)


def kept_badly(job, gathered, made):
    def keep(session):
        session.add(Jurisdiction(level="community", code="half", name="甲", crs="EPSG:3067"))
        session.flush()
        raise InputError("the name is taken")

    return keep


KINDS = {
    "wait": Kind(gather, wait, keep_nothing),
    "rows": Kind(gather, wait, keep_rows),
    "refuse": Kind(gather, refuse, keep_nothing),
    "break": Kind(gather, break_down, keep_nothing),
    "die": Kind(gather, die, keep_nothing),
    "badly": Kind(gather, wait, kept_badly),
}
