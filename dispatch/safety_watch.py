"""A danger whose technician does not set out: after minutes the person who answers for it hears."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, select

from core.actor import SYSTEM
from core.clock import KST
from core.dated import CompanyRules, read_rules
from core.i18n import N_
from core.sweeping import EachAlone
from dispatch import tasks
from dispatch.models import Task, Ticket, Visit
from dispatch.states import ENDED_STATUSES
from notifications.catalogue import Event
from notifications.service import list_notices
from workforce.queries import get_technicians

SWEEP_BATCH = 100
WAITING = ("planned", "agreed")
NOT_YET = N_(
    "{name} 기사에게 {told}에 맡긴 안전 접수인데 아직 출발하지 않았습니다. "
    "바로 전화해 보내거나 다른 기사를 정하고, 가족께 다시 알려 주세요."
)


def _find_waiting(session: Session, *, now: datetime) -> list[tuple[int | None, int]]:
    earlier = aliased(Visit)
    begun = exists().where(col(earlier.ticket_id) == col(Ticket.id), col(earlier.started_at).is_not(None))
    who = col(Task.data)["technician_id"].as_integer()
    warned = exists().where(  # those known already must not fill the batch
        col(Task.ticket_id) == col(Ticket.id),
        col(Task.kind) == tasks.SAFETY_UNMOVED,
        col(Task.state) == "open",
        who == col(Visit.technician_id),
    )
    query = (
        select(Visit.id, Visit.ticket_id)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Ticket.safety).is_(True),
            col(Ticket.status).not_in(ENDED_STATUSES),
            col(Visit.state).in_(WAITING),
            col(Visit.technician_id).is_not(None),
            col(Visit.created_at) <= now,
            col(Visit.window_start).is_(None),  # a time that was agreed is kept like any other
            ~begun,
            ~warned,
        )
        .order_by(col(Visit.id))
        .limit(SWEEP_BATCH)
    )
    return list(session.exec(query))


def _warn(session: Session, found: tuple[int | None, int], *, now: datetime) -> int:
    visit_id, ticket_id = found
    lock = select(Ticket).where(col(Ticket.id) == ticket_id).with_for_update(skip_locked=True)
    ticket = session.exec(lock.execution_options(populate_existing=True)).one_or_none()
    if ticket is None:  # somebody works on it right now; the next round comes in seconds
        return 0
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    rules = read_rules(session, company_id=visit.company_id, at=now)
    who = visit.technician_id
    told = _told_at(session, visit) if visit.state in WAITING and who is not None else None
    if who is None or told is None or not _is_late(visit, told, rules, now):
        return 0
    about = {"technician_id": who}
    earlier = tasks.list_tasks(
        session,
        company_id=visit.company_id,
        ticket_id=ticket_id,
        kinds=[tasks.SAFETY_UNMOVED],
        state=None,
    )
    if any(task.data == about and task.created_at >= told for task in earlier):
        return 0
    tasks.close_tasks_of(
        session,
        ticket_id=ticket_id,
        kinds=[tasks.SAFETY_UNMOVED],
        outcome=N_("다른 기사에게 맡겼습니다."),
        state="void",
        by=SYSTEM,
        now=now,
    )
    name = get_technicians(session, technician_ids=[who], company_id=visit.company_id)[who].name
    tasks.open_task(
        session,
        ticket_id=ticket_id,
        kind=tasks.SAFETY_UNMOVED,
        detail=NOT_YET.format(name=name, told=told.astimezone(KST).strftime("%H:%M")),
        data=about,
        due_at=now,
        now=now,
    )
    return 1


def _told_at(session: Session, visit: Visit) -> datetime | None:
    """When its technician was told of it last; None: he was not yet."""
    if visit.told_technician_id != visit.technician_id:
        return None
    texts = list_notices(session, ticket_id=visit.ticket_id)
    return max((text.created_at for text in texts if text.event == Event.JOB_ASSIGNED), default=None)


def _is_late(visit: Visit, told: datetime, rules: CompanyRules, now: datetime) -> bool:
    wanted_at_once = visit.planned_start is not None and visit.planned_start <= now + timedelta(
        seconds=rules.handled_limit_s
    )
    return wanted_at_once and now >= told + timedelta(seconds=rules.safety_depart_s)


warn_of_the_unmoved = EachAlone("warn_of_the_unmoved", _find_waiting, _warn)
"""Sweep: a danger whose technician has not set out `safety_depart_s` after he was told, once a telling."""
