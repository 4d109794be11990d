"""Shapes of contact attempts and visit steps that cross dispatch's border."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from billing.payment_schemas import PartSerials
from billing.schemas import ChargeInfo, LineRequest

Evidence = Literal["TELEPHONY", "FAMILY", "SELF_REPORT"]
AskedBy = Literal["family", "company"]
HoldReason = Literal["parts_wait", "customer_request", "fault_first"]


class Outcome(StrEnum):
    """What came of a call."""

    CONNECTED = "CONNECTED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    WRONG_NUMBER = "WRONG_NUMBER"
    CALL_BACK = "CALL_BACK"
    SOLVED_BY_PHONE = "SOLVED_BY_PHONE"


REACHED = frozenset({Outcome.CONNECTED, Outcome.SOLVED_BY_PHONE})


@dataclass(frozen=True)
class AgreedWindow:
    """A stretch of time agreed with the family; both moments timezone-aware.

    `technician_id`: who was named to them; None: whoever that window's offer names. `service_point_id`: the
    neighbouring point whose window it is; None: the ticket's own.
    """

    start: datetime
    end: datetime
    technician_id: int | None = None
    service_point_id: int | None = None


@dataclass(frozen=True)
class AttemptRequest:
    """A try to talk with the family.

    `with_role` is `resident`, `requester` or `payer`. `at` defaults to now. `reason` says how it was solved
    by phone, or why a window had to change; `asked_by` who wanted that change: the family gets what it asked
    for, or our apology. `call_back_at` when to ring again (with CALL_BACK). `kept`: the visit in that window
    has been made already, and is written down with it; nobody is planned or told any more.
    """

    outcome: Outcome
    with_role: str | None = None
    at: datetime | None = None
    evidence: Evidence = "SELF_REPORT"
    window: AgreedWindow | None = None
    reason: str = ""
    asked_by: AskedBy = "company"
    call_back_at: datetime | None = None
    note: str = ""
    kept: bool = False


@dataclass(frozen=True)
class AttemptResult:
    """What an attempt made of the ticket. `late_entry`: told so late that it was flagged."""

    attempt_id: int
    ticket_id: int
    number: str
    status: str
    visit_id: int | None
    window: AgreedWindow | None
    late_entry: bool


@dataclass(frozen=True)
class CompletionRequest:
    """What the technician says at the end: ticks, cost lines, whether it was misuse, and a note.

    `misuse_reason` is for the family's eyes. `agreed_by_phone`: whoever pays agreed to this bill on the phone
    or at the door. `on_paper`: the work was done before anybody could ask. `parts`: old and new serials.
    """

    checklist: dict[str, bool] = field(default_factory=dict)
    lines: tuple[LineRequest, ...] = ()
    misuse: bool = False
    note: str = ""
    misuse_reason: str = ""
    agreed_by_phone: bool = False
    on_paper: bool = False
    parts: tuple[PartSerials, ...] = ()


@dataclass(frozen=True)
class StepResult:
    """Where a ticket and its visit stand after a step. `repeated`: it had been taken before."""

    ticket_id: int
    number: str
    visit_id: int
    status: str
    visit_state: str
    at: datetime
    repeated: bool = False
    charge: ChargeInfo | None = None
