"""What a visit costs and when it is free: pure decisions over prices, dates and the calendar.

Sources (all dated rows, none a constant here): visit fee due even when nothing is repaired, night and
holiday dearer (consumer press 2016-2022); warranty by boiler kind, the same fault soon after a repair is
free (소비자분쟁해결기준). Frost damage and misuse are never covered.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Protocol

from billing.schemas import (
    CHECKUP_FEE,
    FEES,
    MAX_QUANTITY,
    VISIT_FEE,
    BoilerFacts,
    FeeTier,
    LineRequest,
    Price,
    PricedLine,
    PricedVisit,
    WarrantyAnswer,
    WarrantyReason,
    WarrantyTerms,
)
from core.clock import KST
from core.errors import FieldError, InvalidError
from core.i18n import N_, _

FROST_SYMPTOM = "FREEZE"
CHECKUP_SYMPTOM = "CHECKUP"
TIER_OF_ANY = "any"
FROST_IS_PAID = N_("얼어서 생긴 고장은 보증하지 않아 유상입니다.")


class DaysOff(Protocol):
    """The calendar, as far as a fee asks it."""

    def is_day_off_at(self, at: datetime) -> bool:
        """Whether the Korean date of a moment is a Saturday, Sunday or holiday."""
        ...


class BadLinesError(InvalidError):
    """Cost lines that the price list of the day cannot price; `errors` names each."""

    code = "bad-cost-lines"


Prices = Mapping[tuple[str, str], Price]
"""The price list of a day by (code, tier)."""


def tier_at(at: datetime, *, days_off: DaysOff, night_from: time, night_to: time) -> FeeTier:
    """The visit fee's tier at a moment: night is [night_from, night_to), usually across midnight."""
    local = at.astimezone(KST).time()
    if night_from <= night_to:
        night = night_from <= local < night_to
    else:
        night = local >= night_from or local < night_to
    return FeeTier.NIGHT_HOLIDAY if night or days_off.is_day_off_at(at) else FeeTier.DAY


def price_of(prices: Prices, code: str, tier: FeeTier) -> Price | None:
    """The price of a code: the tier's own, else the one for any time; None when it is not sold."""
    return prices.get((code, tier.value)) or prices.get((code, TIER_OF_ANY))


def fee_of(symptom: str) -> str:
    """The code of what is due for coming at all."""
    return CHECKUP_FEE if symptom == CHECKUP_SYMPTOM else VISIT_FEE


def lower_tier(prices: Prices, tiers: Sequence[FeeTier]) -> FeeTier:
    """Of several tiers the one whose visit fee is lower; the family never pays for our being late."""

    def fee(tier: FeeTier) -> tuple[int, bool]:
        price = price_of(prices, VISIT_FEE, tier)
        return (price.amount if price else 0, tier is FeeTier.NIGHT_HOLIDAY)

    return min(tiers, key=fee)


def judge_warranty(
    *,
    day: date,
    terms: WarrantyTerms,
    boiler: BoilerFacts,
    symptom: str,
    misuse: bool,
    last_repair_on: date | None,
) -> WarrantyAnswer:
    """Whether a visit on `day` is free. Misuse and frost never are, not even soon after a repair.

    Terms of 0 months mean that the company has no warranty rule for this boiler.
    """
    if misuse:
        return WarrantyAnswer(False, WarrantyReason.MISUSE)
    if symptom == FROST_SYMPTOM:
        return WarrantyAnswer(False, WarrantyReason.FROST)
    repaired = last_repair_on is not None and symptom != CHECKUP_SYMPTOM
    if last_repair_on is not None and repaired and 0 <= (day - last_repair_on).days <= terms.repeat_free_days:
        return WarrantyAnswer(True, WarrantyReason.REPEAT_FAULT)
    return _judge_by_age(day, terms.months, warranty_start(boiler, terms))


def warranty_start(boiler: BoilerFacts, terms: WarrantyTerms) -> date | None:
    """The day from which a warranty runs: the one written down for it, the rule's own, the other known one.

    Where neither is known (no receipt), a number of months after the boiler was made, if the rule says so.
    """
    days = (boiler.installed_on, boiler.bought_on)
    own, other = days if terms.start_rule == "installed" else days[::-1]
    known = boiler.warranty_start or own or other
    if known is None and boiler.made_on is not None and terms.made_plus_months is not None:
        return add_months(boiler.made_on, terms.made_plus_months)
    return known


def vat_within(total: int, percent: int) -> int:
    """The tax within an amount that includes it; below one won it is dropped, as on a tax invoice."""
    share = abs(total) * percent // (100 + percent)
    return share if total >= 0 else -share


