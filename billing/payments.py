"""What was paid for a bill, given back and corrected; which parts were changed. Rows are only added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from billing import queries
from billing.models import Charge
from billing.payment_models import PartChange, Payment
from billing.payment_schemas import Balance, Method, PartSerials, PaymentInfo, PaymentKind
from billing.schemas import VisitWork
from core import audit
from core.actor import Actor
from core.dated import read_rules
from core.db import any_of
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _

MAX_SERIAL = 60
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
    charge = queries.charge_of_visit(session, visit_id=visit_id)
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
    method: Method,
    amount: int,
    by: Actor,
    now: datetime,
    technician_id: int | None = None,
    receipt_number: str = "",
    reason: str = "",
) -> PaymentInfo:
    """Write down that money came in for a visit's bill, or (`unpaid`) that none did, and why.

    The caller holds the case, so that nobody takes the same money twice.

    Args:
        amount: won, 1 up to what is still owed.
        technician_id: who took it at the door; None: it came to the company.
        receipt_number: of the cash receipt; cash above `cash_receipt_from` needs one.

    Raises:
        UnknownPaymentError: the visit has no bill (404).
        NothingOwedError: more than is still owed (409).
        BadPaymentError: no amount, no cash receipt, or no reason why it stays unpaid (422).
    """
    if queries.charge_of_visit(session, visit_id=visit_id) is None:
        raise no_bill()
    owed = balance_of(session, visit_id=visit_id).owed
    if amount > owed:
        text = _("더 받을 돈은 {owed}원입니다. 금액을 확인해 주세요.")
        raise NothingOwedError(text.format(owed=f"{max(0, owed):,}"))
    company_id, ticket_id = _case_of(session, visit_id)
    limit = read_rules(session, company_id=company_id, at=now).cash_receipt_from
    _check(method, amount, receipt_number.strip(), reason.strip(), receipt_from=limit)
    row = Payment(
        company_id=company_id,
        ticket_id=ticket_id,
        visit_id=visit_id,
        kind="paid",
        method=method,
        amount=amount,
        receipt_number=receipt_number.strip() if method == "cash" else "",
        reason=reason.strip()[:MAX_REASON],
        technician_id=technician_id,
        taken_at=now,
        entered_at=now,
        entered_by=by.account_id,
    )
    return _write(session, row, what="UnpaidNoted" if method == "unpaid" else "PaymentTaken", by=by, now=now)


def refund_payment(
    session: Session, *, payment_id: int, amount: int, reason: str, by: Actor, now: datetime
) -> PaymentInfo:
    """Give (a part of) a payment back: a row of its own, by the way the money came.

    Raises:
        UnknownPaymentError: no such payment, or not one that brought money (404).
        NothingOwedError: more than is left of it (409).
        BadPaymentError: no amount or no reason (422).
    """
    paid = _movable(session, payment_id)
    left = paid.amount + sum(row.amount for row in _followers(session, payment_id))
    if amount > left:
        text = _("이 결제에서 돌려줄 수 있는 돈은 {left}원입니다.")
        raise NothingOwedError(text.format(left=f"{left:,}"))
    _require(amount > 0, "amount", _("돌려줄 금액을 적어 주세요."))
    _require(bool(reason.strip()), "reason", _("돌려주는 까닭을 적어 주세요."))
    return _follow(session, paid, kind="refund", amount=-amount, reason=reason, by=by, now=now)


def correct_payment(
    session: Session, *, payment_id: int, reason: str, by: Actor, now: datetime
) -> PaymentInfo:
    """Take back a payment that was entered wrongly: a row that undoes it; the right one is entered anew.

    Raises:
        UnknownPaymentError: no such payment (404).
        NothingOwedError: it was given or taken back already (409).
        BadPaymentError: no reason (422).
    """
    wrong = _movable(session, payment_id, unpaid_too=True)
    if _followers(session, payment_id):
        raise NothingOwedError(_("이미 돌려주었거나 고친 결제입니다. 화면을 새로 고쳐 주세요."))
    _require(bool(reason.strip()), "reason", _("고치는 까닭을 적어 주세요."))
    return _follow(session, wrong, kind="correction", amount=-wrong.amount, reason=reason, by=by, now=now)


def require_of_visit(session: Session, *, payment_id: int, visit_id: int) -> None:
    """Raises UnknownPaymentError for a payment of another visit."""
    if _movable(session, payment_id, unpaid_too=True).visit_id != visit_id:
        raise UnknownPaymentError(_("그런 결제가 없습니다."))


def no_bill() -> UnknownPaymentError:
    """What a visit without a bill is met with."""
    return UnknownPaymentError(_("아직 청구서가 없는 방문입니다. 방문을 먼저 마쳐 주세요."))


def note_parts(session: Session, *, work: VisitWork, parts: Sequence[PartSerials], now: datetime) -> None:
    """Write down the serial numbers of parts that were changed. Raises BadPaymentError without a new one."""
    for part in parts:
        new = part.new_serial.strip()
        _require(
            0 < len(new) <= MAX_SERIAL and len(part.old_serial.strip()) <= MAX_SERIAL,
            f"serial_new.{part.code}",
            _("새 부품의 번호를 적어 주세요(최대 {limit}자).").format(limit=MAX_SERIAL),
        )
        session.add(
            PartChange(
                company_id=work.company_id,
                ticket_id=work.ticket_id,
                visit_id=work.visit_id,
                code=part.code,
                label=part.label,
                old_serial=part.old_serial.strip(),
                new_serial=new,
                noted_at=now,
            )
        )
    session.flush()


def parts_of(session: Session, *, visit_id: int) -> tuple[PartSerials, ...]:
    """The parts that a visit changed."""
    query = select(PartChange).where(col(PartChange.visit_id) == visit_id).order_by(col(PartChange.id))
    return tuple(
        PartSerials(row.code, row.label, row.old_serial, row.new_serial) for row in session.exec(query)
    )


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


def _check(method: Method, amount: int, receipt: str, reason: str, *, receipt_from: int) -> None:
    _require(amount > 0, "amount", _("받은 금액을 적어 주세요."))
    if method == "cash" and amount >= receipt_from:
        text = _("현금 {limit}원부터는 현금영수증 승인번호를 적어야 합니다. 고객이 원하지 않아도 발급합니다.")
        _require(bool(receipt), "receipt_number", text.format(limit=f"{receipt_from:,}"))
    digits = receipt.replace("-", "")
    _require(
        not receipt or (digits.isascii() and digits.isdigit() and len(digits) == 9),
        "receipt_number",
        _("현금영수증 승인번호는 숫자 9자리입니다."),
    )
    if method == "unpaid":
        _require(bool(reason), "reason", _("왜 받지 못했는지, 언제 받기로 했는지 적어 주세요."))


def _require(holds: bool, field: str, message: str) -> None:
    if not holds:
        raise BadPaymentError(message, errors=(FieldError(field, message),))


def _case_of(session: Session, visit_id: int) -> tuple[int, int]:
    row = session.exec(
        select(Charge.company_id, Charge.ticket_id).where(col(Charge.visit_id) == visit_id).limit(1)
    ).one()
    return row[0], row[1]


def _movable(session: Session, payment_id: int, *, unpaid_too: bool = False) -> Payment:
    row = session.get(Payment, payment_id)
    if row is None or row.kind != "paid" or (row.method == "unpaid" and not unpaid_too):
        raise UnknownPaymentError(_("그런 결제가 없습니다."))
    return row


def _followers(session: Session, payment_id: int) -> list[Payment]:
    return list(session.exec(select(Payment).where(col(Payment.corrects_id) == payment_id)))


def _follow(
    session: Session,
    first: Payment,
    *,
    kind: PaymentKind,
    amount: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> PaymentInfo:
    row = Payment(
        company_id=first.company_id,
        ticket_id=first.ticket_id,
        visit_id=first.visit_id,
        kind=kind,
        method=first.method,
        amount=amount,
        receipt_number=first.receipt_number,
        reason=reason.strip()[:MAX_REASON],
        corrects_id=first.id,
        technician_id=first.technician_id if kind == "correction" else None,
        taken_at=now,
        entered_at=now,
        entered_by=by.account_id,
    )
    what = "PaymentRefunded" if kind == "refund" else "PaymentCorrected"
    return _write(session, row, what=what, by=by, now=now)


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
