"""The clocks of stored tickets: stopped by facts, reminded, handed over, escalated; and who owns a ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from core.clock import kst
from dispatch.clocks import advance_clocks, start_clocks, stop_clock, void_clocks
from dispatch.models import Task, Ticket, TicketClock
from dispatch.ownership import owner_of
from dispatch.task_hand_over import hand_over_tasks
from dispatch.tasks import close_task, list_tasks, open_task
from notifications.models import Notice
from tests.sweeping import run_sweep
from tests.world import (
    AGENT,
    NOW,
    make_company,
    make_duty,
    make_household,
    make_point,
    make_technician,
    make_ticket,
    make_visit,
)
from workforce.models import Company


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """Assigned to a technician on shift, nobody has called yet; received at 10:00."""
    company = make_company(session)
    point = make_point(session, company=company)
    technician = make_technician(session, point=point)
    made = make_ticket(session, company=company, point=point, status="ASSIGNED", clocks=False)
    make_visit(session, ticket=made, point=point, technician=technician, start=NOW + timedelta(hours=4))
    start_clocks(session, ticket_id=made.id or 0, started_at=NOW)
    return made


def clock(session: Session, ticket: Ticket, kind: str = "contact") -> TicketClock:
    query = select(TicketClock).where(col(TicketClock.ticket_id) == ticket.id, col(TicketClock.kind) == kind)
    return list(session.exec(query.order_by(col(TicketClock.generation))))[-1]


def told(session: Session) -> list[tuple[str, str]]:
    return [(n.event, n.recipient) for n in session.exec(select(Notice).order_by(col(Notice.id)))]


def stop(session: Session, ticket: Ticket, at: datetime, now: datetime) -> str | None:
    return stop_clock(
        session, ticket_id=ticket.id or 0, kind="contact", at=at, evidence="SELF_REPORT", by=AGENT, now=now
    )


@pytest.mark.parametrize(("seconds", "state"), [(3599, "met"), (3600, "met"), (3601, "breached")])
def test_the_border_of_the_hour(session: Session, ticket: Ticket, seconds: int, state: str) -> None:
    called = NOW + timedelta(seconds=seconds)
    run_sweep(advance_clocks, session, now=called)
    assert stop(session, ticket, called, called) == state
    assert clock(session, ticket).state == state
    assert stop(session, ticket, called, called) is None


def test_starting_twice_is_starting_once_and_reopening_runs_anew(session: Session, ticket: Ticket) -> None:
    start_clocks(session, ticket_id=ticket.id or 0, started_at=NOW)
    assert len(list(session.exec(select(TicketClock)))) == 3
    later = NOW + timedelta(days=1)
    start_clocks(session, ticket_id=ticket.id or 0, started_at=later)
    assert (clock(session, ticket).generation, clock(session, ticket).due_at) == (
        2,
        later + timedelta(hours=1),
    )


def test_stages_remind_hand_over_and_escalate(session: Session, ticket: Ticket) -> None:
    def sweep(minutes: float) -> None:
        run_sweep(advance_clocks, session, now=NOW + timedelta(minutes=minutes))

    sweep(29)
    assert told(session) == []
    sweep(30)
    sweep(30)
    assert told(session) == [("CONTACT_DUE", "technician")]
    sweep(45)
    assert told(session)[1:] == [("CONTACT_DUE", "point")]
    call = session.exec(select(Task)).one()
    assert (call.kind, call.due_at) == ("CONTACT_CALL", NOW + timedelta(hours=1))
    sweep(60)
    assert clock(session, ticket).state == "running"
    sweep(60.1)
    sweep(61)
    assert (clock(session, ticket).state, clock(session, ticket).next_stage_at) == ("breached", None)
    assert ticket.escalated_at is not None
    kinds = [t.kind for t in list_tasks(session, company_id=ticket.company_id)]
    assert sorted(kinds) == ["CONTACT_CALL", "ESCALATION"]
    assert ticket.status == "ASSIGNED"


def test_at_night_the_desk_is_reminded_and_nobody_off_duty(session: Session, ticket: Ticket) -> None:
    night = NOW + timedelta(hours=15)
    running = clock(session, ticket)
    running.started_at, running.due_at = night, night + timedelta(hours=1)
    running.next_stage_at = night + timedelta(minutes=30)
    session.add(running)
    run_sweep(advance_clocks, session, now=night + timedelta(minutes=30))
    assert told(session) == [("JOB_CHANGED", "point")]


def test_after_an_outage_only_the_furthest_stage_acts(session: Session, ticket: Ticket) -> None:
    run_sweep(advance_clocks, session, now=NOW + timedelta(hours=3))
    assert told(session) == []
    assert sorted(t.kind for t in session.exec(select(Task))) == ["CONTACT_CALL", "ESCALATION"]
    assert run_sweep(advance_clocks, session, now=NOW + timedelta(hours=3)) == 0


def test_a_call_in_good_time_stops_everything(session: Session, ticket: Ticket) -> None:
    at = NOW + timedelta(minutes=20)
    assert stop(session, ticket, at, at) == "met"
    run_sweep(advance_clocks, session, now=NOW + timedelta(hours=3))
    assert told(session) == []
    assert [t.kind for t in session.exec(select(Task))] == []
    assert (clock(session, ticket, "promise").state, clock(session, ticket, "handled").state) == (
        "breached",
        "breached",
    )


def test_a_late_entry_stays_a_breach(session: Session, ticket: Ticket) -> None:
    run_sweep(advance_clocks, session, now=NOW + timedelta(minutes=61))
    assert stop(session, ticket, NOW + timedelta(minutes=59), NOW + timedelta(minutes=90)) == "breached"
    assert clock(session, ticket).breached_at == NOW + timedelta(hours=1)


def test_ended_tickets_are_left_in_peace(session: Session, ticket: Ticket) -> None:
    ticket.status = "CANCELLED"
    session.add(ticket)
    run_sweep(advance_clocks, session, now=NOW + timedelta(minutes=31))
    assert told(session) == []
    assert clock(session, ticket).state == "void"


def test_voiding_keeps_a_breach(session: Session, ticket: Ticket) -> None:
    later = NOW + timedelta(minutes=61)
    run_sweep(advance_clocks, session, now=later)
    for _twice in range(2):
        void_clocks(session, ticket_id=ticket.id or 0, why="취소", by=AGENT, now=later)
    states = {c.kind: c.state for c in session.exec(select(TicketClock))}
    assert states == {"contact": "breached", "promise": "breached", "handled": "void"}


def test_the_owner_changes_with_the_story(session: Session, ticket: Ticket) -> None:
    def owner(at: datetime) -> tuple[str, str]:
        found = owner_of(session, ticket=ticket, at=at)
        assert found is not None
        return found.role, found.name

    assert owner(NOW) == ("technician", "박기사")
    assert owner(NOW + timedelta(hours=17)) == ("desk", "정창구")  # 03:00, he is at home
    run_sweep(advance_clocks, session, now=NOW + timedelta(minutes=45))
    assert owner(NOW + timedelta(minutes=45)) == ("desk", "정창구")
    run_sweep(advance_clocks, session, now=NOW + timedelta(minutes=61))
    assert owner(NOW + timedelta(minutes=61)) == ("escalation", "윤소장")
    ticket.status = "CLOSED"
    session.add(ticket)
    session.flush()
    assert owner_of(session, ticket=ticket, at=NOW) is None


def test_three_in_the_morning_on_lunar_new_years_day_has_an_owner_and_a_due_time(session: Session) -> None:
    new_year = kst(datetime(2027, 2, 7).date(), 3)  # noqa: DTZ001
    company = make_company(session, now=new_year)
    made = make_ticket(session, company=company, status="RECEIVED", received_at=new_year, clocks=False)
    start_clocks(session, ticket_id=made.id or 0, started_at=new_year)
    found = owner_of(session, ticket=made, at=new_year)
    assert found is not None
    assert (found.role, found.name) == ("desk", "최상황")
    assert clock(session, made).due_at == new_year + timedelta(hours=1)


def test_tasks_go_to_who_is_on_duty(session: Session, ticket: Ticket) -> None:
    task_id = open_task(session, ticket_id=ticket.id or 0, kind="CONTACT_CALL", detail="전화", now=NOW)
    again = open_task(session, ticket_id=ticket.id or 0, kind="CONTACT_CALL", detail="전화", now=NOW)
    assert again == task_id
    assert (
        session.get_one(Task, task_id).owner_person_id
        == list_tasks(session, company_id=ticket.company_id)[0].owner.id
    )
    assert hand_over_tasks(session, now=NOW) == 0
    night = NOW + timedelta(hours=10)
    make_duty(
        session,
        company_id=ticket.company_id,
        point_id=ticket.service_point_id,
        desk_name="밤당직",
        start=night,
        end=night + timedelta(hours=8),
    )
    assert hand_over_tasks(session, now=night) == 1
    assert [t.owner.name for t in list_tasks(session, company_id=ticket.company_id)] == ["밤당직"]
    close_task(session, ticket_id=ticket.id or 0, task_id=task_id, outcome="통화함", by=AGENT, now=night)
    with pytest.raises(Exception, match="이미 끝난"):
        close_task(session, ticket_id=ticket.id or 0, task_id=task_id, outcome="", by=AGENT, now=night)
    newer = open_task(session, ticket_id=ticket.id or 0, kind="CONTACT_CALL", detail="또", now=night)
    assert newer != task_id


def test_each_kind_of_task_goes_to_its_own_kind_of_person(session: Session, ticket: Ticket) -> None:
    """The call desk's have no point, an alarm goes to whoever answers for it, a complaint stays."""
    company_id, night = ticket.company_id, NOW + timedelta(hours=10)
    home = make_household(session, company=session.get_one(Company, company_id))
    unplaced = make_ticket(
        session, company=session.get_one(Company, company_id), household=home, status="UNASSIGNED"
    )
    for subject, kind in ((unplaced, "MAP_PICK"), (ticket, "SAFETY_ALARM"), (ticket, "ESCALATION")):
        open_task(session, ticket_id=subject.id or 0, kind=kind, detail="", now=NOW)
    before = {task.kind: task.owner.name for task in list_tasks(session, company_id=company_id)}
    for point_id, desk, chief in ((None, "밤상황", "밤소장"), (ticket.service_point_id, "밤창구", "밤대장")):
        make_duty(
            session,
            company_id=company_id,
            point_id=point_id,
            desk_name=desk,
            escalation_name=chief,
            start=night,
            end=night + timedelta(hours=8),
        )
    assert hand_over_tasks(session, now=night) == 2
    assert hand_over_tasks(session, now=night) == 0
    assert {task.kind: task.owner.name for task in list_tasks(session, company_id=company_id)} == {
        "MAP_PICK": "밤상황",
        "SAFETY_ALARM": "밤대장",
        "ESCALATION": before["ESCALATION"],
    }


def test_a_task_with_a_generation_is_opened_once(session: Session, ticket: Ticket) -> None:
    asked: dict[str, Any] = {"ticket_id": ticket.id, "kind": "CONTACT_CALL", "detail": "전화", "now": NOW}
    first = open_task(session, generation=1, **asked)
    close_task(session, ticket_id=ticket.id or 0, task_id=first, outcome="함", by=AGENT, now=NOW)
    assert open_task(session, generation=1, **asked) == first
    assert open_task(session, generation=2, **asked) != first


def test_a_home_without_point_belongs_to_the_call_desk(session: Session) -> None:
    company = make_company(session)
    home = make_household(session, company=company)
    made = make_ticket(session, company=company, household=home, status="UNASSIGNED")
    found = owner_of(session, ticket=made, at=NOW)
    assert found is not None
    assert found.name == "최상황"
