"""Who else works on a draft, and that it has changed, as server-sent events.

A page that is alone is answered at once and comes again: only where several work on one draft lines are kept open, at
most half as many as may listen to jobs, so that there are always threads to answer with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import marshmallow as ma
from flask import Response, current_app, request

from gridgis_web import current
from gridgis_web.access import current_account, needs
from gridgis_web.api.blueprint import PREFIX, ApiBlueprint
from gridgis_web.api.events import HEARTBEAT_S, STREAM_S, Listeners, event, stream
from gridgis_web.api.fields import about
from gridgis_web.api.plans import seen_in_short
from gridgis_web.errors import NotFound
from gridgis_web.store import Store, StoreError, visits
from gridgis_web.store.visits import Company

blueprint = ApiBlueprint("company", __name__, description="Who works on a draft", url_prefix=f"{PREFIX}/plans")

LOOK_S = 1.0
ALONE_S = 8
"""After so long a page that is alone asks again."""
CROWDED_S = 4
"""After so long one asks again whose line was not kept open for want of room."""


class Rooms:
    """Lines kept open for drafts: each takes a place among all listeners, and together they take half of them."""

    def __init__(self, listeners: Listeners, most: int) -> None:
        self.listeners = listeners
        self.free = threading.BoundedSemaphore(most) if most else None

    def enter(self) -> bool:
        """Take a place, if there is one."""
        if self.free is None or not self.free.acquire(blocking=False):
            return False
        if self.listeners.enter():
            return True
        self.free.release()
        return False

    def leave(self) -> None:
        """Give the place back."""
        self.listeners.leave()
        if self.free is not None:
            self.free.release()


class PageAsking(ma.Schema):
    """Which page asks."""

    page = ma.fields.String(
        required=True,
        validate=ma.validate.Regexp(r"^[0-9A-Za-z-]{1,40}$"),
        metadata=about("A name that the page has given itself"),
    )


@blueprint.route("/<int:plan_id>/events")
@blueprint.arguments(PageAsking, location="query")
@blueprint.response(200, {"type": "string"}, content_type="text/event-stream")
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.edit")
def follow_draft(wanted: dict[str, str], plan_id: int) -> Response:
    """Say that a page is there, and tell by server-sent events, ``company``, who else is, and the draft's version."""
    store, page = current.store(), wanted["page"]
    with store.read() as session:
        seen_in_short(session, plan_id)
    login = current_account().login
    visits.arrive(store, plan_id, page, login)
    with store.read() as session:
        company = visits.company_of(session, plan_id, page)
    rooms = cast(Rooms, current_app.extensions["gridgis_rooms"])
    if not company.others or not rooms.enter():
        return stream(iter([_retry(ALONE_S if not company.others else CROWDED_S), _told(company)]))
    gone = cast(Callable[[], bool], request.environ.get("waitress.client_disconnected", lambda: False))
    told = _events(store, plan_id, page, login, company, over=lambda: rooms.listeners.closing.is_set() or gone())
    response = stream(_paced(told, rooms.listeners.closing))
    response.call_on_close(rooms.leave)
    return response


@blueprint.route("/<int:plan_id>/events", methods=["DELETE"])
@blueprint.arguments(PageAsking, location="query")
@blueprint.response(204)
@blueprint.alt_response(404, "NOT_FOUND")
@needs("plans.edit")
def leave_draft(wanted: dict[str, str], plan_id: int) -> None:
    """Say that a page is gone."""
    with current.store().write() as session:
        seen_in_short(session, plan_id)
        visits.leave(session, plan_id, wanted["page"], current_account().login)


def _events(
    store: Store, plan_id: int, page: str, login: str, company: Company, *, over: Callable[[], bool]
) -> Iterator[str | None]:
    """Yield events, and None where there is nothing to tell; it ends when one is alone again."""
    yield _retry(CROWDED_S)
    yield _told(company)
    began = spoken = time.monotonic()
    read: Any = None
    while not over() and time.monotonic() - began < STREAM_S:
        try:
            if not visits.arrive(store, plan_id, page, login, anew=False):
                return
            # nobody has written anything since: nothing has to be asked
            if (now := store.recent()) is not read or time.monotonic() - spoken > HEARTBEAT_S:
                read = now
                with store.read() as session:
                    found = visits.company_of(session, plan_id, page)
                if found != company:
                    company, spoken = found, time.monotonic()
                    yield _told(company)
        except (StoreError, NotFound):
            return
        if not company.others:
            return
        if time.monotonic() - spoken > HEARTBEAT_S:
            yield ": still here\n\n"
            spoken = time.monotonic()
        yield None


def _paced(events: Iterator[str | None], closing: threading.Event) -> Iterator[str]:
    for one in events:
        if one is None:
            closing.wait(LOOK_S)
        else:
            yield one


def _retry(seconds: int) -> str:
    return f"retry: {seconds * 1000}\n\n"


def _told(company: Company) -> str:
    return event("company", company.version, company._asdict() | {"others": list(company.others)})
