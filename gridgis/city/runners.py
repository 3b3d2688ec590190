"""Where jobs run: in this process, or on a pool of processes that survives the loss of its workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
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
    """Runs jobs on processes of this machine, and goes on when one of them dies.

    Every worker has a pipe of its own and nothing in common with the others, so whatever moment one is killed at,
    nobody waits for it: its pipe ends, and its job is done again by a new worker, after the others and alone, as
    memory may have been what it died of.

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
        bereft: list[Job] = []
        with self._team(self.workers) as team:
            for job, outcome in team.run(jobs):
                if outcome is None:
                    bereft.append(job)
                else:
                    yield job, outcome
        for job in bereft:
            with self._team(1) as team:
                again = (outcome for _, outcome in team.run([job] * CHANCES) if outcome is not None)
                yield job, next(again, lost(job))

    @contextmanager
    def _team(self, workers: int) -> Iterator[_Team]:
        team = _Team(workers, self.folder)
        try:
            yield team
        finally:
            team.end()


class _Worker:
    """A process and the pipe to it; `job` is what it is at."""

    def __init__(self, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, its_end = context.Pipe()
        self.process = context.Process(target=_work, args=(its_end, str(folder)), daemon=True)
        with _one_thread_each():
            self.process.start()
        # only the worker holds this end now, so that the pipe ends with it
        its_end.close()
        self.job: Job | None = None

    def begin(self, job: Job) -> None:
        """Hand a job over; that the worker is dead shows when its answer is asked for."""
        self.job = job
        with suppress(OSError):
            self.pipe.send_bytes(job.packed())

    def answer(self) -> Outcome | None:
        """Return what the worker sends, or None if it died before it had sent all of it."""
        self.job = None
        try:
            outcome: Outcome = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return outcome

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class _Team:
    """Workers that take one job after another; the dead are replaced when there is something to do."""

    def __init__(self, size: int, folder: Path) -> None:
        self.size = size
        self.folder = folder
        self.workers: list[_Worker] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome | None]]:
        """Yield every job with its outcome, or with None where its worker died."""
        waiting = iter(jobs)
        # drawn before there is a worker for it, so that none waits while it is cut out of the city
        upcoming = next(waiting, None)
        while upcoming is not None or any(worker.job for worker in self.workers):
            idle = self._idle() if upcoming is not None else None
            if upcoming is not None and idle is not None:
                idle.begin(upcoming)
                upcoming = next(waiting, None)
            else:
                yield self._next_answer()

    def _idle(self) -> _Worker | None:
        """Return a worker without a job, a new one if there is room for it."""
        idle = next((worker for worker in self.workers if worker.job is None), None)
        if idle is None and len(self.workers) < self.size:
            idle = _Worker(self.folder)
            self.workers.append(idle)
        return idle

    def _next_answer(self) -> tuple[Job, Outcome | None]:
        """Wait for any worker to answer or die."""
        busy = [(worker, worker.job) for worker in self.workers if worker.job is not None]
        ready = wait([worker.pipe for worker, _ in busy])
        worker, job = next(one for one in busy if one[0].pipe in ready)
        outcome = worker.answer()
        if outcome is None:
            self.workers.remove(worker)
            worker.end()
        return job, outcome

    def end(self) -> None:
        for worker in self.workers:
            worker.end()


def _work(pipe: Connection, folder: str) -> None:
    """Do jobs until there are no more; leave Ctrl-C to the owner, end with it, keep drafts where it cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder
    threading.Thread(target=_end_with_owner, daemon=True).start()
    with suppress(EOFError):
        while True:
            pipe.send(run_job(pipe.recv_bytes()))


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
