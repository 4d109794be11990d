"""The checks a text passes on entry: the refusals that a careful caller never meets, with Solapi's codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from notifications.fake_provider.controls import Controls
from notifications.fake_provider.ledger import StoredMessage, new_id

TEXT_BYTES = {"SMS": 90, "LMS": 2000, "VOICE": 2000}
ALIMTALK_CHARACTERS = 1000
SUBJECT_BYTES = 40
FIELD_NAME, FIELD_VALUE = 30, 100


class SendMessage(BaseModel):
    """One message of a request; what the fake does not look at is ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    to: str
    sender: str = Field(alias="from")
    text: str
    type: Literal["SMS", "LMS", "ATA", "VOICE"] | None = None
    subject: str | None = None
    kakao_options: dict[str, Any] = {}
    voice_options: dict[str, Any] = {}
    custom_fields: dict[str, str] = {}


class SendRequest(BaseModel):
    """The body of send-many/detail."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    messages: list[SendMessage] = Field(min_length=1, max_length=10_000)
    allow_duplicates: bool = False
    show_message_list: bool = False


@dataclass(frozen=True)
class Refusal:
    """A message that was not taken, with Solapi's code for it."""

    code: str
    why: str

    def answered(self, message: SendMessage) -> dict[str, Any]:
        """As it stands in `failedMessageList`."""
        return {
            "to": message.to,
            "from": message.sender,
            "type": message.type,
            "country": "82",
            "messageId": "",
            "statusCode": self.code,
            "statusMessage": self.why,
            "customFields": message.custom_fields,
        }


def take(
    message: SendMessage, *, provider: str, group_id: str, controls: Controls, now: datetime
) -> StoredMessage | Refusal:
    """The stored message, or why it is refused."""
    size = _bytes(message.text)
    kind = message.type or (
        "SMS" if size is not None and size <= TEXT_BYTES["SMS"] and not message.subject else "LMS"
    )
    refusal = _refusal(message, kind, size, controls)
    if refusal is not None:
        return refusal
    return StoredMessage(
        message_id=new_id("M4V", now),
        group_id=group_id,
        to=message.to,
        sender=message.sender,
        kind=kind,
        text=message.text,
        subject=message.subject,
        custom_fields=message.custom_fields,
        created=now,
        provider=provider,
        template=str(message.kakao_options.get("templateId", "")),
    )


def _refusal(message: SendMessage, kind: str, size: int | None, controls: Controls) -> Refusal | None:
    subject = 0 if message.subject is None else _bytes(message.subject)
    template, templates = message.kakao_options.get("templateId"), controls.templates
    is_alimtalk = kind == "ATA"
    too_long = len(message.text) > ALIMTALK_CHARACTERS if is_alimtalk else (size or 0) > TEXT_BYTES[kind]
    checks = (
        (message.to in controls.refuse_codes, controls.refuse_codes.get(message.to, ""), "접수 거부"),
        (not (message.to.isdigit() and (is_alimtalk or message.sender.isdigit())), "1011", "번호 형식 오류"),
        (is_alimtalk and not (template and message.kakao_options.get("pfId")), "1042", "템플릿 없음"),
        (is_alimtalk and templates is not None and template not in templates, "1043", "템플릿 불일치"),
        (kind == "VOICE" and "voiceType" not in message.voice_options, "1032", "음성 설정 없음"),
        (
            not is_alimtalk and controls.senders is not None and message.sender not in controls.senders,
            "1062",
            "발신번호 미등록",
        ),
        (size is None or subject is None, "1029", "사용할 수 없는 글자"),
        (kind == "SMS" and message.subject is not None, "1013", "SMS에는 제목을 쓸 수 없음"),
        ((subject or 0) > SUBJECT_BYTES, "1014", "제목은 40바이트까지"),
        (too_long, "1031", "본문이 너무 김"),
        (not _fields_fit(message.custom_fields), "1032", "커스텀 필드 오류"),
    )
    return next((Refusal(code, why) for wrong, code, why in checks if wrong), None)


def _fields_fit(fields: dict[str, str]) -> bool:
    return all(len(name) <= FIELD_NAME and len(value) <= FIELD_VALUE for name, value in fields.items())


def _bytes(text: str) -> int | None:
    try:
        return len(text.encode("cp949"))
    except UnicodeEncodeError:
        return None
