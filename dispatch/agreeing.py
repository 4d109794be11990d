"""A window that is agreed with the family: the visit is moved into it. The clocks are the caller's."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.i18n import N_, _
from dispatch import assignment, revisits
from dispatch.attempt_checks import require_part_there
from dispatch.cases import Case, WrongStateError
from dispatch.kept_windows import keep_window
from dispatch.models import Visit
from dispatch.open_visits import ensure_open_visit
from dispatch.states import OPEN_VISIT_STATES
from dispatch.visit_schemas import AgreedWindow
from notifications import service as outbox
from notifications.messages import Event, Window


def put_into_window(
    session: Session,
    *,
    case: Case,
    window: AgreedWindow,
    agreed_at: datetime,
    by: Actor,
    now: datetime,
    kept: bool = False,
) -> Visit:
    """Move the case's visit so that work begins inside the window, and set the case to APPOINTED.

    A hold ends with it. A window that was agreed before is left as it is.

    Args:
        kept: the visit in that window has been made already; nothing is planned.

    Raises:
        WrongStateError: no service point has the case yet (409).
        BadAttemptError: the part for which it waits comes later (422).
        appointments.WindowNotReachableError: nobody can be there; it lists the windows that work (409).
    """
    ticket = case.ticket
    if ticket.service_point_id is None:
        raise WrongStateError(_("서비스점이 아직 정해지지 않았습니다. 서비스점을 먼저 정해 주세요."))
    before, held = agreed_before(case), case.visit
    since = require_part_there(case, window)  # read before the hold ends, which forgets it
    if ticket.status == "ON_HOLD" and held is not None:  # who is on hold stands on no board
        revisits.end_hold(session, ticket=ticket, visit=held, by=by, now=now)
    visit = ensure_open_visit(session, ticket=ticket, point_id=ticket.service_point_id, now=now)
    if kept:
        keep_window(session, visit=visit, window=window, agreed_at=agreed_at)
    elif before != Window(window.start, window.end):
        assignment.fit_window(
            session,
            visit_id=visit.id or 0,
            start=window.start,
            end=window.end,
            technician_id=window.technician_id,
            since=since,
            by=by,
            now=now,
        )
        session.refresh(ticket)
    silence_vain_calls(session, ticket_id=case.ticket_id, now=now)
    agreed = N_("시간을 정했습니다.")
    outbox.withdraw(session, ticket_id=case.ticket_id, events=[Event.REVISIT], reason=agreed, now=now)
    ticket.status = "APPOINTED"
    session.add(ticket)
    session.flush()
    return visit


def silence_vain_calls(session: Session, *, ticket_id: int, now: datetime) -> None:
    """Somebody has spoken with the family: that nobody could reach them is news no more."""
    why = N_("가족과 이야기했습니다.")
    outbox.withdraw(session, ticket_id=ticket_id, events=[Event.CONTACT_FAILED], reason=why, now=now)


def window_of(visit: Visit) -> Window | None:
    """The agreed window."""
    if visit.window_start is None or visit.window_end is None:
        return None
    return Window(visit.window_start, visit.window_end)


def agreed_before(case: Case) -> Window | None:
    """What the family has been promised so far for the visit that is still open."""
    visit = case.visit
    return window_of(visit) if visit is not None and visit.state in OPEN_VISIT_STATES else None
