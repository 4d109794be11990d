"""One job as the technician's phone shows it: the case, its home, prices, bill, and what absence needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from billing import queries as billing_queries
from billing.schemas import VISIT_FEE, ChargeInfo, Estimate, Price
from core.clock import operating_day, today_kst
from core.dated import read_rules
from customers.queries import household_detail
from customers.schemas import HouseholdInfo
from dispatch.checklist import ChecklistItem, checklist_for
from dispatch.detail_shapes import TicketDetail, VisitFacts, WindowFacts
from dispatch.planning.board import load_board
from dispatch.planning.board_problem import Freedom
from dispatch.planning.insertion import best_insertion
from dispatch.planning.slots import Slot, rank_slots
from dispatch.pricing import estimate_visit
from dispatch.queries import ticket_detail
from dispatch.states import ENDED_STATUSES
from dispatch.visit_schemas import REACHED

ROUND_TO_S = 600


@dataclass(frozen=True)
class Absence:
    """What a family's absence needs at the door: calls since the arrival, and waiting until `wait_until`."""

    wait_until: datetime
    tries: int
    tries_needed: int


@dataclass(frozen=True)
class TechnicianJob:
    """A case and its newest visit. `charge` is the bill of that visit, once it is written."""

    detail: TicketDetail
    household: HouseholdInfo
    estimate: Estimate
    charge: ChargeInfo | None
    checklist: tuple[ChecklistItem, ...]
    absence: Absence | None

    @property
    def has_ended(self) -> bool:
        """Nobody has to go any more."""
        return self.detail.status in ENDED_STATUSES


@dataclass(frozen=True)
class WindowOffer:
    """A window to offer. `own`: the visit's technician would come, and his plan already has him there."""

    start: datetime
    end: datetime
    technician_id: int
    technician_name: str
    own: bool
    as_planned: bool
    note: str = ""
    """What whoever offers it should know: that it is overtime, say."""


def technician_job(session: Session, *, company_id: int, number: str, now: datetime) -> TechnicianJob:
    """Everything the job's page shows. Raises UnknownTicketError."""
    detail = ticket_detail(session, company_id=company_id, number=number, now=now)
    home = household_detail(session, company_id=company_id, household_id=detail.household_id)
    visit = detail.visit
    return TechnicianJob(
        detail=detail,
        household=home.household,
        estimate=_estimate(session, detail, now=now),
        charge=billing_queries.charge_of_visit(session, visit_id=visit.id) if visit else None,
        checklist=checklist_for(safety=detail.safety or detail.safety_hold),
        absence=_absence(session, detail, now=now),
    )


def price_choices(session: Session, *, company_id: int, arrived_at: datetime) -> list[Price]:
    """What a bill may list besides the visit fee, by the list of the day on which the visit began."""
    prices = billing_queries.price_list(session, company_id=company_id, day=today_kst(arrived_at))
    by_code = {price.code: price for price in prices if price.code != VISIT_FEE and price.kind != "visit_fee"}
    return list(by_code.values())


def window_offers(
    session: Session, *, ticket_id: int, detail: TicketDetail, now: datetime
) -> list[WindowOffer]:
    """Windows to offer on the phone, the technician's own planned time first, then the best ones.

    Raises NoPointYetError while no service point has the ticket.
    """
    visit = detail.visit
    own_id = visit.technician.id if visit and visit.technician else None
    planned = visit.planned_start if visit and visit.window is None else None
    slots = rank_slots(session, ticket_id=ticket_id, now=now)
    offers = [_offer(slot, own_id, planned) for slot in slots]
    offers.sort(key=lambda offer: (not offer.as_planned, not offer.own))
    if visit is not None and visit.technician is not None and not any(offer.as_planned for offer in offers):
        window = _own_window(session, detail, visit, now=now)
        if window is not None:
            name = visit.technician.name
            offers.insert(0, WindowOffer(window.start, window.end, visit.technician.id, name, True, True))
    return offers


def _offer(slot: Slot, own_id: int | None, planned: datetime | None) -> WindowOffer:
    own = slot.technician_id == own_id
    inside = planned is not None and slot.start <= planned < slot.end
    return WindowOffer(
        start=slot.start,
        end=slot.end,
        technician_id=slot.technician_id,
        technician_name=slot.technician_name,
        own=own,
        as_planned=own and inside,
        note=slot.note,
    )


def _own_window(
    session: Session, detail: TicketDetail, visit: VisitFacts, *, now: datetime
) -> WindowFacts | None:
    """A window around the planned start, where the company's own windows have none and he can keep it."""
    planned = visit.planned_start
    if planned is None or planned <= now or visit.window is not None or visit.technician is None:
        return None
    length_s = read_rules(session, company_id=detail.company.id, at=now).window_length_s
    start = planned - timedelta(seconds=planned.timestamp() % ROUND_TO_S)
    window = WindowFacts(start, start + timedelta(seconds=length_s))
    board = load_board(session, point_id=visit.service_point_id, day=operating_day(planned), now=now)
    seen = board.find(visit.id)
    if seen is None:
        return None
    own = replace(
        seen,
        window=(window.start, window.end),
        pinned_time=False,
        only_technician_id=visit.technician.id,
    )
    kept = (best_insertion([board], own, freedom=freedom) for freedom in (Freedom.INSERT, Freedom.FREE))
    return window if any(found is not None for found in kept) else None


def _estimate(session: Session, detail: TicketDetail, *, now: datetime) -> Estimate:
    visit, start = detail.visit, None
    if visit is not None:
        start = visit.window.start if visit.window else visit.planned_start
    return estimate_visit(session, ticket_id=detail.id, start=start, now=now)


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
