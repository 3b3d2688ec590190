"""Server-sent events: a job's progress. Each listener takes a thread of the server, so their number has a bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import cast

from flask import Response, current_app, json, request
from werkzeug.exceptions import ServiceUnavailable

from gridgis.languages import Language
from gridgis_web import current
from gridgis_web.store import Store, StoreError, jobs
from gridgis_web.store.models.work import FINISHED

LOOK_S = 0.5
HEARTBEAT_S = 10
"""A comment goes out when there is nothing to tell, so that proxies keep the line open and dead ones are found."""

STREAM_S = 600
"""Then the listener is asked to come again: by its Last-Event-ID it misses nothing, and its rights are asked anew."""

RETRY_S = 5


class Listeners:
    """How many may listen at once, and whether all have to go."""

    def __init__(self, most: int) -> None:
        self.free = threading.BoundedSemaphore(most) if most else None
        self.closing = threading.Event()

    def enter(self) -> bool:
        """Take a place, if there is one."""
        return self.free is not None and self.free.acquire(blocking=False)

    def leave(self) -> None:
        """Give the place back."""
        if self.free is not None:
            self.free.release()


def listen(job_id: int, *, after: str) -> Response:
    """Answer with a job's events after the one of a number; raises ServiceUnavailable when too many listen."""
    listeners = cast(Listeners, current_app.extensions["gridgis_listeners"])
    if not listeners.enter():
        raise ServiceUnavailable("too many follow jobs at present; ask for the job itself instead", retry_after=RETRY_S)
    gone = cast(Callable[[], bool], request.environ.get("waitress.client_disconnected", lambda: False))
    seen = int(after) if after.isdecimal() and len(after) < 10 else 0
    events = _events(
        current.store(),
        job_id,
        seen,
        over=lambda: listeners.closing.is_set() or gone(),
        listeners=listeners,
        language=current.language(),
    )
    response = stream(events)
    # not in the generator: one that was never begun never ends
    response.call_on_close(listeners.leave)
    return response


def _events(
    store: Store, job_id: int, seen: int, *, over: Callable[[], bool], listeners: Listeners, language: Language
) -> Iterator[str]:
    """Yield events; their number is that of the log's lines heard so far, which is where a listener goes on."""
    yield f"retry: {RETRY_S * 1000}\n\n"
    began = spoken = time.monotonic()
    before = None
    while not over() and time.monotonic() - began < STREAM_S:
        try:
            with store.read() as session:
                job = jobs.find(session, job_id)
        except StoreError:
            return
        if job is None:
            return
        for at, text in job.log[seen:]:
            seen += 1
            yield event("log", seen, {"at": at, "text": text})
        progress = {"state": job.state, "step": job.step, "done": job.done, "cancel": job.cancel}
        if progress != before:
            yield event("progress", seen, progress)
            before, spoken = progress, time.monotonic()
        if job.state in FINISHED:
            told: dict[str, object] = {"error": job.error_in(language), "problem": job.problem, "result": job.result}
            yield event("end", seen, {"state": job.state, **told})
            return
        if time.monotonic() - spoken > HEARTBEAT_S:
            yield ": still here\n\n"
            spoken = time.monotonic()
        listeners.closing.wait(LOOK_S)


def stream(events: Iterator[str]) -> Response:
    """Answer with events as they come."""
    response = Response(events, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def event(name: str, number: int, data: dict[str, object]) -> str:
    """Write an event; whoever comes again says the number of the last one."""
    return f"event: {name}\nid: {number}\ndata: {json.dumps(data)}\n\n"
