"""The carrier's list of numbers that rang the free number to refuse advertisements (080)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from core.clock import kst, today_kst
from core.errors import DomainError
from core.i18n import N_, _
from core.phones import Phone, parse_phone
from dispatch.advert_words import take_refused_number
from exchange.cells import has_time
from exchange.rows import Column, Ground, Kind, Outcome, Row


def take_refusal(session: Session, row: Row, ground: Ground) -> Outcome:
    """One number. Whose it is need not be known: no advertisement goes there, now or later."""
    phone: Phone | None = None
    try:
        phone = parse_phone(row.text("phone"))
    except DomainError as error:
        row.refuse("phone", error.detail)
    at = _refused_at(row, ground)
    if at is not None and at > ground.now:
        row.refuse("refused_at", _("앞으로 올 때는 적을 수 없습니다."))
    row.check()
    assert phone is not None and at is not None
    is_new = take_refused_number(
        session, company_id=ground.company_id, phone=phone, at=at, by=ground.by, now=ground.now
    )
    return Outcome.TAKEN if is_new else Outcome.PRESENT


def _refused_at(row: Row, ground: Ground) -> datetime | None:
    """A day alone counts to its end: a no is never older than it may be."""
    if has_time(row.text("refused_at")):
        return row.moment("refused_at")
    day = row.day("refused_at")
    return None if day is None else kst(day) if day == today_kst(ground.now) else kst(day, 23, 59)


REFUSALS = Kind(
    code="refusals",
    label=N_("수신 거부 번호"),
    take=take_refusal,
    columns=(
        Column(
            "phone",
            N_("전화번호"),
            ("전화", "번호", "수신거부 번호", "수신거부번호", "휴대폰", "휴대폰번호", "발신번호", "number"),
            True,
            "010-1234-5678",
        ),
        Column(
            "refused_at",
            N_("거부한 때"),
            ("거부한 날", "거부일시", "거부일", "등록일시", "등록일", "접수일시", "일시", "date"),
            True,
            "2026-11-20 14:05",
        ),
    ),
    day_column="refused_at",
    note=N_("080 업체에서 받은 목록입니다. 고객이 아닌 번호도 받아 두고 광고를 보내지 않습니다."),
)
