"""What browsers run: the bundles that the front end's build has put into ``static/app``, and the words in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from babel.messages.pofile import read_po
from flask import Flask, url_for
from flask_babel import get_locale
from whitenoise import WhiteNoise

from gridgis_web import current
from gridgis_web.headers import safety_of
from gridgis_web.languages import TAGS
from gridgis_web.settings import Settings

FOLDER = Path(__file__).parent / "static" / "app"
TRANSLATIONS = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Bundle:
    """What a page loads for one entry of the front end.

    Attributes
    ----------
    script, styles, shared
        Addresses: of the module, of its style sheets, of the modules that it imports.
    words
        What ``words.js`` reads: the reader's language and its messages.
    """

    script: str
    styles: list[str]
    shared: list[str]
    words: dict[str, Any]


@lru_cache(maxsize=1)
def _manifest(written_ns: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["entries"]
    return found


@cache
def messages_of(language: str, folders: tuple[str, ...]) -> dict[str, str | list[str]]:
    """Return English text -> its translation, or one for each plural form.

    Parameters
    ----------
    folders
        Of the front end's sources; the words of each are in the catalogue of its name.
    """
    found: dict[str, str | list[str]] = {}
    files = [TRANSLATIONS / language / f"{folder}.po" for folder in folders]
    for file in filter(Path.exists, files):
        with file.open("rb") as handle:
            for message in read_po(handle, locale=language):
                if isinstance(message.id, str) and isinstance(message.string, str):
                    found[message.id] = message.string
                elif isinstance(message.string, tuple):
                    found[message.id[0]] = list(message.string)
    return found


def bundle(name: str) -> Bundle:
    """Return an entry's bundle, with its words in the language of the current request.

    Raises
    ------
    RuntimeError
        The front end was not built: the installation is incomplete.
    """
    try:
        # a build that watches the sources writes it anew while the service runs
        told = _manifest((FOLDER / "manifest.json").stat().st_mtime_ns)[name]
    except FileNotFoundError:
        raise RuntimeError(f"the front end is not built ({FOLDER}): ./run bundle builds it") from None
    language = str(get_locale())
    address = [url_for("static", filename=f"app/{file}") for file in (told["script"], *told["shared"])]
    return Bundle(
        script=address[0],
        styles=[url_for("static", filename=f"app/{told['style']}")] if told["style"] else [],
        shared=address[1:],
        words={
            "language": language,
            "tag": TAGS.get(language, language),
            "timezone": current.settings().timezone,
            "messages": messages_of(language, tuple(told["words"])),
        },
    )


def offer_bundles(app: Flask, settings: Settings) -> None:
    """Let templates call `bundle`, and send what pages are made of: compressed, and bundles to be kept for good.

    Files go out before the application looks at who asks: what everybody gets is no business of a session.
    """
    app.add_template_global(bundle)
    safety = safety_of(settings)

    def mark(headers: Headers, path: str, url: str) -> None:
        for name, value in safety.items():
            headers[name] = value

    assert app.static_folder is not None, "the package has one"
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=app.static_folder,
        prefix="static/",
        # another content has another name
        immutable_file_test=lambda path, url: url.startswith("/static/app/"),
        add_headers_function=mark,
        allow_all_origins=False,
    )
