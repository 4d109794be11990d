"""Open tasks change hands with the duty rota."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from core.actor import SYSTEM
from dispatch.models import Task, Ticket
from dispatch.tasks import ESCALATED_KINDS, ESCALATION, tell_task
from workforce.duty import rota_people_at

HAND_OVER_BATCH = 200


def hand_over_tasks(session: Session, *, now: datetime) -> int:
    """Sweep: open tasks go to whoever is on duty now, so that nobody who has gone home owns one.

    An escalation stays with its person: whoever took a complaint answers for it to the end.
    """
    on_duty = rota_people_at(session, at=now)
    query = columns(
        col(Task.id),
        col(Task.company_id),
        col(Task.service_point_id),
        col(Task.kind),
        col(Task.owner_person_id),
    ).where(col(Task.state) == "open", col(Task.kind) != ESCALATION)
    moved = 0
    for task_id, company_id, point_id, kind, owner_id in session.execute(query).all():
        people = on_duty.get((company_id, point_id))
        if people is None or people[kind in ESCALATED_KINDS] == owner_id:
            continue
        moved += _hand_over(session, task_id, person_id=people[kind in ESCALATED_KINDS], now=now)
        if moved >= HAND_OVER_BATCH:
            break
    return moved


def _hand_over(session: Session, task_id: int, *, person_id: int, now: datetime) -> int:
    query = select(Task).where(col(Task.id) == task_id).with_for_update(skip_locked=True)
    task = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if task is None or task.state != "open" or task.owner_person_id == person_id:
        return 0
    before, task.owner_person_id = task.owner_person_id, person_id
    session.add(task)
    session.flush()
    ticket = session.get_one(Ticket, task.ticket_id)
    tell_task(session, task, ticket, what="TaskHandedOver", by=SYSTEM, now=now, data={"from": before})
    return 1
