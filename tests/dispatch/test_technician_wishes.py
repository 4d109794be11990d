"""Whom a family wishes for: planning and every later solve keep to it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.db import Database
from core.models import TimelineEntry
from dispatch.cases import WrongStateError
from dispatch.models import Ticket, Visit
from dispatch.planning.solving import run_solve
from dispatch.technician_wishes import UnknownWishError, wish_technician
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, plan, visit_of
from tests.dispatch.planning.solves import SECONDS, InlineSolver


def wish(
    session: Session,
    ticket: Ticket,
    now: datetime,
    *,
    preferred: int | None = None,
    excluded: int | None = None,
) -> bool:
    return wish_technician(
        session,
        ticket_id=ticket.id or 0,
        preferred_id=preferred,
        excluded_id=excluded,
        reason="어르신이 편해하심",
        by=DISPATCHER,
        now=now,
    )


def test_the_next_solve_sends_whom_the_family_wishes_for_and_keeps_sending_him(
    database: Database, now: datetime
) -> None:
    with database.transaction() as session:
        shop = Shop(session)
        near = shop.technician(name="가까운")
        known = shop.technician(name="아는", home=world.north_of(world.GANGNAM, -0.5))
        tickets = [shop.ticket(km, status="UNASSIGNED", priority=3) for km in (1, 2, 3)]
        assert {plan(session, ticket, now).technician_id for ticket in tickets} == {near}
        last = tickets[-1]
        assert not wish(session, last, now, preferred=known)
        last_id = last.id
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        visits = session.exec(select(Visit).where(col(Visit.planned_start).is_not(None))).all()
        assert {v.ticket_id: v.technician_id for v in visits}[last_id or 0] == known


def test_whom_the_family_refuses_loses_the_visit_at_once(session: Session, now: datetime) -> None:
    shop = Shop(session)
    near = shop.technician(name="가까운")
    far = shop.technician(name="먼", home=world.north_of(world.GANGNAM, 30))
    ticket = shop.ticket()
    assert plan(session, ticket, now).technician_id == near
    assert not wish(session, ticket, now, excluded=near)
    assert visit_of(session, ticket).technician_id == far
    entry = session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == "TechnicianWished")).one()
    assert entry.data == {"preferred_technician_id": None, "excluded_technician_id": near}


def test_what_a_family_has_agreed_to_stays_until_a_person_decides(session: Session, now: datetime) -> None:
    shop = Shop(session)
    near = shop.technician(name="가까운")
    shop.technician(name="먼", home=world.north_of(world.GANGNAM, 30))
    ticket = shop.ticket()
    visit = plan(session, ticket, now)
    day = operating_day(now)
    agree(session, visit, kst(day, 16), kst(day, 18), now)
    assert wish(session, ticket, now, excluded=near)
    assert visit_of(session, ticket).technician_id == near


def test_a_wish_that_nobody_can_keep_is_refused(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    ticket = shop.ticket()
    for preferred, excluded in ((who + 999, None), (None, who + 999), (who, who)):
        with pytest.raises(UnknownWishError):
            wish(session, ticket, now, preferred=preferred, excluded=excluded)
    ticket.status = "CLOSED"
    session.flush()
    with pytest.raises(WrongStateError):
        wish(session, ticket, now, preferred=who)
