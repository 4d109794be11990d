"""One job as the technician's phone shows it: the case, its home, prices, bill, and what absence needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from billing import queries as billing_queries
from billing.schemas import FEES, ChargeInfo, Estimate, Price
from core.clock import today_kst
from core.dated import read_rules
from core.wall import across_the_company
from customers.queries import list_homes
from customers.schemas import HouseholdInfo
from dispatch.checklist import ChecklistItem, checklist_for
from dispatch.detail_shapes import TicketDetail
from dispatch.models import Visit
from dispatch.ownership import desk_that_calls
from dispatch.pricing import estimate_visit
from dispatch.queries import ticket_detail
from dispatch.states import ENDED_STATUSES
from dispatch.visit_schemas import REACHED
from workforce.schemas import PersonInfo


@dataclass(frozen=True)
class Absence:
    """What a family's absence needs at the door: calls since the arrival, and waiting until `wait_until`."""

    wait_until: datetime
    tries: int
    tries_needed: int

    def is_met(self, now: datetime) -> bool:
        """Whether a family may count as absent."""
        return now >= self.wait_until and self.tries >= self.tries_needed


@dataclass(frozen=True)
class TechnicianJob:
    """A case and its newest visit. `charge` is the bill of that visit, once it is written."""

    detail: TicketDetail
    household: HouseholdInfo
    estimate: Estimate
    charge: ChargeInfo | None
    checklist: tuple[ChecklistItem, ...]
    absence: Absence | None
    desk: PersonInfo | None = None
    """Who rings the family instead of him while he is not at work; None: he does, or a time is agreed."""

    @property
    def has_ended(self) -> bool:
        """Nobody has to go any more."""
        return self.detail.status in ENDED_STATUSES


def technician_job(session: Session, *, company_id: int, number: str, now: datetime) -> TechnicianJob:
    """Everything the job's page shows. Raises UnknownTicketError."""
    detail = ticket_detail(session, company_id=company_id, number=number, now=now)
    homes = list_homes(session, company_id=company_id, household_ids=[detail.household_id])
    visit = detail.visit
    return TechnicianJob(
        detail=detail,
        household=homes[detail.household_id],
        estimate=_estimate(session, detail, now=now),
        charge=billing_queries.charge_of_visit(session, visit_id=visit.id) if visit else None,
        checklist=checklist_for(safety=detail.safety or detail.safety_hold),
        absence=_absence(session, detail, now=now),
        desk=_desk(session, detail, now=now),
    )


def price_choices(session: Session, *, company_id: int, arrived_at: datetime) -> list[Price]:
    """What a bill may list besides the visit fee, by the list of the day on which the visit began."""
    prices = billing_queries.price_list(session, company_id=company_id, day=today_kst(arrived_at))
    by_code = {price.code: price for price in prices if price.code not in FEES and price.kind != "visit_fee"}
    return list(by_code.values())


def part_codes(session: Session, *, company_id: int, at: datetime) -> frozenset[str]:
    """The codes of that day's list which are parts: what is changed has a serial number."""
    return frozenset(
        price.code
        for price in price_choices(session, company_id=company_id, arrived_at=at)
        if price.kind == "parts"
    )


def _estimate(session: Session, detail: TicketDetail, *, now: datetime) -> Estimate:
    visit, start = detail.visit, None
    if visit is not None:
        start = visit.promised.start if visit.promised else visit.planned_start
    return estimate_visit(session, ticket_id=detail.id, start=start, now=now)


def _desk(session: Session, detail: TicketDetail, *, now: datetime) -> PersonInfo | None:
    visit = detail.visit
    if visit is None or visit.state != "planned" or visit.window or visit.technician is None or detail.safety:
        return None
    with across_the_company(session):  # who is on duty at a desk, as its texts name him
        return desk_that_calls(session, visit=session.get_one(Visit, visit.id), at=now)


def _absence(session: Session, detail: TicketDetail, *, now: datetime) -> Absence | None:
    visit = detail.visit
    if visit is None or visit.state != "arrived" or visit.arrived_at is None:
        return None
    rules = read_rules(session, company_id=detail.company.id, at=now)
    reached = {outcome.value for outcome in REACHED}
    tries = [a for a in detail.attempts if a.at >= visit.arrived_at and a.outcome not in reached]
    return Absence(
        wait_until=visit.arrived_at + timedelta(seconds=rules.absence_wait_s),
        tries=len(tries),
        tries_needed=rules.absence_attempts,
    )
