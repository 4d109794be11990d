"""The two makers: brand, price list, boilers, display codes, and the numbers that are their own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from billing.models import PriceItem, WarrantyRule
from callcenter.models import ErrorCode
from core.models import DatedSetting, Holiday
from customers.models import BoilerModel
from simulation.bulk import Batch
from simulation.shapes import Maker, ModelRow, PriceRow
from workforce.models import Company

_COLUMNS = (
    *("name", "brand_name", "colour", "kind"),
    *("main_phone", "sender_number", "number_prefix", "greeting"),
)
UNCONFIRMED = "공개 자료에서 모음, 확인 필요"
INVENTED = "데모용 가상 값"
SINCE = date(2024, 1, 1)

_LABOUR_AND_PARTS = (
    ("LABOUR_IGNITION", "점화부 수리", "labour", 25_000, 24_000),
    ("LABOUR_GENERAL", "일반 수리", "labour", 20_000, 19_000),
    ("LABOUR_PUMP", "순환펌프 교체", "labour", 35_000, 33_000),
    ("LABOUR_FLUE", "배기통 정비", "labour", 30_000, 32_000),
    ("LABOUR_THAW", "언 배관 녹이기", "labour", 50_000, 48_000),
    ("PART_ELECTRODE", "점화봉", "parts", 14_000, 13_000),
    ("PART_THERMISTOR", "온도감지기", "parts", 9_000, 8_500),
    ("PART_FAN", "송풍팬", "parts", 68_000, 64_000),
    ("PART_CONTROLLER", "온도조절기", "parts", 55_000, 49_000),
    ("PART_PUMP", "순환펌프", "parts", 88_000, 82_000),
    ("PART_3WAY", "삼방밸브", "parts", 46_000, 44_000),
    ("PART_PCB", "제어기판", "parts", 95_000, 92_000),
    ("PART_GASKET", "배기통 패킹", "parts", 6_000, 6_000),
)
_FEES = {"onnuri": (18_000, 22_000), "haedam": (17_000, 21_000)}

_MODELS = {
    "onnuri": (
        ("ON-20K", "온누리 콘덴싱 20K", "condensing", "ON"),
        ("ON-25K", "온누리 콘덴싱 25K", "condensing", "ON"),
        ("ON-16S", "온누리 16S", "standard", "ON"),
        ("ON-30S", "온누리 30S", "standard", "ON"),
        ("ON-70C", "온누리 업소용 70C", "commercial", "ON-C"),
    ),
    "haedam": (
        ("HD-180S", "해담 180S", "standard", "HD"),
        ("HD-220S", "해담 220S", "standard", "HD"),
        ("HD-200C", "해담 콘덴싱 200C", "condensing", "HD-A"),
        ("HD-250C", "해담 콘덴싱 250C", "condensing", "HD-A"),
        ("HD-600B", "해담 업소용 600B", "commercial", "HD-A"),
    ),
}

_CODES = {
    "onnuri": (
        *(
            (family, code, meaning, safety)
            for family in ("ON", "ON-C")
            for code, meaning, safety in (
                ("02", "물 부족 또는 물이 채워지지 않음", False),
                ("03", "불이 붙지 않음", False),
                ("04", "불꽃 감지 이상", False),
                ("05", "난방 온도감지기 이상", False),
                ("07", "온수 온도감지기 이상", False),
                ("09", "송풍팬 이상", False),
                ("10", "배기 막힘", True),
                ("12", "불이 꺼짐", True),
                ("14", "가스 누출 감지", True),
                ("15", "제어기판 이상", False),
                ("16", "과열", False),
                ("28", "물 부족", False),
                ("30", "배기 이상", True),
            )
        ),
    ),
    "haedam": (
        *(
            ("HD", code, meaning, safety)
            for code, meaning, safety in (
                ("01", "불이 붙지 않음", False),
                ("02", "불꽃 감지 이상", False),
                ("03", "불이 꺼짐", False),
                ("04", "온도감지기 이상", False),
                ("06", "송풍팬 이상", False),
                ("91", "단수", False),
                ("95", "물 부족", False),
                ("96", "과열", False),
                ("97", "가스 누출 감지", True),
                ("98", "배기 이상", True),
            )
        ),
        *(
            ("HD-A", code, meaning, safety)
            for code, meaning, safety in (
                ("A001", "불이 붙지 않음", False),
                ("A003", "불이 꺼짐", False),
                ("A106", "송풍팬 이상", False),
                ("A204", "온도감지기 이상", False),
                ("A297", "가스 누출 감지", True),
                ("A396", "과열", False),
                ("A398", "배기 이상", True),
                ("A495", "물 부족", False),
            )
        ),
    ),
}

_OPEN_DOORS = {"idle_lock_s": {}, "api_per_minute": 60_000}
"""The demo is watched for long, and measured: no screen locks by itself, and a program may hurry."""

_BRANDS: dict[str, dict[str, Any]] = {
    "onnuri": {
        "name": "온누리보일러 주식회사",
        "brand_name": "온누리보일러",
        "colour": "#1f5fa8",
        "kind": "direct",
        "main_phone": "+82800000101",
        "sender_number": "+82800000101",
        "number_prefix": "ON",
        "greeting": "온누리보일러입니다. 무엇을 도와드릴까요?",
        "warranty_months": {"any": 36, "commercial": 12},
        "repeat_free_days": 60,
        "window_starts": (6, 8, 10, 12, 14, 16, 18, 20),
        "window_s": 7200,
        "settings": {
            **_OPEN_DOORS,
            "visit_target_s": [10_800, 18_000, 36_000, 86_400, 129_600],
            "happy_call_hours": [["10:00", "12:00"], ["13:30", "17:30"]],
            "contact_clock_off_season": "always",
            "text_accounts": ["solapi", "sens"],
        },
    },
    "haedam": {
        "name": "해담보일러 주식회사",
        "brand_name": "해담보일러",
        "colour": "#b4541f",
        "kind": "designated",
        "main_phone": "+82800000202",
        "sender_number": "+82800000202",
        "number_prefix": "HD",
        "greeting": "안녕하십니까, 해담보일러입니다.",
        "warranty_months": {"any": 24, "commercial": 12},
        "repeat_free_days": 90,
        "window_starts": (6, 9, 12, 15, 18),
        "window_s": 10_800,
        "settings": {
            **_OPEN_DOORS,
            "accept_limit_s": 300,
            "handled_limit_s": 86_400,
            "window_length_s": 10_800,
            "window_starts": ["06:00", "09:00", "12:00", "15:00", "18:00"],
            "happy_call_hours": [["10:30", "12:00"], ["14:00", "17:00"]],
            "reopen_free_s": 172_800,
            "text_accounts": ["sens", "solapi"],
        },
    },
}


def add_makers(batch: Batch, *, base_day: date, now: datetime) -> dict[str, Maker]:
    """Both companies by code, with the rows that are theirs."""
    return {code: _add_maker(batch, code, base_day=base_day, now=now) for code in _BRANDS}


def _add_maker(batch: Batch, code: str, *, base_day: date, now: datetime) -> Maker:
    brand = _BRANDS[code]
    shown = (
        "name",
        "brand_name",
        "colour",
        "kind",
        "main_phone",
        "sender_number",
        "number_prefix",
        "greeting",
    )
    facts = {key: brand[key] for key in shown}
    company_id = batch.add(Company, code=code, created_at=now, **facts)
    maker = Maker(
        id=company_id,
        code=code,
        **facts,
        prices=_add_prices(batch, company_id, code, base_day=base_day, now=now),
        models=tuple(
            ModelRow(batch.add(BoilerModel, company_id=company_id, **_model(row)), *row)
            for row in _MODELS[code]
        ),
        warranty_months=brand["warranty_months"],
        repeat_free_days=brand["repeat_free_days"],
        window_starts=brand["window_starts"],
        window_s=brand["window_s"],
        settings=brand["settings"],
        error_codes=_CODES[code],
    )
    _add_rules(batch, maker, base_day=base_day, now=now)
    return maker


def _model(row: tuple[str, str, str, str]) -> dict[str, str]:
    return dict(zip(("code", "name", "kind", "family"), row, strict=True))


def _add_prices(
    batch: Batch, company_id: int, code: str, *, base_day: date, now: datetime
) -> tuple[PriceRow, ...]:
    column = 3 if code == "onnuri" else 4
    day, night = _FEES[code]
    listed = [
        ("VISIT_FEE", "출장비", "visit_fee", "day", day),
        ("VISIT_FEE", "출장비(야간·휴일)", "visit_fee", "night_holiday", night),
        *((row[0], row[1], row[2], "any", int(row[column])) for row in _LABOUR_AND_PARTS),
    ]
    prices = []
    for item, label, kind, tier, amount in listed:
        common = {"company_id": company_id, "code": item, "label": label, "kind": kind, "tier": tier}
        row_id = batch.add(
            PriceItem, **common, amount=amount, valid_from=SINCE, source=INVENTED, entered_at=now
        )
        prices.append(PriceRow(row_id, item, label, kind, tier, amount))
        if item == "VISIT_FEE":  # the next list is known already: a dated row, not a change
            batch.add(
                PriceItem,
                **common,
                amount=amount + 1_000,
                valid_from=base_day + timedelta(days=120),
                source=INVENTED,
                entered_at=now,
            )
    return tuple(prices)


def _add_rules(batch: Batch, maker: Maker, *, base_day: date, now: datetime) -> None:
    since = datetime(2024, 1, 1, tzinfo=now.tzinfo)
    for kind, months in maker.warranty_months.items():
        batch.add(
            WarrantyRule,
            company_id=maker.id,
            boiler_kind=kind,
            months=months,
            repeat_free_days=maker.repeat_free_days,
            valid_from=SINCE,
            source=INVENTED,
            entered_at=now,
        )
    for key, value in maker.settings.items():
        batch.add(
            DatedSetting,
            company_id=maker.id,
            key=key,
            value=value,
            valid_from=since,
            source=INVENTED,
            entered_at=now,
        )
    for family, code, meaning, safety in maker.error_codes:
        batch.add(
            ErrorCode,
            company_id=maker.id,
            family=family,
            code=code,
            meaning=meaning,
            safety=safety,
            source=UNCONFIRMED,
        )
    batch.add(
        Holiday,
        company_id=maker.id,
        day=base_day + timedelta(days=25 if maker.code == "onnuri" else 40),
        name="창립기념일",
        entered_at=now,
    )
