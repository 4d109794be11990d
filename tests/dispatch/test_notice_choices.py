"""A family's word on who is told: honoured at once, for whoever may say it, and never at another's cost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from core import audit
from core.models import TimelineEntry
from core.phones import parse_phone
from customers.consents import Choice, Door, NotTheirsToSayError, refusing
from customers.models import Household, NoticeChoice
from customers.schemas import NewContact
from customers.service import find_or_add_contact
from dispatch import notices
from dispatch.models import Task, TicketParty, Visit
from dispatch.notice_choices import Word, take_word
from dispatch.tasks import open_task
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


def test_a_no_holds_however_the_name_is_typed_next_time(case: CaseWorld, now: datetime) -> None:
    session, his = case.session, party_of(case, "requester")
    company_id, home = case.company.id or 0, case.ticket.household_id
    say(case, "requester", Choice.REFUSED, now)

    def added(name: str, at: datetime) -> int:
        person = NewContact(name, parse_phone(his.phone))
        return find_or_add_contact(session, company_id=company_id, person=person, now=at).id

    wife, typed = added("이정희", now), added("김민수 과장", now + timedelta(days=1))

    def silent() -> set[int]:
        ids = [his.contact_id, wife, typed]
        return refusing(session, company_id=company_id, household_id=home, contact_ids=ids)

    assert silent() == {his.contact_id, typed}, "who was known there already speaks for herself"
    row = {"company_id": company_id, "purpose": "VISIT", "door": "CALL", "at": now, "choice": "AGREED"}
    session.add(NoticeChoice(contact_id=typed, decided_by_id=typed, **row))
    session.flush()
    assert silent() == {his.contact_id}


def test_a_word_reaches_the_cases_that_can_still_tell_him_and_leaves_those_of_years(
    case: CaseWorld, now: datetime
) -> None:
    session = case.session
    home = session.get_one(Household, case.ticket.household_id)
    years = {name: now - timedelta(days=days) for name, days in (("old", 400), ("owed", 300), ("fresh", 9))}
    made = {}
    for name, at in years.items():
        made[name] = world.make_ticket(
            session,
            company=case.company,
            point=case.point,
            household=home,
            status="COMPLETED",
            received_at=at,
            completed_at=at,
        )
    owed = {"kind": "CALL_LANDLINE", "recipient": "requester", "detail": "비용 안내", "now": now}
    open_task(session, ticket_id=made["owed"].id or 0, **owed)
    say(case, "requester", Choice.REFUSED, now)
    query = select(TimelineEntry.subject_id).where(
        TimelineEntry.what == "NoticesRefused", TimelineEntry.subject_kind == "ticket"
    )
    assert set(session.exec(query)) == {case.ticket_id, made["owed"].id, made["fresh"].id}
    assert session.exec(select(Task.state).where(Task.ticket_id == made["owed"].id)).one() == "void"
