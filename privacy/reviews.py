"""The monthly review of the access log: an administrator looks through a month and confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from core import audit
from core.actor import Actor
from core.clock import kst, today_kst
from core.errors import ConflictError, FieldError, InvalidError
from core.i18n import _
from privacy.models import AccessReview
from workforce.access_queries import AccessFilter, count_access
from workforce.queries import company_founded_at, people_of_accounts

LONGEST_NOTE = 1000
SHOWN = 12


class MonthNotOverError(ConflictError):
    """A month is checked once it is over: lines may still be added."""

    code = "month-not-over"


@dataclass(frozen=True)
class ReviewInfo:
    """A month that was checked; `month` is its first day."""

    month: date
    checked_at: datetime
    checked_by: str
    entries: int
    note: str


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """Start and end of a calendar month in Korea."""
    return kst(month.replace(day=1)), kst(last_day(month) + timedelta(days=1))


def last_day(month: date) -> date:
    """The last day of a month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def open_month(session: Session, *, company_id: int, now: datetime) -> date | None:
    """Last month when nobody has checked it yet; None when it is done, or the company did not exist then."""
    last = (today_kst(now).replace(day=1) - timedelta(days=1)).replace(day=1)
    _start, end = month_bounds(last)
    if company_founded_at(session, company_id=company_id) >= end:
        return None
    return None if _review(session, company_id, last) else last


def confirm_month(
    session: Session, *, company_id: int, month: date, note: str, by: Actor, now: datetime
) -> None:
    """Write down that a month was checked, and what was found; whoever is second changes nothing.

    Raises:
        MonthNotOverError: the month is not over.
        InvalidError: nothing was written about what was found.
    """
    first, said = month.replace(day=1), note.strip()[:LONGEST_NOTE]
    start, end = month_bounds(first)
    if end > now:
        raise MonthNotOverError(_("아직 끝나지 않은 달입니다. 달이 끝난 뒤에 확인해 주세요."))
    if not said:
        message = _("무엇을 확인했는지 적어 주세요. 이상이 없으면 '이상 없음'이라고 적습니다.")
        raise InvalidError(message, errors=(FieldError("note", message),))
    if by.account_id is None:
        return
    entries = count_access(session, wanted=AccessFilter(company_id=company_id, start=start, end=end))
    row = {
        "company_id": company_id,
        "month": first,
        "checked_at": now,
        "checked_by": by.account_id,
        "entries": entries,
        "note": said,
    }
    added = insert(AccessReview).on_conflict_do_nothing().returning(col(AccessReview.id))
    if session.execute(added, row).scalar_one_or_none() is None:
        return
    audit.record(
        session,
        by=by,
        at=now,
        what="AccessLogReviewed",
        subject=("company", company_id),
        company_id=company_id,
        reason=said,
        data={"month": first.isoformat(), "entries": entries},
    )


def list_reviews(session: Session, *, company_id: int) -> list[ReviewInfo]:
    """The months checked last, the newest first."""
    query = (
        select(AccessReview)
        .where(col(AccessReview.company_id) == company_id)
        .order_by(col(AccessReview.month).desc())
        .limit(SHOWN)
    )
    rows = list(session.exec(query))
    names = people_of_accounts(session, account_ids={row.checked_by for row in rows})
    return [
        ReviewInfo(row.month, row.checked_at, names.get(row.checked_by, ""), row.entries, row.note)
        for row in rows
    ]


def _review(session: Session, company_id: int, month: date) -> AccessReview | None:
    query = select(AccessReview).where(
        col(AccessReview.company_id) == company_id, col(AccessReview.month) == month
    )
    return session.exec(query).first()
