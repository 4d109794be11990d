"""The door of the follow-up desk: every ended ticket gets a call, or the reason why not is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from core.actor import SYSTEM
from core.clock import rfc3339_kst
from core.dated import read_calendar, read_rules
from core.i18n import _
from core.sweeping import take_each
from dispatch.case_notices import tell_happy_call_missed
from dispatch.events import TicketEnded, TicketReopened, VisitCompleted
from dispatch.follow_up import FollowUpCase, cases_to_follow, tickets_of_home
from happycall import rules
from happycall.attempts import record_attempt
from happycall.calls import call_key, close_tickets_of, end_call, lock_home, merge_call, note_change
from happycall.models import HappyCall, HappyCallAttempt
from happycall.queries import list_calls
from happycall.script import script_for

__all__ = [
    "close_expired_calls",
    "list_calls",
    "record_attempt",
    "schedule_call",
    "script_for",
    "withdraw_call",
]

SWEEP_LIMIT = 50


def schedule_call(*, session: Session, event: VisitCompleted | TicketEnded, now: datetime) -> None:
    """Handler: a call is owed for a finished visit, or for a ticket that was solved without one.

    A ticket cancelled before anybody came is not asked after, and one that was re-opened meanwhile is asked
    after its next visit: both keep a withdrawn call with the reason. One call a home: a pending call of
    another ticket of the last 14 days is merged into the new one, except that safety cases are always rung.
    """
    found = cases_to_follow(session, company_id=event.company_id, ticket_ids=[event.ticket_id])
    if event.ticket_id not in found:
        return
    case = found[event.ticket_id]
    lock_home(session, household_id=case.household_id)
    visit_id = event.visit_id if isinstance(event, VisitCompleted) else None
    if _is_written(session, event=event, visit_id=visit_id):
        return
    call = _store(session, case=case, visit_id=visit_id, done_at=event.at, now=now)
    why_not = _why_not(event, case)
    if why_not is not None:
        end_call(
            session,
            call=call,
            state="withdrawn",
            what="HappyCallWithdrawn",
            reason=why_not,
            by=SYSTEM,
            now=now,
        )
        return
    data = {"due_at": rfc3339_kst(call.due_at), "until_at": rfc3339_kst(call.until_at)}
    note_change(session, call=call, what="HappyCallScheduled", by=SYSTEM, now=now, data=data)
    for earlier in _pending_of_home(session, case=case, besides=call, now=now):
        merge_call(session, call=earlier, into=call, by=SYSTEM, now=now)


def withdraw_call(*, session: Session, event: TicketReopened, now: datetime) -> None:
    """Handler: a re-opened ticket is asked after when its next visit is done."""
    query = (
        select(HappyCall)
        .where(
            col(HappyCall.ticket_id) == event.ticket_id,
            col(HappyCall.state) == "scheduled",
            col(HappyCall.created_at) <= event.at,
        )
        .order_by(col(HappyCall.id))
        .with_for_update()
    )
    for call in session.exec(query).all():
        reason = _("다시 접수되어 다음 방문 뒤에 여쭙니다.")
        end_call(
            session,
            call=call,
            state="withdrawn",
            what="HappyCallWithdrawn",
            reason=reason,
            by=SYSTEM,
            now=now,
        )


def close_expired_calls(session: Session, *, now: datetime) -> int:
    """Sweep: what nobody managed to ask within its days is closed with the reason, and its ticket with it."""
    query = (
        select(HappyCall)
        .where(col(HappyCall.state) == "scheduled", col(HappyCall.until_at) < now)
        .order_by(col(HappyCall.until_at))
        .limit(SWEEP_LIMIT)
        .with_for_update(skip_locked=True)
    )

    def step(call: HappyCall) -> int:
        tries = session.exec(
            select(func.count()).where(col(HappyCallAttempt.happy_call_id) == call_key(call))
        ).one()
        reason = _("정해진 기간 안에 통화하지 못했습니다(전화 {tries}번).").format(tries=tries)
        end_call(
            session,
            call=call,
            state="no_answer",
            what="HappyCallExpired",
            reason=reason,
            by=SYSTEM,
            now=now,
            data={"tries": tries},
        )
        close_tickets_of(session, call=call, reason=reason, by=SYSTEM, now=now, own_too=True)
        if tries:
            tell_happy_call_missed(
                session, ticket_id=call.ticket_id, generation=call.generation, tries=tries, now=now
            )
        return 1

    return take_each(session, list(session.exec(query)), step, sweep="close_expired_calls")


def _is_written(session: Session, *, event: VisitCompleted | TicketEnded, visit_id: int | None) -> bool:
    """Whether this event left its call before: a visit has one, an ending the one written since."""
    same = select(HappyCall.id).where(
        col(HappyCall.ticket_id) == event.ticket_id, col(HappyCall.visit_id) == visit_id
    )
    if visit_id is None:
        same = same.where(col(HappyCall.created_at) >= event.at)
    return session.exec(same).first() is not None


def _store(
    session: Session, *, case: FollowUpCase, visit_id: int | None, done_at: datetime, now: datetime
) -> HappyCall:
    company = read_rules(session, company_id=case.company_id, at=now)
    elderly = rules.is_elderly(priority_care=case.priority_care, age_band=case.age_band)
    calendar = read_calendar(session, company_id=case.company_id)
    hours = rules.CallingHours.of(company, calendar, elderly=elderly)
    due_at, until_at = rules.call_window(done_at, rules=company, hours=hours)
    before = session.exec(
        select(func.max(HappyCall.generation)).where(col(HappyCall.ticket_id) == case.ticket_id)
    ).one()
    call = HappyCall(
        company_id=case.company_id,
        ticket_id=case.ticket_id,
        visit_id=visit_id,
        generation=(before or 0) + 1,
        state="scheduled",
        due_at=due_at,
        until_at=until_at,
        created_at=now,
    )
    session.add(call)
    session.flush()
    return call


def _why_not(event: VisitCompleted | TicketEnded, case: FollowUpCase) -> str | None:
    if not case.has_ended:
        return _("다시 접수되어 다음 방문 뒤에 여쭙니다.")
    cancelled = isinstance(event, TicketEnded) and event.how.lower() == "cancelled"
    if cancelled and not case.was_visited:
        return _("방문 전에 취소되었습니다: {reason}").format(reason=case.end_reason or "-")
    return None


def _pending_of_home(
    session: Session, *, case: FollowUpCase, besides: HappyCall, now: datetime
) -> list[HappyCall]:
    others = tickets_of_home(session, company_id=case.company_id, household_id=case.household_id)
    query = (
        select(HappyCall)
        .where(
            col(HappyCall.ticket_id).in_(others),
            col(HappyCall.state) == "scheduled",
            col(HappyCall.id) != besides.id,
            col(HappyCall.created_at) >= now - timedelta(days=rules.MERGE_DAYS),
        )
        .order_by(col(HappyCall.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    pending = list(session.exec(query))
    cases = cases_to_follow(
        session, company_id=case.company_id, ticket_ids=[call.ticket_id for call in pending]
    )
    return [call for call in pending if call.ticket_id == case.ticket_id or not cases[call.ticket_id].safety]
