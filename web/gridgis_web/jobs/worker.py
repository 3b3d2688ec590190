"""The worker: claims jobs, runs each in a process of its own, ends those that should end, tells of those that died."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from secrets import token_hex
from types import FrameType
from typing import Any, NoReturn

from gridgis.languages import Said, Words, listed
from gridgis_web.jobs.kind import Kind
from gridgis_web.jobs.one import Order, run_job
from gridgis_web.settings import Settings
from gridgis_web.store import Store, StoreError, jobs
from gridgis_web.store.models import Job
from gridgis_web.tiles.ahead import Ahead

LOG = logging.getLogger("gridgis")

LOOK_S = 0.5
"""How often a worker looks for jobs, and for people who want one to end."""

BEAT_S = 5.0
CONTEXT = multiprocessing.get_context("spawn")
"""How a job's process comes about: nothing of the worker's own is in it."""

MINUTE_S = 60

NOT_BEGUN = Said("no process could be started for it, or the store was out of reach just then; run it again")
STOPPED = Said("the service was stopped before it was done; nothing of it was kept, run it again")


@dataclass
class Running:
    """A job under way."""

    job: Job
    process: SpawnProcess
    folder: Path
    began: float
    verdict: tuple[str, Words] | None = None
    """State and error of one that was ended, until the store has heard of it."""


class Worker:
    """Runs jobs of a store until it is told to stop.

    Parameters
    ----------
    settings
        ``workers`` are the jobs done at once; ``job_minutes`` is the most that one may take.
    kinds
        Name -> kind.
    """

    def __init__(self, settings: Settings, kinds: Mapping[str, Kind]) -> None:
        self.settings = settings
        self.kinds = kinds
        self.name = f"{socket.gethostname()[:80]}/{os.getpid()}/{token_hex(4)}"
        self.store = Store.at(settings.place)
        self.folder = settings.folder / "drafts" / self.name.replace("/", "+")
        self.running: list[Running] = []
        self.ahead = Ahead(self.store, settings)
        self._last_beat = 0.0

    def run(self, owner: Connection | None = None) -> None:
        """Work until interrupted, or until the owner closes its end of the pipe, by ending in whatever way."""
        self._clear_up()
        try:
            while True:
                try:
                    self._go_on()
                except StoreError as error:
                    LOG.warning("the worker waits for the store: %s", error)
                ends: list[Any] = [one.process.sentinel for one in self.running] + ([owner] if owner else [])
                if not ends:
                    time.sleep(LOOK_S)
                elif owner in wait(ends, timeout=LOOK_S):
                    return
        except KeyboardInterrupt:
            return
        finally:
            self._stop()

    def _go_on(self) -> None:
        """Do what is to be done now."""
        held = jobs.held(self.store, self.name)
        for job_id in held.keys() - {one.job.id for one in self.running}:
            jobs.end(self.store, job_id, self.name, state="interrupted", error=NOT_BEGUN)
        for one in list(self.running):
            if one.verdict is None:
                one.verdict = self._judge(one, cancelled=held.get(one.job.id, True))
            if one.verdict is not None:
                self._bury(one)
        if time.monotonic() - self._last_beat > BEAT_S:
            jobs.interrupt_lost(self.store, is_dead=self._is_dead)
            if self.running:
                jobs.beat(self.store, self.name)
            self._last_beat = time.monotonic()
        while len(self.running) < max(1, self.settings.workers):
            job = jobs.claim(self.store, self.name)
            if job is None:
                break
            self._begin(job)
        if not self.running:
            self.ahead.go_on()

    def _begin(self, job: Job) -> None:
        kind = self.kinds.get(job.kind)
        if kind is None:
            error = Said(
                "there is no kind of job “{kind}”; there are {kinds}", kind=job.kind, kinds=listed(sorted(self.kinds))
            )
            jobs.end(self.store, job.id, self.name, state="failed", error=error)
            return
        folder = self.folder / str(job.id)
        folder.mkdir(parents=True)
        order = Order(
            place=self.settings.place,
            job_id=job.id,
            worker=self.name,
            kind=kind,
            scheduler=self.settings.scheduler,
            folder=folder,
        )
        process = CONTEXT.Process(target=run_job, args=(order,), daemon=True)
        try:
            process.start()
        except OSError as error:
            LOG.warning("no process could be started for job %d: %s", job.id, error)
            return
        self.running.append(Running(job=job, process=process, folder=folder, began=time.monotonic()))

    def _judge(self, one: Running, *, cancelled: bool) -> tuple[str, Words] | None:
        """Return how a job has to end, with why; None: it goes on."""
        minutes = self.settings.job_minutes
        if not one.process.is_alive():
            return "interrupted", _death(one.process.exitcode)
        if cancelled:
            return "cancelled", jobs.NOTHING
        if minutes and time.monotonic() - one.began > minutes * MINUTE_S:
            return "failed", Said("it took longer than {minutes} minutes and was ended", minutes=minutes)
        return None

    def _bury(self, one: Running) -> None:
        """End a job's process, if need be, and say so; what it finished before that stays finished."""
        one.process.kill()
        one.process.join()
        state, error = one.verdict or ("interrupted", STOPPED)
        jobs.end(self.store, one.job.id, self.name, state=state, error=error)
        shutil.rmtree(one.folder, ignore_errors=True)
        self.running.remove(one)

    def _stop(self) -> None:
        self.ahead.stop()
        for one in self.running:
            one.process.kill()
        for one in list(self.running):
            try:
                self._bury(one)
            except StoreError as error:  # the next worker to start will find it
                LOG.warning("job %d could not be marked as interrupted: %s", one.job.id, error)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.store.close()

    def _clear_up(self) -> None:
        """Remove the drafts of workers that were killed."""
        for folder in self.folder.parent.glob("*+*+*"):
            if self._is_dead(folder.name.replace("+", "/")):
                shutil.rmtree(folder, ignore_errors=True)

    def _is_dead(self, worker: str) -> bool:
        """Tell whether a worker is known to be dead: its process was on this machine and is no more."""
        if worker == self.name:
            return False
        host, _, rest = worker.rpartition("/")[0].rpartition("/")
        if host != socket.gethostname()[:80] or not rest.isdigit() or os.name == "nt":
            return False
        if int(rest) == os.getpid():
            return True
        try:
            os.kill(int(rest), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _death(code: int | None) -> Words:
    """Say how a process ended that said nothing itself."""
    if code == -9:
        return Said(
            "its process ended by signal 9; the machine may have run out of memory; nothing of it was kept, "
            "run it again"
        )
    if code is not None and code < 0:
        return Said("its process ended by signal {signal}; nothing of it was kept, run it again", signal=-code)
    return Said("its process ended with code {code}; nothing of it was kept, run it again", code=str(code))


def work(settings: Settings, kinds: Mapping[str, Kind], owner: Connection | None = None) -> None:
    """Be a worker process: of a server, which `owner` leads to, or by itself."""
    logging.basicConfig(format="gridgis: %(message)s")
    signal.signal(signal.SIGTERM, _interrupt)
    if owner is not None:  # Ctrl-C in a terminal reaches all processes; the server tells this one by itself
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(settings, kinds).run(owner)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
