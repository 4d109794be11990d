"""A day full of check-ups, and faults arrive: nobody's repair waits for a boiler that works."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core.actor import SYSTEM
from core.clock import kst, operating_day
from core.dated import set_rule
from core.models import StoredEvent
from dispatch.appointments import WindowNotReachableError
from dispatch.checkups import CheckupHome, offer_checkup, put_off_displaced
from dispatch.events import CheckupDisplaced
from dispatch.intake_rules import CHECKUP
from dispatch.models import Task, Ticket, Visit
from dispatch.open_visits import ensure_open_visit
from dispatch.planning.board import load_board
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.idle_time import idle_checkups, idle_seconds
from dispatch.planning.slots import rank_slots
from dispatch.planning.solve_requests import Claim
from dispatch.planning.solving import apply, prepare
from scheduling.planner import solve
from tests import world
from tests.dispatch.plan_world import Shop, agree, plan, visit_of

WINDOWS = ((10, 12), (12, 14), (14, 16), (16, 18))
EARLY = timedelta(hours=3)
"""Nobody is about to set out: a technician's very next stop stays, whatever it is."""
FAULTS = (("NO_HEAT", 1, 2), ("LEAK", 2, 7), ("NOISE", 3, 4), ("INSPECTION", 4, 6), ("NO_HEAT", 1, 9))


def open_shop(session: Session, code: str) -> Shop:
    shop = Shop(session, code=code, daily_limit=12)
    shop.technician(hours=(9, 18), name=f"{code} 기사")
    world.make_duty(session, company_id=shop.company.id or 0, point_id=shop.point.id)
    return shop


def fill_with_checkups(session: Session, shop: Shop, now: datetime) -> list[Ticket]:
    """As many as the day takes, each in an agreed window."""
    filled: list[Ticket] = []
    while True:
        ticket = shop.ticket(1 + len(filled) % 5, symptom=CHECKUP, priority=4)
        visit = ensure_open_visit(session, ticket=ticket, point_id=shop.point.id or 0, now=now)
        if not any(fits(session, visit, window, now) for window in WINDOWS):
            ticket.status = "CANCELLED"
            session.add(ticket)
            session.flush()
            return filled
        ticket.status = "APPOINTED"
        session.add(ticket)
        session.flush()
        filled.append(ticket)


def fits(session: Session, visit: Visit, hours: tuple[int, int], now: datetime) -> bool:
    today = operating_day(now)
    try:
        with session.begin_nested():
            agree(session, visit, kst(today, hours[0]), kst(today, hours[1]), now)
    except WindowNotReachableError:
        return False
    return True


def served_today(session: Session, tickets: list[Ticket], now: datetime) -> dict[int, datetime]:
    """When each is served today, by its place in the list."""
    found = {}
    for n, ticket in enumerate(tickets):
        start = visit_of(session, ticket).planned_start
        if start is not None and operating_day(start) == operating_day(now):
            found[n] = start
    return found


def test_a_full_day_of_check_ups_delays_no_fault(session: Session, now: datetime) -> None:
    """Beside a day without any: the same faults are served on the same day, at once and by a solve."""
    now -= EARLY
    empty, full = open_shop(session, "empty"), open_shop(session, "full")
    checkups = fill_with_checkups(session, full, now)
    assert len(checkups) >= 6
    beside, among = [], []
    for symptom, priority, km in FAULTS:
        for shop, into in ((empty, beside), (full, among)):
            ticket = shop.ticket(km, symptom=symptom, priority=priority)
            offered = rank_slots(session, ticket_id=ticket.id or 0, now=now)
            into.append(ticket)
            plan(session, ticket, now)
            if shop is empty:
                free = {slot.start for slot in offered}
            else:
                assert free <= {slot.start for slot in offered}, "a check-up's time is free for a fault"
    alone, with_them = served_today(session, beside, now), served_today(session, among, now)
    assert set(alone) == set(with_them) == set(range(len(FAULTS)))

    lost = {ticket.id for ticket in checkups if visit_of(session, ticket).planned_start is None}
    assert lost, "the day was full, so somebody gave way"
    kept = [visit_of(session, ticket) for ticket in checkups if ticket.id not in lost]
    # A kept visit has its times.
    assert all(v.window_start and v.window_start <= v.planned_start <= v.window_end for v in kept)  # type: ignore[operator]
    told = session.exec(select(StoredEvent).where(col(StoredEvent.name) == "CheckupDisplaced")).all()
    assert {event.payload["ticket_id"] for event in told} == lost

    for event in told * 2:  # handled twice is handled once
        facts = {**event.payload, "at": now}
        put_off_displaced(session=session, event=CheckupDisplaced(**facts), now=now)
    assert {session.get_one(Ticket, key).status for key in lost} == {"ON_HOLD"}
    calls = session.exec(select(Task).where(col(Task.ticket_id).in_(lost), col(Task.kind) == "REVISIT_CALL"))
    assert len(calls.all()) == len(lost)


