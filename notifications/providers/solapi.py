"""Solapi (api.solapi.com), messages v4, over httpx: texts, 알림톡 and voice.

Confirmed in the provider's public documents and its Python, Kotlin and Node kits: the HMAC header,
`POST /messages/v4/send-many/detail` with `customFields` (keys <= 30, values <= 100 characters) and
`showMessageList`, `kakaoOptions` (`pfId`, `templateId`, `disableSms`; type ATA) and `voiceOptions`
(`voiceType`; type VOICE), `GET /messages/v4/list` with `to`, `from`, `dateType`, `startDate`, `endDate`,
`limit`, `startKey` -> `nextKey`, or `messageId`, and webhook reports as an array keyed by `eventDataId`. The
list has **no** filter on customFields, so a message is found by number and time and then picked by its custom
field. How webhooks are signed is not published: give the receiving URL an unguessable part.

`disableSms` is set: whether a text follows where 알림톡 does not arrive is the outbox's to decide and show.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core.i18n import _
from core.phones import dialled
from notifications.providers.base import (
    Accepted,
    Channel,
    Fault,
    FindOutcome,
    Found,
    Handed,
    NotFound,
    OutgoingMessage,
    Receipt,
    ReceiptError,
    Refused,
    SendOutcome,
    Unclear,
)
from notifications.providers.http import (
    TIMEOUT_S,
    AnswerError,
    ask_to_send,
    asked_in_turn,
    is_about_the_body,
    json_of,
    looked_up,
    open_client,
)
from notifications.providers.solapi_codes import fault_of, fault_of_error, state_of

BASE_URL = "https://api.solapi.com"
OUR_ID_FIELD = "noticeId"
BATCH = 100
"""The provider takes 10,000; more than this at once would make the slowest of them wait for the others."""
PAGE = 100
MAX_PAGES = 5
CLOCK_SLACK = timedelta(minutes=15)
"""The provider's clock and ours may differ by as much as its signature check allows."""
MEMORY = timedelta(days=30)
"""How far back to look for a sign that the list reaches before our try (logs are kept 6 months)."""

_TYPES: dict[Channel, str] = {"SMS": "SMS", "LMS": "LMS", "ALIMTALK": "ATA", "VOICE": "VOICE"}


