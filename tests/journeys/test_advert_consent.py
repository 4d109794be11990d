"""A daughter agrees to advertisements, takes it back, is asked again years later; her telephone says no."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from core.actor import SYSTEM
from core.dated import set_rule
from core.db import Database
from customers.consents import Choice, Door, NumberRefusedError, Purpose, agreeing
from customers.models import Contact, RefusedNumber
from dispatch.advert_words import take_advert_word
from dispatch.models import Ticket, TicketParty
from main import main
from notifications.adverts import NO_LONGER_AGREES
from notifications.catalogue import CATALOGUE, Event
from notifications.models import Notice
from notifications.outbox_rows import put
from tests.journeys.house import House, open_house
from tests.journeys.steps import file, see
from tests.journeys.test_family_page import link_of, plain, press
from tests.journeys.test_whole_journey import company_of, open_gangnam
from tests.serving import client_of
from worker import add_tasks, make_worker_app

CHILD = "+821098765432"
ADVERT = Event.HAPPY_CALL_MISSED
"""Stands for an advertisement: `catalogue.EventRules.advert` alone makes one."""
WORDS = "(광고) [onnuri 보일러] 새 제품 안내\n문의 1588-1000\n무료 수신거부 080-123-4567"


def queue_advert(house: House, number: str, generation: int) -> None:
    """What a campaign puts into the outbox."""
    with house.database.transaction() as session:
        ticket = session.exec(select(Ticket).where(Ticket.number == number)).one()
        row = Notice(
            company_id=ticket.company_id,
            ticket_id=ticket.id or 0,
            event=ADVERT.value,
            generation=generation,
            recipient="requester",
            channel="LMS",
            to_phone=CHILD,
            from_phone=company_of(session).sender_number,
            text=WORDS,
            bytes=len(WORDS.encode("cp949")),
            template_version="x",
            created_at=house.clock(),
            next_try_at=house.clock(),
        )
        put(session, row=row)


def adverts(house: House) -> list[tuple[str, str | None]]:
    with house.database.reading() as session:
        query = select(Notice.state, Notice.withdrawn_reason).where(col(Notice.event) == ADVERT.value)
        return list(session.exec(query.order_by(col(Notice.generation))))


def agrees(house: House) -> bool:
    with house.database.reading() as session:
        child = session.exec(select(Contact).where(Contact.phone == CHILD)).one()
        ids = [child.id or 0]
        return bool(
            agreeing(
                session,
                company_id=child.company_id,
                contact_ids=ids,
                purpose=Purpose.ADVERT,
                now=house.clock(),
            )
        )


def ask(house: House) -> int:
    """The worker's own timer asks; returns how many it has asked so far."""
    app = make_worker_app(house.settings.database_url)
    add_tasks(app, house.worker)
    (timer,) = [it for it in app.periodic_registry.periodic_tasks.values() if "adverts" in it.task.name]
    timer.task.func(0)
    with house.database.reading() as session:
        asked = select(func.count()).where(col(Notice.event) == Event.ADVERT_RECONFIRM.value)
        return session.exec(asked).one()


def speak(house: House, language: str) -> None:
    with house.database.transaction() as session:
        child = session.exec(select(Contact).where(Contact.phone == CHILD)).one()
        child.language = language
        session.add(child)


def find_stranger(house: House, number: str, *, since: datetime | None) -> None:
    """Somebody else picked up on her number, or she did after all."""
    with house.database.transaction() as session:
        query = select(TicketParty).join(Ticket, col(Ticket.id) == col(TicketParty.ticket_id))
        child = session.exec(query.where(Ticket.number == number, TicketParty.phone == CHILD)).one()
        child.phone_wrong_since = since
        session.add(child)


@pytest.fixture
def house(database: Database, database_url: str, now: datetime) -> Iterator[House]:
    """Plans are only inserted into: nothing here is about them."""
    with open_house(database, database_url, now=now, solves=False) as opened:
        yield opened


