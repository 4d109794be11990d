"""Insertions, promises, work and solves in any order: every rule of a plan still holds."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, col, select

from core.clock import operating_day
from core.db import Database
from dispatch import assignment
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import Booking
from dispatch.planning.slots import rank_slots
from dispatch.planning.solving import (
    run_solve,
)
from dispatch.states import OPEN_VISIT_STATES
from dispatch.unplanned import why_unplanned
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, plan
from tests.dispatch.planning.solves import InlineSolver, ask
from workforce.models import Qualification


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_of_insertions_facts_and_solves_stays_sound(
    database: Database, now: datetime, seed: int
) -> None:
    """Tickets, promises, work under way, finished work and solves in any order: every rule still holds."""
    draw = random.Random(seed)
    with database.transaction() as session:
        shop = Shop(session)
        for k in range(3):
            shop.technician(name=f"기사{k}", qualifications=("GAS_WORK",) if k else ())
    at = now
    for _step in range(25):
        at += timedelta(minutes=draw.randrange(1, 25))
        with database.transaction() as session:
            shop.session = session
            doing = draw.choice(["file", "file", "file", "promise", "advance", "cancel"])
            _do(session, shop, doing, draw, at)
        if draw.random() < 0.3:
            ask(database, shop, at)
            run_solve(database, solver=InlineSolver(), clock=lambda at=at: at, seconds=0.2)
        with database.transaction() as session:
            _assert_rules(session, at)


def _do(session: Session, shop: Shop, doing: str, draw: random.Random, at: datetime) -> None:
    visits = session.exec(select(Visit).order_by(col(Visit.id))).all()
    if doing == "file":
        symptom = draw.choice(["NO_HEAT", "IGNITION", "INSPECTION"])
        ticket = shop.ticket(
            draw.uniform(0.5, 9), symptom=symptom, priority=draw.randrange(5), received_at=at
        )
        plan(session, ticket, at)
    elif doing == "promise":
        ahead = [v for v in visits if v.state == "planned" and v.planned_start and v.planned_start > at]
        if ahead:
            visit = draw.choice(ahead)
            slots = rank_slots(session, ticket_id=visit.ticket_id, now=at)
            if slots:
                slot = draw.choice(slots)
                agree(session, visit, slot.start, slot.end, at)
    elif doing == "advance":
        _advance(session, [v for v in visits if v.technician_id and v.state in OPEN_VISIT_STATES], draw, at)
    elif visits:
        visit = draw.choice(visits)
        if visit.state in ("planned", "agreed"):
            visit.state, visit.ended_at = "cancelled", at
            session.get_one(Ticket, visit.ticket_id).status = "CANCELLED"
            session.flush()
            assignment.release_visit(session, visit_id=visit.id or 0, why="취소", by=DISPATCHER, now=at)


def _advance(session: Session, visits: list[Visit], draw: random.Random, at: datetime) -> None:
    """One technician reports his next step, in planned order or not."""
    today = [v for v in visits if v.planned_start and operating_day(v.planned_start) == operating_day(at)]
    if not today:
        return
    visit = draw.choice(today)
    follows = {"planned": "en_route", "agreed": "en_route", "en_route": "arrived", "arrived": "in_progress"}
    visit.state = follows.get(visit.state, "completed")
    field = {"en_route": "en_route_at", "arrived": "arrived_at", "in_progress": "started_at"}
    setattr(visit, field.get(visit.state, "ended_at"), at)
    ticket = session.get_one(Ticket, visit.ticket_id)
    ticket.status = visit.state.upper()
    session.flush()
    if visit.state == "completed":
        assignment.release_visit(session, visit_id=visit.id or 0, why="완료", by=DISPATCHER, now=at)


def _assert_rules(session: Session, at: datetime) -> None:
    visits = session.exec(select(Visit)).all()
    bookings = {b.visit_id: b for b in session.exec(select(Booking)).all()}
    qualified = {
        who: {
            q.code for q in session.exec(select(Qualification).where(col(Qualification.technician_id) == who))
        }
        for who in {v.technician_id for v in visits}
    }
    for visit in visits:
        if visit.state in ("planned", "agreed") and visit.planned_start:
            assert visit.technician_id is not None
            assert set(visit.skills) <= qualified[visit.technician_id]
            assert visit.id in bookings, "planned means booked"
        if visit.state == "agreed":
            assert visit.planned_start is not None, "a promise is never dropped"
            assert visit.window_start is not None and visit.planned_start >= visit.window_start
        ticket = session.get_one(Ticket, visit.ticket_id)
        if visit.state == "planned" and visit.planned_start is None:
            assert ticket.status == "UNASSIGNED"
            assert why_unplanned(session, ticket=ticket, visit=None, now=at)
    spans: dict[int, list[tuple[datetime, datetime]]] = {}
    for booking in bookings.values():
        spans.setdefault(booking.technician_id, []).append((booking.start_at, booking.end_at))
    for own in spans.values():
        own.sort()
        assert all(one[1] <= other[0] for one, other in pairwise(own))
