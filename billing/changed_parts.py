"""Which parts of a boiler a visit changed, by their serial numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from billing.payment_models import PartChange
from billing.payment_schemas import PartSerials
from billing.payments import require
from billing.schemas import VisitWork
from core.i18n import _

MAX_SERIAL = 60


def note_parts(session: Session, *, work: VisitWork, parts: Sequence[PartSerials], now: datetime) -> None:
    """Write down the serial numbers of parts that were changed. Raises BadPaymentError without a new one."""
    for part in parts:
        new = part.new_serial.strip()
        require(
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
