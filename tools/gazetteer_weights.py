"""Population-like weights for the demonstration: where its invented households live."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from tools.gazetteer_sources import Place

# Thousands of people, rounded; end of 2023. Public facts, good enough to spread invented households.
SIDO_THOUSANDS = {
    "서울특별시": 9386, "부산광역시": 3293, "대구광역시": 2375, "인천광역시": 2997, "광주광역시": 1419,
    "대전광역시": 1442, "울산광역시": 1104, "세종특별자치시": 387, "경기도": 13631, "강원특별자치도": 1528,
    "충청북도": 1593, "충청남도": 2130, "전북특별자치도": 1755, "전라남도": 1804, "경상북도": 2554,
    "경상남도": 3251, "제주특별자치도": 675,
}  # fmt: skip
CITY_THOUSANDS = {
    "수원시": 1197, "용인시": 1075, "고양시": 1076, "창원시": 1010, "성남시": 918, "화성시": 944,
    "청주시": 852,
    "부천시": 780, "남양주시": 732, "천안시": 657, "전주시": 642, "안산시": 630, "평택시": 592, "안양시": 543,
    "김해시": 534, "시흥시": 519, "파주시": 500, "포항시": 493, "제주시": 490, "김포시": 486, "의정부시": 463,
    "구미시": 405, "원주시": 361, "진주시": 341, "아산시": 347, "양산시": 355, "하남시": 330, "춘천시": 286,
    "경산시": 266, "순천시": 278, "여수시": 271, "군산시": 260, "익산시": 270, "거제시": 234, "목포시": 216,
}  # fmt: skip
SEOUL_THOUSANDS = {
    "송파구": 655, "강서구": 563, "강남구": 545, "노원구": 496, "관악구": 482, "은평구": 460, "강동구": 458,
    "양천구": 433, "성북구": 425, "서초구": 405, "구로구": 394, "중랑구": 380, "동작구": 377, "영등포구": 376,
    "마포구": 362, "동대문구": 341, "광진구": 335, "서대문구": 306, "도봉구": 305, "강북구": 284,
    "성동구": 277,
    "금천구": 228, "용산구": 208, "종로구": 139, "중구": 121,
}  # fmt: skip
_DONG, _EUP, _MYEON = 20.0, 12.0, 3.0
"""Relative size of an administrative dong, an 읍 and a 면."""


def write_weights(path: Path, places: list[Place], districts: dict[str, set[str]]) -> None:
    """CSV code,sido,sgg,weight: one row for each 시군구 without 구 below it; weight = thousands of people."""
    sgg = [p for p in places if p.level == "sgg"]
    with_gu = {p.code[:4] for p in sgg if " " in p.sgg}
    leaves = [p for p in sgg if " " in p.sgg or p.code[:4] not in with_gu or p.code[4] != "0"]
    raw = _raw_weights(districts, {p.code: p for p in places})
    shares: dict[str, float] = {}
    for sido, people in SIDO_THOUSANDS.items():
        inside = [p for p in leaves if p.sido == sido]
        shares |= _share(inside, raw, float(people))
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["code", "sido", "sgg", "weight"])
        writer.writerows([p.code[:5], p.sido, p.sgg, f"{shares[p.code[:5]]:.1f}"] for p in leaves)


def _raw_weights(districts: dict[str, set[str]], by_code: dict[str, Place]) -> dict[str, float]:
    raw: dict[str, float] = defaultdict(float)
    for code in districts:
        legal = by_code.get(code)
        name = legal.emd if legal else "동"
        raw[code[:5]] += _EUP if name.endswith("읍") else _MYEON if name.endswith("면") else _DONG
    return raw


def _share(inside: list[Place], raw: dict[str, float], people: float) -> dict[str, float]:
    """Cities with a known figure get it, split among their 구; the others share the rest by their dongs."""
    figures = SEOUL_THOUSANDS if inside[0].sido.startswith("서울") else CITY_THOUSANDS
    result: dict[str, float] = {}
    known: dict[str, list[Place]] = defaultdict(list)
    rest: list[Place] = []
    for place in inside:
        city = place.sgg.split(" ")[0]
        (known[city] if city in figures else rest).append(place)
    for city, parts in [*known.items(), ("", rest)]:
        figure = figures.get(city, people - sum(figures[name] for name in known))
        total = sum(raw[p.code[:5]] for p in parts)
        result |= {p.code[:5]: figure * raw[p.code[:5]] / total for p in parts}
    return result
