"""Where jobs run: in this process, or on a pool of processes that survives the loss of its workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from gridgis.city.jobs import Job, Outcome, run_job
from gridgis.languages import Said

CHANCES = 3
"""How often a job may lose its worker before it is given up."""

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""What libraries read when they start: with one thread each, n workers use n processors."""


class Runner(Protocol):
    """Runs jobs, in any order, and yields each with what became of it, as soon as it is known."""

    def __call__(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Take jobs one by one, as there is room for them."""


def run_here(jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
    """Run one job after another in this process."""
    for job in jobs:
        yield job, run_job(job.packed())


def lost(job: Job) -> Outcome:
    """Return the outcome of a job that lost its worker too often."""
    return Outcome(
        code=job.code,
        state="failed",
        error=Said(
            "its worker was lost {times} times; the machine may have run out of memory: use fewer --workers, or divide "
            "this jurisdiction by itself",
            times=CHANCES,
        ),
    )


class PoolRunner:
    """Runs jobs on processes of this machine.

    When a worker dies, the jobs that were under way run again one at a time, in a pool made anew: so it shows whether
    one of them is what kills its worker. Then the others go on.

    Parameters
    ----------
    workers
        Number of processes.
    folder
        Where workers keep what is half-written.
    """

    def __init__(self, workers: int, folder: Path) -> None:
        self.workers = workers
        self.folder = folder

    def __call__(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """See `Runner`."""
        waiting = iter(jobs)
        while True:
            interrupted: list[Job] = []
            yield from self._side_by_side(waiting, interrupted)
            if not interrupted:
                return
            for job in interrupted:
                yield job, self._alone(job)

    def _side_by_side(self, waiting: Iterator[Job], under_way: list[Job]) -> Iterator[tuple[Job, Outcome]]:
        """Run jobs until there are no more, or a worker dies: then those that were `under_way` stay there."""
        futures: dict[Future[Outcome], Job] = {}
        with self._pool(self.workers) as pool:
            try:
                for job in waiting:
                    under_way.append(job)
                    futures[pool.submit(run_job, job.packed())] = job
                    # one more than there are workers, so that none has to wait for its next
                    while len(futures) > self.workers:
                        yield from _finished(futures, under_way)
                while futures:
                    yield from _finished(futures, under_way)
            except BrokenProcessPool:
                return

    def _alone(self, job: Job) -> Outcome:
        for _ in range(CHANCES):
            with self._pool(1) as pool:
                try:
                    return pool.submit(run_job, job.packed()).result()
                except BrokenProcessPool:
                    continue
        return lost(job)

    @contextmanager
    def _pool(self, workers: int) -> Iterator[ProcessPoolExecutor]:
        """Give a pool whose workers end when this process stops waiting for them, for whatever reason."""
        others = set(multiprocessing.active_children())
        with _one_thread_each():
            pool = ProcessPoolExecutor(
                workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_worker,
                initargs=(str(self.folder),),
            )
            try:
                yield pool
            except BaseException:
                for worker in set(multiprocessing.active_children()) - others:
                    worker.kill()
                raise
            finally:
                pool.shutdown(cancel_futures=True)


def _finished(futures: dict[Future[Outcome], Job], under_way: list[Job]) -> Iterator[tuple[Job, Outcome]]:
    for future in wait(futures, return_when=FIRST_COMPLETED).done:
        outcome = future.result()
        job = futures.pop(future)
        under_way.remove(job)
        yield job, outcome


def _begin_worker(folder: str) -> None:
    """Leave Ctrl-C to the process that owns the pool, end with it, and keep drafts where it cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    threading.Thread(target=_end_with_owner, daemon=True).start()


def _end_with_owner() -> None:
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        os._exit(1)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
