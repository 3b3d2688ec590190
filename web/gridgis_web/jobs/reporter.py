"""Brings a job's progress into the store, a little later and seldom, so that the work never waits for a writer."""

from __future__ import annotations

import threading
from datetime import datetime
from types import TracebackType
from typing import Self

from gridgis_web.store import Store, StoreError, jobs
from gridgis_web.store.models import now

EVERY_S = 0.5
"""The store hears of progress no more often."""


class Reporter:
    """A `kind.Report` that writes in a thread of its own, from ``with`` to its end."""

    def __init__(self, store: Store, job_id: int, worker: str) -> None:
        self._store = store
        self._job = (job_id, worker)
        self._lock = threading.Lock()
        self._step, self._done = "", 0.0
        self._lines: list[tuple[datetime, str]] = []
        self._changed = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, name="reporter", daemon=True)

    def progress(self, step: str, share: float) -> None:
        """See `kind.Report`."""
        with self._lock:
            self._step, self._done, self._changed = step[:40], min(max(share, 0.0), 1.0), True

    def log(self, text: str) -> None:
        """See `kind.Report`."""
        with self._lock:
            self._lines.append((now(), text))
            self._changed = True

    def __enter__(self) -> Self:
        """Begin to write."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Write what is left."""
        self._over.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._over.wait(EVERY_S):
            self._write()
        self._write()

    def _write(self) -> None:
        with self._lock:
            if not self._changed:
                return
            step, done, lines = self._step, self._done, self._lines
            self._lines, self._changed = [], False
        try:
            jobs.report(self._store, *self._job, step=step, done=done, lines=lines)
        except StoreError:
            with self._lock:  # busy or out of reach: once more later
                self._lines, self._changed = [*lines, *self._lines], True
        except jobs.Lost:
            self._over.set()
