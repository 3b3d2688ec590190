"""Every word of the pages is there in Chinese and English, and everyone reads their own language."""

from pathlib import Path

import gridgis_web
from spoken import catalogue_of, differing, hidden, missing, spare

PACKAGE = Path(gridgis_web.__file__).parent


def test_every_word_of_the_pages_has_its_chinese():
    assert missing(PACKAGE) == {}


def test_no_word_is_translated_that_nobody_says():
    assert spare(PACKAGE) == set()


def test_a_translation_names_what_the_original_names():
    assert differing(PACKAGE) == {}
    for message in catalogue_of(PACKAGE):
        assert [str(error) for error in message.check()] == []


def test_every_template_stands_in_its_call():
    assert hidden(PACKAGE) == []
