"""What a ticket's visit costs: its facts gathered for billing, before, at and after the visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing import service as billing
from billing.schemas import BoilerFacts, Estimate, LineRequest, PricedVisit, VisitWork
from core.clock import today_kst
from core.i18n import _
from core.wall import across_the_company
from customers.queries import get_boiler
from dispatch.cases import Case, WrongStateError, current_visit
from dispatch.models import Ticket, Visit


def estimate_visit(session: Session, *, ticket_id: int, start: datetime | None, now: datetime) -> Estimate:
    """What a visit of this ticket may cost when it begins at `start`; over both tiers while that is open."""
    ticket = session.get_one(Ticket, ticket_id)
    return billing.estimate(
        session,
        company_id=ticket.company_id,
        symptom=ticket.symptom,
        start=start,
        boiler=_boiler_facts(session, ticket),
        last_repair_on=_last_repair_on(session, ticket, before=now),
        now=now,
    )


def preview_bill(
    session: Session, *, ticket_id: int, lines: tuple[LineRequest, ...], misuse: bool, now: datetime
) -> PricedVisit:
    """What the bill would be if the visit ended now.

    Raises:
        WrongStateError: the technician has not arrived (409).
        billing.rules.BadLinesError: an unknown cost line or a quantity outside 1..99 (422).
    """
    visit = current_visit(session, ticket_id=ticket_id)
    if visit is None or visit.arrived_at is None:
        raise WrongStateError(_("도착한 뒤에 비용을 미리 볼 수 있습니다."))
    case = Case(session.get_one(Ticket, ticket_id), visit)
    work = work_of(session, case, visit, lines=lines, at=now)
    return billing.price_visit(session, work=replace(work, misuse=misuse))


def work_of(
    session: Session, case: Case, visit: Visit, *, lines: tuple[LineRequest, ...], at: datetime
) -> VisitWork:
    """What a visit's price depends on; `at` stands in for an arrival that was never recorded."""
    ticket = case.ticket
    arrived_at = visit.arrived_at or at
    return VisitWork(
        company_id=ticket.company_id,
        ticket_id=case.ticket_id,
        visit_id=case.visit_id,
        symptom=ticket.symptom,
        arrived_at=arrived_at,
        agreed_start=visit.window_start,
        misuse=visit.misuse,
        boiler=_boiler_facts(session, ticket),
        last_repair_on=_last_repair_on(session, ticket, before=arrived_at),
        lines=lines,
    )


def _boiler_facts(session: Session, ticket: Ticket) -> BoilerFacts:
    """Nothing is known of a boiler that nobody could name."""
    if ticket.boiler_id is None:
        return BoilerFacts()
    boiler = get_boiler(session, boiler_id=ticket.boiler_id)
    return BoilerFacts(boiler.kind, boiler.warranty_start, boiler.installed_on)


def _last_repair_on(session: Session, ticket: Ticket, *, before: datetime) -> date | None:
    """The Korean date on which the same fault of the same home was last repaired, None when it never was.

    A visit that was broken off (on hold) repaired nothing yet.
    """
    query = (
        select(Visit.ended_at)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Ticket.household_id) == ticket.household_id,
            col(Ticket.symptom) == ticket.symptom,
            col(Visit.state) == "completed",
            col(Visit.hold_reason).is_(None),
            col(Visit.ended_at) < before,
        )
        .order_by(col(Visit.ended_at).desc())
    )
    with across_the_company(session):  # whoever repaired it: the day alone
        ended = session.exec(query).first()
    return today_kst(ended) if ended else None
