from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import rules
from billing.schemas import (
    FEES,
    VISIT_FEE,
    BoilerFacts,
    FeeTier,
    LineRequest,
    Price,
    WarrantyAnswer,
    WarrantyReason,
    WarrantyTerms,
)
from core.clock import kst
from core.dated import Calendar

NIGHT = {"night_from": time(18), "night_to": time(8)}
TUESDAY = date(2026, 12, 1)
PAID = WarrantyAnswer(False, WarrantyReason.EXPIRED)
FREE = WarrantyAnswer(True, WarrantyReason.IN_WARRANTY)


def price(
    code: str, amount: int, *, kind: str = "labour", tier: str = "any"
) -> tuple[tuple[str, str], Price]:
    return (code, tier), Price(1, code, code.title(), kind, tier, amount, date(2020, 1, 1))


PRICES = dict(
    [
        price(VISIT_FEE, 18000, kind="visit_fee", tier="day"),
        price(VISIT_FEE, 22000, kind="visit_fee", tier="night_holiday"),
        price("LABOUR_IGNITION", 30000),
        price("PART_FAN", 70000, kind="parts"),
    ]
)


@pytest.mark.parametrize(
    ("hour", "minute", "tier"),
    [
        (7, 59, FeeTier.NIGHT_HOLIDAY),
        (8, 0, FeeTier.DAY),
        (17, 59, FeeTier.DAY),
        (18, 0, FeeTier.NIGHT_HOLIDAY),
        (24, 0, FeeTier.NIGHT_HOLIDAY),
    ],
)
def test_night_begins_and_ends_on_the_minute(hour: int, minute: int, tier: FeeTier) -> None:
    assert rules.tier_at(kst(TUESDAY, hour, minute), days_off=Calendar({}), **NIGHT) is tier


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2026, 12, 5), id="saturday"),
        pytest.param(date(2026, 12, 6), id="sunday"),
        pytest.param(date(2026, 12, 25), id="public-holiday"),
    ],
)
def test_days_off_cost_the_holiday_tier_at_noon(day: date) -> None:
    assert rules.tier_at(kst(day, 12), days_off=Calendar({}), **NIGHT) is FeeTier.NIGHT_HOLIDAY


def test_the_operators_calendar_wins_over_the_computed_one() -> None:
    declared = Calendar({TUESDAY: (True, "임시공휴일"), date(2026, 12, 25): (False, "정상 근무")})
    assert rules.tier_at(kst(TUESDAY, 12), days_off=declared, **NIGHT) is FeeTier.NIGHT_HOLIDAY
    assert rules.tier_at(kst(date(2026, 12, 25), 12), days_off=declared, **NIGHT) is FeeTier.DAY


def test_the_day_is_the_korean_one() -> None:
    friday_evening_utc = datetime(2026, 12, 4, 23, 30, tzinfo=UTC)  # Saturday 08:30 in Korea
    assert rules.tier_at(friday_evening_utc, days_off=Calendar({}), **NIGHT) is FeeTier.NIGHT_HOLIDAY


@pytest.mark.parametrize("tiers", [["day", "night_holiday"], ["night_holiday", "day"]])
def test_the_lower_of_agreed_and_actual_counts(tiers: list[str]) -> None:
    bill = rules.price_lines(
        requested=[], prices=PRICES, tiers=[FeeTier(t) for t in tiers], warranty=PAID, vat_percent=10
    )
    assert (bill.total, bill.fee_tier) == (18000, FeeTier.DAY)


def test_the_fee_is_due_when_nothing_is_repaired_and_only_once() -> None:
    bill = rules.price_lines(
        requested=[LineRequest(VISIT_FEE, 3)],
        prices=PRICES,
        tiers=[FeeTier.DAY],
        warranty=PAID,
        vat_percent=10,
    )
    assert [(line.code, line.quantity, line.amount) for line in bill.lines] == [(VISIT_FEE, 1, 18000)]


def test_the_same_code_twice_becomes_one_line() -> None:
    bill = rules.price_lines(
        requested=[LineRequest("PART_FAN"), LineRequest("PART_FAN", 2)],
        prices=PRICES,
        tiers=[FeeTier.DAY],
        warranty=PAID,
        vat_percent=10,
    )
    assert [(line.code, line.quantity, line.amount) for line in bill.lines][1:] == [("PART_FAN", 3, 210000)]


def test_covered_lines_cost_nothing_and_keep_their_price() -> None:
    bill = rules.price_lines(
        requested=[LineRequest("LABOUR_IGNITION")],
        prices=PRICES,
        tiers=[FeeTier.DAY],
        warranty=FREE,
        vat_percent=10,
    )
    assert bill.total == 0
    assert [(line.unit_amount, line.amount, line.warranty) for line in bill.lines] == [
        (18000, 0, True),
        (30000, 0, True),
    ]


