"""News of money for the family: what it may cost, what it would cost, what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import InvalidError
from core.i18n import _
from notifications.catalogue import Event
from notifications.contexts.base import Case, Window, Worker


class BillMismatchError(InvalidError):
    """The lines of a bill do not add up to its total: a text must equal the invoice to the won."""

    code = "bill-mismatch"


@dataclass(frozen=True)
class CostLine:
    """One line of a bill: `amount` (won) is what the customer pays, 0 under `warranty`; a discount is < 0."""

    label: str
    amount: int
    warranty: bool = False


@dataclass(frozen=True)
class CostEstimate:
    """What a visit may cost, in won and VAT included: `low` repairs nothing, `high` is one repair with the
    dearest labour and part: two cost more.

    Above `limit` whoever pays is asked before the work. `visit_fee` as in `VisitScheduled`. `corrected`: it
    is not what was told of this visit before.
    """

    case: Case
    worker: Worker
    window: Window
    visit_fee: int | None
    low: int
    high: int
    limit: int
    corrected: bool = False


@dataclass(frozen=True)
class ApprovalAsked:
    """The technician is there and asks before dear work. Raises `BillMismatchError` as `VisitResult`."""

    case: Case
    worker: Worker
    lines: tuple[CostLine, ...]
    total: int
    corrected: bool = False

    def __post_init__(self) -> None:
        _require_sum(self.lines, self.total)


@dataclass(frozen=True)
class VisitResult:
    """The visit is done: the bill, line by line. Raises `BillMismatchError` unless lines sum to `total`."""

    case: Case
    worker: Worker
    finished_at: datetime
    lines: tuple[CostLine, ...]
    total: int
    work: str | None = None
    corrected: bool = False
    """A bill told before was wrong; this one replaces it."""
    vat: int | None = None
    """The tax within `total`; None: not known."""
    paid_because: str | None = None
    """Why a defect within its warranty is paid all the same."""

    def __post_init__(self) -> None:
        _require_sum(self.lines, self.total)


def _require_sum(lines: tuple[CostLine, ...], total: int) -> None:
    if sum(line.amount for line in lines) != total:
        raise BillMismatchError(_("내역의 합계가 청구 금액과 다릅니다. 내역을 다시 확인해 주세요."))


MoneyNews = VisitResult | CostEstimate | ApprovalAsked
MONEY_NEWS: Mapping[Event, type[MoneyNews]] = {
    Event.VISIT_RESULT: VisitResult,
    Event.ESTIMATE: CostEstimate,
    Event.APPROVAL_ASKED: ApprovalAsked,
}
