"""Ordinary work keeps the company's visiting hours; no heat, danger and what was agreed do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from core.actor import SYSTEM
from core.clock import KST, kst, operating_day
from core.dated import read_rules, set_rule
from core.db import Database
from dispatch.models import Ticket
from dispatch.planning.board import load_board
from dispatch.planning.board_shapes import BoardVisit
from dispatch.planning.plan_queries import plan_of
from dispatch.planning.slots import rank_slots
from dispatch.planning.solving import run_solve
from dispatch.planning.visiting_hours import visiting_hours
from dispatch.travel import place_at
from dispatch.unplanned import why_unplanned
from tests import world
from tests.dispatch.plan_world import Shop, agree, book, plan, visit_of, wish
from tests.dispatch.planning.solves import SECONDS, InlineSolver, ask
from workforce.models import Technician

NIGHT = (19, 29)
SEVEN, TWENTY_TWO = 2 * 3600, 17 * 3600
"""Seconds from 05:00."""


@pytest.fixture
def deep_night(now: datetime) -> datetime:
    """02:00, towards the end of the operating day of `now`."""
    return kst(operating_day(now), 26)


def seen_visit(now: datetime, **fields: Any) -> BoardVisit:
    facts: dict[str, Any] = {"priority": 3, "safety": False, "state": "planned", **fields}
    return BoardVisit(
        visit_id=1,
        ticket_id=1,
        number="T-1",
        status=facts.pop("status", "UNASSIGNED"),
        symptom="NOISE",
        received_at=now,
        place=place_at(*world.GANGNAM, "11680"),
        duration_s=1800,
        skills=frozenset(),
        **facts,
    )


def test_the_rule(session: Session, now: datetime) -> None:
    rules = read_rules(session, company_id=0, at=now)
    night = (now, now + timedelta(hours=2))
    for priority in (2, 3, 4):
        assert visiting_hours(seen_visit(now, priority=priority), rules) == (SEVEN, TWENTY_TWO)
    any_hour: list[dict[str, Any]] = [
        {"priority": 0},
        {"priority": 1},
        {"safety": True},
        {"window": night},
        {"only_window": night},
        {"pinned_time": True, "planned_start": now},
        {"wished": (night,), "planned_start": now},
        {"state": "en_route"},
    ]
    for fields in any_hour:
        assert visiting_hours(seen_visit(now, **fields), rules) is None, fields
    assert visiting_hours(seen_visit(now, priority=1, status="ABSENT"), rules) == (SEVEN, TWENTY_TWO)
    assert visiting_hours(seen_visit(now, priority=1, status="ABSENT", safety=True), rules) is None
    odd = {
        ("22:00", "02:00"): (17 * 3600, 21 * 3600),
        ("00:00", "00:00"): None,
        ("03:00", "09:00"): (0, 4 * 3600),
    }
    for (opens, closes), span in odd.items():
        changed = rules.model_copy(update={"visiting_from": opens, "visiting_to": closes})
        assert visiting_hours(seen_visit(now), changed) == span


def test_a_noise_waits_for_the_morning_and_a_cold_home_does_not(
    session: Session, deep_night: datetime
) -> None:
    shop = Shop(session)
    on_duty = shop.technician(name="당직", hours=NIGHT)
    cold = plan(session, shop.ticket(received_at=deep_night), deep_night)
    noise = plan(session, shop.ticket(2, symptom="NOISE", priority=3, received_at=deep_night), deep_night)
    assert cold.technician_id == noise.technician_id == on_duty
    assert cold.planned_start is not None and cold.planned_start < deep_night + timedelta(hours=1)
    assert noise.planned_start is not None and noise.planned_start.astimezone(KST).hour in range(19, 22)


def test_only_visiting_hours_are_offered(session: Session, deep_night: datetime) -> None:
    shop = Shop(session)
    shop.technician(hours=(5, 29))

    def offered(**fields: Any) -> set[int]:
        ticket = shop.ticket(received_at=deep_night, **fields)
        slots = rank_slots(session, ticket_id=ticket.id or 0, now=deep_night)
        return {slot.start.astimezone(KST).hour for slot in slots}

    assert offered(priority=3, symptom="NOISE") == {8, 10, 12, 14, 16, 18, 20}
    assert 6 in offered(priority=1)
    set_rule(
        session,
        company_id=shop.company.id or 0,
        key="visiting_to",
        value="18:00",
        valid_from=deep_night,
        source="대리점 협의",
        by=SYSTEM,
        now=deep_night,
    )
    session.expire_all()
    assert offered(priority=4, symptom="INSPECTION") == {8, 10, 12, 14, 16}


def test_what_was_agreed_or_wished_stays(session: Session, now: datetime, deep_night: datetime) -> None:
    """They work at night and asked for it; or they said yes to it on the phone."""
    shop = Shop(session)
    shop.technician(hours=NIGHT)
    span = (deep_night, deep_night + timedelta(hours=2))
    asked = shop.ticket(symptom="NOISE", priority=3)
    wish(session, asked, *span)
    wished = plan(session, asked, now)
    assert wished.planned_start is not None and span[0] <= wished.planned_start <= span[1]
    agreed = plan(session, shop.ticket(2, symptom="NOISE", priority=3), now)
    start, _end = agree(session, agreed, *span, now)
    assert span[0] <= start <= span[1]
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    kept = board.find(agreed.id or 0)
    assert kept is not None and visiting_hours(kept, board.rules) is None


def test_who_is_left_over_is_told_of_the_hours(session: Session, now: datetime, deep_night: datetime) -> None:
    shop = Shop(session)
    shop.technician(days=(0,), hours=NIGHT)
    ticket = shop.ticket(symptom="NOISE", priority=3, received_at=deep_night)
    visit = plan(session, ticket, deep_night)
    assert visit.planned_start is None
    (reason,) = why_unplanned(session, ticket=ticket, visit=None, now=deep_night)
    assert reason.code == "VISITING_HOURS" and "07:00~22:00" in reason.text


def test_a_solve_takes_ordinary_work_out_of_the_night(
    database: Database, now: datetime, deep_night: datetime
) -> None:
    """One waits, one was planned for three in the morning: neither is there afterwards."""
    with database.transaction() as session:
        shop = Shop(session)
        on_duty = session.get_one(Technician, shop.technician(days=(0,), hours=NIGHT))
        shop.technician(name="낮", days=(1,))
        waiting = shop.ticket(2, symptom="NOISE", priority=4)
        world.make_visit(session, ticket=waiting, point=shop.point)
        cold = shop.ticket(1, status="ASSIGNED")
        noise = shop.ticket(3, symptom="NOISE", priority=2, status="ASSIGNED")
        for ticket, minute in ((cold, 10), (noise, 90)):
            at = kst(operating_day(now), 26, minute)
            book(
                session,
                world.make_visit(session, ticket=ticket, point=shop.point, technician=on_duty, start=at),
            )
        tickets = [waiting.id, noise.id]
    ask(database, shop, deep_night)
    at = deep_night + timedelta(seconds=1)
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: at, seconds=SECONDS)
    assert outcome is not None and outcome.result == "published"
    with database.transaction() as session:
        starts = [visit_of(session, session.get_one(Ticket, i)).planned_start for i in tickets]
        assert all(start and operating_day(start) > operating_day(now) for start in starts)
        view = plan_of(session, point_id=shop.point.id or 0, day=operating_day(now))
        assert [stop.ticket_id for route in view.routes for stop in route.stops] == [cold.id]
