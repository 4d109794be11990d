"""What was paid for a bill, given back and corrected. Rows are only added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from billing import queries
from billing.payment_models import Payment
from billing.payment_schemas import Balance, Entry, Method, PaymentInfo, PaymentKind
from core import audit
from core.actor import Actor
from core.dated import read_rules
from core.db import any_of
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _

MAX_REASON = 500


class BadPaymentError(InvalidError):
    """A payment or a part that cannot be taken as it is written (422)."""

    code = "bad-payment"


class NothingOwedError(ConflictError):
    """More than is still owed (409); the detail names what is."""

    code = "nothing-owed"


class UnknownPaymentError(NotFoundError):
    """No such payment, or another company's."""

    code = "unknown-payment"


def balance_of(session: Session, *, visit_id: int) -> Balance:
    """What is billed for a visit, what came in, what is owed."""
    charge = queries.current_charge(session, visit_id=visit_id)
    rows = payments_of(session, visit_ids=[visit_id]).get(visit_id, ())
    return Balance(charge.total if charge else 0, sum(row.moved for row in rows), rows)


def payments_of(session: Session, *, visit_ids: Iterable[int]) -> dict[int, tuple[PaymentInfo, ...]]:
    """Every row of these visits, by visit, in the order in which they were entered."""
    query = select(Payment).where(any_of(Payment.visit_id, "visit_ids")).order_by(col(Payment.id))
    found: dict[int, list[PaymentInfo]] = defaultdict(list)
    for row in session.exec(query, params={"visit_ids": list(visit_ids)}):
        found[row.visit_id].append(payment_info(row))
    return {visit_id: tuple(rows) for visit_id, rows in found.items()}


def payments_of_ticket(session: Session, *, ticket_id: int) -> list[PaymentInfo]:
    """Every row of a ticket's visits."""
    query = select(Payment).where(col(Payment.ticket_id) == ticket_id).order_by(col(Payment.id))
    return [payment_info(row) for row in session.exec(query)]


def take_payment(
    session: Session,
    *,
    visit_id: int,
    entry: Entry,
    by: Actor,
    now: datetime,
    technician_id: int | None = None,
) -> PaymentInfo:
    """Write down that money came in for a visit's bill, or (`unpaid`) that none did, and why.

    The caller holds the case, so that nobody takes the same money twice.

    Args:
        technician_id: who holds it; None: it came to the company.

    Raises:
        UnknownPaymentError: the visit has no bill (404).
        NothingOwedError: more than is still owed (409).
        BadPaymentError: no amount, no cash receipt, or no reason why it stays unpaid (422).
    """
    charge = queries.current_charge(session, visit_id=visit_id)
    if charge is None:
        raise no_bill()
    rows = payments_of(session, visit_ids=[visit_id]).get(visit_id, ())
    owed = charge.total - sum(row.moved for row in rows)
    if entry.amount > owed:
        text = _("더 받을 돈은 {owed}원입니다. 금액을 확인해 주세요.")
        raise NothingOwedError(text.format(owed=f"{max(0, owed):,}"))
    limit = read_rules(session, company_id=charge.company_id, at=now).cash_receipt_from
    before = sum(row.amount for row in rows if row.method == "cash")
    _check(entry, cash=before + entry.amount, receipt_from=limit)
    row = Payment(
        company_id=charge.company_id,
        ticket_id=charge.ticket_id,
        visit_id=visit_id,
        kind="paid",
        method=entry.method,
        amount=entry.amount,
        receipt_number=entry.receipt_number.strip() if entry.method == "cash" else "",
        reason=entry.reason.strip()[:MAX_REASON],
        technician_id=technician_id,
        taken_at=entry.taken_at or now,
        entered_at=now,
        entered_by=by.account_id,
    )
    what = "UnpaidNoted" if entry.method == "unpaid" else "PaymentTaken"
    return _write(session, row, what=what, by=by, now=now)


