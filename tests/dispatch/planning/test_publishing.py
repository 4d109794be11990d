"""Versions fence plans, and no technician is ever in two places: whoever publishes, in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.db import Database
from core.models import TimelineEntry
from dispatch import assignment
from dispatch.models import Ticket, Visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_board, load_horizon
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.drafts import DayDraft, draft_of
from dispatch.planning.insertion import best_insertion
from dispatch.planning.plan_models import Booking, Plan
from dispatch.planning.publishing import StalePlanError, TechnicianTakenError, publish
from dispatch.planning.solving import plan_first
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, version_of, visit_of
from workforce.models import Membership, Technician


def draft_for(session: Session, shop: Shop, visit: Visit, now: datetime) -> DayDraft:
    """A draft that puts a waiting visit into the day, not yet published."""
    boards = load_horizon(session, point_id=shop.point.id or 0, now=now)
    seen = next(v for board in boards if (v := board.find(visit.id or 0)) is not None)
    found = best_insertion(boards, seen)
    assert found is not None
    return found.draft


def waiting_visit(session: Session, shop: Shop, km: float = 1.0) -> Visit:
    return world.make_visit(session, ticket=shop.ticket(km), point=shop.point)


def assert_sound(session: Session, *, since: datetime | None = None) -> None:
    """Bookings are the visits' times, and no technician is in two of them at once.

    Args:
        since: what was planned before it, and never begun, holds nobody.
    """
    planned = col(Visit.planned_start) >= since if since else col(Visit.planned_start).is_not(None)
    visits = session.exec(select(Visit).where(planned)).all()
    bookings = {b.visit_id: b for b in session.exec(select(Booking)).all()}
    assert {v.id for v in visits} == set(bookings)
    by_technician: dict[int, list[tuple[datetime, datetime]]] = {}
    for visit in visits:
        booking = bookings[visit.id or 0]
        assert (booking.start_at, booking.end_at) == (visit.planned_start, visit.planned_end)
        by_technician.setdefault(booking.technician_id, []).append((booking.start_at, booking.end_at))
    for spans in by_technician.values():
        spans.sort()
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_an_older_plan_is_refused_and_leaves_no_trace(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    late = waiting_visit(session, shop)
    old = draft_for(session, shop, late, now)
    plan(session, shop.ticket(2), now)

    with pytest.raises(StalePlanError):
        publish(session, drafts=[old], author=Authorship(DISPATCHER, "hand"), now=now)

    assert session.get_one(Visit, late.id, populate_existing=True).planned_start is None
    assert version_of(session) == 1
    assert len(session.exec(select(Plan)).all()) == 1


def test_a_visit_that_went_on_meanwhile_is_not_moved(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    visit = waiting_visit(session, shop)
    old = draft_for(session, shop, visit, now)
    visit.state = "cancelled"
    session.add(visit)
    session.flush()
    with pytest.raises(StalePlanError):
        publish(session, drafts=[old], author=Authorship(DISPATCHER, "hand"), now=now)


def test_every_version_says_what_changed(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(name="박기사")
    ticket = shop.ticket()
    plan(session, ticket, now)
    (stored,) = session.exec(select(Plan)).all()
    (change,) = stored.changes
    assert change["what"] == "assigned" and change["from"] is None
    assert (
        "미배정 → 12/1" in change["text"] and "박기사" in change["text"] and ticket.number in change["text"]
    )
    line = session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == "VisitPlanned")).one()
    assert (line.subject_kind, line.subject_id, line.data["origin"]) == ("ticket", ticket.id, "insertion")


def test_the_same_plan_again_writes_no_line(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    plan(session, shop.ticket(), now)
    lines = len(session.exec(select(TimelineEntry)).all())
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    draft = draft_of(to_problem(board, freedom=Freedom.INSERT))
    published = publish(session, drafts=[draft], author=Authorship(DISPATCHER, "change"), now=now)
    assert published.changes == () and published.versions == {board.day: 2}
    assert len(session.exec(select(TimelineEntry)).all()) == lines


def test_a_late_start_pushes_the_bookings_behind_it(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    for km in (1, 2, 3):
        plan(session, shop.ticket(km), now)
    later = now + timedelta(minutes=35)
    first = session.exec(select(Visit).order_by(col(Visit.planned_start))).first()
    assert first is not None
    first.state, first.en_route_at, first.arrived_at, first.started_at = "in_progress", now, later, later
    session.add(first)
    session.flush()

    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=later)
    draft = draft_of(to_problem(board, freedom=Freedom.INSERT))
    publish(session, drafts=[draft], author=Authorship(DISPATCHER, "change"), now=later)

    held = session.exec(select(Booking).order_by(col(Booking.start_at))).all()
    assert held[0].visit_id == first.id and held[0].end_at == later + timedelta(seconds=first.duration_s)
    assert held[1].start_at >= held[0].end_at


def two_makers(session: Session, now: datetime) -> tuple[Shop, Shop, int]:
    """One technician stands in the rotas of two makers at once (their rotas know nothing of each other)."""
    one = Shop(session)
    other = Shop(session, code="haedam")
    who = one.technician(hours=(9, 13))
    technician = session.get_one(Technician, who)
    world.add(
        session,
        Membership(
            person_id=technician.person_id,
            company_id=other.company.id or 0,
            service_point_id=other.point.id,
            role="technician",
            valid_from=now - timedelta(days=9),
        ),
    )
    world.make_shift(session, technician=technician, point=other.point, hours=(13, 18))
    return one, other, who


def test_two_makers_cannot_book_one_technician_twice(database: Database, now: datetime) -> None:
    """Both boards were read before either maker published: the second is refused, and plans anew."""
    with database.transaction() as session:
        one, other, who = two_makers(session, now)
        first = waiting_visit(session, one)
        first.window_start = first.window_end = kst(operating_day(now), 12, 50)
        session.add(first)
        ticket = other.ticket()
        second = world.make_visit(session, ticket=ticket, point=other.point)
    with database.transaction() as session:
        early = draft_for(session, one, first, now)
        late = draft_for(session, other, second, now)
    assert early.stops[0].end_at > late.stops[0].start_at, "the first overruns into the other's shift"
    with database.transaction() as session:
        publish(session, drafts=[early], author=Authorship(DISPATCHER, "hand"), now=now)
    with pytest.raises(TechnicianTakenError), database.transaction() as session:
        publish(session, drafts=[late], author=Authorship(DISPATCHER, "hand"), now=now)
    with database.transaction() as session:
        assert session.exec(select(Booking.visit_id)).all() == [first.id]
        visit = plan(session, ticket, now)
        assert visit.technician_id == who
    with database.transaction() as session:
        assert_sound(session)


def test_many_tickets_at_once_all_get_a_place(database: Database, now: datetime) -> None:
    """Eight hands insert into one point's day together: nothing is lost, doubled or overlapping."""
    with database.transaction() as session:
        shop = Shop(session)
        for k in range(3):
            shop.technician(name=f"기사{k}")
        tickets = [shop.ticket(1 + k / 3) for k in range(12)]
        ids = [ticket.id or 0 for ticket in tickets]
        point_id = shop.point.id or 0

    def insert(ticket_id: int) -> None:
        for _attempt in range(10):  # as event delivery does
            try:
                with database.transaction() as session:
                    assignment.plan_now(session, ticket_id=ticket_id, point_id=point_id, now=now)
                    return
            except (StalePlanError, TechnicianTakenError):
                continue
        raise AssertionError("no place after ten deliveries")

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(insert, ids))

    with database.transaction() as session:
        visits: Sequence[Visit] = session.exec(select(Visit)).all()
        assert sorted(v.ticket_id for v in visits) == sorted(ids)
        assert all(v.planned_start for v in visits)
        assert_sound(session)
        versions = session.exec(
            select(Plan.version).where(col(Plan.state) == "published", col(Plan.day) == operating_day(now))
        ).all()
        assert sorted(versions) == list(range(1, len(versions) + 1)), "one version after the other"


def test_a_first_plan_of_an_idle_point_is_stored_too(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    point_id = shop.point.id or 0
    assert plan_first(session, point_id=point_id, day=operating_day(now), now=now) == 1
    waiting = [waiting_visit(session, shop, km) for km in (1, 2)]
    assert plan_first(session, point_id=point_id, day=operating_day(now), now=now) == 2
    assert all(session.get_one(Visit, v.id).planned_start for v in waiting)
    assert visit_of(session, session.get_one(Ticket, waiting[0].ticket_id)).technician_id
    assert_sound(session)
