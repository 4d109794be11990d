"""Writing a plan down: one version a day after the other, never over a newer one, never a technician twice.

Lock order, as everywhere in dispatch: the point's days, then tickets, then visits. A circle of waiting
(somebody came from a ticket) ends in PostgreSQL's deadlock error; the savepoint gives our locks back, and the
caller tries again on fresh data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from core import live
from core.clock import operating_day, operating_day_bounds
from core.errors import ConflictError
from core.i18n import _
from dispatch.models import Ticket, Visit
from dispatch.planning import plan_telling
from dispatch.planning.authorship import Authorship
from dispatch.planning.board_shapes import BoardVisit
from dispatch.planning.bookings import write_bookings
from dispatch.planning.day_locks import lock_point_day
from dispatch.planning.drafts import DayDraft
from dispatch.planning.night_work import in_their_days
from dispatch.planning.plan_changes import Change, list_changes
from dispatch.planning.plan_models import PointDay
from dispatch.planning.plan_rows import changes_of, outdate_proposals, plan_row, still_unplanned
from dispatch.planning.proposal_gains import Gain, gain_as_json
from dispatch.planning.refusals import fingerprint
from dispatch.planning.solve_requests import PAUSE_S, request_solve

FREE_STATUSES = ("RECEIVED", "UNASSIGNED", "REOPENED")
"""A technician and a time make these ASSIGNED."""
BOUND_STATUSES = ("ASSIGNED", "CONTACTED", "APPOINTED")
"""Without technician and time these fall back to UNASSIGNED."""


_CHECK_BOOKINGS = text(
    "SET CONSTRAINTS booking_no_overlap IMMEDIATE; SET CONSTRAINTS booking_no_overlap DEFERRED"
)


class StalePlanError(ConflictError):
    """The day was planned anew, or the visits went on, since the draft's board was read."""

    code = "stale-plan"


class TechnicianTakenError(ConflictError):
    """Another maker, or another plan, has booked the technician for that time."""

    code = "technician-taken"


@dataclass(frozen=True)
class Published:
    """What publishing did: the versions by day, and every visit that changed."""

    versions: dict[date, int]
    changes: tuple[Change, ...]


def publish(session: Session, *, drafts: Sequence[DayDraft], author: Authorship, now: datetime) -> Published:
    """Make drafts of one point the plan of their days, all or none; what a night's plan lets begin after
    05:00 is published with the next day.

    Writes visits, bookings, plan rows with their versions, ticket statuses, the timeline, announcements and
    notices to technicians. The caller's transaction commits it.

    Raises:
        StalePlanError: a day has a newer version, or a visit is no longer what the board saw.
        TechnicianTakenError: a booking would overlap another; nothing of this call is kept.
    """
    drafts = in_their_days(session, drafts, now=now)
    changes = list_changes(drafts)
    try:
        with session.begin_nested():
            days = [_lock_day(session, draft, now) for draft in drafts]
            tickets = _lock_tickets(session, changes)
            visits = _lock_visits(session, changes, now)
            _write_visits(visits, changes)
            write_bookings(session, drafts, changes, now)
            _set_statuses(tickets, changes)
            for row, draft in zip(days, drafts, strict=True):
                _write_plan(session, row, draft, changes=changes, author=author, now=now)
            session.flush()
            session.execute(_CHECK_BOOKINGS)
    except DBAPIError as error:
        if isinstance(error.orig, pg.ExclusionViolation | pg.DeadlockDetected | pg.LockNotAvailable):
            raise TechnicianTakenError(
                _("그 시간에 다른 일정이 먼저 잡혔습니다. 화면을 새로 고치고 다시 골라 주세요.")
            ) from error
        raise
    plan_telling.tell(session, drafts=drafts, changes=changes, author=author, now=now)
    return Published({row.day: row.version for row in days}, tuple(changes))


def store_proposal(
    session: Session,
    *,
    draft: DayDraft,
    reasons: Sequence[str],
    gain: Gain,
    author: Authorship,
    now: datetime,
) -> int:
    """Keep a draft for a named person to decide about; an older open proposal of the day gives way to it.

    Raises StalePlanError when the day has moved on: nobody should be asked about the past.
    """
    _lock_day(session, draft, now)
    changes = list_changes([draft])
    board = draft.board
    outdate_proposals(session, board.point_id, board.day, now)
    plan = plan_row(draft, changes, author, now, state="proposed", version=board.version + 1)
    plan.decision_reason = "\n".join(dict.fromkeys(reasons))
    plan.fingerprint = fingerprint(draft, changes)
    plan.gain = gain_as_json(gain)
    session.add(plan)
    session.flush()
    live.announce(session, company_id=board.company_id, topic="proposal", service_point_id=board.point_id)
    assert plan.id is not None
    return plan.id


