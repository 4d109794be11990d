"""News of a case for the family beside visits and bills: received, not reached, late, waiting, settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from notifications.catalogue import Event
from notifications.contexts.base import Case, Window, Worker


@dataclass(frozen=True)
class TicketReceived:
    """A call was written down: with what, and until when somebody rings (None: not known).

    `requester_told`: the resident reads that the child is told, too. `agreed`: the child said that the parent
    agrees to be told.
    """

    case: Case
    received_at: datetime
    symptom: str
    contact_due_at: datetime | None = None
    safety: bool = False
    requester_told: bool = False
    agreed: bool = False


@dataclass(frozen=True)
class ContactFailed:
    """Nobody picked up, several times, while a time was to be agreed; `tried_at` is the last try."""

    case: Case
    tried_at: datetime


@dataclass(frozen=True)
class Late:
    """He will be there so much later than was told; told rounded up to 5 minutes. `before` is the promise."""

    case: Case
    worker: Worker
    arrives_at: datetime
    before: Window | None = None


@dataclass(frozen=True)
class OnHold:
    """The visit waits, for a part or because the family wants it; `before` is the promise that is void.

    `fault_first`: a check-up made room for a home whose boiler is broken.
    """

    case: Case
    reason: Literal["parts_wait", "customer_request", "fault_first"]
    until: datetime | None = None
    before: Window | None = None


@dataclass(frozen=True)
class Revisit:
    """Somebody comes again: the case was re-opened, or the wait is over (`part`).

    `other_worker`: not who was there before.
    """

    case: Case
    why: Literal["again", "part"]
    contact_due_at: datetime | None = None
    other_worker: bool = False


@dataclass(frozen=True)
class HappyCallMissed:
    """We wanted to ask how it was and reached nobody, `tries` times."""

    case: Case
    tries: int


@dataclass(frozen=True)
class ComplaintClosed:
    """Whoever answers for the complaint has seen to it."""

    case: Case
    closed_at: datetime


CaseNews = TicketReceived | ContactFailed | Late | OnHold | Revisit | HappyCallMissed | ComplaintClosed
CASE_NEWS: Mapping[Event, type[CaseNews]] = {
    Event.TICKET_RECEIVED: TicketReceived,
    Event.CONTACT_FAILED: ContactFailed,
    Event.LATE: Late,
    Event.ON_HOLD: OnHold,
    Event.REVISIT: Revisit,
    Event.HAPPY_CALL_MISSED: HappyCallMissed,
    Event.COMPLAINT_CLOSED: ComplaintClosed,
}
