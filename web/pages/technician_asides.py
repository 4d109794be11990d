"""What the technician's phone says beside the step: what came of an absence, where he still is at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core.actor import Principal
from core.dated import read_rules
from dispatch.detail_shapes import TicketDetail, VisitFacts
from dispatch.planning.board import horizon
from dispatch.states import UNDER_WAY_STATES
from dispatch.tasks import CALL_LANDLINE, REVISIT_CALL, TaskInfo
from dispatch.technician_day import technician_day
from dispatch.travel_estimate import Early, earlier_than_agreed
from notifications.queries import list_notices
from notifications.schemas import NoticeInfo
from web.presenters.technician import JobCard, cards_of

FAMILY = ("resident", "requester", "payer")
AT_WORK = ("arrived", "in_progress")
SAID_FOR = timedelta(minutes=30)
"""How long the phone says what came of an absence: until he is surely at the next home."""


@dataclass(frozen=True)
class AfterAbsence:
    """Who was told that nobody opened, who is rung instead of texted, and who agrees the next visit."""

    ended_at: datetime
    told: tuple[NoticeInfo, ...]
    rung: tuple[TaskInfo, ...]
    next_call: TaskInfo | None
    planned_again: bool


def after_absence(session: Session, detail: TicketDetail, *, now: datetime) -> AfterAbsence | None:
    """What followed the absence of a moment ago; None when there was none, or the case has gone on since."""
    absent = next((visit for visit in reversed(detail.visits) if visit.state == "absent"), None)
    if absent is None or absent.ended_at is None or not now - SAID_FOR < absent.ended_at <= now:
        return None
    since = absent.ended_at
    if _has_gone_on(detail, absent, since=since):
        return None
    told = [
        notice
        for notice in list_notices(session, ticket_id=detail.id)
        if notice.event == "ABSENT" and notice.recipient in FAMILY and notice.created_at >= since
    ]
    waiting = [task for task in detail.tasks if task.state == "open"]
    return AfterAbsence(
        ended_at=since,
        told=tuple(told),
        rung=tuple(t for t in waiting if t.kind == CALL_LANDLINE and t.created_at >= since),
        next_call=next((task for task in waiting if task.kind == REVISIT_CALL), None),
        planned_again=detail.visits[-1] is not absent,
    )


def _has_gone_on(detail: TicketDetail, absent: VisitFacts, *, since: datetime) -> bool:
    """Somebody has done something since; a new plan alone is what follows an absence by itself."""
    newest = detail.visits[-1]
    planned_again = newest.state == "planned" and newest.window is None
    called = any(attempt.recorded_at > since for attempt in detail.attempts)
    return called or detail.status == "ON_HOLD" or not (newest is absent or planned_again)


def still_at(
    session: Session, principal: Principal, detail: TicketDetail, *, now: datetime
) -> JobCard | None:
    """Another visit at which the same technician stands or works; None when he is free to set out.

    After a visit that has ended, one to which he is said to be driving counts too.
    """
    visit = detail.visit
    if visit is None or visit.technician is None:
        return None
    if visit.state in ("planned", "agreed"):
        states: tuple[str, ...] = AT_WORK
    elif visit.ended_at is not None and now - visit.ended_at < SAID_FOR:
        states = UNDER_WAY_STATES
    else:
        return None
    technician = visit.technician
    rules = read_rules(session, company_id=principal.company_id, at=now)
    company: dict[str, Any] = {"company_id": principal.company_id}
    day = technician_day(session, **company, technician=technician, day=horizon(rules, now)[0], now=now)
    jobs = [job for job in day.open_jobs if job.state in states and job.number != detail.number][:1]
    cards = cards_of(session, principal=principal, technician_id=technician.id, day=day, jobs=jobs, now=now)
    return cards[0] if cards else None


def too_early(session: Session, detail: TicketDetail, *, now: datetime) -> Early | None:
    """When he would be there if he set out now, and how much too early; None when that is in time."""
    visit = detail.visit
    if visit is None or visit.technician is None or visit.state not in ("planned", "agreed"):
        return None
    return earlier_than_agreed(session, visit_id=visit.id, departed_at=now, now=now)