def _judge_by_age(day: date, months: int, start: date | None) -> WarrantyAnswer:
    if not months:
        return WarrantyAnswer(False, WarrantyReason.NO_RULE)
    if start is None:
        return WarrantyAnswer(False, WarrantyReason.START_UNKNOWN)
    until = add_months(start, months)
    if start > day:
        return WarrantyAnswer(False, WarrantyReason.START_IN_FUTURE, until)
    covered = day < until
    return WarrantyAnswer(covered, WarrantyReason.IN_WARRANTY if covered else WarrantyReason.EXPIRED, until)


def price_lines(
    *,
    requested: Sequence[LineRequest],
    prices: Prices,
    tiers: Sequence[FeeTier],
    warranty: WarrantyAnswer,
    vat_percent: int,
    fee: str = VISIT_FEE,
) -> PricedVisit:
    """The bill: the visit fee first and once, then what was asked for, each code once.

    Args:
        tiers: the tiers at the agreed start and at the actual arrival; the lower counts.
        vat_percent: the prices include it.
        fee: the code of what is due for coming (`fee_of`); one that is not sold costs nothing.

    Raises:
        BadLinesError: a code that is not sold that day, or a quantity outside 1..99 (422).
    """
    tier = lower_tier(prices, tiers)
    wanted = _merge(requested, fee)
    _require_sold(requested, prices, tier)
    lines = [
        PricedLine(
            item_id=price.item_id,
            code=code,
            label=price.label,
            quantity=quantity,
            unit_amount=price.amount,
            amount=0 if warranty.covered else price.amount * quantity,
            warranty=warranty.covered,
        )
        for code, quantity in wanted.items()
        if (price := price_of(prices, code, tier)) is not None
    ]
    total = sum(line.amount for line in lines)
    return PricedVisit(tuple(lines), total, tier, warranty, vat_within(total, vat_percent))


def add_months(start: date, months: int) -> date:
    """The same day of the month some months on; the month's last day where it has no such day."""
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, min(start.day, last))


def warranty_words(reason: WarrantyReason) -> str:
    """The reason as a plain sentence in the reader's language."""
    words = {
        WarrantyReason.IN_WARRANTY: _("보증 기간 안이라 무상입니다."),
        WarrantyReason.REPEAT_FAULT: _("같은 고장이 다시 나서 무상입니다."),
        WarrantyReason.EXPIRED: _("보증 기간이 끝나 유상입니다."),
        WarrantyReason.MISUSE: _("사용 부주의로 생긴 고장이라 유상입니다."),
        WarrantyReason.FROST: _(FROST_IS_PAID),
        WarrantyReason.START_UNKNOWN: _("설치한 날을 알 수 없어 유상입니다."),
        WarrantyReason.START_IN_FUTURE: _(
            "적힌 설치일이 방문일보다 뒤라 유상입니다. 설치일을 확인해 주세요."
        ),
        WarrantyReason.NO_RULE: _("이 보일러의 보증 규정이 없어 유상입니다."),
    }
    return words[reason]


def why_paid(priced: PricedVisit, *, given: str) -> str:
    """What the family reads of why a bill is none of its warranty's, as it is stored; often nothing.

    Args:
        given: what whoever wrote the bill says of it.
    """
    if given or not priced.total:
        return given
    return FROST_IS_PAID if priced.warranty.reason is WarrantyReason.FROST else ""


def _merge(requested: Sequence[LineRequest], fee: str = VISIT_FEE) -> dict[str, int]:
    wanted: dict[str, int] = {fee: 1}
    for line in requested:
        if line.code not in FEES:  # the fee is due once, however often it was ticked
            wanted[line.code] = wanted.get(line.code, 0) + line.quantity
    return wanted


def _require_sold(requested: Sequence[LineRequest], prices: Prices, tier: FeeTier) -> None:
    errors: list[FieldError] = []
    totals = _merge(requested)
    for index, line in enumerate(requested):
        if line.code not in FEES and price_of(prices, line.code, tier) is None:
            text = _("가격표에 없는 항목입니다: {code}. 그날의 가격표에서 골라 주세요.")
            errors.append(FieldError(f"lines.{index}.code", text.format(code=line.code[:40])))
        elif line.quantity < 1 or totals.get(line.code, 1) > MAX_QUANTITY:
            text = _("수량은 1개에서 {limit}개까지입니다: {code}.")
            errors.append(
                FieldError(f"lines.{index}.quantity", text.format(limit=MAX_QUANTITY, code=line.code[:40]))
            )
    if errors:
        raise BadLinesError(errors[0].message, errors=tuple(errors))
