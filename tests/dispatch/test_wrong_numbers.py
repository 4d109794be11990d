"""A stranger picks up: nothing of the case reaches him any more, and the right number is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from core.errors import GoneError
from core.models import StoredEvent
from customers.models import Contact, Household, HouseholdMember
from dispatch import first_contact, notices, numbers_elsewhere, tasks
from dispatch.attempt_checks import BadAttemptError
from dispatch.events import NumberNews, NumberNewsElsewhere
from dispatch.family_links import LINKS_AT, find_link
from dispatch.models import Task, TicketParty
from dispatch.ownership import owner_of
from dispatch.queries import ticket_detail
from dispatch.resending import NotToResendError, resend_notice
from dispatch.visit_schemas import AttemptRequest, Outcome
from dispatch.wrong_numbers import BadNumberError, replace_number
from notifications.models import Notice
from notifications.queries import list_notices
from tests import world
from tests.dispatch.case_world import CaseWorld
from tests.dispatch.visit_world import MINUTE
from web.presenters.messages import went_astray

STRANGER, RIGHT = "+821098765432", "+821055550101"


@pytest.fixture(autouse=True)
def links(session: Session) -> Iterator[None]:
    """Texts name links."""
    session.info[LINKS_AT] = "https://ondol.example"
    yield
    del session.info[LINKS_AT]


def tell(case: CaseWorld, hours: int, now: datetime) -> None:
    case.visit.window_start, case.visit.window_end = (now + timedelta(hours=hours + n) for n in (0, 2))
    case.session.add(case.visit)
    case.session.flush()
    notices.tell_window(case.session, visit_id=case.visit.id or 0, before=None, reason=None, now=now)


def note(case: CaseWorld, outcome: Outcome, role: str | None, now: datetime) -> None:
    attempt = AttemptRequest(outcome, with_role=role)
    first_contact.record_attempt(
        case.session, ticket_id=case.ticket_id, attempt=attempt, by=case.him, now=now
    )


def sent_to(case: CaseWorld, phone: str) -> list[tuple[str, str]]:
    query = select(Notice.event, Notice.state).where(
        Notice.ticket_id == case.ticket_id, Notice.to_phone == phone
    )
    return list(case.session.exec(query.order_by(col(Notice.id))))


def opens(case: CaseWorld, phone: str, now: datetime) -> list[bool]:
    query = select(Notice.text).where(Notice.ticket_id == case.ticket_id, Notice.to_phone == phone)
    found = []
    for text in case.session.exec(query.order_by(col(Notice.id))):
        token = next(word.rsplit("/", 1)[1] for word in text.split() if "/t/" in word)
        try:
            find_link(case.session, token=token, now=now)
        except GoneError:
            found.append(False)
        else:
            found.append(True)
    return found


def test_a_stranger_hears_nothing_more_and_the_right_number_hears_what_holds(
    case: CaseWorld, now: datetime
) -> None:
    owner = owner_of(case.session, ticket=case.ticket, at=now)
    tell(case, 2, now)
    world.deliver_texts(case.session)
    tell(case, 4, now + MINUTE)
    with pytest.raises(BadAttemptError):
        note(case, Outcome.WRONG_NUMBER, None, now + 2 * MINUTE)
    for minute in (3, 4):
        note(case, Outcome.WRONG_NUMBER, "requester", now + minute * MINUTE)
    said = [("VISIT_SCHEDULED", "delivered"), ("WINDOW_CHANGED", "withdrawn")]
    assert sent_to(case, STRANGER) == said and opens(case, STRANGER, now) == [False, False]
    tell(case, 6, now + 5 * MINUTE)
    assert sent_to(case, STRANGER) == said
    (first,) = case.session.exec(
        select(Notice.id).where(Notice.to_phone == STRANGER, Notice.state == "delivered")
    )
    with pytest.raises(NotToResendError):
        resend_notice(
            case.session,
            notice_id=first or 0,
            ticket_id=case.ticket_id,
            reason="못 받으심",
            by=world.AGENT,
            now=now + 6 * MINUTE,
        )
    (task,) = case.tasks(tasks.RIGHT_NUMBER)
    assert (task.state, task.recipient) == ("open", "requester")
    assert task.service_point_id is None, "the call desk's, which has the form for it"
    assert owner_of(case.session, ticket=case.ticket, at=now) == owner, "and the case stays whose it was"
    assert case.timeline("NumberFoundWrong")[0].data["roles"] == ["requester"]

    later = now + 9 * MINUTE
    right = {"ticket_id": case.ticket_id, "role": "requester", "by": world.AGENT, "now": later}
    for no_number in ("010-12", "010-9876-5432"):
        with pytest.raises(BadNumberError) as refused:
            replace_number(case.session, number=no_number, **right)
    assert "지금 적힌 번호와 같습니다" in refused.value.detail and task.state == "open"
    assert _astray(case, later) == {STRANGER: "잘못된 번호로 나감", "+821011112222": ""}
    replace_number(case.session, number="010-5555-0101", **right)
    assert sent_to(case, STRANGER) == said
    assert _astray(case, later)[STRANGER] == "지금 번호와 다른 번호로 나감"
    assert sent_to(case, RIGHT) == [("VISIT_SCHEDULED", "queued")] and opens(case, RIGHT, later) == [True]
    assert [state for _event, state in sent_to(case, "+821011112222")] == ["delivered", "withdrawn", "queued"]
    assert task.state == "done" and case.timeline("NumberCorrected")
    party = case.session.exec(
        select(TicketParty).where(TicketParty.ticket_id == case.ticket_id, TicketParty.role == "requester")
    ).one()
    assert (party.phone, party.phone_wrong_since) == (RIGHT, None)
    assert case.session.get_one(Contact, party.contact_id).phone == RIGHT, "known so from now on"
    homes = select(HouseholdMember.household_id).where(HouseholdMember.contact_id == party.contact_id)
    assert case.session.exec(homes).one() == case.ticket.household_id


def _astray(case: CaseWorld, now: datetime) -> dict[str, str]:
    """By number: what is said of texts that went to somebody whose number it is not."""
    detail = ticket_detail(
        case.session, company_id=case.ticket.company_id, number=case.ticket.number, now=now
    )
    told = list_notices(case.session, ticket_id=case.ticket_id)
    return {
        it.to_phone: went_astray(it, detail)
        for it in told
        if it.state == "delivered" and it.recipient != "technician"
    }


def test_he_picks_up_after_all_and_is_told_there(case: CaseWorld, now: datetime) -> None:
    tell(case, 2, now)
    note(case, Outcome.WRONG_NUMBER, "requester", now + MINUTE)
    note(case, Outcome.CONNECTED, "requester", now + 2 * MINUTE)
    assert [state for _event, state in sent_to(case, STRANGER)] == ["withdrawn", "queued"]
    assert [task.state for task in case.tasks(tasks.RIGHT_NUMBER)] == ["done"]


def test_who_is_known_with_the_right_number_is_he_and_no_row_keeps_the_strangers(
    case: CaseWorld, now: datetime
) -> None:
    """Whoever is looked for by the stranger's number would find this home, and be written to."""
    known = world.make_contact(
        case.session, company_id=case.ticket.company_id, name="김민수", phone="010-5555-0101"
    )
    note(case, Outcome.WRONG_NUMBER, "requester", now)
    right = {"ticket_id": case.ticket_id, "role": "requester", "by": world.AGENT, "now": now + MINUTE}
    replace_number(case.session, number="010-5555-0101", **right)
    query = select(TicketParty.contact_id).where(TicketParty.ticket_id == case.ticket_id)
    assert case.session.exec(query.where(TicketParty.role == "requester")).one() == known.id
    home = select(Contact.phone).join(HouseholdMember, col(HouseholdMember.contact_id) == col(Contact.id))
    phones = case.session.exec(home.where(HouseholdMember.household_id == case.ticket.household_id)).all()
    assert STRANGER not in phones and RIGHT in phones


