"""Money for a visit's bill, under the case's lock, so that the door and the desk never take it twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing import payments
from billing.payment_schemas import Entry, PaymentInfo
from core.actor import Actor, Role
from dispatch.cases import Case, author_of_step, lock_case
from dispatch.models import Visit
from dispatch.tickets import announce_ticket


def take_payment(
    session: Session, *, visit_id: int, entry: Entry, by: Actor, now: datetime, of_technician: bool = False
) -> PaymentInfo:
    """Take money for a visit. What its technician enters is in his day's money.

    Args:
        of_technician: what a desk enters lies with the visit's technician, so it is in his day's money, too.

    Raises as `billing.payments.take_payment`; also UnknownPaymentError for an unknown visit (404),
    NotYourVisitError for another technician's (403).
    """
    with _held(session, visit_id) as case:
        author, whose = _holder(session, case, by, of_technician=of_technician)
        return payments.take_payment(
            session, visit_id=visit_id, entry=entry, by=author, now=now, technician_id=whose
        )


def refund_payment(
    session: Session,
    *,
    visit_id: int,
    payment_id: int,
    amount: int,
    reason: str,
    by: Actor,
    now: datetime,
    of_technician: bool = False,
) -> PaymentInfo:
    """Give (a part of) a payment of this visit back. Raises as `billing.payments.refund_payment`.

    Args:
        of_technician: the visit's technician gave it out of his day's money.
    """
    with _held(session, visit_id) as case:
        author, whose = _holder(session, case, by, of_technician=of_technician)
        return payments.refund_payment(
            session,
            visit_id=visit_id,
            payment_id=payment_id,
            amount=amount,
            reason=reason,
            by=author,
            now=now,
            technician_id=whose,
        )


def correct_payment(
    session: Session,
    *,
    visit_id: int,
    payment_id: int,
    reason: str,
    by: Actor,
    now: datetime,
    right: Entry | None = None,
) -> PaymentInfo:
    """Take a wrongly entered payment of this visit back. Raises as `billing.payments.correct_payment`."""
    with _held(session, visit_id):
        return payments.correct_payment(
            session, visit_id=visit_id, payment_id=payment_id, reason=reason, by=by, now=now, right=right
        )


@contextmanager
def _held(session: Session, visit_id: int) -> Iterator[Case]:
    """The case with this visit, under lock; open pages look again afterwards."""
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise payments.no_bill()
    case = replace(lock_case(session, ticket_id=visit.ticket_id), visit=visit)
    yield case
    announce_ticket(session, ticket=case.ticket)


def _holder(session: Session, case: Case, by: Actor, *, of_technician: bool) -> tuple[Actor, int | None]:
    """Who is written down, and the technician in whose hands the money is; None: the company's."""
    if by.role is not Role.TECHNICIAN and not of_technician:
        return by, None
    assert case.visit is not None
    return author_of_step(session, case=case, by=by), case.visit.technician_id
