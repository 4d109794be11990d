"""The fake itself: signatures as strict as the real ones, reports, faults, and its own process."""

from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from core.clock import now
from notifications.fake_provider.app import API_KEY, API_SECRET
from notifications.providers.base import (
    Accepted,
    MessageState,
    OutgoingMessage,
    Unclear,
    later_state,
    send_one,
)
from notifications.providers.solapi import SolapiProvider

MESSAGE = OutgoingMessage("17-1", "+821011112222", "+8215881234", "SMS", "[온누리보일러] 안녕하세요")


def header(
    at: datetime, salt: str = "s" * 16, key: str = API_KEY, secret: str = API_SECRET
) -> dict[str, str]:
    date = at.isoformat()
    signature = hmac.new(secret.encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
    value = f"HMAC-SHA256 apiKey={key}, date={date}, salt={salt}, signature={signature}"
    return {"Authorization": value}


def error_of(fake: Any, headers: dict[str, str]) -> tuple[int, str]:
    answer: httpx.Response = fake.client.get("/messages/v4/list", headers=headers)
    return answer.status_code, answer.json().get("errorCode", "")


def test_a_signature_is_good_once(fake: Any) -> None:
    signed = header(now())
    assert error_of(fake, signed) == (200, "")
    assert error_of(fake, signed) == (403, "DuplicatedSignature")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_stale_or_future_date_is_refused(fake: Any, minutes: int) -> None:
    signed = header(now() + timedelta(minutes=minutes))
    assert error_of(fake, signed) == (403, "RequestTimeTooSkewed")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_date_within_fifteen_minutes_passes(fake: Any, minutes: int) -> None:
    assert error_of(fake, header(now() + timedelta(minutes=minutes))) == (200, "")


def test_a_bad_signature_key_salt_or_none_at_all_is_refused(fake: Any) -> None:
    assert error_of(fake, header(now(), secret="wrong")) == (403, "SignatureDoesNotMatch")
    assert error_of(fake, header(now(), salt="short")) == (403, "SignatureDoesNotMatch")
    assert error_of(fake, header(now(), key="OTHER")) == (403, "InvalidAPIKey")
    assert error_of(fake, {}) == (403, "InvalidAPIKey")
    assert error_of(fake, {"Authorization": f"HMAC-SHA256 apiKey={API_KEY}, date=yesterday"})[1] == (
        "RequestTimeTooSkewed"
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "가" * 46}, "1031"),
        ({"text": "안녕 😀"}, "1029"),
        ({"subject": "제목"}, "1013"),
        ({"type": "LMS", "subject": "가" * 21}, "1014"),
        ({"to": "010-1111-2222"}, "1011"),
        ({"customFields": {"noticeId": "x" * 101}}, "1032"),
    ],
)
def test_what_solapi_refuses_the_fake_refuses(fake: Any, change: dict[str, Any], code: str) -> None:
    message = {"to": "01011112222", "from": "15881234", "text": "안녕하세요", "type": "SMS", **change}
    answer = fake.client.post(
        "/messages/v4/send-many/detail", json={"messages": [message]}, headers=header(now())
    ).json()
    assert [failed["statusCode"] for failed in answer["failedMessageList"]] == [code]
    assert "messageList" not in answer
    assert fake.messages() == []


def test_a_malformed_body_gets_solapis_error_shape(fake: Any) -> None:
    answer = fake.client.post("/messages/v4/send-many/detail", json={"messages": []}, headers=header(now()))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "ValidationError")


def test_a_report_is_posted_as_an_array_and_the_list_follows(
    solapi: SolapiProvider, fake: Any, webhook: Any
) -> None:
    fake.control(webhook_url=webhook.url)
    accepted = send_one(solapi, MESSAGE, now=now())
    assert isinstance(accepted, Accepted)
    assert fake.flush() == 1
    (receipt,) = solapi.parse_webhook(webhook.posts[0])
    assert (receipt.our_id, receipt.provider_id) == ("17-1", accepted.provider_id)
    assert receipt.state is MessageState.DELIVERED
    assert fake.messages()[0]["statusCode"] == "4000"
    assert fake.flush() == 0


def test_a_report_comes_by_itself_after_its_delay(solapi: SolapiProvider, fake: Any, webhook: Any) -> None:
    fake.control(webhook_url=webhook.url, delay_s=0)
    send_one(solapi, MESSAGE, now=now())
    webhook.wait_for(1)
    assert webhook.entries[0]["data"]["statusCode"] == "4000"


