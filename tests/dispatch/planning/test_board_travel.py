"""Plans reckon with the roads as far as they are known, and say of each way which it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.clock import operating_day
from core.facts import note_fact
from core.last_acts import run_last_acts
from dispatch.planning.board import load_board, load_horizon
from dispatch.planning.board_travel import places_of, reckon_with
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from dispatch.planning.road_return import ask_where_estimated
from dispatch.planning.slots import rank_slots
from geo.road_cache import ROADS, RoadMemory
from geo.road_fetching import BACK_SINCE
from geo.schemas import Point, TravelSource
from geo.travel_times import Known, cell_of
from tests.dispatch.plan_world import Shop, plan
from tests.world import GANGNAM, north_of

SLOW = 3000
"""Seconds that every known way takes on empty roads: far more than the estimate."""


@pytest.fixture
def shop(session: Session) -> Shop:
    shop = Shop(session)
    shop.technician()
    return shop


@contextmanager
def knowing(session: Session, *places: Point) -> Iterator[None]:
    """Every way between these places is known for a while."""
    memory = RoadMemory()
    cells = [cell_of(place) for place in places]
    known: Known = {a: {b: SLOW for b in cells if b != a} for a in cells}
    memory.keep(known)
    session.info[ROADS] = memory
    try:
        yield
    finally:
        del session.info[ROADS]


def at(km: float) -> Point:
    return Point(*north_of(GANGNAM, km))


def test_a_plan_by_known_roads_has_their_times_and_says_so(
    session: Session, shop: Shop, now: datetime
) -> None:
    estimated = plan(session, shop.ticket(3.0), now)
    assert session.exec(select(Plan.travel_source)).all()[-1] == TravelSource.MODEL
    shop.technician()
    with knowing(session, Point(*GANGNAM), at(3.0), at(5.0)):
        by_road = plan(session, shop.ticket(5.0), now)
    assert by_road.planned_start is not None and estimated.planned_start is not None
    assert by_road.planned_start - now >= timedelta(seconds=SLOW), "the engine's time and the hour's traffic"
    row = session.exec(select(Plan).order_by(Plan.id.desc())).first()  # type: ignore[union-attr]
    assert row is not None and row.travel_source == TravelSource.ROAD
    assert {stop["travel"] for route in row.routes for stop in route["stops"]} == {"road"}


def test_one_unknown_way_makes_a_plan_mixed(session: Session, shop: Shop, now: datetime) -> None:
    with knowing(session, Point(*GANGNAM), at(3.0)):
        plan(session, shop.ticket(3.0), now)
        plan(session, shop.ticket(4.0), now)
    row = session.exec(select(Plan).order_by(Plan.id.desc())).first()  # type: ignore[union-attr]
    assert row is not None and row.travel_source == TravelSource.MIXED


def test_a_home_that_is_planned_today_is_offered_the_other_days_by_road_as_well(
    session: Session, shop: Shop, now: datetime
) -> None:
    ticket = shop.ticket(3.0)
    with knowing(session, Point(*GANGNAM), at(3.0)):
        plan(session, ticket, now)
        slots = rank_slots(session, ticket_id=ticket.id or 0, now=now)
    assert len({operating_day(slot.start) for slot in slots}) > 1
    assert {slot.travel_source for slot in slots} == {TravelSource.ROAD}
    slots = rank_slots(session, ticket_id=ticket.id or 0, now=now)
    assert {slot.travel_source for slot in slots} == {TravelSource.MODEL}


def test_without_an_engine_a_board_is_left_as_it_is(session: Session, shop: Shop, now: datetime) -> None:
    boards = load_horizon(session, point_id=shop.point.id or 0, now=now)
    assert reckon_with(session, boards) == boards
    assert all(board.known_times is None for board in boards)


def test_the_places_of_a_board(session: Session, shop: Shop, now: datetime) -> None:
    plan(session, shop.ticket(3.0), now)
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    assert {cell_of(place) for place in places_of(board)} == {cell_of(Point(*GANGNAM)), cell_of(at(3.0))}


def test_days_with_estimates_are_asked_for_once_the_engine_is_back(
    session: Session, shop: Shop, now: datetime
) -> None:
    plan(session, shop.ticket(3.0), now)
    assert ask_where_estimated(session, now=now) == 0, "no engine was ever there"
    note_fact(session, name=BACK_SINCE, value=1, now=now + timedelta(minutes=5))
    run_last_acts(session)
    for request in session.exec(select(SolveRequest)):
        session.delete(request)
    session.flush()
    later = now + timedelta(minutes=6)
    assert ask_where_estimated(session, now=later) == 1
    run_last_acts(session)
    assert session.exec(select(SolveRequest)).one().day == operating_day(now)
    assert ask_where_estimated(session, now=later) == 0, "asked already"
    session.delete(session.exec(select(SolveRequest)).one())
    day = session.exec(select(PointDay).where(PointDay.plan_id.is_not(None))).one()  # type: ignore[union-attr]
    day.last_solved_at = later
    session.add(day)
    session.flush()
    assert ask_where_estimated(session, now=later) == 0, "a solve since then has asked the engine"
