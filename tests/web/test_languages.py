"""Every word of the pages is there in Chinese and English, and everyone reads their own language."""

from io import BytesIO
from pathlib import Path

import gridgis_web
from babel.messages.pofile import read_po
from spoken import catalogue_of, differing, hidden, missing, script_words, spare, used_words

PACKAGE = Path(gridgis_web.__file__).parent
ON_THE_WORKBENCH = ("bench", "compare", "edit", "map", "publish", "shell")


def test_every_word_of_the_pages_has_its_chinese():
    assert missing(PACKAGE) == {}


def test_every_word_of_a_script_is_in_the_catalogue_that_its_page_hands_over():
    there = {
        (file.stem, message.id)
        for file in (PACKAGE / "translations" / "zh").glob("*.po")
        for message in read_po(BytesIO(file.read_bytes()))
        if message.string
    }
    assert script_words() - there == set()


def test_a_page_says_one_thing_in_one_way():
    """The words of a page come from the catalogues of all folders in its bundle; one of them would win."""
    meant = {}
    for file in sorted((PACKAGE / "translations" / "zh").glob("*.po")):
        for message in read_po(BytesIO(file.read_bytes())):
            if message.id and file.stem in ON_THE_WORKBENCH:
                meant.setdefault(message.id, set()).add(message.string)
    assert {text: said for text, said in meant.items() if len(said) > 1} == {}


def test_what_a_template_says_is_said_in_one_way_in_every_catalogue():
    """Templates read all catalogues as one; one of two translations would win on every page."""
    said = used_words(PACKAGE).keys()
    meant = {}
    for file in sorted((PACKAGE / "translations" / "zh").glob("*.po")):
        for message in read_po(BytesIO(file.read_bytes())):
            if message.id and message.id in said:
                meant.setdefault(message.id, {})[message.string] = file.stem
    assert {text: found for text, found in meant.items() if len(found) > 1} == {}


def test_no_word_is_translated_that_nobody_says():
    assert spare(PACKAGE) - {message for _, message in script_words()} == set()


def test_a_translation_names_what_the_original_names():
    assert differing(PACKAGE) == {}
    for message in catalogue_of(PACKAGE):
        assert [str(error) for error in message.check()] == []


def test_every_template_stands_in_its_call():
    assert hidden(PACKAGE) == []
