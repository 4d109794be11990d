"""The dispatcher's queue: what needs a person, and what has just come in, however much is open.

One light query looks at every open ticket; only the tickets that are shown are read in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, true
from sqlmodel import Session, col, select

from dispatch.console.reasons import reasons_of
from dispatch.list_queries import TicketItem, items_by_id, matching
from dispatch.models import Task, Ticket, TicketClock, Visit
from dispatch.states import ENDED_STATUSES, OPEN_VISIT_STATES
from dispatch.tasks import PLAN_BY_HAND

SAFETY, UNPLANNED, OVERDUE, CONTACT, TASK, HOLD, NEW, OTHER = SECTIONS = (
    "safety",
    "unplanned",
    "overdue",
    "contact",
    "task",
    "hold",
    "new",
    "other",
)
"""Why a ticket stands in the queue, the most pressing first. `other` is found by a search alone."""
SHOWN = 60
NEW_FOR = timedelta(seconds=60)
"""A ticket stays for so long after it was saved, whatever became of it and wherever it sorts."""
MOST_FOUND = 200
LATE_ENTRY = "LATE_ENTRY"
TROUBLE = (SAFETY, UNPLANNED, OVERDUE)


@dataclass(frozen=True)
class QueueWish:
    """What a dispatcher wants to see. `point_ids` None: every point, and tickets that have none yet."""

    point_ids: Collection[int] | None = None
    section: str = ""
    priority: int | None = None
    status: str = ""
    """A ticket's status, or `LATE_ENTRY`: what was entered later than it was received, pressing or not."""
    q: str = ""
    shown: int = SHOWN
    opened: str = ""
    """The number of a ticket that is open beside the queue: it is shown whether or not it presses."""


@dataclass(frozen=True)
class QueueEntry:
    """A ticket in the queue: the section it stands in, and why it is not planned."""

    item: TicketItem
    section: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """The queue as it stands. `counts` by section, of everything that the other filters let through."""

    entries: tuple[QueueEntry, ...]
    counts: dict[str, int]
    total: int


@dataclass(frozen=True)
class Glance:
    """What one light row tells of an open ticket."""

    id: int
    section: str
    priority: int
    status: str
    escalated: bool
    due: datetime
    is_new: bool
    is_late_entry: bool
    service_point_id: int | None

    @property
    def order(self) -> tuple[int, bool, int, datetime, int]:
        """Safety, then what nobody has, then the clocks; within each by escalation, priority and due time."""
        rank = SECTIONS.index(self.section)
        first = self.due if self.section in (OVERDUE, CONTACT) else None
        if first is not None:
            return (rank, not self.escalated, 0, first, self.id)
        return (rank, not self.escalated, self.priority, self.due, self.id)


def glance_at_tickets(
    session: Session,
    *,
    company_id: int,
    now: datetime,
    point_ids: Collection[int] | None = None,
    q: str = "",
    opened: int | None = None,
    also_late_entries: bool = False,
) -> list[Glance]:
    """The open tickets of a company (or of some points) that need a person or are new, in their order.

    With `q` (a number, a phone, a name, words of an address) what it finds instead, ended tickets too.
    `opened`: the id of a ticket that is shown although nothing presses; `also_late_entries`: so are they.
    """
    wanted: list[ColumnElement[bool]] = [col(Ticket.company_id) == company_id]
    if q:
        wanted.append(matching(session, company_id=company_id, q=q))
    else:
        wanted.append(col(Ticket.status).not_in(ENDED_STATUSES))
    if point_ids is not None:
        wanted.append(col(Ticket.service_point_id).in_(list(point_ids)))
    query = _light_query().where(*wanted).order_by(col(Ticket.id).desc())
    pressing = _pressing(now) if opened is None else or_(_pressing(now), col(Ticket.id) == opened)
    if also_late_entries:
        pressing = or_(pressing, col(Ticket.late_entry_reason).is_not(None))
    rows = session.execute(query.limit(MOST_FOUND) if q else query.where(pressing))
    return sorted((_glance(row, now) for row in rows), key=lambda glance: glance.order)


def list_queue(session: Session, *, company_id: int, wish: QueueWish, now: datetime) -> Queue:
    """What the wish lets through: the first `shown` of it, and beyond them whatever has just come in."""
    q = wish.q.strip()
    opened = _id_of(session, company_id=company_id, number=wish.opened) if wish.opened else None
    seen = glance_at_tickets(
        session,
        company_id=company_id,
        now=now,
        point_ids=wish.point_ids,
        q=q,
        opened=opened,
        also_late_entries=wish.status == LATE_ENTRY,
    )
    fitting = [
        g
        for g in seen
        if (q or g.section != OTHER or g.id == opened or wish.status == LATE_ENTRY)
        and (wish.priority is None or g.priority == wish.priority)
        and (not wish.status or g.status == wish.status or (g.is_late_entry and wish.status == LATE_ENTRY))
    ]
    counts = Counter(g.section for g in fitting)
    chosen = [g for g in fitting if not wish.section or g.section == wish.section]
    shown = [g for at, g in enumerate(chosen) if at < wish.shown or g.is_new or g.id == opened]
    items = items_by_id(session, company_id=company_id, ticket_ids=[g.id for g in shown], now=now)
    sections = {g.id: g.section for g in shown}
    waiting = [item for item in items if sections[item.id] == UNPLANNED or not _is_planned(item)]
    why = reasons_of(session, items=waiting, now=now)
    entries = tuple(QueueEntry(item, sections[item.id], why.get(item.id, ())) for item in items)
    return Queue(entries, dict(counts), len(chosen))


