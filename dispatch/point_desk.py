"""What a service point's desk reads: what it is asked, whom it must call, what nobody has, what it lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_
from sqlmodel import Session, col, func, select

from core.wall import across_the_company
from dispatch.call_desk import party_names
from dispatch.console.reasons import reasons_of
from dispatch.list_queries import TicketItem, items_by_id
from dispatch.models import Placement, Task, Ticket, Visit
from dispatch.placement_rules import said_again
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from dispatch.tasks import SAFETY_ALARM, TaskInfo, list_tasks
from workforce.duty import duty_at
from workforce.schemas import PersonInfo, TechnicianInfo

LOST_FOR = timedelta(hours=24)
"""How long a desk still sees what went on to another point."""
SHOWN = 60


@dataclass(frozen=True)
class Offer:
    """A ticket that a designated point is asked to take until `answer_due_at`; `travel_s` from the point."""

    item: TicketItem
    travel_s: int
    reason: str
    asked_at: datetime
    answer_due_at: datetime | None


@dataclass(frozen=True)
class DeskTask:
    """A task that the desk answers for, with its ticket."""

    task: TaskInfo
    item: TicketItem


@dataclass(frozen=True)
class Unplanned:
    """A ticket of the point that nobody is to visit yet, and why, in sentences."""

    item: TicketItem
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Danger:
    """An open safety ticket of the point, its alarm while no technician has it, and whom to ring about it."""

    item: TicketItem
    alarm: TaskInfo | None
    ring: tuple[PersonInfo | TechnicianInfo, ...]


@dataclass(frozen=True)
class Lost:
    """A ticket that went on to another point: `state` is DECLINED or EXPIRED (nobody answered)."""

    number: str
    state: str
    reason: str
    asked_at: datetime
    gone_at: datetime
    names: tuple[str, ...]
    """Of the family: who shows the reason hides them."""


@dataclass(frozen=True)
class Waiting:
    """How much waits at a point."""

    offers: int = 0
    tasks: int = 0
    unplanned: int = 0

    @property
    def weight(self) -> tuple[int, int, int]:
        """What presses most comes first: an answer has a limit of minutes, a call one of an hour."""
        return (self.offers, self.tasks, self.unplanned)


def list_offers(session: Session, *, company_id: int, point_id: int, now: datetime) -> list[Offer]:
    """What the point is asked now, the shortest limit first."""
    query = (
        select(Placement)
        .join(Ticket, col(Ticket.id) == col(Placement.ticket_id))
        .where(
            col(Placement.service_point_id) == point_id,
            col(Placement.state) == "OFFERED",
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Placement.answer_due_at), col(Placement.id))
        .limit(SHOWN)
    )
    asked = {row.ticket_id: row for row in session.exec(query)}
    return [
        Offer(
            item=item,
            travel_s=asked[item.id].travel_s,
            reason=_reason(asked[item.id]),
            asked_at=asked[item.id].at,
            answer_due_at=asked[item.id].answer_due_at,
        )
        for item in items_by_id(session, company_id=company_id, ticket_ids=list(asked), now=now)
    ]


def list_desk_tasks(session: Session, *, company_id: int, point_id: int, now: datetime) -> list[DeskTask]:
    """Open tasks of the point's own tickets, the most pressing first."""
    tasks = list_tasks(session, company_id=company_id, service_point_id=point_id)
    ids = [task.ticket_id for task in tasks]
    items = {
        item.id: item
        for item in items_by_id(session, company_id=company_id, ticket_ids=ids, now=now)
        if item.service_point is not None and item.service_point.id == point_id
    }
    return [DeskTask(task, items[task.ticket_id]) for task in tasks if task.ticket_id in items]


def list_unplanned(session: Session, *, company_id: int, point_id: int, now: datetime) -> list[Unplanned]:
    """Open tickets of the point without a technician, safety and priority first."""
    query = (
        select(Ticket.id)
        .where(col(Ticket.company_id) == company_id, col(Ticket.service_point_id) == point_id, _nobody_goes())
        .order_by(col(Ticket.safety).desc(), col(Ticket.priority), col(Ticket.received_at))
        .limit(SHOWN)
    )
    ids = [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]
    items = items_by_id(session, company_id=company_id, ticket_ids=ids, now=now)
    reasons = reasons_of(session, items=items, now=now)
    return [Unplanned(item, reasons.get(item.id, ())) for item in items]