def test_nobody_named_with_a_strangers_number_is_told_there(case: CaseWorld, now: datetime) -> None:
    for party in case.session.exec(select(TicketParty).where(TicketParty.ticket_id == case.ticket_id)):
        party.phone = STRANGER
        case.session.add(party)
    case.session.flush()
    note(case, Outcome.WRONG_NUMBER, None, now)
    tell(case, 2, now + MINUTE)
    assert sent_to(case, STRANGER) == []
    assert {task.recipient for task in case.tasks(tasks.RIGHT_NUMBER)} == {"requester", "resident"}
    assert len(case.timeline("NoticeWithheld")) == 2, "and it is seen that they were not told"


def spread(case: CaseWorld, now: datetime) -> None:
    """What the worker does with the newest news of a number."""
    news = case.events("NumberNews")[-1]
    event = NumberNews(news["company_id"], now, news["ticket_id"], news["contact_id"], news["role"])
    query = select(StoredEvent).where(col(StoredEvent.name) == "NumberNewsElsewhere")
    before = len(case.session.exec(query).all())
    numbers_elsewhere.spread_number(session=case.session, event=event, now=now)
    for row in case.session.exec(query.order_by(col(StoredEvent.id))).all()[before:]:
        each = {**row.payload, "at": now}
        for _ in range(2):
            numbers_elsewhere.follow_number(session=case.session, event=NumberNewsElsewhere(**each), now=now)


def test_what_one_case_learns_of_a_number_holds_in_his_others(case: CaseWorld, now: datetime) -> None:
    household = case.session.get_one(Household, case.ticket.household_id)
    other = world.make_ticket(
        case.session, company=case.company, point=case.point, household=household, received_at=now
    )
    lines = select(TicketParty).where(TicketParty.ticket_id == other.id, TicketParty.role == "requester")
    assert case.session.exec(lines).one().phone == STRANGER
    note(case, Outcome.WRONG_NUMBER, "requester", now)
    spread(case, now)
    assert case.session.exec(lines).one().phone_wrong_since is not None
    asked = select(Task).where(Task.ticket_id == other.id, Task.kind == tasks.RIGHT_NUMBER)
    assert case.session.exec(asked).all() == [], "it is asked for once"
    replace_number(
        case.session, ticket_id=case.ticket_id, role="requester", number=RIGHT, by=world.AGENT, now=now
    )
    spread(case, now)
    his = case.session.exec(lines).one()
    assert (his.phone, his.phone_wrong_since) == (RIGHT, None)
