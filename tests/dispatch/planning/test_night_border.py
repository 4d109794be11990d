"""05:00 in the middle of a night shift: two days' plans, one technician, every visit in exactly one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select

from core.clock import kst, operating_day, operating_day_bounds
from core.db import Database
from dispatch import assignment
from dispatch.models import Visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_board, load_horizon
from dispatch.planning.day_border import behind_the_night
from dispatch.planning.drafts import Unplanned
from dispatch.planning.insertion import best_insertion
from dispatch.planning.leftovers import with_later_days
from dispatch.planning.plan_models import Plan, PointDay, SolveRequest
from dispatch.planning.publishing import StalePlanError, publish
from dispatch.planning.solve_requests import request_solve
from dispatch.planning.solving import SolveOutcome, run_solve
from dispatch.travel import place_at, planning_moment
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


def assert_everybody_is_looked_at(session: Session, shop: Shop, now: datetime) -> None:
    """Every open visit is on one day's board, or waits on all of them."""
    boards = load_horizon(session, point_id=shop.point.id or 0, now=now)
    seen = [v.visit_id for board in boards for v in board.visits] + [v.visit_id for v in boards[0].waiting]
    assert sorted(seen) == sorted(session.exec(select(Visit.id).where(col(Visit.state) != "completed")))


def test_each_visit_is_in_one_days_plan(database: Database, now: datetime) -> None:
    """A promise around 05:00 and three cold homes that wait: both days' solves at night, then the morning's.

    Their work does not fit before 05:00: what begins before it ends after it, and the morning is behind it.
    """
    today = operating_day(now)
    tomorrow, night = today + timedelta(days=1), kst(today, 28, 20)
    with database.transaction() as session:
        shop, who = night_shop(session, now)
        cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
        promised = plan(session, shop.ticket(2, **cold), kst(today, 28))
        agree(session, promised, kst(today, 28, 30), kst(today, 30, 30), kst(today, 28))
        kept = promised.id or 0
        for km in (2, 3, 4):
            world.make_visit(session, ticket=shop.ticket(km, **cold), point=shop.point)
    for day, at in ((today, night), (tomorrow, night), (tomorrow, kst(today, 29, 10))):
        outcome = _solve(database, shop, day, at)
        assert outcome is not None and outcome.day == day and outcome.result in ("published", "kept")
        with database.transaction() as session:
            _forget_pauses(session)
            starts = assert_in_one_plan(session, operating_day(at))
            assert_everybody_is_looked_at(session, shop, at)
            assert_can_be_driven(session, shop, who, at)
            assert_sound(session, since=operating_day_bounds(operating_day(at))[0])
            if at == night:
                assert len(starts) == 4, "nobody waits"
                assert starts[kept] < kst(today, 29) < (session.get_one(Visit, kept).planned_end or at)


def test_a_home_that_takes_longer_pushes_the_morning(database: Database, now: datetime) -> None:
    """It ends after 05:00 and just before he is due far off: the morning is timed anew, and solved again."""
    today, night = operating_day(now), kst(operating_day(now), 27, 20)
    with database.transaction() as session:
        shop, who = night_shop(session, now)
        cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
        first, far = [plan(session, shop.ticket(km, **cold), night) for km in (1, 14)]
        due = far.planned_start or now
        assert far.technician_id == who and kst(today, 29, 2) < due
        at, begun = kst(today, 28, 56), due - timedelta(minutes=2) - timedelta(seconds=first.duration_s)
        first.state, first.en_route_at = "in_progress", first.planned_start
        first.arrived_at = first.started_at = begun
        session.add(first)
        far_id = far.id or 0
    with database.transaction() as session:
        session.execute(delete(SolveRequest))
    outcome = _solve(database, shop, today, at)
    assert outcome is not None and (outcome.day, outcome.result) == (today, "published")
    with database.transaction() as session:
        pushed = session.get_one(Visit, far_id).planned_start
        assert pushed is not None and pushed > due + timedelta(minutes=15)
        assert_can_be_driven(session, shop, who, at)
        asked = session.exec(select(SolveRequest.day)).all()
        assert today + timedelta(days=1) in asked


@pytest.mark.parametrize("minute", [-10, 10, 55])
def test_the_morning_is_behind_the_nights_draft_not_its_published_plan(
    session: Session, now: datetime, minute: int
) -> None:
    """Published is a home until 05:51: a draft that is done elsewhere sooner, or later, begins from there."""
    shop, who = night_shop(session, now)
    border = kst(operating_day(now), 29)
    cold = {"priority": 0, "symptom": "FREEZE", "received_at": border - timedelta(hours=1)}
    visit = plan(session, shop.ticket(2, **cold), border - timedelta(minutes=40))
    assert border + timedelta(minutes=10) < (visit.planned_end or now) < border + timedelta(minutes=55)
    boards = load_horizon(session, point_id=shop.point.id or 0, now=border - timedelta(minutes=40))
    done = border + timedelta(minutes=minute), place_at(*world.north_of(world.GANGNAM, 5), "11680")
    morning = behind_the_night(boards[0], boards[1], {who: done})
    stretch = next(s for s in morning.stretches if s.technician_id == who)
    assert (stretch.start_at, stretch.start_place) == (max(border, done[0]), done[1])