def test_a_solve_leaves_check_ups_out_for_faults_that_wait_and_asks_nobody(
    session: Session, now: datetime
) -> None:
    now -= EARLY
    shop = open_shop(session, "onnuri")
    checkups = fill_with_checkups(session, shop, now)
    now += timedelta(minutes=15)  # a route is not changed twice in ten minutes
    faults = [shop.ticket(km, symptom=symptom, priority=priority) for symptom, priority, km in FAULTS]
    for ticket in faults:
        world.add(
            session,
            Visit(
                ticket_id=ticket.id or 0,
                company_id=ticket.company_id,
                sequence=1,
                service_point_id=shop.point.id or 0,
                state="planned",
                duration_s=2400,
                skills=[],
                created_at=now,
            ),
        )
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    task = prepare(board, by_person=False)
    least = min(job.drop_cost for job in task.bp.problem.jobs if not task.bp.visits[job.id].yields)
    lost_with_all = sum(j.drop_cost for j in task.bp.problem.jobs if task.bp.visits[j.id].yields)
    assert least > lost_with_all, "no number of check-ups outweighs one fault"
    solved = solve(task.bp.problem, seconds=0.4, seed=1, initial=task.bp.sequences, iterations=200)
    claim = Claim(
        request_id=1,
        claimed_at=now,
        point_id=shop.point.id or 0,
        company_id=shop.company.id or 0,
        day=operating_day(now),
        asked_at=now - timedelta(seconds=1),
        asked_by="",
    )
    outcome = apply(session, task=task, plan=solved, claim=claim, now=now)
    assert outcome.result == "published"
    assert set(served_today(session, faults, now)) == set(range(len(FAULTS)))
    assert any(visit_of(session, ticket).planned_start is None for ticket in checkups)


def test_check_ups_get_what_the_faults_and_the_reserve_leave(session: Session, now: datetime) -> None:
    """Nine hours: two fifths are kept for faults to come, and a fault that waits takes the whole day."""
    now -= EARLY
    shop, careful = open_shop(session, "onnuri"), open_shop(session, "careful")
    set_rule(
        session,
        company_id=careful.company.id or 0,
        key="checkup_reserve_percent",
        value=90,
        valid_from=now - timedelta(days=1),
        source="한파 대비",
        by=SYSTEM,
        now=now,
    )
    homes = {each: each.ticket(1, status="CLOSED").household_id for each in (shop, careful)}

    def board(of: Shop = shop) -> DayBoard:
        return load_board(session, point_id=of.point.id or 0, day=operating_day(now), now=now)

    def offered(by: Shop = shop) -> bool:
        home = CheckupHome(by.company.id or 0, homes[by], by.point.id or 0)
        slots = offer_checkup(session, home=home, now=now)
        return any(operating_day(slot.start) == operating_day(now) for slot in slots)

    empty = board()
    left = 9 * 3600 * (100 - empty.rules.checkup_reserve_percent) // 100
    assert idle_seconds(empty) == left and offered()
    assert idle_checkups(board(careful)) == 0 and not offered(careful), "the time is there, and kept"

    served = plan(session, shop.ticket(2, symptom="NO_HEAT", priority=1), now)
    assert idle_seconds(board()) == left - served.duration_s - empty.rules.checkup_travel_s and offered()
    waiting = shop.ticket(3, symptom="NO_HEAT", priority=1)
    visit = ensure_open_visit(session, ticket=waiting, point_id=shop.point.id or 0, now=now)
    assert idle_checkups(board()) == 0 and not offered(), "somebody waits in the cold"
    visit.state = "cancelled"
    session.add(visit)
    session.flush()
    assert idle_checkups(board()) > 0 and offered()
