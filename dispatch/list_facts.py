"""Small facts of many tickets at once, for lists: what is open on them, and who answers for an alarm."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from dispatch.models import Task, Ticket, TriageStep
from dispatch.tasks import SAFETY_ALARM
from dispatch.tickets import ticket_key
from workforce.queries import people_by_id


def open_tasks_of(session: Session, ids: Sequence[int]) -> tuple[dict[int, list[str]], dict[int, str]]:
    """The kinds of open tasks by ticket, and whose the open safety alarm is (a name), where there is one."""
    query = (
        select(Task.ticket_id, Task.kind, Task.owner_person_id)
        .where(col(Task.ticket_id).in_(ids), col(Task.state) == "open")
        .order_by(col(Task.id))
    )
    kinds: dict[int, list[str]] = {}
    owners: dict[int, int] = {}
    for ticket_id, kind, owner_id in session.exec(query):
        kinds.setdefault(ticket_id, []).append(kind)
        if kind == SAFETY_ALARM:
            owners.setdefault(ticket_id, owner_id)
    people = people_by_id(session, person_ids=set(owners.values())) if owners else {}
    return kinds, {ticket_id: people[who].name for ticket_id, who in owners.items() if who in people}


def still_in_self_fix(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    """Tickets whose family is still being talked through the self-fix card: no point is looked for yet."""
    waiting = {ticket_key(ticket) for ticket in tickets if ticket.status == "RECEIVED" and not ticket.safety}
    if not waiting:
        return set()
    talked = select(TriageStep.ticket_id).where(col(TriageStep.ticket_id).in_(waiting))
    done: list[int] = list(session.exec(talked))
    return waiting.difference(done)
