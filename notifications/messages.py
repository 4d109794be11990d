"""Every notice as plain frozen data: what happened, what its readers must be told (`wording` writes it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.errors import InvalidError
from core.i18n import _
from notifications import texts

PartyRole = Literal["resident", "requester", "payer"]


class Event(StrEnum):
    """What a notice is about; the names of the JSON API."""

    VISIT_SCHEDULED = "VISIT_SCHEDULED"
    WINDOW_CHANGED = "WINDOW_CHANGED"
    EN_ROUTE = "EN_ROUTE"
    ABSENT = "ABSENT"
    VISIT_RESULT = "VISIT_RESULT"
    JOB_ASSIGNED = "JOB_ASSIGNED"
    JOB_CHANGED = "JOB_CHANGED"
    CONTACT_DUE = "CONTACT_DUE"


STAFF_EVENTS = frozenset({Event.JOB_ASSIGNED, Event.JOB_CHANGED, Event.CONTACT_DUE})


class BillMismatchError(InvalidError):
    """The lines of a bill do not add up to its total: a text must equal the invoice to the won."""

    code = "bill-mismatch"


_RELATIONSHIPS = {
    "child": "자녀분",
    "spouse": "배우자분",
    "parent": "부모님",
    "sibling": "형제자매분",
    "grandchild": "손주분",
    "relative": "친척분",
    "neighbour": "이웃분",
    "neighbor": "이웃분",
    "caregiver": "돌보시는 분",
    "landlord": "집주인",
    "tenant": "세입자",
}


@dataclass(frozen=True)
class Window:
    """An agreed time of arrival; both moments timezone-aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Worker:
    """The technician as the family knows him: name and the number on his card."""

    name: str
    id_number: str


@dataclass(frozen=True)
class CostLine:
    """One line of a bill: `amount` (won) is what the customer pays, 0 under `warranty`; a discount is < 0."""

    label: str
    amount: int
    warranty: bool = False


@dataclass(frozen=True)
class Case:
    """What every text to a family says: the maker first, where to call back, and who asked for whom.

    `call_back` is the maker's number (E.164). `relationship` is the requester's to the resident, as filed.
    `resident_reached` is how the resident hears of it (`RecipientPlan.resident_reached`); the requester's
    text says so. `requester` is None when the resident asked in person.
    """

    maker: str
    call_back: str
    ticket_number: str
    resident: str
    requester: str | None = None
    relationship: str | None = None
    payer: PartyRole = "resident"
    payer_name: str | None = None
    resident_reached: Literal["TEXT", "CALL"] | None = None

    @property
    def asker(self) -> str | None:
        """`자녀분 김민수님`, or None when the resident asked in person."""
        if not self.requester or self.requester == self.resident:
            return None
        name = texts.shorten(self.requester, texts.NAME_BYTES, instead=texts.NAMELESS) + "님"
        word = _RELATIONSHIPS.get((self.relationship or "").strip().lower())
        return f"{word} {name}" if word else name

    @property
    def paid_by(self) -> str:
        """The name of who pays; the resident's when the payer was not named."""
        names = {"requester": self.requester, "payer": self.payer_name}
        return names.get(self.payer) or self.resident


@dataclass(frozen=True)
class VisitScheduled:
    """A window is agreed. `visit_fee` in won for that window's tier; 0: none is due, None: not known yet."""

    case: Case
    worker: Worker
    window: Window
    visit_fee: int | None = None


@dataclass(frozen=True)
class WindowChanged:
    """An agreed window moved, and what it is now. `reason` is for the family's eyes.

    `wished`: the family asked for it and is confirmed; otherwise we had to and apologise.
    `visit_fee` as in `VisitScheduled`: another hour may have another fee.
    """

    case: Case
    worker: Worker
    before: Window
    after: Window
    reason: str | None = None
    visit_fee: int | None = None
    wished: bool = False


@dataclass(frozen=True)
class EnRoute:
    """The technician has set out; `arrives_at` is an estimate and is told rounded up to 5 minutes.

    `comes_before`: the agreed window, which begins after that: the family is asked whether it suits.
    """

    case: Case
    worker: Worker
    arrives_at: datetime | None = None
    comes_before: Window | None = None


@dataclass(frozen=True)
class Absent:
    """Nobody opened; `options` are up to two windows to offer for coming again.

    `came_before`: the window that was agreed and had not begun: we came too early and say sorry.
    """

    case: Case
    worker: Worker
    visited_at: datetime
    options: tuple[Window, ...] = ()
    came_before: Window | None = None


@dataclass(frozen=True)
class VisitResult:
    """The visit is done: the bill, line by line. Raises `BillMismatchError` unless lines sum to `total`."""

    case: Case
    worker: Worker
    finished_at: datetime
    lines: tuple[CostLine, ...]
    total: int
    work: str | None = None
    corrected: bool = False
    """A bill told before was wrong; this one replaces it."""

    def __post_init__(self) -> None:
        if sum(line.amount for line in self.lines) != self.total:
            raise BillMismatchError(_("내역의 합계가 청구 금액과 다릅니다. 내역을 다시 확인해 주세요."))


@dataclass(frozen=True)
class JobAssigned:
    """To the technician (and the point's desk): a job is his. `place` stops at the dong: texts go astray.

    `caller`: he is not at work now, and this person at the desk agrees the time; `planned_at` is his plan,
    `is_first` the first job of it.
    """

    maker: str
    ticket_number: str
    place: str
    symptom: str
    window: Window | None = None
    contact_due_at: datetime | None = None
    worker_name: str | None = None
    urgency: Literal["NORMAL", "CARE", "SAFETY"] = "NORMAL"
    caller: str | None = None
    planned_at: datetime | None = None
    is_first: bool = False


@dataclass(frozen=True)
class JobChanged:
    """To the technician (and the point's desk): what changed, in one plain sentence."""

    maker: str
    ticket_number: str
    place: str
    change: str
    window: Window | None = None
    worker_name: str | None = None


@dataclass(frozen=True)
class ContactDue:
    """To the technician at 30 minutes, to the point's desk at 45: the customer has not been reached yet."""

    maker: str
    ticket_number: str
    place: str
    received_at: datetime
    due_at: datetime
    worker_name: str | None = None


Context = (
    VisitScheduled | WindowChanged | EnRoute | Absent | VisitResult | JobAssigned | JobChanged | ContactDue
)

CONTEXTS: Mapping[Event, type[Context]] = {
    Event.VISIT_SCHEDULED: VisitScheduled,
    Event.WINDOW_CHANGED: WindowChanged,
    Event.EN_ROUTE: EnRoute,
    Event.ABSENT: Absent,
    Event.VISIT_RESULT: VisitResult,
    Event.JOB_ASSIGNED: JobAssigned,
    Event.JOB_CHANGED: JobChanged,
    Event.CONTACT_DUE: ContactDue,
}


def event_of(context: Context) -> Event:
    """The event that a context belongs to."""
    return next(event for event, kind in CONTEXTS.items() if isinstance(context, kind))
