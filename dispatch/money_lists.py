"""Money over many visits: who owes what since when, a month's statement, what deserves a second look."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select as columns
from sqlmodel import Session, col

from billing.schemas import WarrantyReason
from billing.statements import BilledLine, BilledWork, OpenBill, billed_work, open_bills
from core.clock import kst, today_kst
from core.dated import read_rules
from core.db import any_of
from dispatch.models import Ticket, TicketParty, Visit

LEAST_PIECES = 3
"""Of fewer pieces nobody can say that they are many."""


@dataclass(frozen=True)
class Receivable(OpenBill):
    """A bill that was not paid to the won, and whose it is. `payer` is raw: the reader masks."""

    number: str
    service_point_id: int
    payer: str


@dataclass(frozen=True)
class Receivables:
    """Receivables in the order of `OpenBills`; `count`, `owed` and `over` are of all of them."""

    bills: tuple[Receivable, ...]
    count: int
    owed: int
    over: int

    @property
    def to_come(self) -> tuple[Receivable, ...]:
        """Those with money still to come, the oldest first."""
        return tuple(bill for bill in self.bills if bill.owed > 0)

    @property
    def to_give_back(self) -> tuple[Receivable, ...]:
        """Those for which too much came in, the oldest first."""
        return tuple(bill for bill in self.bills if bill.owed < 0)


@dataclass(frozen=True)
class PointStatement:
    """What a point's visits of a month were charged; amounts in won, VAT included."""

    service_point_id: int
    visits: int
    free: int
    """Visits that cost nothing."""
    visit_fees: int
    labour: int
    parts: int
    total: int
    vat: int
    paid: int
    owed: int
    """Still to come: `total` less `paid`, and `over` more, and `unknown` less."""
    over: int
    """Came in beyond what was billed, to be given back."""
    unknown: int
    """Of bills of which nobody knows whether they were paid."""


@dataclass(frozen=True)
class Outlier:
    """Something that deserves a second look. `kind`: `repeat`, `dear_part` or `many_parts`.

    `number` names the ticket of the first two; of `many_parts` there are `quantity` pieces where the
    other points would have used `usual`.
    """

    kind: str
    service_point_id: int
    label: str
    amount: int = 0
    quantity: int = 0
    usual: float = 0.0
    number: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Month:
    """A month of visits that ended in it."""

    first: date
    points: tuple[PointStatement, ...]
    outliers: tuple[Outlier, ...]

    @property
    def total(self) -> int:
        """Of all points."""
        return sum(point.total for point in self.points)


@dataclass(frozen=True)
class _Done:
    visit_id: int
    number: str
    service_point_id: int
    ended_at: datetime


def list_receivables(
    session: Session, *, company_id: int, limit: int, service_point_id: int | None = None
) -> Receivables:
    """Bills that were not paid to the won, at most `limit` of them; of one point those it billed."""
    of_point = None
    if service_point_id is not None:
        of_point = columns(col(Visit.id)).where(col(Visit.service_point_id) == service_point_id)
    found = open_bills(session, company_id=company_id, limit=limit, visits=of_point)
    query = (
        columns(col(Visit.id), col(Ticket.number), col(Visit.service_point_id), col(TicketParty.name))
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .outerjoin(
            TicketParty,
            (col(TicketParty.ticket_id) == col(Ticket.id))
            & (col(TicketParty.role) == col(Ticket.payer_role)),
        )
        .where(any_of(Visit.id, "visit_ids"))
    )
    ids = [bill.visit_id for bill in found.bills]
    whose = {visit_id: rest for visit_id, *rest in session.execute(query, {"visit_ids": ids})}
    bills = []
    for bill in found.bills:
        number, point_id, payer = whose[bill.visit_id]
        bills.append(Receivable(**vars(bill), number=number, service_point_id=point_id, payer=payer or ""))
    return Receivables(tuple(bills), found.count, found.owed, found.over)


