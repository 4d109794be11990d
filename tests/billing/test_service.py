from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session, select

from billing import queries, service
from billing.models import Charge
from billing.rules import FROST_IS_PAID, BadLinesError
from billing.schemas import VISIT_FEE, BoilerFacts, LineRequest, VisitWork, WarrantyReason
from core.clock import kst
from core.models import TimelineEntry
from tests import world
from workforce.models import Company

DAY = date(2026, 12, 1)


@pytest.fixture
def company(session: Session) -> Company:
    return world.make_company(session)


def set_price(
    session: Session,
    company: Company,
    code: str,
    amount: int,
    *,
    tier: str = "any",
    since: date = date(2020, 1, 1),
) -> None:
    kind = "visit_fee" if code == VISIT_FEE else "parts" if code.startswith("PART") else "labour"
    service.set_price(
        session,
        company_id=company.id,  # type: ignore[arg-type]
        code=code,
        label=code.title(),
        kind=kind,  # type: ignore[arg-type]
        tier=tier,
        amount=amount,
        valid_from=since,
        source="시험",
        by=world.AGENT,
        now=world.NOW,
    )


@pytest.fixture
def prices(session: Session, company: Company) -> None:
    set_price(session, company, VISIT_FEE, 18000, tier="day")
    set_price(session, company, VISIT_FEE, 22000, tier="night_holiday")
    set_price(session, company, "LABOUR_IGNITION", 30000)
    set_price(session, company, "PART_FAN", 70000)


def work_of(session: Session, company: Company, **changes: object) -> VisitWork:
    point = world.make_point(session, company=company)
    ticket = world.make_ticket(session, company=company, point=point)
    visit = world.make_visit(session, ticket=ticket, point=point)
    facts: dict[str, object] = {
        "company_id": company.id,
        "ticket_id": ticket.id,
        "visit_id": visit.id,
        "symptom": "NO_HEAT",
        "arrived_at": kst(DAY, 14),
        "lines": (LineRequest("LABOUR_IGNITION"),),
    }
    return VisitWork(**{**facts, **changes})  # type: ignore[arg-type]


def warrant(
    session: Session, company: Company, kind: str, months: int, *, since: date = date(2020, 1, 1)
) -> None:
    service.set_warranty_rule(
        session,
        company_id=company.id,  # type: ignore[arg-type]
        boiler_kind=kind,
        months=months,
        repeat_free_days=60,
        valid_from=since,
        source="시험",
        by=world.AGENT,
        now=world.NOW,
    )


@pytest.mark.usefixtures("prices")
def test_a_charge_is_written_once(session: Session, company: Company, now: datetime) -> None:
    work = work_of(session, company)
    first = service.charge_visit(session, work=work, by=world.TECHNICIAN, now=now)
    again = service.charge_visit(session, work=work, by=world.TECHNICIAN, now=now + timedelta(hours=1))
    assert again == first
    assert first.total == 48000 == sum(line.amount for line in first.lines)
    assert len(list(session.exec(select(Charge).where(Charge.visit_id == work.visit_id)))) == 1


@pytest.mark.usefixtures("prices")
def test_a_correction_replaces_and_keeps_the_old_bill(
    session: Session, company: Company, now: datetime
) -> None:
    work = work_of(session, company)
    first = service.charge_visit(session, work=work, by=world.TECHNICIAN, now=now)
    corrected = service.correct_charge(
        session,
        work=VisitWork(**{**work.__dict__, "lines": ()}),
        reason="점화 수리를 하지 않음",
        by=world.AGENT,
        now=now + timedelta(hours=1),
    )
    assert (corrected.total, corrected.replaces_id) == (18000, first.id)
    assert queries.charges_of_ticket(session, ticket_id=work.ticket_id) == [corrected]
    assert session.get_one(Charge, first.id).total == 48000
    entry = session.exec(select(TimelineEntry).where(TimelineEntry.what == "ChargeCorrected")).one()
    assert entry.reason == "점화 수리를 하지 않음"


@pytest.mark.usefixtures("prices")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"symptom": "FREEZE"}, FROST_IS_PAID),
        ({"symptom": "FREEZE", "paid_because": "호스가 얼었습니다."}, "호스가 얼었습니다."),
        ({}, ""),
    ],
)
def test_frost_is_billed_with_its_reason(
    session: Session, company: Company, now: datetime, changes: dict[str, str], why: str
) -> None:
    warrant(session, company, "any", 36)
    charge = service.charge_visit(session, work=work_of(session, company, **changes), by=world.AGENT, now=now)
    assert charge.paid_because == why


def test_a_correction_needs_a_bill_and_a_reason(session: Session, company: Company, now: datetime) -> None:
    work = work_of(session, company, lines=())
    with pytest.raises(service.NoChargeError):
        service.correct_charge(session, work=work, reason="x", by=world.AGENT, now=now)
    service.charge_visit(session, work=work, by=world.AGENT, now=now)
    with pytest.raises(service.InvalidError):
        service.correct_charge(session, work=work, reason="  ", by=world.AGENT, now=now)


