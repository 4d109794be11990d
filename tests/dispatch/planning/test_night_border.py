"""05:00 in the middle of a night shift: two days' plans, one technician, every visit in exactly one."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.db import Database
from dispatch import assignment
from dispatch.models import Visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_board, load_horizon
from dispatch.planning.insertion import best_insertion
from dispatch.planning.plan_models import Plan, PointDay
from dispatch.planning.publishing import StalePlanError, publish
from dispatch.planning.solve_requests import request_solve
from dispatch.planning.solving import SolveOutcome, run_solve
from dispatch.travel import planning_moment
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, agree, plan, visit_of
from tests.dispatch.planning.solves import SECONDS, InlineSolver
from tests.dispatch.planning.test_publishing import assert_sound
from workforce.models import Technician


def night_shop(session: Session, now: datetime) -> tuple[Shop, int]:
    """A point with a day technician, and one who works from 21:00 to 07:00."""
    shop = Shop(session)
    shop.technician(name="낮", days=(0, 1), hours=(9, 18))
    who = shop.technician(name="밤", days=(), home=world.north_of(world.GANGNAM, 9))
    night = session.get_one(Technician, who)
    world.make_shift(session, technician=night, point=shop.point, day=0, hours=(21, 31), now=now)
    return shop, who


def assert_in_one_plan(session: Session, today: date) -> dict[int, datetime]:
    """Every visit planned from `today` on stands once, at its time, in the plan of its day; when, by id."""
    listed: dict[int, list[tuple[date, datetime]]] = {}
    query = select(Plan).join(PointDay, col(PointDay.plan_id) == col(Plan.id))
    for row in session.exec(query.where(col(Plan.day) >= today)):
        for stop in (stop for route in row.routes for stop in route["stops"]):
            found = (row.day, datetime.fromisoformat(stop["start"]))
            listed.setdefault(stop["visit_id"], []).append(found)
    visits = session.exec(select(Visit).where(col(Visit.planned_start) >= kst(today, 5)))
    starts = {v.id or 0: v.planned_start for v in visits if v.planned_start is not None}
    assert listed == {visit_id: [(operating_day(at), at)] for visit_id, at in starts.items()}
    return starts


def assert_can_be_driven(session: Session, shop: Shop, who: int, now: datetime) -> None:
    """From each stop to the next there is time for the way, also over 05:00, and he is back by 07:00."""
    boards = [
        load_board(session, point_id=shop.point.id or 0, day=operating_day(now) + timedelta(days=k), now=now)
        for k in (0, 1)
    ]
    own = [v for board in boards for v in board.visits if v.technician_id == who]
    own.sort(key=lambda v: v.planned_start or now)
    for before, after in pairwise(own):
        assert before.planned_end is not None and after.planned_start is not None
        legs = boards[0].times.matrix([before.place, after.place], planning_moment(boards[0].day))
        assert before.planned_end + timedelta(seconds=int(legs.seconds[0, 1])) <= after.planned_start
    assert all(v.planned_start < kst(operating_day(now), 31) for v in own if v.planned_start)


@pytest.mark.parametrize("seed", range(2))
def test_each_visit_is_in_one_days_plan(database: Database, now: datetime, seed: int) -> None:
    """A drawn night: cold homes, dangers and promises around 05:00, both days' solves, the morning's."""
    draw = random.Random(seed)
    today = operating_day(now)
    night, days = kst(today, 27, draw.randrange(60)), (today, today + timedelta(days=1))
    with database.transaction() as session:
        shop, who = night_shop(session, now)
        for _ in range(7):
            _file(session, shop, draw, today, night)
        before = assert_in_one_plan(session, today)
        assert any(at >= kst(today, 29) for at in before.values()), "the draw must reach beyond 05:00"
    for day, at in (*((day, night) for day in draw.sample(days, 2)), (days[1], kst(today, 29, 10))):
        outcome = _solve(database, shop, day, at)
        assert outcome is not None and outcome.result in ("published", "proposed", "kept")
        with database.transaction() as session:
            _forget_pauses(session)
            after = assert_in_one_plan(session, operating_day(at))
            assert after.keys() >= {visit for visit, start in before.items() if start >= at}, "nobody is lost"
            assert_can_be_driven(session, shop, who, at)
            assert_sound(session)


def _file(session: Session, shop: Shop, draw: random.Random, today: date, night: datetime) -> None:
    """One more call of the night, planned at once; some agree to a time around 05:00, or behind it."""
    safety = draw.random() < 0.2
    fields = {"priority": 0, "safety": safety, "symptom": "GAS_SMELL" if safety else "FREEZE"}
    visit = plan(session, shop.ticket(draw.uniform(0, 8), received_at=night, **fields), night)
    if not safety and draw.random() < 0.5:
        opens = kst(today, 28, 30) if draw.random() < 0.6 else kst(today, 29, 30)
        with suppress(assignment.WindowNotReachableError):
            agree(session, visit, opens, opens + timedelta(hours=2), night)


def _solve(database: Database, shop: Shop, day: date, at: datetime) -> SolveOutcome | None:
    with database.transaction() as session:
        request_solve(session, point_id=shop.point.id or 0, day=day, now=at)
    return run_solve(database, solver=InlineSolver(), clock=lambda: at, seconds=SECONDS)


def _forget_pauses(session: Session) -> None:
    for row in session.exec(select(PointDay)):
        row.last_solved_at = None
        session.add(row)


def test_what_a_night_lets_begin_after_five_is_published_with_the_next_day(
    session: Session, now: datetime
) -> None:
    """A danger at 04:55: whoever works on goes, by the morning's plan and before what he has there."""
    shop, who = night_shop(session, now)
    today = operating_day(now)
    morning = plan(session, shop.ticket(6, priority=0, symptom="FREEZE", received_at=now), kst(today, 26))
    morning.duration_s = 600
    session.add(morning)
    agree(session, morning, kst(today, 30, 20), kst(today, 31), kst(today, 26))
    danger = shop.ticket(7, symptom="GAS_SMELL", priority=0, safety=True, received_at=kst(today, 28, 55))

    visit = plan(session, danger, kst(today, 28, 55))

    starts = assert_in_one_plan(session, today)
    assert visit.technician_id == who
    assert kst(today, 29) <= starts[visit.id or 0] < starts[morning.id or 0]
    assert_can_be_driven(session, shop, who, kst(today, 28, 55))