def test_a_yes_is_told_back_and_a_no_takes_back_what_waits(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(CATALOGUE, ADVERT, replace(CATALOGUE[ADVERT], advert=True))
    open_gangnam(house)
    number = file(house)
    base = link_of(see(house, number), "TICKET_RECEIVED", "requester").removeprefix(house.url)
    family = client_of(house.url)
    house.clients.append(family)
    queue_advert(house, number, 1)
    house.work()
    assert adverts(house)[0][0] == "withdrawn", "nobody was asked"
    with house.database.transaction() as session:
        company_id = company_of(session).id or 0
        set_rule(
            session,
            company_id=company_id,
            key="advert_refusal_number",
            value="0801234567",
            valid_from=house.clock(),
            source="개통",
            by=SYSTEM,
            now=house.clock(),
        )

    page = family.get(f"{base}/texts").text
    said = press(family, page, f"{base}/texts", whose="adverts", on="1")
    assert "광고 문자를 받기로 하셨습니다" in plain(said) and agrees(house)
    house.work()
    told = [m for m in see(house, number)["messages"] if m["event"] == "ADVERT_CHOICE"]
    assert [(m["recipient"], m["state"]) for m in told] == [("requester", "delivered")]
    assert "광고 문자를 받겠습니다" in told[0]["text"] and "080-123-4567번(무료)" in told[0]["text"]
    queue_advert(house, number, 2)
    house.work()
    assert adverts(house)[1] == ("delivered", None)

    house.clock.forward(hours=22 - house.clock().hour - 9)  # 22:00 in Korea
    queue_advert(house, number, 3)
    house.work()
    assert adverts(house)[2] == ("queued", None), "at night it waits"
    page = family.get(f"{base}/texts").text
    press(family, page, f"{base}/texts", whose="adverts", on="0")
    assert adverts(house)[2][0] == "withdrawn" and not agrees(house)
    house.clock.forward(hours=11)
    house.work()
    assert [text["text"] for text in house.texts(to="01098765432")].count(WORDS) == 1
    no_told = see(house, number)["messages"][-1]
    assert no_told["event"] == "ADVERT_CHOICE" and "받지 않겠습니다" in no_told["text"]

    # Years on the case is long over; the link answers for advertisements alone.
    ended = house.api("agent").post(f"/tickets/{number}/cancellation", json={"reason": "고쳐졌다고 하심"})
    assert ended.status_code == 200, ended.text
    press(family, family.get(f"{base}/texts").text, f"{base}/texts", whose="adverts", on="1")
    house.work()
    assert ask(house) == 0
    house.clock.forward(days=710)
    find_stranger(house, number, since=house.clock())
    assert ask(house) == 0, "a stranger is not asked"
    find_stranger(house, number, since=None)
    speak(house, "en")
    assert ask(house) == 1 and ask(house) == 1, "once"
    speak(house, "ko")
    house.work()
    asked = see(house, number)["messages"]
    text = next(m["text"] for m in asked if m["event"] == "ADVERT_RECONFIRM")
    assert "would you like to keep receiving" in text and "2028" in text, "in her own language"
    link = link_of({"messages": asked}, "ADVERT_RECONFIRM", "requester").removeprefix(house.url)
    assert family.get(base).status_code == 410 and family.get(f"{link}/time").status_code == 410
    only = family.get(link)
    assert "광고 문자를 받으시겠어요?" in plain(only) and "보일러 수리" not in plain(only)
    house.clock.forward(days=21)
    assert not agrees(house), "nobody answered"
    queue_advert(house, number, 4)
    house.work()
    assert adverts(house)[3] == ("withdrawn", NO_LONGER_AGREES)
    press(family, only.text, f"{link}/texts", whose="adverts", on="1")
    assert agrees(house) and ask(house) == 1

    # The carrier's list: hers, and one of nobody we know.
    monkeypatch.setenv("DATABASE_URL", house.settings.database_url)
    monkeypatch.setattr("main.clock.now", house.clock)
    house.clock.forward(days=2)
    rang = house.clock().strftime("%Y-%m-%d %H:%M")
    listed = tmp_path / "080.csv"
    listed.write_text(f"수신거부번호,등록일시\n{CHILD},{rang}\n010-4444-5555,{rang}\n", encoding="cp949")
    for _time in range(2):
        assert main(["import", "refusals", str(listed), "--company", "onnuri"]) == 0
    assert not agrees(house)
    with house.database.transaction() as session:
        assert len(session.exec(select(RefusedNumber)).all()) == 2
        child = session.exec(select(Contact).where(Contact.phone == CHILD)).one()
        case = session.exec(select(Ticket).where(Ticket.number == number)).one()
        with pytest.raises(NumberRefusedError):
            take_advert_word(
                session,
                company_id=company_id,
                household_id=case.household_id,
                contact_ids=[child.id or 0],
                choice=Choice.AGREED,
                door=Door.CALL,
                by=SYSTEM,
                now=house.clock(),
            )
