"""Three thousand households: old parents, children elsewhere, here and there a landlord, one boiler each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from customers.models import Address, Boiler, Contact, Household, HouseholdMember
from customers.tokens import address_tokens
from dispatch.places import read_address
from geo.gazetteer import Area, find_area, sgg_weights
from geo.schemas import Point
from simulation.bulk import Batch
from simulation.names import Numbers, adult_name, domestic, elder_name
from simulation.points import scatter
from simulation.shapes import ContactSpec, HomeSpec, Maker, ModelRow, PointSpec

LANDLINE_ONLY = 0.25
SHARED_NUMBER = 0.05
MAP_PICK_WORDS = ("큰길 건너 빨간 벽돌집", "시장 뒤 파란 대문집", "언덕 위 슈퍼 옆집")
DOOR_NOTES = (
    "",
    "",
    "",
    "",
    "공동현관 비밀번호는 전화로 물어보기",
    "주차는 길가에",
    "초인종이 안 울려 전화하기",
)
INSTALLERS = ("한빛설비", "우리보일러", "정성설비", "대문설비", "새봄난방")


@dataclass(frozen=True)
class Builder:
    """What every household is made with."""

    batch: Batch
    numbers: Numbers
    rng: random.Random
    base_day: date
    since: datetime


def add_homes(
    builder: Builder,
    *,
    points: dict[int, PointSpec],
    makers: dict[int, Maker],
    counts: dict[int, int],
    vague: Counter[int],
) -> dict[int, HomeSpec]:
    """Homes by id, so many for each point; `vague` of them have an address that nobody can find."""
    homes: dict[int, HomeSpec] = {}
    for point_id, count in counts.items():
        point = points[point_id]
        dongs, weights = _weighted_dongs(point)
        for n in range(count):
            dong = builder.rng.choices(dongs, weights)[0]
            home = _add_home(builder, point, makers[point.company_id], dong, vague=n < vague[point_id])
            homes[home.id] = home
    return homes


def _weighted_dongs(point: PointSpec) -> tuple[list[Area], list[float]]:
    dongs = [area for code in point.dongs if (area := find_area(code)) is not None]
    in_sgg = Counter(dong.code[:5] for dong in dongs)
    people = sgg_weights()
    return dongs, [people.get(d.code[:5], 1.0) / in_sgg[d.code[:5]] for d in dongs]


def _add_home(builder: Builder, point: PointSpec, maker: Maker, dong: Area, *, vague: bool) -> HomeSpec:
    rng, batch = builder.rng, builder.batch
    place = scatter(dong, rng)
    raw = _vague_address(dong, rng) if vague else _address(dong, rng)
    address_id = _add_address(builder, point, raw, place, vague=vague)
    old = rng.random() < 0.7
    age_band = rng.choices(("75+", "65-74"), (6, 4))[0] if old else rng.choice(("40-64", "0-39", "40-64"))
    care = old and rng.random() < 0.22
    household_id = batch.add(
        Household,
        company_id=point.company_id,
        address_id=address_id,
        priority_care=care,
        age_band=age_band,
        access_note=rng.choice(DOOR_NOTES),
        created_at=builder.since,
    )
    resident, requester = _add_family(builder, point, household_id, old=old)
    landlord = None
    if rng.random() < 0.04:
        landlord = _add_person(
            builder, point, household_id, adult_name(rng), builder.numbers.mobile(), "landlord"
        )
    boiler_id, model, warranty_start = _add_boiler(builder, maker, address_id)
    return HomeSpec(
        id=household_id,
        company_id=point.company_id,
        point_id=point.id,
        place=place,
        resident=resident,
        requester=requester,
        landlord=landlord,
        boiler_id=boiler_id,
        boiler_kind=model.kind if model else None,
        boiler_family=model.family if model else None,
        warranty_start=warranty_start,
        priority_care=care,
        age_band=age_band,
        address=raw,
        plannable=not vague,
    )


def _address(dong: Area, rng: random.Random) -> str:
    unit = f", {rng.randint(101, 118)}동 {rng.randint(1, 24)}{rng.randint(1, 6):02d}호"
    if rng.random() < 0.25:
        unit = f", {rng.randint(1, 4)}층" if rng.random() < 0.4 else ""
    area = " ".join(part for part in (dong.sido, dong.sgg) if part)
    if dong.emd.endswith("동") and rng.random() < 0.35:
        road = f"{dong.emd[:-1].rstrip('0123456789')}로"
        return f"{area} {road} {rng.randint(2, 480)} ({dong.emd}){unit}"
    lot = f"{rng.randint(1, 999)}-{rng.randint(1, 60)}"
    return f"{area} {dong.emd} {lot}{unit}"


def _vague_address(dong: Area, rng: random.Random) -> str:
    return f"{dong.sido} {dong.sgg} {rng.choice(MAP_PICK_WORDS)}"


def _add_address(builder: Builder, point: PointSpec, raw: str, place: Point, *, vague: bool) -> int:
    read = read_address(raw)
    exact = not vague and builder.rng.random() < 0.3
    return builder.batch.add(
        Address,
        company_id=point.company_id,
        raw=raw,
        normalised=read.normalised,
        unit=read.unit,
        postcode=read.postcode,
        area_code=read.area_code,
        lat=read.lat if vague else place.lat,
        lon=read.lon if vague else place.lon,
        precision="sgg" if vague else "address" if exact else "dong",
        located_by="map_pick" if exact else "gazetteer",
        tokens=address_tokens(raw, read.normalised, *read.tokens),
        created_at=builder.since,
    )


def _add_family(
    builder: Builder, point: PointSpec, household_id: int, *, old: bool
) -> tuple[ContactSpec, ContactSpec | None]:
    """The resident, and for most old people a child who calls for them."""
    rng, numbers = builder.rng, builder.numbers
    name = elder_name(rng) if old else adult_name(rng)
    has_child = old and rng.random() < 0.78
    child_phone = numbers.mobile()
    draw = rng.random()
    if old and draw < LANDLINE_ONLY:
        phone = numbers.landline(point.area_code)
    elif has_child and draw < LANDLINE_ONLY + SHARED_NUMBER:
        phone = child_phone
    else:
        phone = numbers.mobile()
    resident = _add_person(builder, point, household_id, name, phone, "resident")
    if not has_child:
        return resident, None
    surname = name[0] if rng.random() < 0.85 else None
    child = _add_person(builder, point, household_id, adult_name(rng, surname), child_phone, "child")
    return resident, child


def _add_person(
    builder: Builder, point: PointSpec, household_id: int, name: str, phone: str, relationship: str
) -> ContactSpec:
    digits = domestic(phone)
    mobile = digits.startswith("010")
    contact_id = builder.batch.add(
        Contact,
        company_id=point.company_id,
        name=name,
        phone=phone,
        phone_digits=digits,
        phone_tail=digits[-4:],
        phone_kind="MOBILE" if mobile else "FIXED_LINE",
        can_text=mobile,
        created_at=builder.since,
    )
    builder.batch.add(
        HouseholdMember,
        household_id=household_id,
        contact_id=contact_id,
        relationship=relationship,
        since=builder.since,
    )
    return ContactSpec(contact_id, name, phone, mobile, relationship)


def _add_boiler(builder: Builder, maker: Maker, address_id: int) -> tuple[int, ModelRow | None, date | None]:
    rng = builder.rng
    home_models = [m for m in maker.models if m.kind != "commercial"]
    model = rng.choice(home_models) if rng.random() < 0.96 else None
    installed = builder.base_day - timedelta(
        days=rng.choices(_AGES, _AGE_WEIGHTS)[0] * 365 + rng.randrange(365)
    )
    known = rng.random() < 0.9
    serial = f"{model.code.replace('-', '')}{installed:%y%m}{rng.randrange(100_000):05d}" if model else None
    boiler_id = builder.batch.add(
        Boiler,
        company_id=maker.id,
        address_id=address_id,
        model_id=model.id if model else None,
        model_text="" if model else "이름판이 지워짐",
        serial=serial,
        installer=rng.choice(INSTALLERS),
        installed_on=installed if known else None,
        warranty_start=installed if known else None,
        created_at=builder.since,
    )
    return boiler_id, model, installed if known else None


_AGES: Sequence[int] = range(15)
_AGE_WEIGHTS: Sequence[int] = (4, 6, 7, 7, 7, 8, 9, 11, 11, 10, 8, 5, 3, 2, 2)
"""Years: a boiler older than seven fails more in the cold."""
