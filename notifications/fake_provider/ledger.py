"""What the fake took: messages in memory, newest first when listed, gone when the process ends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

ACCEPTED, AT_CARRIER, DELIVERED = "2000", "3000", "4000"
START_UP_TEXT = "가상 문자 서버를 시작했습니다."


@dataclass
class StoredMessage:
    """One text as it was taken; `status_code` changes when its report is made."""

    message_id: str
    group_id: str
    to: str
    sender: str
    kind: str
    text: str
    subject: str | None
    custom_fields: dict[str, str]
    created: datetime
    status_code: str = ACCEPTED
    reported: datetime | None = None
    provider: str = "solapi"
    template: str = ""
    is_start_up: bool = False

    def listed(self) -> dict[str, Any]:
        """As `GET /messages/v4/list` shows it."""
        return {
            "messageId": self.message_id,
            "groupId": self.group_id,
            "provider": self.provider,
            "template": self.template,
            "to": self.to,
            "from": self.sender,
            "type": self.kind,
            "text": self.text,
            "subject": self.subject,
            "country": "82",
            "customFields": self.custom_fields,
            "statusCode": self.status_code,
            "status": "COMPLETE" if self.reported else "SENDING",
            "dateCreated": iso(self.created),
            "dateUpdated": iso(self.reported or self.created),
            "dateReported": iso(self.reported) if self.reported else None,
            "replacement": False,
        }


@dataclass
class Ledger:
    """All messages of one process, oldest first, behind one lock."""

    started: datetime
    _messages: list[StoredMessage] = field(default_factory=list)
    _by_number: dict[str, list[StoredMessage]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._start_up = StoredMessage(
            message_id=new_id("M4V", self.started),
            group_id=new_id("G4V", self.started),
            to="",
            sender="",
            kind="SMS",
            text=START_UP_TEXT,
            subject=None,
            custom_fields={},
            created=self.started,
            status_code=DELIVERED,
            reported=self.started,
            is_start_up=True,
        )

    def add(self, message: StoredMessage) -> None:
        """Take a message."""
        with self._lock:
            self._messages.append(message)
            self._by_number.setdefault(message.to, []).append(message)

    def sent(self) -> list[StoredMessage]:
        """What was taken, oldest first, without the start-up entry."""
        with self._lock:
            return list(self._messages)

    def matching(self, provider: str, **wanted: Any) -> list[StoredMessage]:
        """What a provider shows of these, newest first; the start-up entry stands in everyone's list."""
        wanted = {name: value for name, value in wanted.items() if value is not None}
        with self._lock:
            asked = self._by_number.get(wanted["to"], []) if "to" in wanted else self._messages
            newest = [*reversed(asked), self._start_up]
        return [
            message
            for message in newest
            if (message.provider == provider or message.is_start_up) and _matches(message, **wanted)
        ]


def new_id(prefix: str, at: datetime) -> str:
    """An id like Solapi's: prefix, moment, chance."""
    return f"{prefix}{at.astimezone(UTC):%Y%m%d%H%M%S}{secrets.token_hex(7).upper()}"


def iso(at: datetime) -> str:
    """A moment as Solapi writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _matches(
    message: StoredMessage, *, since: datetime | None = None, until: datetime | None = None, **equal: Any
) -> bool:
    if (since and message.created < since) or (until and message.created > until):
        return False
    return all(getattr(message, name) == value for name, value in equal.items())
