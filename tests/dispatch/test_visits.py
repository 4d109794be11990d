"""The steps of a visit on its day: facts that are taken once, noted when odd, refused from a wrong state."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.actor import Role
from core.errors import InvalidError
from dispatch import notices, visits
from dispatch.cases import NotYourVisitError, WrongStateError
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case
from tests.dispatch.visit_world import DONE, MINUTE, complete


def test_a_day_from_the_door_to_the_bill(case: CaseWorld, now: datetime) -> None:
    begin = now + timedelta(hours=2)
    steps = [
        visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=begin - 20 * MINUTE),
        visits.arrive(case.session, ticket_id=case.ticket_id, by=case.him, now=begin),
        visits.start(case.session, ticket_id=case.ticket_id, by=case.him, now=begin + MINUTE),
        complete(case, DONE, now=begin + 40 * MINUTE),
    ]
    assert [(step.status, step.visit_state) for step in steps] == [
        ("EN_ROUTE", "en_route"),
        ("ARRIVED", "arrived"),
        ("IN_PROGRESS", "in_progress"),
        ("COMPLETED", "completed"),
    ]
    (visit,) = case.visits()
    times = (visit.en_route_at, visit.arrived_at, visit.started_at, visit.ended_at)
    assert times == (begin - 20 * MINUTE, begin, begin + MINUTE, begin + 40 * MINUTE)
    assert [told for told in case.told() if told[0] == "EN_ROUTE"] == [
        ("EN_ROUTE", 1, "requester"),
        ("EN_ROUTE", 1, "resident"),
    ]
    assert "도착합니다" in case.text("EN_ROUTE", "resident")


@pytest.mark.parametrize(
    ("step", "status", "state"),
    [
        (visits.arrive, "APPOINTED", "agreed"),
        (visits.start, "EN_ROUTE", "en_route"),
        (visits.depart, "ARRIVED", "arrived"),
        (visits.depart, "CANCELLED", "cancelled"),
        (visits.mark_absent, "IN_PROGRESS", "in_progress"),
    ],
)
def test_a_step_from_the_wrong_state_is_a_conflict(
    session: Session, step: object, status: str, state: str, now: datetime
) -> None:
    case = make_case(session, status=status, state=state)
    with pytest.raises(WrongStateError) as caught:
        step(session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)  # type: ignore[operator]
    assert caught.value.status == 409
    assert status in caught.value.detail


def test_the_same_step_twice_changes_nothing(case: CaseWorld, now: datetime) -> None:
    for minutes in (100, 105):
        result = visits.depart(
            case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(minutes=minutes)
        )
    assert result.repeated
    assert case.visits()[0].en_route_at == now + timedelta(minutes=100)
    assert len(case.timeline("TechnicianDeparted")) == 1


def test_early_unordered_and_parallel_steps_are_taken_and_noted(case: CaseWorld, now: datetime) -> None:
    session = case.session
    for number, state, start in ((1, "in_progress", now - 60 * MINUTE), (2, "planned", now + 60 * MINUTE)):
        other = world.make_ticket(session, company=case.company, point=case.point, status="ASSIGNED")
        other.number = f"OTHER-{number}"
        world.make_visit(
            session, ticket=other, point=case.point, technician=case.technician, state=state, start=start
        )
    result = visits.depart(session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)
    assert result.status == "EN_ROUTE"
    (entry,) = case.timeline("TechnicianDeparted")
    assert entry.data["noted"] == {
        "EARLY": [],
        "ANOTHER_VISIT_OPEN": ["OTHER-1"],
        "OUT_OF_ORDER": ["OTHER-2"],
    }


def test_a_late_step_is_taken_and_noted(case: CaseWorld, now: datetime) -> None:
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, now=now + timedelta(hours=9))
    assert case.timeline("TechnicianDeparted")[0].data["noted"] == {"LATE": []}


def test_a_step_told_later_keeps_its_own_time(case: CaseWorld, now: datetime) -> None:
    happened = now + timedelta(minutes=100)
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, at=happened, now=happened + 7 * MINUTE)
    assert case.visits()[0].en_route_at == happened
    assert case.timeline("TechnicianDeparted")[0].data["late_entry"] is True
    with pytest.raises(InvalidError):
        visits.arrive(
            case.session,
            ticket_id=case.ticket_id,
            by=case.him,
            at=happened - MINUTE,
            now=happened + 8 * MINUTE,
        )


def test_nobody_hears_of_the_way_once_he_is_there_nor_of_the_visit_once_it_is_done(
    case: CaseWorld, now: datetime
) -> None:
    session, step = case.session, {"ticket_id": case.ticket_id, "by": case.him}
    notices.tell_job_assigned(session, visit_id=case.visit.id or 0, now=now, at_work=True)
    (job,) = session.exec(select(Notice).where(Notice.recipient == "technician"))
    job.state, job.channel, job.accepted_at, job.fall_back_at = "delivered", "PUSH", now, now + 3 * MINUTE
    visits.depart(session, **step, now=now + MINUTE)
    session.refresh(job)
    assert job.fall_back_at is None, "who drives there needs no text of it"
    assert [seen.data["how"] for seen in case.timeline("JobAcknowledged")] == ["APP"]

    def waiting() -> set[str]:
        query = select(Notice.event).where(Notice.state == "queued", col(Notice.recipient) != "technician")
        return set(session.exec(query))

    assert waiting() == {"EN_ROUTE"}
    visits.arrive(session, **step, now=now + 2 * MINUTE)
    assert waiting() == set()
    notices.tell_absent(session, visit_id=case.visit.id or 0, options=(), now=now + 3 * MINUTE)
    complete(case, DONE, now=now + 9 * MINUTE)
    assert waiting() == {"VISIT_RESULT"}


def test_whom_a_job_was_taken_from_hears_it_although_another_is_there(case: CaseWorld, now: datetime) -> None:
    session, visit_id = case.session, case.visit.id or 0
    notices.tell_job_assigned(session, visit_id=visit_id, now=now, at_work=True)
    world.deliver_texts(session)
    other = world.make_technician(session, point=case.point, name="최기사")
    case.visit.technician_id = other.id
    notices.tell_job_assigned(session, visit_id=visit_id, now=now, at_work=True)
    for step in (visits.depart, visits.arrive):
        step(session, ticket_id=case.ticket_id, by=world.AGENT, now=now + MINUTE)
    assert session.exec(select(Notice.state).where(Notice.event == "JOB_CHANGED")).one() == "queued"


def test_nobody_is_told_that_somebody_set_out_long_ago(case: CaseWorld, now: datetime) -> None:
    visits.depart(case.session, ticket_id=case.ticket_id, by=case.him, at=now, now=now + 16 * MINUTE)
    assert [told for told in case.told() if told[0] == "EN_ROUTE"] == []
    assert case.timeline("TechnicianDeparted")[0].data["untold"] == ["EN_ROUTE"]
    assert case.tasks("CALL_LANDLINE") == []


@pytest.mark.parametrize("role", [Role.POINT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN])
def test_a_desk_may_log_a_step_for_the_technician(case: CaseWorld, now: datetime, role: Role) -> None:
    desk = world.as_actor(world.make_person(case.session, name="정창구"), role)
    visits.depart(case.session, ticket_id=case.ticket_id, by=desk, now=now + MINUTE)
    (entry,) = case.timeline("TechnicianDeparted")
    assert (entry.actor_name, entry.on_behalf_of) == ("정창구", "박기사")


def test_another_technician_may_not(case: CaseWorld, now: datetime) -> None:
    other = world.make_technician(case.session, point=case.point, name="최기사")
    with pytest.raises(NotYourVisitError):
        visits.depart(
            case.session, ticket_id=case.ticket_id, by=replace(case.him, person_id=other.person_id), now=now
        )


def test_a_job_is_acknowledged_once(case: CaseWorld, now: datetime) -> None:
    first = visits.acknowledge(case.session, ticket_id=case.ticket_id, by=case.him, now=now)
    again = visits.acknowledge(case.session, ticket_id=case.ticket_id, by=case.him, now=now + MINUTE)
    assert first == again == now
    assert len(case.timeline("JobAcknowledged")) == 1
