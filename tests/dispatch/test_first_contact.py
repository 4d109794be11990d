from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.actor import Actor, Role
from core.clock import kst
from core.errors import InvalidError
from dispatch import first_contact, tasks
from dispatch.assignment import WindowNotReachableError
from dispatch.cases import NotYourVisitError, WrongStateError
from dispatch.models import ContactAttempt
from dispatch.tickets import UnknownTicketError
from dispatch.visit_schemas import AgreedWindow, AttemptRequest, AttemptResult, Outcome
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case

DAY = world.NOW.date()
AFTERNOON = AgreedWindow(kst(DAY, 14), kst(DAY, 16))
EVENING = AgreedWindow(kst(DAY, 16), kst(DAY, 18))
CONNECTED = AttemptRequest(Outcome.CONNECTED, with_role="requester")


@pytest.fixture
def case(session: Session) -> CaseWorld:
    return make_case(session)


def record(
    case: CaseWorld, attempt: AttemptRequest, *, now: datetime, by: Actor | None = None
) -> AttemptResult:
    return first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=attempt, by=by or case.him, now=now
    )


def agree(
    case: CaseWorld, window: AgreedWindow, *, now: datetime, at: datetime | None = None
) -> AttemptResult:
    return record(case, replace(CONNECTED, window=window, at=at), now=now)


@pytest.mark.parametrize(
    "outcome", [Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER, Outcome.CALL_BACK]
)
def test_an_unanswered_call_is_kept_and_stops_nothing(
    case: CaseWorld, outcome: Outcome, now: datetime
) -> None:
    result = record(case, AttemptRequest(outcome, with_role="resident"), now=now + timedelta(minutes=5))
    assert result.status == "ASSIGNED"
    assert case.clock("contact").state == "running"
    assert case.session.exec(select(ContactAttempt.outcome)).all() == [outcome.value]
    assert case.told() == []


def test_a_contact_without_a_window_is_not_done(case: CaseWorld, now: datetime) -> None:
    result = record(case, CONNECTED, now=now + timedelta(minutes=5))
    assert result.status == "CONTACTED"
    assert [case.clock(kind).state for kind in ("contact", "promise")] == ["running", "running"]


def test_an_agreed_window_appoints_stops_both_clocks_and_tells_both(case: CaseWorld, now: datetime) -> None:
    result = agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    assert (result.status, result.window) == ("APPOINTED", AFTERNOON)
    (visit,) = case.visits()
    assert (visit.state, visit.window_generation, visit.technician_id) == ("agreed", 1, case.technician.id)
    assert visit.planned_start is not None
    assert AFTERNOON.start <= visit.planned_start <= AFTERNOON.end
    assert [case.clock(kind).state for kind in ("contact", "promise")] == ["met", "met"]
    assert case.clock("handled").state == "running"
    family = [told for told in case.told() if told[0] == "VISIT_SCHEDULED"]
    assert sorted(family) == [("VISIT_SCHEDULED", 1, "requester"), ("VISIT_SCHEDULED", 1, "resident")]
    assert "오후 2시~4시" in case.text("VISIT_SCHEDULED", "resident")
    assert "1만 8천원(18,000원)" in case.text("VISIT_SCHEDULED", "requester")


def test_the_same_window_again_tells_nobody_again(case: CaseWorld, now: datetime) -> None:
    agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    agree(case, AFTERNOON, now=now + timedelta(minutes=9))
    assert case.visits()[0].window_generation == 1
    assert len([told for told in case.told() if told[2] in ("resident", "requester")]) == 2


def test_another_window_is_told_as_a_change(case: CaseWorld, now: datetime) -> None:
    agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    world.deliver_texts(case.session)
    agree(case, EVENING, now=now + timedelta(minutes=30))
    assert ("WINDOW_CHANGED", 2, "resident") in case.told()
    assert "오후 4시~6시" in case.text("WINDOW_CHANGED", "resident")
    assert "죄송합니다" in case.text("WINDOW_CHANGED", "resident")
    assert case.clock("promise").stopped_at == now + timedelta(minutes=5)


