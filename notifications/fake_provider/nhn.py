"""NHN Cloud's shape, SMS v3.0: one body for the recipients of a request, and lists by request or key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Header, Query
from pydantic import BaseModel, Field

from core.clock import KST
from notifications.fake_provider.credentials import NHN_KEY
from notifications.fake_provider.intake import Refusal, SendMessage
from notifications.fake_provider.ledger import StoredMessage
from notifications.fake_provider.state import FakeProvider

PROVIDER = "nhn"
KEY = "recipientGroupingKey"
Secret = Annotated[str, Header(alias="X-Secret-Key")]


class _Recipient(BaseModel):
    recipientNo: str  # noqa: N815 - the provider's name
    recipientGroupingKey: str | None = Field(default=None, max_length=100)  # noqa: N815


class _Send(BaseModel):
    body: str
    sendNo: str  # noqa: N815
    title: str | None = None
    recipientList: list[_Recipient] = Field(min_length=1, max_length=1000)  # noqa: N815


def add_nhn_routes(app: FastAPI, fake: FakeProvider) -> None:
    """`/sms/v3.0/appKeys/{appKey}/sender/sms` and `/mms`."""
    for path, kind in (("sms", "SMS"), ("mms", "LMS")):
        _add_sender(app, fake, path=f"/sms/v3.0/appKeys/{{app_key}}/sender/{path}", kind=kind)  # type: ignore[arg-type]


def _add_sender(app: FastAPI, fake: FakeProvider, *, path: str, kind: Literal["SMS", "LMS"]) -> None:
    @app.post(path)
    def send(app_key: str, body: Annotated[_Send, Body()], secret: Secret = "") -> dict[str, Any]:
        if (app_key, secret) != (NHN_KEY, fake.nhn_secret):
            return _failed(-1000, "Invalid appKey.")
        return fake.answered(PROVIDER, lambda: _take(fake, body, kind))

    @app.get(path)
    def list_messages(
        *,
        app_key: str,
        secret: Secret = "",
        request_id: Annotated[str | None, Query(alias="requestId")] = None,
        start: Annotated[str | None, Query(alias="startRequestDate")] = None,
        end: Annotated[str | None, Query(alias="endRequestDate")] = None,
        key: Annotated[str | None, Query(alias=KEY)] = None,
        size: Annotated[int, Query(alias="pageSize", ge=1, le=1000)] = 15,
    ) -> dict[str, Any]:
        if (app_key, secret) != (NHN_KEY, fake.nhn_secret):
            return _failed(-1000, "Invalid appKey.")
        if request_id is None and not (start and end):
            return _failed(-2011, "RequestId or start/endRequestDate is required.")
        found = fake.ledger.matching(PROVIDER, since=_moment(start), until=_moment(end), group_id=request_id)
        found = [
            message
            for message in found
            if (message.kind == kind or message.is_start_up)
            and (key is None or message.custom_fields.get(KEY) == key)
        ]
        data = [_listed(message) for message in found[:size]]
        return _well({"pageNum": 1, "pageSize": size, "totalCount": len(found), "data": data})


def _take(fake: FakeProvider, body: _Send, kind: Literal["SMS", "LMS"]) -> dict[str, Any]:
    if fake.controls.senders is not None and body.sendNo not in fake.controls.senders:
        return _failed(-2312, "Not regist sendno.")
    group_id = fake.new_group()
    messages = [
        SendMessage(
            to=each.recipientNo,
            sender=body.sendNo,
            text=body.body,
            type=kind,
            subject=body.title,
            custom_fields={KEY: each.recipientGroupingKey} if each.recipientGroupingKey else {},
        )
        for each in body.recipientList
    ]
    results = fake.take(PROVIDER, messages, group_id=group_id)
    listed = [
        {
            "recipientNo": message.to,
            "resultCode": int(result.code) if isinstance(result, Refusal) else 0,
            "resultMessage": result.why if isinstance(result, Refusal) else "SUCCESS",
            "recipientSeq": place,
            KEY: message.custom_fields.get(KEY),
        }
        for place, (message, result) in enumerate(zip(messages, results, strict=True), start=1)
    ]
    return _well({"data": {"requestId": group_id, "statusCode": "2", "sendResultList": listed}})


def _listed(message: StoredMessage) -> dict[str, Any]:
    done = message.reported is not None
    return {
        "requestId": message.group_id,
        "requestDate": _written(message.created),
        "resultDate": _written(message.reported) if message.reported else None,
        "body": message.text,
        "sendNo": message.sender,
        "recipientNo": message.to,
        "msgStatus": "3" if done else "2",
        "resultCode": message.status_code if done else None,
        "telecomCode": 10001,
        KEY: message.custom_fields.get(KEY),
    }


def _well(body: dict[str, Any]) -> dict[str, Any]:
    return {"header": {"isSuccessful": True, "resultCode": 0, "resultMessage": "SUCCESS"}, "body": body}


def _failed(code: int, why: str) -> dict[str, Any]:
    return {"header": {"isSuccessful": False, "resultCode": code, "resultMessage": why}}


def _written(at: datetime) -> str:
    return at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S.0")


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written).replace(tzinfo=KST) if written else None