def test_a_solve_of_one_day_knows_the_whole_night(database: Database, now: datetime) -> None:
    """Who waits at 04:20 is begun with before 05:00 although the work ends after it, not after 05:00."""
    today = operating_day(now)
    night = kst(today, 28, 20)
    with database.transaction() as session:
        shop, who = night_shop(session, now)
        cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
        ticket = shop.ticket(2, **cold)
        visit_id = world.make_visit(session, ticket=ticket, point=shop.point).id or 0
    _solve(database, shop, today, night)
    with database.transaction() as session:
        assert assert_in_one_plan(session, today)[visit_id] < kst(today, 29)
        visit = session.get_one(Visit, visit_id)
        assert visit.technician_id == who and (visit.planned_end or night) > kst(today, 29)


def test_the_next_day_sets_out_from_where_the_night_ends(session: Session, now: datetime) -> None:
    """His last work of the night ends just before 05:00, far out: he is nowhere else at 05:00."""
    shop, who = night_shop(session, now)
    night = kst(operating_day(now), 27, 10)
    cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
    far, near = plan(session, shop.ticket(20, **cold), night), plan(session, shop.ticket(8, **cold), night)
    assert far.planned_end is not None and near.planned_start is not None
    assert far.technician_id == near.technician_id == who
    assert far.planned_end < kst(operating_day(now), 29) < near.planned_start
    assert_can_be_driven(session, shop, who, night)


def test_another_days_plan_that_took_it_meanwhile_is_not_overwritten(session: Session, now: datetime) -> None:
    """Two days' plans want one waiting visit: the second to publish is refused, whichever day it is for."""
    shop = Shop(session)
    shop.technician()
    ticket = shop.ticket()
    visit = world.make_visit(session, ticket=ticket, point=shop.point)
    today, tomorrow, _ = load_horizon(session, point_id=shop.point.id or 0, now=now)
    drafts = []
    for board in (tomorrow, today):
        found = best_insertion([board], board.find(visit.id or 0) or pytest.fail("it waits"))
        assert found is not None
        drafts.append(found.draft)
    publish(session, drafts=drafts[:1], author=Authorship(DISPATCHER, "change"), now=now)
    with pytest.raises(StalePlanError):
        publish(session, drafts=drafts[1:], author=Authorship(DISPATCHER, "change"), now=now)
    assert operating_day(visit_of(session, ticket).planned_start or now) == tomorrow.day
