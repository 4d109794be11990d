"""Small facts of many tickets at once, for lists: what is open on them, and who answers for an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select as columns
from sqlmodel import Session, col

from core.db import any_of
from dispatch.models import Task, Ticket, TriageStep
from dispatch.tasks import ON_THE_LINE, SAFETY_ALARM
from dispatch.tickets import ticket_key
from workforce.queries import people_by_id


@dataclass(frozen=True)
class OpenTasks:
    """What is open on some tickets, each by ticket id."""

    kinds: dict[int, list[str]]
    """The kinds of open tasks, oldest first."""
    alarmed: dict[int, str]
    """Whose the open safety alarm is (a name), where there is one."""
    callers: dict[int, int]
    """Who has the caller of an unplaced ticket on the line: person ids."""


_TALKED = columns(col(TriageStep.ticket_id)).where(any_of(TriageStep.ticket_id, "ids"))


def sort_open_tasks(session: Session, tasks: Iterable[Task]) -> OpenTasks:
    """What these open tasks say, in the order in which they were opened."""
    kinds: dict[int, list[str]] = {}
    owners: dict[int, int] = {}
    callers: dict[int, int] = {}
    for task in tasks:
        kinds.setdefault(task.ticket_id, []).append(task.kind)
        if task.kind == SAFETY_ALARM:
            owners.setdefault(task.ticket_id, task.owner_person_id)
        if ON_THE_LINE in task.data:
            callers[task.ticket_id] = task.owner_person_id
    people = people_by_id(session, person_ids=owners.values())
    alarmed = {ticket_id: people[who].name for ticket_id, who in owners.items() if who in people}
    return OpenTasks(kinds, alarmed, callers)


def still_in_self_fix(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    """Tickets whose family is still being talked through the self-fix card: no point is looked for yet."""
    waiting = {ticket_key(ticket) for ticket in tickets if ticket.status == "RECEIVED" and not ticket.safety}
    if not waiting:
        return set()
    return waiting.difference(session.scalars(_TALKED, {"ids": list(waiting)}))
