"""Solves behind the scenes: never worse, never over a newer plan, safe to kill."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import datetime, timedelta

from sqlmodel import col, select

from core.clock import operating_day
from core.db import Database
from dispatch.models import Ticket, Visit
from dispatch.planning.plan_models import Booking, SolveRequest
from dispatch.planning.plan_queries import plan_of
from dispatch.planning.solving import (
    REPAIR_SECONDS,
    SolverPool,
    ask_for_waiting,
    run_solve,
)
from tests import world
from tests.dispatch.plan_world import Shop, book, plan, version_of, visit_of
from tests.dispatch.planning.solves import SECONDS, InlineSolver, ask, file_ticket, zigzag
from tests.dispatch.planning.test_publishing import assert_sound
from workforce.models import Absence, Technician


def test_who_was_left_behind_is_looked_at_again(database: Database, now: datetime) -> None:
    """Nobody came yesterday and nothing was said: the sweep asks, and today has room."""
    with database.transaction() as session:
        shop = Shop(session)
        technician = session.get_one(Technician, shop.technician())
        ticket = shop.ticket(status="ASSIGNED", received_at=now - timedelta(days=1))
        world.make_visit(
            session, ticket=ticket, point=shop.point, technician=technician, start=now - timedelta(days=1)
        )
        ticket_id = ticket.id
    with database.transaction() as session:
        assert ask_for_waiting(session, now=now) == 1
    with database.transaction() as session:
        assert ask_for_waiting(session, now=now) == 0, "asked for already"
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        visit = visit_of(session, session.get_one(Ticket, ticket_id))
        assert visit.planned_start is not None and visit.planned_start > now
        assert ask_for_waiting(session, now=now) == 0


def test_a_solve_makes_the_day_better(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    shop, _visits = road
    ask(database, shop, now)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    assert outcome.cost is not None and outcome.baseline_cost is not None
    assert outcome.cost < outcome.baseline_cost
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert view.version == 1 and view.origin == "solve"
        assert len(view.routes[0].stops) == 5 and view.unplanned == ()
        assert_sound(session)
        assert session.exec(select(SolveRequest)).all() == []


def test_a_day_on_which_somebody_cannot_go_is_mended_in_a_second(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    """Whoever is away loses his visits; the other, who has been told of his own, keeps it, and no later."""
    shop, visits = road
    with database.transaction() as session:
        shop.session = session
        other = shop.technician(name="건강한")
        (own,) = zigzag(session, shop, other, now, (4,))
        own.told_technician_id = other
        own_id, own_start = own.id, own.planned_start
        who, until = visits[0].technician_id, now + timedelta(days=1)
        assert who is not None
        world.add(session, Absence(technician_id=who, start_at=now, end_at=until, reason="병가"))
    solver = InlineSolver()
    ask(database, shop, now)
    outcome = run_solve(database, solver=solver, clock=lambda: now, seconds=5.0)
    assert outcome is not None and outcome.result == "published"
    assert solver.given == [REPAIR_SECONDS]
    with database.transaction() as session:
        kept = session.get_one(Visit, own_id)
        assert kept.technician_id == other
        assert kept.planned_start is not None and own_start is not None and kept.planned_start <= own_start
        given = [session.get_one(Visit, visit.id).technician_id for visit in visits]
        assert set(given) <= {other, None} and other in given
        assert_sound(session)


def test_who_takes_longer_than_until_another_points_booking_stops_no_plan(
    database: Database, now: datetime
) -> None:
    """He is at a home still when he is booked elsewhere: the point's other homes are planned all the same."""
    with database.transaction() as session:
        shop = Shop(session)
        who, _ = shop.technician(), shop.technician(name="다른")
        technician = session.get_one(Technician, who)
        home = world.make_household(session, company=shop.company, at=world.north_of(world.GANGNAM, 2))
        elsewhere = world.make_point(session, company=shop.company, code="P2")
        ticket = world.make_ticket(session, company=shop.company, household=home, point=elsewhere)
        start = now + timedelta(minutes=30)
        booked = world.make_visit(session, ticket=ticket, point=elsewhere, technician=technician, start=start)
        longer = world.make_visit(
            session,
            ticket=shop.ticket(1, status="APPOINTED"),
            point=shop.point,
            technician=technician,
            start=now - timedelta(minutes=25),
            state="in_progress",
        )
        longer.en_route_at = longer.arrived_at = longer.started_at = now
        waits = world.make_visit(session, ticket=shop.ticket(3), point=shop.point)
        for visit in (booked, longer):
            book(session, visit)
        longer_id, waits_id = longer.id or 0, waits.id or 0
    ask(database, shop, now)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        assert session.get_one(Visit, waits_id).planned_start is not None
        assert (session.get_one(Visit, longer_id).planned_end or now) > start
        held = session.exec(select(Booking.end_at).where(col(Booking.visit_id) == longer_id)).one()
        assert held == start, "his time from there on is the other point's"


