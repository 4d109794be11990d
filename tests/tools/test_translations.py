"""Every text for people has its English, with the same places to fill in."""

from __future__ import annotations

import re

from tools.translations import gather, read_english

PLACES = re.compile(r"\{[^}]*\}|%\([^)]*\)s")


def test_every_text_has_its_english() -> None:
    english = read_english()
    missing = [
        message.id
        for message in gather()
        if message.id and not ((found := english.get(message.id)) and found.string)
    ]
    assert missing == [], "run `python tools/translations.py` and fill in web/locale/en"


def test_translations_keep_their_places() -> None:
    wrong = [
        message.id
        for message in read_english()
        if isinstance(message.id, str)
        and message.id
        and sorted(PLACES.findall(message.id)) != sorted(PLACES.findall(str(message.string)))
    ]
    assert wrong == []


def test_the_catalogue_is_not_marked_as_a_draft() -> None:
    assert not read_english().fuzzy, "the compiler skips a catalogue whose header is fuzzy"
