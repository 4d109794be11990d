"""Who drives cannot telephone: the plan has him stand still before the desk takes his call over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.db import Database
from dispatch.models import TicketClock, Visit
from dispatch.planning.board import load_board
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.call_times import calls_have_moved
from dispatch.planning.drafts import DayDraft, draft_of
from dispatch.planning.insertion import best_insertion
from dispatch.planning.phone_gaps import gaps_wished
from dispatch.planning.plan_models import PointDay
from dispatch.planning.slots import named_for
from dispatch.planning.solve_requests import request_solve
from dispatch.planning.solving import prepare, run_solve
from dispatch.planning.stretches import LEAST_REST_S
from dispatch.technician_day import technician_day
from scheduling.insertion import insert_greedy
from tests import world
from tests.dispatch.plan_world import Shop, plan
from tests.dispatch.planning.solves import SECONDS, InlineSolver
from workforce.queries import list_technicians

GAP = timedelta(minutes=5)
DESK_AFTER = timedelta(minutes=45)
"""When the national rules hand the call over."""


def busy_day(session: Session, now: datetime) -> tuple[Shop, Visit, Visit]:
    """He has 20 minutes of work left at one home and drives on to another, whose family nobody has called."""
    shop = Shop(session)
    shop.technician()
    first = plan(session, shop.ticket(1, status="APPOINTED"), now)
    first.state, first.en_route_at = "in_progress", now - timedelta(minutes=40)
    first.arrived_at = first.started_at = now - timedelta(minutes=25)
    first.window_start, first.window_end = now - timedelta(hours=1), now + timedelta(hours=1)
    session.add(first)
    session.flush()
    return shop, first, plan(session, shop.ticket(12, received_at=now), now)


def test_he_calls_between_two_homes_and_his_phone_says_when(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        shop, first, second = busy_day(session, now)
        first_id, second_id = first.id or 0, second.id or 0
        drive = (second.planned_start or now) - (first.planned_end or now)
        request_solve(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)

    outcome = run_solve(database, solver=InlineSolver(), clock=lambda: now, seconds=SECONDS)

    assert outcome is not None and outcome.result == "published"
    later = now + timedelta(minutes=16)
    with database.transaction() as session:
        done = session.get_one(Visit, first_id).planned_end
        start = session.get_one(Visit, second_id).planned_start
        crew = list_technicians(session, company_id=shop.company.id or 0, at=now)
        asked: dict[str, Any] = {
            "company_id": shop.company.id or 0,
            "technician": crew[0],
            "day": operating_day(now),
        }
        told = {job.visit_id: job.call_at for job in technician_day(session, **asked, now=now).open_jobs}
        over = technician_day(session, **asked, now=now + DESK_AFTER)
    at = told[second_id]
    assert at is not None and done is not None and start is not None
    assert done <= at <= now + DESK_AFTER - GAP and start >= done + GAP + drive
    assert told[first_id] is None
    assert all(job.call_at is None for job in over.open_jobs), "what is past is no offer"

    with database.transaction() as session:  # he takes longer
        for row in session.exec(select(PointDay)):
            row.last_solved_at = None
        request_solve(session, point_id=shop.point.id or 0, day=operating_day(now), now=later)
    run_solve(database, solver=InlineSolver(), clock=lambda: later, seconds=SECONDS)
    with database.transaction() as session:
        open_jobs = technician_day(session, **asked, now=later).open_jobs
        anew = next(job.call_at for job in open_jobs if job.visit_id == second_id)
        assert anew == later + timedelta(seconds=LEAST_REST_S) > at + GAP, "his phone goes with the facts"


def _talked(session: Session, visit: Visit, now: datetime) -> None:
    _clock(session, visit).stopped_at = now
    _clock(session, visit).state = "met"


def _desk_has_it(session: Session, visit: Visit, now: datetime) -> None:
    _clock(session, visit).stage = "handed_over"


def _no_time_for_it(session: Session, visit: Visit, now: datetime) -> None:
    visit.pinned_time = True


def _at_home_still(session: Session, visit: Visit, now: datetime) -> None:
    for other in session.exec(select(Visit).where(col(Visit.state) == "in_progress")):
        other.state, other.en_route_at, other.arrived_at, other.started_at = "agreed", None, None, None


def _clock(session: Session, visit: Visit) -> TicketClock:
    kind = select(TicketClock).where(col(TicketClock.kind) == "contact")
    return session.exec(kind.where(col(TicketClock.ticket_id) == visit.ticket_id)).one()


@pytest.mark.parametrize("change", [_talked, _desk_has_it, _no_time_for_it, _at_home_still])
def test_without_a_need_or_room_for_a_gap_the_job_stays(
    session: Session, now: datetime, change: Callable[[Session, Visit, datetime], None]
) -> None:
    shop, first, second = busy_day(session, now)

    def way(draft: DayDraft) -> timedelta:
        return draft.by_visit[second.id or 0].start_at - draft.by_visit[first.id or 0].end_at

    asked: dict[str, Any] = {"point_id": shop.point.id or 0, "day": operating_day(now), "now": now}
    kept = draft_of(to_problem(load_board(session, **asked), freedom=Freedom.IMPROVE))
    assert [call.visit_id for call in kept.calls] == [second.id]
    change(session, second, now)
    session.flush()
    draft = draft_of(to_problem(load_board(session, **asked), freedom=Freedom.IMPROVE))
    assert draft.calls == () and way(draft) == way(kept) - GAP
    still_his_to_call = change in (_no_time_for_it, _at_home_still)
    assert calls_have_moved(draft, kept.routes()) == still_his_to_call, "his phone names no time that is none"


def test_nobody_stands_still_on_his_way_to_a_danger(session: Session, now: datetime) -> None:
    """Gas is smelt while he is at a home: he sets out at once when he is done, and until he is there."""
    shop, first, second = busy_day(session, now)
    asked: dict[str, Any] = {"point_id": shop.point.id or 0, "day": operating_day(now)}
    danger = plan(session, shop.ticket(3, symptom="GAS_SMELL", priority=0, safety=True, received_at=now), now)
    bare = to_problem(load_board(session, **asked, now=now), freedom=Freedom.IMPROVE, gaps=False)
    assert danger.planned_start == draft_of(bare).by_visit[danger.id or 0].start_at
    first.state, first.ended_at = "completed", first.planned_end
    danger.state, danger.en_route_at = "en_route", first.planned_end
    at = first.planned_end or now
    for arrived_at, calls in ((None, []), (at, [second.id])):
        danger.arrived_at = arrived_at
        session.flush()
        board = load_board(session, **asked, now=at)
        board = replace(board, calls=tuple(replace(call, by=at + timedelta(hours=1)) for call in board.calls))
        draft = draft_of(to_problem(board, freedom=Freedom.IMPROVE))
        assert [call.visit_id for call in draft.calls] == calls


def test_nobody_calls_after_his_shift(session: Session, now: datetime) -> None:
    """Who is done at 17:45 calls before 18:00; who stays at a home until 18:05 leaves it to the desk."""
    six = kst(operating_day(now), 18)
    shop, first, second = busy_day(session, six - timedelta(minutes=35))
    for done, calls in ((six - timedelta(minutes=15), [second.id]), (six + timedelta(minutes=5), [])):
        at = done - timedelta(minutes=20)
        first.started_at = at - timedelta(seconds=first.duration_s) + timedelta(minutes=20)
        session.flush()
        board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=at)
        owed = [gap.visit_id for gaps in gaps_wished(board).values() for gap in gaps]
        assert [call.visit_id for call in board.calls] == [second.id] and owed == calls


def test_a_home_that_has_no_other_place_takes_the_gap(session: Session, now: datetime) -> None:
    """Somebody may be there only at the moment he would telephone: he goes, and the desk calls."""
    shop, first, second = busy_day(session, now)
    other = world.make_visit(session, ticket=shop.ticket(1), point=shop.point)
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    seen = board.find(other.id or 0)
    done = draft_of(to_problem(board, freedom=Freedom.INSERT)).by_visit[first.id or 0].end_at
    assert seen is not None
    for at, calls in ((done + timedelta(minutes=2), 0), (done + GAP + timedelta(minutes=2), 1)):
        found = best_insertion([board], replace(seen, only_window=(at, at)), freedom=Freedom.FREE)
        assert found is not None and second.id in found.draft.by_visit
        assert (found.start_at, len(found.draft.calls)) == (at, calls)


def test_a_home_behind_a_gap_is_offered_and_planned_with_no_gap(session: Session, now: datetime) -> None:
    """Next door to his next home, in the minutes that he would be late by: the gap goes, nobody is lost."""
    shop, _, second = busy_day(session, now)
    other = world.make_visit(session, ticket=shop.ticket(12), point=shop.point)
    board = load_board(session, point_id=shop.point.id or 0, day=operating_day(now), now=now)
    seen = board.find(other.id or 0)
    done = draft_of(to_problem(board, freedom=Freedom.IMPROVE)).by_visit[second.id or 0].end_at
    assert seen is not None
    for at, calls in ((done - timedelta(minutes=3), []), (done, [(second.id,)])):
        assert named_for([board], seen, (at, at)) == second.technician_id
        waits = replace(board, waiting=(replace(seen, wished=((at, at + timedelta(seconds=1)),)),))
        task = prepare(waits, by_person=False)
        assert list(task.bp.calls.values()) == calls
        assert not insert_greedy(task.bp.problem, task.bp.sequences).unserved
