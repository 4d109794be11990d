"""The tax within an amount, the day a warranty starts, and a bill that is told as it is written."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing import rules
from billing.schemas import (
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
from notifications import messages, wording

DAY = date(2026, 12, 1)
BOUGHT, INSTALLED, MADE = date(2024, 3, 1), date(2024, 5, 1), date(2024, 1, 31)


@given(st.integers(0, 100_000_000), st.integers(0, 50))
def test_the_tax_and_what_is_left_are_the_amount(total: int, percent: int) -> None:
    vat = rules.vat_within(total, percent)
    supply = total - vat
    assert 0 <= supply * percent - vat * 100 < 100 + percent, "below one won is dropped, never more"
    assert rules.vat_within(-total, percent) == -vat


def test_the_tax_of_known_amounts() -> None:
    amounts = (0, 10, 11, 18_000, 48_000, 5_000_000)
    assert [rules.vat_within(n, 10) for n in amounts] == [0, 0, 1, 1_636, 4_363, 454_545]


@pytest.mark.parametrize(
    ("boiler", "terms", "start"),
    [
        (BoilerFacts(installed_on=INSTALLED, bought_on=BOUGHT), ("installed", None), INSTALLED),
        (BoilerFacts(installed_on=INSTALLED, bought_on=BOUGHT), ("bought", None), BOUGHT),
        (BoilerFacts(installed_on=INSTALLED), ("bought", None), INSTALLED),
        (BoilerFacts(warranty_start=DAY, installed_on=INSTALLED), ("installed", 6), DAY),
        (BoilerFacts(made_on=MADE), ("installed", 6), date(2024, 7, 31)),
        (BoilerFacts(made_on=date(2023, 8, 31)), ("installed", 6), date(2024, 2, 29)),
        (BoilerFacts(made_on=MADE), ("installed", None), None),
        (BoilerFacts(), ("bought", 6), None),
    ],
)
def test_from_when_a_warranty_runs(
    boiler: BoilerFacts, terms: tuple[str, int | None], start: date | None
) -> None:
    found = rules.warranty_start(boiler, WarrantyTerms(24, 60, *terms))  # type: ignore[arg-type]
    assert found == start


_CASE = messages.Case("온누리보일러", "+8215881234", "ON-1", "김영자", "김민수", "child", "payer", "박집주인")
_LABELS = ("점화봉", "송풍팬", "제어기판")


@settings(max_examples=60, deadline=None)
@given(
    fee=st.integers(0, 50_000),
    amounts=st.lists(st.integers(0, 2_000_000), min_size=3, max_size=3),
    wanted=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 30)), max_size=3),
    covered=st.booleans(),
)
def test_rows_text_and_total_are_one(
    fee: int, amounts: list[int], wanted: list[tuple[int, int]], covered: bool
) -> None:
    prices = {(VISIT_FEE, "any"): Price(1, VISIT_FEE, "출장비", "visit_fee", "any", fee, DAY)}
    for n, amount in enumerate(amounts):
        prices[f"PART_{n}", "any"] = Price(n + 2, f"PART_{n}", _LABELS[n], "parts", "any", amount, DAY)
    bill = rules.price_lines(
        requested=[LineRequest(f"PART_{n}", quantity) for n, quantity in wanted],
        prices=prices,
        tiers=[FeeTier.DAY],
        warranty=WarrantyAnswer(covered, WarrantyReason.IN_WARRANTY if covered else WarrantyReason.EXPIRED),
        vat_percent=10,
    )
    lines = tuple(messages.CostLine(each.label, each.amount, each.warranty) for each in bill.lines)
    told = messages.VisitResult(
        _CASE, messages.Worker("박철수", "1042"), kst(DAY, 15), lines, bill.total, vat=bill.vat
    )
    for variant in ("resident", "requester", "shared", "payer"):
        text = wording.render(context=told, variant=variant).text
        written = [
            int(each.replace(",", "")) for each in re.findall(r"^- [^:]+: ([\d,]+)원$", text, re.MULTILINE)
        ]
        assert sum(written) == bill.total
        assert f"{bill.total:,}원" in text or (not bill.total and "내실 금액이 없습니다." in text)
