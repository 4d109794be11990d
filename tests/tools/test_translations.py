"""Every text for people has its English, with the same places to fill in."""

from __future__ import annotations

import re

from tools.translations import gather, read_english, sign

PLACES = re.compile(r"\{[^}]*\}|%\([^)]*\)s")


def test_every_text_has_its_english() -> None:
    english = read_english()
    missing = [
        message.id
        for message in gather()
        if message.id and not ((found := english.get(message.id, message.context)) and found.string)
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


def test_a_weekday_is_not_a_month_and_a_day_is_not_sunday() -> None:
    english = read_english()
    meant = {("월", "요일"): "Mon", ("월", "날짜"): "Month", ("일", "요일"): "Sun", ("일", None): " days"}
    assert {
        (text, context): getattr(english.get(text, context), "string", "") for text, context in meant
    } == meant


def test_the_head_names_the_product_and_stays_as_it_is() -> None:
    english = read_english()
    before = dict(english.mime_headers)
    assert not [value for value in before.values() if re.search("VERSION|EMAIL|FULL NAME|YEAR|LL@li", value)]
    sign(english)
    assert dict(english.mime_headers) == before


def test_the_catalogue_is_not_marked_as_a_draft() -> None:
    assert not read_english().fuzzy, "the compiler skips a catalogue whose header is fuzzy"
