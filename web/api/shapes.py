"""What the API answers about a ticket and all that hangs on it.

The OpenAPI document is made from these shapes and their neighbours', and tests hold every answer to them.
Routes answer with what presenters make; these describe it. Answers may gain fields, so a client ignores
those it does not know. Moments are RFC 3339 with +09:00, amounts won with VAT.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from dispatch.states import (
    CLOCK_STATES,
    LATE_ENTRY_REASONS,
    PLACEMENT_STATES,
    TASK_STATES,
    TICKET_STATUSES,
    VISIT_STATES,
)
from happycall.schemas import CALL_STATES

TicketStatus = Literal[TICKET_STATUSES]  # type: ignore[valid-type]  # the same words as the column's CHECK
VisitState = Literal[VISIT_STATES]  # type: ignore[valid-type]
ClockState = Literal[CLOCK_STATES]  # type: ignore[valid-type]
PlacementState = Literal[PLACEMENT_STATES]  # type: ignore[valid-type]
TaskState = Literal[TASK_STATES]  # type: ignore[valid-type]
LateReason = Literal[LATE_ENTRY_REASONS]  # type: ignore[valid-type]
CallState = Literal[CALL_STATES]  # type: ignore[valid-type]
LegSource = Literal["road", "model"]
"""Where a travel time comes from: the road engine, or an estimate by distance and speed."""
TravelSource = Literal["road", "model", "mixed"]
PartyRole = Literal["resident", "requester", "payer"]


class WindowShape(BaseModel):
    """A stretch of time."""

    start: datetime
    end: datetime


class PartyShape(BaseModel):
    """A person of the case; masked until unmasked."""

    role: PartyRole
    name: str
    phone: str
    can_text: bool
    language: Literal["ko", "en"]
    relationship: str | None


class LocationShape(BaseModel):
    """Where it is, and how exactly that is known."""

    lat: float | None
    lon: float | None
    precision: str


class ReasonShape(BaseModel):
    """Why this point."""

    code: str
    text: str


class PointOfTicketShape(BaseModel):
    """The service point that has the ticket, or is asked."""

    code: str
    name: str
    travel_s: int
    travel_source: LegSource | None
    state: PlacementState
    answer_due_at: datetime | None
    reason: ReasonShape


class PlacementShape(BaseModel):
    """A service point that was looked at; rank 0 is the nearest."""

    service_point: str
    rank: int
    travel_s: int
    travel_source: LegSource | None
    state: PlacementState
    reason: ReasonShape
    at: datetime


class ClockShape(BaseModel):
    """A limit; an empty object while it does not run."""

    started_at: datetime | None = None
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    state: ClockState | None = None
    evidence: str | None = None


class ClocksShape(BaseModel):
    """First contact, agreed time, everything done."""

    contact: ClockShape
    promise: ClockShape
    handled: ClockShape


class TechnicianNameShape(BaseModel):
    """Who comes."""

    id: int
    name: str


class VisitTechnicianShape(TechnicianNameShape):
    """Who comes, with the number on the badge."""

    badge_number: str


class ChecklistItemShape(BaseModel):
    """What has to be done or said at a visit."""

    code: str
    label: str
    required: bool
    done: bool


class VisitShape(BaseModel):
    """One going-there."""

    technician: VisitTechnicianShape | None
    window: WindowShape | None
    planned_start: datetime | None
    planned_end: datetime | None
    state: VisitState
    pins: list[Literal["technician", "time"]]
    acknowledged_at: datetime | None
    en_route_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    checklist: list[ChecklistItemShape]


class RepairShape(BaseModel):
    """The smallest change that would help; `tried` when it was worked out and not only guessed."""

    code: str
    text: str
    tried: bool


class ExplanationReasonShape(BaseModel):
    """Why it is not planned; `proof` holds in every plan."""

    code: str
    kind: Literal["proof", "best_guess"]
    technician: str | None
    text: str
    repair: RepairShape | None


class ExplanationShape(BaseModel):
    """Whether it is planned, and if not, why."""

    planned: bool
    reasons: list[ExplanationReasonShape]


class ChargeLineShape(BaseModel):
    """A line of a bill."""

    code: str
    label: str
    quantity: int
    amount: int
    warranty: bool


class ChargeShape(BaseModel):
    """A bill: the lines add up to the total."""

    lines: list[ChargeLineShape]
    total: int
    vat: int | None
    """The tax within the total; null: not known of old bills."""
    warranty_reason: str | None
    visit_fee_tier: str | None


class MessageShape(BaseModel):
    """A text to one person about one thing, with the channel and state last used."""

    id: int
    event: str
    generation: int
    recipient: str
    language: Literal["ko", "en"]
    channel: str
    state: Literal["queued", "accepted", "delivered", "failed", "unknown", "withdrawn"]
    bytes: int
    subject: str | None
    text: str
    problem: str | None
    created_at: datetime


class TaskShape(BaseModel):
    """What waits for a person."""

    id: int
    kind: str
    recipient: str | None
    state: TaskState


class HappyCallOfTicketShape(BaseModel):
    """The call that is owed after the work."""

    id: int
    due_at: datetime
    state: CallState
    reason: str


class TimelineShape(BaseModel):
    """One change: who, when, why."""

    at: datetime
    by: str
    on_behalf_of: str | None
    what: str
    text: str
    reason: str | None
    source: str
    happened_at: datetime | None
    late_entry: bool


class BoilerShape(BaseModel):
    """What stands there."""

    model: str | None
    serial: str | None
    installed_on: date | None


class OwnerNameShape(BaseModel):
    """Who answers for it now."""

    name: str
    role: str


class OwnerShape(OwnerNameShape):
    """Who answers for it now, and why."""

    why: str


class LateEntryShape(BaseModel):
    """Why a ticket was entered later than it was received, by whom and when."""

    reason: LateReason
    text: str
    note: str
    entered_at: datetime
    entered_by: str


class TicketShape(BaseModel):
    """A ticket with every fact."""

    number: str
    company: str
    status: TicketStatus
    priority: int
    safety: bool
    safety_hold: bool
    escalated: bool
    transferred: bool
    priority_care: bool
    age_band: str | None
    channel: str
    symptom: str
    error_code: str | None
    error_code_known: bool | None
    suspected_duplicate_of: str | None
    payer: PartyRole
    boiler: BoilerShape | None
    received_at: datetime
    late_entry: LateEntryShape | None
    end_reason: str | None
    owner: OwnerShape | None
    parties: list[PartyShape]
    address: str
    location: LocationShape
    service_point: PointOfTicketShape | None
    placements: list[PlacementShape]
    clocks: ClocksShape
    visit: VisitShape | None
    visits: list[VisitShape]
    explanation: ExplanationShape
    charge: ChargeShape | None
    charges: list[ChargeShape]
    messages: list[MessageShape]
    tasks: list[TaskShape]
    happy_call: HappyCallOfTicketShape | None
    timeline: list[TimelineShape]


class PointNameShape(BaseModel):
    """A service point by code and name."""

    code: str
    name: str


class TicketItemShape(BaseModel):
    """A ticket in a list."""

    number: str
    status: TicketStatus
    priority: int
    safety: bool
    symptom: str
    received_at: datetime
    resident: str
    address: str
    service_point: PointNameShape | None
    technician: TechnicianNameShape | None
    visit_state: VisitState | None
    window: WindowShape | None
    planned_start: datetime | None
    clocks: ClocksShape
    escalated: bool
    late_entry: bool
    owner: OwnerNameShape | None


class TicketListShape(BaseModel):
    """A page of tickets; `next_cursor` null on the last one."""

    items: list[TicketItemShape]
    next_cursor: str | None