def refund_payment(
    session: Session,
    *,
    visit_id: int,
    payment_id: int,
    amount: int,
    reason: str,
    by: Actor,
    now: datetime,
    technician_id: int | None = None,
) -> PaymentInfo:
    """Give (a part of) a payment back: a row of its own, by the way the money came.

    Args:
        technician_id: out of whose day's money; None: out of the company's.

    Raises:
        UnknownPaymentError: no such payment of this visit, or not one that brought money (404).
        NothingOwedError: more than is left of it (409).
        BadPaymentError: no amount or no reason (422).
    """
    paid = _payment_of(session, visit_id, payment_id)
    if paid.kind != "paid" or paid.method == "unpaid":
        raise _unknown()
    left = paid.amount + _undone(session, payment_id)
    if amount > left:
        text = _("이 결제에서 돌려줄 수 있는 돈은 {left}원입니다.")
        raise NothingOwedError(text.format(left=f"{left:,}"))
    require(amount > 0, "amount", _("돌려줄 금액을 적어 주세요."))
    require(bool(reason.strip()), "reason", _("돌려주는 까닭을 적어 주세요."))
    row = _follow(paid, kind="refund", amount=-amount, reason=reason, by=by, now=now)
    row.technician_id, row.taken_at = technician_id, now
    return _write(session, row, what="PaymentRefunded", by=by, now=now)


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
    """Take back a payment, or a refund, that was entered wrongly: a row that undoes it on the day it counted.

    Args:
        right: what it should have been, of the same moment and in the same hands; None: it never was.

    Raises:
        UnknownPaymentError: no such payment of this visit, or a correction (404).
        NothingOwedError: it was given or taken back already, or `right` is more than is owed (409).
        BadPaymentError: no reason; `right` as in `take_payment` (422).
    """
    wrong = _payment_of(session, visit_id, payment_id)
    if wrong.kind == "correction" or (right is not None and wrong.kind != "paid"):
        raise _unknown()
    if _undone(session, payment_id):
        raise NothingOwedError(_("이미 돌려주었거나 고친 결제입니다. 화면을 새로 고쳐 주세요."))
    require(bool(reason.strip()), "reason", _("고치는 까닭을 적어 주세요."))
    row = _follow(wrong, kind="correction", amount=-wrong.amount, reason=reason, by=by, now=now)
    undone = _write(session, row, what="PaymentCorrected", by=by, now=now)
    if right is not None:
        entry = replace(right, taken_at=wrong.taken_at)
        whose = wrong.technician_id
        take_payment(session, visit_id=visit_id, entry=entry, by=by, now=now, technician_id=whose)
    return undone


def no_bill() -> UnknownPaymentError:
    """What a visit without a bill is met with."""
    return UnknownPaymentError(_("아직 청구서가 없는 방문입니다. 방문을 먼저 마쳐 주세요."))


def payment_info(row: Payment) -> PaymentInfo:
    """A row as it crosses the border."""
    return PaymentInfo(
        id=row.id or 0,
        ticket_id=row.ticket_id,
        visit_id=row.visit_id,
        kind=cast(PaymentKind, row.kind),
        method=cast(Method, row.method),
        amount=row.amount,
        receipt_number=row.receipt_number,
        reason=row.reason,
        corrects_id=row.corrects_id,
        technician_id=row.technician_id,
        taken_at=row.taken_at,
    )


def _check(entry: Entry, *, cash: int, receipt_from: int) -> None:
    """Raise BadPaymentError; `cash` is all that came in coin and notes for the bill, this among it."""
    receipt = entry.receipt_number.strip()
    require(entry.amount > 0, "amount", _("받은 금액을 적어 주세요."))
    if entry.method == "cash" and cash >= receipt_from:
        text = _("현금 {limit}원부터는 현금영수증 승인번호를 적어야 합니다. 고객이 원하지 않아도 발급합니다.")
        require(bool(receipt), "receipt_number", text.format(limit=f"{receipt_from:,}"))
    digits = receipt.replace("-", "")
    require(
        not receipt or (digits.isascii() and digits.isdigit() and len(digits) == 9),
        "receipt_number",
        _("현금영수증 승인번호는 숫자 9자리입니다."),
    )
    if entry.method == "unpaid":
        require(bool(entry.reason.strip()), "reason", _("왜 받지 못했는지, 언제 받기로 했는지 적어 주세요."))


def require(holds: bool, field: str, message: str) -> None:
    """Raise BadPaymentError at a field unless something holds."""
    if not holds:
        raise BadPaymentError(message, errors=(FieldError(field, message),))


def _payment_of(session: Session, visit_id: int, payment_id: int) -> Payment:
    row = session.get(Payment, payment_id)
    if row is None or row.visit_id != visit_id:
        raise _unknown()
    return row


def _unknown() -> UnknownPaymentError:
    return UnknownPaymentError(_("그런 결제가 없습니다."))


def _undone(session: Session, payment_id: int) -> int:
    """What rows that followed a payment took from it; a refund that was itself taken back took nothing."""
    followers = session.exec(select(Payment).where(col(Payment.corrects_id) == payment_id)).all()
    return sum(row.amount + _undone(session, row.id or 0) for row in followers)


def _follow(
    first: Payment, *, kind: PaymentKind, amount: int, reason: str, by: Actor, now: datetime
) -> Payment:
    """A row after another: of the same money, in the same hands, at the same moment."""
    return Payment(
        company_id=first.company_id,
        ticket_id=first.ticket_id,
        visit_id=first.visit_id,
        kind=kind,
        method=first.method,
        amount=amount,
        receipt_number=first.receipt_number,
        reason=reason.strip()[:MAX_REASON],
        corrects_id=first.id,
        technician_id=first.technician_id,
        taken_at=first.taken_at,
        entered_at=now,
        entered_by=by.account_id,
    )


def _write(session: Session, row: Payment, *, what: str, by: Actor, now: datetime) -> PaymentInfo:
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what=what,
        subject=("ticket", row.ticket_id),
        company_id=row.company_id,
        reason=row.reason or None,
        data={"payment_id": row.id, "visit_id": row.visit_id, "method": row.method, "amount": row.amount},
    )
    return payment_info(row)
