"""What the API answers: the OpenAPI document is made from these, and tests hold every answer to them.

Routes answer with what presenters make; these describe it. Answers may gain fields, so a client ignores
those it does not know. Moments are RFC 3339 with +09:00, amounts won with VAT.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.states import (
    CLOCK_STATES,
    LATE_ENTRY_REASONS,
    PLACEMENT_STATES,
    TASK_STATES,
    TICKET_STATUSES,
    VISIT_STATES,
)
from happycall.schemas import CALL_STATES, Answers

TicketStatus = Literal[TICKET_STATUSES]  # type: ignore[valid-type]  # the same words as the column's CHECK
VisitState = Literal[VISIT_STATES]  # type: ignore[valid-type]
ClockState = Literal[CLOCK_STATES]  # type: ignore[valid-type]
PlacementState = Literal[PLACEMENT_STATES]  # type: ignore[valid-type]
TaskState = Literal[TASK_STATES]  # type: ignore[valid-type]
LateReason = Literal[LATE_ENTRY_REASONS]  # type: ignore[valid-type]
CallState = Literal[CALL_STATES]  # type: ignore[valid-type]
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
    state: PlacementState
    answer_due_at: datetime | None
    reason: ReasonShape


class PlacementShape(BaseModel):
    """A service point that was looked at; rank 0 is the nearest."""

    service_point: str
    rank: int
    travel_s: int
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


class ExplanationReasonShape(BaseModel):
    """Why it is not planned; `proof` holds in every plan."""

    code: str
    kind: Literal["proof", "best_guess"]
    technician: str | None
    text: str


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
    warranty_reason: str | None
    visit_fee_tier: str | None


class MessageShape(BaseModel):
    """A text to one person about one thing, with the channel and state last used."""

    id: int
    event: str
    generation: int
    recipient: str
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


class SlotShape(BaseModel):
    """A window in which a technician really fits."""

    start: datetime
    end: datetime
    technician_id: int
    added_travel_s: int
    reachable: bool
    overtime: bool
    score: float


class StopShape(BaseModel):
    """A visit in a plan."""

    number: str
    ticket: str
    technician_id: int
    state: VisitState
    arrive: datetime
    start: datetime
    end: datetime
    window: WindowShape | None
    late: bool


class RouteShape(BaseModel):
    """A technician's day."""

    technician: TechnicianNameShape
    lunch_start: datetime | None
    stops: list[StopShape]


class UnplannedShape(BaseModel):
    """A ticket that is left out, and why."""

    number: str
    ticket: str
    reasons: list[dict[str, Any]]


class PlanShape(BaseModel):
    """The published plan of a point's day."""

    service_point: str
    day: date
    version: int
    origin: str | None
    made_at: datetime | None
    cost: int | None
    routes: list[RouteShape]
    stops: list[StopShape]
    unplanned: list[UnplannedShape]
    proposal: int | None


class ReplanShape(BaseModel):
    """A better plan was asked for."""

    service_point: str
    day: date
    state: Literal["asked"]


class PointShape(BaseModel):
    """An open service point."""

    id: int
    code: str
    name: str
    kind: Literal["direct", "designated"]
    address: str
    location: dict[Literal["lat", "lon"], float | None]
    daily_limit: int | None
    state: Literal["open"]


class PointListShape(BaseModel):
    """Every open point that this person may see."""

    items: list[PointShape]
    next_cursor: str | None


class TechnicianShape(BaseModel):
    """A technician at work for a point."""

    id: int
    name: str
    badge_number: str
    service_point_id: int
    state: Literal["active"]


class TechnicianListShape(BaseModel):
    """Technicians that this person may see."""

    items: list[TechnicianShape]
    next_cursor: str | None


class HappyCallAttemptShape(BaseModel):
    """A try of a happy call."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    outcome: str
    with_: PartyRole | None = Field(alias="with")
    answers: Answers | None


class HappyCallShape(BaseModel):
    """A call that is owed, or was made. `also` are tickets that it asks after too."""

    id: int
    number: str
    ticket: str
    state: CallState
    due_at: datetime
    until_at: datetime
    reason: str
    reopened_ticket: bool
    also: list[str]
    attempts: list[HappyCallAttemptShape]


class HappyCallListShape(BaseModel):
    """A page of calls, the earliest due first."""

    items: list[HappyCallShape]
    next_cursor: str | None


class HappyCallDoneShape(HappyCallShape):
    """Where the call and its ticket stand after a try; `unhappy` says why the case was taken up again."""

    ticket_status: TicketStatus
    reopened: bool
    escalated: bool
    unhappy: list[str]
