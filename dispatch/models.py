"""Tables of tickets, clocks, placement, visits and contact. Private to this package.

Plans and what they write have their own file, `planning.plan_models`; so has the family's page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Computed, ForeignKey, Index, String, Text, text
from sqlmodel import Field, SQLModel

from core.models import big_id, in_values, json_column
from dispatch.family_models import CorrectionNotice, FamilyAct, FamilyLink
from dispatch.planning.plan_models import Booking, Plan, PointDay, SolveRequest
from dispatch.states import (
    CLOCK_STATES,
    LATE_ENTRY_REASONS,
    PLACEMENT_STATES,
    TASK_STATES,
    TICKET_STATUSES,
    VISIT_STATES,
)
from dispatch.visit_rules import missed_early

__all__ = ["Booking", "CorrectionNotice", "FamilyAct", "FamilyLink", "Plan", "PointDay", "SolveRequest"]


class Ticket(SQLModel, table=True):
    """One case, from the call to the happy call. Visits and charges hang on it."""

    __tablename__ = "ticket"
    __table_args__ = (
        in_values("status", *TICKET_STATUSES),
        in_values("late_entry_reason", *LATE_ENTRY_REASONS),
        Index(
            "ix_ticket_late_entry",
            "company_id",
            "id",
            postgresql_where=text("late_entry_reason IS NOT NULL"),
        ),
        Index("ix_ticket_company_status", "company_id", "status", "received_at"),
        Index("ix_ticket_point_status", "service_point_id", "status"),
        Index("ix_ticket_household", "household_id"),
        Index("ix_ticket_received", "company_id", "received_at"),
        Index("ix_ticket_number_tail", "number_tail", "company_id"),
        Index(
            "ix_ticket_open_safety",
            "company_id",
            "received_at",
            postgresql_where=text(
                "safety AND status NOT IN ('SELF_FIXED', 'COMPLETED', 'CLOSED', 'CANCELLED')"
            ),
        ),
    )

    id: int | None = big_id()
    number: str = Field(unique=True)
    number_tail: str | None = Field(
        default=None, sa_column=Column(String, Computed("right(number, 5)", persisted=True))
    )
    """Its last five characters, as people read a number out; the database writes it."""
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    household_id: int = Field(sa_type=BigInteger, foreign_key="household.id")
    boiler_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="boiler.id")
    channel: str
    symptom: str
    error_code: str | None = None
    error_code_known: bool | None = None
    """None without a code; False is a flag for a person, never a refusal."""
    priority: int
    safety: bool = False
    safety_hold: bool = False
    """Blocks completion until the flue/leak test is signed off."""
    priority_care: bool = False
    age_band: str | None = None
    note: str = Field(default="", sa_type=Text)
    status: str
    received_at: datetime
    """When the family asked; clocks run from here."""
    recorded_at: datetime
    """When the row was saved."""
    payer_role: str
    """`resident`, `requester` or `payer` (a third person)."""
    service_point_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="service_point.id")
    suspected_duplicate_of_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="ticket.id")
    reopened_from_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="ticket.id")
    reopened_at: datetime | None = None
    excluded_technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    """Who must not be sent again after a complaint."""
    preferred_technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    """Whom the family would like to come: he comes where that costs little more."""
    escalated_at: datetime | None = None
    escalation_owner_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="person.id")
    transferred_at: datetime | None = None
    solved_by_phone_at: datetime | None = None
    contacted_at: datetime | None = None
    completed_at: datetime | None = None
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    end_reason: str | None = Field(default=None, sa_type=Text)
    script_version: str = ""
    late_entry_reason: str | None = None
    """Why it was entered later than it was received (`late_entry.REASONS`); None: entered at once."""
    late_entry_note: str | None = Field(default=None, sa_type=Text)
    destroyed_at: datetime | None = None
    """When its people were destroyed by retention; times, states and money stay for the figures."""


class ImportedTicket(SQLModel, table=True):
    """Under which number the system before knew a ticket: importing the same list again adds nothing."""

    __tablename__ = "imported_ticket"
    __table_args__ = (Index("ux_imported_ticket", "company_id", "old_number", unique=True),)

    ticket_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("ticket.id"), primary_key=True, autoincrement=False)
    )
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    old_number: str
    at: datetime


class TicketParty(SQLModel, table=True):
    """A person's part in a ticket, with name and number as given at intake.

    The happy call uses these numbers, so that a change made on site cannot redirect it: only the desk
    replaces one (`dispatch.wrong_numbers`).
    """

    __tablename__ = "ticket_party"
    __table_args__ = (
        in_values("role", "resident", "requester", "payer"),
        Index("ux_ticket_party", "ticket_id", "role", unique=True),
        Index("ix_ticket_party_contact", "contact_id"),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    role: str
    contact_id: int = Field(sa_type=BigInteger, foreign_key="contact.id")
    name: str
    phone: str
    """E.164."""
    phone_raw: str
    """As it was written."""
    can_text: bool
    relationship: str = ""
    phone_wrong_since: datetime | None = None
    """Since when the number is known to be another's; nothing goes there until it is put right."""