def list_dangers(session: Session, *, company_id: int, point_id: int, now: datetime) -> list[Danger]:
    """Open safety tickets of the point, those that nobody has first, then the oldest.

    Rung is the technician who has it; without one whoever answers for the alarm, or for danger at the point.
    """
    query = (
        select(Ticket.id)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.service_point_id) == point_id,
            or_(col(Ticket.safety), col(Ticket.safety_hold)),
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Ticket.received_at), col(Ticket.id))
        .limit(SHOWN)
    )
    ids = [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]
    if not ids:
        return []
    alarms = {
        task.ticket_id: task for task in list_tasks(session, company_id=company_id, kinds=(SAFETY_ALARM,))
    }
    escalation = duty_at(session, company_id=company_id, point_id=point_id, at=now).escalation
    found = []
    for item in items_by_id(session, company_id=company_id, ticket_ids=ids, now=now):
        alarm = alarms.get(item.id)
        ring = (item.technician,) if item.technician else (alarm.owner if alarm else escalation,)
        found.append(Danger(item, alarm, ring))
    return sorted(found, key=lambda danger: danger.item.technician is not None)


def list_lost(session: Session, *, point_id: int, now: datetime) -> list[Lost]:
    """What went on to another point in the last 24 hours, newest first: numbers alone."""
    query = (
        select(Placement, Ticket.number)
        .join(Ticket, col(Ticket.id) == col(Placement.ticket_id))
        .where(
            col(Placement.service_point_id) == point_id,
            col(Placement.state).in_(("DECLINED", "EXPIRED")),
            col(Placement.answered_at) > now - LOST_FOR,
        )
        .order_by(col(Placement.answered_at).desc())
        .limit(SHOWN)
    )
    with across_the_company(session):  # another point's by now: its number alone, the names to hide them
        rows = list(session.exec(query))
        names = party_names(session, ticket_ids={row.ticket_id for row, _number in rows}) if rows else {}
    return [
        Lost(
            number,
            row.state,
            _reason(row),
            row.at,
            row.answered_at or row.at,
            tuple(names.get(row.ticket_id, ())),
        )
        for row, number in rows
    ]


def had_ticket(session: Session, *, company_id: int, point_id: int, number: str) -> bool:
    """Whether a point was asked for a ticket or had it, whoever has it now."""
    query = (
        select(Placement.id)
        .join(Ticket, col(Ticket.id) == col(Placement.ticket_id))
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.number) == number,
            col(Placement.service_point_id) == point_id,
        )
        .limit(1)
    )
    with across_the_company(session):  # whoever has it now
        return session.exec(query).first() is not None


def waiting_by_point(session: Session, *, company_id: int) -> dict[int, Waiting]:
    """How much waits at each point of a company; a point at which nothing waits is left out."""
    at_point = col(Ticket.service_point_id)
    mine = (col(Ticket.company_id) == company_id, at_point.is_not(None))
    offers = (
        select(at_point, func.count())
        .join(Placement, col(Placement.ticket_id) == col(Ticket.id))
        .where(*mine, col(Placement.state) == "OFFERED", col(Ticket.status).not_in(ENDED_STATUSES))
        .group_by(at_point)
    )
    tasks = (
        select(at_point, func.count())
        .join(Task, col(Task.ticket_id) == col(Ticket.id))
        .where(*mine, col(Task.state) == "open", col(Task.service_point_id) == at_point)
        .group_by(at_point)
    )
    unplanned = select(at_point, func.count()).where(*mine, _nobody_goes()).group_by(at_point)
    found = [{point: count for point, count in session.exec(q) if point} for q in (offers, tasks, unplanned)]
    return {
        point_id: Waiting(*(counts.get(point_id, 0) for counts in found)) for point_id in set().union(*found)
    }


def _nobody_goes() -> ColumnElement[bool]:
    """Open, and without a visit that has a technician and a time."""
    planned = exists().where(
        col(Visit.ticket_id) == col(Ticket.id),
        col(Visit.state).in_(OPEN_VISIT_STATES),
        col(Visit.technician_id).is_not(None),
        col(Visit.planned_start).is_not(None),
    )
    return col(Ticket.status).not_in(ENDED_STATUSES) & ~planned


def _reason(row: Placement) -> str:
    return said_again(row.reason_code, row.reason_text, travel_s=row.travel_s)
