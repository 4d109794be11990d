"""Money for a visit's bill, under the case's lock, so that the door and the desk never take it twice."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from billing import payments
from billing.payment_schemas import Method, PaymentInfo
from core.actor import Actor, Role
from dispatch.cases import lock_case
from dispatch.models import Ticket, Visit
from dispatch.tickets import announce_ticket


def take_payment(
    session: Session,
    *,
    visit_id: int,
    method: Method,
    amount: int,
    by: Actor,
    now: datetime,
    receipt_number: str = "",
    reason: str = "",
) -> PaymentInfo:
    """Take money for a visit. What its technician enters is in his day's money; what a desk enters is not.

    Raises as `billing.payments.take_payment`; also UnknownPaymentError for an unknown visit (404).
    """
    visit = _lock(session, visit_id)
    taken = payments.take_payment(
        session,
        visit_id=visit_id,
        method=method,
        amount=amount,
        by=by,
        now=now,
        technician_id=visit.technician_id if by.role is Role.TECHNICIAN else None,
        receipt_number=receipt_number,
        reason=reason,
    )
    _announce(session, visit)
    return taken


def refund_payment(
    session: Session, *, visit_id: int, payment_id: int, amount: int, reason: str, by: Actor, now: datetime
) -> PaymentInfo:
    """Give (a part of) a payment of this visit back. Raises as `billing.payments.refund_payment`."""
    visit = _lock(session, visit_id)
    payments.require_of_visit(session, payment_id=payment_id, visit_id=visit_id)
    given = payments.refund_payment(
        session, payment_id=payment_id, amount=amount, reason=reason, by=by, now=now
    )
    _announce(session, visit)
    return given


def correct_payment(
    session: Session, *, visit_id: int, payment_id: int, reason: str, by: Actor, now: datetime
) -> PaymentInfo:
    """Take a wrongly entered payment of this visit back. Raises as `billing.payments.correct_payment`."""
    visit = _lock(session, visit_id)
    payments.require_of_visit(session, payment_id=payment_id, visit_id=visit_id)
    undone = payments.correct_payment(session, payment_id=payment_id, reason=reason, by=by, now=now)
    _announce(session, visit)
    return undone


def _lock(session: Session, visit_id: int) -> Visit:
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise payments.no_bill()
    lock_case(session, ticket_id=visit.ticket_id)
    return visit


def _announce(session: Session, visit: Visit) -> None:
    """Open pages look again; the row itself is in the timeline already."""
    announce_ticket(session, ticket=session.get_one(Ticket, visit.ticket_id))
