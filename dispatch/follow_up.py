"""What the follow-up desk may know of a case: who to ring, who was there, what was promised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from dispatch.models import Ticket, TicketParty, Visit
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import ticket_key
from workforce.queries import get_technicians
from workforce.schemas import TechnicianInfo


@dataclass(frozen=True)
class FollowUpPerson:
    """A party with the number given at intake, which nobody on site can change; `wrong`: it is another's."""

    role: str
    name: str
    phone: str
    relationship: str
    wrong: bool


@dataclass(frozen=True)
class FollowUpCase:
    """A case to ask after. The visit is the newest completed one, else the newest of all; None without any.

    `has_ended`: nobody has to go (any more). `was_visited`: a technician stood at the door at least once.
    """

    ticket_id: int
    number: str
    company_id: int
    household_id: int
    service_point_id: int | None
    status: str
    symptom: str
    safety: bool
    priority_care: bool
    age_band: str | None
    received_at: datetime
    end_reason: str | None
    people: tuple[FollowUpPerson, ...]
    was_visited: bool
    visit_id: int | None
    visit_ended_at: datetime | None
    technician_id: int | None
    technician_name: str | None

    @property
    def has_ended(self) -> bool:
        """Nobody has to go (any more)."""
        return self.status in ENDED_STATUSES


def cases_to_follow(
    session: Session, *, company_id: int, ticket_ids: Iterable[int]
) -> dict[int, FollowUpCase]:
    """Several cases of a company at once, by ticket id; unknown ones are left out."""
    ids = set(ticket_ids)
    tickets = session.exec(
        select(Ticket).where(col(Ticket.id).in_(ids), col(Ticket.company_id) == company_id)
    ).all()
    visits = _visits(session, ids)
    people = _people(session, ids)
    shown = {ticket_id: _visit_to_ask_about(found) for ticket_id, found in visits.items()}
    technicians = get_technicians(
        session,
        technician_ids={visit.technician_id for visit in shown.values() if visit.technician_id},
        company_id=company_id,
    )
    cases = {}
    for ticket in tickets:
        key = ticket_key(ticket)
        cases[key] = _case(ticket, people[key], visits.get(key, []), shown.get(key), technicians)
    return cases


def tickets_of_home(session: Session, *, company_id: int, household_id: int) -> list[int]:
    """The ids of all tickets of one home."""
    query = select(Ticket.id).where(
        col(Ticket.company_id) == company_id, col(Ticket.household_id) == household_id
    )
    return [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]


def tickets_done_between(
    session: Session, *, company_id: int, start: datetime, end: datetime
) -> frozenset[int]:
    """Tickets whose work was done in a stretch: by a completed visit, by phone or by the customer."""
    visited = select(Visit.ticket_id).where(
        col(Visit.company_id) == company_id,
        col(Visit.state) == "completed",
        col(Visit.hold_reason).is_(None),
        col(Visit.ended_at) >= start,
        col(Visit.ended_at) < end,
    )
    by_phone = select(Ticket.id).where(
        col(Ticket.company_id) == company_id,
        col(Ticket.solved_by_phone_at) >= start,
        col(Ticket.solved_by_phone_at) < end,
    )
    by_customer = select(Ticket.id).where(
        col(Ticket.company_id) == company_id,
        col(Ticket.status) == "SELF_FIXED",
        col(Ticket.closed_at) >= start,
        col(Ticket.closed_at) < end,
    )
    found: set[int] = set(session.exec(visited))
    for query in (by_phone, by_customer):
        found.update(ticket_id for ticket_id in session.exec(query) if ticket_id is not None)
    return frozenset(found)


def _visits(session: Session, ticket_ids: set[int]) -> dict[int, list[Visit]]:
    query = select(Visit).where(col(Visit.ticket_id).in_(ticket_ids)).order_by(col(Visit.sequence))
    found: dict[int, list[Visit]] = defaultdict(list)
    for visit in session.exec(query):
        found[visit.ticket_id].append(visit)
    return found


def _people(session: Session, ticket_ids: set[int]) -> dict[int, list[FollowUpPerson]]:
    query = (
        select(TicketParty).where(col(TicketParty.ticket_id).in_(ticket_ids)).order_by(col(TicketParty.id))
    )
    found: dict[int, list[FollowUpPerson]] = defaultdict(list)
    for row in session.exec(query):
        wrong = row.phone_wrong_since is not None
        found[row.ticket_id].append(FollowUpPerson(row.role, row.name, row.phone, row.relationship, wrong))
    return found


def _visit_to_ask_about(visits: list[Visit]) -> Visit:
    completed = [visit for visit in visits if visit.state == "completed" and visit.hold_reason is None]
    return (completed or visits)[-1]


def _case(
    ticket: Ticket,
    people: list[FollowUpPerson],
    visits: list[Visit],
    visit: Visit | None,
    technicians: dict[int, TechnicianInfo],
) -> FollowUpCase:
    technician = technicians.get(visit.technician_id or 0) if visit else None
    return FollowUpCase(
        ticket_id=ticket_key(ticket),
        number=ticket.number,
        company_id=ticket.company_id,
        household_id=ticket.household_id,
        service_point_id=ticket.service_point_id,
        status=ticket.status,
        symptom=ticket.symptom,
        safety=ticket.safety,
        priority_care=ticket.priority_care,
        age_band=ticket.age_band,
        received_at=ticket.received_at,
        end_reason=ticket.end_reason,
        people=tuple(people),
        was_visited=any(it.arrived_at is not None for it in visits),
        visit_id=visit.id if visit else None,
        visit_ended_at=visit.ended_at if visit else None,
        technician_id=technician.id if technician else None,
        technician_name=technician.name if technician else None,
    )
