from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from dispatch import reopening
from dispatch.cases import WrongStateError
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case


def reopen(case: CaseWorld, *, now: datetime, excluded: int | None = None):  # type: ignore[no-untyped-def]
    return reopening.reopen_ticket(
        case.session,
        ticket_id=case.ticket_id,
        reason="고쳐지지 않음",
        by=world.AGENT,
        now=now,
        excluded_technician_id=excluded,
    )


@pytest.mark.parametrize("status", ["COMPLETED", "CLOSED", "SELF_FIXED", "CANCELLED"])
def test_an_ended_case_goes_on_with_new_clocks(session: Session, status: str, now: datetime) -> None:
    case = make_case(session, status=status, state="completed")
    later = now + timedelta(days=1)
    ticket = reopen(case, now=later)
    assert (ticket.status, ticket.reopened_at) == ("REOPENED", later)
    clock = case.clock("contact")
    assert (clock.generation, clock.started_at, clock.due_at, clock.state) == (
        2,
        later,
        later + timedelta(hours=1),
        "running",
    )
    assert len(case.events("TicketReopened")) == 1
    assert case.timeline("TicketReopened")[0].data["from"] == status


def test_the_first_technician_can_be_left_out(session: Session, now: datetime) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    ticket = reopen(case, now=now, excluded=case.technician.id)
    assert ticket.excluded_technician_id == case.technician.id


def test_nobody_of_another_company_is_left_out(session: Session, now: datetime) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    other = world.make_company(session, code="haedam", kind="designated")
    stranger = world.make_technician(session, point=world.make_point(session, company=other))
    with pytest.raises(reopening.UnknownTechnicianError):
        reopen(case, now=now, excluded=stranger.id)


def test_reopening_twice_changes_nothing(session: Session, now: datetime) -> None:
    case = make_case(session, status="COMPLETED", state="completed")
    reopen(case, now=now + timedelta(days=1))
    reopen(case, now=now + timedelta(days=1, minutes=1))
    assert len(case.events("TicketReopened")) == 1
    assert case.clock("contact").generation == 2


def test_a_case_under_way_is_not_reopened(session: Session, now: datetime) -> None:
    with pytest.raises(WrongStateError):
        reopen(make_case(session), now=now)


@pytest.mark.parametrize(("hours", "free"), [(72, True), (73, False)])
def test_a_phone_solution_reopens_free_for_three_days(
    session: Session, hours: int, free: bool, now: datetime
) -> None:
    case = make_case(session, status="CLOSED", state="cancelled", ticket_fields={"solved_by_phone_at": now})
    reopen(case, now=now + timedelta(hours=hours))
    assert case.timeline("TicketReopened")[0].data["within_free_time"] is free
