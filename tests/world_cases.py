"""Homes with their people and boilers, and the tickets and visits that they come to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.phones import parse_phone
from customers.models import Address, Boiler, BoilerModel, Contact, Household, HouseholdMember
from dispatch.models import Placement, Ticket, TicketClock, TicketParty, Visit
from notifications.models import Notice
from tests.world_rows import GANGNAM, NOW, add, id_of, serial
from workforce.models import (
    Company,
    ServicePoint,
    Technician,
)


def make_contact(session: Session, *, company_id: int, name: str, phone: str) -> Contact:
    """A person on the customer's side; `phone` in any writing."""
    read = parse_phone(phone)
    return add(
        session,
        Contact(
            company_id=company_id,
            name=name,
            phone=read.e164,
            phone_digits=read.digits,
            phone_tail=read.digits[-4:],
            phone_kind=read.kind,
            can_text=read.can_text,
            created_at=NOW,
        ),
    )


def make_household(
    session: Session,
    *,
    company: Company,
    at: tuple[float, float] = GANGNAM,
    precision: str = "dong",
    raw: str | None = None,
    resident: tuple[str, str] = ("김영자", "02-555-0101"),
    child: tuple[str, str] | None = ("김민수", "010-9876-5432"),
    model: str | None = None,
) -> Household:
    """A home with its resident, perhaps a child elsewhere, and one boiler."""
    raw = raw or f"서울 강남구 역삼동 {700 + next(serial)}, 101동 1203호"
    address = add(
        session,
        Address(
            company_id=id_of(company),
            raw=raw,
            normalised=raw.split(",", maxsplit=1)[0],
            unit="101동 1203호",
            area_code="11680",
            lat=at[0] if precision != "none" else None,
            lon=at[1] if precision != "none" else None,
            precision=precision,
            located_by="gazetteer",
            tokens=raw.replace(",", " ").split(),
            created_at=NOW,
        ),
    )
    household = add(
        session,
        Household(company_id=id_of(company), address_id=id_of(address), priority_care=False, created_at=NOW),
    )
    people = [(resident, "resident"), *([(child, "child")] if child else [])]
    for (name, phone), relationship in people:
        contact = make_contact(session, company_id=id_of(company), name=name, phone=phone)
        add(
            session,
            HouseholdMember(
                household_id=id_of(household), contact_id=id_of(contact), relationship=relationship, since=NOW
            ),
        )
    model_row = None
    if model:
        model_row = add(
            session,
            BoilerModel(
                company_id=id_of(company), code=model, name=model, kind="condensing", family=model[:2]
            ),
        )
    add(
        session,
        Boiler(
            company_id=id_of(company),
            address_id=id_of(address),
            model_id=id_of(model_row) if model_row else None,
            installed_on=date(2019, 11, 2),
            warranty_start=date(2019, 11, 2),
            created_at=NOW,
        ),
    )
    return household


def make_ticket(
    session: Session,
    *,
    company: Company,
    household: Household | None = None,
    point: ServicePoint | None = None,
    status: str = "UNASSIGNED",
    symptom: str = "NO_HEAT",
    priority: int = 1,
    received_at: datetime = NOW,
    clocks: bool = True,
    **fields: Any,
) -> Ticket:
    """A ticket as intake would have left it (parties, three clocks; an accepted placement when `point`).

    For tests that begin after intake; the story itself is told by `dispatch.intake`.
    """
    household = household or make_household(session, company=company)
    ticket = add(
        session,
        Ticket(
            number=f"{company.number_prefix}-{next(serial):06d}",
            company_id=id_of(company),
            household_id=id_of(household),
            channel="phone",
            symptom=symptom,
            priority=priority,
            status=status,
            received_at=received_at,
            recorded_at=received_at,
            payer_role="requester",
            service_point_id=id_of(point) if point else None,
            **fields,
        ),
    )
    _copy_parties(session, ticket, household)
    if clocks:
        _start_clocks(session, ticket)
    if point is not None:
        add(
            session,
            Placement(
                ticket_id=id_of(ticket),
                service_point_id=id_of(point),
                rank=0,
                travel_s=840,
                state="ACCEPTED",
                reason_code="NEAREST",
                reason_text="가장 가까운 서비스점, 차로 14분",
                at=received_at,
                answered_at=received_at,
            ),
        )
    return ticket


def make_visit(
    session: Session,
    *,
    ticket: Ticket,
    point: ServicePoint,
    technician: Technician | None = None,
    state: str = "planned",
    start: datetime | None = None,
    sequence: int = 1,
    duration_s: int = 2700,
    **fields: Any,
) -> Visit:
    """A visit of a ticket, planned at `start` when given (no plan version or booking is written)."""
    return add(
        session,
        Visit(
            ticket_id=id_of(ticket),
            company_id=ticket.company_id,
            sequence=sequence,
            service_point_id=id_of(point),
            technician_id=id_of(technician) if technician else None,
            state=state,
            duration_s=duration_s,
            planned_start=start,
            planned_end=start + timedelta(seconds=duration_s) if start else None,
            created_at=ticket.received_at,
            **fields,
        ),
    )


def _copy_parties(session: Session, ticket: Ticket, household: Household) -> None:
    query = (
        select(Contact, HouseholdMember.relationship)
        .join(HouseholdMember, col(HouseholdMember.contact_id) == col(Contact.id))
        .where(col(HouseholdMember.household_id) == household.id)
        .order_by(col(HouseholdMember.id))
    )
    for contact, relationship in session.exec(query):
        role = "resident" if relationship == "resident" else "requester"
        add(
            session,
            TicketParty(
                ticket_id=id_of(ticket),
                role=role,
                contact_id=id_of(contact),
                name=contact.name,
                phone=contact.phone,
                phone_raw=contact.phone_digits,
                can_text=contact.can_text,
                relationship="" if role == "resident" else relationship,
            ),
        )


def _start_clocks(session: Session, ticket: Ticket) -> None:
    for kind, seconds in (("contact", 3600), ("promise", 600), ("handled", 6000)):
        add(
            session,
            TicketClock(
                ticket_id=id_of(ticket),
                kind=kind,
                started_at=ticket.received_at,
                due_at=ticket.received_at + timedelta(seconds=seconds),
                state="running",
                next_stage_at=ticket.received_at + timedelta(seconds=min(seconds, 1800)),
            ),
        )


def deliver_texts(session: Session, *, at: datetime = NOW) -> None:
    """Everything that waits in the outbox has been handed over and has arrived."""
    session.flush()
    session.execute(
        update(Notice).where(col(Notice.state) == "queued").values(state="delivered", accepted_at=at)
    )
    session.expire_all()
