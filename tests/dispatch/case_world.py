"""A ticket at a point with one technician, as the steps after planning meet it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from billing import service as billing
from core.actor import Actor, Role
from core.models import StoredEvent, TimelineEntry
from dispatch.models import Task, Ticket, TicketClock, Visit
from notifications.models import Notice
from tests import world
from workforce.models import Company, Person, ServicePoint, Technician


@dataclass
class CaseWorld:
    """The pieces, and what became of them."""

    session: Session
    company: Company
    point: ServicePoint
    technician: Technician
    ticket: Ticket
    visit: Visit

    @property
    def ticket_id(self) -> int:
        assert self.ticket.id is not None
        return self.ticket.id

    @property
    def him(self) -> Actor:
        person = self.session.get_one(Person, self.technician.person_id)
        return world.as_actor(person, Role.TECHNICIAN)

    def refresh(self) -> None:
        self.session.expire_all()

    def visits(self) -> list[Visit]:
        query = select(Visit).where(Visit.ticket_id == self.ticket_id).order_by(col(Visit.sequence))
        return list(self.session.exec(query))

    def clock(self, kind: str) -> TicketClock:
        query = (
            select(TicketClock)
            .where(TicketClock.ticket_id == self.ticket_id, TicketClock.kind == kind)
            .order_by(col(TicketClock.generation).desc())
        )
        return self.session.exec(query).first()  # type: ignore[return-value]

    def told(self) -> list[tuple[str, int, str]]:
        query = select(Notice).where(Notice.ticket_id == self.ticket_id).order_by(col(Notice.id))
        return [(row.event, row.generation, row.recipient) for row in self.session.exec(query)]

    def text(self, event: str, recipient: str) -> str:
        query = select(Notice.text).where(
            Notice.ticket_id == self.ticket_id, Notice.event == event, Notice.recipient == recipient
        )
        return self.session.exec(query.order_by(col(Notice.id).desc())).first() or ""

    def timeline(self, what: str) -> list[TimelineEntry]:
        query = select(TimelineEntry).where(
            TimelineEntry.subject_kind == "ticket",
            TimelineEntry.subject_id == self.ticket_id,
            TimelineEntry.what == what,
        )
        return list(self.session.exec(query.order_by(col(TimelineEntry.id))))

    def events(self, name: str) -> list[dict[str, Any]]:
        rows = self.session.exec(
            select(StoredEvent).where(StoredEvent.name == name).order_by(col(StoredEvent.id))
        )
        return [row.payload for row in rows if row.payload["ticket_id"] == self.ticket_id]

    def tasks(self, kind: str) -> list[Task]:
        query = select(Task).where(Task.ticket_id == self.ticket_id, Task.kind == kind)
        return list(self.session.exec(query.order_by(col(Task.id))))


def make_case(
    session: Session,
    *,
    now: datetime = world.NOW,
    status: str = "ASSIGNED",
    state: str = "planned",
    start: datetime | None = None,
    resident: tuple[str, str] = ("김영자", "010-1111-2222"),
    symptom: str = "NO_HEAT",
    prices: bool = True,
    ticket_fields: dict[str, Any] | None = None,
    **visit_fields: Any,
) -> CaseWorld:
    """A ticket received at `now`, planned two hours later unless told."""
    company = world.make_company(session)
    point = world.make_point(session, company=company)
    technician = world.make_technician(session, point=point)
    household = world.make_household(session, company=company, resident=resident)
    ticket = world.make_ticket(
        session,
        company=company,
        point=point,
        household=household,
        status=status,
        symptom=symptom,
        received_at=now,
        **(ticket_fields or {}),
    )
    visit = world.make_visit(
        session,
        ticket=ticket,
        point=point,
        technician=technician,
        state=state,
        start=start or now + timedelta(hours=2),
        **visit_fields,
    )
    if prices:
        set_prices(session, company, now)
    return CaseWorld(session, company, point, technician, ticket, visit)


def set_prices(session: Session, company: Company, now: datetime) -> None:
    """Visit fees of 18,000 and 22,000 won, one labour line and one part."""
    lines = (
        ("VISIT_FEE", "출장비", "visit_fee", "day", 18000),
        ("VISIT_FEE", "출장비(야간·휴일)", "visit_fee", "night_holiday", 22000),
        ("LABOUR_IGNITION", "점화 수리", "labour", "any", 30000),
        ("PART_FAN", "송풍기", "parts", "any", 70000),
    )
    for code, label, kind, tier, amount in lines:
        billing.set_price(
            session,
            company_id=company.id or 0,
            code=code,
            label=label,
            kind=kind,  # type: ignore[arg-type]
            tier=tier,
            amount=amount,
            valid_from=date(2020, 1, 1),
            source="시험",
            by=world.AGENT,
            now=now,
        )
