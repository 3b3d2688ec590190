"""One job, in a process of its own: whatever happens to it, the process ends and the store says how."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from gridgis.errors import GridgisError
from gridgis.languages import Said, Words
from gridgis_web.errors import status_of
from gridgis_web.jobs.kind import Kind, Parcel
from gridgis_web.jobs.reporter import Reporter
from gridgis_web.store import Store, jobs

LOG = logging.getLogger("gridgis")

KINDNESS = 10
"""By how much a job stands back behind requests when both want the processor."""


class Order(NamedTuple):
    """What the process of a job is told."""

    place: str
    job_id: int
    worker: str
    kind: Kind
    scheduler: str
    folder: Path
    """For its temporary files; whoever started the process removes it."""


def run_job(order: Order) -> None:
    """Run one job to its end; the first thing called in its process."""
    _begin_process(order.folder)
    store = Store.at(order.place)
    try:
        failed = _run(store, order)
        if failed is not None:
            status, error = failed
            jobs.end(store, order.job_id, order.worker, state="failed", error=error, problem=int(status))
    except jobs.Lost as lost:
        LOG.warning("%s; what it made is thrown away", lost)
    finally:
        store.close()


def _run(store: Store, order: Order) -> tuple[HTTPStatus, Words] | None:
    """Run it; return why it failed, as the status of a request and in words; None: it is done."""
    try:
        with store.read() as session:
            job = jobs.find(session, order.job_id)
        if job is None:
            raise jobs.Lost(Said("job {job_id} is gone", job_id=order.job_id))
        with Reporter(store, order.job_id, order.worker) as report:
            gathered = order.kind.gather(store, job)
            made: Parcel
            if order.scheduler:
                from gridgis_web.jobs.on_dask import work_on_cluster

                made = work_on_cluster(order.scheduler, order.kind.work, gathered, report)
            else:
                made = order.kind.work(gathered, report)
            report.progress("keep", 0.0)
            keep = order.kind.keep(job, gathered, made)
        jobs.finish(store, order.job_id, order.worker, keep)
    except jobs.Lost:
        raise
    except GridgisError as error:
        return status_of(error), error.in_both()
    except MemoryError:
        return (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            Said("there was not enough memory for it; divide less at once, or run it on a larger machine"),
        )
    except Exception as error:  # the last door of the process: people get one line, the service's log all of it
        LOG.exception("job %d failed", order.job_id)
        return (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            Said(
                "this is a mistake in gridgis, not yours ({name}); it is in the service's log, please tell "
                "whoever runs the service",
                name=type(error).__name__,
            ),
        )
    return None


def _begin_process(folder: Path) -> None:
    """Leave Ctrl-C to the worker, end with it, keep drafts where it cleans up, stand back behind requests."""
    logging.basicConfig(format="gridgis: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = str(folder)
    if hasattr(os, "nice"):
        os.nice(KINDNESS)
    threading.Thread(target=_end_with_worker, daemon=True).start()


def _end_with_worker() -> None:
    worker = multiprocessing.parent_process()
    if worker is not None:
        worker.join()
        os._exit(1)
