"""NHN Cloud Notification, SMS v3.0, over httpx: texts alone. The example of docs/providers.md.

Confirmed in the provider's public documents: `POST /sms/v3.0/appKeys/{appKey}/sender/sms` (and `/mms` for
long ones) with the header `X-Secret-Key`, an answer of 200 whose `header.isSuccessful` decides, the list
under the same path by `requestId` or by `startRequestDate` and `endRequestDate` (<= a month) with
`recipientGroupingKey`, and `msgStatus`/`resultCode` of an entry. Our id travels as `recipientGroupingKey`
(<= 100 characters), so a text whose sending ended unclear is found by it. The words stand once a request,
whoever gets them, so one request carries one text. Results are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from core.phones import dialled
from notifications.providers.base import (
    Accepted,
    Channel,
    Fault,
    FindOutcome,
    Found,
    Handed,
    MessageState,
    NotFound,
    OutgoingMessage,
    Receipt,
    ReceiptError,
    Refused,
    SendOutcome,
    Unclear,
)
from notifications.providers.carrier_codes import fault_of_http, fault_of_text
from notifications.providers.http import (
    TIMEOUT_S,
    AnswerError,
    ask_to_send,
    asked_in_turn,
    json_of,
    korean_time,
    looked_up,
    open_client,
    read_korean_time,
)

BASE_URL = "https://api-sms.cloud.toast.com"
CLOCK_SLACK = timedelta(minutes=15)
MEMORY = timedelta(days=27)
_RETRY_RESULTS = frozenset({-9999, -2021})
_PERMANENT_RESULTS = frozenset({-2018, -2019, -6001})
_OPERATOR_RESULTS = frozenset({-1002, -1008})


class NhnProvider:
    """One app key; thread-safe. Without a `client` it makes its own, which `close` lets go."""

    name = "nhn"
    channels: frozenset[Channel] = frozenset({"SMS", "LMS"})
    batch = 1
    polls = True

    def __init__(
        self,
        *,
        app_key: str,
        secret_key: str,
        base_url: str = BASE_URL,
        timeout_s: float = TIMEOUT_S,
        client: httpx.Client | None = None,
    ) -> None:
        self._base = f"/sms/v3.0/appKeys/{app_key}/sender"
        self._headers = {"X-Secret-Key": secret_key}
        self._client = client or open_client(base_url, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send_many(
        self,
        messages: Sequence[OutgoingMessage],
        *,
        now: datetime,  # noqa: ARG002 - nothing here is signed by the hour
    ) -> list[SendOutcome]:
        """One POST with one text."""
        (message,) = messages
        answer = ask_to_send(
            lambda: self._client.post(self._path(message), headers=self._headers, json=_wire(message))
        )
        if not isinstance(answer, httpx.Response):
            return [answer]
        if answer.status_code >= 300:
            return [Refused(f"HTTP_{answer.status_code}", fault_of_http(answer.status_code))]
        return [_sent(json_of(answer))]

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        """Ask for our id, then whether the list reaches back before the try."""
        begins = tried_at if tried_at <= now else now - MEMORY
        since, until = begins - CLOCK_SLACK, max(tried_at, now) + CLOCK_SLACK
        try:
            ours = self._listed(message, _dates(since, until) | {"recipientGroupingKey": message.our_id})
            if ours:
                state, code, fault = _end_of(ours[0])
                return Found(str(ours[0].get("requestId", "")), state, code, fault)
            remembered = self._listed(message, _dates(tried_at - MEMORY, tried_at) | {"pageSize": 1})
        except (httpx.HTTPError, AnswerError) as error:
            return Unclear(f"{type(error).__name__}: {error}")
        return NotFound(remembers=bool(remembered))

    def reports(self, handed: Sequence[Handed], *, now: datetime) -> list[Receipt]:  # noqa: ARG002
        """One question a text; what is not answered is asked for again later."""
        return asked_in_turn(handed, self._reports_of)

    def parse_webhook(self, payload: object) -> list[Receipt]:
        """This provider posts nothing."""
        raise ReceiptError(f"NHN Cloud posts no reports: {type(payload).__name__}")

    def _reports_of(self, handed: Handed) -> list[Receipt]:
        entries = self._listed(handed.message, {"requestId": handed.provider_id})
        return [receipt for entry in entries for receipt in _receipt(handed, entry)]

    def _path(self, message: OutgoingMessage) -> str:
        return f"{self._base}/{'mms' if message.channel == 'LMS' else 'sms'}"

    def _listed(self, message: OutgoingMessage, query: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self._client.get(self._path(message), headers=self._headers, params=query)
        said = json_of(answer)
        if answer.status_code >= 300 or not said.get("header", {}).get("isSuccessful"):
            raise AnswerError(f"HTTP {answer.status_code} {said.get('header', {}).get('resultCode', '')}")
        data = said.get("body", {}).get("data")
        return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


def _wire(message: OutgoingMessage) -> dict[str, Any]:
    recipient = {
        "recipientNo": dialled(message.to),
        "countryCode": "82",
        "recipientGroupingKey": message.our_id,
    }
    wire: dict[str, Any] = {
        "body": message.text,
        "sendNo": dialled(message.sender),
        "recipientList": [recipient],
    }
    return wire | ({"title": message.subject} if message.subject is not None else {})


def _sent(said: dict[str, Any]) -> SendOutcome:
    header, data = said.get("header"), (said.get("body") or {}).get("data")
    if not isinstance(header, dict) or "isSuccessful" not in header:
        return Unclear("the answer says nothing")
    if not header["isSuccessful"]:
        return _refused(header)
    if not isinstance(data, dict) or not data.get("requestId"):
        return Unclear("the answer names no request")
    results = data.get("sendResultList") or [{}]
    if results[0].get("resultCode", 0) != 0:
        return _refused(results[0])
    return Accepted(str(data["requestId"]))


def _refused(said: dict[str, Any]) -> Refused:
    code = int(said.get("resultCode") or 0)
    fault = Fault.CONFIGURATION
    for codes, meant in (
        (_RETRY_RESULTS, Fault.RETRY),
        (_PERMANENT_RESULTS, Fault.PERMANENT),
        (_OPERATOR_RESULTS, Fault.OPERATOR),
    ):
        if code in codes:
            fault = meant
    return Refused(str(code), fault, str(said.get("resultMessage", "")))


def _end_of(entry: dict[str, Any]) -> tuple[MessageState, str, Fault | None]:
    code = str(entry.get("resultCode") or "")
    if not code:
        return MessageState.ACCEPTED, f"status {entry.get('msgStatus', '')}", None
    if code == "1000":
        return MessageState.DELIVERED, code, None
    return MessageState.FAILED, code, fault_of_text(code)


def _receipt(handed: Handed, entry: dict[str, Any]) -> list[Receipt]:
    return looked_up(
        handed,
        entry,
        key=f"nhn:{handed.provider_id}",
        end=_end_of(entry),
        at=read_korean_time(entry.get("resultDate")),
        kept=("requestId", "msgStatus", "resultCode", "telecomCode"),
    )


def _dates(since: datetime, until: datetime) -> dict[str, Any]:
    return {"startRequestDate": korean_time(since), "endRequestDate": korean_time(until)}
