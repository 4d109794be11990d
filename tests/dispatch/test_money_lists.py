"""Who owes what, by point: the oldest rows and the sums of all; what nobody knows is nobody's debt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from billing import service
from billing.models import Charge, ChargeLine
from billing.payment_models import Payment
from billing.payments import correct_payment
from billing.queries import charge_of_visit
from core.clock import today_kst
from dispatch.models import Ticket, Visit
from dispatch.money_lists import list_receivables, month_of, read_month
from tests import world
from workforce.models import Company, ServicePoint


@pytest.fixture
def company(session: Session) -> Company:
    return world.make_company(session)


def bill(
    session: Session,
    point: ServicePoint,
    total: int,
    *,
    paid: int = 0,
    fans: int = 0,
    each: int = 0,
    tracks: bool = True,
    reason: str = "EXPIRED",
) -> Visit:
    """A visit that ended now, billed and perhaps paid by card."""
    company = session.get_one(Company, point.company_id)
    ticket = world.make_ticket(session, company=company, point=point, status="COMPLETED")
    visit = world.make_visit(session, ticket=ticket, point=point, state="completed", ended_at=world.NOW)
    case: dict[str, Any] = {"company_id": point.company_id, "ticket_id": ticket.id, "visit_id": visit.id}
    charge = Charge(
        **case,
        total=total,
        fee_tier="day",
        warranty=False,
        warranty_reason=reason,
        tracks_payment=tracks,
        made_at=world.NOW + timedelta(seconds=visit.id or 0),
    )
    session.add(charge)
    session.flush()
    if paid:
        pay(session, visit, "card", paid)
    if fans:
        item = _fan(session, company)
        line: dict[str, Any] = {"charge_id": charge.id, "code": "PART_FAN", "label": "송풍기"}
        line |= {
            "price_item_id": item,
            "quantity": fans,
            "unit_amount": each,
            "amount": total,
            "warranty": total == 0,
        }
        session.add(ChargeLine(**line))
    session.flush()
    return visit


def pay(session: Session, visit: Visit, method: str, amount: int, *, reason: str = "") -> int:
    case: dict[str, Any] = {"company_id": visit.company_id, "ticket_id": visit.ticket_id}
    case |= {"visit_id": visit.id, "taken_at": world.NOW, "entered_at": world.NOW}
    row = Payment(**case, kind="paid", method=method, amount=amount, reason=reason)
    session.add(row)
    session.flush()
    return row.id or 0


def _fan(session: Session, company: Company) -> int:
    return service.set_price(
        session,
        company_id=company.id or 0,
        code="PART_FAN",
        label="송풍기",
        kind="parts",
        tier="any",
        amount=70_000,
        valid_from=today_kst(world.NOW),
        source="시험",
        by=world.AGENT,
        now=world.NOW,
    )


def test_a_point_reads_its_own_bills_and_too_much_makes_up_for_nothing(
    session: Session, company: Company
) -> None:
    own, other = (world.make_point(session, company=company, code=code) for code in ("own", "other"))
    first = bill(session, own, 88_000)
    bill(session, own, 18_000, paid=18_000)
    bill(session, own, 50_000, paid=80_000)
    bill(session, own, 40_000, paid=10_000)
    bill(session, own, 99_000, tracks=False)
    elsewhere = bill(session, other, 7_000)
    wrong = pay(session, first, "unpaid", 88_000, reason="잘못 적음")
    correct_payment(
        session, visit_id=first.id or 0, payment_id=wrong, reason="다른 집", by=world.AGENT, now=world.NOW
    )
    company_id = company.id or 0

    found = list_receivables(session, company_id=company_id, limit=2, service_point_id=own.id)
    assert [each.owed for each in found.to_give_back] == [-30_000], "first whom there is money for"
    assert [each.owed for each in found.to_come] == [88_000], "the oldest, as many as were asked for"
    assert (found.count, found.owed, found.over) == (3, 118_000, 30_000), "of all, each by itself"
    assert found.to_come[0].said == "", "a reason that was taken back is nobody's"
    everywhere = list_receivables(session, company_id=company_id, limit=9)
    assert everywhere.bills[-1].visit_id == elsewhere.id and everywhere.owed == 125_000
    asked: dict[str, Any] = {"company_id": company_id, "first": month_of(today_kst(world.NOW))}
    month, of_own = (
        read_month(session, **asked, now=world.NOW, service_point_id=point) for point in (None, own.id)
    )
    assert {each.service_point_id: each.owed for each in month.points} == {own.id: 118_000, other.id: 7_000}
    assert of_own.points == tuple(each for each in month.points if each.service_point_id == own.id)
    for each in month.points:
        assert each.total - each.paid == each.owed - each.over + each.unknown
    assert [(each.over, each.unknown) for each in month.points] == [(30_000, 99_000), (0, 0)]


def test_what_is_unusual_is_told_against_others_and_beyond_the_measure(
    session: Session, company: Company
) -> None:
    """The setting is three times: exactly as often is not more often, and alone nobody is unusual."""
    points = [world.make_point(session, company=company, code=code) for code in ("one", "two")]
    month: dict[str, Any] = {
        "company_id": company.id or 0,
        "first": month_of(today_kst(world.NOW)),
        "now": world.NOW,
    }
    bill(session, points[0], 0, fans=6)
    assert not read_month(session, **month).outliers, "there is no other point to tell by"
    bill(session, points[1], 0, fans=2)
    assert not read_month(session, **month).outliers, "three times is not more than three times"
    bill(session, points[0], 0, fans=7)
    (seen,) = read_month(session, **month).outliers
    assert (seen.kind, seen.quantity, seen.usual) == ("many_parts", 13, 4.0)


def test_a_repair_done_again_and_a_dear_part_are_named_with_their_case(
    session: Session, company: Company
) -> None:
    """Dearer than 90,000 won a piece; what was free because it broke again is told with what it was worth."""
    point = world.make_point(session, company=company)
    bill(session, point, 180_000, fans=2, each=90_000)
    dear = bill(session, point, 182_000, fans=2, each=91_000)
    again = bill(session, point, 0, fans=1, each=70_000, reason="REPEAT_FAULT")
    month = read_month(
        session, company_id=company.id or 0, first=month_of(today_kst(world.NOW)), now=world.NOW
    )
    numbers = {visit.id: session.get_one(Ticket, visit.ticket_id).number for visit in (dear, again)}
    assert [(each.kind, each.number, each.amount, each.quantity) for each in month.outliers] == [
        ("dear_part", numbers[dear.id], 91_000, 2),
        ("repeat", numbers[again.id], 70_000, 0),
    ]
    (whole,) = month.points
    assert (whole.visits, whole.free, whole.parts, whole.total) == (3, 1, 362_000, 362_000)


def test_the_bill_that_counts_is_found_by_index(session: Session, company: Company) -> None:
    visit = bill(session, world.make_point(session, company=company), 18_000)
    assert charge_of_visit(session, visit_id=visit.id or 0)
    for method in ("seqscan", "hashjoin", "mergejoin"):
        session.execute(text(f"SET LOCAL enable_{method} = off"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT FROM charge AS c WHERE visit_id = 1"
            " AND NOT EXISTS (SELECT FROM charge AS l WHERE l.replaces_id = c.id)"
        )
    ).scalars()
    assert "ix_charge_replaces_id" in "\n".join(plan)
