"""Nearest open, qualified point with capacity; every point passed over keeps its reason."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import kst, operating_day
from core.i18n import set_language
from dispatch.events import TicketPlaced, TicketReopened
from dispatch.models import Placement, Task, Ticket, Visit
from dispatch.placement import (
    place_ticket,
)
from dispatch.placement_rules import Reason, drive_words, reason_taken, said_again
from dispatch.planning.plan_models import Booking
from dispatch.safety import give_at_once
from tests.dispatch.placing_world import events, new_ticket, place, plan, staffed_point, states
from tests.dispatch.plan_world import wish
from tests.world import (
    GANGNAM,
    close_point,
    make_household,
    make_point,
    make_technician,
    make_ticket,
    north_of,
)
from workforce.models import Company


def test_the_nearest_direct_point_takes_it_by_itself(
    session: Session, company: Company, now: datetime
) -> None:
    far = staffed_point(session, company, 9)
    near = staffed_point(session, company, 2)
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    assert (ticket.service_point_id, ticket.status) == (near.id, "ASSIGNED")
    row = session.exec(select(Placement)).one()
    assert (row.state, row.reason_code, row.rank) == ("ACCEPTED", "NEAREST", 0)
    assert row.reason_text == f"가장 가까운 서비스점, {drive_words(row.travel_s)}"
    assert far.id != near.id


def test_the_nearest_point_plans_it_in_the_same_step(
    session: Session, company: Company, now: datetime
) -> None:
    staffed_point(session, company, 2)
    ticket = new_ticket(session, company)
    start = kst(operating_day(now), 14)
    wish(session, ticket, start, start + timedelta(hours=2))
    place(session, ticket, now)
    visit = session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()
    assert visit.planned_start is not None and start <= visit.planned_start <= start + timedelta(hours=2)
    assert visit.told_technician_id == visit.technician_id is not None
    assert session.exec(select(Booking.visit_id)).all() == [visit.id]
    assert events(session) == [], "nothing is left to be done in a moment"


def test_a_designated_point_is_planned_at_once_but_tentatively(
    session: Session, haedam: Company, now: datetime
) -> None:
    staffed_point(session, haedam, 2)
    ticket = new_ticket(session, haedam)
    place(session, ticket, now)
    visit = session.exec(select(Visit).where(col(Visit.ticket_id) == ticket.id)).one()
    assert visit.planned_start is not None and visit.told_technician_id is None


def test_the_next_point_plans_it_in_a_moment(session: Session, company: Company, now: datetime) -> None:
    """Only the nearest point's days are held: two tickets never wait for each other in a circle."""
    near = staffed_point(session, company, 1)
    close_point(session, point=near, start=now, end=now + timedelta(days=1), reason="침수")
    staffed_point(session, company, 5)
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    assert (ticket.status, events(session)) == ("UNASSIGNED", ["TicketPlaced"])
    assert plan(session, ticket, now).planned_start is not None


def test_running_the_handler_twice_changes_nothing(session: Session, company: Company, now: datetime) -> None:
    staffed_point(session, company, 2)
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    place(session, ticket, now)
    assert len(states(session, ticket)) == 1
    assert len(session.exec(select(Visit)).all()) == 1


def test_a_ticket_in_triage_waits(session: Session, company: Company, now: datetime) -> None:
    staffed_point(session, company, 2)
    ticket = make_ticket(session, company=company, status="RECEIVED")
    place(session, ticket, now)
    assert (ticket.service_point_id, ticket.status) == (None, "RECEIVED")


