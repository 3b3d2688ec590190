"""A job's work on a Dask cluster: bytes go there and come back; only this side knows the store."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gridgis.city.dask_runner import open_cluster
from gridgis.errors import GridgisError
from gridgis.languages import Said
from gridgis_web.jobs.kind import Parcel, Report

if TYPE_CHECKING:
    from distributed import Worker

EVERY_S = 0.5
"""The cluster sends progress no more often."""

Work = Callable[[Parcel, Report], Parcel]


class Unwanted(GridgisError):
    """Nobody waits for the result any more."""


def work_on_cluster(address: str, work: Work, gathered: Parcel, report: Report) -> Parcel:
    """Run a job's work on the cluster of a scheduler, ``tcp://host:port``, and return what it made.

    Raises
    ------
    InputError
        ``distributed`` is not installed, nobody answers, or workers cannot run this gridgis.
    GridgisError
        The cluster went away, or the work killed one worker after another.
    """
    key = f"gridgis-{uuid4().hex}"  # of a key it knows Dask would return the former result

    def heard(event: tuple[float, dict[str, Any]]) -> None:
        _, told = event
        if "line" in told:
            report.log(told["line"])
        else:
            report.progress(told["step"], told["share"])

    with open_cluster(address) as client:
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        client.subscribe_topic(key, heard)
        future = client.submit(work_there, work, gathered, key, key=key, pure=False)
        try:
            made: Parcel = future.result()
        except KilledWorker:
            raise GridgisError(
                Said(
                    "several workers of {address} were lost over it; their machines may have run out of memory",
                    address=address,
                )
            ) from None
        except (CancelledError, CommClosedError, OSError) as error:
            raise GridgisError(
                Said(
                    "the scheduler at {address} went away ({name}); run it again",
                    address=address,
                    name=type(error).__name__,
                )
            ) from error
        return made


def work_there(work: Work, gathered: Parcel, topic: str) -> Parcel:
    """Do the work; this is called on the cluster."""
    from distributed import get_worker

    return work(gathered, _Sender(get_worker(), topic))


class _Sender:
    """Sends progress to whoever waits; ends the work once nobody does."""

    def __init__(self, worker: Worker, topic: str) -> None:
        self._worker = worker
        self._topic = topic
        self._sent = ("", 0.0)

    def progress(self, step: str, share: float) -> None:
        """See `kind.Report`."""
        task = self._worker.state.tasks.get(self._topic)
        if task is None or task.state == "cancelled":
            raise Unwanted(Said("nobody waits for this any more"))
        before, sent_at = self._sent
        if step == before and share < 1 and time.monotonic() - sent_at < EVERY_S:
            return
        self._sent = (step, time.monotonic())
        self._worker.log_event(self._topic, {"step": step, "share": float(share)})

    def log(self, text: str) -> None:
        """See `kind.Report`."""
        self._worker.log_event(self._topic, {"line": text})