@pytest.mark.usefixtures("prices")
def test_the_price_of_the_visits_day_counts(session: Session, company: Company, now: datetime) -> None:
    set_price(session, company, "LABOUR_IGNITION", 35000, since=DAY + timedelta(days=1))
    today = work_of(session, company)
    tomorrow = work_of(session, company, arrived_at=kst(DAY + timedelta(days=1), 9))
    assert service.price_visit(session, work=today).total == 48000
    assert service.price_visit(session, work=tomorrow).total == 53000


@pytest.mark.usefixtures("prices")
def test_a_withdrawn_item_is_unknown_from_its_day_on(
    session: Session, company: Company, now: datetime
) -> None:
    service.withdraw_price(
        session,
        company_id=company.id,  # type: ignore[arg-type]
        code="LABOUR_IGNITION",
        tier="any",
        from_day=DAY,
        by=world.AGENT,
        now=now,
    )
    with pytest.raises(BadLinesError) as caught:
        service.charge_visit(session, work=work_of(session, company), by=world.TECHNICIAN, now=now)
    assert "LABOUR_IGNITION" in caught.value.errors[0].message
    yesterday = work_of(session, company, arrived_at=kst(DAY - timedelta(days=1), 14))
    assert service.price_visit(session, work=yesterday).total == 48000


@pytest.mark.usefixtures("prices")
def test_another_companys_prices_do_not_count(session: Session, company: Company, now: datetime) -> None:
    other = world.make_company(session, code="haedam", kind="designated")
    with pytest.raises(BadLinesError):
        service.price_visit(session, work=work_of(session, other))


@pytest.mark.usefixtures("prices")
def test_the_fee_is_the_lower_of_agreed_start_and_arrival(session: Session, company: Company) -> None:
    late = work_of(session, company, agreed_start=kst(DAY, 16), arrived_at=kst(DAY, 19), lines=())
    early = work_of(session, company, agreed_start=kst(DAY, 18), arrived_at=kst(DAY, 17, 30), lines=())
    unplanned = work_of(session, company, arrived_at=kst(DAY, 19), lines=())
    assert [service.price_visit(session, work=w).total for w in (late, early, unplanned)] == [
        18000,
        18000,
        22000,
    ]


@pytest.mark.usefixtures("prices")
def test_warranty_by_boiler_kind_and_date(session: Session, company: Company) -> None:
    warrant(session, company, "any", 24)
    warrant(session, company, "condensing", 36)
    installed = date(2024, 6, 1)
    own = work_of(session, company, boiler=BoilerFacts("condensing", installed_on=installed))
    other = work_of(session, company, boiler=BoilerFacts("standard", installed_on=installed))
    assert service.price_visit(session, work=own).total == 0
    assert service.price_visit(session, work=other).warranty.reason is WarrantyReason.EXPIRED


@pytest.mark.usefixtures("prices")
def test_repeats_are_free_even_without_a_warranty_rule(session: Session, company: Company) -> None:
    repeat = work_of(session, company, last_repair_on=DAY - timedelta(days=59))
    assert service.price_visit(session, work=repeat).warranty.reason is WarrantyReason.REPEAT_FAULT
    assert service.price_visit(session, work=work_of(session, company)).total == 48000


@pytest.mark.usefixtures("prices")
def test_an_estimate_spans_the_tiers_until_a_window_is_chosen(
    session: Session, company: Company, now: datetime
) -> None:
    asked = {"company_id": company.id, "symptom": "NO_HEAT", "boiler": BoilerFacts(), "last_repair_on": None}
    open_ = service.estimate(session, start=None, now=now, **asked)  # type: ignore[arg-type]
    night = service.estimate(session, start=kst(DAY, 20), now=now, **asked)  # type: ignore[arg-type]
    assert (open_.visit_fee, open_.visit_fee_low, open_.visit_fee_high) == (None, 18000, 22000)
    assert (open_.total_low, open_.total_high) == (18000, 122000)
    assert (night.visit_fee, night.total_high) == (22000, 122000)


@pytest.mark.usefixtures("prices")
def test_an_estimate_under_warranty_is_nothing(session: Session, company: Company, now: datetime) -> None:
    warrant(session, company, "any", 36)
    boiler = BoilerFacts("condensing", installed_on=date(2025, 1, 1))
    free = service.estimate(
        session,
        company_id=company.id,  # type: ignore[arg-type]
        symptom="NO_HEAT",
        start=None,
        boiler=boiler,
        last_repair_on=None,
        now=now,
    )
    assert (free.visit_fee, free.total_high) == (0, 0)


def test_without_a_price_list_the_fee_is_unknown(session: Session, company: Company, now: datetime) -> None:
    unknown = service.estimate(
        session,
        company_id=company.id,  # type: ignore[arg-type]
        symptom="NO_HEAT",
        start=None,
        boiler=BoilerFacts(),
        last_repair_on=None,
        now=now,
    )
    assert unknown.visit_fee is None
    bill = service.price_visit(session, work=work_of(session, company, lines=()))
    assert (bill.lines, bill.total) == ((), 0)


@pytest.mark.parametrize("amount", [-1, 100_000_001])
def test_absurd_prices_are_refused(session: Session, company: Company, amount: int) -> None:
    with pytest.raises(service.BadPriceError):
        set_price(session, company, "PART_FAN", amount)
