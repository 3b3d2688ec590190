"""How many threads share the work, and giving it to them; what they compute never depends on their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gridgis.errors import InputError
from gridgis.languages import Said

Item = TypeVar("Item")
Answer = TypeVar("Answer")

SMALL = 50_000
"""Up to so many units, starting threads takes longer than they save."""


def workers() -> int:
    """Return how many threads work at once: ``GRIDGIS_THREADS``, or one for every processor.

    Raises
    ------
    InputError
        When that variable of the environment is no number above 0.
    """
    text = os.environ.get("GRIDGIS_THREADS", "")
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or int(text) < 1:
        raise InputError(
            Said("GRIDGIS_THREADS is “{text}”; set it to a whole number above 0, or not at all", text=text)
        )
    return int(text)


def each(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """Return ``work(item)`` for every item, in their order; compiled code that holds no lock runs side by side."""
    with ThreadPoolExecutor(workers()) as pool:
        return list(pool.map(work, items))


def side_by_side(first: Callable[[], Item], second: Callable[[], Answer]) -> tuple[Item, Answer]:
    """Return what two works return, done at once where there is more than one thread."""
    if workers() == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second)
        return first(), waiting.result()


def in_ranges(work: Callable[[int, int], Answer], n: int) -> list[Answer]:
    """Return ``work(start, end)`` for a few ranges that make up 0 … n, in their order."""
    if n <= SMALL:
        return [work(0, n)]
    count = 8
    return each(lambda i: work(n * i // count, n * (i + 1) // count), range(count))