class WishedWindow(SQLModel, table=True):
    """A time the family asked for at intake."""

    __tablename__ = "wished_window"

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id", index=True)
    start_at: datetime
    end_at: datetime


class TriageStep(SQLModel, table=True):
    """One rung of the ladder: 1 self-help, 2 technical desk, 3 visit; with its result."""

    __tablename__ = "triage_step"

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id", index=True)
    tier: int
    card: str | None = None
    card_version: int | None = None
    result: str
    """`SOLVED`, `FAILED`, `REFUSED`, `NOT_APPLICABLE`, or `SAFETY` where self-help is forbidden."""
    at: datetime
    by_account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")


class TicketClock(SQLModel, table=True):
    """A promise about time: contact (1 h), promise of a window (10 min), handled (100 min)."""

    __tablename__ = "ticket_clock"
    __table_args__ = (
        in_values("kind", "contact", "promise", "handled"),
        in_values("state", *CLOCK_STATES),
        Index("ux_ticket_clock", "ticket_id", "kind", "generation", unique=True),
        Index("ix_ticket_clock_begun", "started_at", postgresql_where=text("kind = 'contact'")),
        Index("ix_ticket_clock_next", "next_stage_at", postgresql_where=text("stopped_at IS NULL")),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    kind: str
    generation: int = 1
    """A re-opened ticket runs its clocks anew."""
    started_at: datetime
    due_at: datetime
    state: str
    stopped_at: datetime | None = None
    evidence: str | None = None
    stage: str = "started"
    """How far reminding went: `started`, `reminded`, `handed_over`, `escalated`."""
    next_stage_at: datetime | None = None
    """When the next stage is due; None when nothing more will happen by itself."""
    breached_at: datetime | None = None


class Placement(SQLModel, table=True):
    """A service point that was looked at for a ticket, and what came of it."""

    __tablename__ = "placement"
    __table_args__ = (
        in_values("state", *PLACEMENT_STATES),
        in_values("travel_source", "road", "model"),
        Index("ix_placement_ticket", "ticket_id", "id"),
        Index("ix_placement_due", "answer_due_at", postgresql_where=text("state = 'OFFERED'")),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    rank: int
    """0 is the nearest by travel time."""
    travel_s: int
    travel_source: str | None = None
    """Where that comes from: `road` or `model`; None: before anybody asked."""
    state: str
    reason_code: str
    reason_text: str = Field(sa_type=Text)
    at: datetime
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="person.id")


class JobSeen(SQLModel, table=True):
    """That a technician has seen what he was told of a visit: a row for each telling, never overwritten."""

    __tablename__ = "job_seen"
    __table_args__ = (
        in_values("how", "APP", "PUSH", "CALL", "DESK"),
        Index("ux_job_seen", "visit_id", "technician_id", "event", "generation", unique=True),
    )

    id: int | None = big_id()
    visit_id: int = Field(sa_type=BigInteger, foreign_key="visit.id")
    technician_id: int = Field(sa_type=BigInteger, foreign_key="technician.id")
    event: str
    generation: int
    """Which telling of the event; 0 for a job of which no text could be sent."""
    at: datetime
    how: str
    """`PUSH`: by a tap on the notification; `CALL`: he rang the family; `DESK`: a desk said so for him."""


class Visit(SQLModel, table=True):
    """One going-there of one technician. Facts are times that happened, the plan is `planned_*`."""

    __tablename__ = "visit"
    __table_args__ = (
        in_values("state", *VISIT_STATES),
        Index("ux_visit_sequence", "ticket_id", "sequence", unique=True),
        Index("ix_visit_point_planned", "service_point_id", "planned_start"),
        Index("ix_visit_technician_planned", "technician_id", "planned_start"),
        Index("ix_visit_ended", "company_id", "ended_at"),
        Index("ix_visit_to_come", "planned_start", postgresql_where=text("state IN ('planned', 'agreed')")),
        Index("ix_visit_on_the_way", "arrives_at", postgresql_where=text("state = 'en_route'")),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    sequence: int
    service_point_id: int = Field(sa_type=BigInteger, foreign_key="service_point.id")
    technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    state: str
    duration_s: int
    skills: list[str] = Field(default_factory=list, sa_column=json_column())
    window_start: datetime | None = None
    """The window agreed with the family; planning may not leave it."""
    window_end: datetime | None = None
    window_agreed_at: datetime | None = None
    window_generation: int = 0
    """Counts agreed windows, so that each is told exactly once."""
    planned_start: datetime | None = None
    planned_end: datetime | None = None
    pinned_technician: bool = False
    pinned_time: bool = False
    told_technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")
    """Who was last told of this job, so that a change tells both."""
    acknowledged_at: datetime | None = None
    en_route_at: datetime | None = None
    arrives_at: datetime | None = None
    """When he will be there, as the family was told when he set out."""
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    checklist: dict[str, bool] = Field(default_factory=dict, sa_column=json_column())
    misuse: bool = False
    hold_reason: str | None = None
    hold_due_at: datetime | None = None
    note: str = Field(default="", sa_type=Text)
    created_at: datetime

    @property
    def missed_early(self) -> bool:
        """Nobody opened, but the agreed time had not begun."""
        return missed_early(state=self.state, ended_at=self.ended_at, window_start=self.window_start)


class ContactAttempt(SQLModel, table=True):
    """A try to talk with the family, and what came of it."""

    __tablename__ = "contact_attempt"
    __table_args__ = (
        in_values(
            "outcome", "CONNECTED", "NO_ANSWER", "BUSY", "WRONG_NUMBER", "CALL_BACK", "SOLVED_BY_PHONE"
        ),
        in_values("evidence", "TELEPHONY", "FAMILY", "SELF_REPORT"),
        Index("ix_contact_attempt_ticket", "ticket_id", "id"),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    visit_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="visit.id")
    outcome: str
    with_role: str | None = None
    evidence: str
    at: datetime
    """When it happened, as told."""
    recorded_at: datetime
    """When the server heard of it; a large gap is flagged, and never turns a breach green."""
    late_entry: bool = False
    window_start: datetime | None = None
    window_end: datetime | None = None
    call_back_at: datetime | None = None
    note: str = Field(default="", sa_type=Text)
    account_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="account.id")
    technician_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="technician.id")


class Task(SQLModel, table=True):
    """Something a named person must do for a ticket, because no rule could."""

    __tablename__ = "task"
    __table_args__ = (
        in_values("state", *TASK_STATES),
        Index("ix_task_open", "company_id", "kind", postgresql_where=text("state = 'open'")),
        Index("ix_task_ticket", "ticket_id"),
        Index("ux_task_once", "ticket_id", "kind", "recipient", "generation", unique=True),
    )

    id: int | None = big_id()
    ticket_id: int = Field(sa_type=BigInteger, foreign_key="ticket.id")
    company_id: int = Field(sa_type=BigInteger, foreign_key="company.id")
    service_point_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="service_point.id")
    kind: str
    """`CALL_LANDLINE`, `MAP_PICK`, `CONTACT_CALL`, `PLACE_BY_HAND`, `PLAN_BY_HAND`, `ESCALATION`, …"""
    recipient: str = ""
    """Whom to call, for calls."""
    generation: int = 1
    owner_person_id: int = Field(sa_type=BigInteger, foreign_key="person.id")
    state: str
    detail: str = Field(default="", sa_type=Text)
    created_at: datetime
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="person.id")
    outcome: str = Field(default="", sa_type=Text)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
