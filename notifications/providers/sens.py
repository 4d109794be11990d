"""NAVER Cloud SENS: texts (sms v2) and 알림톡 (alimtalk v2), over httpx.

Confirmed in the provider's public documents: hosts, paths, the bodies with at most 100 `messages`, the three
`x-ncp-…` headers and their clock of five minutes, the list by `requestId` or by `requestStartTime` and
`requestEndTime` (<= 30 days) with `to` and `from`, `pageSize` (<= 100) and `nextToken`, the fields of an
entry, 90 days of memory for texts and 30 for 알림톡; an empty 404 stands for an empty list. The layout of
what is signed (`METHOD uri\\n timestamp\\n accessKey` without the blanks) is that of a dozen public programs
that send with it; the documents name the headers alone. Codes of a text's end: `carrier_codes`.

There is no field for an id of ours and no webhook. A text is told apart by its number within the request
(`requests_of` puts no number into one twice), and one whose sending ended unclear by number and words within
the time of the try, without those whose request we know. Too long a text is cut silently there: it never
gets that far (`texts.fit_channel`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Sequence
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
from notifications.providers.carrier_codes import fault_of_alimtalk, fault_of_http, fault_of_text
from notifications.providers.http import (
    TIMEOUT_S,
    AnswerError,
    ask_to_send,
    asked_in_turn,
    is_about_the_body,
    json_of,
    korean_time,
    looked_up,
    open_client,
    read_korean_time,
)

BASE_URL = "https://sens.apigw.ntruss.com"
BATCH = 100
PAGE = 100
MAX_PAGES = 20
CLOCK_SLACK = timedelta(minutes=5)
MEMORY = timedelta(days=29)


class SensProvider:
    """One SENS project; thread-safe. Without a `client` it makes its own, which `close` lets go."""

    name = "sens"
    batch = BATCH
    polls = True

    def __init__(
        self,
        *,
        access_key: str,
        secret_key: str,
        sms_service: str,
        alimtalk_service: str = "",
        base_url: str = BASE_URL,
        timeout_s: float = TIMEOUT_S,
        client: httpx.Client | None = None,
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key.encode()
        self._sms = f"/sms/v2/services/{sms_service}/messages"
        self._alimtalk = f"/alimtalk/v2/services/{alimtalk_service}/messages"
        self.channels: frozenset[Channel] = frozenset(
            ("SMS", "LMS", "ALIMTALK") if alimtalk_service else ("SMS", "LMS")
        )
        self._client = client or open_client(base_url, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send_many(self, messages: Sequence[OutgoingMessage], *, now: datetime) -> list[SendOutcome]:
        """One POST: all are taken under one request id, or none is."""
        first = messages[0]
        body = _alimtalk_body(messages) if first.template else _text_body(messages)
        answer = ask_to_send(lambda: self._call("POST", self._path(first), now=now, json=body))
        if not isinstance(answer, httpx.Response):
            return [answer] * len(messages)
        said = json_of(answer)
        if answer.status_code >= 300:
            return [_refusal(answer, said)] * len(messages)
        request_id = str(said.get("requestId", ""))
        if answer.status_code != 202 or not request_id:
            return [Unclear("the answer names no request")] * len(messages)
        if first.template is None:
            return [Accepted(request_id)] * len(messages)
        return [_taken_alimtalk(message, said, request_id) for message in messages]

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        """Look through what went to that number around the try, then whether the list reaches back at all."""
        begins = tried_at if tried_at <= now else now - MEMORY
        ends = max(tried_at, now) + CLOCK_SLACK
        try:
            for entry in self._listed(message, begins - CLOCK_SLACK, ends, now=now, to=message.to):
                if entry.get("content") == message.text and entry.get("requestId") not in message.earlier:
                    state, code, fault = _end_of(entry, message)
                    return Found(str(entry.get("requestId", "")), state, code, fault)
            before = self._listed(message, tried_at - MEMORY, tried_at, now=now, page=1)
            remembered = next(before, None)
        except (httpx.HTTPError, AnswerError) as error:
            return Unclear(f"{type(error).__name__}: {error}")
        return NotFound(remembers=remembered is not None)

    def reports(self, handed: Sequence[Handed], *, now: datetime) -> list[Receipt]:
        """Ask once a request, whatever it carried; one that is not answered is asked for again later."""
        of_request: dict[tuple[str, str], list[Handed]] = defaultdict(list)
        for each in handed:
            of_request[self._path(each.message), each.provider_id].append(each)

        def answer(request: tuple[str, str]) -> Iterator[Receipt]:
            path, request_id = request
            entries = self._pages(path, {"requestId": request_id}, now=now)
            by_number = {str(entry.get("to", "")): entry for entry in entries}
            for each in of_request[request]:
                entry = by_number.get(dialled(each.message.to))
                if entry is not None:
                    yield from _receipt(each, entry)

        return asked_in_turn(of_request, answer)

    def parse_webhook(self, payload: object) -> list[Receipt]:
        """This provider posts nothing."""
        raise ReceiptError(f"SENS posts no reports: {type(payload).__name__}")

    def _path(self, message: OutgoingMessage) -> str:
        return self._alimtalk if message.channel == "ALIMTALK" else self._sms

    def _call(self, method: str, path: str, *, now: datetime, **rest: Any) -> httpx.Response:
        request = self._client.build_request(method, path, **rest)
        timestamp = str(int(now.timestamp() * 1000))
        signed = f"{method} {request.url.raw_path.decode()}\n{timestamp}\n{self._access_key}"
        digest = hmac.new(self._secret_key, signed.encode(), hashlib.sha256).digest()
        request.headers["x-ncp-apigw-timestamp"] = timestamp
        request.headers["x-ncp-iam-access-key"] = self._access_key
        request.headers["x-ncp-apigw-signature-v2"] = base64.b64encode(digest).decode()
        return self._client.send(request)

    def _listed(
        self,
        message: OutgoingMessage,
        since: datetime,
        until: datetime,
        *,
        now: datetime,
        to: str | None = None,
        page: int = PAGE,
    ) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {
            "requestStartTime": korean_time(since),
            "requestEndTime": korean_time(until),
            "pageSize": page,
        }
        if message.template is not None:
            query["plusFriendId"] = message.template.channel_key
        if to is not None:
            query["to"] = dialled(to)
        return self._pages(self._path(message), query, now=now)

    def _pages(self, path: str, query: dict[str, Any], *, now: datetime) -> Iterator[dict[str, Any]]:
        """Entries page by page. Running out of pages is an error, not an end."""
        query = {"pageSize": PAGE, **query}
        for _page in range(MAX_PAGES):
            answer = self._call("GET", path, now=now, params=query)
            if answer.status_code == 404 and not answer.content:
                return
            body = json_of(answer)
            if answer.status_code >= 300 or not isinstance(body.get("messages"), list):
                raise AnswerError(f"HTTP {answer.status_code} {body.get('statusCode', '')}")
            yield from (entry for entry in body["messages"] if isinstance(entry, dict))
            if not body.get("nextToken"):
                return
            query["nextToken"] = body["nextToken"]
        raise AnswerError(f"more than {MAX_PAGES} pages")


def _text_body(messages: Sequence[OutgoingMessage]) -> dict[str, Any]:
    first = messages[0]
    return {
        "type": first.channel,
        "contentType": "AD" if first.advert else "COMM",
        "countryCode": "82",
        "from": dialled(first.sender),
        "content": first.text,
        "messages": [
            {
                "to": dialled(each.to),
                "content": each.text,
                **({"subject": each.subject} if each.subject is not None else {}),
            }
            for each in messages
        ],
    }


def _alimtalk_body(messages: Sequence[OutgoingMessage]) -> dict[str, Any]:
    template = messages[0].template
    assert template is not None
    return {
        "plusFriendId": template.channel_key,
        "templateCode": template.code,
        "messages": [
            {
                "countryCode": "82",
                "to": dialled(each.to),
                "content": each.text,
                "useSmsFailover": False,
            }
            for each in messages
        ],
    }


def _refusal(answer: httpx.Response, said: dict[str, Any]) -> Refused:
    error = said.get("error")
    error = error if isinstance(error, dict) else said
    code = str(error.get("errorCode") or error.get("statusCode") or f"HTTP_{answer.status_code}")
    fault, whole = fault_of_http(answer.status_code), is_about_the_body(answer.status_code)
    return Refused(code, fault, str(error.get("message", "")), as_a_whole=whole)


def _taken_alimtalk(message: OutgoingMessage, said: dict[str, Any], request_id: str) -> SendOutcome:
    """알림톡 is looked at one by one on entry: A000 was taken, anything else was not."""
    to = dialled(message.to)
    listed = said.get("messages")
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and entry.get("to") == to:
            code = str(entry.get("requestStatusCode", ""))
            if code == "A000":
                return Accepted(request_id)
            return Refused(code, fault_of_alimtalk(code), str(entry.get("requestStatusDesc", "")))
    return Unclear("the answer does not name this number")


def _end_of(entry: dict[str, Any], message: OutgoingMessage) -> tuple[MessageState, str, Fault | None]:
    """Where an entry of the list stands."""
    if message.channel == "ALIMTALK":
        code = str(entry.get("messageStatusCode") or "")
        if not code:
            return MessageState.ACCEPTED, str(entry.get("requestStatusCode") or "A000"), None
        if code == "0000":
            return MessageState.DELIVERED, code, None
        return MessageState.FAILED, code, fault_of_alimtalk(code)
    code = str(entry.get("statusCode") or "")
    if entry.get("status") != "COMPLETED" or not code:
        return MessageState.ACCEPTED, str(entry.get("status") or "READY"), None
    if code == "0":
        return MessageState.DELIVERED, code, None
    return MessageState.FAILED, code, fault_of_text(code)


def _receipt(handed: Handed, entry: dict[str, Any]) -> list[Receipt]:
    return looked_up(
        handed,
        entry,
        key=f"sens:{handed.provider_id}:{handed.message.our_id}",
        end=_end_of(entry, handed.message),
        at=read_korean_time(entry.get("completeTime")),
        kept=("messageId", "status", "statusCode", "messageStatusCode"),
    )
