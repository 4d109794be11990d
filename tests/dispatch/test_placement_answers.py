"""A designated point answers, or keeps silent; a person moves a ticket."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from dispatch.models import Placement, Task, Ticket, TicketClock, Visit
from dispatch.placement import (
    AlreadyAcceptedError,
    NotOfferedError,
    TicketMovingError,
    answer_placement,
    expire_unanswered,
    move_ticket,
)
from tests.dispatch.placing_world import events, new_ticket, place, plan, refused, staffed_point, states
from tests.sweeping import run_sweep
from tests.world import (
    AGENT,
    GANGNAM,
    as_actor,
    make_company,
    make_person,
    make_point,
    make_ticket,
    make_visit,
    north_of,
)
from workforce.models import Company, ServicePoint


@pytest.fixture
def offered(session: Session, haedam: Company, now: datetime) -> tuple[Ticket, ServicePoint, ServicePoint]:
    """A ticket offered to the nearer of two designated points, planned tentatively."""
    near, far = staffed_point(session, haedam, 1), staffed_point(session, haedam, 5)
    ticket = new_ticket(session, haedam)
    place(session, ticket, now)
    visit = plan(session, ticket, now)
    assert visit.technician_id is not None
    return ticket, near, far


def test_a_designated_point_is_asked_and_planned_tentatively(
    session: Session, offered: Any, now: datetime
) -> None:
    ticket, near, _far = offered
    row = session.exec(select(Placement)).one()
    assert (row.state, row.service_point_id, row.answer_due_at) == (
        "OFFERED",
        near.id,
        now + timedelta(minutes=5),
    )
    assert (ticket.service_point_id, ticket.status) == (near.id, "ASSIGNED")
    assert session.exec(select(Visit.told_technician_id)).one() is None


def test_accepting_is_kept_and_the_technician_is_told(session: Session, offered: Any, now: datetime) -> None:
    ticket, near, _far = offered
    by = as_actor(make_person(session, name="정창구"))
    for _twice in range(2):
        answer_placement(
            session,
            ticket_id=ticket.id,
            decision="ACCEPT",
            reason=None,
            by=by,
            now=now + timedelta(minutes=5),
            point_id=near.id,
        )
    row = session.exec(select(Placement)).one()
    assert (row.state, row.answered_by_id) == ("ACCEPTED", by.person_id)
    assert session.exec(select(Visit.told_technician_id)).one() is not None
    with pytest.raises(AlreadyAcceptedError):
        answer_placement(session, ticket_id=ticket.id, decision="DECLINE", reason="바쁨", by=by, now=now)


def test_declining_needs_a_reason_and_passes_it_to_the_next(
    session: Session, offered: Any, now: datetime
) -> None:
    ticket, near, far = offered
    with pytest.raises(Exception, match="까닭") as caught:
        answer_placement(session, ticket_id=ticket.id, decision="DECLINE", reason=" ", by=AGENT, now=now)
    assert caught.value.errors[0].field == "reason"
    later = now + timedelta(minutes=1)
    answer_placement(
        session, ticket_id=ticket.id, decision="DECLINE", reason="기사가 다쳤음", by=AGENT, now=later
    )
    assert (ticket.service_point_id, ticket.status) == (None, "UNASSIGNED")
    visit = session.exec(select(Visit)).one()
    assert (visit.technician_id, visit.planned_start) == (None, None)
    assert events(session)[-1] == "PlacementRefused"
    refused(session, ticket, near, later)
    assert states(session, ticket) == [(near.id, "DECLINED", "DECLINED"), (far.id, "OFFERED", "NEXT_NEAREST")]
    assert "기사가 다쳤음" in session.exec(select(Placement.reason_text).order_by(col(Placement.id))).all()[1]
    assert plan(session, ticket, later).service_point_id == far.id


def test_silence_beyond_the_limit_passes_it_on_and_late_answers_are_refused(
    session: Session, offered: Any, now: datetime
) -> None:
    ticket, near, far = offered
    assert run_sweep(expire_unanswered, session, now=now + timedelta(minutes=5)) == 0
    late = now + timedelta(minutes=5, seconds=1)
    with pytest.raises(NotOfferedError):
        answer_placement(session, ticket_id=ticket.id, decision="ACCEPT", reason=None, by=AGENT, now=late)
    assert run_sweep(expire_unanswered, session, now=late) == 1
    assert run_sweep(expire_unanswered, session, now=late) == 0
    refused(session, ticket, near, late)
    assert states(session, ticket) == [(near.id, "EXPIRED", "EXPIRED"), (far.id, "OFFERED", "NEXT_NEAREST")]
    run_sweep(expire_unanswered, session, now=late + timedelta(hours=1))
    refused(session, ticket, far, late + timedelta(hours=1))
    assert session.exec(select(Task.kind)).one() == "PLACE_BY_HAND"


def test_a_point_that_has_called_the_family_has_taken_it(
    session: Session, offered: Any, now: datetime
) -> None:
    ticket, near, _far = offered
    ticket.status = "APPOINTED"
    session.add(ticket)
    with pytest.raises(AlreadyAcceptedError):
        answer_placement(session, ticket_id=ticket.id, decision="DECLINE", reason="바쁨", by=AGENT, now=now)
    run_sweep(expire_unanswered, session, now=now + timedelta(hours=1))
    assert states(session, ticket) == [(near.id, "ACCEPTED", "NEAREST")]


def test_another_points_desk_cannot_answer(session: Session, offered: Any, now: datetime) -> None:
    ticket, _near, far = offered
    with pytest.raises(NotOfferedError):
        answer_placement(
            session, ticket_id=ticket.id, decision="ACCEPT", reason=None, by=AGENT, now=now, point_id=far.id
        )


def test_moving_by_hand_keeps_the_clocks(session: Session, company: Company, now: datetime) -> None:
    near, far = staffed_point(session, company, 1), staffed_point(session, company, 5)
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    plan(session, ticket, now)
    before = [(c.kind, c.due_at, c.state) for c in session.exec(select(TicketClock))]
    later = now + timedelta(minutes=20)
    move_ticket(
        session, ticket_id=ticket.id or 0, point_id=far.id or 0, reason="고객 요청", by=AGENT, now=later
    )
    assert (ticket.service_point_id, ticket.transferred_at, ticket.status) == (far.id, later, "UNASSIGNED")
    assert states(session, ticket) == [(near.id, "WITHDRAWN", "NEAREST"), (far.id, "ACCEPTED", "BY_HAND")]
    assert [(c.kind, c.due_at, c.state) for c in session.exec(select(TicketClock))] == before
    assert plan(session, ticket, later).service_point_id == far.id


def test_placing_by_hand_closes_the_task(session: Session, company: Company, now: datetime) -> None:
    point = make_point(session, company=company, at=north_of(GANGNAM, 1))
    ticket = new_ticket(session, company)
    place(session, ticket, now)
    move_ticket(
        session, ticket_id=ticket.id or 0, point_id=point.id or 0, reason="기사 호출", by=AGENT, now=now
    )
    assert session.exec(select(Task.state)).one() == "done"
    assert ticket.transferred_at is None


def test_another_companys_point_or_a_ticket_under_way_cannot_move(
    session: Session, company: Company, now: datetime
) -> None:
    point = staffed_point(session, company, 1)
    stranger = staffed_point(session, make_company(session, code="haedam"), 1)
    ticket = make_ticket(session, company=company, point=point, status="EN_ROUTE")
    with pytest.raises(Exception, match="서비스점이 없습니다"):
        move_ticket(
            session, ticket_id=ticket.id or 0, point_id=stranger.id or 0, reason="x", by=AGENT, now=now
        )
    make_visit(session, ticket=ticket, point=point, state="en_route")
    with pytest.raises(TicketMovingError):
        move_ticket(session, ticket_id=ticket.id or 0, point_id=point.id or 0, reason="x", by=AGENT, now=now)


def test_a_ticket_that_is_passed_on_keeps_its_visits_own_needs(
    session: Session, haedam: Company, now: datetime
) -> None:
    """What was found out about the home counts, not what the symptom usually asks for."""
    near = staffed_point(session, haedam, 1, qualifications=("GAS_WORK", "FLUE", "COMMERCIAL"))
    usual = staffed_point(session, haedam, 3)
    able = staffed_point(session, haedam, 5, qualifications=("GAS_WORK", "FLUE", "COMMERCIAL"))
    ticket = new_ticket(session, haedam)
    place(session, ticket, now)
    visit = plan(session, ticket, now)
    visit.skills = ["COMMERCIAL"]
    session.flush()
    answer_placement(session, ticket_id=ticket.id, decision="DECLINE", reason="바쁨", by=AGENT, now=now)
    refused(session, ticket, near, now)
    assert states(session, ticket)[-2:] == [
        (usual.id, "PASSED_OVER", "NO_QUALIFIED_TECHNICIAN"),
        (able.id, "OFFERED", "NEXT_NEAREST"),
    ]
