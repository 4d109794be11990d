"""Finds the area names at the front of an address, with or without blanks between them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, TypeVar

from geo.address_words import RENAMED_EMD, RENAMED_SGG, SHARED_NAMES, SIDO_ALIASES
from geo.gazetteer import Area, Gazetteer, load_gazetteer

T = TypeVar("T")

LONGEST_NAME = 14
_BLANK = " ,"
_FREE_END = frozenset(" ,-/~;:0123456789")
_GLUED_ROAD = re.compile(r"[가-힣A-Za-z0-9·.]{1,12}?(?:대로|로|길)\d")
_LONGER_NAME = re.compile(r"(?<=동)구|시(?=\s|$)|(?:[동서남북중앙]{1,2})?(?:대로|로|길)(?=[\s\d]|$)")
"""What shows that a dong's name is only the beginning of another: 일산동구, 구로동로."""
_MOUNTAIN = re.compile(r"산\s?\d")
_NUMBERED = re.compile(r"\d+동$")


class AreaMatch(NamedTuple):
    """`areas` are all places that the words may mean, never empty; `end` is where the words stop."""

    depth: int
    end: int
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """What a 시군구 name means: the areas themselves, and the codes of everything at or below them."""

    heads: tuple[Area, ...]
    codes: frozenset[str]

    def within(self, sido: str, codes: frozenset[str] | None) -> _Named | None:
        """The part of it that lies in a 시도 and in another 시군구 (성남시 + 분당구)."""
        heads = tuple(
            a for a in self.heads if a.code.startswith(sido) and (codes is None or a.code[:5] in codes)
        )
        return _Named(heads, _codes_below(heads)) if heads else None


@dataclass(frozen=True, slots=True)
class _Names:
    sido: dict[str, Area]
    sgg: dict[str, _Named]
    sgg_short: dict[str, _Named]
    dongs: dict[str, tuple[Area, ...]]


def match_areas(text: str, start: int = 0) -> AreaMatch | None:
    """The deepest reading of the area names that begin at `start`; of equals, the one that reads furthest."""
    names = _names()
    start = _skip(text, start)
    best = _deepest(_below_any_sido(text, start, names))
    if best and best.depth >= 3:
        return best
    return _deepest(_below_sido(text, start, names, ""), best)


def match_dong(text: str, sgg_codes: frozenset[str], sido: str) -> tuple[Area, ...]:
    """Dongs called exactly `text` inside the given 시군구 (or 시도): for names in brackets."""
    return _dongs_called(text, _names(), sido, sgg_codes or None)


def codes_of(areas: tuple[Area, ...]) -> frozenset[str]:
    """The 5-digit codes at or below areas of 시군구 level."""
    return _codes_below(tuple(a for a in areas if a.level == "sgg"))


def _deepest(readings: Iterator[AreaMatch], best: AreaMatch | None = None) -> AreaMatch | None:
    for match in readings:
        if best is None or match[:2] > best[:2]:
            best = match
    return best


def _below_any_sido(text: str, start: int, names: _Names) -> Iterator[AreaMatch]:
    for end, sido in _at(text, start, names.sido):
        if _ends(text, end, 1):
            yield AreaMatch(1, end, (sido,))
        yield from _below_sido(text, end, names, sido.code[:2])


def _below_sido(text: str, start: int, names: _Names, sido: str) -> Iterator[AreaMatch]:
    start = _skip(text, start)
    for end, sgg in _sgg_at(text, start, names, sido, None):
        yield from _below_sgg(text, end, names, sido, sgg)
        for second_end, gu in _sgg_at(text, _skip(text, end), names, sido, sgg.codes):
            yield from _below_sgg(text, second_end, names, sido, gu)
    yield from _dong_readings(text, start, names, sido, None)


def _below_sgg(text: str, end: int, names: _Names, sido: str, sgg: _Named) -> Iterator[AreaMatch]:
    if _ends(text, end, 2):
        yield AreaMatch(2, end, sgg.heads)
    yield from _dong_readings(text, _skip(text, end), names, sido, sgg.codes)


def _sgg_at(
    text: str, start: int, names: _Names, sido: str, codes: frozenset[str] | None
) -> Iterator[tuple[int, _Named]]:
    for end, named in _at(text, start, names.sgg):
        if inside := named.within(sido, codes):
            yield end, inside
        elif codes is None and len(named.heads) == 1 and named.heads[0].code[:5] == "27720":
            yield end, named  # 군위군 is still written under 경북
    for end, named in _at(text, start, names.sgg_short):
        if (end == len(text) or text[end] in _BLANK) and (inside := named.within(sido, codes)):
            yield end, inside


