"""The one error family: every message says what, how many or which, and the remedy, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

from gridgis.languages import Both, Language, Words, said


class GridgisError(Exception):
    """Something a person can mend.

    `said` is what they are told, a line each: in English as a string, by `lines` in the reader's language.
    """

    def __init__(self, *words: Words) -> None:
        self.said = words
        super().__init__(*words)

    def __str__(self) -> str:
        return "\n".join(self.said)

    def lines(self, language: Language) -> list[str]:
        """Return what to tell a person, line by line."""
        return [line for words in self.said for line in said(words, language).splitlines() if line.strip()]

    def in_both(self) -> Both:
        """Return all lines as one text, to be kept where its reader is not known yet."""
        return Both(str(self), "\n".join(self.lines("zh")))


class InputError(GridgisError):
    """Input or options that cannot be used.

    All faults of one input are collected and raised once.
    """

    @property
    def faults(self) -> tuple[Words, ...]:
        """What is wrong with the input."""
        return self.said


class InfeasibleError(GridgisError):
    """The rules cannot be met, whatever the partition; `reasons` says why, with ids."""

    @property
    def reasons(self) -> tuple[Words, ...]:
        """Why they cannot."""
        return self.said


class ExportError(GridgisError):
    """A plan could not be written."""


def some(ids: Sequence[object], limit: int = 5) -> Both:
    """List the first ids of a longer row: ``1, 2, 3 and 40 more``, in Chinese ``1、2、3等43个``."""
    shown = ", ".join(str(i) for i in ids[:limit])
    rest = len(ids) - limit
    return Both(f"{shown} and {rest:,} more" if rest > 0 else shown, some_zh(ids, limit))


def some_zh(ids: Sequence[object], limit: int = 5) -> str:
    """Do the same in Chinese alone."""
    shown = "、".join(str(i) for i in ids[:limit])
    return f"{shown}等{len(ids)}个" if len(ids) > limit else shown
