"""Lists for texts: plain words, hard ones with what to say instead, promotional ones, values in English."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "words"


@cache
def plain_words() -> frozenset[str]:
    """Words, and stems of words, that everybody knows."""
    return frozenset(word for line in _lines("plain.txt") for word in line.split())


@cache
def hard_words() -> dict[str, str]:
    """Words of the trade and of offices -> how they are said plainly."""
    return _pairs("hard.txt")


@cache
def english_words() -> dict[str, str]:
    """Values that texts fill in, beside those of the screen's catalogue -> how they are said in English."""
    return _pairs("english.txt")


@cache
def promotional_words() -> tuple[str, ...]:
    """Words that make a text an advertisement."""
    return tuple(_lines("promotion.txt"))


def _pairs(name: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in _lines(name))
    return {said.strip(): instead.strip() for said, _equals, instead in pairs}


def _lines(name: str) -> Iterator[str]:
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].strip()
        if words:
            yield words
