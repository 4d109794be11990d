"""What a named person must do for a ticket, because no rule could."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core import audit, live
from core.actor import SYSTEM, Actor
from core.errors import ConflictError, NotFoundError
from core.i18n import _
from dispatch.models import Task, Ticket
from workforce.duty import duty_at
from workforce.queries import people_by_id
from workforce.schemas import PersonInfo

CALL_LANDLINE = "CALL_LANDLINE"
MAP_PICK = "MAP_PICK"
CONTACT_CALL = "CONTACT_CALL"
REVISIT_CALL = "REVISIT_CALL"
PART_CALL = "PART_CALL"
ARRIVAL_CHECK = "ARRIVAL_CHECK"
CHECK_BILL = "CHECK_BILL"
CORRECTION_CHECK = "CORRECTION_CHECK"
RIGHT_NUMBER = "RIGHT_NUMBER"
PLACE_BY_HAND = "PLACE_BY_HAND"
PLAN_BY_HAND = "PLAN_BY_HAND"
ESCALATION = "ESCALATION"
SAFETY_ALARM = "SAFETY_ALARM"
SAFETY_UNMOVED = "SAFETY_UNMOVED"

ESCALATED_KINDS = (ESCALATION, SAFETY_ALARM, SAFETY_UNMOVED)
"""Owned by the escalation person on duty; every other kind by the desk on duty."""
UNPLACED_KINDS = (MAP_PICK, PLACE_BY_HAND)
"""The case waits for the call desk, which owns it until it has its place."""
CALL_DESK_KINDS = (*UNPLACED_KINDS, RIGHT_NUMBER)
"""Owned by the company's call desk, wherever the ticket stands."""
ON_THE_LINE = "on_the_line"
"""In a task's data: its owner has the caller on the line, so it is not handed over while they talk."""


class UnknownTaskError(NotFoundError):
    """No such task, or another company's or ticket's."""

    code = "unknown-task"


class TaskClosedError(ConflictError):
    """Somebody has done it already, or it is no longer needed."""

    code = "task-closed"


@dataclass(frozen=True)
class TaskInfo:
    """A task with its owner; `recipient` is whom to call, for calls."""

    id: int
    ticket_id: int
    number: str
    company_id: int
    service_point_id: int | None
    kind: str
    recipient: str
    owner: PersonInfo
    state: str
    detail: str
    created_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    outcome: str
    data: dict[str, Any]


def open_task(
    session: Session,
    *,
    ticket_id: int,
    kind: str,
    detail: str,
    now: datetime,
    recipient: str = "",
    due_at: datetime | None = None,
    generation: int | None = None,
    owner_person_id: int | None = None,
    data: dict[str, Any] | None = None,
    by: Actor = SYSTEM,
) -> int:
    """Ask a named person to do something; returns the task's id. `detail` is stored in Korean (`N_`).

    Without an owner it is whoever is on duty now: the escalation person for `ESCALATED_KINDS`, the call desk
    for `CALL_DESK_KINDS`, else the desk of the ticket's point. With a `generation` the same asking twice is
    one task, done or not; without one, an open task of the kind is kept and a finished one followed by a new.
    """
    same = select(Task).where(
        col(Task.ticket_id) == ticket_id, col(Task.kind) == kind, col(Task.recipient) == recipient
    )
    earlier = list(session.exec(same.order_by(col(Task.generation))))
    for task in earlier:
        if task.generation == generation or (generation is None and task.state == "open"):
            return _key(task)
    ticket = session.get_one(Ticket, ticket_id)
    owner = owner_person_id or _person_on_duty(session, ticket, kind=kind, at=now).id
    task = Task(
        ticket_id=ticket_id,
        company_id=ticket.company_id,
        service_point_id=None if kind in CALL_DESK_KINDS else ticket.service_point_id,
        kind=kind,
        recipient=recipient,
        generation=generation or (earlier[-1].generation + 1 if earlier else 1),
        owner_person_id=owner,
        state="open",
        detail=detail,
        created_at=now,
        due_at=due_at,
        data=data or {},
    )
    session.add(task)
    session.flush()
    # What is to be read out to a family names them: it stays with the task, the timeline keeps no names.
    reason = None if kind == CALL_LANDLINE else detail
    tell_task(session, task, ticket, what="TaskOpened", by=by, now=now, reason=reason)
    return _key(task)


def close_task(
    session: Session, *, ticket_id: int, task_id: int, outcome: str, by: Actor, now: datetime
) -> None:
    """Write down that a ticket's task is done and how.

    Raises:
        UnknownTaskError: unknown, or another ticket's.
        TaskClosedError: it is not open any more.
    """
    task = session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None or task.ticket_id != ticket_id:
        raise UnknownTaskError(_("그런 할 일이 없습니다."))
    if task.state != "open":
        raise TaskClosedError(_("이미 끝난 할 일입니다. 화면을 새로 고쳐 주세요."))
    _close(session, task, state="done", outcome=outcome, by=by, now=now)


def task_data(session: Session, *, task_id: int) -> dict[str, Any]:
    """What a task is about, as it was asked for."""
    return session.get_one(Task, task_id).data


