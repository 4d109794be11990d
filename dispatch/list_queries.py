"""Many tickets at once: pages for the API, the open queue for the screens, the open one of a home."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from core.errors import FieldError, InvalidError
from core.i18n import _
from core.together import Together
from core.wall import across_the_company
from customers.queries import addresses_of_households
from customers.schemas import AddressInfo
from customers.search import search_households
from dispatch import clock_rules
from dispatch.detail_shapes import ClockFacts, WindowFacts, talk_pending
from dispatch.list_facts import sort_open_tasks, still_in_self_fix
from dispatch.models import Placement, Task, Ticket, TicketClock, TicketParty, Visit
from dispatch.numbers import numbered
from dispatch.ownership import owners_of, work_of
from dispatch.schemas import Owner
from dispatch.scopes import Scope, visible
from dispatch.shown_clocks import show_clocks
from dispatch.states import ENDED_STATUSES, TICKET_STATUSES
from dispatch.tickets import ticket_key
from workforce.queries import get_technicians, points_by_id
from workforce.schemas import PointInfo, TechnicianInfo

_HANGS_ON_THEM = "ticket_id = ANY(%(ids)s::bigint[])"
_OF_TICKETS = Together(
    {
        TicketParty: f"{_HANGS_ON_THEM} AND role = 'resident'",
        Placement: f"{_HANGS_ON_THEM} AND state IN ('OFFERED', 'ACCEPTED')",
        Visit: _HANGS_ON_THEM,
        TicketClock: _HANGS_ON_THEM,
        Task: f"{_HANGS_ON_THEM} AND state = 'open'",
    }
)
"""All that a list shows of its tickets, however many there are."""

PAGE = 50
MAX_PAGE = 200
MAX_QUEUE = 1000
MAX_HOMES = 50


class BadCursorError(InvalidError):
    """The cursor is not one that a page gave out."""

    code = "bad-cursor"


class BadStatusError(InvalidError):
    """No such status."""

    code = "bad-status"


@dataclass(frozen=True)
class TicketItem:
    """A ticket in a list; names are raw, whoever shows them masks them."""

    id: int
    number: str
    company_id: int
    status: str
    symptom: str
    priority: int
    safety: bool
    safety_hold: bool
    priority_care: bool
    escalated: bool
    transferred: bool
    late_entry: bool
    """Entered later than it was received."""
    suspected_duplicate: bool
    received_at: datetime
    resident: str
    address: AddressInfo
    service_point: PointInfo | None
    placement_state: str | None
    """`OFFERED` while a designated point is asked."""
    answer_due_at: datetime | None
    technician: TechnicianInfo | None
    visit_id: int | None
    visit_state: str | None
    window: WindowFacts | None
    planned_start: datetime | None
    arrives_at: datetime | None
    """As the family was told when he set out."""
    missed_early: bool
    """At the last absence the agreed time had not begun."""
    hold_reason: str | None
    hold_due_at: datetime | None
    clocks: tuple[ClockFacts, ...]
    open_tasks: tuple[str, ...]
    owner: Owner | None
    alarm_owner: str
    """Whose the open safety alarm is; empty without one."""
    in_self_fix: bool
    """The family is still being talked through the self-fix card."""

    @property
    def talk_pending(self) -> bool:
        """A time is agreed, and nobody has talked with the family."""
        return talk_pending(self.clock("contact"), visit_state=self.visit_state)

    def clock(self, kind: str) -> ClockFacts | None:
        """A clock of the newest generation."""
        return next((clock for clock in self.clocks if clock.kind == kind), None)


@dataclass(frozen=True)
class TicketPage:
    """A page of tickets; `next_cursor` is None on the last one."""

    items: tuple[TicketItem, ...]
    next_cursor: str | None


def list_tickets(
    session: Session,
    *,
    company_id: int,
    now: datetime,
    status: str | None = None,
    service_point_id: int | None = None,
    technician_id: int | None = None,
    q: str | None = None,
    late_entry: bool | None = None,
    cursor: str | None = None,
    limit: int = PAGE,
) -> TicketPage:
    """A company's tickets, newest first. `q`: a number, a phone, a name, words of an address.

    `late_entry`: those entered later than they were received, or those that were not; None: all.
    `technician_id` narrows to the tickets of one technician's own visits.

    Raises:
        BadStatusError, BadCursorError.
    """
    wanted = [visible(Scope(company_id=company_id, technician_id=technician_id))]
    if status:
        if status not in TICKET_STATUSES:
            message = _("그런 상태는 없습니다.")
            raise BadStatusError(message, errors=(FieldError("status", message),))
        wanted.append(col(Ticket.status) == status)
    if service_point_id is not None:
        wanted.append(col(Ticket.service_point_id) == service_point_id)
    if late_entry is not None:
        wanted.append(col(Ticket.late_entry_reason).is_not(None) == late_entry)
    if q and q.strip():
        wanted.append(matching(session, company_id=company_id, q=q.strip()))
    if cursor:
        wanted.append(col(Ticket.id) < _read_cursor(cursor))
    limit = max(1, min(limit, MAX_PAGE))
    query = select(Ticket).where(*wanted).order_by(col(Ticket.id).desc()).limit(limit + 1)
    rows = list(session.exec(query))
    more = len(rows) > limit
    rows = rows[:limit]
    next_cursor = _write_cursor(ticket_key(rows[-1])) if more else None
    return TicketPage(tuple(make_items(session, rows, now=now)), next_cursor)


def list_open_tickets(
    session: Session,
    *,
    company_id: int,
    now: datetime,
    service_point_id: int | None = None,
    limit: int = MAX_QUEUE,
) -> list[TicketItem]:
    """The open queue: safety first, then what nobody has, then by priority and the contact clock."""
    query = (
        select(Ticket)
        .where(col(Ticket.company_id) == company_id, col(Ticket.status).not_in(ENDED_STATUSES))
        .order_by(col(Ticket.safety).desc(), col(Ticket.priority), col(Ticket.received_at))
        .limit(limit)
    )
    if service_point_id is not None:
        query = query.where(col(Ticket.service_point_id) == service_point_id)
    items = make_items(session, list(session.exec(query)), now=now)
    return sorted(items, key=_urgency)


def items_by_id(
    session: Session, *, company_id: int, ticket_ids: Sequence[int], now: datetime
) -> list[TicketItem]:
    """These tickets of a company as list items, in the order asked for; unknown ids are left out."""
    query = select(Ticket).where(col(Ticket.id).in_(list(ticket_ids)), col(Ticket.company_id) == company_id)
    found = {item.id: item for item in make_items(session, list(session.exec(query)), now=now)}
    return [found[i] for i in dict.fromkeys(ticket_ids) if i in found]


def find_open_ticket_of_household(session: Session, *, company_id: int, household_id: int) -> str | None:
    """The number of the newest open ticket of a home: it shows first when the family calls again."""
    query = (
        select(Ticket.number)
        .where(
            col(Ticket.company_id) == company_id,
            col(Ticket.household_id) == household_id,
            col(Ticket.status).not_in(ENDED_STATUSES),
        )
        .order_by(col(Ticket.id).desc())
    )
    return session.exec(query).first()


def matching(session: Session, *, company_id: int, q: str) -> ColumnElement[bool]:
    """The condition on `ticket` rows of one search box: a number or its end, a phone, a name, an address."""
    with across_the_company(session):  # ids of homes: whose tickets are shown, the reader's scope says
        homes = search_households(session, company_id=company_id, query=q, limit=MAX_HOMES)
    found = col(Ticket.household_id).in_([hit.detail.household.id for hit in homes])
    by_number = numbered(q)
    return found if by_number is None else or_(found, by_number)


def make_items(session: Session, tickets: Sequence[Ticket], *, now: datetime) -> list[TicketItem]:
    """List items of tickets of one company, in their order: one query a kind, however many there are."""
    if not tickets:
        return []
    ids = [ticket_key(ticket) for ticket in tickets]
    company_id = tickets[0].company_id
    homes = addresses_of_households(
        session, company_id=company_id, household_ids=[t.household_id for t in tickets]
    )
    rows = _OF_TICKETS.read(session, ids=ids)
    residents = {party.ticket_id: party.name for party in rows.of(TicketParty)}
    offers = {offer.ticket_id: offer for offer in rows.of(Placement)}
    visits, missed_early = _newest_visits(rows.of(Visit))
    crew_ids = {v.technician_id for v in visits.values() if v.technician_id is not None}
    crew = get_technicians(session, technician_ids=crew_ids, company_id=company_id)
    points = points_by_id(
        session, point_ids={t.service_point_id for t in tickets if t.service_point_id is not None}
    )
    clocks = show_clocks(session, rows.of(TicketClock), tickets=tickets, now=now)
    tasks = sort_open_tasks(session, rows.of(Task))
    in_self_fix = still_in_self_fix(session, tickets)
    work = work_of(tasks, rows.of(Visit))
    owners = owners_of(session, tickets=tickets, work=work, at=now)
    items = []
    for ticket in tickets:
        key = ticket_key(ticket)
        offer, visit = offers.get(key), visits.get(key)
        items.append(
            TicketItem(
                id=key,
                number=ticket.number,
                company_id=company_id,
                status=ticket.status,
                symptom=ticket.symptom,
                priority=ticket.priority,
                safety=ticket.safety,
                safety_hold=ticket.safety_hold,
                priority_care=ticket.priority_care,
                escalated=ticket.escalated_at is not None,
                transferred=ticket.transferred_at is not None,
                late_entry=ticket.late_entry_reason is not None,
                suspected_duplicate=ticket.suspected_duplicate_of_id is not None,
                received_at=ticket.received_at,
                resident=residents.get(key, ""),
                address=homes[ticket.household_id],
                service_point=points.get(ticket.service_point_id or 0),
                placement_state=offer.state if offer else None,
                answer_due_at=offer.answer_due_at if offer and offer.state == "OFFERED" else None,
                technician=crew.get(visit.technician_id or 0) if visit else None,
                visit_id=visit.id if visit else None,
                visit_state=visit.state if visit else None,
                window=_window(visit),
                planned_start=visit.planned_start if visit and _stands(visit) else None,
                arrives_at=visit.arrives_at if visit else None,
                missed_early=key in missed_early,
                hold_reason=visit.hold_reason if visit else None,
                hold_due_at=visit.hold_due_at if visit else None,
                clocks=_newest(clocks[key]),
                open_tasks=tuple(tasks.kinds.get(key, ())),
                owner=owners.get(key),
                alarm_owner=tasks.alarmed.get(key, ""),
                in_self_fix=key in in_self_fix,
            )
        )
    return items


def _urgency(item: TicketItem) -> tuple[bool, bool, int, datetime]:
    clock = item.clock("contact")
    due = clock.due_at if clock is not None and clock.stopped_at is None else item.received_at
    return (not item.safety, item.technician is not None, item.priority, due)


def _read_cursor(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii"))
    except (ValueError, binascii.Error):
        message = _("이어 볼 자리를 찾지 못했습니다. 목록을 처음부터 다시 열어 주세요.")
        raise BadCursorError(message, errors=(FieldError("cursor", message),)) from None


def _write_cursor(ticket_id: int) -> str:
    return base64.urlsafe_b64encode(str(ticket_id).encode("ascii")).decode("ascii")


def _newest_visits(rows: Sequence[Visit]) -> tuple[dict[int, Visit], set[int]]:
    """The newest visit by ticket; and the tickets at whose last absence we came before the agreed time."""
    ordered = sorted(rows, key=lambda row: row.sequence)
    absences = {row.ticket_id: row for row in ordered if row.state == "absent"}
    early = {ticket_id for ticket_id, row in absences.items() if row.missed_early}
    return {row.ticket_id: row for row in ordered}, early


def _newest(clocks: Sequence[ClockFacts]) -> tuple[ClockFacts, ...]:
    newest = max((clock.generation for clock in clocks), default=1)
    kept = [clock for clock in clocks if clock.generation == newest]
    return tuple(sorted(kept, key=lambda clock: clock_rules.KINDS.index(clock.kind)))


def _window(visit: Visit | None) -> WindowFacts | None:
    if visit is None or visit.window_start is None or visit.window_end is None or not _stands(visit):
        return None
    return WindowFacts(visit.window_start, visit.window_end)


def _stands(visit: Visit) -> bool:
    """Not after an absence, a hold or a cancellation: its times hold no more."""
    return visit.state not in ("absent", "cancelled") and visit.hold_reason is None
