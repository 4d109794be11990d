"""A merged ticket is opened again: what it brought to the other one goes back with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.actor import SYSTEM
from core.i18n import N_
from core.models import TimelineEntry
from dispatch.cases import parties_of
from dispatch.events import TicketReopened
from dispatch.family_links import revoke_links
from dispatch.merging import MERGED_AWAY, TAKEN_IN
from dispatch.models import Ticket
from dispatch.tasks import close_tasks_of
from dispatch.tickets import lock_ticket, note_change, ticket_key
from notifications.service import withdraw_from

GIVEN_BACK = "DuplicateGivenBack"
"""In the timeline of the ticket that had taken in `number`; `people` are the roles that left it."""
RECENT = 50
NOT_OF_CASE = N_("합쳤던 접수를 다시 나누어 이 접수의 사람이 아닙니다.")
"""Why a text was withdrawn."""


def give_back(*, session: Session, event: TicketReopened, now: datetime) -> None:
    """Handler: the other family hears nothing of this case any more, and pays nothing for it.

    Only what is still as the merge left it: what somebody has written since stays.
    """
    ticket = session.get_one(Ticket, event.ticket_id)
    into = _merged_into(session, ticket)
    if into is None:
        return
    older = lock_ticket(session, ticket_id=into)
    taken = _newest(session, older, number=ticket.number)
    if taken is None or taken.what == GIVEN_BACK:
        return
    people = _take_out(session, older, ticket, roles=taken.data.get("people", ()), now=now)
    _restore(older, taken.data, left=people)
    older.note = _without(older.note, ticket.note.strip())
    facts = {"number": ticket.number, "people": people, "payer_role": older.payer_role}
    note_change(session, ticket=older, what=GIVEN_BACK, by=SYSTEM, now=now, data=facts)


def _merged_into(session: Session, ticket: Ticket) -> int | None:
    """The ticket that took this one in the last time; None when none ever did."""
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
    return session.exec(query).one()


def _newest(session: Session, older: Ticket, *, number: str) -> TimelineEntry | None:
    """What happened last between the two."""
    found = audit.list_changes(
        session,
        company_id=older.company_id,
        what=(TAKEN_IN, GIVEN_BACK),
        subject=("ticket", ticket_key(older)),
        limit=RECENT,
    )
    return next((entry for entry in found if entry.data.get("number") == number), None)


def _take_out(
    session: Session, older: Ticket, ticket: Ticket, *, roles: list[str], now: datetime
) -> list[str]:
    """People who came with the merge and are still the same leave, with their links; returns their roles."""
    there, here = (parties_of(session, ticket_id=ticket_key(one)) for one in (older, ticket))
    gone = [
        role
        for role in roles
        if role in there and role in here and there[role].contact_id == here[role].contact_id
    ]
    left = {party.phone for role, party in there.items() if role not in gone}
    for role in gone:
        revoke_links(session, ticket_id=ticket_key(older), role=role, now=now)
        if there[role].phone not in left:
            withdraw_from(
                session, ticket_id=ticket_key(older), to_phone=there[role].phone, reason=NOT_OF_CASE, now=now
            )
        close_tasks_of(
            session,
            ticket_id=ticket_key(older),
            kinds=None,
            recipient=role,
            outcome=NOT_OF_CASE,
            state="void",
            by=SYSTEM,
            now=now,
        )
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
