"""`/manager/money`: a month's statement by service point, what deserves a second look, and who still owes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.actor import Principal, Role
from core.clock import today_kst
from core.errors import DomainError
from core.i18n import N_, _
from dispatch.money_lists import Month, Outlier, PointStatement, list_receivables, read_month
from web.context import caller_address, context_of
from web.csv_files import csv_answer
from web.identity import GuardedRoute, SignedIn, allow
from web.pages.months import BadMonthError, asked_month, months_beside
from web.pages.posting import Posted
from web.presenters.masks import MASKED
from web.scope import must_be_company_wide
from web.templating import render_page
from workforce.access_log import ASK_WHY_TAKEN, Act, note_access, require_reason
from workforce.queries import points_by_id

router = APIRouter(prefix="/manager/money", route_class=GuardedRoute)

ROLES = (Role.MANAGER, Role.ADMIN)
MOST_BILLS = 500
"""More than so many open bills are looked through in the file."""
MOST_IN_FILE = 20_000
OUTLIERS = {
    "many_parts": (N_("유난히 많이 쓴 부품"), N_("다른 서비스점이 같은 방문 수에서 썼을 수량과 견줍니다.")),
    "dear_part": (N_("비싼 부품"), N_("정한 금액보다 비싼 부품을 쓴 방문입니다.")),
    "repeat": (N_("다시 난 고장"), N_("고친 뒤 무상 기간 안에 같은 고장이 나 무상으로 고친 방문입니다.")),
}
SORTS: Mapping[str, tuple[str, Callable[[Outlier, Mapping[int, str]], tuple[Any, ...]]]] = {
    "worth": (N_("큰 것부터"), lambda each, _names: (-each.amount * max(1, each.quantity), -each.quantity)),
    "day": (N_("늦은 날부터"), lambda each, _names: (-(each.on.toordinal() if each.on else 0), each.number)),
    "point": (N_("서비스점별"), lambda each, names: (names[each.service_point_id], each.label, each.number)),
}
"""Orders of what deserves a second look; the first one counts when none is asked for."""
HEADS = (
    N_("서비스점"),
    N_("방문"),
    N_("무상 방문"),
    N_("출장비"),
    N_("기술료"),
    N_("부품비"),
    N_("합계"),
    N_("부가세"),
    N_("받은 돈"),
    N_("받을 돈"),
)
"""The last two are of today, whichever month is read: a bill of March that was paid in May is paid."""

OPEN_HEADS = (
    N_("언제부터"),
    N_("접수"),
    N_("내실 분"),
    N_("서비스점"),
    N_("청구"),
    N_("받은 돈"),
    N_("받을 돈"),
    N_("돌려드릴 돈"),
)
OPEN = "open"


class _Sheet(NamedTuple):
    """A file of rows."""

    name: str
    heads: list[str]
    rows: list[list[object]]


@router.get("")
@allow(*ROLES)
def show_month(
    request: Request, month: str = "", sort: str = "", principal: Principal = SignedIn
) -> Response:
    """The statement of a month; without one, of the running one. `sort`: of what deserves a second look."""
    try:
        asked_month(month, context_of(request).clock())
    except BadMonthError as error:
        return _page(request, principal, "", sort=sort, error=error)
    return _page(request, principal, month, sort=sort)


@router.post("/file")
@allow(*ROLES)
def download(request: Request, posted: Posted, principal: Principal = SignedIn) -> Response:
    """The statement, or with `which=open` the bills that are not even, as CSV.

    It takes a reason, and is a line of the access log.
    """
    must_be_company_wide(request)
    context = context_of(request)
    try:
        with context.database.transaction() as session:
            now = context.clock()
            reason = require_reason(posted.get("reason"), ask=ASK_WHY_TAKEN)
            read = _read(session, principal, posted.get("month"), now=now)
            opened = posted.get("which") == OPEN
            sheet = _open_sheet(session, principal, now) if opened else _month_sheet(session, read, now)
            note_access(
                session,
                principal=principal,
                act=Act.DOWNLOADED,
                subject=("company", principal.company_id),
                fields=("money",),
                reason=reason,
                from_address=caller_address(request),
                now=now,
                data={"month": read.first.isoformat(), "lines": len(sheet.rows)},
            )
    except BadMonthError as error:
        return _page(request, principal, "", error=error)
    except DomainError as error:
        return _page(request, principal, posted.get("month"), error=error)
    return csv_answer(sheet.name, sheet.heads, sheet.rows)


def _month_sheet(session: Session, read: Month, now: datetime) -> _Sheet:
    names, heads = _names(session, read), [_(head) for head in HEADS]
    until = f"{today_kst(now):%Y-%m-%d}"
    heads[-2:] = [_("{name} ({day} 현재)").format(name=head, day=until) for head in heads[-2:]]
    rows = [[names.get(each.service_point_id, ""), *_figures(each)] for each in _points_of(read)]
    return _Sheet(f"money-{read.first:%Y%m}.csv", heads, rows)


def _open_sheet(session: Session, principal: Principal, now: datetime) -> _Sheet:
    owed = list_receivables(session, company_id=principal.company_id, limit=MOST_IN_FILE)
    names = _names_of(session, [each.service_point_id for each in owed.bills])
    rows = [
        [
            f"{today_kst(each.since):%Y-%m-%d}",
            each.number,
            MASKED.name(each.payer),
            names.get(each.service_point_id, ""),
            each.billed,
            each.paid,
            max(0, each.owed),
            max(0, -each.owed),
        ]
        for each in owed.bills
    ]
    return _Sheet(f"open-bills-{today_kst(now):%Y%m%d}.csv", [_(head) for head in OPEN_HEADS], rows)


def _page(
    request: Request,
    principal: Principal,
    asked: str,
    *,
    sort: str = "",
    error: DomainError | None = None,
) -> Response:
    must_be_company_wide(request)
    context = context_of(request)
    with context.database.reading() as session:
        now = context.clock()
        read = _read(session, principal, asked, now=now)
        owed = list_receivables(session, company_id=principal.company_id, limit=MOST_BILLS)
        names = _names(session, read) | _names_of(session, [each.service_point_id for each in owed.bills])
        before, after = months_beside(read.first, now)
        chosen = sort if sort in SORTS else next(iter(SORTS))
        values = {
            "month": read,
            "before": before,
            "after": after,
            "names": names,
            "sorts": [(code, _(words), code == chosen) for code, (words, _key) in SORTS.items()],
            "points": _points_of(read),
            "sums": _sums(read),
            "over": sum(each.over for each in read.points),
            "unknown": sum(each.unknown for each in read.points),
            "heads": [_(head) for head in HEADS],
            "outliers": [
                (_(name), _(means), _sorted(read, kind, chosen, names))
                for kind, (name, means) in OUTLIERS.items()
            ],
            "owed": owed,
            "payers": {each.visit_id: MASKED.name(each.payer) for each in owed.bills},
            "error": error,
            "errors": {found.field: found.message for found in error.errors} if error else {},
        }
    return render_page(request, "manager/money.html", values, status_code=error.status if error else 200)


def _read(session: Session, principal: Principal, asked: str, *, now: datetime) -> Month:
    return read_month(session, company_id=principal.company_id, first=asked_month(asked, now), now=now)


def _sorted(read: Month, kind: str, sort: str, names: Mapping[int, str]) -> list[Outlier]:
    _words, key = SORTS[sort]
    return sorted((each for each in read.outliers if each.kind == kind), key=lambda each: key(each, names))


def _names(session: Session, read: Month) -> dict[int, str]:
    billed = [each.service_point_id for each in read.points]
    return _names_of(session, billed + [each.service_point_id for each in read.outliers])


def _names_of(session: Session, point_ids: list[int]) -> dict[int, str]:
    return {key: point.name for key, point in points_by_id(session, point_ids=set(point_ids)).items()}


def _points_of(read: Month) -> list[PointStatement]:
    """Those with the largest sum first."""
    return sorted(read.points, key=lambda each: (-each.total, each.service_point_id))


def _figures(each: PointStatement) -> list[int]:
    return [
        each.visits,
        each.free,
        each.visit_fees,
        each.labour,
        each.parts,
        each.total,
        each.vat,
        each.paid,
        each.owed,
    ]


def _sums(read: Month) -> list[int]:
    """The last line of the table."""
    columns = zip(*(_figures(each) for each in read.points), strict=True)
    return [sum(column) for column in columns]
