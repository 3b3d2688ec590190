"""The words that layers use, from ``words.toml``."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads(files("gridgis.inputs").joinpath("words.toml").read_text("utf-8"))
NOTHING = "nothing"
"""What a word means that stands for no line on the ground."""


def spellings(section: str) -> dict[str, tuple[str, ...]]:
    """Return meaning -> words of a section, in the order written."""
    return {meaning: tuple(words.split()) for meaning, words in _WORDS[section].items()}


def meanings(section: str) -> dict[str, str]:
    """Return word -> meaning of a section."""
    return {word: meaning for meaning, words in spellings(section).items() for word in words}


def patterns(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return ``(pattern, meaning)`` in the order they are tried."""
    return tuple((re.compile(words, re.IGNORECASE), meaning) for words, meaning in _WORDS[name])


def first_meaning(text: str, tried: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    """Return the meaning of the first pattern found in `text`, or None."""
    return next((meaning for pattern, meaning in tried if pattern.search(text)), None)
