"""The outbox against a provider over real HTTP: a text goes out once, or a person is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.db import Database
from notifications import delivery, rules, service, text_instead
from notifications.catalogue import Role
from notifications.messages import Event
from notifications.models import Notice
from notifications.providers.base import (
    Accepted,
    Channel,
    FindOutcome,
    Handed,
    OutgoingMessage,
    Receipt,
    SendOutcome,
    Unclear,
)
from notifications.providers.solapi import SolapiProvider
from notifications.recipients import Party
from tests.notifications.outbox import CHILD, PARENT, Outbox, make_outbox

BOTH = [Party(Role.REQUESTER, "김민수", CHILD, True), Party(Role.RESIDENT, "김영자", PARENT, True)]


@pytest.fixture
def outbox(database: Database, solapi: SolapiProvider) -> Outbox:
    return make_outbox(database, solapi)


class Killed(BaseException):
    """The worker is gone: nothing after this line runs."""


class DyingProvider:
    """Dies like a killed worker: before the provider is called, or after it has taken the text."""

    name = "solapi"
    channels: frozenset[Channel] = frozenset({"SMS", "LMS"})
    batch = 100
    polls = False

    def __init__(self, real: SolapiProvider, *, takes: bool) -> None:
        self._real, self._takes = real, takes

    def send_many(self, messages: Sequence[OutgoingMessage], *, now: Any) -> list[SendOutcome]:
        if self._takes:
            self._real.send_many(messages, now=now)
        raise Killed

    def find(self, message: OutgoingMessage, *, tried_at: Any, now: Any) -> FindOutcome:
        raise Killed

    def reports(self, handed: Sequence[Handed], *, now: Any) -> list[Receipt]:
        raise Killed

    def parse_webhook(self, payload: object) -> list[Receipt]:
        raise Killed

    def close(self) -> None:
        raise Killed


def test_a_text_is_sent_once_however_often_the_job_comes(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "accepted"
    outbox.clock.tick(hours=1)
    assert outbox.send(notice).state == "accepted"
    (arrived,) = fake.messages()
    assert (arrived["to"], arrived["from"]) == ("01098765432", "15880000")
    assert arrived["customFields"] == {"noticeId": f"{notice}-1"}
    assert outbox.tell() == [notice]


def test_two_workers_at_once_send_one_text(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    fake.control(next_faults=[{"stall_s": 0.4}])
    workers = [threading.Thread(target=outbox.send, args=(notice,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(fake.messages()) == 1
    assert outbox.notice(notice).state == "accepted"


def test_nothing_is_open_in_the_database_while_the_provider_is_called(
    outbox: Outbox, database: Database
) -> None:
    (notice,) = outbox.tell()
    seen: list[str] = []

    class Looking(DyingProvider):
        def send_many(self, messages: Sequence[OutgoingMessage], *, now: Any) -> list[SendOutcome]:
            seen.append(outbox.notice(notice).state)
            assert outbox.row(notice).sending_since == outbox.clock()
            assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
            return [Accepted("M1")]

    outbox.send(notice, Looking(None, takes=False))  # type: ignore[arg-type]
    assert seen == ["queued"]
    assert outbox.row(notice).provider_message_id == "M1"


@pytest.mark.parametrize("stored", [True, False])
def test_after_a_5xx_the_provider_is_asked_before_it_is_sent_again(
    outbox: Outbox, fake: Any, stored: bool
) -> None:
    fake.control(next_faults=[{"status": 503, "stored": stored}])
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "queued"
    assert outbox.send(notice).state == "queued", "not before the provider had time to settle"
    outbox.clock.tick(seconds=16)
    assert outbox.sweep() == 1
    assert outbox.send(notice).state == "accepted"
    (arrived,) = fake.messages()
    assert arrived["customFields"] == {"noticeId": f"{notice}-{1 if stored else 2}"}
    assert outbox.asked() == []


def test_after_a_time_out_the_text_is_found_and_not_sent_again(
    outbox: Outbox, fake: Any, connect: Callable[..., SolapiProvider]
) -> None:
    fake.control(next_faults=[{"stall_s": 1.0, "stored": True}])
    hasty = connect(fake.url, timeout_s=0.2)
    (notice,) = outbox.tell()
    assert outbox.send(notice, hasty).problem == "unclear: ReadTimeout: timed out"
    outbox.clock.tick(seconds=16)
    settled = outbox.send(notice)
    assert (settled.state, settled.problem, settled.attempts) == ("accepted", None, 1)
    assert outbox.row(notice).provider_message_id == fake.messages()[0]["messageId"]
    assert len(fake.messages()) == 1
    hasty.close()


@pytest.mark.parametrize("takes", [True, False])
def test_killed_between_claim_and_record(
    outbox: Outbox, fake: Any, solapi: SolapiProvider, takes: bool
) -> None:
    (notice,) = outbox.tell()
    with pytest.raises(Killed):
        outbox.send(notice, DyingProvider(solapi, takes=takes))
    assert len(fake.messages()) == takes
    assert outbox.send(notice).state == "queued", "the dead worker's lease still runs"
    assert outbox.sweep() == 0
    outbox.clock.tick(seconds=rules.LEASE.total_seconds() + 1)
    assert outbox.send(notice).state == "accepted"
    assert len(fake.messages()) == 1


def test_a_worker_that_slept_between_claim_and_call_puts_it_back(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    outbox.clock.tick(minutes=5)
    moments = iter([outbox.clock() - timedelta(minutes=5), outbox.clock(), outbox.clock()])
    delivery.send_notice(
        outbox.database, notice_id=notice, carriers=outbox.carriers, clock=lambda: next(moments)
    )
    assert fake.messages() == []
    assert outbox.send(notice).state == "accepted", "nobody has to be asked what became of it"
    assert [message["customFields"] for message in fake.messages()] == [{"noticeId": f"{notice}-1"}]


def test_a_provider_that_lost_its_memory_is_never_trusted_with_a_second_send(
    outbox: Outbox, fake: Any
) -> None:
    fake.control(next_faults=[{"status": 503, "stored": True}])
    outbox.clock.tick(days=-1)  # the fake's list begins after this try
    fake_now = outbox.clock.at
    (notice,) = outbox.tell()

    class Forgetful(DyingProvider):
        def send_many(self, messages: Sequence[OutgoingMessage], *, now: Any) -> list[SendOutcome]:
            return [Unclear("HTTP 503")]

        def find(self, message: OutgoingMessage, *, tried_at: Any, now: Any) -> FindOutcome:
            assert tried_at == fake_now
            return outbox.carriers.accounts["solapi"].find(
                message, tried_at=tried_at, now=now + timedelta(days=1)
            )

    provider = Forgetful(None, takes=False)  # type: ignore[arg-type]
    for _ in range(12):
        outbox.send(notice, provider)
        outbox.clock.tick(seconds=60)
    settled = outbox.notice(notice)
    assert (settled.state, settled.problem, settled.attempts) == ("unknown", "unclear", 1)
    assert [asked["why"] for asked in outbox.asked()] == ["unclear"]


def test_a_dead_number_fails_and_a_person_is_asked_once(outbox: Outbox, fake: Any) -> None:
    fake.control(refuse_codes={"01098765432": "1060"})
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "failed"
    assert outbox.send(notice).problem == "permanent:1060 접수 거부"
    (asked,) = outbox.asked()
    assert (asked["told"], asked["recipient"], asked["why"]) == ("EN_ROUTE", "requester", "permanent")


def test_a_busy_provider_is_tried_again_with_growing_pauses(outbox: Outbox, fake: Any) -> None:
    fake.control(refuse_codes={"01098765432": "1024"})
    (notice,) = outbox.tell()
    pauses = []
    for _ in range(4):
        outbox.send(notice)
        pause = outbox.row(notice).next_try_at - outbox.clock()
        pauses.append(int(pause.total_seconds()))
        outbox.clock.at = outbox.row(notice).next_try_at
    assert pauses == list(rules.RETRY_PAUSES_S[:4])
    fake.control(refuse_codes={})
    assert outbox.send(notice).state == "accepted"
    (arrived,) = fake.messages()
    assert arrived["customFields"] == {"noticeId": f"{notice}-5"}


def test_an_unregistered_sender_is_seen_and_tried_slowly(outbox: Outbox, fake: Any) -> None:
    from notifications.queries import list_troubles

    fake.control(senders=["15990000"])
    (notice,) = outbox.tell()
    outbox.send(notice)
    assert outbox.row(notice).next_try_at - outbox.clock() == rules.SLOW_PAUSE
    with outbox.database.reading() as session:
        (trouble,) = list_troubles(session, company_id=outbox.company_id)
    assert (trouble.fault, trouble.code, trouble.count) == ("configuration", "1062 발신번호 미등록", 1)
    fake.control(senders=None)
    outbox.clock.tick(minutes=10)
    assert outbox.send(notice).state == "accepted"


def test_news_that_is_too_old_is_not_sent_but_told_by_a_person(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    outbox.clock.tick(minutes=31)
    assert outbox.send(notice).state == "failed"
    assert fake.messages() == []
    assert [asked["why"] for asked in outbox.asked()] == ["too_late"]


def test_switched_off_texts_stay_in_the_outbox(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    assert outbox.sweep() == 0, "its own wake-up is waiting already"
    delivery.send_notice(outbox.database, notice_id=notice, carriers=None, clock=outbox.clock)
    assert outbox.notice(notice).state == "queued"
    assert outbox.row(notice).next_try_at - outbox.clock() == rules.SLOW_PAUSE
    assert fake.messages() == []


def test_what_was_withdrawn_is_not_sent(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    assert _withdraw(outbox) == 1
    assert outbox.send(notice).state == "withdrawn"
    assert fake.messages() == []
    assert outbox.asked() == []


def test_withdrawn_while_its_sending_was_unclear_is_never_sent_again(outbox: Outbox, fake: Any) -> None:
    fake.control(next_faults=[{"status": 503, "stored": False}])
    (notice,) = outbox.tell()
    outbox.send(notice)
    assert _withdraw(outbox) == 0
    outbox.clock.tick(seconds=16)
    settled = outbox.send(notice)
    assert (settled.state, settled.withdrawn_reason) == ("withdrawn", "취소")
    assert fake.messages() == []


def test_without_a_report_for_three_days_it_is_unknown(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    outbox.send(notice)
    outbox.clock.tick(hours=72)
    assert outbox.sweep() == 0
    outbox.clock.tick(seconds=1)
    assert outbox.sweep() == 1
    assert outbox.notice(notice).state == "unknown"
    assert outbox.sweep() == 0


def test_a_push_that_nobody_saw_goes_on_as_a_text_though_its_wake_up_still_waits(outbox: Outbox) -> None:
    (notice,) = outbox.tell()
    with outbox.database.transaction() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        row = session.get_one(Notice, notice)
        row.channel, row.fall_back_at = "PUSH", outbox.clock()
        session.add(row)
    assert outbox.sweep() == 1
    with outbox.database.transaction() as session:
        assert text_instead.fall_back_unseen(session, now=outbox.clock()) == 1
        assert session.execute(text("SELECT task_name FROM procrastinate_jobs")).scalars().all() == [
            "send_notice"
        ]
    assert outbox.send(notice).state == "accepted"


def test_each_recipient_has_a_text_of_his_own(outbox: Outbox, fake: Any) -> None:
    for notice in outbox.tell(people=BOTH):
        outbox.send(notice)
    assert {message["to"] for message in fake.messages()} == {"01098765432", "01055550101"}
    assert {notice.recipient for notice in outbox.notices()} == {"requester", "resident"}


def _withdraw(outbox: Outbox) -> int:
    with outbox.database.transaction() as session:
        return service.withdraw(
            session, ticket_id=outbox.ticket_id, events=[Event.EN_ROUTE], reason="취소", now=outbox.clock()
        )
