"""A board says what is: who works when and where, what is under way, what must not move."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, select

from core.clock import kst, operating_day, operating_day_bounds
from core.db import Database
from core.wall import Caller, work_for
from dispatch.models import Visit
from dispatch.planning.board import load_board, load_horizon
from dispatch.planning.board_problem import BoardProblem, Freedom, to_problem
from dispatch.planning.drafts import draft_of
from scheduling.evaluator import check_sequences
from tests import world
from tests.dispatch.plan_world import Shop, book, plan
from workforce.models import Absence, Technician


def problem(
    session: Session, shop: Shop, now: datetime, freedom: Freedom = Freedom.INSERT, day: int = 0
) -> BoardProblem:
    """The problem of one of the point's days; its present routes must always have a schedule."""
    board = load_board(
        session, point_id=shop.point.id or 0, day=operating_day(now) + timedelta(days=day), now=now
    )
    bp = to_problem(board, freedom=freedom)
    assert check_sequences(bp.problem, bp.sequences) == []
    return bp


def set_out(
    session: Session, visit: Visit, *, en_route: datetime | None, started: datetime | None = None
) -> None:
    """The technician has left, and perhaps begun."""
    visit.state = "in_progress" if started else "en_route"
    visit.en_route_at, visit.arrived_at, visit.started_at = en_route, started, started
    session.add(visit)
    session.flush()