class SolapiProvider:
    """One Solapi account; thread-safe. Without a `client` it makes its own, which `close` lets go."""

    name = "solapi"
    channels: frozenset[Channel] = frozenset(_TYPES)
    batch = BATCH
    polls = False

    def __init__(
        self,
        *,
        api_key: str,
        api_secret: str,
        base_url: str = BASE_URL,
        timeout_s: float = TIMEOUT_S,
        client: httpx.Client | None = None,
    ) -> None:
        self._api_key = api_key
        self._api_secret = api_secret
        self._client = client or open_client(base_url, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send_many(self, messages: Sequence[OutgoingMessage], *, now: datetime) -> list[SendOutcome]:
        """One POST. Refused only when the provider certainly does not have it; in doubt Unclear."""
        wire = [_wire(message) for message in messages]
        body = {"messages": wire, "allowDuplicates": False, "showMessageList": True}
        answer = ask_to_send(lambda: self._call("POST", "/messages/v4/send-many/detail", now=now, json=body))
        if not isinstance(answer, httpx.Response):
            return [answer] * len(messages)
        if answer.status_code >= 300:
            return [_refusal(answer)] * len(messages)
        said = json_of(answer)
        return [_sent(message, said, alone=len(messages) == 1) for message in messages]

    def reports(self, handed: Sequence[Handed], *, now: datetime) -> list[Receipt]:
        """What the list says of texts whose report was never posted; one question a text."""

        def answer(each: Handed) -> list[Receipt]:
            entry = next(self._listed({"messageId": each.provider_id, "limit": 1}, now=now), None)
            return _report(each, entry) if entry and entry.get("messageId") == each.provider_id else []

        return asked_in_turn(handed, answer)

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        """Look through what went to that number since the try, then whether the list reaches back at all.

        Where the list leaves custom fields out, the same text to the same number counts as ours: taking
        another's for ours loses a text, the opposite tells someone twice.
        """
        # A try in the future: our clock has gone back, and either of its times may be the wrong one.
        begins = tried_at if tried_at <= now else now - MEMORY
        ends = max(tried_at, now)
        since = {"startDate": _iso(begins - CLOCK_SLACK), "endDate": _iso(ends + CLOCK_SLACK)}
        to, sender = dialled(message.to), dialled(message.sender)
        try:
            for entry in self._listed({"to": to, "from": sender, **since}, now=now):
                if _is_ours(entry, message):
                    code = str(entry.get("statusCode", ""))
                    return Found(str(entry.get("messageId", "")), state_of(code), code, fault_of(code))
            before = {"startDate": _iso(tried_at - MEMORY), "endDate": _iso(tried_at), "limit": 1}
            remembered = next(self._listed(before, now=now), None)
        except (httpx.HTTPError, AnswerError) as error:
            return Unclear(f"{type(error).__name__}: {error}")
        return NotFound(remembers=remembered is not None)

    def parse_webhook(self, payload: object) -> list[Receipt]:
        """`[{"eventDataId", "data": {"messageId", "statusCode", "customFields", …}}]` -> receipts."""
        return read_reports(payload)

    def _call(self, method: str, path: str, *, now: datetime, **rest: Any) -> httpx.Response:
        # A signature is good for one request: every call, and so every try, makes its own.
        return self._client.request(method, path, headers={"Authorization": self._signed(now)}, **rest)

    def _signed(self, now: datetime) -> str:
        date, salt = _iso(now), secrets.token_hex(16)
        signature = hmac.new(self._api_secret.encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
        return f"HMAC-SHA256 apiKey={self._api_key}, date={date}, salt={salt}, signature={signature}"

    def _listed(self, query: dict[str, Any], *, now: datetime) -> Iterator[dict[str, Any]]:
        """Entries of the message list, page by page. Running out of pages is an error, not an end."""
        query = {"dateType": "CREATED", "limit": PAGE, **query}
        for _page in range(MAX_PAGES):
            answer = self._call("GET", "/messages/v4/list", now=now, params=query)
            body = json_of(answer)
            if answer.status_code != 200 or not isinstance(body.get("messageList"), dict):
                raise AnswerError(f"HTTP {answer.status_code} {body.get('errorCode', '')}")
            yield from (entry for entry in body["messageList"].values() if isinstance(entry, dict))
            if not body.get("nextKey"):
                return
            query["startKey"] = body["nextKey"]
        raise AnswerError(f"more than {MAX_PAGES} pages")


def read_reports(payload: object) -> list[Receipt]:
    """Read a decoded webhook body; needs no account. Raises `ReceiptError`."""
    if not isinstance(payload, list):
        raise ReceiptError(_("배달 보고는 목록이어야 합니다."))
    return [_receipt(entry) for entry in payload]


def _wire(message: OutgoingMessage) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "to": dialled(message.to),
        "from": dialled(message.sender),
        "text": message.text,
        "type": _TYPES[message.channel],
        "country": "82",
        "autoTypeDetect": False,
        "customFields": {OUR_ID_FIELD: message.our_id},
    }
    if message.subject is not None:
        wire["subject"] = message.subject
    if message.template is not None:
        template = message.template
        wire["kakaoOptions"] = {
            "pfId": template.channel_key,
            "templateId": template.code,
            "disableSms": True,
        }
    if message.channel == "VOICE":
        wire["voiceOptions"] = {"voiceType": "FEMALE"}
    return wire


def _refusal(answer: httpx.Response) -> Refused:
    body = json_of(answer)
    code = str(body.get("errorCode") or f"HTTP_{answer.status_code}")
    fault = fault_of_error(code, answer.status_code)
    whole = fault is Fault.CONFIGURATION and is_about_the_body(answer.status_code)
    return Refused(code, fault, str(body.get("errorMessage", "")), as_a_whole=whole)


def _sent(message: OutgoingMessage, body: dict[str, Any], *, alone: bool) -> SendOutcome:
    """Read a 2xx answer: ours is in one of its two lists, or the answer is no answer."""
    failed, taken = (
        _mine(body.get(key), message, alone=alone) for key in ("failedMessageList", "messageList")
    )
    group = body.get("groupInfo")
    if failed is not None:
        code = str(failed.get("statusCode", ""))
        return Refused(code, fault_of(code) or Fault.OPERATOR, str(failed.get("statusMessage", "")))
    if taken is None or not taken.get("messageId"):
        return Unclear("the answer names no message of ours")
    group_id = str(group.get("groupId", "")) if isinstance(group, dict) else ""
    return Accepted(str(taken["messageId"]), group_id)


def _mine(entries: object, message: OutgoingMessage, *, alone: bool) -> dict[str, Any] | None:
    """Our message among the listed; where it was sent `alone`, an entry without custom fields is ours too."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            fields = entry.get("customFields") or {}
            if fields.get(OUR_ID_FIELD, message.our_id if alone else None) == message.our_id:
                return entry
    return None


def _is_ours(entry: dict[str, Any], message: OutgoingMessage) -> bool:
    fields = entry.get("customFields")
    if isinstance(fields, dict) and OUR_ID_FIELD in fields:
        return bool(fields[OUR_ID_FIELD] == message.our_id)
    return bool(entry.get("text") == message.text)


def _report(handed: Handed, entry: dict[str, Any]) -> list[Receipt]:
    code = str(entry.get("statusCode", ""))
    return looked_up(
        handed,
        entry,
        key=f"list:{handed.provider_id}",
        end=(state_of(code), code, fault_of(code)),
        at=_moment(entry.get("dateReported")),
        kept=("messageId", "groupId", "statusCode", "dateReported"),
    )


def _receipt(entry: object) -> Receipt:
    data = entry.get("data") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(data, dict):
        raise ReceiptError(_("배달 보고의 형식이 다릅니다."))
    if not entry.get("eventDataId") or not data.get("messageId") or not data.get("statusCode"):
        raise ReceiptError(_("배달 보고에 번호나 상태가 없습니다."))
    fields = data.get("customFields")
    our_id = fields.get(OUR_ID_FIELD) if isinstance(fields, dict) else None
    code = str(data["statusCode"])
    return Receipt(
        event_id=str(entry["eventDataId"]),
        our_id=str(our_id) if our_id else None,
        provider_id=str(data["messageId"]),
        state=state_of(code),
        code=code,
        fault=fault_of(code),
        at=_moment(data.get("dateReceived") or data.get("dateReported")),
        body=entry,
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(written: object) -> datetime | None:
    """A date of the provider; one without a zone or in another writing is left out rather than guessed."""
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return at if at.tzinfo else None