def test_failures_are_set_by_number(solapi: SolapiProvider, fake: Any, webhook: Any) -> None:
    fake.control(webhook_url=webhook.url, report_codes={"01011112222": "3050"})
    send_one(solapi, MESSAGE, now=now())
    fake.flush()
    (receipt,) = solapi.parse_webhook(webhook.posts[0])
    assert (receipt.state, receipt.code) == (MessageState.FAILED, "3050")


def test_a_webhook_that_was_not_taken_comes_again_with_the_same_id(
    solapi: SolapiProvider, fake: Any, webhook: Any
) -> None:
    webhook.answers[:] = [500, 500]
    fake.control(webhook_url=webhook.url)
    send_one(solapi, MESSAGE, now=now())
    for _try in range(3):
        fake.flush()
    assert [entry["retryCount"] for entry in webhook.entries] == [0, 1, 2]
    assert len({entry["eventDataId"] for entry in webhook.entries}) == 1
    fake.flush()
    assert len(webhook.posts) == 3


def test_duplicates_bear_the_same_event_id(solapi: SolapiProvider, fake: Any, webhook: Any) -> None:
    fake.control(webhook_url=webhook.url, duplicates=2)
    send_one(solapi, MESSAGE, now=now())
    fake.flush()
    assert [entry["eventDataId"] for entry in webhook.entries] == [webhook.entries[0]["eventDataId"]] * 3


def test_out_of_order_reports_end_in_the_right_state(solapi: SolapiProvider, fake: Any, webhook: Any) -> None:
    fake.control(webhook_url=webhook.url, out_of_order=True)
    send_one(solapi, MESSAGE, now=now())
    send_one(solapi, replace(MESSAGE, our_id="18-1"), now=now())
    fake.flush()
    receipts = [receipt for post in webhook.posts for receipt in solapi.parse_webhook(post)]
    assert [(r.our_id, r.code) for r in receipts[:2]] == [("18-1", "4000"), ("17-1", "4000")]
    assert [r.code for r in receipts[2:]] == ["3000", "3000"]
    state = MessageState.ACCEPTED
    for receipt in receipts:
        state = later_state(state, receipt.state)
    assert state is MessageState.DELIVERED


def test_the_error_rate_strikes_with_and_without_keeping_the_text(solapi: SolapiProvider, fake: Any) -> None:
    fake.control(error_rate=1.0)
    outcomes = [send_one(solapi, replace(MESSAGE, our_id=f"17-{n}"), now=now()) for n in range(4)]
    assert all(isinstance(outcome, Unclear) for outcome in outcomes)
    assert [m["customFields"]["noticeId"] for m in fake.messages()] == ["17-1", "17-3"]


def test_unknown_settings_are_refused_and_the_rest_is_kept(fake: Any) -> None:
    fake.control(duplicates=1)
    assert fake.client.post("/control", json={"duplicate": 2}).status_code == 400
    fake.control(error_rate=0.5)
    shown = fake.client.get("/control").json()
    assert (shown["duplicates"], shown["error_rate"]) == (1, 0.5)


def test_the_list_goes_page_by_page_newest_first(solapi: SolapiProvider, fake: Any) -> None:
    for number in range(3):
        send_one(solapi, replace(MESSAGE, our_id=f"17-{number}"), now=now())
    seen: list[str] = []
    key: str | None = ""
    while key is not None:
        query = {"limit": 2, "to": "01011112222", "startKey": key}
        signed = header(now(), salt=f"page-{key}".ljust(16, "x"))
        page = fake.client.get("/messages/v4/list", params=query, headers=signed).json()
        seen += [message["customFields"]["noticeId"] for message in page["messageList"].values()]
        key = page["nextKey"]
    assert seen == ["17-2", "17-1", "17-0"]


def test_after_a_reset_nothing_is_left(solapi: SolapiProvider, fake: Any, webhook: Any) -> None:
    fake.control(webhook_url=webhook.url, duplicates=1)
    send_one(solapi, MESSAGE, now=now())
    fake.client.post("/control/reset").raise_for_status()
    assert fake.messages() == []
    assert fake.flush() == 0
    assert fake.client.get("/control").json()["duplicates"] == 0


def test_messages_are_shown_by_number(solapi: SolapiProvider, fake: Any) -> None:
    send_one(solapi, MESSAGE, now=now())
    assert len(fake.messages(to="01011112222")) == 1
    assert fake.messages(to="01099998888") == []


def test_it_runs_as_a_process_and_tells_its_port(connect: Callable[..., SolapiProvider]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "notifications.fake_provider", "--port", "0", "--delay", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        provider = connect(process.stdout.readline().strip())
        assert isinstance(send_one(provider, MESSAGE, now=now()), Accepted)
        provider.close()
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()