def test_nobody_apologises_for_a_change_that_the_family_asked_for(case: CaseWorld, now: datetime) -> None:
    agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    world.deliver_texts(case.session)
    wished = replace(CONNECTED, window=EVENING, asked_by="family", reason="병원에 가셔야 함")
    record(case, wished, now=now + timedelta(minutes=30))
    for reader in ("resident", "requester"):
        text = case.text("WINDOW_CHANGED", reader)
        assert "요청에 따라" in text and "오후 4시~6시" in text
        assert "죄송" not in text and "병원" not in text


@pytest.mark.parametrize(
    ("after_s", "state"),
    [(3599, "met"), (3600, "met"), (3601, "breached")],
)
def test_the_hour_is_met_to_the_second(case: CaseWorld, after_s: int, state: str, now: datetime) -> None:
    agree(case, AFTERNOON, now=now + timedelta(seconds=after_s))
    assert case.clock("contact").state == state


def test_a_late_entry_is_flagged_and_never_turns_a_breach_green(case: CaseWorld, now: datetime) -> None:
    result = agree(case, AFTERNOON, now=now + timedelta(minutes=90), at=now + timedelta(minutes=50))
    assert result.late_entry
    assert case.clock("contact").state == "breached"
    assert case.timeline("ContactAttempted")[0].data["late_entry"] is True


def test_an_entry_within_the_tolerance_counts_when_it_happened(case: CaseWorld, now: datetime) -> None:
    result = agree(case, AFTERNOON, now=now + timedelta(minutes=62), at=now + timedelta(minutes=58))
    assert not result.late_entry
    assert case.clock("contact").state == "met"


@pytest.mark.parametrize("minutes", [-1, 11])
def test_an_attempt_lies_between_intake_and_now(case: CaseWorld, minutes: int, now: datetime) -> None:
    attempt = replace(CONNECTED, at=now + timedelta(minutes=minutes))
    with pytest.raises(InvalidError) as caught:
        record(case, attempt, now=now + timedelta(minutes=10))
    assert [error.field for error in caught.value.errors] == ["at"]


def test_the_second_of_the_intake_itself_counts(session: Session, now: datetime) -> None:
    case = make_case(session, now=now + timedelta(milliseconds=700))
    assert record(case, replace(CONNECTED, at=now), now=now + timedelta(minutes=1)).status == "CONTACTED"


@pytest.mark.parametrize(
    ("attempt", "field"),
    [
        pytest.param(replace(CONNECTED, with_role="payer"), "with", id="nobody-of-this-ticket"),
        pytest.param(AttemptRequest(Outcome.NO_ANSWER, window=AFTERNOON), "window", id="not-connected"),
        pytest.param(
            replace(CONNECTED, window=AgreedWindow(AFTERNOON.end, AFTERNOON.start)),
            "window.end",
            id="reversed",
        ),
        pytest.param(
            replace(CONNECTED, window=AgreedWindow(kst(DAY, 7), kst(DAY, 9))), "window.end", id="past"
        ),
    ],
)
def test_what_does_not_hang_together_is_refused(
    case: CaseWorld, attempt: AttemptRequest, field: str, now: datetime
) -> None:
    with pytest.raises(first_contact.BadAttemptError) as caught:
        record(case, attempt, now=now + timedelta(minutes=5))
    assert [error.field for error in caught.value.errors] == [field]
    assert case.session.exec(select(ContactAttempt)).all() == []


def test_a_window_in_which_nobody_works_names_those_that_can_be_kept(case: CaseWorld, now: datetime) -> None:
    night = AgreedWindow(kst(DAY, 22), kst(DAY, 23))
    with pytest.raises(WindowNotReachableError) as caught:
        agree(case, night, now=now + timedelta(minutes=5))
    assert caught.value.status == 409
    assert caught.value.reachable


def test_a_ticket_without_a_technician_is_planned_into_the_window(session: Session, now: datetime) -> None:
    case = make_case(session, status="UNASSIGNED")
    session.delete(case.visit)
    session.flush()
    agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    (visit,) = case.visits()
    assert (visit.technician_id, visit.state) == (case.technician.id, "agreed")
    session.refresh(case.ticket)
    assert case.ticket.status == "APPOINTED"


