"""A stretch of days, counted by PostgreSQL as by hand: the same rows, one after the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.clock import KST, kst, today_kst
from dispatch.figures import (
    Figures,
    calls_by_day,
    calls_by_hour,
    calls_by_symptom,
    figures_by_point,
    late_contacts,
    total_of,
)
from dispatch.models import ImportedTicket, Ticket, TicketClock, Visit
from tests import world
from workforce.models import Company, ServicePoint

NOW = world.NOW
START, END = kst(today_kst(NOW) - timedelta(days=6), 0), NOW
HANDLED = timedelta(minutes=100)
EVENING = timedelta(minutes=900)


def furnish(session: Session, company: Company, points: Sequence[ServicePoint], *, seed: int) -> None:
    """150 cases of ten days: in time, late, not yet; solved by phone, visited, held, brought over."""
    chance = random.Random(seed)
    for _case in range(150):
        received = NOW - timedelta(minutes=chance.randrange(10 * 24 * 60))
        point = chance.choice([None, *points])
        ticket = world.make_ticket(
            session,
            company=company,
            point=point,
            received_at=received,
            symptom=chance.choice(("NO_HEAT", "LEAK", "NOISE")),
            safety=chance.random() < 0.1,
            solved_by_phone_at=received + timedelta(minutes=5) if chance.random() < 0.2 else None,
            reopened_at=received + timedelta(minutes=90) if chance.random() < 0.1 else None,
        )
        contact = clock_of(session, ticket)
        if chance.random() < 0.8:
            contact.stopped_at = received + timedelta(minutes=chance.randrange(1, 150))
            contact.state = "met" if contact.stopped_at <= contact.due_at else "breached"
        elif chance.random() < 0.1:
            contact.state, contact.stopped_at = "void", received
        session.add(contact)
        if chance.random() < 0.1:
            session.add(
                ImportedTicket(
                    ticket_id=ticket.id or 0, company_id=company.id or 0, old_number=ticket.number, at=NOW
                )
            )
        if point is not None and chance.random() < 0.8:
            arrived = received + timedelta(minutes=chance.choice((20, 50, 400, 2000)))
            world.make_visit(
                session,
                ticket=ticket,
                point=point,
                state=chance.choice(("completed", "completed", "absent")),
                hold_reason=chance.choice((None, None, None, "PARTS")),
                arrived_at=arrived,
                ended_at=arrived + timedelta(minutes=chance.randrange(15, 180)),
                **dict.fromkeys(("window_start", "window_end"), chance.choice((None, received + EVENING))),
            )
    session.flush()


def clock_of(session: Session, ticket: Ticket) -> TicketClock:
    mine = select(TicketClock).where(TicketClock.ticket_id == ticket.id, TicketClock.kind == "contact")
    return session.exec(mine).one()


def by_hand(session: Session, company: Company) -> dict[int | None, Figures]:
    brought = set(session.exec(select(ImportedTicket.ticket_id)))
    found: dict[int | None, Figures] = {}

    def count(point: int | None, **counts: bool | int) -> None:
        found[point] = found.get(point, Figures()) + Figures(**{k: int(n) for k, n in counts.items()})

    for ticket in session.exec(select(Ticket).where(Ticket.company_id == company.id)):
        clock = clock_of(session, ticket)
        if START <= clock.started_at < END and clock.state != "void":
            over = clock.stopped_at is None and clock.due_at < NOW
            late = clock.state == "breached" or over
            count(ticket.service_point_id, contact_kept=clock.state == "met", contact_late=late)
        if START <= ticket.received_at < END and ticket.id not in brought:
            again = ticket.reopened_at is not None
            count(
                ticket.service_point_id,
                received=1,
                by_phone=ticket.solved_by_phone_at is not None,
                dangers=ticket.safety,
                taken_up_again=again,
            )
        for visit in session.exec(select(Visit).where(Visit.ticket_id == ticket.id)):
            if ticket.id in brought or visit.ended_at is None or not START <= visit.ended_at < END:
                continue
            assert visit.arrived_at is not None
            window = visit.window_end
            done = visit.state == "completed" and visit.hold_reason is None
            count(
                visit.service_point_id,
                arrived_in_time=window is not None and visit.arrived_at <= window,
                arrived_late=window is not None and visit.arrived_at > window,
                done=done,
                done_the_same_day=done and day_of(visit.ended_at) == day_of(ticket.received_at),
                quick_from_call=done and visit.ended_at <= ticket.received_at + HANDLED,
                quick_from_arrival=done and visit.ended_at <= visit.arrived_at + HANDLED,
            )
    return {point: counted for point, counted in found.items() if counted != Figures()}


def day_of(at: datetime) -> object:
    return at.astimezone(KST).date()


def test_figures_are_the_rows(session: Session) -> None:
    company, other = world.make_company(session), world.make_company(session, code="haedam")
    points = [world.make_point(session, company=company) for _ in range(3)]
    furnish(session, company, points, seed=7)
    furnish(session, other, [world.make_point(session, company=other)], seed=8)
    asked = {"company_id": company.id or 0, "start": START, "end": END, "now": NOW}
    found = {
        point: counted
        for point, counted in figures_by_point(session, **asked).items()  # type: ignore[arg-type]
        if counted != Figures()
    }
    assert found == by_hand(session, company)
    total = total_of(found)
    assert min(getattr(total, name) for name in Figures.__dataclass_fields__) > 0, "each was counted"

    hours = calls_by_hour(session, **asked)  # type: ignore[arg-type]
    days = calls_by_day(hours, start=START, end=END)
    assert [day for day, _calls, _late in days] == [today_kst(START) + timedelta(days=k) for k in range(7)]
    assert sum(calls for _day, calls, _late in days) == total.received
    assert sum(late for _day, _calls, late in days) <= total.contact_late
    symptoms = calls_by_symptom(session, company_id=company.id or 0, start=START, end=END)
    assert sum(each.received for each in symptoms) == total.received
    assert sum(each.by_phone for each in symptoms) == total.by_phone


def test_who_still_waits_comes_first(session: Session) -> None:
    company = world.make_company(session)
    point = world.make_point(session, company=company)
    for minutes, stopped in ((90, None), (200, 190), (300, 361), (200, None), (30, None)):
        received = NOW - timedelta(minutes=minutes)
        ticket = world.make_ticket(session, company=company, point=point, received_at=received)
        clock = clock_of(session, ticket)
        if stopped is not None:
            clock.stopped_at, clock.state = received + timedelta(minutes=stopped), "breached"
            session.add(clock)
    session.flush()
    asked = {"company_id": company.id or 0, "start": NOW - timedelta(days=1), "end": NOW, "now": NOW}
    late = late_contacts(session, **asked, most=10)  # type: ignore[arg-type]
    assert [(each.stopped_at is None, each.late_s // 60) for each in late] == [
        (True, 140),
        (True, 30),
        (False, 301),
        (False, 130),
    ]
    numbers = session.exec(select(Ticket.number).order_by(col(Ticket.id))).all()
    assert [each.number for each in late] == [numbers[3], numbers[0], numbers[2], numbers[1]]
    assert len(late_contacts(session, **asked, most=2)) == 2  # type: ignore[arg-type]
