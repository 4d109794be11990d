"""What a family hears beside visits and bills: when, once, and only while it is so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.clock import KST, kst, operating_day
from core.dated import NoticeRule
from dispatch import (
    agreeing,
    case_notices,
    escalation,
    first_contact,
    notices,
    reopening,
    revisits,
    tasks,
    visits,
)
from dispatch.correction_notices import write_correction_notice
from dispatch.correction_rules import ITEMS
from dispatch.notice_facts import facts_of_ticket
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, Outcome
from notifications.catalogue import Event
from notifications.models import Notice
from notifications.policy import change_matrix
from notifications.texts import clock_words, round_up_minutes
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case
from tests.dispatch.visit_world import DONE, MINUTE, complete, ring
from tests.happycall.call_world import completed

FAMILY = ("requester", "resident")


def told(case: CaseWorld, event: str) -> list[tuple[int, str]]:
    return [(generation, who) for name, generation, who in case.told() if name == event]


def promised(session: Session, now: datetime) -> CaseWorld:
    """Agreed for 12:00 to 14:00, and told."""
    case = make_case(
        session,
        status="APPOINTED",
        state="agreed",
        window_start=now + timedelta(hours=2),
        window_end=now + timedelta(hours=4),
        window_generation=1,
    )
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
    world.deliver_texts(session)
    return case


def test_two_calls_in_vain_are_told_once_and_a_talk_begins_anew(session: Session, now: datetime) -> None:
    case = make_case(session)
    ring(case, now=now + MINUTE)
    assert told(case, "CONTACT_FAILED") == []
    for minute in (5, 9):
        ring(case, now=now + minute * MINUTE)
    assert [who for _generation, who in told(case, "CONTACT_FAILED")] == ["resident", "requester"] or set(
        told(case, "CONTACT_FAILED")
    ) == {(1, who) for who in FAMILY}
    assert "1588-0000번으로 전화해 주세요" in case.text("CONTACT_FAILED", "resident")


def test_calls_at_the_door_are_no_failed_contact(session: Session, now: datetime) -> None:
    case = make_case(session)
    start = now + timedelta(hours=4)
    window = AgreedWindow(start, start + timedelta(hours=2))
    attempt = AttemptRequest(Outcome.CONNECTED, with_role="resident", window=window)
    first_contact.record_attempt(session, ticket_id=case.ticket_id, attempt=attempt, by=case.him, now=now)
    for minute in (1, 2, 3):
        ring(case, now=now + minute * MINUTE)
    assert told(case, "CONTACT_FAILED") == []


def test_a_hold_says_what_is_void_and_when_it_goes_on(session: Session, now: datetime) -> None:
    case = promised(session, now)
    due = now + timedelta(days=2)
    visits.hold(
        session, ticket_id=case.ticket_id, reason="parts_wait", due=due, by=case.him, now=now + MINUTE
    )
    text = case.text("ON_HOLD", "resident")
    assert (
        "부품이 오는 날: 12월 3일(목)쯤" in text
        and "먼저 약속한 12월 1일(화) 낮 12시~오후 2시 방문은 없습니다" in text
    )
    assert {who for _generation, who in told(case, "ON_HOLD")} == set(FAMILY)
    assert revisits.resume(session, ticket_id=case.ticket_id, by=case.him, now=due)
    assert "다시 찾아갑니다" in case.text("REVISIT", "requester")


def test_a_hold_before_anybody_heard_of_the_window_withdraws_it(session: Session, now: datetime) -> None:
    case = promised(session, now)
    case.visit.window_start = now + timedelta(hours=3)
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
    visits.hold(
        session, ticket_id=case.ticket_id, reason="customer_request", due=None, by=case.him, now=now + MINUTE
    )
    query = select(Notice.event, Notice.state).where(
        Notice.ticket_id == case.ticket_id, Notice.recipient == "resident", Notice.line == "visit"
    )
    assert session.exec(query.order_by(col(Notice.id))).all() == [
        ("VISIT_SCHEDULED", "delivered"),
        ("WINDOW_CHANGED", "withdrawn"),
        ("ON_HOLD", "queued"),
    ]
    assert "낮 12시~오후 2시 방문은 없습니다" in case.text("ON_HOLD", "resident"), "of what was heard last"


def test_lateness_is_told_once_a_slip_of_that_size(session: Session, now: datetime) -> None:
    case = promised(session, now)
    ends = now + timedelta(hours=4)

    def slip(minutes: int) -> list[str]:
        arrives = ends + timedelta(minutes=minutes)
        case_notices.tell_late(session, visit_id=case.visit.id or 0, arrives_at=arrives, now=now)
        world.deliver_texts(session)
        query = select(Notice.text).where(Notice.event == "LATE", Notice.recipient == "resident")
        return list(session.exec(query.order_by(col(Notice.id))))

    assert slip(30) == [], "no more than the limit"
    assert "오후 2시 45분쯤" in slip(42)[-1]
    assert len(slip(60)) == 1 and len(slip(72)) == 1, "the same slip"
    assert len(slip(80)) == 2
    case.visit.window_start, case.visit.window_end = ends, ends + timedelta(hours=2)
    assert len(slip(140)) == 2, "another promise counts anew"
    assert len(slip(200)) == 3


@pytest.mark.parametrize(
    ("minutes_after_the_window", "told_before", "events"),
    [(60, False, ["EN_ROUTE", "LATE"]), (-60, False, ["EN_ROUTE"]), (60, True, ["LATE", "EN_ROUTE"])],
)
def test_who_sets_out_too_late_says_when_he_comes_unless_it_was_told(
    session: Session, now: datetime, minutes_after_the_window: int, told_before: bool, events: list[str]
) -> None:
    case = promised(session, now)
    at = now + timedelta(hours=4, minutes=minutes_after_the_window)
    if told_before:
        soon = at + timedelta(minutes=20)
        case_notices.tell_late(session, visit_id=case.visit.id or 0, arrives_at=soon, now=now)
        world.deliver_texts(session)
    visits.depart(session, ticket_id=case.ticket_id, by=case.him, now=at)
    query = select(Notice.event).where(Notice.recipient == "resident", Notice.state != "withdrawn")
    assert list(session.exec(query.order_by(col(Notice.id))))[1:] == events
    if events[-1] == "LATE":
        arrives_at = round_up_minutes(case.visit.arrives_at or now, 5)
        for word in ("죄송합니다", "낮 12시~오후 2시", clock_words(arrives_at)):
            assert word in case.text("LATE", "resident")


def test_lateness_that_nobody_heard_of_gives_way_to_the_departure(session: Session, now: datetime) -> None:
    case = promised(session, now)
    late = now + timedelta(hours=5)
    case_notices.tell_late(session, visit_id=case.visit.id or 0, arrives_at=late, now=now)
    notices.tell_en_route(session, visit_id=case.visit.id or 0, arrives_at=late, now=now)
    states = session.exec(select(Notice.state).where(Notice.event == "LATE")).all()
    assert states == ["withdrawn", "withdrawn"]


def test_a_reopened_case_is_told_with_its_hour_and_that_another_comes(
    session: Session, now: datetime
) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    reopening.reopen_ticket(
        session,
        ticket_id=case.ticket_id,
        reason="고쳐지지 않음",
        by=world.AGENT,
        now=now + timedelta(hours=1),
        excluded_technician_id=case.technician.id,
    )
    text = case.text("REVISIT", "resident")
    assert "이번에는 다른 기사가 갑니다." in text and "12월 1일(화) 낮 12시까지" in text


@pytest.mark.parametrize("safety", [False, True])
def test_that_somebody_comes_again_wakes_nobody_but_in_danger(
    session: Session, now: datetime, safety: bool
) -> None:
    """04:00: it is read at the end of the quiet hours, after the hour in which somebody rings."""
    case = make_case(session, status="COMPLETED", state="completed", ticket_fields={"safety": safety})
    night = kst(operating_day(now), 28)
    ended = {"ticket_id": case.ticket_id, "reason": "고쳐지지 않음", "by": world.AGENT, "now": night}
    reopening.reopen_ticket(session, **ended)
    held = session.exec(select(Notice.held_until).where(Notice.event == "REVISIT")).all()
    text = case.text("REVISIT", "resident")
    if safety:
        assert held == [None, None] and "까지 저희가 전화드려" in text
    else:
        assert held == [kst(operating_day(now), 32)] * 2 and "저희가 곧 전화드려" in text
    agreeing.silence_vain_calls(session, ticket_id=case.ticket_id, now=night)
    states = {*session.exec(select(Notice.state).where(Notice.event == "REVISIT"))}
    assert states == {"queued"}, "who was not spoken to has still to hear of it"


def test_a_danger_is_rung_however_the_visit_ends_and_whatever_else_is_told(
    session: Session, now: datetime
) -> None:
    case = make_case(session, resident=("김영자", "02-555-0101"))
    visit_id = case.visit.id or 0
    visits.depart(session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)
    visits.arrive(session, ticket_id=case.ticket_id, by=case.him, now=now + 9 * MINUTE)
    assert [task.state for task in case.tasks(tasks.CALL_LANDLINE)] == ["void"], "he stands in her kitchen"
    write_correction_notice(
        session,
        ticket_id=case.ticket_id,
        items=list(ITEMS)[:1],
        acknowledged="nobody",
        note="",
        by=case.him,
        now=now + 10 * MINUTE,
    )
    notices.tell_absent(session, visit_id=visit_id, options=(), now=now + 11 * MINUTE)
    complete(case, DONE, now=now + 20 * MINUTE)
    states = {task.data["event"]: task.state for task in case.tasks(tasks.CALL_LANDLINE)}
    assert states == {
        "EN_ROUTE": "void",
        "CORRECTION_NOTICE": "open",
        "ABSENT": "void",
        "VISIT_RESULT": "open",
    }


@pytest.mark.parametrize("hour", [14, 22])
def test_a_settled_complaint_is_told_by_day(session: Session, now: datetime, hour: int) -> None:
    at = now.astimezone(KST).replace(hour=hour)
    case = make_case(session, status="COMPLETED", state="completed")
    escalation.escalate_ticket(session, ticket_id=case.ticket_id, reason="불친절", by=world.AGENT, now=at)
    (task,) = case.tasks(tasks.ESCALATION)
    escalation.finish_task(
        session, ticket_id=case.ticket_id, task_id=task.id or 0, outcome="사과함", by=world.AGENT, now=at
    )
    rows = session.exec(select(Notice).where(Notice.event == "COMPLAINT_CLOSED")).all()
    morning = at.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert {row.recipient for row in rows} == set(FAMILY)
    assert {row.held_until for row in rows} == {None if hour == 14 else morning}
    assert all("사과함" not in row.text for row in rows), "a note of the house"


@pytest.mark.parametrize("complained", [False, True])
def test_an_escalated_clock_is_nobodys_complaint_until_somebody_complains(
    session: Session, now: datetime, complained: bool
) -> None:
    case = make_case(session)
    task_id = tasks.open_task(
        session, ticket_id=case.ticket_id, kind=tasks.ESCALATION, detail="기한이 지났습니다.", now=now
    )
    if complained:
        escalation.escalate_ticket(
            session, ticket_id=case.ticket_id, reason="연락이 없음", by=world.AGENT, now=now
        )
    escalation.finish_task(
        session, ticket_id=case.ticket_id, task_id=task_id, outcome="전화함", by=world.AGENT, now=now
    )
    assert bool(told(case, "COMPLAINT_CLOSED")) == complained


def test_the_child_does_not_read_that_the_parent_is_told_where_the_company_leaves_him_out(
    session: Session, now: datetime
) -> None:
    case = make_case(
        session, state="agreed", window_start=now + timedelta(hours=2), window_end=now + timedelta(hours=4)
    )
    change_matrix(
        session,
        company_id=case.company.id or 0,
        wanted={Event.VISIT_SCHEDULED: NoticeRule(roles=["requester"], urgent=True)},
        valid_from=now - timedelta(days=1),
        source="시험",
        by=world.AGENT,
        now=now,
    )
    session.flush()
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
    assert told(case, "VISIT_SCHEDULED") == [(1, "requester")]
    assert "께도" not in case.text("VISIT_SCHEDULED", "requester")


def test_three_happy_calls_in_vain_end_in_one_text(session: Session) -> None:
    follow_up = completed(session)
    for _try in range(3):
        follow_up.attempt("NO_ANSWER")
    assert follow_up.call.state == "no_answer"
    assert {who for _generation, who in told(follow_up.case, "HAPPY_CALL_MISSED")} == set(FAMILY)


@pytest.mark.parametrize(
    ("symptom", "task"), [("NO_HEAT", "수리"), ("INSPECTION", "점검"), ("CHECKUP", "점검")]
)
def test_who_comes_to_look_is_announced_so(session: Session, symptom: str, task: str) -> None:
    case = make_case(session, symptom=symptom)
    assert facts_of_ticket(session, ticket_id=case.ticket_id).case.task == task
