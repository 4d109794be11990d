"""Who set out and does not arrive: after a while the desk asks him, and tells the family."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, exists, select

from core.actor import Actor
from core.clock import KST
from core.dated import read_rules
from core.i18n import N_
from core.sweeping import EachAlone
from dispatch import tasks
from dispatch.models import Task, Ticket, Visit
from workforce.queries import get_technicians

SWEEP_BATCH = 500
NO_NEWS = N_(
    "{name} 기사가 {at}쯤 도착할 예정이었는데 소식이 없습니다. "
    "기사에게 전화해 확인하고, 늦으면 가족께 알려 주세요."
)


def settle_arrival(session: Session, *, ticket_id: int, by: Actor, now: datetime) -> None:
    """There is news of him, whatever it is: nobody need ask any more."""
    tasks.close_tasks_of(
        session,
        ticket_id=ticket_id,
        kinds=[tasks.ARRIVAL_CHECK, tasks.SAFETY_UNMOVED],
        outcome=N_("기사 소식이 왔습니다."),
        state="void",
        by=by,
        now=now,
    )


def _find_missing(session: Session, *, now: datetime) -> list[tuple[int | None, int]]:
    asked = exists().where(
        col(Task.ticket_id) == col(Visit.ticket_id),
        col(Task.kind) == tasks.ARRIVAL_CHECK,
        col(Task.generation) == col(Visit.sequence),
    )
    query = (
        select(Visit.id, Visit.ticket_id)
        .where(col(Visit.state) == "en_route", col(Visit.arrives_at) <= now, ~asked)
        .order_by(col(Visit.arrives_at))
        .limit(SWEEP_BATCH)
    )
    return list(session.exec(query))


def _ask(session: Session, found: tuple[int | None, int], *, now: datetime) -> int:
    visit_id, ticket_id = found
    lock = select(Ticket).where(col(Ticket.id) == ticket_id).with_for_update(skip_locked=True)
    ticket = session.exec(lock).one_or_none()
    if ticket is None:  # he may be pressing now; the next round comes in seconds
        return 0
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    rules = read_rules(session, company_id=visit.company_id, at=now)
    patience = timedelta(seconds=rules.safety_depart_s if ticket.safety else rules.arrival_check_s)
    who, expected = visit.technician_id, visit.arrives_at
    if visit.state != "en_route" or who is None or expected is None or now < expected + patience:
        return 0
    name = get_technicians(session, technician_ids=[who], company_id=visit.company_id)[who].name
    tasks.open_task(
        session,
        ticket_id=ticket_id,
        kind=tasks.ARRIVAL_CHECK,
        generation=visit.sequence,
        detail=NO_NEWS.format(name=name, at=expected.astimezone(KST).strftime("%H:%M")),
        data={"visit_id": visit_id},
        now=now,
    )
    return 1


ask_who_is_missing = EachAlone("ask_who_is_missing", _find_missing, _ask)
"""Sweep: the desk asks after a technician under way who is overdue by `arrival_check_s`, once a visit."""