def test_agreeing_closes_the_desks_open_call(case: CaseWorld, now: datetime) -> None:
    tasks.open_task(
        case.session, ticket_id=case.ticket_id, kind=tasks.CONTACT_CALL, detail="전화", generation=1, now=now
    )
    agree(case, AFTERNOON, now=now + timedelta(minutes=50))
    assert [task.state for task in case.tasks(tasks.CONTACT_CALL)] == ["done"]


def test_solved_by_phone_ends_the_case(case: CaseWorld, now: datetime) -> None:
    solved = AttemptRequest(Outcome.SOLVED_BY_PHONE, with_role="resident", reason="외출 모드를 끔")
    result = record(case, solved, now=now + timedelta(minutes=10))
    assert result.status == "CLOSED"
    case.session.refresh(case.ticket)
    assert (case.ticket.end_reason, case.ticket.solved_by_phone_at) == (
        "외출 모드를 끔",
        now + timedelta(minutes=10),
    )
    assert [visit.state for visit in case.visits()] == ["cancelled"]
    assert [case.clock(kind).state for kind in ("contact", "handled")] == ["met", "met"]
    assert [event["how"] for event in case.events("TicketEnded")] == ["solved_by_phone"]


def test_nothing_is_recorded_on_an_ended_case(session: Session, now: datetime) -> None:
    case = make_case(session, status="CANCELLED", state="cancelled")
    with pytest.raises(WrongStateError):
        record(case, CONNECTED, now=now)


def test_no_window_is_agreed_while_the_technician_is_on_the_way(session: Session, now: datetime) -> None:
    case = make_case(session, status="EN_ROUTE", state="en_route", en_route_at=now)
    with pytest.raises(WrongStateError):
        agree(case, AFTERNOON, now=now + timedelta(minutes=5))
    assert record(case, CONNECTED, now=now + timedelta(minutes=5)).status == "EN_ROUTE"


def test_a_technician_records_for_his_own_visits_alone(case: CaseWorld, now: datetime) -> None:
    other = world.make_technician(case.session, point=case.point, name="최기사")
    stranger = replace(case.him, person_id=other.person_id)
    with pytest.raises(NotYourVisitError):
        record(case, CONNECTED, now=now, by=stranger)


def test_a_company_wide_technicians_login_may_record(case: CaseWorld, now: datetime) -> None:
    person = world.make_person(case.session, name="시험 계정")
    assert record(case, CONNECTED, now=now, by=world.as_actor(person, Role.TECHNICIAN)).status == "CONTACTED"


@pytest.mark.parametrize(
    ("role", "on_behalf_of"),
    [(Role.POINT, "박기사"), (Role.DISPATCHER, "박기사"), (Role.AGENT, None), (Role.TECHNICIAN, None)],
)
def test_a_desks_entry_names_the_technician(
    case: CaseWorld, role: Role, on_behalf_of: str | None, now: datetime
) -> None:
    by = replace(case.him, role=role, name="정창구")
    record(case, replace(CONNECTED, evidence="TELEPHONY"), now=now, by=by)
    (entry,) = case.timeline("ContactAttempted")
    assert (entry.actor_name, entry.on_behalf_of) == ("정창구", on_behalf_of)
    assert entry.data["evidence"] == "TELEPHONY"


def test_an_unknown_ticket_is_not_found(case: CaseWorld, now: datetime) -> None:
    with pytest.raises(UnknownTicketError):
        first_contact.record_attempt(
            case.session, ticket_id=case.ticket_id + 1, attempt=CONNECTED, by=case.him, now=now
        )


def test_a_safety_case_is_never_ended_on_the_phone(case: CaseWorld, now: datetime) -> None:
    case.ticket.safety = True
    case.session.add(case.ticket)
    case.session.flush()
    with pytest.raises(first_contact.BadAttemptError) as refused:
        record(case, AttemptRequest(Outcome.SOLVED_BY_PHONE, with_role="resident", reason="환기함"), now=now)
    assert [error.field for error in refused.value.errors] == ["outcome"]
    assert "찾아가" in refused.value.detail
    assert case.ticket.status == "ASSIGNED"
    assert case.session.exec(select(ContactAttempt)).all() == []