def close_tasks_of(
    session: Session,
    *,
    ticket_id: int,
    kinds: Iterable[str] | None,
    outcome: str,
    by: Actor,
    now: datetime,
    state: str = "done",
    recipient: str | None = None,
    only: Callable[[dict[str, Any]], bool] | None = None,
) -> int:
    """Close what is open of a ticket (None: every kind), as `done` or, when no longer needed, `void`.

    With a `recipient` only calls to that party are closed; with `only` those whose data it takes.
    """
    query = select(Task).where(col(Task.ticket_id) == ticket_id, col(Task.state) == "open")
    if recipient is not None:
        query = query.where(col(Task.recipient) == recipient)
    if kinds is not None:
        query = query.where(col(Task.kind).in_(list(kinds)))
    found = session.exec(query.order_by(col(Task.id)).with_for_update())
    tasks = [task for task in found if only is None or only(task.data)]
    for task in tasks:
        _close(session, task, state=state, outcome=outcome, by=by, now=now)
    return len(tasks)


def get_task(session: Session, *, company_id: int, task_id: int) -> TaskInfo:
    """One task. Raises UnknownTaskError: unknown, or another company's."""
    task = session.get(Task, task_id)
    if task is None or task.company_id != company_id:
        raise UnknownTaskError(_("그런 할 일이 없습니다."))
    owner = people_by_id(session, person_ids=[task.owner_person_id])[task.owner_person_id]
    return _info(task, session.get_one(Ticket, task.ticket_id).number, owner)


def list_tasks(
    session: Session,
    *,
    company_id: int,
    ticket_id: int | None = None,
    service_point_id: int | None = None,
    owner_person_id: int | None = None,
    kinds: Iterable[str] | None = None,
    state: str | None = "open",
    limit: int = 200,
) -> list[TaskInfo]:
    """Tasks of a company, the most pressing first (due time, then age)."""
    query = (
        select(Task, Ticket.number)
        .join(Ticket, col(Ticket.id) == col(Task.ticket_id))
        .where(col(Task.company_id) == company_id)
        .order_by(col(Task.due_at).asc().nulls_last(), col(Task.id))
        .limit(limit)
    )
    wanted = {
        Task.ticket_id: ticket_id,
        Task.service_point_id: service_point_id,
        Task.owner_person_id: owner_person_id,
        Task.state: state,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(col(column) == value)
    if kinds is not None:
        query = query.where(col(Task.kind).in_(list(kinds)))
    rows = list(session.exec(query))
    people = people_by_id(session, person_ids={task.owner_person_id for task, _number in rows})
    return [_info(task, number, people[task.owner_person_id]) for task, number in rows]


def infos_of(session: Session, rows: Sequence[Task], *, number: str) -> list[TaskInfo]:
    """The tasks of one ticket, what is due first, first."""
    people = people_by_id(session, person_ids=[task.owner_person_id for task in rows])
    ordered = sorted(rows, key=lambda task: (task.due_at is None, task.due_at or task.created_at, _key(task)))
    return [_info(task, number, people[task.owner_person_id]) for task in ordered]


def _person_on_duty(session: Session, ticket: Ticket, *, kind: str, at: datetime) -> PersonInfo:
    point_id = None if kind in CALL_DESK_KINDS else ticket.service_point_id
    duty = duty_at(session, company_id=ticket.company_id, point_id=point_id, at=at)
    return duty.escalation if kind in ESCALATED_KINDS else duty.desk


def _close(session: Session, task: Task, *, state: str, outcome: str, by: Actor, now: datetime) -> None:
    task.state, task.outcome, task.done_at, task.done_by_id = state, outcome, now, by.person_id
    session.add(task)
    session.flush()
    ticket = session.get_one(Ticket, task.ticket_id)
    tell_task(session, task, ticket, what="TaskClosed", by=by, now=now, reason=outcome)


def tell_task(
    session: Session,
    task: Task,
    ticket: Ticket,
    *,
    what: str,
    by: Actor,
    now: datetime,
    reason: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write a task's change to its ticket's timeline and announce it to the open pages."""
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("ticket", task.ticket_id),
        company_id=task.company_id,
        reason=reason,
        data={"task_id": task.id, "kind": task.kind, "owner": task.owner_person_id, **(data or {})},
    )
    live.announce(
        session,
        company_id=task.company_id,
        topic="task",
        ticket_id=task.ticket_id,
        number=ticket.number,
        service_point_id=task.service_point_id,
        task_id=task.id,
    )


def _key(task: Task) -> int:
    assert task.id is not None
    return task.id


def _info(task: Task, number: str, owner: PersonInfo) -> TaskInfo:
    return TaskInfo(
        id=_key(task),
        ticket_id=task.ticket_id,
        number=number,
        company_id=task.company_id,
        service_point_id=task.service_point_id,
        kind=task.kind,
        recipient=task.recipient,
        owner=owner,
        state=task.state,
        detail=_(task.detail) if task.detail else "",
        created_at=task.created_at,
        due_at=task.due_at,
        done_at=task.done_at,
        outcome=task.outcome,
        data=task.data,
    )
