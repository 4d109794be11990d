"""A planned price that is not to come after all: what counted before goes on, and both rows stay."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from billing.models import PriceItem
from core import audit
from core.actor import Actor
from core.clock import today_kst
from core.errors import ConflictError
from core.i18n import _


class NotPlannedError(ConflictError):
    """There is no price yet to come on that day (409)."""

    code = "not-planned"

    def __init__(self) -> None:
        super().__init__(
            _("그날부터 쓰기로 한 가격이 없거나 이미 쓰이고 있습니다. ‘새 가격’으로 바꿔 주세요.")
        )


def recall_price(
    session: Session,
    *,
    company_id: int,
    code: str,
    tier: str,
    from_day: date,
    reason: str,
    by: Actor,
    now: datetime,
) -> int:
    """Take back what a line was to cost from a later day on. Returns the new row's id.

    Raises:
        NotPlannedError: no price begins on that day, or it has begun.
    """
    planned = _counting(session, company_id, code, tier, from_day)
    if planned is None or planned.valid_from != from_day or from_day <= today_kst(now):
        raise NotPlannedError
    before = _counting(session, company_id, code, tier, from_day - timedelta(days=1))
    kept = before or planned
    row = PriceItem(
        company_id=company_id,
        code=code,
        label=kept.label,
        kind=kept.kind,
        tier=tier,
        amount=kept.amount,
        valid_from=from_day,
        withdrawn=before is None or before.withdrawn,
        source=reason,
        entered_at=now,
        entered_by=by.account_id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        by=by,
        at=now,
        what="PriceRecalled",
        subject=("company", company_id),
        company_id=company_id,
        reason=reason,
        data={"code": code, "tier": tier, "amount": planned.amount, "from": from_day.isoformat()},
    )
    return row.id or 0


def _counting(session: Session, company_id: int, code: str, tier: str, day: date) -> PriceItem | None:
    """The row that counts on a day."""
    return session.exec(
        select(PriceItem)
        .where(
            col(PriceItem.company_id) == company_id,
            col(PriceItem.code) == code,
            col(PriceItem.tier) == tier,
            col(PriceItem.valid_from) <= day,
        )
        .order_by(col(PriceItem.valid_from).desc(), col(PriceItem.id).desc())
    ).first()
