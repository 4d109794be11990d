"""Solapi (api.solapi.com), messages v4, over httpx.

Confirmed in the provider's public documents and its Python and Node kits: the HMAC header,
`POST /messages/v4/send-many/detail` with `customFields` (keys <= 30, values <= 100 characters) and
`showMessageList`, `GET /messages/v4/list` with `to`, `from`, `dateType`, `startDate`, `endDate`, `limit`,
`startKey` -> `nextKey`, and webhook reports as an array keyed by `eventDataId`. The list has **no** filter
on customFields, so a message is found by number and time and then picked by its custom field. How webhooks
are signed is not published: give the receiving URL an unguessable part.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core.i18n import _
from core.phones import parse_phone
from notifications.providers.base import (
    Accepted,
    Fault,
    FindOutcome,
    Found,
    NotFound,
    OutgoingMessage,
    Receipt,
    ReceiptError,
    Refused,
    SendOutcome,
    Unclear,
)
from notifications.providers.solapi_codes import fault_of, fault_of_error, state_of

BASE_URL = "https://api.solapi.com"
OUR_ID_FIELD = "noticeId"
TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 3.0
PAGE = 100
MAX_PAGES = 5
CLOCK_SLACK = timedelta(minutes=15)
"""The provider's clock and ours may differ by as much as its signature check allows."""
MEMORY = timedelta(days=30)
"""How far back to look for a sign that the list reaches before our try (logs are kept 6 months)."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class SolapiProvider:
    """One Solapi account; thread-safe. Without a `client` it makes its own, which `close` lets go."""

    name = "solapi"

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
        self._client = client or httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
            # A house's proxy leads to the provider, but never back to the fake on this machine.
            trust_env=httpx.URL(base_url).host not in _LOOPBACK,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(self, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
        """One POST. Refused only when the provider certainly does not have it; in doubt Unclear."""
        body = {"messages": [_wire(message)], "allowDuplicates": False, "showMessageList": True}
        try:
            answer = self._call("POST", "/messages/v4/send-many/detail", now=now, json=body)
        except _NEVER_SENT as error:
            return Refused("NOT_SENT", Fault.RETRY, f"{type(error).__name__}: {error}")
        except httpx.HTTPError as error:
            return Unclear(f"{type(error).__name__}: {error}")
        if answer.status_code >= 500:
            return Unclear(f"HTTP {answer.status_code}")
        if answer.status_code >= 300:
            return _refusal(answer)
        return _sent(message, _json(answer))

    def find(self, message: OutgoingMessage, *, tried_at: datetime, now: datetime) -> FindOutcome:
        """Look through what went to that number since the try, then whether the list reaches back at all.

        Where the list leaves custom fields out, the same text to the same number counts as ours: taking
        another's for ours loses a text, the opposite tells someone twice.
        """
        # A try in the future: our clock has gone back, and either of its times may be the wrong one.
        begins = tried_at if tried_at <= now else now - MEMORY
        ends = max(tried_at, now)
        since = {"startDate": _iso(begins - CLOCK_SLACK), "endDate": _iso(ends + CLOCK_SLACK)}
        to, sender = parse_phone(message.to).digits, parse_phone(message.sender).digits
        try:
            for entry in self._listed({"to": to, "from": sender, **since}, now=now):
                if _is_ours(entry, message):
                    code = str(entry.get("statusCode", ""))
                    return Found(str(entry.get("messageId", "")), state_of(code), code, fault_of(code))
            before = {"startDate": _iso(tried_at - MEMORY), "endDate": _iso(tried_at), "limit": 1}
            remembered = next(self._listed(before, now=now), None)
        except (httpx.HTTPError, _AnswerError) as error:
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
            body = _json(answer)
            if answer.status_code != 200 or not isinstance(body.get("messageList"), dict):
                raise _AnswerError(f"HTTP {answer.status_code} {body.get('errorCode', '')}")
            yield from (entry for entry in body["messageList"].values() if isinstance(entry, dict))
            if not body.get("nextKey"):
                return
            query["startKey"] = body["nextKey"]
        raise _AnswerError(f"more than {MAX_PAGES} pages")


def read_reports(payload: object) -> list[Receipt]:
    """Read a decoded webhook body; needs no account. Raises `ReceiptError`."""
    if not isinstance(payload, list):
        raise ReceiptError(_("배달 보고는 목록이어야 합니다."))
    return [_receipt(entry) for entry in payload]


class _AnswerError(Exception):
    """The list gave no usable answer."""


def _wire(message: OutgoingMessage) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "to": parse_phone(message.to).digits,
        "from": parse_phone(message.sender).digits,
        "text": message.text,
        "type": message.channel,
        "country": "82",
        "autoTypeDetect": False,
        "customFields": {OUR_ID_FIELD: message.our_id},
    }
    if message.subject is not None:
        wire["subject"] = message.subject
    return wire


def _refusal(answer: httpx.Response) -> Refused:
    body = _json(answer)
    code = str(body.get("errorCode") or f"HTTP_{answer.status_code}")
    return Refused(code, fault_of_error(code, answer.status_code), str(body.get("errorMessage", "")))


def _sent(message: OutgoingMessage, body: dict[str, Any]) -> SendOutcome:
    """Read a 2xx answer: ours is in one of its two lists, or the answer is no answer."""
    failed, taken = (_mine(body.get(key), message) for key in ("failedMessageList", "messageList"))
    group = body.get("groupInfo")
    if failed is not None:
        code = str(failed.get("statusCode", ""))
        return Refused(code, fault_of(code) or Fault.OPERATOR, str(failed.get("statusMessage", "")))
    if taken is None or not taken.get("messageId"):
        return Unclear("the answer names no message of ours")
    group_id = str(group.get("groupId", "")) if isinstance(group, dict) else ""
    return Accepted(str(taken["messageId"]), group_id)


def _mine(entries: object, message: OutgoingMessage) -> dict[str, Any] | None:
    """Our one message among the listed; an entry that came without its custom fields is ours too."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            fields = entry.get("customFields") or {}
            if fields.get(OUR_ID_FIELD, message.our_id) == message.our_id:
                return entry
    return None


def _is_ours(entry: dict[str, Any], message: OutgoingMessage) -> bool:
    fields = entry.get("customFields")
    if isinstance(fields, dict) and OUR_ID_FIELD in fields:
        return bool(fields[OUR_ID_FIELD] == message.our_id)
    return bool(entry.get("text") == message.text)


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


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(written: object) -> datetime | None:
    """A date of the provider; one without a zone or in another writing is left out rather than guessed."""
    try:
        at = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return at if at.tzinfo else None
