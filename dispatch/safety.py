"""Gas smell, carbon monoxide, a flue that came off: another flow, never self-help and never left to chance.

Given at once, by rule, to the nearest qualified technician on duty; the point is not asked.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import SYSTEM
from core.clock import today_kst
from core.i18n import _
from dispatch import assignment
from dispatch.events import TicketPlaced
from dispatch.models import Ticket
from dispatch.schemas import ScriptStep
from dispatch.tasks import SAFETY_ALARM, open_task
from dispatch.tickets import has_ended, note_change, ticket_key
from workforce.duty import duty_at, list_shifts
from workforce.queries import qualifications_on

FUME_SYMPTOMS = frozenset({"CO", "FLUE", "ODOUR_SMOKE"})
"""Carbon monoxide may be in the rooms."""


def script_steps(*, symptom: str) -> tuple[ScriptStep, ...]:
    """What the agent reads out at once, in this order (국민행동요령). Never a step of self-repair."""
    if symptom in FUME_SYMPTOMS:
        stop = _("보일러를 더 쓰지 마시고, 머리가 아프거나 어지러우면 바로 밖으로 나가세요.")
    else:
        stop = _("보일러를 더 쓰지 마세요. 전원 단추나 플러그에는 손대지 마세요.")
    return (
        ScriptStep("STOP_USE", stop),
        ScriptStep("CLOSE_VALVE", _("손이 닿으면 가스 중간밸브를 잠가 주세요.")),
        ScriptStep("VENTILATE", _("창문과 문을 활짝 열어 주세요. 환풍기는 켜지 마세요.")),
        ScriptStep("NO_SWITCH", _("전등이나 전기 스위치는 켜지도 끄지도 마세요. 불도 켜지 마세요.")),
        ScriptStep("LEAVE", _("집 안의 모든 분이 밖으로 나가서 기다려 주세요.")),
        ScriptStep("CALL_119", _("아픈 분이 계시면 지금 바로 119에 전화하세요.")),
        ScriptStep("CALL_GAS_SAFETY", _("한국가스안전공사 1544-4500에도 알려 주세요.")),
        ScriptStep("DO_NOT_RESET", _("기사가 볼 때까지 보일러를 켜지 마세요. 바로 기사를 보내겠습니다.")),
    )


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
    """Handler of TicketPlaced: pin a safety case to a technician of its point.

    Where nobody can be found, a named person gets an alarm. Other tickets are none of its business.
    """
    ticket = session.get_one(Ticket, event.ticket_id)
    if not ticket.safety or ticket.service_point_id != event.service_point_id or has_ended(ticket):
        return
    if not assignment.pin_safety(session, ticket_id=event.ticket_id, now=now):
        raise_alarm(session, ticket=ticket, now=now)


def raise_alarm(session: Session, *, ticket: Ticket, now: datetime) -> None:
    """A safety case without a technician: a named person must act now."""
    open_task(
        session,
        ticket_id=ticket_key(ticket),
        kind=SAFETY_ALARM,
        detail=_("안전 접수를 맡을 기사를 찾지 못했습니다. 지금 바로 사람을 정해 주세요."),
        due_at=now,
        now=now,
    )
    note_change(session, ticket=ticket, what="SafetyAlarmRaised", by=SYSTEM, now=now)
