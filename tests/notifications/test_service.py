"""The outbox's door: whoever is concerned is told once, and nothing typed stops the teller."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from core import audit
from core.models import StoredEvent
from notifications import messages, queries, service
from notifications.catalogue import Role
from notifications.messages import (
    Case,
    CostLine,
    EnRoute,
    Event,
    VisitResult,
    VisitScheduled,
    Window,
    Worker,
)
from notifications.models import Notice
from notifications.recipients import Party
from notifications.schemas import BrandFacts
from tests import world

PARENT, CHILD = "+821055550101", "+821098765432"
CASE = Case("온누리보일러", "+8215880000", "T-1", "김영자", "김민수", "child")
WORKER = Worker("박기사", "1042")
WINDOW = Window(world.NOW + timedelta(hours=2), world.NOW + timedelta(hours=4))
BOTH = (Party(Role.REQUESTER, "김민수", CHILD, True), Party(Role.RESIDENT, "김영자", PARENT, True))


class Teller:
    """One ticket of one company."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.company = world.make_company(session)
        self.ticket_id = world.make_ticket(session, company=self.company).id or 0

    def tell(self, facts: messages.Context, *people: Party, generation: int = 1) -> list[Any]:
        return service.tell(
            self.session,
            event=messages.event_of(facts),
            generation=generation,
            ticket_id=self.ticket_id,
            company_id=self.company.id or 0,
            sender=BrandFacts(self.company.id or 0, self.company.sender_number),
            facts=facts,
            people=people,
            now=world.NOW,
        )

    def told(self) -> dict[str, str]:
        return {it.recipient: it.text for it in queries.list_notices(self.session, ticket_id=self.ticket_id)}

    def timeline(self, what: str) -> list[Any]:
        entries = audit.list_entries(self.session, subject=("ticket", self.ticket_id))
        return [(it.reason, it.data["recipient"]) for it in entries if it.what == what]

    def asked(self) -> list[tuple[str, str]]:
        query = select(StoredEvent).where(col(StoredEvent.name) == "NoticeFailed")
        return [(it.payload["recipient"], it.payload["why"]) for it in self.session.exec(query)]


def state_of(teller: Teller, state: str, **more: str) -> None:
    """Whatever was told has become of it."""
    teller.session.exec(update(Notice).values(state=state, **more))
    teller.session.expire_all()


@pytest.fixture
def teller(session: Session) -> Teller:
    return Teller(session)


def test_two_parties_two_entries_and_asking_again_adds_none(teller: Teller) -> None:
    for _ in range(2):
        assert teller.tell(EnRoute(CASE, WORKER), *BOTH) == []
    assert set(teller.told()) == {"requester", "resident"}
    assert len(teller.timeline("NoticeQueued")) == 2


def test_a_shared_number_is_one_entry_under_the_requester(teller: Teller) -> None:
    teller.tell(EnRoute(CASE, WORKER), BOTH[0], replace(BOTH[1], phone=CHILD))
    assert set(teller.told()) == {"requester"}


def test_until_a_text_has_gone_out_each_says_where_the_number_is_from(teller: Teller) -> None:
    def says_it(generation: int) -> bool:
        teller.tell(VisitScheduled(CASE, WORKER, WINDOW, 22_000), BOTH[1], generation=generation)
        return "접수하셔서" in teller.told()["resident"]

    assert [says_it(1), says_it(2)] == [True, True], "the first only waits, and may never go"
    state_of(teller, "failed")
    assert says_it(3)
    state_of(teller, "accepted")
    assert not says_it(4)


def test_what_somebody_was_told_at_his_work_does_not_make_him_known(teller: Teller) -> None:
    teller.tell(VisitScheduled(CASE, WORKER, WINDOW, 22_000), BOTH[1])
    state_of(teller, "delivered", recipient="technician")
    teller.tell(VisitScheduled(CASE, WORKER, WINDOW, 22_000), BOTH[1], generation=2)
    assert "접수하셔서" in teller.told()["resident"]


def test_an_emoji_in_a_name_or_note_does_not_stop_the_telling(teller: Teller) -> None:
    case = replace(CASE, resident="김😀영자", requester="🔥")
    bill = VisitResult(case, WORKER, world.NOW, (CostLine("출장비", 18_000),), 18_000, "청소 ✨ 함")
    teller.tell(bill, *BOTH)
    told = teller.told()
    assert "김영자님" in told["resident"]
    assert "청소 함" in told["requester"]
    assert teller.asked() == []


def test_a_text_that_cannot_be_written_asks_a_person_once_and_the_others_are_told(teller: Teller) -> None:
    lines = tuple(CostLine("부품 교체 작업", 1_000) for _ in range(65))
    bill = VisitResult(CASE, WORKER, world.NOW, lines, 65_000)
    for _ in range(2):
        teller.tell(bill, *BOTH)
    told = set(teller.told())
    assert told == {"resident"}, "the requester's wording is longer"
    assert teller.asked() == [("requester", "not_writable")]
    assert len(teller.timeline("NoticeNotWritten")) == 1


def test_who_is_left_out_stands_in_the_timeline_with_the_reason_once(teller: Teller) -> None:
    landline = Party(Role.RESIDENT, "김영자", "+8225550101", False)
    for _ in range(2):
        calls = teller.tell(EnRoute(CASE, WORKER), replace(BOTH[0], takes_notices=False), landline)
        assert [call.recipient for call in calls] == [Role.RESIDENT]
    assert teller.timeline("NoticeWithheld") == [("REFUSED", "requester")]
    assert teller.told() == {}


def test_another_companys_number_is_impossible(teller: Teller) -> None:
    with pytest.raises(ValueError, match="another company"):
        service.tell(
            teller.session,
            event=Event.EN_ROUTE,
            generation=1,
            ticket_id=teller.ticket_id,
            company_id=teller.company.id or 0,
            sender=BrandFacts((teller.company.id or 0) + 1, "+8215990000"),
            facts=EnRoute(CASE, WORKER),
            people=BOTH,
            now=world.NOW,
        )


def test_the_database_refuses_a_text_under_another_brand(teller: Teller) -> None:
    other = world.make_company(teller.session, code="haedam")
    other.sender_number = "+8215990000"
    teller.session.flush()
    teller.company.sender_number = other.sender_number
    with pytest.raises(IntegrityError, match="its own"), teller.session.no_autoflush:
        teller.tell(EnRoute(CASE, WORKER), *BOTH)


def test_phones_show_what_arrived_newest_first_and_never_another_companys(teller: Teller) -> None:
    other = world.make_company(teller.session, code="haedam")
    for generation in (1, 2):
        teller.tell(EnRoute(CASE, WORKER), *BOTH, generation=generation)
    assert queries.list_phones(teller.session, company_id=teller.company.id or 0) == []
    from notifications.models import Notice

    for row in teller.session.exec(select(Notice)):
        row.state = "delivered" if row.recipient == "requester" else "queued"
        teller.session.add(row)
    teller.session.flush()
    (phone,) = queries.list_phones(teller.session, company_id=teller.company.id or 0)
    assert (phone.phone, [it.generation for it in phone.texts]) == (CHILD, [2, 1])
    assert queries.list_phones(teller.session, company_id=other.id or 0) == []
    assert queries.list_phones(teller.session, company_id=teller.company.id or 0, phone=PARENT) == []
