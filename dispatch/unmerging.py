"""A merged ticket is opened again: what it brought to the other one goes back with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.actor import SYSTEM
from core.models import TimelineEntry
from dispatch.cases import parties_of
from dispatch.events import TicketReopened
from dispatch.merging import MERGED_AWAY, TAKEN_IN
from dispatch.models import Ticket
from dispatch.tickets import lock_ticket, note_change, ticket_key

GIVEN_BACK = "DuplicateGivenBack"
"""In the timeline of the ticket that had taken in `number`; `people` are the roles that left it."""
RECENT = 50


def give_back(*, session: Session, event: TicketReopened, now: datetime) -> None:
    """Handler: the other family hears nothing of this case any more, and pays nothing for it.

    Only what is still as the merge left it: what somebody has written since stays.
    """
    ticket = session.get_one(Ticket, event.ticket_id)
    taken = _taken_in(session, ticket)
    if taken is None:
        return
    older = lock_ticket(session, ticket_id=taken.subject_id)
    if _answered(session, taken, number=ticket.number):  # by whoever held the lock before
        return
    data = taken.data
    people = _take_out(session, older, ticket, roles=data.get("people", ()))
    _restore(older, data, left=people)
    older.note = _without(older.note, ticket.note.strip())
    facts = {"number": ticket.number, "people": people, "payer_role": older.payer_role}
    note_change(session, ticket=older, what=GIVEN_BACK, by=SYSTEM, now=now, data=facts)


def _taken_in(session: Session, ticket: Ticket) -> TimelineEntry | None:
    """How another ticket took this one in the last time, unless it was given back since."""
    own = audit.list_changes(
        session,
        company_id=ticket.company_id,
        what=(MERGED_AWAY,),
        subject=("ticket", ticket_key(ticket)),
        limit=1,
    )
    if not own:
        return None
    query = select(Ticket.id).where(
        col(Ticket.company_id) == ticket.company_id, col(Ticket.number) == own[0].data["into"]
    )
    into = session.exec(query).one()
    newest = _newest(session, company_id=ticket.company_id, into=into or 0, number=ticket.number)
    return newest if newest is not None and newest.what == TAKEN_IN else None


def _answered(session: Session, taken: TimelineEntry, *, number: str) -> bool:
    newest = _newest(session, company_id=taken.company_id or 0, into=taken.subject_id, number=number)
    return newest is not None and newest.what == GIVEN_BACK


def _newest(session: Session, *, company_id: int, into: int, number: str) -> TimelineEntry | None:
    found = audit.list_changes(
        session,
        company_id=company_id,
        what=(TAKEN_IN, GIVEN_BACK),
        subject=("ticket", into),
        limit=RECENT,
    )
    return next((entry for entry in found if entry.data.get("number") == number), None)


def _take_out(session: Session, older: Ticket, ticket: Ticket, *, roles: list[str]) -> list[str]:
    """People who came with the merge and are still the same leave; returns their roles."""
    there, here = (parties_of(session, ticket_id=ticket_key(one)) for one in (older, ticket))
    gone = [
        role
        for role in roles
        if role in there and role in here and there[role].contact_id == here[role].contact_id
    ]
    for role in gone:
        session.delete(there[role])
    session.flush()
    return gone


def _restore(older: Ticket, data: dict[str, Any], *, left: list[str]) -> None:
    if older.payer_role in left:
        older.payer_role = data.get("payer_role_before", "resident")
    if older.priority == data["priority"]:
        older.priority = data["priority_before"]
        older.priority_care = data.get("priority_care_before", older.priority_care)


def _without(note: str, brought: str) -> str:
    """The note before the merge; as it is when that is not to be found any more."""
    if not brought or brought not in note:
        return note
    before, _brought, after = note.rpartition(brought)
    return f"{before.rstrip()}\n{after.lstrip()}".strip()
