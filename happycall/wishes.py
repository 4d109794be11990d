"""What a family wishes for its happy call: another time, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import rfc3339_kst
from core.dated import read_calendar, read_rules
from core.i18n import N_, _
from dispatch.follow_up import cases_to_follow
from happycall import rules
from happycall.attempts import HappyCallOverError
from happycall.calls import call_key, close_tickets_of, end_call, lock_call, note_change
from happycall.models import HappyCall
from happycall.rules import CallingHours

TIMES_OFFERED = 6
NO_CALL = N_("가족이 링크에서 전화를 원하지 않는다고 했습니다.")


@dataclass(frozen=True)
class CallAhead:
    """A call that is owed: when it is due, when else it could be, and whether it may be declined.

    A danger is always asked after.
    """

    id: int
    due_at: datetime
    times: tuple[tuple[datetime, datetime], ...]
    may_decline: bool


def call_ahead(session: Session, *, company_id: int, ticket_id: int, now: datetime) -> CallAhead | None:
    """The call that is owed for a case, None when none is: also once the case is taken up again."""
    query = select(HappyCall).where(
        col(HappyCall.company_id) == company_id,
        col(HappyCall.ticket_id) == ticket_id,
        col(HappyCall.state) == "scheduled",
    )
    call = session.exec(query.order_by(col(HappyCall.id).desc())).first()
    case = cases_to_follow(session, company_id=company_id, ticket_ids=[ticket_id]).get(ticket_id)
    if call is None or case is None or not case.has_ended:
        return None
    elderly = rules.is_elderly(priority_care=case.priority_care, age_band=case.age_band)
    company = read_rules(session, company_id=company_id, at=now)
    hours = CallingHours.of(company, read_calendar(session, company_id=company_id), elderly=elderly)
    last = now + rules.LONGEST_CALL_BACK
    times = tuple(span for span in islice(hours.after(now), TIMES_OFFERED) if span[0] <= last)
    return CallAhead(call_key(call), call.due_at, times, may_decline=not case.safety)


def wish_time(
    session: Session, *, ahead: CallAhead, company_id: int, at: datetime, by: Actor, now: datetime
) -> None:
    """Ring at one of the offered times; a time that a family asked for outranks our own days.

    Raises HappyCallOverError: the call was made, or the time is none of those offered (409).
    """
    call = lock_call(session, call_id=ahead.id, company_id=company_id)
    end = next((end for start, end in ahead.times if start == at), None)
    if call.state != "scheduled" or end is None:
        raise HappyCallOverError(_("그 시간은 이제 고를 수 없습니다. 시간을 다시 골라 주세요."))
    call.due_at = at
    call.until_at = max(call.until_at, end)
    note_change(session, call=call, what="HappyCallWished", by=by, now=now, data={"at": rfc3339_kst(at)})


def decline(session: Session, *, ahead: CallAhead, company_id: int, by: Actor, now: datetime) -> None:
    """Nobody rings; the case is closed with that as the reason.

    Raises HappyCallOverError: the call was made already, or it is about a danger (409).
    """
    call = lock_call(session, call_id=ahead.id, company_id=company_id)
    if call.state != "scheduled" or not ahead.may_decline:
        raise HappyCallOverError(_("이 전화는 이제 바꿀 수 없습니다."))
    end_call(session, call=call, state="refused", what="HappyCallClosed", reason=NO_CALL, by=by, now=now)
    close_tickets_of(session, call=call, reason=NO_CALL, by=by, now=now, own_too=True)