def test_nothing_due_is_nothing_done(database: Database, now: datetime) -> None:
    solver = InlineSolver()
    assert run_solve(database, solver=solver, clock=lambda: now, seconds=SECONDS) is None
    assert solver.solved == 0


def test_what_cannot_be_bettered_is_left_alone(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        shop = Shop(session)
        shop.technician()
        plan(session, shop.ticket(), now)
    ask(database, shop, now)
    outcome = run_solve(
        database, solver=InlineSolver(), clock=lambda: now + timedelta(seconds=31), seconds=SECONDS
    )
    assert outcome is not None and outcome.result == "kept"
    with database.transaction() as session:
        assert version_of(session) == 1


def test_a_plan_that_comes_late_is_thrown_away(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    """A ticket is inserted while the child solves: the newer plan stays, and the day is solved again."""
    shop, _visits = road
    ask(database, shop, now)
    with database.transaction() as session:
        late = file_ticket(session, shop)

    def insert() -> None:
        with database.transaction() as session:
            plan(session, session.get_one(Ticket, late), now)

    outcome = run_solve(database, solver=InlineSolver(insert), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "stale"
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert (view.version, view.origin) == (1, "insertion")
        assert session.exec(select(SolveRequest)).one().running_since is None
        assert_sound(session)


def test_a_promise_survives_every_solve(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    shop, visits = road
    with database.transaction() as session:
        promised = session.get_one(Visit, visits[1].id)
        assert promised.planned_start is not None
        start = promised.planned_start - timedelta(minutes=10)
        promised.window_start, promised.window_end = start, start + timedelta(minutes=20)
        promised.state = "agreed"
        session.add(promised)
        window = (promised.window_start, promised.window_end)
    ask(database, shop, now)
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        kept = session.get_one(Visit, visits[1].id)
        assert kept.planned_start is not None and window[0] <= kept.planned_start <= window[1]


def test_waiting_tickets_get_a_place_today_or_on_the_next_days(database: Database, now: datetime) -> None:
    """Each job is planned once or explained."""
    with database.transaction() as session:
        shop = Shop(session)
        shop.technician(hours=(9, 14))
        shop.technician(name="무자격", qualifications=(), days=())
        tickets = [shop.ticket(1 + k, priority=3) for k in range(14)]
        visits = [world.make_visit(session, ticket=t, point=shop.point) for t in tickets]
        hard = world.make_visit(session, ticket=shop.ticket(2), point=shop.point, skills=["COMMERCIAL"])
    ask(database, shop, now, urgent=True)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        planned = {v.id: v.planned_start for v in session.exec(select(Visit)).all() if v.planned_start}
        today = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        explained = {left.ticket_id for left in today.unplanned}
        assert hard.ticket_id in explained and hard.id not in planned
        assert all(reason["text"] for left in today.unplanned for reason in left.reasons)
        for visit in visits:
            assert (visit.id in planned) != (visit.ticket_id in explained)
        days = {operating_day(start) for start in planned.values()}
        assert operating_day(now) in days and len(days) == 3, "what today cannot hold goes on"
        assert {t.status for t in session.exec(select(Ticket)).all()} == {"ASSIGNED", "UNASSIGNED"}
        assert_sound(session)


def test_a_killed_child_costs_nothing_but_time(
    database: Database, road: tuple[Shop, list[Visit]], now: datetime
) -> None:
    """kill -9 of the solving child as soon as there is one (a small day is soon solved): the plan stays, the
    wish stays, the next solve works."""
    shop, _visits = road
    ask(database, shop, now)
    with SolverPool() as solver:

        def kill() -> None:
            deadline = time.monotonic() + 20
            while not solver.child_ids() and time.monotonic() < deadline:
                time.sleep(0.01)
            for child in solver.child_ids():
                os.kill(child, signal.SIGKILL)

        killer = threading.Timer(0.0, kill)
        killer.start()
        outcome = run_solve(database, solver=solver, clock=lambda: now, seconds=8)
        killer.join()
        assert outcome is not None and outcome.result == "died"
        with database.transaction() as session:
            assert version_of(session) == 0
            wish = session.exec(select(SolveRequest)).one()
            assert wish.running_since is None
        again = now + timedelta(seconds=31)
        outcome = run_solve(database, solver=solver, clock=lambda: again, seconds=SECONDS)
        assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        assert len(session.exec(select(Booking)).all()) == 5
        assert visit_of(session, session.get_one(Ticket, _visits[0].ticket_id)).planned_start


def test_a_point_without_people_says_so(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        shop = Shop(session)
        visit = world.make_visit(session, ticket=shop.ticket(), point=shop.point)
    ask(database, shop, now)
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert [left.ticket_id for left in view.unplanned] == [visit.ticket_id]
        assert view.unplanned[0].reasons[0]["code"] == "NO_TECHNICIAN"
