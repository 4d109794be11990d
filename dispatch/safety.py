"""Gas smell, carbon monoxide, a flue that came off: another flow, never self-help and never left to chance.

Given at once, by rule, to the nearest qualified technician on duty; the point is not asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import SYSTEM
from core.clock import operating_day, today_kst
from core.i18n import N_
from dispatch.events import TicketPlaced
from dispatch.models import Ticket
from dispatch.planning.publishing import StalePlanError, TechnicianTakenError
from dispatch.planning.safety_pin import pin_safety
from dispatch.planning.solve_requests import request_solve
from dispatch.tasks import SAFETY_ALARM, open_task
from dispatch.tickets import has_ended, note_change, ticket_key
from workforce.duty import duty_at, list_shifts
from workforce.queries import qualifications_on


def has_qualified_on_duty(
    session: Session,
    *,
    point_id: int,
    company_id: int,
    skills: frozenset[str],
    excluded: int | None,
    at: datetime,
) -> bool:
    """Whether somebody with these qualifications is on shift at the point now, or is its duty technician."""
    shifts = list_shifts(session, point_id=point_id, start=at, end=at + timedelta(seconds=1))
    on_duty = {shift.technician_id for shift in shifts}
    standby = duty_at(session, company_id=company_id, point_id=point_id, at=at).technician_id
    if standby is not None:
        on_duty.add(standby)
    on_duty.discard(excluded or 0)
    qualified = qualifications_on(session, technician_ids=sorted(on_duty), day=today_kst(at))
    return any(skills <= codes for codes in qualified.values())


def give_at_once(session: Session, *, event: TicketPlaced, now: datetime) -> None:
    """Handler of TicketPlaced: a safety case is pinned to a technician, or a named person gets an alarm.

    Planning may have pinned it already; then nothing is left to do. Other tickets are none of its business.
    """
    ticket = session.get_one(Ticket, event.ticket_id)
    if not ticket.safety or ticket.service_point_id != event.service_point_id or has_ended(ticket):
        return
    if not _pin(session, ticket, now=now):
        raise_alarm(session, ticket=ticket, now=now)


def give_again(session: Session, *, ticket_id: int, now: datetime) -> None:
    """Who had a safety case does not come: the next nearest gets it at once, or a named person an alarm."""
    ticket = session.get_one(Ticket, ticket_id)
    if not _pin(session, ticket, now=now, anew=True):
        raise_alarm(session, ticket=ticket, now=now)


def _pin(session: Session, ticket: Ticket, *, now: datetime, anew: bool = False) -> bool:
    """Whether somebody has it. A plan that cannot be written is no reason to wait: a person hears at once."""
    try:
        return pin_safety(session, ticket_id=ticket_key(ticket), now=now, anew=anew)
    except (StalePlanError, TechnicianTakenError):
        point_id = ticket.service_point_id
        if point_id is not None:
            request_solve(session, point_id=point_id, day=operating_day(now), now=now, urgent=True)
        return False


def raise_alarm(session: Session, *, ticket: Ticket, now: datetime) -> None:
    """A safety case without a technician: a named person must act now."""
    open_task(
        session,
        ticket_id=ticket_key(ticket),
        kind=SAFETY_ALARM,
        detail=N_("안전 접수를 맡을 기사를 찾지 못했습니다. 지금 바로 사람을 정해 주세요."),
        due_at=now,
        now=now,
    )
    note_change(session, ticket=ticket, what="SafetyAlarmRaised", by=SYSTEM, now=now)
