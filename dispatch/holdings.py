"""The cases in which a person has a part, with everything that was written down about them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.clock import rfc3339_kst
from core.db import any_of
from dispatch.approval_models import CostApproval
from dispatch.models import ContactAttempt, CorrectionNotice, Ticket, TicketParty, Visit, WishedWindow


@dataclass(frozen=True)
class HeldCase:
    """A case and the part that these people have in it.

    Attributes:
        roles: `resident`, `requester`, `payer`.
        others: (name, phone in E.164) of the case's other people, whose data is not theirs to see.
    """

    id: int
    number: str
    household_id: int
    roles: frozenset[str]
    others: tuple[tuple[str, str], ...]
    facts: dict[str, Any]


def cases_of_people(session: Session, *, company_id: int, contact_ids: Collection[int]) -> list[HeldCase]:
    """Their cases, oldest first. Words are as typed: whoever shows them hides the others in them."""
    own = select(TicketParty.ticket_id).where(col(TicketParty.contact_id).in_(list(contact_ids)))
    tickets = session.exec(
        select(Ticket)
        .where(col(Ticket.company_id) == company_id, col(Ticket.id).in_(own))
        .order_by(col(Ticket.id))
    )
    return [_case(session, ticket, set(contact_ids)) for ticket in tickets]


def _case(session: Session, ticket: Ticket, contact_ids: set[int]) -> HeldCase:
    key = ticket.id or 0
    parties = list(session.exec(select(TicketParty).where(col(TicketParty.ticket_id) == key)))
    own = [party for party in parties if party.contact_id in contact_ids]
    numbers = {party.phone for party in own}
    return HeldCase(
        id=key,
        number=ticket.number,
        household_id=ticket.household_id,
        roles=frozenset(party.role for party in own),
        others=tuple((p.name, p.phone) for p in parties if p not in own and p.phone not in numbers),
        facts={
            "number": ticket.number,
            "roles": sorted(party.role for party in own),
            "given": [
                {"name": p.name, "phone": p.phone_raw or p.phone, "relationship": p.relationship} for p in own
            ],
            "received_at": rfc3339_kst(ticket.received_at),
            "channel": ticket.channel,
            "symptom": ticket.symptom,
            "error_code": ticket.error_code,
            "status": ticket.status,
            "priority_care": ticket.priority_care,
            "age_band": ticket.age_band,
            "note": ticket.note,
            "late_entry_reason": ticket.late_entry_reason,
            "late_entry_note": ticket.late_entry_note,
            "end_reason": ticket.end_reason,
            "completed_at": _moment(ticket.completed_at),
            "closed_at": _moment(ticket.closed_at),
            "cancelled_at": _moment(ticket.cancelled_at),
            "wished_windows": [
                {"start": rfc3339_kst(row.start_at), "end": rfc3339_kst(row.end_at)}
                for row in session.exec(select(WishedWindow).where(col(WishedWindow.ticket_id) == key))
            ],
            "visits": [_visit(row) for row in session.exec(select(Visit).where(Visit.ticket_id == key))],
            "calls": [
                {"at": rfc3339_kst(row.at), "outcome": row.outcome, "with": row.with_role, "note": row.note}
                for row in session.exec(select(ContactAttempt).where(ContactAttempt.ticket_id == key))
            ],
            "correction_notices": [
                {"at": rfc3339_kst(row.written_at), "items": row.items, "note": row.note}
                for row in session.exec(
                    select(CorrectionNotice).where(col(CorrectionNotice.ticket_id) == key)
                )
            ],
            "approvals": [
                {
                    "asked_at": rfc3339_kst(row.asked_at),
                    "total": row.total,
                    "lines": [{"label": line["label"], "amount": line["amount"]} for line in row.lines],
                    "state": row.state,
                    "answered_at": _moment(row.answered_at),
                }
                for row in session.exec(select(CostApproval).where(CostApproval.ticket_id == key))
            ],
            "timeline": [
                {"at": rfc3339_kst(entry.at), "what": entry.what, "reason": entry.reason or ""}
                for entry in audit.list_entries(session, subject=("ticket", key))
            ],
        },
    )


def _visit(row: Visit) -> dict[str, Any]:
    return {
        "state": row.state,
        "window_start": _moment(row.window_start),
        "window_end": _moment(row.window_end),
        "arrived_at": _moment(row.arrived_at),
        "ended_at": _moment(row.ended_at),
        "note": row.note,
    }


def _moment(at: datetime | None) -> str | None:
    return rfc3339_kst(at) if at else None


def people_of_tickets(
    session: Session, *, company_id: int, ticket_ids: Collection[int]
) -> dict[int, list[tuple[tuple[str, str], str]]]:
    """The people of these cases: ((name, phone), the case's number), by ticket."""
    query = (
        select(TicketParty, Ticket.number)
        .join(Ticket, col(Ticket.id) == col(TicketParty.ticket_id))
        .where(col(Ticket.company_id) == company_id, any_of(Ticket.id, "ids"))
        .order_by(col(TicketParty.id))
    )
    found: dict[int, list[tuple[tuple[str, str], str]]] = {}
    for party, number in session.execute(query, {"ids": list(ticket_ids)}):
        found.setdefault(party.ticket_id, []).append(((party.name, party.phone), number))
    return found
