from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from core.errors import GoneError
from customers.models import Household
from dispatch import merging, notices, reopening, tasks, unmerging
from dispatch.cases import WrongStateError
from dispatch.events import TicketReopened
from dispatch.family_links import LINKS_AT, find_link
from dispatch.models import TicketParty
from dispatch.resending import why_not
from notifications.models import Notice
from notifications.queries import list_notices
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


def test_a_merge_undone_takes_its_key_back_from_the_other_family(
    session: Session, case: CaseWorld, now: datetime
) -> None:
    session.info[LINKS_AT] = "https://ondol.example"
    company_id, ours = case.company.id or 0, case.ticket_id
    asker = select(TicketParty).where(TicketParty.ticket_id == ours, TicketParty.role == "requester")
    session.delete(session.exec(asker).one())
    home = session.get_one(Household, case.ticket.household_id)
    other = world.make_ticket(session, company=case.company, point=case.point, household=home)
    merging.suspect(session, ticket_id=other.id or 0, number=case.ticket.number, by=world.AGENT, now=now)
    merging.merge(session, ticket_id=other.id or 0, by=world.AGENT, now=now)
    notices.tell_window(session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)
    his = session.exec(select(Notice).where(Notice.ticket_id == ours, Notice.recipient == "requester")).one()
    token = next(word.rsplit("/", 1)[1] for word in his.text.split() if "/t/" in word)
    assert find_link(session, token=token, now=now).ticket_id == ours
    owed = {"ticket_id": ours, "kind": tasks.CALL_LANDLINE, "detail": "방문 안내", "now": now}
    for role in ("requester", "resident"):
        tasks.open_task(session, recipient=role, **owed)

    reopening.reopen_ticket(session, ticket_id=other.id or 0, reason="다른 댁입니다", by=world.AGENT, now=now)
    unmerging.give_back(session=session, event=TicketReopened(company_id, now, other.id or 0), now=now)
    with pytest.raises(GoneError):
        find_link(session, token=token, now=now)
    states = {row.recipient: row.state for row in list_notices(session, ticket_id=ours)}
    assert states == {"requester": "withdrawn", "resident": "queued"}
    assert {task.recipient: task.state for task in case.tasks(tasks.CALL_LANDLINE)} == {
        "requester": "void",
        "resident": "open",
    }
    his.state = "delivered"
    session.add(his)
    session.flush()
    told = next(row for row in list_notices(session, ticket_id=ours) if row.recipient == "requester")
    assert why_not(session, notice=told, now=now)
    del session.info[LINKS_AT]
