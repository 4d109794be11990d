"""Pure decisions about people and homes: names, relationships, age bands, and what a search means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from core.errors import InvalidError
from core.i18n import _
from core.phones import PhoneError, parse_phone, search_digits
from customers.tokens import query_words

MAX_NAME = 50
MAX_QUERY = 200
SHORTEST_TAIL = 4
"""Fewer digits of a phone number would find half the town."""


WHOLE_LENGTHS = (("010", 11), ("02", 9), ("0", 10))
"""The fewest digits of a whole number, by how it begins."""


class PersonNameError(InvalidError):
    """Nothing that could be a person's name."""

    code = "bad-name"


class AgeBandError(InvalidError):
    """Not one of the bands; only a band is kept, never a date of birth."""

    code = "bad-age-band"


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name without the remark that stood beside it: 김민수(아들) -> 김민수, 아들."""

    name: str
    note: str = ""


_BRACKETED = re.compile(r"[(\[]([^)\]]*)[)\]]?")


def read_person_name(raw: str) -> PersonName:
    """A name in composed, half-width letters and single blanks; raises PersonNameError.

    Control and invisible characters go. Any other text stays, markup too: it is escaped where it is shown.
    """
    text = unicodedata.normalize("NFKC", raw[: MAX_NAME * 10])
    kept = (" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    text = "".join(kept)
    notes = [" ".join(note.split()) for note in _BRACKETED.findall(text)]
    name = " ".join(_BRACKETED.sub(" ", text).split())
    if not any(c.isalnum() for c in name):  # (주)해담: the bracket is part of a company's name
        name, notes = " ".join(text.split()), []
    if name and raw.lstrip().startswith(("(주)", "㈜")):
        name, notes = f"(주){name.removeprefix('(주)')}", [n for n in notes if n != "주"]
    if not any(c.isalnum() for c in name):
        raise PersonNameError(_("이름을 적어 주세요."))
    if len(name) > MAX_NAME:
        raise PersonNameError(_("이름이 너무 깁니다. 50자 안으로 적어 주세요."))
    return PersonName(name, " ".join(n for n in notes if n))


class Relationship(StrEnum):
    """What a person is to the one who lives there."""

    RESIDENT = "resident"
    CHILD = "child"
    SPOUSE = "spouse"
    PARENT = "parent"
    SIBLING = "sibling"
    RELATIVE = "relative"
    LANDLORD = "landlord"
    TENANT = "tenant"
    NEIGHBOUR = "neighbour"
    CARETAKER = "caretaker"
    OTHER = "other"


_WORDS: dict[str, Relationship] = {
    word: relationship
    for relationship, words in {
        Relationship.RESIDENT: "본인 거주자 사용자 self",
        Relationship.CHILD: "자녀 자식 아들 딸 며느리 사위 son daughter",
        Relationship.SPOUSE: "배우자 남편 아내 부인 와이프 집사람 wife husband",
        Relationship.PARENT: "부모 아버지 어머니 아빠 엄마 장인 장모 시아버지 시어머니 father mother",
        Relationship.SIBLING: "형제 자매 남매 형 오빠 누나 언니 동생 brother sister",
        Relationship.RELATIVE: "친척 친지 손자 손녀 손주 조카 삼촌 이모 고모 할머니 할아버지 가족 family",
        Relationship.LANDLORD: "집주인 임대인 건물주 주인 owner",
        Relationship.TENANT: "세입자 임차인",
        Relationship.NEIGHBOUR: "이웃 옆집 윗집 아랫집 이장 neighbor",
        Relationship.CARETAKER: "관리인 관리소 관리실 관리사무소 경비 요양보호사 간병인 돌봄 복지사",
        Relationship.OTHER: "기타 지인 친구 other",
    }.items()
    for word in [*words.split(), relationship.value]
}
_LONGEST_FIRST = sorted((w for w in _WORDS if len(w) > 1 or w == "딸"), key=len, reverse=True)


def read_relationship(text: str | None) -> Relationship:
    """The relationship that words such as 큰딸, 집주인 아저씨 or `child` mean; OTHER when none is known."""
    plain = unicodedata.normalize("NFKC", text or "").strip().casefold()
    if plain in _WORDS:
        return _WORDS[plain]
    found = next((word for word in _LONGEST_FIRST if word in plain), None)
    return _WORDS[found] if found else Relationship.OTHER


def relationship_label(relationship: Relationship) -> str:
    """The word that people on the phone use."""
    return {
        Relationship.RESIDENT: _("본인"),
        Relationship.CHILD: _("자녀"),
        Relationship.SPOUSE: _("배우자"),
        Relationship.PARENT: _("부모님"),
        Relationship.SIBLING: _("형제자매"),
        Relationship.RELATIVE: _("친척"),
        Relationship.LANDLORD: _("집주인"),
        Relationship.TENANT: _("세입자"),
        Relationship.NEIGHBOUR: _("이웃"),
        Relationship.CARETAKER: _("관리·돌봄"),
        Relationship.OTHER: _("기타"),
    }[relationship]


def is_same_home(*, has_number: bool, unit: str, precision: str) -> bool:
    """Whether a home at the same address is the one that is meant.

    Somebody there has the caller's number, or the 동·호 tells it apart: a lot alone may hold many homes.
    """
    return has_number or (bool(unit) and precision != "none")


AGE_BANDS = ("0-39", "40-64", "65-74", "75+")
_AGE = re.compile(r"(\d{1,3})(?:세)?")
_AND_OLDER = re.compile(r"(\d{1,3})(?:\+|세?이상)")
_DECADE = re.compile(r"(\d{1,2})0(?:대|s)")


def age_band_of(age: int) -> str:
    """The band of an age in years; raises AgeBandError outside 0-130."""
    if not 0 <= age <= 130:
        raise AgeBandError(_("나이를 확인해 주세요."))
    return "75+" if age >= 75 else "65-74" if age >= 65 else "40-64" if age >= 40 else "0-39"


def read_age_band(text: str) -> str:
    """One of AGE_BANDS from `75+`, `75세 이상`, `82세` or `70대` (a decade counts by its middle).

    Raises AgeBandError: anything else could hide a date of birth or a diagnosis.
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("~", "-").casefold()
    if plain in AGE_BANDS:
        return plain
    if found := _DECADE.fullmatch(plain):
        return age_band_of(int(found.group(1)) * 10 + 5)
    if found := _AND_OLDER.fullmatch(plain) or _AGE.fullmatch(plain):
        return age_band_of(int(found.group(1)))
    raise AgeBandError(_("연령대는 0-39, 40-64, 65-74, 75+ 가운데 하나로 적어 주세요."))