def _lock_day(session: Session, draft: DayDraft, now: datetime) -> PointDay:
    board = draft.board
    row = lock_point_day(session, point_id=board.point_id, day=board.day)
    is_over = board.is_today and board.day < operating_day(now)  # it was planned before 05:00
    if row.version != board.version or is_over:
        raise StalePlanError(_("그사이 이 날의 일정이 새로 짜였습니다. 화면을 새로 고치고 다시 해 주세요."))
    return row


def _lock_tickets(session: Session, changes: Sequence[Change]) -> dict[int, Ticket]:
    """The tickets whose status follows, by id."""
    ids = {change.before.ticket_id for change in changes if change.what in ("assigned", "taken_off")}
    query = (
        select(Ticket)
        .where(col(Ticket.id).in_(ids))
        .order_by(col(Ticket.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {ticket.id: ticket for ticket in session.exec(query) if ticket.id is not None}


def _lock_visits(session: Session, changes: Sequence[Change], now: datetime) -> dict[int, Visit]:
    ids = {change.before.visit_id for change in changes}
    query = (
        select(Visit)
        .where(col(Visit.id).in_(ids))
        .order_by(col(Visit.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    visits = {visit.id: visit for visit in session.exec(query) if visit.id is not None}
    for change in changes:
        visit, seen = visits.get(change.before.visit_id), change.before
        if visit is None or visit.state != seen.state or _has_other_time(visit, seen, now):
            raise StalePlanError(
                _("{number} 방문이 그사이 바뀌었습니다. 화면을 새로 고치고 다시 해 주세요.").format(
                    number=seen.number
                )
            )
    return visits


def _has_other_time(visit: Visit, seen: BoardVisit, now: datetime) -> bool:
    """Whether another day's plan has taken it meanwhile; what was missed yesterday counts as unplanned."""
    at = visit.planned_start
    if seen.planned_start is None and at is not None and at < operating_day_bounds(operating_day(now))[0]:
        at = None
    return at != seen.planned_start


def _write_visits(visits: dict[int, Visit], changes: Sequence[Change]) -> None:
    for change in changes:
        visit, stop = visits[change.before.visit_id], change.after
        if stop is None:
            visit.technician_id = visit.planned_start = visit.planned_end = None
            visit.pinned_technician = visit.pinned_time = False
            visit.acknowledged_at = None
        elif change.before.under_way:
            visit.planned_end = stop.end_at
        else:
            if visit.technician_id != stop.technician_id:
                visit.acknowledged_at = None
            visit.technician_id = stop.technician_id
            visit.planned_start, visit.planned_end = stop.start_at, stop.end_at
            visit.pinned_technician = stop.visit.pinned_technician
            visit.pinned_time = stop.visit.pinned_time


def _set_statuses(tickets: dict[int, Ticket], changes: Sequence[Change]) -> None:
    for change in changes:
        ticket = tickets.get(change.before.ticket_id)
        if ticket is None:
            continue
        if change.what == "assigned" and ticket.status in FREE_STATUSES:
            ticket.status = "APPOINTED" if change.before.window is not None else "ASSIGNED"
        elif change.what == "taken_off" and ticket.status in BOUND_STATUSES:
            ticket.status = "UNASSIGNED"


def _write_plan(
    session: Session,
    row: PointDay,
    draft: DayDraft,
    *,
    changes: Sequence[Change],
    author: Authorship,
    now: datetime,
) -> None:
    own = changes_of(draft, changes)
    plan = plan_row(draft, own, author, now, state="published", version=row.version + 1)
    plan.unplanned += still_unplanned(session, row, draft)
    session.add(plan)
    session.flush()
    row.version, row.plan_id = plan.version, plan.id
    if author.origin == "solve":
        row.last_solved_at = now
    session.add(row)
    if outdate_proposals(session, row.service_point_id, row.day, now):
        company_id = draft.board.company_id
        live.announce(session, company_id=company_id, topic="proposal", service_point_id=row.service_point_id)
        # What it answered is open again: a new solve proposes anew, or asks a named person.
        request_solve(session, point_id=row.service_point_id, day=row.day, now=now, delay_s=PAUSE_S)
