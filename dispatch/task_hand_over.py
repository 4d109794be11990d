"""Open tasks change hands with the duty rota."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from core.actor import SYSTEM
from dispatch.models import Task, Ticket
from dispatch.tasks import ESCALATED_KINDS, ESCALATION, ON_THE_LINE, tell_task
from workforce.duty import rota_people_at

HAND_OVER_BATCH = 200
LONGEST_CALL = timedelta(minutes=30)
"""What an agent does with the caller on the line is theirs for so long, then the rota's like all else."""


_IN_OTHER_HANDS = text("""
    SELECT t.id, CASE WHEN t.kind = ANY(:escalated) THEN d.escalation ELSE d.desk END
    FROM task t
    JOIN unnest(CAST(:companies AS bigint[]), CAST(:points AS bigint[]),
                CAST(:desks AS bigint[]), CAST(:escalations AS bigint[]))
         AS d (company_id, point_id, desk, escalation)
      ON d.company_id = t.company_id AND d.point_id = coalesce(t.service_point_id, 0)
    WHERE t.state = 'open' AND t.kind <> :stays
      AND NOT (t.created_at > :called_since AND t.data ->> :on_the_line IS NOT NULL)
      AND t.owner_person_id <> CASE WHEN t.kind = ANY(:escalated) THEN d.escalation ELSE d.desk END
    ORDER BY t.id LIMIT :batch
""")
"""Only tasks whose owner has gone home come out of the database: the sweep runs every other second."""


def hand_over_tasks(session: Session, *, now: datetime) -> int:
    """Sweep: open tasks go to whoever is on duty now, so that nobody who has gone home owns one.

    An escalation stays with its person: whoever took a complaint answers for it to the end.
    """
    on_duty = rota_people_at(session, at=now)
    found = session.execute(
        _IN_OTHER_HANDS,
        {
            "companies": [company_id for company_id, _point in on_duty],
            "points": [point_id or 0 for _company, point_id in on_duty],
            "desks": [desk for desk, _escalation in on_duty.values()],
            "escalations": [escalation for _desk, escalation in on_duty.values()],
            "escalated": list(ESCALATED_KINDS),
            "stays": ESCALATION,
            "called_since": now - LONGEST_CALL,
            "on_the_line": ON_THE_LINE,
            "batch": HAND_OVER_BATCH,
        },
    )
    return sum(
        _hand_over(session, task_id, person_id=person_id, now=now) for task_id, person_id in found.all()
    )


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
