"""The one error family: every message says what, how many or which, and the remedy."""

from __future__ import annotations

from collections.abc import Sequence


class GridgisError(Exception):
    """Something a person can mend; its text is shown to them as it is."""


class InputError(GridgisError):
    """Input or options that cannot be used.

    All faults of one input are collected and raised once.
    """

    def __init__(self, *faults: str) -> None:
        self.faults: tuple[str, ...] = faults
        super().__init__("\n".join(faults))


class InfeasibleError(GridgisError):
    """The rules cannot be met, whatever the partition; `reasons` says why, with ids."""

    def __init__(self, *reasons: str) -> None:
        self.reasons: tuple[str, ...] = reasons
        super().__init__("\n".join(reasons))


class ExportError(GridgisError):
    """A plan could not be written."""


def some(ids: Sequence[object], limit: int = 5) -> str:
    """List the first ids of a longer row: ``1, 2, 3 and 40 more``."""
    shown = ", ".join(str(i) for i in ids[:limit])
    rest = len(ids) - limit
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def some_zh(ids: Sequence[object], limit: int = 5) -> str:
    """Do the same in Chinese: ``1、2、3等43个``."""
    shown = "、".join(str(i) for i in ids[:limit])
    return f"{shown}等{len(ids)}个" if len(ids) > limit else shown
