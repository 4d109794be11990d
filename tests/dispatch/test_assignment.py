"""A ticket gets a technician at once, a reason when it cannot, and is never planned against a rule."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.errors import ConflictError
from core.last_acts import run_last_acts
from core.live import CHANNEL
from core.models import TimelineEntry
from core.news import take_news
from dispatch import assignment
from dispatch.models import Placement, Ticket
from dispatch.planning.board import load_horizon
from dispatch.planning.insertion import Insertion, best_insertion, candidate_visit
from dispatch.planning.plan_models import Booking, Plan, PointDay, SolveRequest
from dispatch.unplanned import why_unplanned
from notifications.models import Notice
from tests import world
from tests.dispatch.plan_world import DISPATCHER, Shop, plan, version_of, visit_of, wish
from web.live_hub import topics_of
from workforce.queries import get_point


def test_a_placed_ticket_is_planned_booked_and_told(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    ticket = shop.ticket()

    visit = plan(session, ticket, now)

    assert visit.technician_id == who and visit.told_technician_id == who
    assert visit.planned_start is not None and visit.planned_start >= now
    assert ticket.status == "ASSIGNED"
    booking = session.exec(select(Booking)).one()
    assert (booking.visit_id, booking.start_at, booking.end_at) == (
        visit.id,
        visit.planned_start,
        visit.planned_end,
    )
    row = session.exec(select(PointDay).where(col(PointDay.version) > 0)).one()
    stored = session.get_one(Plan, row.plan_id)
    assert (row.version, stored.version, stored.state) == (1, 1, "published")
    assert stored.routes[0]["stops"][0]["visit_id"] == visit.id
    run_last_acts(session)
    assert session.exec(select(SolveRequest)).one().not_before == now + timedelta(seconds=30)
    told = session.exec(select(Notice).where(col(Notice.event) == "JOB_ASSIGNED")).all()
    assert len(told) == 1


def test_the_handler_may_run_twice(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    ticket = shop.ticket()

    start = plan(session, ticket, now).planned_start
    again = plan(session, ticket, now + timedelta(minutes=5))

    assert again.planned_start == start
    assert version_of(session) == 1


def test_who_lacks_the_licence_never_goes(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(name="무자격", qualifications=())
    ticket = shop.ticket(symptom="GAS_SMELL")

    visit = plan(session, ticket, now)

    assert visit.technician_id is None and ticket.status == "UNASSIGNED"
    assert {reason.code for reason in why_unplanned(session, ticket=ticket, visit=None, now=now)} == {
        "NO_QUALIFIED_TECHNICIAN"
    }
    run_last_acts(session)
    assert session.exec(select(SolveRequest)).one().urgent


def test_a_licence_that_runs_out_tomorrow_counts_today_only(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician(qualifications=(), days=(1,))
    world.add(
        session,
        world.Qualification(
            technician_id=who,
            code="GAS_WORK",
            valid_from=operating_day(now) - timedelta(days=10),
            valid_to=operating_day(now),
        ),
    )
    ticket = shop.ticket(symptom="IGNITION")

    assert plan(session, ticket, now).technician_id is None


def test_the_technician_of_the_complaint_is_not_sent_again(session: Session, now: datetime) -> None:
    shop = Shop(session)
    first = shop.technician(name="먼저")
    ticket = shop.ticket(excluded_technician_id=first)
    assert plan(session, ticket, now).technician_id is None
    reasons = why_unplanned(session, ticket=ticket, visit=None, now=now)
    assert [reason.code for reason in reasons] == ["EXCLUDED_ALONE"]

    second = shop.technician(name="다음")
    assert plan(session, ticket, now).technician_id == second


@pytest.mark.parametrize(("status", "kind"), [("ABSENT", "proof"), ("ASSIGNED", "best_guess")])
def test_a_recorded_fact_is_no_guess(session: Session, now: datetime, status: str, kind: str) -> None:
    company = world.make_company(session)
    ticket = world.make_ticket(session, company=company, point=world.make_point(session, company=company))
    ticket.status = status
    (reason,) = why_unplanned(session, ticket=ticket, visit=None, now=now)
    assert reason.kind == kind


def test_urgent_comes_before_what_can_wait(session: Session, now: datetime) -> None:
    """With room for one more today, the frail household gets today and the inspection another day."""
    shop = Shop(session)
    shop.technician(hours=(9, 12))
    inspection = plan(session, shop.ticket(symptom="INSPECTION", priority=4), now)
    urgent = plan(session, shop.ticket(priority=0), now)

    assert urgent.planned_start is not None and inspection.planned_start is not None
    assert operating_day(urgent.planned_start) == operating_day(now)


def test_a_wished_window_is_kept_where_it_can_be(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    ticket = shop.ticket()
    start = kst(operating_day(now), 14)
    wish(session, ticket, start, start + timedelta(hours=2))

    visit = plan(session, ticket, now)

    assert visit.planned_start is not None
    assert start <= visit.planned_start <= start + timedelta(hours=2)


def test_an_insertion_is_the_capacity_of_a_point(session: Session, now: datetime) -> None:
    shop = Shop(session, daily_limit=1)
    who = shop.technician()
    first, second = shop.ticket(), shop.ticket()

    def look(ticket: Ticket) -> Insertion | None:
        boards = load_horizon(session, point_id=shop.point.id or 0, now=now)
        point = get_point(session, point_id=shop.point.id or 0)
        return best_insertion(
            boards, candidate_visit(session, ticket=ticket, point=point, rules=boards[0].rules)
        )

    found = look(first)
    assert found is not None and found.technician_id == who and found.start_at >= now

    for ticket in (first, second, shop.ticket()):
        plan(session, ticket, now)
    assert look(shop.ticket()) is None, "one visit a day on three days is all this point takes"


def test_who_came_first_stays_first_where_nothing_else_tells(session: Session, now: datetime) -> None:
    """All are late, at one home each beside the other: every order costs the same, so nobody is moved."""
    shop = Shop(session)
    shop.technician()
    late = now + timedelta(hours=12)
    visits = [plan(session, shop.ticket(received_at=now), late) for _ in range(4)]
    starts = [visit.planned_start for visit in visits]
    assert None not in starts and starts == sorted(starts)  # type: ignore[type-var]
    moved = session.exec(select(TimelineEntry).where(col(TimelineEntry.what) == "VisitRetimed")).all()
    assert moved == []


def test_a_limit_that_is_full_is_the_reason(session: Session, now: datetime) -> None:
    shop = Shop(session, daily_limit=0)
    shop.technician()
    ticket = shop.ticket()
    plan(session, ticket, now)
    reasons = why_unplanned(session, ticket=ticket, visit=None, now=now)
    assert [reason.code for reason in reasons] == ["DAILY_LIMIT"]


def test_another_ticket_does_not_wipe_out_the_reasons_of_the_first(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(qualifications=())
    stuck = shop.ticket(symptom="IGNITION")
    plan(session, stuck, now)
    plan(session, shop.ticket(), now)
    assert why_unplanned(session, ticket=stuck, visit=None, now=now)


def test_a_tentative_visit_is_told_once_the_point_accepts(session: Session, now: datetime) -> None:
    shop = Shop(session, kind="designated")
    who = shop.technician()
    ticket = shop.ticket()
    offered = session.exec(select(Placement).where(col(Placement.ticket_id) == ticket.id)).one()
    offered.state = "OFFERED"
    session.add(offered)

    visit = plan(session, ticket, now)
    assert visit.technician_id == who and visit.told_technician_id is None
    assert not session.exec(select(Notice)).all()

    offered.state = "ACCEPTED"
    session.add(offered)
    take_news(session)
    assignment.confirm_tentative(session, ticket_id=ticket.id or 0, now=now)
    assert visit_of(session, ticket).told_technician_id == who
    news = [topics_of(json.loads(payload)) for channel, payload in take_news(session) if channel == CHANNEL]
    assert [f"plan:{shop.point.id}", f"point:{shop.point.id}", f"technician:{who}"] in news, "his phone looks"


def test_one_technician_of_two_makers_is_never_booked_twice(session: Session, now: datetime) -> None:
    """He stands in both makers' rotas on one day; the second maker plans around the first."""
    shop = Shop(session)
    who = shop.technician(hours=(9, 13))
    other = Shop.__new__(Shop)
    other.session = session
    other.company = world.make_company(session, code="haedam")
    other.point = world.make_point(session, company=other.company)
    technician = session.get_one(world.Technician, who)
    world.add(
        session,
        world.Membership(
            person_id=technician.person_id,
            company_id=other.company.id,
            service_point_id=other.point.id,
            role="technician",
            badge_number="H-1",
            valid_from=now - timedelta(days=9),
        ),
    )
    world.make_shift(session, technician=technician, point=other.point, hours=(13, 18))
    # A job that runs over from the first maker's half of the day into the second's.
    late = world.make_visit(
        session,
        ticket=shop.ticket(status="ASSIGNED"),
        point=shop.point,
        technician=technician,
        start=kst(operating_day(now), 12, 30),
        duration_s=3 * 3600,
    )
    world.add(
        session,
        Booking(
            visit_id=late.id,
            technician_id=who,
            service_point_id=shop.point.id,
            start_at=late.planned_start,
            end_at=late.planned_end,
        ),
    )

    visit = plan(session, other.ticket(), now)

    assert visit.technician_id == who and visit.planned_start is not None
    assert late.planned_end is not None and visit.planned_start >= late.planned_end


