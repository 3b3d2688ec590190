"""Every word of the pages is there in Chinese and English, and everyone reads their own language."""

from pathlib import Path

import gridgis_web
from babel.messages.extract import extract_from_dir
from gridgis_web.languages import read_catalogue

PACKAGE = Path(gridgis_web.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
KEYWORDS = {"gettext": None, "lazy_gettext": None, "_": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}


def used_words():
    return {
        message: f"{file}:{line}"
        for file, line, message, _, _ in extract_from_dir(PACKAGE, method_map=METHODS, keywords=KEYWORDS)
    }


def test_every_word_of_the_pages_has_its_chinese():
    catalogue = read_catalogue("zh")
    there = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    missing = {word: place for word, place in used_words().items() if word not in there}
    assert missing == {}


def test_no_word_is_translated_that_nobody_says():
    spare = {message.id for message in read_catalogue("zh") if message.id} - used_words().keys()
    assert spare == set()


def test_a_translation_names_what_the_original_names():
    for message in read_catalogue("zh"):
        if message.id:
            assert [str(error) for error in message.check()] == []
