"""The month that a page of sums is asked for (`month=2026-12`), and the months beside it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from core.clock import today_kst
from core.errors import InvalidError
from core.i18n import _
from dispatch.money_lists import month_of, next_month

FIRST = date(2000, 1, 1)
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class BadMonthError(InvalidError):
    """No month, or one that is still to come (422)."""

    code = "bad-month"


def asked_month(asked: str, now: datetime) -> date:
    """The first day of a month, of the running one when none is asked for. Raises BadMonthError."""
    running = month_of(today_kst(now))
    if not asked:
        return running
    found = MONTH.fullmatch(asked)
    if found is None:
        text = _("‘{asked}’은(는) 달로 읽을 수 없어 이달을 보여 드립니다. {now}처럼 적어 주세요.")
        raise BadMonthError(text.format(asked=asked[:20], now=f"{running:%Y-%m}"))
    first = date(int(found[1]), int(found[2]), 1)
    if first > running:
        raise BadMonthError(_("{asked}은 아직 오지 않은 달이라 이달을 보여 드립니다.").format(asked=asked))
    return first


def months_beside(first: date, now: datetime) -> tuple[date | None, date | None]:
    """The month before and the one after; None: one that `asked_month` would refuse."""
    before, after = month_of(first - timedelta(days=1)), next_month(first)
    return (before if before >= FIRST else None, after if after <= today_kst(now) else None)
