"""A technician's day of money: what the rows say he took, what he counted, and why the two differ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, cast, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from billing.payment_models import DayClose, Payment
from billing.payment_schemas import CloseInfo, Takings
from billing.payments import require
from core import audit
from core.actor import Actor
from core.clock import operating_day, operating_day_bounds
from core.i18n import _

MAX_COUNTED = 1_000_000_000


def takings_of(session: Session, *, company_id: int, technician_id: int, day: date) -> Takings:
    """What a technician took on an operating day (05:00-05:00), less what he gave back, by method."""
    found = takings_between(session, company_id=company_id, first=day, last=day, technician_id=technician_id)
    return found.get((technician_id, day), Takings())


def takings_between(
    session: Session, *, company_id: int, first: date, last: date, technician_id: int | None = None
) -> dict[tuple[int, date], Takings]:
    """The same by technician and operating day, of those that took anything from `first` to `last`."""
    day = _operating_day_of(Payment.taken_at)
    query = (
        columns(col(Payment.technician_id), day, col(Payment.method), func.sum(col(Payment.amount)))
        .where(
            col(Payment.company_id) == company_id,
            col(Payment.technician_id).is_not(None),
            col(Payment.method) != "unpaid",
            col(Payment.taken_at) >= operating_day_bounds(first)[0],
            col(Payment.taken_at) < operating_day_bounds(last)[1],
        )
        .group_by(col(Payment.technician_id), day, col(Payment.method))
    )
    if technician_id is not None:
        query = query.where(col(Payment.technician_id) == technician_id)
    sums: dict[tuple[int, date], dict[str, int]] = defaultdict(dict)
    for who, when, method, amount in session.execute(query):
        sums[who, when][method] = int(amount)
    return {key: Takings(**by_method) for key, by_method in sums.items()}


def close_day(
    session: Session,
    *,
    company_id: int,
    technician_id: int,
    service_point_id: int | None,
    day: date,
    counted: Takings,
    reason: str,
    by: Actor,
    now: datetime,
) -> CloseInfo:
    """Write down what a technician counted. Closing again is a new row, and the newest counts.

    Raises:
        BadPaymentError: a day ahead, an amount that cannot be, or a difference without a reason (422).
    """
    require(day <= operating_day(now), "day", _("아직 오지 않은 날은 마감할 수 없습니다."))
    for method in ("cash", "card", "transfer"):
        amount = getattr(counted, method)
        require(abs(amount) <= MAX_COUNTED, method, _("금액을 다시 확인해 주세요."))
    expected = takings_of(session, company_id=company_id, technician_id=technician_id, day=day)
    require(
        counted == expected or bool(reason.strip()),
        "reason",
        _("적어 둔 금액과 다릅니다. 왜 다른지 적어 주세요."),
    )
    row = DayClose(
        company_id=company_id,
        technician_id=technician_id,
        service_point_id=service_point_id,
        day=day,
        cash_expected=expected.cash,
        cash_counted=counted.cash,
        card_expected=expected.card,
        card_counted=counted.card,
        transfer_expected=expected.transfer,
        transfer_counted=counted.transfer,
        reason=reason.strip() if counted != expected else "",
        closed_at=now,
        closed_by=by.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="DayClosed",
        subject=("technician", technician_id),
        company_id=company_id,
        reason=row.reason or None,
        data={"day": day.isoformat(), "counted": asdict(counted), "expected": asdict(expected)},
    )
    return _info(row)


def closes_between(
    session: Session, *, company_id: int, first: date, last: date, technician_id: int | None = None
) -> dict[tuple[int, date], CloseInfo]:
    """The close that counts of each technician and day."""
    query = (
        select(DayClose)
        .where(col(DayClose.company_id) == company_id, col(DayClose.day) >= first, col(DayClose.day) <= last)
        .order_by(col(DayClose.id))
    )
    if technician_id is not None:
        query = query.where(col(DayClose.technician_id) == technician_id)
    return {(row.technician_id, row.day): _info(row) for row in session.exec(query)}


def _operating_day_of(moment: Any) -> ColumnElement[date]:
    local = func.timezone("Asia/Seoul", col(moment)) - func.make_interval(0, 0, 0, 0, 5)
    return cast(local, Date)


def _info(row: DayClose) -> CloseInfo:
    return CloseInfo(
        id=row.id or 0,
        technician_id=row.technician_id,
        service_point_id=row.service_point_id,
        day=row.day,
        expected=Takings(row.cash_expected, row.card_expected, row.transfer_expected),
        counted=Takings(row.cash_counted, row.card_counted, row.transfer_counted),
        reason=row.reason,
        closed_at=row.closed_at,
    )
