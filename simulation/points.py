"""Where the service points stand: real 시군구, taken by how many people live there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import cache
from math import hypot

import numpy as np

from core.clock import kst
from geo.address_words import SIDO_ALIASES
from geo.gazetteer import Area, load_gazetteer, sgg_list, sgg_weights
from geo.schemas import Point
from simulation.bulk import Batch
from simulation.names import Numbers, romanise, short_place
from simulation.shapes import Maker, PointSpec
from workforce.models import OpeningHours, PointClosure, ServicePoint, Territory

DIRECT_POINTS, DIRECT_STAFF = 30, 400
DESIGNATED_POINTS, DESIGNATED_STAFF = 150, 600
LARGE_CENTRE = 35
GANGNAM = "11680"
YEOKSAM = "1168010100"
_SINCE = date(2023, 3, 1)
_KM_NORTH, _KM_EAST = 111.2, 111.2 * 0.8
"""Kilometres of a degree in the middle of Korea."""


def add_points(
    batch: Batch,
    *,
    makers: dict[str, Maker],
    numbers: Numbers,
    rng: random.Random,
    base_day: date,
) -> dict[int, PointSpec]:
    """All points by id, with opening hours and territory."""
    specs = [
        *_direct(batch, makers["onnuri"], numbers, rng),
        *_designated(batch, makers["haedam"], numbers, rng),
    ]
    specs = _with_dongs(specs)
    for spec in specs:
        _add_rows(batch, spec)
    closed = [spec for spec in specs if spec.kind == "designated" and spec.size <= 3][:2]
    for spec, days in zip(closed, (1, 2), strict=True):
        batch.add(
            PointClosure,
            service_point_id=spec.id,
            start_at=kst(base_day + timedelta(days=5), 5),
            end_at=kst(base_day + timedelta(days=5 + days), 5),
            reason="점주 사정으로 쉽니다",
        )
    return {spec.id: spec for spec in specs}


def _direct(batch: Batch, maker: Maker, numbers: Numbers, rng: random.Random) -> list[PointSpec]:
    chosen = _spread_over_country(DIRECT_POINTS)
    weights = sgg_weights()
    large = _largest_regions(chosen)
    rest = [area for area in chosen if area.code not in large]
    sizes = _shares(
        [weights[a.code[:5]] ** 0.5 for a in rest], DIRECT_STAFF - LARGE_CENTRE * len(large), 5, 16
    )
    by_area = {area.code: size for area, size in zip(rest, sizes, strict=True)}
    specs: list[PointSpec] = []
    for area in chosen:
        specs.append(
            _spec(
                batch,
                maker,
                area,
                code=_code(area, specs),
                name=f"온누리 {place_name(area)} 서비스센터",
                size=by_area.get(area.code, LARGE_CENTRE),
                numbers=numbers,
                rng=rng,
            )
        )
    return specs


def _designated(batch: Batch, maker: Maker, numbers: Numbers, rng: random.Random) -> list[PointSpec]:
    areas, weights = sgg_list(), sgg_weights()
    counts = _shares([weights[a.code[:5]] for a in areas], DESIGNATED_POINTS, 0, 2)
    gangnam = next(i for i, a in enumerate(areas) if a.code[:5] == GANGNAM)
    spare = counts[gangnam] - 1
    counts[gangnam] = 1
    for _ in range(spare):  # one busy point there, so that a walk through the demo always meets the same desk
        counts[counts.index(0)] += 1
    stands = [area for area, count in zip(areas, counts, strict=True) for _ in range(count)]
    sizes = _shares([weights[a.code[:5]] * rng.uniform(0.3, 1.6) for a in stands], DESIGNATED_STAFF, 2, 9)
    first = next(i for i, a in enumerate(stands) if a.code[:5] == GANGNAM)
    biggest = sizes.index(max(sizes))
    sizes[first], sizes[biggest] = sizes[biggest], sizes[first]
    specs: list[PointSpec] = []
    for area, size in zip(stands, sizes, strict=True):
        dong = _home_dong(area, rng)
        specs.append(
            _spec(
                batch,
                maker,
                dong,
                code=_code(area, specs),
                name=f"해담 {place_name(area)} {dong.emd}점",
                size=size,
                numbers=numbers,
                rng=rng,
            )
        )
    return specs


def _spec(
    batch: Batch,
    maker: Maker,
    area: Area,
    *,
    code: str,
    name: str,
    size: int,
    numbers: Numbers,
    rng: random.Random,
) -> PointSpec:
    dong = area if area.emd else _home_dong(area, rng)
    place = scatter(dong, rng)
    return PointSpec(
        id=batch.reserve(ServicePoint),
        company_id=maker.id,
        code=code,
        name=name,
        kind=maker.kind,
        area_code=area.code[:5],
        address=f"{dong.full_name} {rng.randint(10, 900)}",
        place=place,
        desk_phone=numbers.landline(area.code),
        daily_limit=size * 7 if maker.kind == "designated" else None,
        size=size,
    )


def scatter(dong: Area, rng: random.Random) -> Point:
    """A place somewhere in a dong."""
    reach = min(dong.radius_m * 0.55, 1_500)
    north, east = rng.uniform(-reach, reach), rng.uniform(-reach, reach)
    lon = dong.lon + east / (111_200 * float(np.cos(np.radians(dong.lat))))
    return Point(round(dong.lat + north / 111_200, 6), round(lon, 6), dong.area_class)


def _spread_over_country(count: int) -> list[Area]:
    """Heavy 시군구 that are not next to each other, every 시도 at least once, 강남구 among them."""
    weights = sgg_weights()
    chosen = [area for area in sgg_list() if area.code[:5] == GANGNAM]
    ranked = sorted(sgg_list(), key=lambda a: -weights[a.code[:5]])
    regions = {area.code[:2] for area in ranked} - {GANGNAM[:2]}
    chosen += [next(a for a in ranked if a.code[:2] == region) for region in sorted(regions)]
    for area in ranked:
        if len(chosen) >= count:
            break
        if all(_km(area, other) > 9 for other in chosen):
            chosen.append(area)
    return sorted(chosen[:count])


def _largest_regions(chosen: Sequence[Area]) -> set[str]:
    """서울 강남, 부산, 대구, 인천, 광주: one large centre each."""
    weights = sgg_weights()
    large = set()
    for region in ("11", "26", "27", "28", "29"):
        here = [a for a in chosen if a.code[:2] == region]
        best = max(here, key=lambda a: (a.code[:5] == GANGNAM, weights[a.code[:5]]))
        large.add(best.code)
    return large


def _shares(weights: Sequence[float], total: int, least: int, most: int) -> list[int]:
    """Whole shares in proportion to the weights, within bounds, that add up to the total."""
    whole = sum(weights)
    shares = [min(most, max(least, round(total * w / whole))) for w in weights]
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    while (gap := total - sum(shares)) != 0:
        step = 1 if gap > 0 else -1
        movable = [i for i in order if least <= shares[i] + step <= most]
        for i in (movable if step > 0 else movable[::-1])[: abs(gap)]:
            shares[i] += step
    return shares


def _with_dongs(specs: list[PointSpec]) -> list[PointSpec]:
    """Each dong belongs to its company's nearest point; a point keeps those within reach."""
    dongs = [a for a in load_gazetteer().by_code.values() if a.level == "emd" and a.own_point]
    return [
        spec
        for company_id in sorted({s.company_id for s in specs})
        for spec in _own_dongs([s for s in specs if s.company_id == company_id], dongs)
    ]


