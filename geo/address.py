"""Reads Korean addresses as people write them, and places them with the embedded gazetteer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import InvalidError
from core.i18n import _
from geo.address_areas import AreaMatch, codes_of, match_areas, match_dong
from geo.gazetteer import Area, load_gazetteer, plain_name
from geo.schemas import Location, Precision

MAX_RAW = 200


class AddressError(InvalidError):
    """The text cannot be an address in Korea; the detail says what to ask the caller."""

    code = "bad-address"


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """An address in its parts; unknown parts are empty.

    `text` is the whole in one fixed writing. `sgg_code` has 5 digits, `area_code` 10 (읍면동 or 리).
    `candidates` are the 10-digit codes of every place meant: one when the name decides. `unit` (동·호) and
    `note` are personal and never leave the house; `public_text` may.
    """

    text: str
    public_text: str
    sido: str
    sgg: str
    emd: str
    ri: str
    road: str
    building: str
    jibun: str
    unit: str
    note: str
    zip_code: str
    sgg_code: str
    area_code: str
    candidates: tuple[str, ...]
    tokens: tuple[str, ...]


_BRACKETS = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")
_ZIP = re.compile(r"^\s*(?:우\s*\)?\s*)?(\d{5}|\d{3}-\d{3})(?:\s+|$)")
_ORDINAL_DONG = re.compile(r"(?<=[가-힣])제(?=\d+[.·\d]*(?:가)?동)|(?<=[가-힣\d])[.·](?=[가-힣\d.·]{1,12}동)")
_ROAD = re.compile(
    r"([가-힣A-Za-z][가-힣A-Za-z0-9·.]*?(?:대로|로|길))(?=[\s\d,]|$|지하)"
    r"(?:\s?(\d{1,4}번?[가-힣]?길))?(?:\s*(?:지하\s*)?(\d{1,5}(?:\s?-\s?\d{1,4})?)(?!\d|\s?(?:동|호|층|가)))?"
)
_JIBUN = re.compile(
    r"(산\s?)?(\d{1,5})(?:\s?-\s?(\d{1,5}))?(?!\d|\s?(?:동|호|층|차|단지))(?:\s?번지)?"
    r"(?:(?<=번지)\s?(\d{1,2})호(?!\d))?"
)
_UNIT = re.compile(
    r"(?:(?:(?<!\d)제?(\d{3,4})|(?<![가-힣\d])제?(\d{1,2})|(?<![가-힣A-Za-z])([가-하A-Za-z]))동(?![가-힣]))?"
    r"[\s,]*(?:(지하|지상|B)?\s?(\d{1,3})층)?[\s,]*(?:제?(지하|B|비)?\s?(\d{1,5})호)?"
)
_COMPLEX_UNIT = re.compile(r"(?<=[가-힣A-Za-z])\s?(\d{1,4})-(\d{3,5})(?!\d)")


def parse_address(raw: str) -> ParsedAddress:
    """Take an address apart, 지번 or 도로명, in any writing; raises AddressError when no Korean can be read.

    Words that no part explains (a building's name, where the key is) end up in `note`.
    """
    main, brackets, zip_code = _clean(raw)
    match = _find_areas(main)
    areas = match.areas if match else ()
    before, rest = (main[: match.start], main[match.end :]) if match else ("", main)
    road, building, jibun, rest = _number(rest.lstrip(" ,"))
    unit, rest = _unit(rest)
    words = [w for w in re.split(r"[\s,]+", f"{before} {rest}") if w]
    if not any(a.emd for a in areas):
        areas, words, brackets, late_jibun = _late_dong(areas, words, brackets)
        jibun = jibun or late_jibun
    note = " ".join([*words, *(b for b in brackets if b not in {a.emd for a in areas})])
    return _assemble(
        main[match.start : match.end] if match else "",
        areas,
        road=road,
        building=building,
        jibun=jibun,
        unit=unit,
        note=note,
        zip_code=zip_code,
    )


def locate(parsed: ParsedAddress) -> Location:
    """The point of an address by its area names; an ambiguous name gives what all its meanings share."""
    places = load_gazetteer()
    areas = tuple(places.by_code[code] for code in parsed.candidates)
    area = _common(areas)
    candidates = tuple(dict.fromkeys(a.full_name for a in areas)) if len(areas) > 1 else ()
    if area is None:
        return Location(0.0, 0.0, Precision.NONE, candidates=candidates)
    if area.level == "ri" and not area.own_point:
        area = places.by_code[area.code[:8] + "00"]
    digits, precision = _LEVELS[area.level]
    return Location(
        area.lat, area.lon, precision, area.code[:digits], area.radius_m, area.area_class, candidates
    )


_LEVELS = {
    "sido": (2, Precision.SIDO),
    "sgg": (5, Precision.SGG),
    "emd": (10, Precision.DONG),
    "hdong": (10, Precision.DONG),
    "ri": (10, Precision.RI),
}


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    areas: tuple[Area, ...]


def _clean(raw: str) -> tuple[str, list[str], str]:
    """Text outside brackets, the texts inside them, and the post code."""
    text = "".join(c for c in unicodedata.normalize("NFKC", raw) if unicodedata.category(c) != "Cf")
    text = " ".join(text.replace("，", ",").split())
    if len(text) > MAX_RAW:
        raise AddressError(_("주소가 너무 깁니다. 200자 안으로 줄여 주세요."))
    if not any("가" <= c <= "힣" for c in text):
        raise AddressError(_("주소를 읽을 수 없습니다. 시·군·구와 동 이름부터 한글로 적어 주세요."))
    brackets: list[str] = []
    if "(" in text or "[" in text or "{" in text:
        brackets = [part.strip() for found in _BRACKETS.findall(text) for part in found.split(",")]
        text = _BRACKETS.sub(" ", text)
    if "제" in text or "." in text or "·" in text:
        text = _ORDINAL_DONG.sub("", text)
    zip_code = ""
    for source in [text, *brackets]:
        if found := _ZIP.match(source):
            zip_code = found.group(1)
    if zip_code:
        text = _ZIP.sub("", text)
    return text.strip(" ,"), [b for b in brackets if b and b != zip_code], zip_code


def _find_areas(text: str) -> _Found | None:
    """Area names at the front, or after up to three words of greeting."""
    start = 0
    for _word in range(4):
        match: AreaMatch | None = match_areas(text, start)
        if match:
            return _Found(start, match.end, match.areas)
        start = text.find(" ", start) + 1
        if start == 0:
            return None
    return None


def _number(rest: str) -> tuple[str, str, str, str]:
    """(road, building number, lot number, what follows)."""
    if (road := _ROAD.match(rest)) and road.end() > 0:
        name = road.group(1) + (road.group(2) or "")
        return name, (road.group(3) or "").replace(" ", ""), "", rest[road.end() :]
    if lot := _JIBUN.match(rest):
        hill, number, sub, old_sub = lot.groups()
        sub = sub or old_sub
        jibun = ("산 " if hill else "") + str(int(number)) + (f"-{int(sub)}" if sub else "")
        return "", "", jibun, rest[lot.end() :]
    return "", "", "", rest


def _unit(rest: str) -> tuple[str, str]:
    """동·층·호, and the text without them."""
    for found in _UNIT.finditer(rest):
        long_dong, dong, letter, under, floor, basement, room = found.groups()
        if not (floor or room or long_dong or dong):
            continue
        parts = [f"{long_dong or dong or letter}동"] if long_dong or dong or letter else []
        parts += [f"{'지하 ' if under in ('지하', 'B') else ''}{floor}층"] if floor else []
        parts += [f"{'지하 ' if basement == '지하' else 'B' if basement else ''}{room}호"] if room else []
        return " ".join(parts), f"{rest[: found.start()]} {rest[found.end() :]}"
    if pair := _COMPLEX_UNIT.search(rest):  # 현대아파트 101-1203
        return f"{pair.group(1)}동 {pair.group(2)}호", f"{rest[: pair.start()]} {rest[pair.end() :]}"
    return "", rest


def _late_dong(
    areas: tuple[Area, ...], words: list[str], brackets: list[str]
) -> tuple[tuple[Area, ...], list[str], list[str], str]:
    """A road address often names its dong at the end or in brackets: 테헤란로 123 (역삼동 735)."""
    sido = areas[0].code[:2] if areas and len({a.code[:2] for a in areas}) == 1 else ""
    inside = codes_of(areas)
    for source in (brackets, words):
        for index, part in enumerate(source):
            name, _blank, tail = part.partition(" ")
            if dongs := match_dong(plain_name(name), inside, sido):
                lot = _JIBUN.fullmatch(tail.strip())
                kept = [p for i, p in enumerate(source) if i != index] + ([] if lot or not tail else [tail])
                jibun = tail.strip() if lot else ""
                return (dongs, words, kept, jibun) if source is brackets else (dongs, kept, brackets, jibun)
    return areas, words, brackets, ""


def _common(areas: tuple[Area, ...]) -> Area | None:
    """The one place, or the smallest 읍면, 시군구, city or 시도 around all of them."""
    if len(areas) <= 1:
        return areas[0] if areas else None
    places = load_gazetteer()
    for digits in (8, 5, 4, 2):
        shared = {a.code[:digits] for a in areas}
        around = places.find(shared.pop()) if len(shared) == 1 else None
        if around:
            return around
    return None


def _assemble(
    written: str,
    areas: tuple[Area, ...],
    *,
    road: str,
    building: str,
    jibun: str,
    unit: str,
    note: str,
    zip_code: str,
) -> ParsedAddress:
    around = _common(areas)
    sido = around.sido if around else ""
    sgg = (around.sgg if around else "") or _same(a.sgg for a in areas)
    emd, ri = _same(a.emd for a in areas), _same(a.ri for a in areas)
    area_names = list(dict.fromkeys(p for p in (sido, sgg, emd, ri) if p))
    if around is None:  # 광주시 송정동 lies in two provinces: keep it as it was written
        area_names = [written] if written else []
    number = [p for p in ((road, building) if road else (jibun,)) if p]
    if road:
        area_names = [p for p in area_names if p != emd or not p.endswith(("동", "가"))]
    public = " ".join([*area_names, *number])
    text = public + (f" ({emd})" if road and emd and emd not in area_names else "")
    text = ", ".join(p for p in (text, unit, note) if p)
    return ParsedAddress(
        text=text,
        public_text=public,
        sido=sido,
        sgg=sgg,
        emd=emd,
        ri=ri,
        road=road,
        building=building,
        jibun=jibun,
        unit=unit,
        note=note,
        zip_code=zip_code,
        sgg_code=around.code[:5] if around and around.level != "sido" else "",
        area_code=around.code if around and around.emd else "",
        candidates=tuple(a.code for a in areas),
        tokens=_tokens(sido, sgg, emd, ri, road, building, jibun, unit, note),
    )


def _same(names: Iterable[str]) -> str:
    """The name when all bear the same one."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""


def _tokens(sido: str, sgg: str, *parts: str) -> tuple[str, ...]:
    """Words to find the address by, lower case: 서울특별시 서울 강남구 강남 역삼동 735-1 735 101동 1203호."""
    words = [sido, sido[:2] if sido[2:3] in "특광도" or len(sido) == 3 else sido[0:1] + sido[2:3]]
    for piece in sgg.split():
        words += [piece, piece[:-1]] if len(piece) > 2 else [piece]
    for part in parts:
        for word in part.split():
            words += [word, word.split("-", maxsplit=1)[0]] if "-" in word else [word]
    return tuple(dict.fromkeys(w.lower() for w in words if w))
