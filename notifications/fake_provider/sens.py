"""NAVER SENS's shape: texts and 알림톡 by request, and the lists in which their results are looked up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from core.clock import KST
from notifications.fake_provider.credentials import SENS_ALIMTALK, SENS_SMS
from notifications.fake_provider.intake import Refusal, SendMessage
from notifications.fake_provider.ledger import StoredMessage
from notifications.fake_provider.signatures import ApiError
from notifications.fake_provider.state import FakeProvider

PROVIDER = "sens"
MOST = 100


class _To(BaseModel):
    to: str
    content: str | None = None
    subject: str | None = None


class _Texts(BaseModel):
    type: Literal["SMS", "LMS", "MMS"]
    contentType: Literal["COMM", "AD"] = "COMM"  # noqa: N815 - the provider's name
    sender: str = Field(alias="from")
    subject: str | None = None
    content: str
    messages: list[_To] = Field(min_length=1, max_length=MOST)


class _Alimtalk(BaseModel):
    plusFriendId: str  # noqa: N815 - the provider's name
    templateCode: str  # noqa: N815
    messages: list[_To] = Field(min_length=1, max_length=MOST)


def add_sens_routes(app: FastAPI, fake: FakeProvider) -> None:
    """`/sms/v2/…` and `/alimtalk/v2/…`."""

    @app.post(f"/sms/v2/services/{SENS_SMS}/messages", status_code=202)
    def send_texts(request: Request, body: Annotated[_Texts, Body()]) -> dict[str, Any]:
        fake.naver.require(request, now=fake.clock())
        return fake.answered(PROVIDER, lambda: _take_texts(fake, body))

    @app.post(f"/alimtalk/v2/services/{SENS_ALIMTALK}/messages", status_code=202)
    def send_alimtalk(request: Request, body: Annotated[_Alimtalk, Body()]) -> dict[str, Any]:
        fake.naver.require(request, now=fake.clock())
        return fake.answered(PROVIDER, lambda: _take_alimtalk(fake, body))

    for path, kinds in (
        (f"/sms/v2/services/{SENS_SMS}/messages", ("SMS", "LMS")),
        (f"/alimtalk/v2/services/{SENS_ALIMTALK}/messages", ("ATA",)),
    ):
        _add_list(app, fake, path=path, kinds=kinds)


def _add_list(app: FastAPI, fake: FakeProvider, *, path: str, kinds: Sequence[str]) -> None:
    @app.get(path)
    def list_messages(
        *,
        request: Request,
        request_id: Annotated[str | None, Query(alias="requestId")] = None,
        start: Annotated[str | None, Query(alias="requestStartTime")] = None,
        end: Annotated[str | None, Query(alias="requestEndTime")] = None,
        friend: Annotated[str | None, Query(alias="plusFriendId")] = None,
        to: str | None = None,
        size: Annotated[int, Query(alias="pageSize", ge=1, le=MOST)] = 20,
        beginning: Annotated[int, Query(alias="nextToken")] = 0,
    ) -> Response:
        fake.naver.require(request, now=fake.clock())
        if request_id is None and not (start and end and (friend or kinds != ("ATA",))):
            raise ApiError(400, "400", "requestId 또는 기간이 필요합니다.")
        found = fake.ledger.matching(
            PROVIDER, since=_moment(start), until=_moment(end), group_id=request_id, to=to
        )
        found = [message for message in found if message.kind in kinds or message.is_start_up]
        if not found:
            return Response(status_code=404)
        end_at = beginning + size
        page, more = found[beginning:end_at], len(found) > end_at
        listed = [_listed(message) for message in page]
        body = {"statusCode": "202", "statusName": "success", "messages": listed, "pageSize": size}
        return JSONResponse({**body, "hasMore": more, "nextToken": str(end_at) if more else None})


def _take_texts(fake: FakeProvider, body: _Texts) -> dict[str, Any]:
    group_id = fake.new_group()
    messages = [
        SendMessage(
            to=each.to,
            sender=body.sender,
            text=each.content or body.content,
            type="LMS" if body.type == "MMS" else body.type,
            subject=each.subject or body.subject,
        )
        for each in body.messages
    ]
    _refuse_as_a_whole(fake, messages)
    fake.take(PROVIDER, messages, group_id=group_id)
    return _accepted(fake, group_id)


def _take_alimtalk(fake: FakeProvider, body: _Alimtalk) -> dict[str, Any]:
    group_id = fake.new_group()
    messages = [
        SendMessage(
            to=each.to,
            sender=body.plusFriendId,
            text=each.content or "",
            type="ATA",
            kakao_options={"pfId": body.plusFriendId, "templateId": body.templateCode},
        )
        for each in body.messages
    ]
    results = fake.take(PROVIDER, messages, group_id=group_id)
    listed = [
        {
            "to": message.to,
            "messageId": getattr(result, "message_id", ""),
            "requestStatusCode": result.code if isinstance(result, Refusal) else "A000",
            "requestStatusDesc": result.why if isinstance(result, Refusal) else "성공",
        }
        for message, result in zip(messages, results, strict=True)
    ]
    return {**_accepted(fake, group_id), "messages": listed}


def _refuse_as_a_whole(fake: FakeProvider, messages: Sequence[SendMessage]) -> None:
    """A sender that is not registered, or a number that is none, fails the request with all in it."""
    senders, refused = fake.controls.senders, fake.controls.refuse_codes
    for message in messages:
        if not message.to.isdigit() or (senders is not None and message.sender not in senders):
            raise ApiError(400, "400", "발신번호 또는 수신번호를 확인해 주세요.")
        if message.to in refused:
            raise ApiError(400, refused[message.to], "접수 거부")


def _accepted(fake: FakeProvider, group_id: str) -> dict[str, Any]:
    return {
        "requestId": group_id,
        "requestTime": fake.clock().astimezone(KST).isoformat(timespec="milliseconds"),
        "statusCode": "202",
        "statusName": "success",
    }


def _listed(message: StoredMessage) -> dict[str, Any]:
    done = message.reported is not None
    entry: dict[str, Any] = {
        "requestId": message.group_id,
        "messageId": message.message_id,
        "requestTime": _written(message.created),
        "completeTime": _written(message.reported) if message.reported else None,
        "countryCode": "82",
        "to": message.to,
        "content": message.text,
    }
    if message.kind == "ATA":
        return entry | {
            "plusFriendId": message.sender,
            "templateCode": message.template,
            "requestStatusCode": "A000",
            "messageStatusCode": message.status_code if done else None,
            "messageStatusName": ("success" if message.status_code == "0000" else "fail") if done else None,
        }
    return entry | {
        "type": message.kind,
        "contentType": "COMM",
        "from": message.sender,
        "subject": message.subject,
        "status": "COMPLETED" if done else "PROCESSING",
        "statusCode": message.status_code if done else None,
        "statusName": ("success" if message.status_code == "0" else "fail") if done else None,
        "telcoCode": "SKT" if done else None,
    }


def _written(at: datetime) -> str:
    return at.astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written).replace(tzinfo=KST) if written else None
