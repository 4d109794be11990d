"""Reads of tickets: one with everything (`ticket_detail`), many for lists, one by its home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.i18n import DEFAULT_LANGUAGE
from core.models import TimelineEntry
from core.together import Together
from customers.languages import languages_of
from customers.queries import get_boiler
from dispatch.checklist import checklist_for
from dispatch.detail_shapes import (
    AttemptFacts,
    PartyFacts,
    PlacementFacts,
    TicketDetail,
    TimelineFacts,
    TriageFacts,
    VisitFacts,
    WindowFacts,
)
from dispatch.list_facts import sort_open_tasks
from dispatch.list_queries import (
    TicketItem,
    TicketPage,
    find_open_ticket_of_household,
    items_by_id,
    list_open_tickets,
    list_tickets,
)
from dispatch.models import (
    ContactAttempt,
    Placement,
    Task,
    Ticket,
    TicketClock,
    TicketParty,
    TriageStep,
    Visit,
    WishedWindow,
)
from dispatch.ownership import owner_of, work_of
from dispatch.placement_rules import said_again
from dispatch.places import address_of
from dispatch.shown_clocks import show_clocks
from dispatch.tasks import infos_of
from dispatch.tickets import find_ticket, number_of, ticket_key
from dispatch.unplanned import is_planned, why_unplanned
from dispatch.where_is_it import answer_where_is_it
from workforce.queries import get_company, get_technicians, points_by_id
from workforce.schemas import TechnicianInfo

__all__ = [
    "TicketItem",
    "TicketPage",
    "answer_where_is_it",
    "find_open_ticket_of_household",
    "items_by_id",
    "list_open_tickets",
    "list_tickets",
    "ticket_detail",
]

PARTY_ORDER = ("resident", "requester", "payer")

_HANGS_ON_IT = "ticket_id = %(ticket_id)s"
_OF_A_TICKET = Together(
    {
        Placement: _HANGS_ON_IT,
        Visit: _HANGS_ON_IT,
        Task: _HANGS_ON_IT,
        TicketClock: _HANGS_ON_IT,
        TicketParty: _HANGS_ON_IT,
        ContactAttempt: _HANGS_ON_IT,
        TriageStep: _HANGS_ON_IT,
        WishedWindow: _HANGS_ON_IT,
        TimelineEntry: "subject_kind = 'ticket' AND subject_id = %(ticket_id)s",
    }
)


def ticket_detail(session: Session, *, company_id: int, number: str, now: datetime) -> TicketDetail:
    """One ticket with everything about it, as it shows now. Raises UnknownTicketError."""
    ticket = find_ticket(session, company_id=company_id, number=number)
    ticket_id = ticket_key(ticket)
    rows = _OF_A_TICKET.read(session, ticket_id=ticket_id)
    placements = _placements(session, rows.of(Placement))
    visit_rows = rows.of(Visit)
    visits = _visits(session, ticket, visit_rows)
    tasks = infos_of(session, rows.of(Task), number=ticket.number)
    clocks = show_clocks(session, rows.of(TicketClock), tickets=[ticket], now=now)[ticket_id]
    waiting = [task for task in rows.of(Task) if task.state == "open"]
    work = work_of(sort_open_tasks(session, waiting), visit_rows)
    newest = max((clock.generation for clock in clocks), default=1)
    return TicketDetail(
        id=ticket_id,
        company=get_company(session, company_id=company_id),
        suspected_duplicate_of=number_of(session, ticket.suspected_duplicate_of_id),
        parties=_parties(session, rows.of(TicketParty)),
        address=address_of(session, ticket),
        boiler=get_boiler(session, boiler_id=ticket.boiler_id) if ticket.boiler_id else None,
        placement=next((p for p in reversed(placements) if p.state in ("OFFERED", "ACCEPTED")), None),
        placements=placements,
        clocks=tuple(clock for clock in clocks if clock.generation == newest),
        earlier_clocks=tuple(clock for clock in clocks if clock.generation != newest),
        visits=visits,
        attempts=_attempts(rows.of(ContactAttempt)),
        triage=tuple(TriageFacts(row.tier, row.card, row.result, row.at) for row in rows.of(TriageStep)),
        wished_windows=tuple(WindowFacts(row.start_at, row.end_at) for row in rows.of(WishedWindow)),
        tasks=tuple(tasks),
        planned=is_planned(visits[-1] if visits else None),
        reasons=why_unplanned(session, ticket=ticket, visit=visits[-1] if visits else None, now=now),
        owner=owner_of(session, ticket=ticket, at=now, work=work),
        timeline=_timeline(rows.of(TimelineEntry)),
        **_own_facts(ticket),
    )


def _own_facts(ticket: Ticket) -> dict[str, Any]:
    """The columns that a detail shows as they are."""
    names = (
        "number household_id status priority safety safety_hold priority_care age_band channel symptom "
        "error_code error_code_known note received_at recorded_at late_entry_reason late_entry_note "
        "payer_role escalated_at transferred_at "
        "reopened_at excluded_technician_id preferred_technician_id contacted_at completed_at closed_at "
        "cancelled_at end_reason"
    )
    return {name: getattr(ticket, name) for name in names.split()}


def _parties(session: Session, rows: Sequence[TicketParty]) -> tuple[PartyFacts, ...]:
    spoken = languages_of(session, contact_ids=[row.contact_id for row in rows])
    parties = [
        PartyFacts(
            role=row.role,
            name=row.name,
            phone=row.phone,
            phone_raw=row.phone_raw,
            can_text=row.can_text,
            relationship=row.relationship,
            contact_id=row.contact_id,
            language=spoken.get(row.contact_id, DEFAULT_LANGUAGE),
            wrong=row.phone_wrong_since is not None,
        )
        for row in rows
    ]
    return tuple(sorted(parties, key=lambda party: PARTY_ORDER.index(party.role)))


def _placements(session: Session, rows: Sequence[Placement]) -> tuple[PlacementFacts, ...]:
    points = points_by_id(session, point_ids={row.service_point_id for row in rows})
    return tuple(
        PlacementFacts(
            point=points[row.service_point_id],
            rank=row.rank,
            travel_s=row.travel_s,
            travel_source=row.travel_source,
            state=row.state,
            reason_code=row.reason_code,
            reason_text=said_again(row.reason_code, row.reason_text, travel_s=row.travel_s),
            at=row.at,
            answer_due_at=row.answer_due_at,
            answered_at=row.answered_at,
        )
        for row in rows
    )


def _visits(session: Session, ticket: Ticket, rows: Sequence[Visit]) -> tuple[VisitFacts, ...]:
    crew = _crew(session, ticket.company_id, [row.technician_id for row in rows])
    items = checklist_for(safety=ticket.safety)
    return tuple(
        VisitFacts(
            id=row.id or 0,
            sequence=row.sequence,
            service_point_id=row.service_point_id,
            technician=crew.get(row.technician_id or 0),
            state=row.state,
            window=window_of(row.window_start, row.window_end),
            window_agreed_at=row.window_agreed_at,
            planned_start=row.planned_start,
            planned_end=row.planned_end,
            duration_s=row.duration_s,
            skills=tuple(row.skills),
            pinned_technician=row.pinned_technician,
            pinned_time=row.pinned_time,
            checklist=items,
            ticked=row.checklist,
            acknowledged_at=row.acknowledged_at,
            en_route_at=row.en_route_at,
            arrives_at=row.arrives_at,
            arrived_at=row.arrived_at,
            started_at=row.started_at,
            ended_at=row.ended_at,
            misuse=row.misuse,
            hold_reason=row.hold_reason,
            hold_due_at=row.hold_due_at,
            note=row.note,
        )
        for row in rows
    )


def _crew(session: Session, company_id: int, ids: Iterable[int | None]) -> dict[int, TechnicianInfo]:
    known = {i for i in ids if i is not None}
    return get_technicians(session, technician_ids=known, company_id=company_id) if known else {}


def _attempts(rows: Iterable[ContactAttempt]) -> tuple[AttemptFacts, ...]:
    return tuple(
        AttemptFacts(
            id=row.id or 0,
            outcome=row.outcome,
            with_role=row.with_role,
            evidence=row.evidence,
            at=row.at,
            recorded_at=row.recorded_at,
            late_entry=row.late_entry,
            window=window_of(row.window_start, row.window_end),
            call_back_at=row.call_back_at,
            note=row.note,
        )
        for row in rows
    )


def _timeline(rows: Iterable[TimelineEntry]) -> tuple[TimelineFacts, ...]:
    return tuple(
        TimelineFacts(
            at=row.at,
            by=row.actor_name,
            what=row.what,
            reason=row.reason,
            on_behalf_of=row.on_behalf_of,
            source=row.source,
            data=row.data,
        )
        for row in rows
    )


def window_of(start: datetime | None, end: datetime | None) -> WindowFacts | None:
    """A window when both ends are known."""
    return WindowFacts(start, end) if start is not None and end is not None else None