def _id_of(session: Session, *, company_id: int, number: str) -> int | None:
    query = select(Ticket.id).where(col(Ticket.company_id) == company_id, col(Ticket.number) == number)
    return session.exec(query).first()


def _is_planned(item: TicketItem) -> bool:
    return item.visit_state in OPEN_VISIT_STATES and item.technician is not None


def trouble_by_point(glances: Sequence[Glance]) -> dict[int | None, Counter[str]]:
    """How many open tickets of each section a point has; None: tickets without a point."""
    found: dict[int | None, Counter[str]] = {}
    for glance in glances:
        found.setdefault(glance.service_point_id, Counter())[glance.section] += 1
    return found


_VISIT = (
    select(Visit.technician_id, Visit.planned_start, Visit.window_end, Visit.state)
    .where(col(Visit.ticket_id) == col(Ticket.id))
    .order_by(col(Visit.sequence).desc())
    .limit(1)
    .lateral("newest_visit")
)
_CLOCK = (
    select(TicketClock.due_at, TicketClock.stopped_at, TicketClock.state)
    .where(col(TicketClock.ticket_id) == col(Ticket.id), col(TicketClock.kind) == "contact")
    .order_by(col(TicketClock.generation).desc())
    .limit(1)
    .lateral("contact_clock")
)
_HAS_TASK = exists().where(col(Task.ticket_id) == col(Ticket.id), col(Task.state) == "open")
_IS_DESERTED = _HAS_TASK.where(col(Task.kind) == PLAN_BY_HAND)
"""Its technician cannot go: nobody has it, whatever the plan says (`planning/deserted.py`)."""


def _light_query() -> Any:
    """One row a ticket: its newest visit, its newest contact clock, and what tasks are open."""
    columns = (
        Ticket.id,
        Ticket.safety,
        Ticket.priority,
        Ticket.status,
        Ticket.received_at,
        Ticket.recorded_at,
        Ticket.escalated_at,
        Ticket.late_entry_reason,
        Ticket.service_point_id,
        _VISIT.c.technician_id,
        _VISIT.c.planned_start,
        _VISIT.c.window_end,
        _VISIT.c.state.label("visit_state"),
        _CLOCK.c.due_at,
        _CLOCK.c.stopped_at,
        _CLOCK.c.state.label("clock_state"),
        _HAS_TASK.label("has_task"),
        _IS_DESERTED.label("is_deserted"),
    )
    query = select(*columns).select_from(Ticket)  # type: ignore[call-overload]
    return query.join(_VISIT, true(), isouter=True).join(_CLOCK, true(), isouter=True)


def _pressing(now: datetime) -> ColumnElement[bool]:
    """Leaves out what runs by itself; what is let through is sorted into sections by `_section`."""
    return or_(
        col(Ticket.safety),
        col(Ticket.status).in_(("RECEIVED", "UNASSIGNED", "REOPENED", "ABSENT", "ON_HOLD")),
        col(Ticket.escalated_at).is_not(None),
        col(Ticket.recorded_at) > now - NEW_FOR,
        _VISIT.c.technician_id.is_(None),
        _VISIT.c.planned_start.is_(None),
        _VISIT.c.state.not_in(OPEN_VISIT_STATES),
        and_(_VISIT.c.state.in_(("planned", "agreed")), _VISIT.c.window_end < now),
        and_(_CLOCK.c.due_at.is_not(None), _CLOCK.c.stopped_at.is_(None)),
        _HAS_TASK,
    )


def _glance(row: Any, now: datetime) -> Glance:
    is_new = row.recorded_at > now - NEW_FOR
    return Glance(
        id=row.id,
        section=_section(row, now, is_new=is_new),
        priority=row.priority,
        status=row.status,
        escalated=row.escalated_at is not None,
        due=row.due_at if row.due_at is not None and row.stopped_at is None else row.received_at,
        is_new=is_new,
        is_late_entry=row.late_entry_reason is not None,
        service_point_id=row.service_point_id,
    )


def _section(row: Any, now: datetime, *, is_new: bool) -> str:
    if row.status in ENDED_STATUSES:
        return OTHER
    has_task = row.has_task or row.escalated_at is not None
    has_visit = row.visit_state in OPEN_VISIT_STATES and row.technician_id and row.planned_start
    planned = has_visit and not row.is_deserted
    not_begun = row.visit_state in ("planned", "agreed")
    running = row.due_at is not None and row.stopped_at is None and row.clock_state in ("running", "breached")
    too_late = (running and row.due_at < now) or (row.window_end is not None and row.window_end < now)
    on_hold = row.status == "ON_HOLD"
    fitting = (
        (SAFETY, row.safety),
        (UNPLANNED, not planned and not on_hold),
        (OVERDUE, not_begun and too_late and not on_hold),
        (CONTACT, not_begun and running and not on_hold),
        (TASK, has_task),
        (HOLD, on_hold),
        (NEW, is_new),
    )
    return next((section for section, fits in fitting if fits), OTHER)
