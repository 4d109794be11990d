"""Price lists with their past and their future, for the people who look after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.models import PriceItem

KIND_ORDER = {"visit_fee": 0, "labour": 1, "parts": 2}


@dataclass(frozen=True)
class PriceRow:
    """One row of a line's history. `withdrawn`: from this day it is no longer sold.

    `replaced`: a row for the same day that was entered later counts instead.
    """

    id: int
    label: str
    amount: int
    valid_from: date
    withdrawn: bool
    source: str
    entered_at: datetime
    replaced: bool = False

    def sells_like(self, before: PriceRow | None) -> bool:
        """Whether nothing changes with it."""
        if before is None or before.withdrawn:
            return self.withdrawn
        return (self.withdrawn, self.amount, self.label) == (False, before.amount, before.label)


@dataclass(frozen=True)
class PriceLine:
    """A line of the price list: what counts today, what is coming, and all rows in the order they count."""

    code: str
    tier: str
    kind: str
    label: str
    current: PriceRow | None
    """None: not sold today."""
    coming: tuple[PriceRow, ...]
    """What will change, each day once."""
    rows: tuple[PriceRow, ...]


def list_price_lines(session: Session, *, company_id: int, day: date) -> list[PriceLine]:
    """Every line a company ever had, by kind, code and tier."""
    query = (
        select(PriceItem)
        .where(col(PriceItem.company_id) == company_id)
        .order_by(col(PriceItem.valid_from), col(PriceItem.id))
    )
    rows: dict[tuple[str, str], list[PriceItem]] = {}
    for row in session.exec(query):
        rows.setdefault((row.code, row.tier), []).append(row)
    lines = [_line(code, tier, found, day) for (code, tier), found in rows.items()]
    return sorted(lines, key=lambda line: (KIND_ORDER[line.kind], line.code, line.tier))


def _line(code: str, tier: str, found: list[PriceItem], day: date) -> PriceLine:
    last_of_day = {row.valid_from: row.id for row in found}
    rows = tuple(
        PriceRow(
            id=row.id or 0,
            label=row.label,
            amount=row.amount,
            valid_from=row.valid_from,
            withdrawn=row.withdrawn,
            source=row.source,
            entered_at=row.entered_at,
            replaced=last_of_day[row.valid_from] != row.id,
        )
        for row in found
    )
    past = [row for row in rows if row.valid_from <= day]
    current = past[-1] if past and not past[-1].withdrawn else None
    shown = current or rows[-1]
    return PriceLine(
        code=code,
        tier=tier,
        kind=found[-1].kind,
        label=shown.label,
        current=current,
        coming=_changes_after(rows, day),
        rows=rows,
    )


def _changes_after(rows: tuple[PriceRow, ...], day: date) -> tuple[PriceRow, ...]:
    counting = [row for row in rows if not row.replaced]
    steps = zip([None, *counting], counting, strict=False)
    return tuple(row for before, row in steps if row.valid_from > day and not row.sells_like(before))
