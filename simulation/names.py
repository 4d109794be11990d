"""Invented names, numbers and spellings. No number here can be anybody's: 010-0… and exchanges that begin
with 1 are not given out in Korea, and 080-000 is no exchange."""

from __future__ import annotations

import random

SURNAMES = tuple("김이박최정강조윤장임한오서신권황안송")
SURNAME_WEIGHTS = (21, 15, 9, 5, 5, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2)
_ELDERS = (
    "영자 영숙 순자 정숙 영희 옥순 말순 춘자 경자 명자 금순 복순 정자 영순 영호 영수 종수 병호 상철 성호 "
    "정식 광수 재석 순복 만수 춘식 덕수 갑순 판석 용남 기순 분이 필순 점례 봉수 태식 창수 동식 화자 숙희"
)
_ADULTS = (
    "민수 지영 미경 은주 현정 수진 정훈 성민 영민 상훈 동현 지훈 은영 혜진 미숙 경희 준호 재현 윤정 선영 "
    "승현 진우 태현 민정 유진 소연 진호 형준 보라 기영 나래 다혜 한결 도윤 세영 가람 우진 재영 하나 경민"
)
ELDER_GIVEN, ADULT_GIVEN = tuple(_ELDERS.split(" ")), tuple(_ADULTS.split(" "))

AREA_CODES = {
    "11": "02",
    "26": "051",
    "27": "053",
    "28": "032",
    "29": "062",
    "30": "042",
    "31": "052",
    "36": "044",
    "41": "031",
    "42": "033",
    "51": "033",
    "43": "043",
    "44": "041",
    "45": "063",
    "52": "063",
    "46": "061",
    "47": "054",
    "48": "055",
    "50": "064",
}
"""Telephone area by the two digits of the 시도."""


def elder_name(rng: random.Random) -> str:
    """A name as people over 65 bear it."""
    return _surname(rng) + rng.choice(ELDER_GIVEN)


def adult_name(rng: random.Random, surname: str | None = None) -> str:
    """A name of somebody of working age, of a family if told."""
    return (surname or _surname(rng)) + rng.choice(ADULT_GIVEN)


def _surname(rng: random.Random) -> str:
    return rng.choices(SURNAMES, SURNAME_WEIGHTS)[0]


class Numbers:
    """Gives out numbers, each once, in an order that looks like none."""

    def __init__(self, *, mobile_from: int) -> None:
        self._mobile = mobile_from
        self._fixed = 0

    def mobile(self) -> str:
        """010-0xxx-xxxx as E.164."""
        self._mobile += 1
        return f"+82100{(self._mobile * 7_919 + 1_234_567) % 10_000_000:07d}"

    def landline(self, area_code: str) -> str:
        """02-1xx-xxxx and the like as E.164."""
        self._fixed += 1
        prefix = AREA_CODES.get(area_code[:2], "02").removeprefix("0")
        return f"+82{prefix}1{(self._fixed * 7_907 + 301_117) % 1_000_000:06d}"


def domestic(e164: str) -> str:
    """Digits as dialled inside Korea."""
    return "0" + e164.removeprefix("+82")


_INITIALS = "g kk n d tt r m b pp s ss  j jj ch k t p h"
_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"
_FINALS = " k k k n n n t l k m l l l p l m p p t t ng t t k t p t"
_INITIAL, _VOWEL, _FINAL = (tuple(line.split(" ")) for line in (_INITIALS, _VOWELS, _FINALS))


def romanise(word: str) -> str:
    """강남 -> gangnam, letter by letter: for codes and log-ins."""
    letters = []
    for character in word:
        index = ord(character) - 0xAC00
        if not 0 <= index < 11_172:
            letters.append(character.lower() if character.isascii() and character.isalnum() else "")
            continue
        initial, rest = divmod(index, 588)
        vowel, final = divmod(rest, 28)
        letters.append(_INITIAL[initial] + _VOWEL[vowel] + _FINAL[final])
    return "".join(letters)


def short_place(sgg: str) -> str:
    """강남구 -> 강남, 수원시 영통구 -> 수원영통, 중구 stays 중구."""
    words = [word[:-1] if len(word) > 2 else word for word in sgg.split()]
    return "".join(words).removesuffix("특별자치")