def _own_dongs(specs: list[PointSpec], dongs: list[Area]) -> list[PointSpec]:
    north = np.subtract.outer([spec.place.lat for spec in specs], [dong.lat for dong in dongs])
    east = np.subtract.outer([spec.place.lon for spec in specs], [dong.lon for dong in dongs])
    km = np.hypot(north * _KM_NORTH, east * _KM_EAST)
    nearest = km.argmin(axis=0)
    found = []
    for row, spec in enumerate(specs):
        reach = 9 if spec.kind == "designated" else 14
        mine = [j for j in range(len(dongs)) if nearest[j] == row and km[row, j] <= reach]
        closest = [int(j) for j in km[row].argsort()[:4]]
        found.append(replace(spec, dongs=tuple(dongs[j].code for j in (mine if len(mine) >= 3 else closest))))
    return found


def _add_rows(batch: Batch, spec: PointSpec) -> None:
    batch.add(
        ServicePoint,
        id=spec.id,
        company_id=spec.company_id,
        code=spec.code,
        name=spec.name,
        kind=spec.kind,
        area_code=spec.area_code,
        address=spec.address,
        lat=spec.place.lat,
        lon=spec.place.lon,
        desk_phone=spec.desk_phone,
        daily_limit=spec.daily_limit,
        open_from=_SINCE,
    )
    for area_code in sorted({code[:5] for code in spec.dongs} | {spec.area_code}):
        batch.add(Territory, service_point_id=spec.id, area_code=area_code, valid_from=_SINCE)
    for weekday in range(8):
        if weekday >= 6 and spec.kind == "designated" and spec.size <= 3:
            continue
        short = weekday >= 5
        batch.add(
            OpeningHours,
            service_point_id=spec.id,
            weekday=weekday,
            opens=time(9),
            closes=time(13) if short else time(18),
            valid_from=_SINCE,
        )


def place_name(area: Area) -> str:
    """강남; 부산 북구 where other cities have a 북구 too: a name must say which one, wherever it stands."""
    short = short_place(area.sgg or area.sido)
    if _sgg_names()[short] < 2:
        return short
    return f"{SIDO_ALIASES[area.sido][0]} {short}"


@cache
def _sgg_names() -> Counter[str]:
    """How many 시군구 bear a short name."""
    return Counter(short_place(area.sgg or area.sido) for area in sgg_list())


def _code(area: Area, others: Sequence[PointSpec]) -> str:
    """`gangnam`, then `gangnam-2` in the same district, `busan-junggu` for a name that stands elsewhere."""
    plain = romanise(short_place(area.sgg or area.sido))
    owner = next((spec.area_code for spec in others if spec.code == plain), area.code[:5])
    stem = plain if owner == area.code[:5] else f"{romanise(area.sido[:2])}-{plain}"
    taken = {spec.code for spec in others}
    return next(code for code in (stem, *(f"{stem}-{n}" for n in range(2, 30))) if code not in taken)


def _home_dong(area: Area, rng: random.Random) -> Area:
    here = _dongs_of(area)
    return next((dong for dong in here if dong.code == YEOKSAM), None) or rng.choice(here)


def _dongs_of(area: Area) -> list[Area]:
    found = [
        a
        for a in load_gazetteer().by_code.values()
        if a.level == "emd" and a.code[:5] == area.code[:5] and a.own_point
    ]
    return found or [area]


def _km(a: Area, b: Area) -> float:
    return hypot((a.lat - b.lat) * _KM_NORTH, (a.lon - b.lon) * _KM_EAST)