class SearchBy(StrEnum):
    """The ways to find a home, each with its own index."""

    WHOLE_PHONE = "whole_phone"
    PHONE_TAIL = "phone_tail"
    NAME = "name"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class HouseholdSearch:
    """What to look for, in this order. `digits` as dialled inside Korea; `name` is how a name begins;
    `words` are address tokens, all of which must be there."""

    tries: tuple[SearchBy, ...]
    digits: str = ""
    name: str = ""
    words: tuple[str, ...] = ()


_LETTER = re.compile(r"[^\W\d_]")
_NAME_WORD = re.compile(r"[^\W\d_]{1,20}")
_AREA_WORD = re.compile(r"[가-힣]{1,10}(?:특별시|광역시|시|도|군|구|읍|면|동|리|로|길|가)$")


def parse_search(query: str) -> HouseholdSearch:
    """Decide what one search box means: a whole phone, its last 4+ digits, a name, words of an address.

    `김영자 5678` is a name and the end of a phone, `김영자 역삼동` a name and an address.
    An empty or meaningless query gives no tries.
    """
    plain = query.strip()[:MAX_QUERY]
    try:
        return HouseholdSearch((SearchBy.WHOLE_PHONE,), digits=parse_phone(plain).digits)
    except PhoneError:
        pass
    words = tuple(query_words(plain))
    if not any(c.isalnum() for c in plain):
        return HouseholdSearch(())
    if not _LETTER.search(plain):
        return _search_number(plain, words)
    return _search_words(words)


def digits_missing(query: str) -> int:
    """How many digits of a phone number are still to be typed before it can be found; 0: enough, or none."""
    plain = query.strip()[:MAX_QUERY]
    digits = search_digits(plain)
    if not digits or _LETTER.search(plain):
        return 0
    if len(digits) <= SHORTEST_TAIL:  # so much may be the end of a number
        return SHORTEST_TAIL - len(digits)
    whole = next((length for begins, length in WHOLE_LENGTHS if digits.startswith(begins)), 0)
    return max(0, whole - len(digits))


def _search_number(plain: str, words: tuple[str, ...]) -> HouseholdSearch:
    """Bare digits: the end of a phone, or a lot or unit number."""
    digits = search_digits(plain)
    if len(digits) < SHORTEST_TAIL:
        return HouseholdSearch((SearchBy.ADDRESS,), words=words)
    return HouseholdSearch((SearchBy.PHONE_TAIL, SearchBy.ADDRESS), digits=digits, words=words)


def _search_words(words: tuple[str, ...]) -> HouseholdSearch:
    first, rest = words[0], words[1:]
    if not _NAME_WORD.fullmatch(first):
        return HouseholdSearch((SearchBy.ADDRESS,), words=words)
    if _AREA_WORD.fullmatch(first):  # 길동 may be a person or a place: both are tried, the likelier first
        return HouseholdSearch((SearchBy.ADDRESS, SearchBy.NAME), name=first, words=words)
    tail = rest[0] if len(rest) == 1 and rest[0].isdigit() and len(rest[0]) >= SHORTEST_TAIL else ""
    return HouseholdSearch((SearchBy.NAME, SearchBy.ADDRESS), tail, first, words)
