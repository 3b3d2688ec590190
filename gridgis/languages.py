"""Texts in Chinese and English: a template and its values, said in the reader's language where it is read.

A text is English wherever it is treated as a string; `Words.to` says it in another language. The Chinese templates
are in ``translations/zh/*.po``, which are read as they are written, when the first text is said in Chinese.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

Language = Literal["zh", "en"]

FOLDERS: list[Path] = [Path(__file__).parent / "translations"]
"""Where catalogues are: a folder a language, in it one ``.po`` a topic; see `add_translations`."""


class Words(str):
    """A text in English that can also be said in another language."""

    __slots__ = ()

    def to(self, language: Language) -> str:
        """Return the text in a language."""
        raise NotImplementedError

    def map(self, change: Callable[[str], str]) -> Words:
        """Return the text with what `change` makes of every name in it, e.g. to show a file without its folder."""
        raise NotImplementedError


class Said(Words):
    """A template and its values: ``Said("{count:,} rows lie outside; correct them", count=7)``.

    The template stands in the call itself, where the test of the catalogues finds it. Values are numbers, dates, texts,
    other words, or whatever `str` makes a text of.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill the template in."""
        kept = {name: value if isinstance(value, str | Number | date) else str(value) for name, value in values.items()}
        self = super().__new__(cls, template.format(**kept))
        self.template, self.values = template, kept
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.template,), self.values

    def to(self, language: Language) -> str:
        """Return the text in a language; in English, where the catalogue of that language lacks it."""
        template = self.template if language == "en" else translations(language).get(self.template, self.template)
        return template.format(**{name: said(value, language) for name, value in self.values.items()})

    def map(self, change: Callable[[str], str]) -> Said:
        """Return the template with other values."""
        return type(self)(self.template, **{name: _mapped(value, change) for name, value in self.values.items()})


class Both(Words):
    """A text that is given in both languages."""

    __slots__ = ("zh",)

    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Take both texts."""
        self = super().__new__(cls, en)
        self.zh = zh
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, Any]]:
        return (str(self), self.zh), {}

    def to(self, language: Language) -> str:
        """Return the one of the two."""
        return self.zh if language == "zh" else str(self)

    def map(self, change: Callable[[str], str]) -> Both:
        """Return both texts changed."""
        return Both(change(str(self)), change(self.zh))


def said(value: Any, language: Language) -> Any:
    """Return words in a language; anything else as it is."""
    return value.to(language) if isinstance(value, Words) else value


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Words):
        return value.map(change)
    return change(value) if isinstance(value, str) else value


def listed(items: Iterable[object], last: Literal["", "and", "or"] = "") -> Both:
    """List items: ``a, b, c``; with a word before the last one: ``a, b and c``. In Chinese ``a、b和c``."""
    row = list(items)
    en, zh = ([str(said(item, language)) for item in row] for language in ("en", "zh"))
    if not last or len(row) < 2:
        return Both(", ".join(en), "、".join(zh))
    word = {"and": "和", "or": "或"}[last]
    return Both(f"{', '.join(en[:-1])} {last} {en[-1]}", f"{'、'.join(zh[:-1])}{word}{zh[-1]}")


def add_translations(folder: Path) -> None:
    """Let the catalogues of another package be read too."""
    if folder not in FOLDERS:
        FOLDERS.append(folder)
        translations.cache_clear()


def read_catalogue(language: str, folders: Iterable[Path] | None = None) -> Catalog:
    """Return everything translated to a language, put together."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    whole = Catalog(locale=language)
    for folder in FOLDERS if folders is None else folders:
        for file in sorted((folder / language).glob("*.po")):
            with file.open("rb") as handle:
                for message in read_po(handle, locale=language):
                    if message.id:
                        whole[message.id] = message
    return whole


@cache
def translations(language: str) -> dict[str, str]:
    """Return template -> its translation."""
    found = ((message.id, message.string) for message in read_catalogue(language))
    return {id_: text for id_, text in found if isinstance(id_, str) and isinstance(text, str) and text}