def read_month(
    session: Session, *, company_id: int, first: date, now: datetime, service_point_id: int | None = None
) -> Month:
    """The statement of a month (Korean time) by point, and its outliers.

    Whether a part is used unusually often is told against the whole company, so a point alone is not told.
    """
    done = _visits_of(session, company_id, first, service_point_id)
    work = billed_work(session, visit_ids=[each.visit_id for each in done])
    billed = [(each, work[each.visit_id]) for each in done if each.visit_id in work]
    rules = read_rules(session, company_id=company_id, at=now)
    outliers = _single(billed, dear_from=rules.outlier_part_amount)
    if service_point_id is None:
        outliers += _many(billed, times=rules.outlier_part_times)
    return Month(first, _points(billed), tuple(outliers))


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _visits_of(session: Session, company_id: int, first: date, service_point_id: int | None) -> list[_Done]:
    query = (
        columns(col(Visit.id), col(Ticket.number), col(Visit.service_point_id), col(Visit.ended_at))
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.company_id) == company_id,
            col(Visit.ended_at) >= kst(first),
            col(Visit.ended_at) < kst(next_month(first)),
        )
        .order_by(col(Visit.ended_at), col(Visit.id))
    )
    if service_point_id is not None:
        query = query.where(col(Visit.service_point_id) == service_point_id)
    return [_Done(*row) for row in session.execute(query)]


def _points(billed: Sequence[tuple[_Done, BilledWork]]) -> tuple[PointStatement, ...]:
    by_point: dict[int, list[BilledWork]] = defaultdict(list)
    for visit, work in billed:
        by_point[visit.service_point_id].append(work)
    return tuple(_statement(point_id, works) for point_id, works in sorted(by_point.items()))


def _statement(point_id: int, works: Sequence[BilledWork]) -> PointStatement:
    sums: Counter[str] = Counter()
    for work in works:
        for line in work.lines:
            sums[line.kind] += line.amount
    return PointStatement(
        service_point_id=point_id,
        visits=len(works),
        free=sum(work.total == 0 for work in works),
        visit_fees=sums["visit_fee"],
        labour=sums["labour"],
        parts=sums["parts"],
        total=sum(work.total for work in works),
        vat=sum(work.vat for work in works),
        paid=sum(work.paid for work in works),
        owed=sum(work.owed for work in works),
        over=sum(work.over for work in works),
        unknown=sum(work.unknown for work in works),
    )


def _single(billed: Iterable[tuple[_Done, BilledWork]], *, dear_from: int) -> list[Outlier]:
    """Same faults again within the free days, and dear parts, one by one."""
    found = []
    for visit, work in billed:
        on = today_kst(visit.ended_at)
        if work.reason == WarrantyReason.REPEAT_FAULT:
            worth = sum(line.unit_amount * line.quantity for line in work.lines)
            found.append(
                Outlier("repeat", visit.service_point_id, "", amount=worth, number=visit.number, on=on)
            )
        found += [
            Outlier(
                "dear_part",
                visit.service_point_id,
                line.label,
                amount=line.unit_amount,
                quantity=line.quantity,
                number=visit.number,
                on=on,
            )
            for line in work.lines
            if line.kind == "parts" and line.unit_amount > dear_from
        ]
    return found


def _many(billed: Sequence[tuple[_Done, BilledWork]], *, times: int) -> list[Outlier]:
    """Parts that a point uses more than `times` as often a visit as the other points do."""
    pieces: Counter[tuple[int, str]] = Counter()
    visits: Counter[int] = Counter()
    labels: dict[str, str] = {}
    for visit, work in billed:
        visits[visit.service_point_id] += 1
        for line in _parts(work.lines):
            pieces[visit.service_point_id, line.code] += line.quantity
            labels[line.code] = line.label
    every: Counter[str] = Counter()
    for (_point, code), count in pieces.items():
        every[code] += count
    found = []
    for (point_id, code), count in sorted(pieces.items()):
        usual = _usual(every[code] - count, visits, point_id)
        if usual is not None and count >= LEAST_PIECES and count > times * usual:
            found.append(Outlier("many_parts", point_id, labels[code], quantity=count, usual=round(usual, 1)))
    return found


def _parts(lines: Iterable[BilledLine]) -> list[BilledLine]:
    return [line for line in lines if line.kind == "parts"]


def _usual(of_others: int, visits: Mapping[int, int], point_id: int) -> float | None:
    """What the other points would have used for as many visits; None: there is no other to tell by."""
    others = sum(visits.values()) - visits[point_id]
    return of_others / others * visits[point_id] if others else None
