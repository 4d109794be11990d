"""The order of ways as a company chooses it: what is tried after what, over real HTTP to the fake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from core.actor import SYSTEM
from core.db import Database
from notifications import service
from notifications.alimtalk import stop_template
from notifications.catalogue import Event, Role
from notifications.messages import Case, EnRoute, Worker
from notifications.providers.choice import Carriers, fake_carriers
from notifications.recipients import CallTask, Party
from notifications.schemas import BrandFacts
from notifications.ways import OFFERED, USUAL, Order, Way
from tests.notifications.outbox import CHILD, Outbox, make_outbox
from tests.notifications.test_carriers import NUMBER, approve, change, report, use

NO_KAKAO, NO_TEXT, NO_ANSWER = (
    {f"ATA:{NUMBER}": "3104"},
    {f"{kind}:{NUMBER}": "3050" for kind in ("SMS", "LMS")},
    {f"VOICE:{NUMBER}": "9000"},
)
TEXT_ONLY, THEN_VOICE, VOICE_FIRST, VOICE_ONLY, PERSON = tuple(OFFERED)[1:]


@dataclass(frozen=True)
class Tried:
    """An order, whether the words are approved, what fails; what is tried, and why a person is asked."""

    order: Order
    approved: bool
    fails: dict[str, str]
    kinds: list[str]
    asked: str | None = None


TABLE = [
    Tried(USUAL, True, {}, ["ATA"]),
    Tried(USUAL, True, NO_KAKAO, ["ATA", "LMS"]),
    Tried(USUAL, True, NO_KAKAO | NO_TEXT, ["ATA", "LMS"], "permanent"),
    Tried(USUAL, False, NO_KAKAO, ["LMS"]),
    Tried(TEXT_ONLY, True, {}, ["LMS"]),
    Tried(TEXT_ONLY, True, NO_TEXT, ["LMS"], "permanent"),
    Tried(THEN_VOICE, True, {}, ["ATA"]),
    Tried(THEN_VOICE, True, NO_KAKAO | NO_TEXT, ["ATA", "LMS", "VOICE"]),
    Tried(THEN_VOICE, False, NO_TEXT | NO_ANSWER, ["LMS", "VOICE"], "not_reached"),
    Tried(VOICE_FIRST, True, {}, ["VOICE"]),
    Tried(VOICE_FIRST, True, NO_ANSWER, ["VOICE", "ATA"]),
    Tried(VOICE_FIRST, True, NO_ANSWER | NO_KAKAO, ["VOICE", "ATA", "LMS"]),
    Tried(VOICE_FIRST, False, NO_ANSWER | NO_TEXT, ["VOICE", "LMS"], "permanent"),
    Tried(VOICE_ONLY, True, {}, ["VOICE"]),
    Tried(VOICE_ONLY, True, NO_ANSWER, ["VOICE"], "not_reached"),
]


@pytest.fixture(scope="module")
def carriers(one_fake: Any) -> Iterator[Carriers]:
    made = fake_carriers(one_fake.url)
    yield made
    made.close()


@pytest.fixture
def outbox(database: Database, carriers: Carriers, fake: Any) -> Outbox:
    made = make_outbox(database)
    made.carriers = carriers
    use(made, "solapi")
    change(made, "voice_enabled", True)
    change(made, "voice_hours", [["00:00", "24:00"]])
    return made


def choose(outbox: Outbox, order: Order) -> None:
    change(outbox, "notice_ways", {"EN_ROUTE": {"requester": list(order)}})


def tell(outbox: Outbox, generation: int, *, language: str = "ko") -> list[CallTask]:
    case = Case("온누리보일러", "+8215880000", "T-1", "김영자", "김민수", "child")
    with outbox.database.transaction() as session:
        return service.tell(
            session,
            event=Event.EN_ROUTE,
            generation=generation,
            ticket_id=outbox.ticket_id,
            company_id=outbox.company_id,
            sender=BrandFacts(outbox.company_id, "+8215880000"),
            facts=EnRoute(case, Worker("박기사", "1042")),
            people=[Party(Role.REQUESTER, "김민수", CHILD, True, language=language)],
            now=outbox.clock(),
        )


def stop(outbox: Outbox) -> None:
    with outbox.database.transaction() as session:
        stop_template(
            session,
            company_id=outbox.company_id,
            account="solapi",
            event="EN_ROUTE",
            variant="requester",
            by=SYSTEM,
            now=outbox.clock(),
        )


def send_to_the_end(outbox: Outbox, fake: Any, webhook: Any) -> None:
    """Send and let the carrier report until nothing is left to try."""
    for _way in Way:
        notice = outbox.notices()[-1]
        if notice.state != "queued":
            return
        if outbox.send(notice.id).state == "accepted":
            report(outbox, webhook, fake)


def test_each_way_is_tried_after_the_one_before_and_nobody_is_told_twice(
    outbox: Outbox, fake: Any, webhook: Any
) -> None:
    approve(outbox, "solapi")
    asked_before = 0
    for generation, case in enumerate(sorted(TABLE, key=lambda it: not it.approved), start=1):
        fake.control(report_codes=case.fails)
        choose(outbox, case.order)
        if not case.approved:
            stop(outbox)
        before = len(fake.messages())
        assert tell(outbox, generation) == []
        send_to_the_end(outbox, fake, webhook)
        assert [message["type"] for message in fake.messages()[before:]] == case.kinds, case
        told = outbox.notices()[-1]
        asked = [each["why"] for each in outbox.asked()][asked_before:]
        asked_before += len(asked)
        assert (told.state, asked) == (("failed", [case.asked]) if case.asked else ("delivered", [])), case
        assert told.channel == {"ATA": "ALIMTALK"}.get(case.kinds[-1], case.kinds[-1])
    assert len(outbox.notices()) == len(TABLE), "one entry a telling, whatever was tried"


def test_a_persons_call_at_once_writes_no_text_and_a_voice_needs_its_hour_and_korean(
    outbox: Outbox, fake: Any, webhook: Any
) -> None:
    choose(outbox, PERSON)
    (call,) = tell(outbox, 1)
    assert (call.phone, call.by_voice) == (CHILD, False) and outbox.notices() == []
    choose(outbox, VOICE_ONLY)
    (call,) = tell(outbox, 2, language="en")
    assert call.variant == "requester.en" and outbox.notices() == [], "the voice speaks Korean alone"
    assert tell(outbox, 3) == []
    change(outbox, "voice_hours", [])
    send_to_the_end(outbox, fake, webhook)
    assert [each["why"] for each in outbox.asked()] == ["no_voice"] and fake.messages() == []
    choose(outbox, VOICE_FIRST)
    tell(outbox, 4)
    send_to_the_end(outbox, fake, webhook)
    assert [message["type"] for message in fake.messages()] == ["LMS"], "at night the text comes first"
