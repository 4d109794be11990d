"""Two people press at the same moment, on a database that both commit to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy import text
from sqlmodel import Session, select

from billing.models import Charge
from core.actor import Actor
from core.db import Database
from core.errors import DomainError
from customers.consents import Choice, Door
from dispatch import cancellation, first_contact, visits
from dispatch.case_notices import tell_received
from dispatch.events import CallTaken
from dispatch.models import Ticket, TicketParty, Visit
from dispatch.notice_choices import Word, take_word
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, CompletionRequest, Outcome
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import make_case

Step = Callable[[Session], object]


def press_together(database: Database, *steps: Step) -> list[DomainError | None]:
    """Run the steps in transactions of their own, all begun before any ends; what each was refused with."""
    together = Barrier(len(steps))

    def press(step: Step) -> DomainError | None:
        try:
            with database.transaction() as session:
                session.connection()
                together.wait(timeout=10)
                step(session)
        except DomainError as error:
            return error
        return None

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(press, steps))


def a_visit_at_the_door(database: Database, now: datetime) -> tuple[int, Actor]:
    with database.transaction() as session:
        case = make_case(session, status="ARRIVED", state="arrived", arrived_at=now)
        return case.ticket_id, case.him


def completing(ticket_id: int, him: Actor, now: datetime) -> Step:
    done = CompletionRequest(checklist={"usage_explained": True})
    return lambda session: visits.complete_visit(
        session, ticket_id=ticket_id, completion=done, by=him, now=now
    )


def test_a_double_click_on_done_bills_once(database: Database, now: datetime) -> None:
    ticket_id, him = a_visit_at_the_door(database, now)
    done = completing(ticket_id, him, now + timedelta(minutes=30))
    assert press_together(database, done, done) == [None, None]
    with database.reading() as session:
        assert len(session.exec(select(Charge)).all()) == 1
        told = session.exec(select(Notice.recipient).where(Notice.event == "VISIT_RESULT")).all()
        assert sorted(told) == ["requester", "resident"]


def test_done_and_cancelled_at_once_is_one_of_them(database: Database, now: datetime) -> None:
    ticket_id, him = a_visit_at_the_door(database, now)
    later = now + timedelta(minutes=30)
    refused = press_together(
        database,
        completing(ticket_id, him, later),
        lambda session: cancellation.cancel_ticket(
            session, ticket_id=ticket_id, reason="마음이 바뀜", by=world.AGENT, now=later
        ),
    )
    assert [error is None for error in refused].count(True) == 1
    assert {error.status for error in refused if error} == {409}
    with database.reading() as session:
        assert len(session.exec(select(Charge)).all()) == 1
        visit = session.exec(select(Visit)).one()
        status = session.get_one(Ticket, ticket_id).status
        assert (status, visit.state) in (("COMPLETED", "completed"), ("CANCELLED", "cancelled"))


def test_two_windows_agreed_at_once_are_told_once_as_it_is_at_last(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        case = make_case(session)
        ticket_id, him = case.ticket_id, case.him

    def agreeing(hour: int) -> Step:
        window = AgreedWindow(now + timedelta(hours=hour), now + timedelta(hours=hour + 2))
        attempt = AttemptRequest(Outcome.CONNECTED, with_role="resident", window=window)
        return lambda session: first_contact.record_attempt(
            session, ticket_id=ticket_id, attempt=attempt, by=him, now=now + timedelta(minutes=5)
        )

    assert press_together(database, agreeing(4), agreeing(6)) == [None, None]
    with database.reading() as session:
        told = session.exec(
            select(Notice.generation, Notice.state).where(Notice.recipient == "resident").order_by("id")
        ).all()
        assert list(told) == [(1, "withdrawn"), (2, "queued")]
        assert session.exec(select(Visit)).one().window_generation == 2


def test_a_refusal_that_is_being_written_down_is_waited_for(database: Database, now: datetime) -> None:
    """Who says no while the receipt is written hears nothing, whichever of the two is first."""
    with database.transaction() as session:
        case = make_case(session)
        company_id, home, ticket_id = case.company.id or 0, case.ticket.household_id, case.ticket_id
        query = select(TicketParty).where(TicketParty.ticket_id == ticket_id, TicketParty.role == "requester")
        who = session.exec(query).one().contact_id
    taken = CallTaken(company_id=company_id, at=now, ticket_id=ticket_id, agreed=False)

    def tell() -> None:
        with database.transaction() as session:
            tell_received(session=session, event=taken, now=now)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            word = Word(who, who, Choice.REFUSED, Door.CALL)
            take_word(session, company_id=company_id, household_id=home, word=word, by=world.AGENT, now=now)
            telling = pool.submit(tell)
            while not telling.done() and not _somebody_waits(database):
                pass
        telling.result(timeout=10)
    with database.reading() as session:
        assert session.exec(select(Notice.recipient)).all() == ["resident"]


def _somebody_waits(database: Database) -> bool:
    with database.reading() as session:
        found = session.execute(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return bool(found.scalar_one())
