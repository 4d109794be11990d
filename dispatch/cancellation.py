"""Cancelling a ticket before its visit is done."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import Session

from billing import service as billing
from billing.schemas import ChargeInfo
from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.events import publish
from core.i18n import _
from dispatch import bill_notices, ending
from dispatch.cases import Case, WrongStateError, lock_case
from dispatch.events import TicketEnded
from dispatch.pricing import work_of
from dispatch.states import ENDED_STATUSES, UNDER_WAY_STATES
from dispatch.tickets import note_change

Fee = Literal["BY_RULE", "WAIVED"]
REASON_CHARS = 500
CANCELLED_LATE = "출발한 뒤 취소하셔서 출장비만 받습니다."
"""To the family, in its language whatever the screen's."""


class NoReasonError(InvalidError):
    """Why is missing; a person must say it (422)."""

    code = "reason-missing"


def cancel_ticket(
    session: Session, *, ticket_id: int, reason: str, by: Actor, now: datetime, fee: Fee = "BY_RULE"
) -> ChargeInfo | None:
    """End a ticket on somebody's wish; a second asking changes nothing.

    Once the technician has set out the visit fee is due (unless covered by the warranty, or waived by name
    in the timeline), and both parties get the bill. Nothing is due before.

    Returns:
        The bill, when a fee is due.

    Raises:
        UnknownTicketError: no such ticket (404).
        NoReasonError: no reason (422).
        WrongStateError: the work is done already, or the case was closed (409).
    """
    why = require_reason(reason)
    case = lock_case(session, ticket_id=ticket_id)
    ticket = case.ticket
    if ticket.status == "CANCELLED":
        return None
    if ticket.status in ENDED_STATUSES:
        text = _("이미 끝난 접수라 취소할 수 없습니다({status}).")
        raise WrongStateError(text.format(status=ticket.status))
    under_way = case.visit is not None and case.visit.state in UNDER_WAY_STATES
    charge = _charge(session, case, by=by, now=now) if under_way and fee == "BY_RULE" else None
    ending.end_case(session, case=case, status="CANCELLED", reason=why, by=by, now=now)
    data = {"visit_id": case.visit_id or None, "after_departure": under_way, "fee": fee}
    note_change(session, ticket=ticket, what="TicketCancelled", by=by, now=now, reason=why, data=data)
    if charge is not None:
        bill_notices.tell_visit_result(
            session,
            visit_id=case.visit_id,
            charge=charge,
            work=CANCELLED_LATE,
            now=now,
        )
    publish(session, TicketEnded(company_id=ticket.company_id, at=now, ticket_id=ticket_id, how="cancelled"))
    return charge


def require_reason(reason: str) -> str:
    """The reason, trimmed. Raises `NoReasonError`."""
    why = reason.strip()[:REASON_CHARS]
    if not why:
        message = _("이유를 적어 주세요.")
        raise NoReasonError(message, errors=(FieldError("reason", message),))
    return why


def _charge(session: Session, case: Case, *, by: Actor, now: datetime) -> ChargeInfo:
    assert case.visit is not None
    work = work_of(session, case, case.visit, lines=(), at=now)
    return billing.charge_visit(session, work=work, by=by, now=now)
