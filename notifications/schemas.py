"""Frozen shapes that cross the border of notices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class BrandFacts:
    """Whose text it is: the company and its registered sender number (E.164)."""

    company_id: int
    sender_number: str


@dataclass(frozen=True)
class NoticeInfo:
    """One thing that one recipient is told: the channel and the state it was in last.

    `state`: `queued accepted delivered failed unknown withdrawn`; `bytes` counts `text` in cp949.
    """

    id: int
    ticket_id: int
    event: str
    generation: int
    recipient: str
    channel: str
    state: str
    to_phone: str
    subject: str
    text: str
    bytes: int
    created_at: datetime
    settled_at: datetime | None
    problem: str | None
    withdrawn_reason: str | None
    from_phone: str = ""
    attempts: int = 0
    person_id: int | None = None
    """Of staff, whose it is."""
    push_text: str | None = None
    fall_back_at: datetime | None = None
    resend_of_id: int | None = None
    resend_reason: str | None = None
    destroyed_at: datetime | None = None


@dataclass(frozen=True)
class PhoneInbox:
    """What lies on one phone (E.164), the newest text first."""

    phone: str
    texts: tuple[NoticeInfo, ...]


@dataclass(frozen=True)
class Trouble:
    """Texts that wait for one cause: `fault` is `retry`, `configuration`, `operator` or `unclear`."""

    company_id: int
    fault: str
    code: str
    count: int
    since: datetime
