"""Words by which an address is found again, however it was written."""

from __future__ import annotations

import re
import unicodedata

_PARTS = re.compile(r"[\s,()\[\]·/]+")
_STEM = re.compile(
    r"^([가-힣]{2,}?)(?:특별자치시|특별자치도|특별시|광역시|시|도|군|구|읍|면|동|리|대로|로|길)$"
)
_GLUED = re.compile(r"(?<=[가-힣])(?=\d)")
MAX_TOKENS = 60


def address_tokens(*writings: str) -> list[str]:
    """Every word of the writings, and the stems people shorten place names to (역삼동 -> 역삼), once each."""
    found: dict[str, None] = {}
    for writing in writings:
        for word in query_words(writing):
            found[word] = None
            stem = _STEM.match(word)
            if stem:
                found[stem.group(1)] = None
    return list(found)[:MAX_TOKENS]


def query_words(query: str) -> list[str]:
    """The words of one writing, half-width, in order; 역삼동735 counts as 역삼동 735."""
    plain = unicodedata.normalize("NFKC", query).casefold()
    return [word for glued in _PARTS.split(plain) for word in _GLUED.split(glued) if word]
