"""Re-opening a case that had ended: the family was not served after all."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import Actor
from core.dated import read_rules
from core.errors import FieldError, InvalidError
from core.events import publish
from core.i18n import _
from dispatch import case_notices, clocks
from dispatch.cancellation import require_reason
from dispatch.cases import WrongStateError, lock_case
from dispatch.events import TicketReopened
from dispatch.models import Ticket
from dispatch.states import ENDED_STATUSES
from dispatch.tickets import note_change
from workforce.queries import get_technicians


class UnknownTechnicianError(InvalidError):
    """The technician to leave out does not work for this company (422)."""

    code = "unknown-technician"


def reopen_ticket(
    session: Session,
    *,
    ticket_id: int,
    reason: str,
    by: Actor,
    now: datetime,
    excluded_technician_id: int | None = None,
) -> Ticket:
    """Open an ended case again: a new visit is placed and planned, and its clocks run anew from now.

    The same ticket goes on, so a repair that did not hold is free by the repeat rule of the warranty, and a
    phone solution within the free time costs nothing by itself. A second asking changes nothing.

    Args:
        excluded_technician_id: who must not be sent again (after a complaint).

    Raises:
        UnknownTicketError: no such ticket (404).
        NoReasonError: no reason (422).
        UnknownTechnicianError: nobody of this company (422).
        WrongStateError: the case has not ended (409).
    """
    why = require_reason(reason)
    case = lock_case(session, ticket_id=ticket_id)
    ticket = case.ticket
    if ticket.status == "REOPENED":
        return ticket
    if ticket.status not in ENDED_STATUSES:
        text = _("아직 끝나지 않은 접수입니다({status}). 재접수하지 않고 그대로 이어 가면 됩니다.")
        raise WrongStateError(text.format(status=ticket.status))
    if excluded_technician_id is not None:
        _require_technician(session, ticket, excluded_technician_id)
        ticket.excluded_technician_id = excluded_technician_id
        if ticket.preferred_technician_id == excluded_technician_id:
            ticket.preferred_technician_id = None
    data = {
        "from": ticket.status,
        "excluded_technician_id": excluded_technician_id,
        "within_free_time": _is_free(session, ticket, now),
    }
    ticket.status, ticket.reopened_at = "REOPENED", now
    ticket.contacted_at = ticket.completed_at = ticket.closed_at = ticket.cancelled_at = None
    ticket.solved_by_phone_at = ticket.end_reason = None
    note_change(session, ticket=ticket, what="TicketReopened", by=by, now=now, reason=why, data=data)
    clocks.start_clocks(session, ticket_id=ticket_id, started_at=now)
    case_notices.tell_revisit(session, ticket=ticket, after_hold=False, now=now)
    publish(session, TicketReopened(company_id=ticket.company_id, at=now, ticket_id=ticket_id))
    return ticket


def _require_technician(session: Session, ticket: Ticket, technician_id: int) -> None:
    if technician_id not in get_technicians(
        session, technician_ids=[technician_id], company_id=ticket.company_id
    ):
        message = _("우리 회사의 기사가 아닙니다. 뺄 기사를 다시 골라 주세요.")
        raise UnknownTechnicianError(message, errors=(FieldError("excluded_technician_id", message),))


def _is_free(session: Session, ticket: Ticket, now: datetime) -> bool | None:
    """Whether a phone solution is re-opened within its free time; None when it was no phone solution."""
    if ticket.solved_by_phone_at is None:
        return None
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    return now - ticket.solved_by_phone_at <= timedelta(seconds=rules.reopen_free_s)
