"""What a kind of job is: three functions, of which the long one needs no store and so runs anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from sqlalchemy.orm import Session

from gridgis_web.store import Store
from gridgis_web.store.models import Job

Parcel = dict[str, Any]
"""What travels between processes and machines: bytes and values that can be pickled, by name."""


Keep = Callable[[Session], Parcel]
"""Writes what was made, in the transaction in which the job becomes done; returns its result, plain values alone."""


class Report(Protocol):
    """Tells how far a job is; may be called as often as one likes, from the thread that works."""

    def progress(self, step: str, share: float) -> None:
        """Tell the step under way and how much of it is done, 0 … 1."""

    def log(self, text: str) -> None:
        """Tell a line for people."""


class Kind(NamedTuple):
    """A kind of job."""

    gather: Callable[[Store, Job], Parcel]
    """Read from the store all that the work needs; must change nothing. What is wrong with the request shows here."""
    work: Callable[[Parcel, Report], Parcel]
    """Do it: in a process of its own, perhaps on another machine, without the store."""
    keep: Callable[[Job, Parcel, Parcel], Keep]
    """Make what was made, of what was gathered, ready to be written; return what writes it."""
