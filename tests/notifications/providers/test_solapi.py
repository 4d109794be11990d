"""The Solapi adapter over real HTTP: clear answers, unclear ones, and never the same text twice."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.clock import now
from notifications.providers.base import (
    Accepted,
    Fault,
    Found,
    MessageState,
    NextStep,
    NotFound,
    OutgoingMessage,
    ReceiptError,
    Refused,
    Unclear,
    after_unclear,
    send_one,
)
from notifications.providers.solapi import SolapiProvider

MESSAGE = OutgoingMessage("17-1", "+821011112222", "+8215881234", "SMS", "[온누리보일러] 안녕하세요")
LONG = replace(MESSAGE, our_id="18-1", channel="LMS", text="가" * 100, subject="[온누리보일러] 방문 안내")
Connect = Callable[..., SolapiProvider]
StartFake = Callable[..., AbstractContextManager[Any]]


def test_a_text_arrives_as_it_was_written(solapi: SolapiProvider, fake: Any) -> None:
    outcome = send_one(solapi, LONG, now=now())
    assert isinstance(outcome, Accepted)
    assert outcome.group_id
    (arrived,) = fake.messages()
    assert (arrived["to"], arrived["from"]) == ("01011112222", "15881234")
    assert (arrived["type"], arrived["subject"], arrived["text"]) == ("LMS", LONG.subject, LONG.text)
    assert arrived["customFields"] == {"noticeId": "18-1"}
    assert arrived["messageId"] == outcome.provider_id


def test_every_call_signs_anew(solapi: SolapiProvider, fake: Any) -> None:
    moment = now()
    assert isinstance(send_one(solapi, MESSAGE, now=moment), Accepted)
    assert isinstance(send_one(solapi, replace(MESSAGE, our_id="17-2"), now=moment), Accepted)
    assert len(fake.messages()) == 2


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("1060", Fault.PERMANENT),
        ("1062", Fault.CONFIGURATION),
        ("1030", Fault.OPERATOR),
        ("1024", Fault.RETRY),
    ],
)
def test_a_refusal_on_entry_says_who_can_mend_it(
    solapi: SolapiProvider, fake: Any, code: str, fault: Fault
) -> None:
    fake.control(refuse_codes={"01011112222": code})
    outcome = send_one(solapi, MESSAGE, now=now())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.fault) == (code, fault)
    assert fake.messages() == []


def test_an_unregistered_sender_is_refused(solapi: SolapiProvider, fake: Any) -> None:
    fake.control(senders=["15990000"])
    outcome = send_one(solapi, MESSAGE, now=now())
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.fault) == ("1062", Fault.CONFIGURATION)


def test_a_house_proxy_does_not_come_between(
    fake: Any, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    provider = connect(fake.url)
    assert isinstance(send_one(provider, MESSAGE, now=now()), Accepted)
    provider.close()


def test_a_wrong_key_is_a_matter_of_configuration(fake: Any) -> None:
    provider = SolapiProvider(api_key="OTHER", api_secret="SECRET", base_url=fake.url)
    outcome = send_one(provider, MESSAGE, now=now())
    provider.close()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.fault) == ("InvalidAPIKey", Fault.CONFIGURATION)


def test_a_clock_far_off_is_told(solapi: SolapiProvider) -> None:
    outcome = send_one(solapi, MESSAGE, now=now() - timedelta(minutes=16))
    assert isinstance(outcome, Refused)
    assert outcome.code == "RequestTimeTooSkewed"


def test_what_never_left_may_simply_go_again(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    provider = connect(f"http://127.0.0.1:{port}")
    outcome = send_one(provider, MESSAGE, now=now())
    provider.close()
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.fault) == ("NOT_SENT", Fault.RETRY)


@pytest.mark.parametrize("stored", [True, False])
def test_a_5xx_is_unclear_and_the_list_tells(solapi: SolapiProvider, fake: Any, stored: bool) -> None:
    fake.control(next_faults=[{"status": 503, "stored": stored}])
    tried_at = now()
    assert isinstance(send_one(solapi, MESSAGE, now=tried_at), Unclear)
    outcome = solapi.find(MESSAGE, tried_at=tried_at, now=now())
    if stored:
        assert isinstance(outcome, Found)
        assert outcome.state is MessageState.ACCEPTED
        assert outcome.provider_id == fake.messages()[0]["messageId"]
    else:
        assert outcome == NotFound(remembers=True)
        assert after_unclear(outcome, tried_at=tried_at, now=tried_at) is NextStep.ASK_AGAIN
        later = tried_at + timedelta(seconds=15)
        assert after_unclear(outcome, tried_at=tried_at, now=later) is NextStep.SEND_AGAIN


@pytest.mark.parametrize(
    ("kept_at", "tried_at", "asked_at"),
    [(10, 11, 10), (11, 11, 10)],
    ids=["our clock was an hour ahead", "it is an hour behind"],
)
def test_a_text_is_looked_for_where_it_is_after_our_clock_went_back(
    kept_at: int, tried_at: int, asked_at: int
) -> None:
    """The provider's clock is right all the time."""
    day = datetime(2026, 12, 1, tzinfo=UTC)
    kept = day + timedelta(hours=kept_at)

    def respond(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        inside = asked["startDate"] <= kept.strftime("%Y-%m-%dT%H:%M:%S") <= asked["endDate"]
        entry = {"messageId": "M1", "customFields": {"noticeId": "17-1"}}
        return httpx.Response(200, json={"messageList": {"M1": entry} if inside else {}})

    tried, now_ = day + timedelta(hours=tried_at), day + timedelta(hours=asked_at)
    assert isinstance(answering(respond).find(MESSAGE, tried_at=tried, now=now_), Found)


def test_a_time_out_is_unclear_and_the_text_is_found(fake: Any, connect: Connect) -> None:
    fake.control(next_faults=[{"stall_s": 30, "stored": True}])
    provider = connect(fake.url, timeout_s=0.2)
    tried_at = now()
    assert isinstance(send_one(provider, MESSAGE, now=tried_at), Unclear)
    assert isinstance(provider.find(MESSAGE, tried_at=tried_at, now=now()), Found)
    provider.close()


def test_a_provider_that_lost_its_memory_is_not_sent_to_again(
    start_fake: StartFake, connect: Connect
) -> None:
    with start_fake() as before:
        before.control(next_faults=[{"status": 500, "stored": True}])
        first = connect(before.url)
        tried_at = now()
        assert isinstance(send_one(first, MESSAGE, now=tried_at), Unclear)
        first.close()
    with start_fake() as after:
        second = connect(after.url)
        outcome = second.find(MESSAGE, tried_at=tried_at, now=now())
        second.close()
    assert outcome == NotFound(remembers=False)
    hour_later = tried_at + timedelta(hours=1)
    assert after_unclear(outcome, tried_at=tried_at, now=tried_at) is NextStep.ASK_AGAIN
    assert after_unclear(outcome, tried_at=tried_at, now=hour_later) is NextStep.GIVE_UP


def test_when_nobody_answers_we_go_on_asking(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    provider = connect(f"http://127.0.0.1:{port}")
    outcome = provider.find(MESSAGE, tried_at=now(), now=now())
    provider.close()
    assert isinstance(outcome, Unclear)
    assert after_unclear(outcome, tried_at=now(), now=now()) is NextStep.ASK_AGAIN


def test_another_text_to_the_same_number_is_not_taken_for_ours(solapi: SolapiProvider) -> None:
    send_one(solapi, replace(MESSAGE, our_id="16-1"), now=now())
    assert isinstance(solapi.find(MESSAGE, tried_at=now(), now=now()), NotFound)


def answering(respond: Callable[[httpx.Request], httpx.Response]) -> SolapiProvider:
    client = httpx.Client(base_url="http://provider.test", transport=httpx.MockTransport(respond))
    return SolapiProvider(api_key="k", api_secret="s", client=client)


def test_ours_is_found_on_a_later_page() -> None:
    pages = {
        None: {"messageList": {"M2": {"messageId": "M2", "text": "다른 글"}}, "nextKey": "M1"},
        "M1": {"messageList": {"M1": {"messageId": "M1", "customFields": {"noticeId": "17-1"}}}},
    }

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=pages[request.url.params.get("startKey")])

    outcome = answering(respond).find(MESSAGE, tried_at=now(), now=now())
    assert isinstance(outcome, Found)
    assert outcome.provider_id == "M1"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"{}", b'{"messageList": [{}], "failedMessageList": []}', b'{"messageList": 3}'],
)
def test_an_answer_that_says_nothing_is_unclear(body: bytes) -> None:
    assert isinstance(
        send_one(answering(lambda _: httpx.Response(200, content=body)), MESSAGE, now=now()), Unclear
    )


