"""Giving a visit to a technician: at once by rule, by hand, at an agreed window; and taking it away again.

Every change is a new version of the point's day (`planning.publishing`); who comes second works on fresh
data.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from core import live
from core.actor import SYSTEM, Actor
from core.clock import operating_day, rfc3339_kst
from core.errors import ConflictError
from core.i18n import _
from dispatch import approvals, notices
from dispatch.appointments import WindowNotReachableError, fit_window
from dispatch.by_hand import (
    BookedTimeError,
    HandAssignment,
    LicenceMissingError,
    SomebodyElseWasFasterError,
    assign_by_hand,
)
from dispatch.events import TicketPlaced
from dispatch.models import Ticket, Visit
from dispatch.money_notices import ESTIMATE
from dispatch.open_visits import ensure_open_visit, find_open_visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_board, load_horizon, planned_days
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.bookings import end_booking
from dispatch.planning.day_locks import lock_days
from dispatch.planning.drafts import draft_of
from dispatch.planning.insertion import Insertion, best_insertion, explain_no_place, with_new_visit
from dispatch.planning.moving import without
from dispatch.planning.plan_telling import GONE
from dispatch.planning.publishing import (
    FREE_STATUSES,
    StalePlanError,
    TechnicianTakenError,
    publish,
)
from dispatch.planning.retrying import on_fresh_data
from dispatch.planning.safety_pin import pin_safety
from dispatch.planning.solve_requests import PAUSE_S, request_solve
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tickets import has_ended, lock_ticket, note_change
from notifications.newest import withdraw_line

__all__ = [
    "BookedTimeError",
    "HandAssignment",
    "Insertion",
    "LicenceMissingError",
    "SomebodyElseWasFasterError",
    "StalePlanError",
    "TechnicianTakenError",
    "WindowNotReachableError",
    "assign_by_hand",
    "confirm_tentative",
    "fit_window",
    "pin_safety",
    "plan_now",
    "plan_ticket",
    "release_visit",
    "unpin",
]


def plan_ticket(*, session: Session, event: TicketPlaced, now: datetime) -> None:
    """Handler: put the ticket into a technician's route at once, or say why it has to wait.

    Safe to run twice: a ticket that has a technician, has ended or went to another point is left alone.
    """
    plan_now(session, ticket_id=event.ticket_id, point_id=event.service_point_id, now=now)


def plan_now(
    session: Session,
    *,
    ticket_id: int,
    point_id: int,
    now: datetime,
    by: Actor = SYSTEM,
    boards: list[DayBoard] | None = None,
) -> Insertion | None:
    """Insert a ticket at its point, or pin a safety case; None also when it waits, with reasons.

    Args:
        boards: the point's days if this transaction, which holds them, has just read them.
    """
    lock_days(session, point_id=point_id, days=planned_days(session, point_id=point_id, now=now))
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if has_ended(ticket) or ticket.service_point_id != point_id:
        return None
    visit = ensure_open_visit(session, ticket=ticket, point_id=point_id, now=now)
    if visit.planned_start is not None or visit.state in UNDER_WAY_STATES:
        return None
    if ticket.safety and pin_safety(session, ticket_id=ticket_id, now=now):
        return None
    visit_id = visit.id or 0

    is_new = visit.created_at == now  # one that was here before has promises of its own, read with its board
    just_read = [with_new_visit(session, boards, ticket=ticket, visit=visit)] if boards and is_new else []

    def insert() -> Insertion | None:
        days = just_read.pop() if just_read else load_horizon(session, point_id=point_id, now=now)
        seen = _on_board(days, visit_id)
        found = best_insertion(days, seen)
        if found is not None:
            publish(session, drafts=[found.draft], author=Authorship(by, "insertion"), now=now)
        else:
            _keep_waiting(session, days, seen, ticket, now=now)
        return found

    found = on_fresh_data(session, insert)
    if found is not None:
        request_solve(session, point_id=point_id, day=found.day, now=now, delay_s=PAUSE_S)
    return found


def release_visit(session: Session, *, visit_id: int, why: str, by: Actor, now: datetime) -> None:
    """Take a visit off the plan: the technician is free again, and is told if he knew of it.

    An open visit loses technician and time, its ticket is UNASSIGNED again. One that has ended (cancelled,
    absent, completed) keeps them as history and only gives the booked time back.

    Raises ConflictError while a technician is on the way or there.
    """
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    has_left = visit.state not in OPEN_VISIT_STATES
    if has_left:  # nobody need answer or know what it would have cost
        approvals.withdraw_open(session, visit_id=visit_id, now=now)
        withdraw_line(session, ticket_id=visit.ticket_id, line=ESTIMATE, now=now)
    if visit.planned_start is None:
        return
    if has_left:
        _give_time_back(session, visit, by=by, now=now)
        return
    if visit.state in UNDER_WAY_STATES:
        raise ConflictError(_("기사가 이미 출발했습니다. 기사와 통화해 방문을 마치거나 취소해 주세요."))
    day = operating_day(visit.planned_start)

    def release() -> None:
        board = load_board(session, point_id=visit.service_point_id, day=day, now=now)
        seen = board.find(visit_id)
        if seen is None or not seen.planned:
            _forget_times(session, visit, why=why, by=by, now=now)
            return
        publish(
            session,
            drafts=[without(board, [visit_id])],
            author=Authorship(by, "change", why, visit_id),
            now=now,
        )

    on_fresh_data(session, release)


def unpin(session: Session, *, visit_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Let planning move a visit again that a person had fixed to a technician or a time."""
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    visit.pinned_technician = visit.pinned_time = False
    session.add(visit)
    session.flush()
    ticket = session.get_one(Ticket, visit.ticket_id)
    note_change(session, ticket=ticket, what="VisitUnpinned", by=by, now=now, reason=reason)
    if visit.planned_start is not None:
        day = operating_day(visit.planned_start)
        republish(session, point_id=visit.service_point_id, day_of=visit.planned_start, by=by, now=now)
        request_solve(session, point_id=visit.service_point_id, day=day, now=now)


