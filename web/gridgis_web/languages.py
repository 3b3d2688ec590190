"""Chinese and English: who reads which, and the catalogues, which are read as they are written (``.po``)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from babel.messages.mofile import write_mo
from babel.support import NullTranslations, Translations
from flask import Flask, request, session
from flask_babel import Babel, Domain, get_locale

from gridgis.languages import read_catalogue
from gridgis_web import current
from gridgis_web.access import current_account
from gridgis_web.settings import LANGUAGES, Settings

NAMES = {"zh": "中文", "en": "English"}
TAGS = {"zh": "zh-Hans", "en": "en"}


class Catalogues(Domain):  # type: ignore[misc]
    """The catalogues in memory: nothing has to be compiled beforehand, in a clone as little as in a wheel."""

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, NullTranslations] = {"en": NullTranslations()}

    def get_translations(self) -> NullTranslations:
        """Return what the current request reads."""
        language = str(get_locale() or "en")
        if language not in self._read:
            compiled = BytesIO()
            write_mo(compiled, read_catalogue(language))
            compiled.seek(0)
            self._read[language] = Translations(compiled)
        return self._read[language]


def choose_language() -> str:
    """Return the language of the current request.

    What ``?lang=`` asks for counts, and is remembered; then what the account or an earlier visit chose; then what
    the browser prefers; then the settings. A program is answered in the language it asks for, else in English.
    """
    preferred = request.accept_languages.best_match(LANGUAGES)
    if request.path.startswith("/api/"):
        return session.get("language") or preferred or "en"
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["language"] = asked
        return asked
    chosen = session.get("language") or current_account().language
    if chosen in LANGUAGES:
        return str(chosen)
    return preferred or current.settings().language


def other_languages() -> list[tuple[str, str, str]]:
    """Return code, name and address of this page in each other language."""
    mine = str(get_locale())
    return [
        (code, NAMES[code], "?" + "&".join([*_kept_arguments(), f"lang={code}"])) for code in LANGUAGES if code != mine
    ]


def _kept_arguments() -> list[str]:
    kept = request.query_string.decode(errors="replace").split("&")
    return [part for part in kept if part and not part.startswith("lang=")]


def speak(app: Flask, settings: Settings) -> None:
    """Let an application speak all languages."""
    babel = Babel(app, default_locale="en", default_timezone=settings.timezone, locale_selector=choose_language)
    babel.domain_instance = Catalogues()

    @app.context_processor
    def words() -> dict[str, Any]:
        language = str(get_locale())
        return {"language": language, "language_tag": TAGS.get(language, language), "other_languages": other_languages}
