"""The whole service in one command: the server, and beside it a worker that is started again when it dies."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import FrameType, TracebackType
from typing import NoReturn, Self, cast

from flask import Flask

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.api.events import Listeners
from gridgis_web.jobs.kind import Kind
from gridgis_web.jobs.worker import work
from gridgis_web.settings import Settings
from gridgis_web.store import Store
from gridgis_web.warming import warm

LOG = logging.getLogger("gridgis")

LONGEST_PAUSE_S = 30.0
"""Between two starts of a worker that dies again and again."""

PATIENCE_S = 10.0
"""How long a worker may take to end."""


def open_store(place: str) -> Store:
    """Return a store that is ready; an embedded one that is empty or not there yet gets its tables.

    Raises
    ------
    StoreError
        Any other store without this program's tables; the text says what to do.
    """
    store = Store.at(place)
    if store.embedded and (not store.file.exists() or store.revision is None):
        store.upgrade()
    store.check()
    return store


class Supervisor:
    """Keeps a worker process alive, from ``with`` to its end; the worker ends with this process in any case."""

    def __init__(self, settings: Settings, kinds: Mapping[str, Kind]) -> None:
        self._order = (settings, kinds)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None
        self._thread = threading.Thread(target=self._keep, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        """Start the worker."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it, and with it its jobs."""
        with self._lock:
            self._over.set()
            if self._line is not None:
                self._line.close()
        self._thread.join(PATIENCE_S)
        if self._process is not None and self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _keep(self) -> None:
        pause = 1.0
        while True:
            began = time.monotonic()
            with self._lock:
                if self._over.is_set():
                    return
                self._process = self._start()
            self._process.join()
            if self._over.is_set():
                return
            pause = 1.0 if time.monotonic() - began > LONGEST_PAUSE_S else min(2 * pause, LONGEST_PAUSE_S)
            LOG.warning("the worker ended with code %s; a new one starts", self._process.exitcode)
            self._over.wait(pause)

    def _start(self) -> SpawnProcess:
        context = multiprocessing.get_context("spawn")
        theirs, self._line = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(*self._order, theirs), name="gridgis worker")
        process.start()
        theirs.close()
        return process


def serve(app: Flask, settings: Settings, kinds: Mapping[str, Kind], *, ready: Callable[[str], None]) -> None:
    """Answer requests, and do jobs if the settings want workers, until asked to end.

    Parameters
    ----------
    ready
        Called with the address once the server listens.

    Raises
    ------
    InputError
        The address cannot be had.
    """
    from waitress import create_server

    try:
        server = create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident="gridgis",
            max_request_body_size=(settings.upload_mb + 1) * 1024 * 1024,
            # the application itself decides how many proxies to believe
            clear_untrusted_proxy_headers=not settings.proxies,
            # so that listeners who went away are noticed
            channel_request_lookahead=1,
        )
    except OSError as error:
        reason: str = (
            Said("something else listens there") if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        )
        raise InputError(
            Said(
                "{host}:{port} cannot be had ({reason}); choose another with --port",
                host=settings.host,
                port=settings.port,
                reason=reason,
            )
        ) from error
    # it warns of each request that waits for a thread, however shortly
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    warm(app)
    _end_on_signals(cast(Listeners, app.extensions["gridgis_listeners"]))
    try:
        if settings.workers:
            with Supervisor(settings, kinds):
                ready(_address(settings))
                server.run()
        else:
            ready(_address(settings))
            server.run()
    except KeyboardInterrupt:  # before or after the server's own loop, which ends on it
        pass
    finally:
        server.close()


def _address(settings: Settings) -> str:
    """Return where a browser on this machine finds the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}/"


def _end_on_signals(listeners: Listeners) -> None:
    """Let Ctrl-C and the system's request to end stop the server; listeners would hold it up."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        listeners.closing.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