@pytest.mark.parametrize("status", [301, 404, 429])
def test_a_refused_request_is_certain(status: int) -> None:
    outcome = send_one(answering(lambda _: httpx.Response(status)), MESSAGE, now=now())
    assert isinstance(outcome, Refused)
    assert outcome.fault is (Fault.RETRY if status == 429 else Fault.CONFIGURATION)


def test_a_list_without_custom_fields_is_matched_by_its_text() -> None:
    entry = {"messageId": "M1", "statusCode": "4000", "text": MESSAGE.text, "to": "01011112222"}
    listed = {"messageList": {"M1": entry}, "nextKey": None}
    outcome = answering(lambda _: httpx.Response(200, json=listed)).find(MESSAGE, tried_at=now(), now=now())
    assert outcome == Found("M1", MessageState.DELIVERED, "4000")


def test_a_list_without_end_is_unclear_not_empty() -> None:
    listed = {"messageList": {}, "nextKey": "M1"}
    outcome = answering(lambda _: httpx.Response(200, json=listed)).find(MESSAGE, tried_at=now(), now=now())
    assert isinstance(outcome, Unclear)


REPORT = {
    "eventDataId": "E1",
    "retryCount": 0,
    "data": {
        "messageId": "M1",
        "statusCode": "4000",
        "customFields": {"noticeId": "17-1"},
        "dateReceived": "2026-12-01T05:00:00.000Z",
    },
}