def test_a_released_visit_gives_the_time_back_and_tells(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    ticket = shop.ticket()
    visit = plan(session, ticket, now)

    assignment.release_visit(session, visit_id=visit.id or 0, why="고객 요청", by=DISPATCHER, now=now)

    assert (visit.technician_id, visit.planned_start, visit.told_technician_id) == (None, None, None)
    assert ticket.status == "UNASSIGNED"
    assert not session.exec(select(Booking)).all()
    whats = [e.what for e in session.exec(select(TimelineEntry).order_by(col(TimelineEntry.id)))]
    assert "VisitTakenOff" in whats


def test_a_cancelled_visit_keeps_its_history(session: Session, now: datetime) -> None:
    shop = Shop(session)
    who = shop.technician()
    visit = plan(session, shop.ticket(), now)
    visit.state = "cancelled"
    session.add(visit)
    session.flush()

    assignment.release_visit(session, visit_id=visit.id or 0, why="취소", by=DISPATCHER, now=now)

    assert visit.technician_id == who and visit.planned_start is not None
    assert not session.exec(select(Booking)).all()


def test_a_known_face_comes_again_where_it_costs_little(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician(name="가까운")
    known = shop.technician(name="아는", home=world.north_of(world.GANGNAM, -2))
    stranger = shop.technician(name="먼", home=world.north_of(world.GANGNAM, 40))
    assert plan(session, shop.ticket(preferred_technician_id=known), now).technician_id == known
    assert plan(session, shop.ticket(preferred_technician_id=stranger), now).technician_id != stranger


def test_who_is_on_the_way_is_not_called_off_by_planning(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    visit = plan(session, shop.ticket(), now)
    visit.state, visit.en_route_at = "en_route", now
    session.add(visit)
    session.flush()
    with pytest.raises(ConflictError):
        assignment.release_visit(session, visit_id=visit.id or 0, why="옮김", by=DISPATCHER, now=now)


def test_why_one_visit_was_taken_off_is_not_said_of_the_others(session: Session, now: datetime) -> None:
    shop = Shop(session)
    shop.technician()
    one, other = shop.ticket(km=1), shop.ticket(km=12)
    first, second = plan(session, one, now), plan(session, other, now)
    assert first.planned_start is not None and second.planned_start is not None
    early, late = (one, other) if first.planned_start < second.planned_start else (other, one)

    why = "김영자 님 댁은 우리가 못 갑니다"
    assignment.release_visit(
        session, visit_id=visit_of(session, early).id or 0, why=why, by=DISPATCHER, now=now
    )

    told = {
        (line.subject_id, line.what): line.reason
        for line in session.exec(select(TimelineEntry).where(col(TimelineEntry.subject_kind) == "ticket"))
    }
    assert told[early.id or 0, "VisitTakenOff"] == why
    assert told[late.id or 0, "VisitRetimed"] is None
    newest = session.exec(select(Plan).order_by(col(Plan.id).desc())).first()
    assert newest is not None
    assert {change["what"]: change["why"] for change in newest.changes} == {"taken_off": why, "retimed": None}
