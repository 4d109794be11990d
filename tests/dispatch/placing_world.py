"""Points and tickets that look for each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.models import StoredEvent
from dispatch.assignment import plan_ticket
from dispatch.events import PlacementRefused, TicketFiled, TicketPlaced
from dispatch.models import Placement, Ticket, TriageStep, Visit
from dispatch.placement import (
    place_ticket,
)
from tests.world import (
    GANGNAM,
    make_point,
    make_technician,
    make_ticket,
    north_of,
)
from workforce.models import Company, ServicePoint


def new_ticket(session: Session, company: Company, **fields: Any) -> Ticket:
    """A ticket as triage leaves it: self-help failed, nobody has it."""
    ticket = make_ticket(session, company=company, status="RECEIVED", **fields)
    session.add(TriageStep(ticket_id=ticket.id or 0, tier=1, result="FAILED", at=ticket.received_at))
    session.flush()
    return ticket


def staffed_point(session: Session, company: Company, km: float, **fields: Any) -> ServicePoint:
    skills = fields.pop("qualifications", ("GAS_WORK", "FLUE"))
    point = make_point(session, company=company, at=north_of(GANGNAM, km), **fields)
    make_technician(session, point=point, qualifications=skills)
    return point


def place(session: Session, ticket: Ticket, now: datetime) -> None:
    event = TicketFiled(company_id=ticket.company_id, at=now, ticket_id=ticket.id or 0)
    place_ticket(session, event=event, now=now)


def plan(session: Session, ticket: Ticket, now: datetime) -> Visit:
    event = TicketPlaced(
        company_id=ticket.company_id,
        at=now,
        ticket_id=ticket.id or 0,
        service_point_id=ticket.service_point_id or 0,
    )
    plan_ticket(session=session, event=event, now=now)
    return session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()


def refused(session: Session, ticket: Ticket, point: ServicePoint, now: datetime) -> None:
    event = PlacementRefused(
        company_id=ticket.company_id, at=now, ticket_id=ticket.id or 0, service_point_id=point.id or 0
    )
    place_ticket(session, event=event, now=now)


def states(session: Session, ticket: Ticket) -> list[tuple[int, str, str]]:
    query = select(Placement).where(col(Placement.ticket_id) == ticket.id).order_by(col(Placement.id))
    return [(p.service_point_id, p.state, p.reason_code) for p in session.exec(query)]


def events(session: Session) -> list[str]:
    return list(session.exec(select(StoredEvent.name).order_by(col(StoredEvent.id))))
