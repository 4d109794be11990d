"""Frozen shapes that cross the border of notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.recipients import Delivery


@dataclass(frozen=True)
class BrandFacts:
    """Whose text it is: the company and its registered sender number (E.164)."""

    company_id: int
    sender_number: str


@dataclass(frozen=True)
class NewLink:
    """A way to the family's page that a text may name; `keep` makes it work once such a text is stored."""

    url: str
    keep: Callable[[], None]


MakeLink = Callable[[Delivery], NewLink]
"""A link of its own for each text; it works for the people whom the text serves."""


@dataclass(frozen=True)
class NoticeInfo:
    """One thing that one recipient is told: the channel and the state it was in last.

    `state`: `queued accepted delivered failed unknown withdrawn`; `bytes` counts `text` in cp949. `line` and
    `truth`: of which changing truth it speaks, and what it says is so (`newest`). `held_until`: quiet hours.
    """

    id: int
    ticket_id: int | None
    """None: an invitation, which is about no case."""
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
    language: str = "ko"
    attempts: int = 0
    line: str | None = None
    truth: Mapping[str, Any] | None = None
    held_until: datetime | None = None
    person_id: int | None = None
    """Of staff, whose it is."""
    push_text: str | None = None
    spoken_text: str | None = None
    fall_back_at: datetime | None = None
    resend_of_id: int | None = None
    resend_reason: str | None = None
    destroyed_at: datetime | None = None
    invitation_id: int | None = None
    """Of a campaign; then it is about no case."""
    next_try_at: datetime | None = None
    """When it is tried next while it waits."""
    not_after: datetime | None = None
    """From then on it is taken back instead of sent."""
    outdated_at: datetime | None = None
    """When it stopped being so after it had gone out."""

    @property
    def is_overtaken(self) -> bool:
        """Newer news has taken its place: nobody is to be told it any more."""
        return self.withdrawn_reason is not None or self.outdated_at is not None


@dataclass(frozen=True)
class PhoneInbox:
    """What lies on one phone (E.164), and what never got there, the newest text first."""

    phone: str
    texts: tuple[NoticeInfo, ...]
    missed: tuple[NoticeInfo, ...] = ()


@dataclass(frozen=True)
class Trouble:
    """Texts that wait for one cause: `fault` is `retry`, `configuration`, `operator` or `unclear`."""

    company_id: int
    fault: str
    code: str
    count: int
    since: datetime
