"""Whoever was busier than his colleagues of late is sent for a little more; nobody is left out for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from core.clock import kst, operating_day
from core.dated import set_rule
from dispatch import assignment
from dispatch.planning.board import load_board
from dispatch.planning.fairness import costs_of
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan
from workforce.models import Technician

HOUR = 3600


@pytest.mark.parametrize(
    ("busy", "rostered", "costs"),
    [
        ({1: 8 * HOUR, 2: 4 * HOUR}, {1: 10 * HOUR, 2: 10 * HOUR}, {1: 200}),  # 0.8 and 0.4 of a mean of 0.6
        ({1: 4 * HOUR, 2: 8 * HOUR}, {1: 10 * HOUR, 2: 20 * HOUR}, {}),  # half a roster, as busy
        ({1: 6 * HOUR}, {1: 10 * HOUR, 2: 7 * HOUR}, {}),  # nobody to be held against: too few hours
        ({1: 5 * HOUR, 3: 9 * HOUR}, {1: 10 * HOUR, 2: 10 * HOUR, 3: 2 * HOUR}, {1: 250}),
        ({}, {}, {}),
    ],
)
def test_only_who_is_above_the_mean_costs_more(
    busy: dict[int, int], rostered: dict[int, int], costs: dict[int, int]
) -> None:
    assert costs_of(busy, rostered, cost=100) == costs


def house(session: Session, now: datetime, *, cost: int) -> tuple[Shop, int, int]:
    """Two at the point: one who had visits all week, and his colleague, a little farther away."""
    shop = Shop(session)
    busy = shop.technician(name="바쁜", days=range(-7, 2))
    idle = shop.technician(name="한가한", days=range(-7, 2), home=world.north_of(world.GANGNAM, 0.4))
    for day in range(-7, 0):
        for hour in (10, 13, 15):
            at = kst(operating_day(now) + timedelta(days=day), hour)
            world.make_visit(
                session,
                ticket=shop.ticket(status="CLOSED"),
                point=shop.point,
                technician=session.get_one(Technician, busy),
                state="completed",
                start=at,
                en_route_at=at,
                ended_at=at + timedelta(minutes=90),
            )
    set_rule(
        session,
        company_id=shop.company.id or 0,
        key="fairness_cost",
        value=cost,
        valid_from=now - timedelta(days=1),
        source="시험",
        by=DISPATCHER,
        now=now,
    )
    session.flush()
    return shop, busy, idle


@pytest.mark.parametrize(("cost", "goes"), [(0, "busy"), (600, "idle")])
def test_who_had_less_to_do_goes_where_it_costs_little(
    session: Session, now: datetime, cost: int, goes: str
) -> None:
    shop, busy, idle = house(session, now, cost=cost)
    visit = plan(session, shop.ticket(-3), now)
    assert visit.technician_id == {"busy": busy, "idle": idle}[goes]


def test_a_danger_knows_no_fairness_and_nobody_is_left_out(session: Session, now: datetime) -> None:
    shop, busy, idle = house(session, now, cost=100_000)
    danger = shop.ticket(-3, symptom="GAS_SMELL", priority=0, safety=True)
    assert assignment.pin_safety(session, ticket_id=danger.id or 0, now=now)
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    assert set(board.fair) == {busy}
    assert [visit.technician_id for visit in board.visits] == [busy]
    excluded = shop.ticket(-3, excluded_technician_id=idle)
    assert plan(session, excluded, now).technician_id == busy, "dear, and still better than nobody"
