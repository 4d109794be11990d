"""A family's word on who is told: honoured at once, for whoever may say it, and never at another's cost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from core import audit
from customers.consents import Choice, Door, NotTheirsToSayError
from customers.models import NoticeChoice
from dispatch import notices
from dispatch.models import Task, TicketParty, Visit
from dispatch.notice_choices import Word, take_word
from notifications.models import Notice
from tests import world
from tests.dispatch.case_world import CaseWorld, make_case


@pytest.fixture
def case(session: Session, now: datetime) -> CaseWorld:
    """Told of a window just now; nothing is sent yet."""
    return told_case(session, now)


def told_case(session: Session, now: datetime, **people: tuple[str, str]) -> CaseWorld:
    case = make_case(
        session,
        status="APPOINTED",
        state="agreed",
        window_start=now + timedelta(hours=2),
        window_end=now + timedelta(hours=4),
        window_generation=1,
    )
    for role, (name, phone) in people.items():
        party = party_of(case, role)
        party.name, party.phone, party.can_text = name, phone, phone.startswith("+8210")
    session.flush()
    tell(case, now)
    return case


def tell(case: CaseWorld, now: datetime) -> None:
    notices.tell_window(case.session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)


def party_of(case: CaseWorld, role: str) -> TicketParty:
    query = select(TicketParty).where(TicketParty.ticket_id == case.ticket_id, TicketParty.role == role)
    return case.session.exec(query).one()


def say(case: CaseWorld, who: str, choice: Choice, now: datetime, *, by: str | None = None) -> bool:
    return take_word(
        case.session,
        company_id=case.company.id or 0,
        household_id=case.ticket.household_id,
        word=Word(
            contact_id=party_of(case, who).contact_id,
            decided_by_id=party_of(case, by or who).contact_id,
            choice=choice,
            door=Door.CALL,
            reason="걱정하게 하고 싶지 않다고 하심",
        ),
        by=world.AGENT,
        now=now,
    )


def states(case: CaseWorld) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = select(Notice).where(Notice.ticket_id == case.ticket_id, Notice.line == "visit")
    for row in case.session.exec(query.order_by(col(Notice.id))):
        found.setdefault(row.recipient, []).append(row.state)
    return found


def move(case: CaseWorld, now: datetime) -> None:
    case.visit.window_start, case.visit.window_end = now + timedelta(hours=6), now + timedelta(hours=8)
    case.session.add(case.visit)
    case.session.flush()
    tell(case, now)


def test_the_parent_refuses_for_the_child_and_is_told_alone(case: CaseWorld, now: datetime) -> None:
    assert say(case, "requester", Choice.REFUSED, now, by="resident")
    assert states(case) == {"resident": ["queued"], "requester": ["withdrawn"]}
    world.deliver_texts(case.session)
    move(case, now)
    assert states(case) == {"resident": ["delivered", "queued"], "requester": ["withdrawn"]}
    assert case.timeline("NoticeWithheld")[-1].data["recipient"] == "requester"
    assert case.timeline("NoticesRefused")[-1].reason == "걱정하게 하고 싶지 않다고 하심"
    household = audit.list_entries(case.session, subject=("household", case.ticket.household_id))
    assert "NoticesRefused" in [entry.what for entry in household]
    assert not say(case, "requester", Choice.REFUSED, now, by="resident"), "the same word again"


def test_who_agrees_again_hears_what_holds_now_and_the_others_nothing_new(
    case: CaseWorld, now: datetime
) -> None:
    world.deliver_texts(case.session)
    say(case, "requester", Choice.REFUSED, now)
    move(case, now)
    world.deliver_texts(case.session)
    say(case, "requester", Choice.AGREED, now)
    assert states(case) == {"resident": ["delivered", "delivered"], "requester": ["delivered", "queued"]}
    assert case.text("WINDOW_CHANGED", "requester"), "beside what the child heard last"


def test_two_nos_about_one_telephone_are_lifted_by_those_who_said_them(
    case: CaseWorld, now: datetime
) -> None:
    say(case, "requester", Choice.REFUSED, now)
    say(case, "requester", Choice.REFUSED, now, by="resident")
    say(case, "requester", Choice.AGREED, now)
    assert states(case)["requester"] == ["withdrawn"], "the resident's no stands"
    say(case, "requester", Choice.AGREED, now, by="resident")
    assert states(case)["requester"] == ["withdrawn", "queued"]


def test_one_number_for_two_is_silent_only_when_both_refuse(session: Session, now: datetime) -> None:
    shared = "+821098765432"
    case = told_case(session, now, resident=("김영자", shared), requester=("김민수", shared))
    assert states(case) == {"requester": ["queued"]}
    say(case, "requester", Choice.REFUSED, now)
    assert states(case) == {"requester": ["queued"]}, "the parent is told there"
    world.deliver_texts(session)
    move(case, now)
    assert states(case) == {"requester": ["delivered"], "resident": ["queued"]}
    say(case, "resident", Choice.REFUSED, now)
    assert states(case) == {"requester": ["delivered"], "resident": ["withdrawn"]}


def test_nobody_rings_a_landline_that_refused(session: Session, now: datetime) -> None:
    case = told_case(session, now, resident=("김영자", "+8225550101"))
    say(case, "resident", Choice.REFUSED, now)
    query = select(Task.state).where(Task.ticket_id == case.ticket_id, Task.kind == "CALL_LANDLINE")
    assert session.exec(query).all() == ["void"]
    move(case, now)
    assert session.exec(query).all() == ["void"]


def test_a_child_cannot_refuse_for_the_parent_and_a_word_cannot_be_changed(
    case: CaseWorld, now: datetime
) -> None:
    with pytest.raises(NotTheirsToSayError):
        say(case, "resident", Choice.REFUSED, now, by="requester")
    assert states(case) == {"resident": ["queued"], "requester": ["queued"]}
    assert say(case, "resident", Choice.AGREED, now, by="requester"), "but may say that the parent agrees"
    kept = case.session.exec(select(NoticeChoice)).one()
    assert (kept.choice, kept.household_id) == ("AGREED", case.ticket.household_id)
    with pytest.raises(DBAPIError, match="append-only"), case.session.begin_nested():
        case.session.execute(text("UPDATE notice_choice SET choice = 'REFUSED'"))
    assert case.session.get_one(Visit, case.visit.id).state == "agreed"
