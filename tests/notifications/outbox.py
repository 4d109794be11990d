"""A home in the database and texts in its outbox, for tests that send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import col, func, select

from core.db import Database
from core.models import StoredEvent
from notifications import delivery, service
from notifications.catalogue import Role
from notifications.messages import Case, EnRoute, Event, Worker
from notifications.models import Notice
from notifications.providers.base import Provider
from notifications.providers.choice import Carriers
from notifications.queries import list_notices
from notifications.recipients import Party
from notifications.schemas import BrandFacts, NoticeInfo
from tests.world import make_company, make_ticket

PARENT, CHILD = "+821055550101", "+821098765432"


@dataclass
class Clock:
    """The clock as an argument; `tick` moves it. Fakes on loopback check signatures against the real one."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))  # noqa: TID251 - see above

    def __call__(self) -> datetime:
        return self.at

    def tick(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class Outbox:
    """One ticket of one company, told of and sent with a clock of its own."""

    database: Database
    carriers: Carriers
    clock: Clock
    company_id: int
    ticket_id: int

    def tell(self, *, generation: int = 1, people: list[Party] | None = None) -> list[int]:
        """EN_ROUTE into the outbox; the ids of all notices so far, oldest first."""
        case = Case("온누리보일러", "+8215880000", "T-1", "김영자", "김민수", "child")
        with self.database.transaction() as session:
            service.tell(
                session,
                event=Event.EN_ROUTE,
                generation=generation,
                ticket_id=self.ticket_id,
                company_id=self.company_id,
                sender=BrandFacts(self.company_id, "+8215880000"),
                facts=EnRoute(case, Worker("박기사", "1042")),
                people=people or [Party(Role.REQUESTER, "김민수", CHILD, True)],
                now=self.clock(),
            )
        return [notice.id for notice in self.notices()]

    def tell_many(self, count: int) -> list[int]:
        """So many tellings, each to a number of its own; the ids of all notices so far."""
        self.tell()
        copies = """
            INSERT INTO notice (company_id, ticket_id, event, generation, recipient, channel, to_phone,
                from_phone, subject, text, bytes, template_version, state, created_at, next_try_at,
                attempts, provider)
            SELECT company_id, ticket_id, event, generation + n, recipient, channel,
                '+8210' || lpad(n::text, 8, '3'), from_phone, subject, text, bytes, template_version, state,
                created_at, next_try_at, 0, ''
            FROM notice, generate_series(1, :more) AS n WHERE ticket_id = :ticket
        """
        with self.database.transaction() as session:
            session.execute(text(copies), {"more": count - 1, "ticket": self.ticket_id})
        return [notice.id for notice in self.notices()]

    def send_all_due(self) -> None:
        """What workers do with all wake-ups that there are."""
        due = "SELECT id FROM notice WHERE state = 'queued' AND next_try_at <= :now ORDER BY id LIMIT 1"
        while True:
            with self.database.reading() as session:
                first = session.execute(text(due), {"now": self.clock()}).scalar_one_or_none()
            if first is None:
                return
            delivery.send_notice(self.database, notice_id=first, carriers=self.carriers, clock=self.clock)

    def send(self, notice_id: int, provider: Provider | None = None) -> NoticeInfo:
        """What the worker does with a wake-up: take it out of the queue, then send."""
        with self.database.transaction() as session:
            session.execute(text("DELETE FROM procrastinate_jobs"))
        carriers = Carriers({"solapi": provider}, ("solapi",)) if provider else self.carriers
        delivery.send_notice(self.database, notice_id=notice_id, carriers=carriers, clock=self.clock)
        return self.notice(notice_id)

    def sweep(self) -> int:
        with self.database.transaction() as session:
            return delivery.defer_due_notices(session, now=self.clock())

    def notice(self, notice_id: int) -> NoticeInfo:
        return next(notice for notice in self.notices() if notice.id == notice_id)

    def notices(self) -> list[NoticeInfo]:
        with self.database.reading() as session:
            return list_notices(session, ticket_id=self.ticket_id)

    def sent_again(self) -> int:
        """How many tries there were beyond the first of each; whose fate is unclear goes again by itself."""
        with self.database.reading() as session:
            return session.exec(select(func.coalesce(func.sum(col(Notice.attempts) - 1), 0))).one()

    def row(self, notice_id: int) -> Notice:
        with self.database.reading() as session:
            return session.get_one(Notice, notice_id)

    def asked(self) -> list[dict[str, Any]]:
        """What a person was asked to see to."""
        with self.database.reading() as session:
            query = select(StoredEvent).where(col(StoredEvent.name) == "NoticeFailed")
            return [event.payload for event in session.exec(query)]


def make_outbox(database: Database, *providers: Provider) -> Outbox:
    """A company and a ticket, nothing told yet; of the providers, the first is tried first."""
    with database.transaction() as session:
        company = make_company(session)
        ticket = make_ticket(session, company=company)
        assert company.id is not None
        assert ticket.id is not None
        accounts = {provider.name: provider for provider in providers}
        carriers = Carriers(accounts, tuple(accounts))
        return Outbox(database, carriers, Clock(), company.id, ticket.id)
