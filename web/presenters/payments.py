"""A bill's money as people read it: what was put right stands right above what stands for it now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlmodel import Session

from billing.payment_schemas import Balance, PaymentInfo
from core import audit
from core.i18n import _
from web.display import won_text
from web.presenters.bills import PAY_METHODS
from workforce.queries import get_technicians

WRITTEN = ("PaymentTaken", "UnpaidNoted", "PaymentRefunded", "PaymentCorrected")
MOST_READ = 200


@dataclass(frozen=True)
class Hand:
    """Who wrote a row down, when and why."""

    who: str = ""
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class PaymentLine:
    """One row that brought money or gave it back, or said that none came.

    `undone`: by whom it was taken back; then `replaced_by` is what stands below instead, if anything does.
    `puts_right`: why this line stands for the one above it.
    """

    row: PaymentInfo
    method: str
    reason: str
    written: Hand
    holder: str
    undone: Hand | None = None
    undone_id: int = 0
    replaced_by: PaymentInfo | None = None
    puts_right: Hand | None = None


def payment_lines(
    session: Session, *, company_id: int, balance: Balance, show: Callable[[str], str]
) -> list[PaymentLine]:
    """The lines of a bill in the order of its rows, each correction folded into what it corrects.

    Args:
        show: how this reader may see what was typed.
    """
    rows = balance.payments
    if not rows:
        return []
    written = _written(session, company_id, rows, show)
    ids = {row.technician_id for row in rows if row.technician_id is not None}
    crew = get_technicians(session, technician_ids=ids, company_id=company_id) if ids else {}
    names = {technician_id: info.name for technician_id, info in crew.items()}
    undone = {row.corrects_id: row for row in rows if row.kind == "correction"}
    instead = _instead(rows, written)
    later = {row.id for row in instead.values()}

    def follow(row: PaymentInfo, puts_right: Hand | None) -> Iterator[PaymentLine]:
        undo, new = undone.get(row.id), instead.get(row.id)
        hand = written.get(undo.id, Hand(reason=show(undo.reason))) if undo else None
        yield PaymentLine(
            row=row,
            method=_(PAY_METHODS[row.method]),
            reason=show(row.reason),
            written=written.get(row.id, Hand()),
            holder="" if undo else _holder(row, names),
            undone=hand,
            undone_id=undo.id if undo else 0,
            replaced_by=new,
            puts_right=puts_right,
        )
        if new is not None:
            yield from follow(new, hand)

    first = [row for row in rows if row.kind != "correction" and row.id not in later]
    return [line for row in first for line in follow(row, None)]


def saved_words(lines: Sequence[PaymentLine], payment_id: int | None) -> str:
    """What is said once a row is written; empty when no such row is among the lines."""
    for line in lines:
        row = line.row
        about = _sum(row)
        if row.id == payment_id:
            gave = row.kind == "refund"
            said = _("저장했습니다: {about} 돌려줌") if gave else _("저장했습니다: {about}")
            return said.format(about=about)
        if payment_id and line.undone_id == payment_id:
            if line.replaced_by is None:
                return _("되돌렸습니다: {about}").format(about=about)
            return _("정정했습니다: {about} → {new}").format(about=about, new=_sum(line.replaced_by))
    return ""


def saved_flash(lines: Sequence[PaymentLine], payment_id: int | None) -> list[dict[str, str]]:
    """The same as a short message on the page."""
    words = saved_words(lines, payment_id)
    return [{"kind": "ok", "text": words}] if words else []


def _sum(row: PaymentInfo) -> str:
    return f"{won_text(abs(row.amount))}, {_(PAY_METHODS[row.method])}"


def _written(
    session: Session, company_id: int, rows: Sequence[PaymentInfo], show: Callable[[str], str]
) -> Mapping[int, Hand]:
    found = audit.list_changes(
        session,
        company_id=company_id,
        what=WRITTEN,
        subject=("ticket", rows[0].ticket_id),
        limit=MOST_READ,
    )
    return {
        int(entry.data["payment_id"]): Hand(entry.actor_name, entry.at, show(entry.reason or ""))
        for entry in found
        if "payment_id" in entry.data
    }


def _instead(rows: Sequence[PaymentInfo], written: Mapping[int, Hand]) -> dict[int, PaymentInfo]:
    """What stands instead of a row: written in the same moment as, and right after, what takes it back."""
    by_id = {row.id: row for row in rows}
    found: dict[int, PaymentInfo] = {}
    for undo, new in pairwise(rows):
        wrong = by_id.get(undo.corrects_id or 0) if undo.kind == "correction" else None
        if wrong is None or new.kind != "paid" or undo.id not in written or new.id not in written:
            continue
        if written[new.id].at == written[undo.id].at and new.taken_at == wrong.taken_at:
            found[wrong.id] = new
    return found


def _holder(row: PaymentInfo, names: Mapping[int, str]) -> str:
    """In whose hands cash is; cards and transfers lie in nobody's."""
    if row.method != "cash":
        return ""
    name = names.get(row.technician_id or 0)
    if row.kind == "refund":
        return _("{name} 기사의 돈에서 나감").format(name=name) if name else _("회사의 돈에서 나감")
    return _("현금은 {name} 기사에게 있음").format(name=name) if name else _("현금은 회사에 있음")