def test_a_webhook_is_read_in_our_words(solapi: SolapiProvider) -> None:
    (receipt,) = solapi.parse_webhook([REPORT])
    assert (receipt.event_id, receipt.our_id, receipt.provider_id) == ("E1", "17-1", "M1")
    assert (receipt.state, receipt.fault) == (MessageState.DELIVERED, None)
    assert receipt.at == datetime.fromisoformat("2026-12-01T05:00:00+00:00")
    assert receipt.body == REPORT


def test_a_webhook_of_another_system_has_no_id_of_ours(solapi: SolapiProvider) -> None:
    data = {"messageId": "M1", "statusCode": "3050", "customFields": None, "dateReceived": "어제"}
    (receipt,) = solapi.parse_webhook([{"eventDataId": "E1", "data": data}])
    assert (receipt.our_id, receipt.at) == (None, None)
    assert (receipt.state, receipt.fault) == (MessageState.FAILED, Fault.PERMANENT)


@pytest.mark.parametrize(
    "payload",
    [None, {}, "x", [1], [{}], [{"eventDataId": "E1"}], [{"eventDataId": "E1", "data": {"messageId": "M1"}}]],
)
def test_a_malformed_webhook_is_refused(solapi: SolapiProvider, payload: object) -> None:
    with pytest.raises(ReceiptError):
        solapi.parse_webhook(payload)