@pytest.mark.parametrize("fee", sorted(FEES))
def test_a_fee_that_was_ticked_is_due_once(fee: str) -> None:
    bill = rules.price_lines(
        requested=[LineRequest(fee), LineRequest(fee)],
        prices=PRICES,
        tiers=[FeeTier.DAY],
        warranty=PAID,
        vat_percent=10,
    )
    assert [(line.code, line.quantity) for line in bill.lines] == [(VISIT_FEE, 1)]


def test_every_bad_line_is_named() -> None:
    with pytest.raises(rules.BadLinesError) as caught:
        rules.price_lines(
            requested=[
                LineRequest("NO_SUCH"),
                LineRequest("PART_FAN", 0),
                LineRequest("LABOUR_IGNITION", 100),
            ],
            prices=PRICES,
            tiers=[FeeTier.DAY],
            warranty=PAID,
            vat_percent=10,
        )
    assert caught.value.status == 422
    assert [error.field for error in caught.value.errors] == [
        "lines.0.code",
        "lines.1.quantity",
        "lines.2.quantity",
    ]
    assert "NO_SUCH" in caught.value.errors[0].message


def test_quantities_cannot_be_split_past_the_limit() -> None:
    with pytest.raises(rules.BadLinesError):
        rules.price_lines(
            requested=[LineRequest("PART_FAN", 60), LineRequest("PART_FAN", 40)],
            prices=PRICES,
            tiers=[FeeTier.DAY],
            warranty=PAID,
            vat_percent=10,
        )


@given(
    st.lists(st.tuples(st.sampled_from(["LABOUR_IGNITION", "PART_FAN"]), st.integers(1, 40)), max_size=3),
    st.booleans(),
)
def test_lines_always_add_up_to_the_total(wanted: list[tuple[str, int]], covered: bool) -> None:
    try:
        bill = rules.price_lines(
            requested=[LineRequest(code, n) for code, n in wanted],
            prices=PRICES,
            tiers=[FeeTier.NIGHT_HOLIDAY],
            warranty=FREE if covered else PAID,
            vat_percent=10,
        )
    except rules.BadLinesError:
        return
    assert sum(line.amount for line in bill.lines) == bill.total
    assert len({line.code for line in bill.lines}) == len(bill.lines)


def judge(day: date, **changes: object) -> WarrantyAnswer:
    facts: dict[str, object] = {
        "terms": WarrantyTerms(36, 60),
        "boiler": BoilerFacts("condensing", warranty_start=date(2023, 12, 1)),
        "symptom": "NO_HEAT",
        "misuse": False,
        "last_repair_on": None,
    }
    return rules.judge_warranty(day=day, **{**facts, **changes})  # type: ignore[arg-type]


def test_the_last_day_of_the_warranty_is_free_and_the_next_is_not() -> None:
    assert judge(date(2026, 11, 30)).reason is WarrantyReason.IN_WARRANTY
    assert judge(date(2026, 12, 1)) == WarrantyAnswer(False, WarrantyReason.EXPIRED, date(2026, 12, 1))


def test_the_warranty_start_counts_before_the_installation() -> None:
    boiler = BoilerFacts("condensing", warranty_start=date(2024, 3, 1), installed_on=date(2020, 1, 1))
    assert judge(TUESDAY, boiler=boiler).covered
    assert not judge(TUESDAY, boiler=BoilerFacts("condensing", installed_on=date(2020, 1, 1))).covered


@pytest.mark.parametrize("last_repair", [None, date(2026, 11, 20)])
@pytest.mark.parametrize(
    ("change", "reason"),
    [({"misuse": True}, WarrantyReason.MISUSE), ({"symptom": "FREEZE"}, WarrantyReason.FROST)],
)
def test_misuse_and_frost_are_never_free(
    change: dict[str, object], reason: WarrantyReason, last_repair: date | None
) -> None:
    answer = judge(date(2024, 1, 10), last_repair_on=last_repair, **change)
    assert (answer.covered, answer.reason) == (False, reason)


@pytest.mark.parametrize(("days", "covered"), [(0, True), (60, True), (61, False)])
def test_the_same_fault_again_is_free_for_the_agreed_days(days: int, covered: bool) -> None:
    day = date(2027, 6, 1)
    repaired = date.fromordinal(day.toordinal() - days)
    assert judge(day, last_repair_on=repaired).covered is covered


def test_unknown_and_impossible_starts_say_so() -> None:
    assert judge(TUESDAY, boiler=BoilerFacts()).reason is WarrantyReason.START_UNKNOWN
    assert judge(TUESDAY, terms=WarrantyTerms(0, 60)).reason is WarrantyReason.NO_RULE
    later = BoilerFacts(installed_on=date(2027, 1, 1))
    assert judge(TUESDAY, boiler=later).reason is WarrantyReason.START_IN_FUTURE


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_end_where_the_calendar_ends_them(start: date, months: int, end: date) -> None:
    assert rules.add_months(start, months) == end


@pytest.mark.parametrize("reason", list(WarrantyReason))
def test_every_reason_has_its_sentence(reason: WarrantyReason) -> None:
    assert rules.warranty_words(reason).endswith(".")
