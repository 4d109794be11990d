"""A check-up of a boiler that works: a case of its own kind, on idle time, that gives way to every fault.

No limit runs on it: nobody waits in the cold. Its family agreed a time when the case began.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from billing.schemas import BoilerFacts
from billing.service import estimate
from core.actor import SYSTEM, Actor
from core.dated import read_rules
from core.errors import ConflictError
from core.i18n import N_, _
from customers.queries import household_detail
from customers.schemas import ContactInfo, HouseholdDetail
from dispatch import case_notices, money_notices, notices, placement_rules, tasks
from dispatch.agreeing import put_into_window
from dispatch.candidates import Candidate, why_not
from dispatch.cases import Case, lock_case
from dispatch.events import CheckupDisplaced
from dispatch.intake_rules import CHECKUP, priority_of
from dispatch.models import Ticket, TicketParty
from dispatch.numbers import reserve_number
from dispatch.open_visits import duration_of, skills_of
from dispatch.placement_rows import settle
from dispatch.planning.board import load_horizon
from dispatch.planning.board_shapes import BoardVisit
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.slot_shapes import Slot
from dispatch.planning.slots import rank_days
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tickets import has_ended, note_change, ticket_key
from dispatch.travel import place_at
from dispatch.visit_schemas import AgreedWindow
from geo.schemas import TravelSource
from notifications.messages import Window
from workforce.queries import get_company, get_point

CHANNEL = "campaign"
DISPLACED_DETAIL = N_(
    "급한 고장을 먼저 가느라 약속한 사전점검이 밀렸습니다. 가족에게 사과하고 새 시간을 정해 주세요."
)


class NotPlaceableError(ConflictError):
    """Nobody knows where the home is, or its point takes no work now."""

    code = "not-placeable"


@dataclass(frozen=True)
class CheckupHome:
    """A home and the point that would send somebody: what windows are asked for."""

    company_id: int
    household_id: int
    service_point_id: int


def offer_checkup(session: Session, *, home: CheckupHome, now: datetime) -> list[Slot]:
    """Windows in which a check-up fits into idle time at the home's point, best first; never overtime."""
    detail = household_detail(session, company_id=home.company_id, household_id=home.household_id)
    address = detail.household.address
    point = get_point(session, point_id=home.service_point_id)
    rules = read_rules(session, company_id=home.company_id, at=now)
    if address.lat is None or address.lon is None or why_not(session, point=point, rules=rules, now=now):
        return []
    place = place_at(address.lat, address.lon, address.area_code)
    boards = reckon_with(session, load_horizon(session, point_id=point.id, now=now), place)
    asked = BoardVisit(
        visit_id=0,
        ticket_id=0,
        number="",
        status="UNASSIGNED",
        state="planned",
        symptom=CHECKUP,
        priority=priority_of(symptom=CHECKUP, priority_care=False, safety=False),
        safety=False,
        received_at=now,
        place=place,
        duration_s=duration_of(rules, CHECKUP),
        skills=skills_of(rules, CHECKUP),
    )
    return rank_days(boards, asked)


def checkup_fee(session: Session, *, company_id: int, now: datetime) -> int:
    """What a check-up costs, in won; 0 where the company takes nothing for it."""
    found = estimate(
        session,
        company_id=company_id,
        symptom=CHECKUP,
        start=now,
        boiler=BoilerFacts(),
        last_repair_on=None,
        now=now,
    )
    return found.visit_fee_high


def checkup_minutes(session: Session, *, company_id: int, now: datetime) -> int:
    """How long a technician is there for it, in whole minutes."""
    return duration_of(read_rules(session, company_id=company_id, at=now), CHECKUP) // 60


