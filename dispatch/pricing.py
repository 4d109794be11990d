"""What a ticket's visit costs: its facts gathered for billing, before, at and after the visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import bindparam, func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from billing import service as billing
from billing.schemas import BoilerFacts, Estimate, LineRequest, PricedVisit, VisitWork, WarrantyAnswer
from core.clock import today_kst
from core.db import any_of
from core.i18n import _
from core.wall import across_the_company
from customers.queries import get_boiler
from customers.schemas import BoilerInfo
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


def warranties_ahead(
    session: Session,
    *,
    visits: Sequence[tuple[Visit, Ticket]],
    boilers: Mapping[int, BoilerInfo],
    now: datetime,
) -> dict[int, WarrantyAnswer]:
    """The warranty that `estimate_visit` gives for several visits, each when it is to begin, by visit id.

    Args:
        boilers: those that the caller has read, by id; others are asked for one by one.
    """
    repairs = _last_repairs(session, [ticket for _, ticket in visits], before=now)
    return {
        visit.id or 0: billing.warranty_at(
            session,
            company_id=ticket.company_id,
            symptom=ticket.symptom,
            at=visit.window_start or visit.planned_start or now,
            boiler=_boiler_facts(session, ticket, boilers.get(ticket.boiler_id or 0)),
            last_repair_on=repairs.get((ticket.household_id, ticket.symptom)),
        )
        for visit, ticket in visits
    }


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


def _boiler_facts(session: Session, ticket: Ticket, known: BoilerInfo | None = None) -> BoilerFacts:
    """Nothing is known of a boiler that nobody could name."""
    if ticket.boiler_id is None:
        return BoilerFacts()
    boiler = known or get_boiler(session, boiler_id=ticket.boiler_id)
    return BoilerFacts(
        boiler.kind,
        boiler.warranty_start,
        boiler.installed_on,
        boiler.bought_on,
        boiler.made_on,
        boiler.model_code,
    )


def _last_repair_on(session: Session, ticket: Ticket, *, before: datetime) -> date | None:
    return _last_repairs(session, [ticket], before=before).get((ticket.household_id, ticket.symptom))


def _last_repairs(
    session: Session, tickets: Iterable[Ticket], *, before: datetime
) -> dict[tuple[int, str], date]:
    """The Korean date on which a fault of a home was last repaired, by both; one that never was has none.

    A visit that was broken off (on hold) repaired nothing yet.
    """
    homes = {ticket.household_id for ticket in tickets}
    if not homes:
        return {}
    with across_the_company(session):  # whoever repaired it: the day alone
        rows = session.execute(_LAST_REPAIRS, {"homes": list(homes), "before": before}).all()
    return {(household_id, symptom): today_kst(ended) for household_id, symptom, ended in rows}


_LAST_REPAIRS = (
    columns(col(Ticket.household_id), col(Ticket.symptom), func.max(col(Visit.ended_at)))
    .join(Visit, col(Visit.ticket_id) == col(Ticket.id))
    .where(
        any_of(Ticket.household_id, "homes"),
        col(Visit.state) == "completed",
        col(Visit.hold_reason).is_(None),
        col(Visit.ended_at) < bindparam("before"),
    )
    .group_by(col(Ticket.household_id), col(Ticket.symptom))
)