def test_what_a_night_leaves_out_is_planned_behind_it(session: Session, now: datetime) -> None:
    """Two wait at 04:20, and the draft takes one of them until after 05:00: the other comes after it."""
    shop, who = night_shop(session, now)
    night = kst(operating_day(now), 28, 20)
    cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
    for km in (2, 3):
        world.make_visit(session, ticket=shop.ticket(km, **cold), point=shop.point)
    today, *later = load_horizon(session, point_id=shop.point.id or 0, now=night)
    taken, other = today.waiting
    found = best_insertion([today], taken)
    assert found is not None and found.technician_id == who

    draft, morning = with_later_days(replace(found.draft, unplanned=(Unplanned(other, ()),)), later)

    done, stop = draft.by_visit[taken.visit_id].end_at, morning.by_visit[other.visit_id]
    assert stop.technician_id == who and kst(operating_day(now), 29) < done < stop.start_at
    assert draft.unplanned == ()


def test_an_earlier_time_at_night_pushes_the_morning(session: Session, now: datetime) -> None:
    """Who is first after 05:00 is agreed for 04:30: the others of the morning come behind that home."""
    shop, who = night_shop(session, now)
    today, night = operating_day(now), kst(operating_day(now), 27, 20)
    cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
    _, later, first = [plan(session, shop.ticket(km, **cold), night) for km in (2, 5, 3)]
    assert kst(today, 29) < (first.planned_start or now) < (later.planned_start or now)

    start, end = agree(session, first, kst(today, 28, 30), kst(today, 30), night)

    assert start < kst(today, 29) < end <= (later.planned_start or now)
    assert len(assert_in_one_plan(session, today)) == 3
    assert_can_be_driven(session, shop, who, night)
    assert_sound(session)


def test_a_promise_that_the_night_never_began_is_the_mornings(session: Session, now: datetime) -> None:
    """Its window spans 05:00: it is on the new day's board, can be agreed anew, and holds nobody."""
    shop, who = night_shop(session, now)
    today, night = operating_day(now), kst(operating_day(now), 27)
    cold = {"priority": 0, "symptom": "FREEZE", "received_at": night}
    promised = plan(session, shop.ticket(2, **cold), night)
    agree(session, promised, kst(today, 28, 30), kst(today, 30, 30), night)
    morning = kst(today, 29, 1)
    for at in (kst(today, 28, 59), morning):
        assert_everybody_is_looked_at(session, shop, at)

    other = plan(session, shop.ticket(3, **{**cold, "received_at": morning}), morning)

    assert other.technician_id == who and other.planned_start is not None
    assert other.planned_start < kst(today, 29, 30), "not held until the time of the night is over"
    assert_sound(session, since=kst(today, 29))
    agree(session, promised, kst(today, 33), kst(today, 35), morning)
    assert_everybody_is_looked_at(session, shop, morning)
    assert_sound(session)


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

    near = session.get_one(Technician, shop.technician(days=(), home=world.north_of(world.GANGNAM, 7)))
    world.make_shift(session, technician=near, point=shop.point, day=0, hours=(21, 31), now=now)
    assert assignment.pin_safety(session, ticket_id=danger.id or 0, now=kst(today, 28, 56), anew=True)
    session.refresh(visit)
    assert visit.technician_id == near.id
    assert assert_in_one_plan(session, today)[visit.id or 0] < kst(today, 29)
    assert_sound(session)


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


def test_a_solve_that_ends_after_five_plans_nothing_into_the_night(database: Database, now: datetime) -> None:
    """Begun at 04:59, done at 05:01: the home still waits, for the new day's planners."""
    today = operating_day(now)
    before, after = kst(today, 28, 59), kst(today, 29, 1)
    with database.transaction() as session:
        shop, _who = night_shop(session, now)
        ticket = shop.ticket(2, priority=0, symptom="FREEZE", received_at=before)
        visit_id = world.make_visit(session, ticket=ticket, point=shop.point).id or 0
        request_solve(session, point_id=shop.point.id or 0, day=today, now=before)
    times = iter([before, before])
    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: next(times, after), seconds=SECONDS)
    assert outcome is not None and (outcome.day, outcome.result) == (today, "stale")
    with database.transaction() as session:
        assert session.get_one(Visit, visit_id).planned_start is None
        assert_everybody_is_looked_at(session, shop, after)


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
