"""Finds the polygon of each place of today among the polygons of an older day."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from tools.gazetteer_sources import Outline, Place

# Codes that changed while the place stayed: 강원, 전북, 인천 미추홀구, 대구 군위군.
OLD_PREFIXES = (("51", "42"), ("52", "45"), ("28177", "28170"), ("27720", "47720"))
# 시군구 of today -> names of those that it grew from, where the names have nothing in common.
GREW_FROM = {
    "청주시": ("청원군",),
    "미추홀구": ("남구",),
    "세종특별자치시": ("세종시", "연기군", "공주시", "청원군"),
}
MOVED_SIDO = {"군위군": "경상북도"}
RENAMED = {
    "삼국유사면": "고로면", "남한산성면": "중부면", "세종대왕면": "능서면", "조종면": "하면",
    "중앙탑면": "가금면", "가사문학면": "남면", "백아면": "북면", "문무대왕면": "양북면",
    "사벌국면": "사벌면", "주왕산면": "부동면", "대가야읍": "고령읍", "금수강산면": "금수면",
    "효자면": "상리면", "은풍면": "하리면", "금강송면": "서면", "영귀미면": "동면",
    "산솔면": "중동면", "무릉도원면": "수주면", "국토정중앙면": "남면",
}  # fmt: skip
"""읍면 of today -> the name it bore in the boundary data (renamed since, land unchanged)."""

_SUFFIX = re.compile(r"(읍|면|동|리)$")


def match_emd(places: list[Place], outlines: list[Outline]) -> dict[str, Outline]:
    """읍면동 code -> its polygon: same code and name, else the same name in the same or an older 시군구."""
    by_code = {o.code: o for o in outlines}
    by_name: dict[tuple[str, str], list[Outline]] = defaultdict(list)
    for outline in outlines:
        by_name[outline.sido, stem(outline.emd)].append(outline)
    matched: dict[str, Outline] = {}
    for place in places:
        if place.level != "emd":
            continue
        same = by_code.get(old_code(place.code)[:8])
        if same and stem(same.emd) in (stem(place.emd), stem(RENAMED.get(place.emd, ""))):
            matched[place.code] = same
            continue
        sido = MOVED_SIDO.get(place.sgg, place.sido)
        name = RENAMED.get(place.emd, place.emd)
        named = [o for o in by_name[sido, stem(name)] if related(place.sgg, o.sgg)]
        if len(named) > 1:  # 남면 beside 남동: the whole name decides
            named = [o for o in named if o.emd == name]
        if len(named) == 1:
            matched[place.code] = named[0]
    return matched


def match_ri(
    places: list[Place], outlines: list[Outline], emd: dict[str, Outline]
) -> tuple[dict[str, Outline], dict[str, Outline]]:
    """(리 code -> polygon, 동 code -> polygon of the 리 that it was before its 면 became a city)."""
    by_emd: dict[tuple[str, str], Outline] = {(o.code[:8], stem(o.ri)): o for o in outlines}
    by_sgg: dict[tuple[str, str], list[Outline]] = defaultdict(list)
    for outline in outlines:
        by_sgg[outline.sido, stem(outline.ri)].append(outline)
    ri: dict[str, Outline] = {}
    upgraded: dict[str, Outline] = {}
    for place in places:
        if place.level == "ri":
            parent = emd.get(place.code[:8] + "00")
            found = by_emd.get((parent.code, stem(place.ri))) if parent else None
            if found:
                ri[place.code] = found
        elif place.level == "emd" and place.code not in emd:
            named = [o for o in by_sgg[place.sido, stem(place.emd)] if related(place.sgg, o.sgg)]
            if len(named) == 1:
                upgraded[place.code] = named[0]
    return ri, upgraded


def assign_outlines(outlines: list[Outline], emd: dict[str, Outline]) -> dict[str, list[Outline]]:
    """5-digit 시군구 of today -> all polygons that make it up; no polygon is lost, none counts twice."""
    owner: dict[str, str] = {}
    for code, outline in emd.items():
        owner.setdefault(outline.code, code[:5])
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for outline in outlines:
        if outline.code in owner:
            votes[outline.code[:5]][owner[outline.code]] += 1
    result: dict[str, list[Outline]] = defaultdict(list)
    for outline in outlines:
        new = owner.get(outline.code) or _nearest_owner(outline, outlines, owner, votes[outline.code[:5]])
        if new:
            result[new].append(outline)
    return result


def _nearest_owner(
    outline: Outline, outlines: list[Outline], owner: dict[str, str], votes: Counter[str]
) -> str | None:
    """An area abolished since goes where its old 시군구 went, or its neighbour if that was split."""
    if len(votes) <= 1:
        return next(iter(votes), None)
    rivals = [o for o in outlines if o.code in owner and owner[o.code] in votes]
    return owner[min(rivals, key=lambda o: outline.shape.distance(o.shape)).code]


def old_code(code: str) -> str:
    """The code that the older boundary data uses for a place."""
    for new, old in OLD_PREFIXES:
        if code.startswith(new):
            return old + code[len(new) :]
    return code


def stem(name: str) -> str:
    """Name without 읍/면/동/리, which changes when a 면 grows: 와부면 and 와부읍 are one place."""
    return _SUFFIX.sub("", name)


def related(new: str, old: str) -> bool:
    """Whether a 시군구 of today may contain land of an older one."""
    old = re.sub(r"^서울시", "", old)
    first = new.split(" ", maxsplit=1)[0]
    older = GREW_FROM.get(first, ())
    return any(part in older or part[:2] in {p[:2] for p in new.split(" ")} for part in old.split(" "))