def test_a_day_runs_from_five_to_five(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(hours=(18, 27))
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    assert board.bounds == operating_day_bounds(operating_day(now))
    assert board.seconds(kst(operating_day(now), 5)) == 0
    (stretch,) = board.stretches
    assert stretch.end_at == kst(operating_day(now), 27), "a night shift belongs to the evening it began in"


def test_nobody_leaves_before_now(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    today, tomorrow, _ = load_horizon(session, point_id=shop.point.id or 0, now=now)
    assert today.stretches[0].start_at == now
    assert tomorrow.stretches[0].start_at == kst(tomorrow.day, 9)


def test_an_absence_is_cut_out(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    today = operating_day(now)
    world.add(
        session,
        Absence(technician_id=who, start_at=kst(today, 14), end_at=kst(today, 15), reason="병원"),
    )
    board = load_board(session, point_id=shop.point.id or 0, day=today, now=now)
    assert [(s.start_at, s.end_at) for s in board.stretches] == [
        (now, kst(today, 14)),
        (kst(today, 15), kst(today, 18)),
    ]
    assert [s.key for s in board.stretches] == [str(who), f"{who}.2"]
    assert sum(s.lunch is not None for s in board.stretches) == 1


def test_a_booking_of_another_maker_splits_the_day(session: Session, now: datetime) -> None:
    """Before it he ends there on time, after it he begins there."""
    shop = Shop(session)
    who = shop.technician()
    technician = session.get_one(Technician, who)
    other = Shop(session, code="haedam")
    start = kst(operating_day(now), 14)
    elsewhere = world.make_visit(
        session, ticket=other.ticket(9), point=other.point, technician=technician, start=start
    )
    book(session, elsewhere)

    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)

    before, after = board.stretches
    assert (before.end_at, before.hard_end, before.overtime_s) == (start, True, 0)
    assert before.end_place == after.start_place != before.start_place
    assert after.start_at == elsewhere.planned_end


def test_the_wall_hides_no_booking_of_who_works_for_two(database: Database, now: datetime) -> None:
    """What another maker booked is seen through the wall as a time and a place, and by nobody else."""
    with database.transaction() as session:
        shop, other = Shop(session), Shop(session, code="haedam")
        technician = session.get_one(Technician, shop.technician())
        start = kst(operating_day(now), 14)
        elsewhere = world.make_visit(
            session, ticket=other.ticket(9), point=other.point, technician=technician, start=start
        )
        book(session, elsewhere)
        point_id, company_id = shop.point.id or 0, shop.company.id or 0
    asked = {"point_id": point_id, "day": operating_day(now), "now": now}
    with database.reading() as session:
        plain = load_board(session, **asked)
    assert len(plain.stretches) == 2
    work_for(Caller(company_id, person_id=0))
    with database.walled().reading() as session:
        assert load_board(session, **asked) == plain
        assert session.exec(select(Visit)).all() == []
    work_for(None)


def test_he_begins_where_he_finished_last(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    far = shop.ticket(12, status="COMPLETED")
    world.make_visit(
        session,
        ticket=far,
        point=shop.point,
        technician=session.get_one(Technician, who),
        state="completed",
        start=kst(operating_day(now), 9),
        ended_at=now - timedelta(minutes=5),
    )
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    (stretch,) = board.stretches
    assert abs(stretch.start_place.lat - world.north_of(world.GANGNAM, 12)[0]) < 1e-9
    assert stretch.start_at == now


def test_what_is_under_way_comes_first_with_its_remaining_time(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    first, second = plan(session, shop.ticket(), now), plan(session, shop.ticket(3), now)
    later = now + timedelta(minutes=40)
    set_out(session, second, en_route=now, started=now + timedelta(minutes=20))

    bp = problem(session, shop, later)

    (prefix,) = bp.problem.fixed
    assert prefix.jobs[0] == str(second.id)
    job = bp.problem.jobs[bp.problem.job_index[str(second.id)]]
    assert job.duration == second.duration_s - 20 * 60
    draft = draft_of(bp)
    assert draft.by_visit[first.id or 0].start_at >= draft.by_visit[second.id or 0].end_at
    assert len(draft.stops) == 2


def test_work_that_takes_too_long_still_needs_a_while(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    visit = plan(session, shop.ticket(), now)
    set_out(session, visit, en_route=now, started=now)
    bp = problem(session, shop, now + timedelta(hours=3))
    assert bp.problem.jobs[0].duration == 600


def test_a_promise_that_cannot_be_kept_any_more_is_late_not_lost(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    busy = plan(session, shop.ticket(), now)
    promised = world.make_visit(
        session,
        ticket=shop.ticket(4, status="APPOINTED"),
        point=shop.point,
        technician=session.get_one(Technician, busy.technician_id),
        state="agreed",
        start=now + timedelta(hours=1),
        window_start=now + timedelta(hours=1),
        window_end=now + timedelta(hours=2),
    )
    book(session, promised)
    set_out(session, busy, en_route=now, started=now)

    bp = problem(session, shop, now + timedelta(hours=2, minutes=30))

    assert bp.late == {str(promised.id)}
    stop = draft_of(bp).by_visit[promised.id or 0]
    assert stop.late and stop.start_at > now + timedelta(hours=2)


def test_the_freeze_and_the_next_stop(session: Session, now: datetime) -> None:
    """Within the freeze the order is fixed; later on the next stop keeps technician and time."""
    shop = Shop(session)
    who = shop.technician()
    technician = session.get_one(Technician, who)
    soon = world.make_visit(
        session,
        ticket=shop.ticket(),
        point=shop.point,
        technician=technician,
        start=now + timedelta(minutes=30),
    )
    bp = problem(session, shop, now)
    assert bp.problem.fixed[0].jobs == (str(soon.id),)
    assert problem(session, shop, now, Freedom.FREE).problem.fixed == ()

    soon.planned_start = now + timedelta(hours=4)
    session.add(soon)
    session.flush()
    bp = problem(session, shop, now)
    assert bp.problem.fixed == ()
    (job,) = bp.problem.jobs
    assert f"@{who}" in job.skills
    assert job.window[1] == bp.board.seconds(soon.planned_start) + 600


def test_who_has_spoken_with_the_family_keeps_the_job_in_automatic_plans(
    session: Session, now: datetime
) -> None:
    shop = Shop(session)
    who = shop.technician()
    technician = session.get_one(Technician, who)
    for hour, status in ((12, "ASSIGNED"), (13, "CONTACTED"), (14, "ASSIGNED")):
        world.make_visit(
            session,
            ticket=shop.ticket(status=status),
            point=shop.point,
            technician=technician,
            start=kst(operating_day(now), hour),
        )
    held = [f"@{who}" in job.skills for job in problem(session, shop, now, Freedom.IMPROVE).problem.jobs]
    assert held == [True, True, False], "the next stop and the contacted job"
    assert not any("@" in "".join(j.skills) for j in problem(session, shop, now, Freedom.FREE).problem.jobs)


def test_waiting_never_looks_cheaper_than_lateness(session: Session, now: datetime) -> None:
    """An overdue job left out today is later still tomorrow, so its drop cost grows with its lateness."""
    shop = Shop(session)
    shop.technician()
    overdue = plan(session, shop.ticket(priority=0, received_at=now - timedelta(hours=20)), now)
    bp = problem(session, shop, now)
    job = bp.problem.jobs[bp.problem.job_index[str(overdue.id)]]
    assert job.due is not None and job.due < 0
    latest = bp.problem.technicians[0].shift[1]
    assert job.drop_cost > (latest - job.due) * job.lateness_cost


def test_yesterdays_forgotten_visit_waits_for_a_new_time(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    forgotten = world.make_visit(
        session,
        ticket=shop.ticket(status="ASSIGNED"),
        point=shop.point,
        technician=session.get_one(Technician, who),
        start=now - timedelta(days=1),
    )
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    assert [v.visit_id for v in board.waiting] == [forgotten.id] and board.visits == ()


def test_a_retry_sees_what_others_have_written(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    visit = plan(session, shop.ticket(), now)
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    session.connection().exec_driver_sql(f"UPDATE visit SET duration_s = 99 WHERE id = {visit.id}")
    again = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    assert (board.visits[0].duration_s, again.visits[0].duration_s) == (2700, 99)
