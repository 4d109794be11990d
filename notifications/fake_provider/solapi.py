"""Solapi's shape: send-many and the message list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, FastAPI, Header, Query

from notifications.fake_provider.intake import Refusal, SendRequest
from notifications.fake_provider.state import FakeProvider

PROVIDER = "solapi"
MAX_LIMIT = 500


def add_solapi_routes(app: FastAPI, fake: FakeProvider) -> None:
    """`/messages/v4/…`."""

    @app.post("/messages/v4/send-many/detail")
    def send_many(
        body: Annotated[SendRequest, Body()], authorization: Annotated[str | None, Header()] = None
    ) -> dict[str, Any]:
        fake.signatures.require(authorization, now=fake.clock())
        return fake.answered(PROVIDER, lambda: _take(fake, body))

    @app.get("/messages/v4/list")
    def list_messages(
        *,
        authorization: Annotated[str | None, Header()] = None,
        message_id: Annotated[str | None, Query(alias="messageId")] = None,
        group_id: Annotated[str | None, Query(alias="groupId")] = None,
        to: str | None = None,
        sender: Annotated[str | None, Query(alias="from")] = None,
        kind: Annotated[str | None, Query(alias="type")] = None,
        status_code: Annotated[str | None, Query(alias="statusCode")] = None,
        since: Annotated[datetime | None, Query(alias="startDate")] = None,
        until: Annotated[datetime | None, Query(alias="endDate")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
        start_key: Annotated[str | None, Query(alias="startKey")] = None,
    ) -> dict[str, Any]:
        fake.signatures.require(authorization, now=fake.clock())
        found = fake.ledger.matching(
            PROVIDER,
            since=since,
            until=until,
            message_id=message_id,
            group_id=group_id,
            to=to,
            sender=sender,
            kind=kind,
            status_code=status_code,
        )
        ids = [message.message_id for message in found]
        start = ids.index(start_key) if start_key in ids else 0
        page, rest = found[start : start + limit], ids[start + limit :]
        return {
            "startKey": start_key,
            "nextKey": rest[0] if rest else None,
            "limit": limit,
            "messageList": {message.message_id: message.listed() for message in page},
        }


def _take(fake: FakeProvider, request: SendRequest) -> dict[str, Any]:
    group_id = fake.new_group()
    taken, failed, numbers = [], [], set()
    for message in request.messages:
        if message.to in numbers and not request.allow_duplicates:
            failed.append(Refusal("1026", "중복된 수신번호").answered(message))
            continue
        numbers.add(message.to)
        (result,) = fake.take(PROVIDER, [message], group_id=group_id)
        if isinstance(result, Refusal):
            failed.append(result.answered(message))
            continue
        taken.append(
            {
                "messageId": result.message_id,
                "statusCode": result.status_code,
                "statusMessage": "정상 접수",
                "customFields": result.custom_fields,
            }
        )
    count = {"total": len(taken) + len(failed), "registeredSuccess": len(taken)}
    answer = {
        "failedMessageList": failed,
        "groupInfo": {
            "groupId": group_id,
            "status": "SENDING",
            "count": {**count, "registeredFailed": len(failed)},
        },
    }
    return {**answer, "messageList": taken} if request.show_message_list else answer