def confirm_tentative(session: Session, *, ticket_id: int, now: datetime) -> None:
    """The designated point has accepted: its technician, planned tentatively so far, is told of the job."""
    visit = find_open_visit(session, ticket_id=ticket_id)
    if visit is not None and visit.id is not None and visit.technician_id is not None:
        notices.tell_job_assigned(session, visit_id=visit.id, now=now)
        live.announce(
            session,
            company_id=session.get_one(Ticket, ticket_id).company_id,
            topic="plan",
            service_point_id=visit.service_point_id,
            technician_ids=[visit.technician_id],
        )


def republish(session: Session, *, point_id: int, day_of: datetime, by: Actor, now: datetime) -> None:
    """The same plan as a new version: what it rests on has changed, and no older solve may overwrite it."""

    def again() -> None:
        board = load_board(session, point_id=point_id, day=operating_day(day_of), now=now)
        draft = draft_of(to_problem(board, freedom=Freedom.INSERT))
        publish(session, drafts=[draft], author=Authorship(by, "change"), now=now)

    on_fresh_data(session, again)


def _on_board(boards: list[DayBoard], visit_id: int) -> BoardVisit:
    """The visit as its point's boards see it."""
    found = next((v for board in boards if (v := board.find(visit_id)) is not None), None)
    if found is None:
        raise StalePlanError(_("방문이 그사이 다른 곳으로 갔습니다. 화면을 새로 고쳐 주세요."))
    return found


def _keep_waiting(
    session: Session, boards: list[DayBoard], seen: BoardVisit, ticket: Ticket, *, now: datetime
) -> None:
    draft, reasons = explain_no_place(boards, seen)
    publish(
        session,
        drafts=[replace(draft, unplanned=(*draft.unplanned, *reasons))],
        author=Authorship(SYSTEM, "insertion"),
        now=now,
    )
    if ticket.status in FREE_STATUSES:
        ticket.status = "UNASSIGNED"
    codes = sorted({reason["code"] for left in reasons for reason in left.reasons})
    note_change(session, ticket=ticket, what="VisitNotPlanned", by=SYSTEM, now=now, data={"codes": codes})
    request_solve(session, point_id=boards[0].point_id, day=boards[0].day, now=now, urgent=True)


def _give_time_back(session: Session, visit: Visit, *, by: Actor, now: datetime) -> None:
    """A visit that has ended holds nobody any more; whoever comes after it may come earlier."""
    assert visit.planned_start is not None and visit.id is not None
    end_booking(session, visit_id=visit.id)
    if visit.state == "cancelled":
        _tell_gone(session, visit, now=now)
    republish(session, point_id=visit.service_point_id, day_of=visit.planned_start, by=by, now=now)
    day = operating_day(visit.planned_start)
    request_solve(session, point_id=visit.service_point_id, day=day, now=now, delay_s=PAUSE_S)


def _forget_times(session: Session, visit: Visit, *, why: str, by: Actor, now: datetime) -> None:
    """Open, but on no board any more: its ticket has ended, or its day is past."""
    assert visit.planned_start is not None and visit.id is not None
    day_of = visit.planned_start
    data = {"from_technician_id": visit.technician_id, "from_start": rfc3339_kst(day_of)}
    visit.technician_id = visit.planned_start = visit.planned_end = None
    visit.pinned_technician = visit.pinned_time = False
    session.add(visit)
    session.flush()
    end_booking(session, visit_id=visit.id)
    _tell_gone(session, visit, now=now)
    ticket = session.get_one(Ticket, visit.ticket_id)
    note_change(session, ticket=ticket, what="VisitTakenOff", by=by, now=now, reason=why, data=data)
    republish(session, point_id=visit.service_point_id, day_of=day_of, by=by, now=now)


def _tell_gone(session: Session, visit: Visit, *, now: datetime) -> None:
    assert visit.id is not None
    if visit.told_technician_id is not None:
        notices.tell_job_gone(session, visit_id=visit.id, change=GONE, now=now)
