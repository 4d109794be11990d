"""Whose job a visit is and when, as technicians hear it: the newest truth, once, beside the last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.clock import operating_day, rfc3339_kst
from dispatch import notice_facts, staff_notices
from dispatch.models import Visit
from dispatch.notice_facts import TicketFacts
from dispatch.planning.plan_changes import TOLD_SHIFT_S
from dispatch.visit_news import written
from notifications import texts
from notifications.messages import Context, Event, JobAssigned
from notifications.newest import News, Truth

LINE = "job"
EVENTS = (Event.JOB_ASSIGNED, Event.JOB_CHANGED)
PROMISED = "고객과 약속한 시간이 정해졌습니다."
RETIMED = "방문 예정이 {moment}으로 바뀌었습니다."
UNTIMED = "일정이 바뀌었습니다. 목록을 확인해 주세요."


def of_job(
    session: Session, *, facts: TicketFacts, visit: Visit, assigned: JobAssigned, now: datetime
) -> News:
    """The job is his: news to who did not have it, a change to who had it at another time.

    What a working day drifts, and another hour of a day that is still ahead, is no news.
    """
    window = notice_facts.window_of(visit)

    def word(heard: Truth | None) -> Context | None:
        if heard is None or not _has(heard, visit):
            return assigned
        change = _change(heard, visit, now=now)
        if change is None:
            return None
        return staff_notices.job_changed(session, facts=facts, change=change, window=window)

    return News(LINE, truth_of(visit), word, EVENTS, assumed=_assumed(visit), unwritten=_known(visit))


def of_loss(session: Session, *, facts: TicketFacts, visit: Visit, change: str) -> News:
    """The job is his no longer: news to who was told that he had it, and to nobody else."""

    def word(heard: Truth | None) -> Context | None:
        if heard is None or not _has(heard, visit):
            return None
        return staff_notices.job_changed(session, facts=facts, change=change)

    truth = {"visit": visit.id, "mine": False}
    return News(LINE, truth, word, EVENTS, assumed=_assumed(visit), unwritten=_assumed(visit))


def truth_of(visit: Visit) -> dict[str, Any]:
    """That it is his, for when it is planned and what the family was promised."""
    start = rfc3339_kst(visit.planned_start) if visit.planned_start else None
    window = written(notice_facts.window_of(visit))
    return {"visit": visit.id, "mine": True, "start": start, "window": window}


def _assumed(visit: Visit) -> dict[str, Any]:
    """What he knows who was told before texts kept what they say: that he had it."""
    return {"visit": visit.id, "mine": True}


def _known(visit: Visit) -> dict[str, Any] | None:
    """Who was there when a world was set up knows his day without a text."""
    return _assumed(visit) if visit.told_technician_id == visit.technician_id else None


def _has(heard: Truth, visit: Visit) -> bool:
    return bool(heard.get("mine")) and heard.get("visit") == visit.id


def is_change(known: Truth, visit: Visit, *, now: datetime) -> bool:
    """Whether who knew this of the job is told something by how it stands now."""
    return not _has(known, visit) or _change(known, visit, now=now) is not None


def _change(heard: Truth, visit: Visit, *, now: datetime) -> str | None:
    window = written(notice_facts.window_of(visit))
    if window is not None and heard.get("window") != window:
        return PROMISED
    start = visit.planned_start
    if start is None:
        return UNTIMED if heard.get("start") else None
    told = datetime.fromisoformat(heard["start"]) if heard.get("start") else None
    if told is not None and operating_day(told) == operating_day(start):
        shift = abs((start - told).total_seconds())
        if operating_day(start) != operating_day(now) or shift < TOLD_SHIFT_S:
            return None
    return RETIMED.format(moment=texts.moment_words(start))
