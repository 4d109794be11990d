"""Everything that is known of a ticket, frozen and raw: whoever shows it masks it.

Charges, texts and the happy call belong to other packages; pages ask them by `TicketDetail.id`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.schemas import AddressInfo, BoilerInfo
from dispatch.checklist import ChecklistItem
from dispatch.schemas import Owner
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from dispatch.tasks import TaskInfo
from dispatch.visit_rules import missed_early, part_due
from workforce.schemas import CompanyInfo, PointInfo, TechnicianInfo


@dataclass(frozen=True)
class PartyFacts:
    """A person's part; `phone` is E.164, `phone_raw` as it was written, `wrong`: known to be another's."""

    role: str
    name: str
    phone: str
    phone_raw: str
    can_text: bool
    relationship: str
    contact_id: int
    language: str = "ko"
    """In which they are written to."""
    wrong: bool = False


@dataclass(frozen=True)
class WindowFacts:
    """A stretch of time."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class PlacementFacts:
    """A service point that was looked at, and what came of it; rank 0 is the nearest."""

    point: PointInfo
    rank: int
    travel_s: int
    travel_source: str | None
    state: str
    reason_code: str
    reason_text: str
    at: datetime
    answer_due_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True)
class ClockFacts:
    """A clock as it shows now: `running paused met breached void`."""

    kind: str
    generation: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    state: str
    stage: str
    evidence: str | None
    breached_at: datetime | None

    @property
    def runs(self) -> bool:
        """Whether what it measures is still owed."""
        return self.stopped_at is None and self.state in ("running", "paused", "breached")


def talk_pending(contact: ClockFacts | None, *, visit_state: str | None) -> bool:
    """Whether a family agreed a time (on its page, say) and nobody has talked with it: the call is owed."""
    return visit_state == "agreed" and contact is not None and contact.runs


@dataclass(frozen=True)
class VisitFacts:
    """One going-there. `window` was agreed with the family, `planned_*` is the plan, the rest happened."""

    id: int
    sequence: int
    service_point_id: int
    technician: TechnicianInfo | None
    state: str
    window: WindowFacts | None
    window_agreed_at: datetime | None
    planned_start: datetime | None
    planned_end: datetime | None
    duration_s: int
    skills: tuple[str, ...]
    pinned_technician: bool
    pinned_time: bool
    checklist: tuple[ChecklistItem, ...]
    ticked: dict[str, bool]
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    arrives_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    misuse: bool
    hold_reason: str | None
    hold_due_at: datetime | None
    note: str

    @property
    def promised(self) -> WindowFacts | None:
        """The agreed window as long as it is still to be kept."""
        return self.window if self.state in OPEN_VISIT_STATES else None

    @property
    def missed_early(self) -> bool:
        """Nobody opened, but the agreed time had not begun."""
        start = self.window.start if self.window else None
        return missed_early(state=self.state, ended_at=self.ended_at, window_start=start)

    @property
    def came_to_nothing(self) -> bool:
        """Nobody was there, it was put on hold or called off: what was agreed for it holds no more."""
        return self.state in ("absent", "cancelled") or self.hold_reason is not None


@dataclass(frozen=True)
class AttemptFacts:
    """A try to talk with the family."""

    id: int
    outcome: str
    with_role: str | None
    evidence: str
    at: datetime
    recorded_at: datetime
    late_entry: bool
    window: WindowFacts | None
    call_back_at: datetime | None
    note: str


@dataclass(frozen=True)
class TriageFacts:
    """A rung of the ladder and its result."""

    tier: int
    card: str | None
    result: str
    at: datetime


@dataclass(frozen=True)
class ReasonFacts:
    """Why a ticket is not planned; `kind` is `proof` or `best_guess`."""

    code: str
    kind: str
    text: str
    technician_id: int | None = None
    technician: str | None = None
    repair: dict[str, Any] | None = None


@dataclass(frozen=True)
class TimelineFacts:
    """One change: who, when, why, from where."""

    at: datetime
    by: str
    what: str
    reason: str | None
    on_behalf_of: str | None
    source: str
    data: dict[str, Any]


@dataclass(frozen=True)
class TicketDetail:
    """One ticket with all its facts."""

    id: int
    number: str
    company: CompanyInfo
    household_id: int
    status: str
    priority: int
    safety: bool
    safety_hold: bool
    priority_care: bool
    age_band: str | None
    channel: str
    symptom: str
    error_code: str | None
    error_code_known: bool | None
    note: str
    received_at: datetime
    recorded_at: datetime
    late_entry_reason: str | None
    late_entry_note: str | None
    payer_role: str
    suspected_duplicate_of: str | None
    escalated_at: datetime | None
    transferred_at: datetime | None
    reopened_at: datetime | None
    excluded_technician_id: int | None
    preferred_technician_id: int | None
    contacted_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    end_reason: str | None
    parties: tuple[PartyFacts, ...]
    address: AddressInfo
    boiler: BoilerInfo | None
    placement: PlacementFacts | None
    """The point that has it, or is asked."""
    placements: tuple[PlacementFacts, ...]
    clocks: tuple[ClockFacts, ...]
    """The newest generation: contact, promise, handled."""
    earlier_clocks: tuple[ClockFacts, ...]
    visits: tuple[VisitFacts, ...]
    attempts: tuple[AttemptFacts, ...]
    triage: tuple[TriageFacts, ...]
    wished_windows: tuple[WindowFacts, ...]
    tasks: tuple[TaskInfo, ...]
    planned: bool
    reasons: tuple[ReasonFacts, ...]
    owner: Owner | None
    timeline: tuple[TimelineFacts, ...]

    @property
    def visit(self) -> VisitFacts | None:
        """The current visit: the newest one."""
        return self.visits[-1] if self.visits else None

    @property
    def talk_pending(self) -> bool:
        """A time is agreed, and nobody has talked with the family."""
        return talk_pending(self.clock("contact"), visit_state=self.visit.state if self.visit else None)

    @property
    def entered_by(self) -> str:
        """Who wrote the ticket into the system; empty when the timeline's line is gone."""
        return next((entry.by for entry in self.timeline if entry.what == "TicketFiled"), "")

    @property
    def part_due_at(self) -> datetime | None:
        """When the part arrives for which the case waits; None: for none, or nobody knows yet."""
        visit = self.visit
        if visit is None:
            return None
        return part_due(status=self.status, hold_reason=visit.hold_reason, hold_due_at=visit.hold_due_at)

    def party(self, role: str) -> PartyFacts | None:
        """A person by role."""
        return next((party for party in self.parties if party.role == role), None)

    @property
    def clocks_meant(self) -> tuple[ClockFacts, ...]:
        """Its clocks; of an ended case not those that were never stopped: nobody can meet them any more."""
        over = self.status in ENDED_STATUSES
        return tuple(clock for clock in self.clocks if not (over and clock.runs))

    def clock(self, kind: str) -> ClockFacts | None:
        """A clock of the newest generation."""
        return next((clock for clock in self.clocks if clock.kind == kind), None)
