"""Words that a parent of seventy-five may stumble over: which ones a text has, and how to say them plainly.

A word is plain when it is a word or stem of `words/plain.txt` with nothing but endings behind it. Names
and numbers that are filled in are not words of the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from notifications.word_lists import hard_words, plain_words

_PIECE = re.compile(r"\{[^{}\n]*\}([가-힣]*)")
_WORD = re.compile(r"[가-힣]+|[A-Za-z][A-Za-z/&.-]*[A-Za-z]|[A-Za-z]")
_FINALS = str.maketrans({"ㄴ": "ᆫ", "ㄹ": "ᆯ", "ㅁ": "ᆷ", "ㅂ": "ᆸ", "ㅆ": "ᆻ"})
_ENDINGS = """
    은 는 이 가 을 를 의 에 에서 에게 께 께서 께도 한테 로 으로 와 과 랑 도 만 까지 부터 마다 보다 처럼
    밖에 이나 나 이라 라 라도 이라도 이면 면 이며 며 이고 고 이지 지 이지만 지만 인 일 임 입니다 입니까
    이에요 예요 이어서 이라서 라서 님 분 들 댁 쯤 씩 뿐 대로 음 습니다 습니까 ㅂ니다 ㅂ니까 ㄴ다 는다 다
    니다 ㄴ ㄹ ㅁ ㅂ ㅆ 던 게 기 으면 으며 으니 니 으시 시 셔 셨 세 세요 어 아 여 어요 아요 여요 어서
    아서 여서 해서 었 았 였 겠 하 해 했 한 할 합 되 돼 된 될 됐 됩 드리 드려 드린 드릴 드렸 주 줘 주시
    주세 실 신 십 시오 십시오 시면 시고 시는 시기 지시 려 려고 려면 으려고 으려면 러 으러 거나 든지 도록
    는데 ㄴ데 은데 ㄴ지 ㄹ지 는지 을지 ㄹ게 을게 ㄹ까 을까 지요 죠 네요 군요 자 요 만큼 야 어야 아야
    여야 해야 없 없이 있 있는
"""


@dataclass(frozen=True)
class HardWord:
    """A word outside the list as it stands in the text; `instead` where we know a plain one."""

    word: str
    instead: str | None


@dataclass(frozen=True)
class Jargon:
    """How plain a text is: `words` counts all of them, `hard` names those outside the list, each once."""

    words: int
    hard: tuple[HardWord, ...]
    share: float
    """Of all words, those outside the list: 0 to 1."""


def check(text: str) -> Jargon:
    """Hold a wording (with or without `{names}`) against the lists."""
    said = _PIECE.sub(_behind_a_piece, unicodedata.normalize("NFC", text))
    words = _WORD.findall(said)
    offices = _phrases(said)
    met: dict[str, HardWord] = {}
    outside = 0
    for word in words:
        phrase = next((each for each in offices if each in word or word in each.split()), None)
        if phrase is None and is_plain(word):
            continue
        outside += 1
        met.setdefault(phrase or word, HardWord(phrase or word, hard_words().get(phrase or word)))
    return Jargon(len(words), tuple(met.values()), outside / len(words) if words else 0.0)


def _behind_a_piece(found: re.Match[str]) -> str:
    """A mere ending of what is filled in, `에` of `{방문 시간}에`, is no word."""
    behind = found[1]
    return " " if _endings().fullmatch(unicodedata.normalize("NFD", behind)) else f" {behind}"


@lru_cache(4096)
def is_plain(word: str) -> bool:
    """Whether a word is one that everybody knows, whatever its ending."""
    if word in plain_words():
        return True
    spread = unicodedata.normalize("NFD", word)
    stems = _spread_stems()
    return any(
        spread[:end] in stems and _endings().fullmatch(spread[end:]) for end in range(len(spread), 0, -1)
    )


def _phrases(said: str) -> list[str]:
    """The hard words of a text, the longest first: `방문 예정 시각` before `시각`."""
    found = [word for word in hard_words() if _stands_in(word, said)]
    found.sort(key=len, reverse=True)
    return [word for place, word in enumerate(found) if not any(word in longer for longer in found[:place])]


def _stands_in(word: str, said: str) -> bool:
    """At the beginning of a word of the text: `소요` is not in `필요하소요`. Latin words stand alone."""
    behind = r"(?![A-Za-z])" if word.isascii() else ""
    return re.search(rf"(?<![가-힣A-Za-z]){re.escape(word)}{behind}", said) is not None


@cache
def _spread_stems() -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFD", word) for word in plain_words())


@cache
def _endings() -> re.Pattern[str]:
    spread = {unicodedata.normalize("NFD", each).translate(_FINALS) for each in _ENDINGS.split()}
    return re.compile("(?:" + "|".join(sorted(map(re.escape, spread), key=len, reverse=True)) + ")*")