def test_closed_unqualified_full_and_limited_points_are_passed_over_with_reasons(
    session: Session, company: Company, now: datetime
) -> None:
    closed = staffed_point(session, company, 1)
    close_point(
        session, point=closed, start=now - timedelta(hours=1), end=now + timedelta(days=1), reason="침수"
    )
    unqualified = staffed_point(session, company, 2, qualifications=())
    nobody = make_point(session, company=company, at=north_of(GANGNAM, 3))
    limited = staffed_point(session, company, 4, daily_limit=0)
    full = make_point(session, company=company, at=north_of(GANGNAM, 5))
    make_technician(session, point=full, days=(0,), hours=(9, 10))  # the shift is over at 10
    taken = staffed_point(session, company, 6)
    ticket = new_ticket(session, company, symptom="FLUE")
    ticket.safety = False
    place(session, ticket, now)
    assert states(session, ticket) == [
        (closed.id, "PASSED_OVER", "CLOSED"),
        (unqualified.id, "PASSED_OVER", "NO_QUALIFIED_TECHNICIAN"),
        (nobody.id, "PASSED_OVER", "NO_QUALIFIED_TECHNICIAN"),
        (limited.id, "PASSED_OVER", "DAILY_LIMIT"),
        (full.id, "PASSED_OVER", "NO_QUALIFIED_TECHNICIAN"),
        (taken.id, "ACCEPTED", "NEXT_NEAREST"),
    ]
    texts = list(session.exec(select(Placement.reason_text).order_by(col(Placement.id))))
    assert "침수" in texts[0]
    assert "배기통 시공" in texts[1]
    assert closed.name in texts[-1] and "5곳" in texts[-1]


def test_a_point_whose_days_are_full_is_passed_over(
    session: Session, company: Company, now: datetime
) -> None:
    full = make_point(session, company=company, at=north_of(GANGNAM, 1))
    make_technician(session, point=full, days=(0,), hours=(9, 11))
    other = staffed_point(session, company, 6)
    ticket = new_ticket(session, company, symptom="INSTALL")  # two hours of work
    place(session, ticket, now)
    assert states(session, ticket) == [
        (full.id, "PASSED_OVER", "FULL"),
        (other.id, "ACCEPTED", "NEXT_NEAREST"),
    ]


def test_when_none_is_left_a_named_person_is_asked(session: Session, company: Company, now: datetime) -> None:
    make_point(session, company=company, at=north_of(GANGNAM, 1))
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    place(session, ticket, now)
    task = session.exec(select(Task)).one()
    assert (task.kind, task.state, ticket.status) == ("PLACE_BY_HAND", "open", "UNASSIGNED")
    assert task.owner_person_id
    assert "근무하는 기사가 없음" in task.detail


@pytest.mark.parametrize("precision", ["sgg", "none"])
def test_below_dong_a_person_points_at_the_map(
    session: Session, company: Company, now: datetime, precision: str
) -> None:
    staffed_point(session, company, 1)
    home = make_household(session, company=company, precision=precision)
    ticket = new_ticket(session, company, household=home)
    place(session, ticket, now)
    assert (ticket.service_point_id, ticket.status) == (None, "UNASSIGNED")
    assert session.exec(select(Task.kind)).one() == "MAP_PICK"


def test_a_reopened_case_is_placed_anew_without_the_excluded_technician(
    session: Session, company: Company, now: datetime
) -> None:
    near, far = staffed_point(session, company, 1), staffed_point(session, company, 5)
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    first = plan(session, ticket, now)
    first.state, ticket.status = "completed", "REOPENED"
    ticket.reopened_at = now + timedelta(hours=5)
    ticket.excluded_technician_id = first.technician_id
    session.add_all([first, ticket])
    session.flush()
    event = TicketReopened(company_id=ticket.company_id, at=ticket.reopened_at, ticket_id=ticket.id or 0)
    for _twice in range(2):
        place_ticket(session, event=event, now=ticket.reopened_at)
    assert states(session, ticket) == [
        (near.id, "WITHDRAWN", "NEAREST"),
        (near.id, "PASSED_OVER", "NO_QUALIFIED_TECHNICIAN"),
        (far.id, "ACCEPTED", "NEXT_NEAREST"),
    ]


def give(session: Session, ticket: Ticket, now: datetime) -> None:
    event = TicketPlaced(
        company_id=ticket.company_id,
        at=now,
        ticket_id=ticket.id or 0,
        service_point_id=ticket.service_point_id or 0,
    )
    give_at_once(session, event=event, now=now)