def _dong_readings(
    text: str, start: int, names: _Names, sido: str, codes: frozenset[str] | None
) -> Iterator[AreaMatch]:
    known = bool(sido) or codes is not None
    for end in _ends_from(text, start):
        areas = _dongs_called(text[start:end], names, sido, codes)
        if not areas or not (_ends(text, end, 3) or (known and not _LONGER_NAME.match(text, end))):
            continue
        yield AreaMatch(3, end, areas)
        for village_end, villages in _at(text, _skip(text, end), names.dongs):
            below = tuple(v for v in villages if v.ri and any(v.code[:8] == a.code[:8] for a in areas))
            if below:
                yield AreaMatch(4, village_end, below)


def _dongs_called(name: str, names: _Names, sido: str, codes: frozenset[str] | None) -> tuple[Area, ...]:
    found = names.dongs.get(name)
    if found is None and _NUMBERED.search(name):  # 역삼3동 has gone, 역삼동 is near enough
        found = names.dongs.get(_NUMBERED.sub("동", name))
    if found is None:
        return ()
    if codes is not None:
        return tuple(a for a in found if a.code[:5] in codes)
    if sido:
        return tuple(a for a in found if a.code.startswith(sido) and (not a.ri or sido == "36"))
    return tuple(a for a in found if not a.ri)


def _at(text: str, start: int, names: dict[str, T]) -> Iterator[tuple[int, T]]:
    """Names that stand at `start`, longest first."""
    for end in _ends_from(text, start):
        value = names.get(text[start:end])
        if value is not None:
            yield end, value


def _ends_from(text: str, start: int) -> range:
    """Ends of every piece from `start` to the next blank, longest first; single letters are no names."""
    stop = min(len(text), start + LONGEST_NAME)
    for mark in _BLANK:
        blank = text.find(mark, start, stop)
        stop = blank if blank >= 0 else stop
    return range(stop, start + 1, -1)


def _skip(text: str, start: int) -> int:
    while start < len(text) and text[start] in _BLANK:
        start += 1
    return start


def _ends(text: str, end: int, depth: int) -> bool:
    """Whether an area name may end here: 강남구 in 강남구청 may not, in 강남구테헤란로1 it may."""
    if end == len(text) or text[end] in _FREE_END or _MOUNTAIN.match(text, end):
        return True
    return depth == 2 and _GLUED_ROAD.match(text, end) is not None


@cache
def _names() -> _Names:
    places = load_gazetteer()
    sido = {
        name: places.sido[official]
        for official, aliases in SIDO_ALIASES.items()
        for name in (official, *aliases)
    }
    heads = {name: list(areas) for name, areas in places.sgg.items()}
    for name, codes in RENAMED_SGG.items():
        heads.setdefault(name, []).extend(places.by_code[code + "00000"] for code in codes)
    for name, official in SHARED_NAMES.items():
        heads[name].append(places.sido[official])
    sgg = {name: _Named(tuple(areas), _codes_below(tuple(areas))) for name, areas in heads.items()}
    short = {name[:-1]: value for name, value in sgg.items() if len(name) > 2 and " " not in name}
    return _Names(sido, sgg, short, _dong_names(places))


def _dong_names(places: Gazetteer) -> dict[str, tuple[Area, ...]]:
    """Names of today, the 면 that an 읍 was, and names given up since."""
    dongs = dict(places.dongs)
    for name, areas in places.dongs.items():
        towns = tuple(a for a in areas if a.level == "emd" and name.endswith("읍"))
        if towns:
            former = f"{name[:-1]}면"
            dongs[former] = (*dongs.get(former, ()), *towns)
    for former, name in RENAMED_EMD.items():
        dongs[former] = (*dongs.get(former, ()), *places.dongs[name])
    return dongs


def _codes_below(areas: tuple[Area, ...]) -> frozenset[str]:
    """5-digit codes of 시군구 and of the 구 inside their cities, or of everything inside a 시도."""
    codes: set[str] = set()
    for area in areas:
        codes.add(area.code[:5])
        if area.level == "sido":
            codes |= {code for code in _sgg_codes() if code[:2] == area.code[:2]}
        elif area.code[4] == "0" and " " not in area.sgg:
            codes |= {code for code in _gu_codes() if code[:4] == area.code[:4]}
    return frozenset(codes)


@cache
def _sgg_codes() -> tuple[str, ...]:
    return tuple(area.code[:5] for area in load_gazetteer().sgg_list())


@cache
def _gu_codes() -> tuple[str, ...]:
    return tuple(area.code[:5] for area in load_gazetteer().sgg_list() if " " in area.sgg)