def file_checkup(
    session: Session,
    *,
    home: CheckupHome,
    contact_id: int,
    boiler_id: int | None,
    window: Window,
    by: Actor,
    now: datetime,
) -> int:
    """A home takes up an invitation: its case with the agreed window, in one step. Returns the ticket's id.

    Both the person who was invited and the resident are told of the window.

    Raises:
        NotPlaceableError: the point takes no work now (409).
        appointments.WindowNotReachableError: taken in the meantime (409).
        InvalidError: the window is past or beyond the planned days (422).
    """
    detail = household_detail(session, company_id=home.company_id, household_id=home.household_id)
    rules = read_rules(session, company_id=home.company_id, at=now)
    point = get_point(session, point_id=home.service_point_id)
    closed = why_not(session, point=point, rules=rules, now=now)
    if closed is not None:
        raise NotPlaceableError(closed.text)
    ticket = _store(session, detail, contact_id=contact_id, boiler_id=boiler_id, now=now)
    data = {"channel": CHANNEL, "symptom": CHECKUP, "priority": ticket.priority}
    note_change(session, ticket=ticket, what="TicketFiled", by=by, now=now, data=data)
    nearest = Candidate(point=point, rank=0, travel_s=0, travel_source=TravelSource.MODEL)
    why = placement_rules.reason_by_hand(travel_s=0, why=_("사전점검을 안내한 서비스점"))
    settle(session, ticket=ticket, candidate=nearest, reason=why, rules=rules, by=by, now=now, is_theirs=True)
    wanted = AgreedWindow(window.start, window.end)
    case = Case(ticket, None)
    visit = put_into_window(session, case=case, window=wanted, agreed_at=now, by=by, now=now)
    notices.tell_window(session, visit_id=visit.id or 0, before=None, reason=None, now=now)
    money_notices.tell_estimate(session, visit_id=visit.id or 0, now=now)
    return ticket_key(ticket)


def put_off_displaced(*, session: Session, event: CheckupDisplaced, now: datetime) -> None:
    """Handler: the family hears once that nobody comes, and the desk rings to agree another time.

    One that has found a place again meanwhile, or was settled by somebody, is left alone.
    """
    case = lock_case(session, ticket_id=event.ticket_id)
    ticket, visit = case.ticket, case.visit
    if has_ended(ticket) or visit is None or visit.id != event.visit_id or visit.planned_start is not None:
        return
    if visit.state not in OPEN_VISIT_STATES or visit.state in UNDER_WAY_STATES:
        return
    visit.state, visit.ended_at, visit.hold_reason = "cancelled", now, "fault_first"
    ticket.status = "ON_HOLD"
    session.add_all([visit, ticket])
    data = {"visit_id": visit.id, "hold_reason": "fault_first", "due": None}
    note_change(session, ticket=ticket, what="VisitHeld", by=SYSTEM, now=now, data=data)
    session.flush()
    tasks.open_task(
        session,
        ticket_id=event.ticket_id,
        kind=tasks.REVISIT_CALL,
        detail=DISPLACED_DETAIL,
        generation=visit.sequence,
        now=now,
    )
    case_notices.tell_on_hold(session, visit=visit, reason="fault_first", until=None, now=now)


def _store(
    session: Session, detail: HouseholdDetail, *, contact_id: int, boiler_id: int | None, now: datetime
) -> Ticket:
    home = detail.household
    company = get_company(session, company_id=home.company_id)
    ticket_id, number = reserve_number(
        session, company_id=home.company_id, prefix=company.number_prefix, now=now
    )
    ticket = Ticket(
        id=ticket_id,
        number=number,
        company_id=home.company_id,
        household_id=home.id,
        boiler_id=boiler_id,
        channel=CHANNEL,
        symptom=CHECKUP,
        priority=priority_of(symptom=CHECKUP, priority_care=False, safety=False),
        priority_care=home.priority_care,
        age_band=home.age_band,
        status="RECEIVED",
        received_at=now,
        recorded_at=now,
        payer_role="resident",
    )
    session.add(ticket)
    session.flush()
    _add_people(session, ticket, detail, contact_id)
    return ticket


def _add_people(session: Session, ticket: Ticket, detail: HouseholdDetail, contact_id: int) -> None:
    """Who lives there, and who took the invitation up when that is somebody else."""
    members = {member.contact.id: member for member in detail.members}
    asked = members[contact_id]
    resident = next((m for m in detail.members if m.relationship == "resident"), asked)
    session.add(_party(ticket, "resident", resident.contact, ""))
    if asked.contact.id != resident.contact.id:
        session.add(_party(ticket, "requester", asked.contact, asked.relationship))
    session.flush()


def _party(ticket: Ticket, role: str, who: ContactInfo, relationship: str) -> TicketParty:
    return TicketParty(
        ticket_id=ticket_key(ticket),
        role=role,
        contact_id=who.id,
        name=who.name,
        phone=who.phone,
        phone_raw=who.phone_digits,
        can_text=who.can_text,
        relationship=relationship,
    )