def test_safety_goes_to_who_is_on_duty_now_even_at_a_designated_point(
    session: Session, haedam: Company, now: datetime
) -> None:
    day_shift = staffed_point(session, haedam, 1)
    night = make_point(session, company=haedam, at=north_of(GANGNAM, 4))
    watch = make_technician(session, point=night, days=(-1, 0), hours=(20, 30))
    at_three = now - timedelta(hours=7)  # 03:00 in Korea
    ticket = new_ticket(session, haedam, symptom="GAS_SMELL", priority=0, received_at=at_three, safety=True)
    place(session, ticket, at_three)
    assert ticket.service_point_id == night.id
    assert states(session, ticket)[-1] == (night.id, "ACCEPTED", "SAFETY_NEAREST")
    give(session, ticket, at_three)
    give(session, ticket, at_three)
    visit = session.exec(select(Visit)).one()
    assert (visit.technician_id, visit.pinned_technician) == (watch.id, True)
    assert day_shift.id != night.id


def test_safety_with_nobody_anywhere_raises_an_alarm_with_an_owner(
    session: Session, company: Company, now: datetime
) -> None:
    make_point(session, company=company, at=north_of(GANGNAM, 1))
    ticket = new_ticket(session, company, symptom="CO", priority=0, safety=True)
    place(session, ticket, now)
    kinds = {task.kind: task.owner_person_id for task in session.exec(select(Task))}
    assert set(kinds) == {"SAFETY_ALARM", "PLACE_BY_HAND"}
    assert all(kinds.values())


def test_safety_that_nobody_can_go_to_says_so_and_who_is_responsible(
    session: Session, company: Company, now: datetime
) -> None:
    """03:00: the one on night duty lives too far away to be back; the day shift nearby begins at eight."""
    near = staffed_point(session, company, 2)
    far = make_point(session, company=company, at=north_of(GANGNAM, 150))
    make_technician(session, point=far, days=(-1, 0), hours=(20, 29), qualifications=("GAS_WORK", "FLUE"))
    at_three = now - timedelta(hours=7)
    ticket = new_ticket(session, company, symptom="CO", priority=0, received_at=at_three, safety=True)
    place(session, ticket, at_three)
    assert states(session, ticket) == [
        (near.id, "PASSED_OVER", "NOBODY_ON_DUTY"),
        (far.id, "PASSED_OVER", "TOO_FAR"),
        (near.id, "ACCEPTED", "SAFETY_NOBODY"),
    ]
    taken = session.exec(select(Placement).where(col(Placement.state) == "ACCEPTED")).one()
    assert "지금 갈 수 있는 자격 기사가 없어" in taken.reason_text
    assert {task.kind for task in session.exec(select(Task))} == {"SAFETY_ALARM"}


def test_drive_words() -> None:
    assert [drive_words(s) for s in (0, 840, 841, 3600, 3900)] == [
        "차로 1분",
        "차로 14분",
        "차로 15분",
        "차로 1시간",
        "차로 1시간 5분",
    ]


def test_a_kept_reason_is_read_in_ones_own_language() -> None:
    passed = [("강남", Reason("CLOSED", "쉬는 날"))]
    kept = [reason_taken(travel_s=840, passed=p, safety=safe) for p in ([], passed) for safe in (False, True)]
    assert [said_again(why.code, why.text, travel_s=840) for why in kept] == [why.text for why in kept]
    set_language("en")
    try:
        assert all(said_again(why.code, why.text, travel_s=840).isascii() for why in kept)
        assert said_again("DECLINED", "차가 고장", travel_s=840) == "차가 고장"
        assert said_again("ANOTHER", "지금 근무 중인 자격 기사가 없음", travel_s=840).isascii(), "ours"
        assert said_again("ANOTHER", "", travel_s=840) == ""
    finally:
        set_language("ko")
