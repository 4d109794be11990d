"""A try of a happy call: written down, and the case follows from it (done, again, taken up anew)."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from core.actor import Actor
from core.clock import rfc3339_kst
from core.dated import CompanyRules, read_calendar, read_rules
from core.errors import ConflictError, FieldError, InvalidError
from core.i18n import N_, _
from dispatch.case_notices import tell_happy_call_missed
from dispatch.cases import lock_case
from dispatch.escalation import escalate_ticket
from dispatch.follow_up import FollowUpCase, cases_to_follow
from dispatch.reopening import reopen_ticket
from dispatch.wrong_numbers import note_right_number, note_wrong_number
from happycall import rules
from happycall.calls import call_key, close_tickets_of, end_call, lock_call, note_change
from happycall.models import HappyCall, HappyCallAttempt
from happycall.rules import CallingHours, Verdict
from happycall.schemas import AttemptRequest, AttemptResult, Outcome

UNREACHED = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER)
_NOTHING = Verdict(reopen=False, escalate=False, why=())


class HappyCallOverError(ConflictError):
    """The call was made, or is not owed any more."""

    code = "happy-call-over"


class BadHappyCallError(InvalidError):
    """An attempt that does not hang together; `errors` names the fields."""

    code = "bad-happy-call"


def record_attempt(
    session: Session,
    *,
    happy_call_id: int,
    company_id: int,
    attempt: AttemptRequest,
    by: Actor,
    now: datetime,
) -> AttemptResult:
    """Write down a try, also one before the call is due, and let the case follow from it.

    CONNECTED ends the call and closes the ticket; not fixed or a low score re-opens it instead, without the
    technician who was there, and a bill that differs goes to the escalation person. Nobody reached: again on
    another half-day, until there were enough. CALL_BACK: at the time that was asked for. REFUSED ends it.

    Raises:
        UnknownHappyCallError: no such call, or another company's (404).
        HappyCallOverError: it is not open any more (409).
        BadHappyCallError: a field is missing or does not fit the outcome (422).
    """
    call = lock_call(session, call_id=happy_call_id, company_id=company_id)
    if call.state != "scheduled":
        raise HappyCallOverError(_("이미 끝난 해피콜입니다. 목록을 새로 고쳐 주세요."))
    case = cases_to_follow(session, company_id=company_id, ticket_ids=[call.ticket_id])[call.ticket_id]
    at = attempt.at or now
    _require_sense(attempt, call=call, case=case, at=at, now=now)
    _store(session, call=call, attempt=attempt, at=at, by=by, now=now)
    _note_number(session, case=case, attempt=attempt, by=by, now=now)
    company = read_rules(session, company_id=company_id, at=now)
    verdict = _NOTHING
    if attempt.outcome is Outcome.CONNECTED and attempt.answers is not None:
        verdict = rules.judge(attempt.answers, rules=company)
        _finish(session, call=call, case=case, verdict=verdict, by=by, now=now)
    elif attempt.outcome is Outcome.REFUSED:
        reason = attempt.note or _("고객이 해피콜을 원하지 않으셨습니다.")
        _give_up(session, call=call, state="refused", reason=reason, by=by, now=now)
    elif attempt.outcome is Outcome.CALL_BACK and attempt.call_back_at is not None:
        call.due_at = attempt.call_back_at
        # A time that the family asked for outranks our own three days.
        call.until_at = max(call.until_at, rules.end_of_day(attempt.call_back_at))
        session.add(call)
    else:
        _try_again(session, call=call, case=case, company=company, at=at, by=by, now=now)
    session.flush()
    return _result(session, call=call, verdict=verdict)


def _require_sense(
    attempt: AttemptRequest, *, call: HappyCall, case: FollowUpCase, at: datetime, now: datetime
) -> None:
    errors: list[FieldError] = []
    connected, back = attempt.outcome is Outcome.CONNECTED, attempt.call_back_at
    if connected and attempt.answers is None:
        errors.append(
            FieldError("answers", _("통화가 되었으면 답을 적어 주세요. 고쳐졌는지는 꼭 있어야 합니다."))
        )
    if not connected and attempt.answers is not None:
        errors.append(FieldError("answers", _("답은 통화가 된 경우에만 적을 수 있습니다.")))
    if attempt.with_role is not None and attempt.with_role not in {it.role for it in case.people}:
        errors.append(FieldError("with", _("이 접수에 없는 사람입니다. 통화한 사람을 다시 골라 주세요.")))
    several = len({it.phone for it in case.people}) > 1
    if attempt.outcome is Outcome.WRONG_NUMBER and attempt.with_role is None and several:
        errors.append(FieldError("with", _("누구의 번호가 잘못되었는지 골라 주세요.")))
    if attempt.outcome is Outcome.CALL_BACK and back is None:
        errors.append(FieldError("call_back_at", _("다시 전화하기로 한 시각을 적어 주세요.")))
    if back is not None and not now < back <= now + rules.LONGEST_CALL_BACK:
        errors.append(FieldError("call_back_at", _("지금부터 2주 안의 시각을 적어 주세요.")))
    if not call.created_at <= at <= now:
        errors.append(FieldError("at", _("수리가 끝난 뒤부터 지금까지의 시각을 적어 주세요.")))
    if errors:
        raise BadHappyCallError(errors[0].message, errors=tuple(errors))


def _store(
    session: Session, *, call: HappyCall, attempt: AttemptRequest, at: datetime, by: Actor, now: datetime
) -> None:
    row = HappyCallAttempt(
        happy_call_id=call_key(call),
        at=at,
        outcome=attempt.outcome.value,
        with_role=attempt.with_role,
        answers=attempt.answers.model_dump(exclude_none=True) if attempt.answers else {},
        call_back_at=attempt.call_back_at,
        account_id=by.account_id,
        note=attempt.note,
    )
    session.add(row)
    session.flush()
    data = {
        "attempt_id": row.id,
        "outcome": attempt.outcome.value,
        "with": attempt.with_role,
        "at": rfc3339_kst(at),
    }
    why = attempt.why_now.strip() or None
    if why:
        data["outside_hours"] = True
    note_change(session, call=call, what="HappyCallAttempted", by=by, now=now, reason=why, data=data)


def _note_number(
    session: Session, *, case: FollowUpCase, attempt: AttemptRequest, by: Actor, now: datetime
) -> None:
    """Whether the number that was rung is the person's."""
    role = attempt.with_role
    if attempt.outcome is Outcome.WRONG_NUMBER:
        ticket = lock_case(session, ticket_id=case.ticket_id).ticket
        note_wrong_number(session, ticket=ticket, role=role, by=by, now=now)
    elif attempt.outcome is Outcome.CONNECTED and any(it.wrong and it.role == role for it in case.people):
        ticket = lock_case(session, ticket_id=case.ticket_id).ticket
        note_right_number(session, ticket=ticket, role=role or "", by=by, now=now)


def _finish(
    session: Session, *, call: HappyCall, case: FollowUpCase, verdict: Verdict, by: Actor, now: datetime
) -> None:
    """The family was reached: close the case, or take it up again."""
    why = " ".join(verdict.why)
    reopens = verdict.reopen and case.has_ended  # somebody may have re-opened it a moment ago
    call.reopened_ticket = reopens
    data = {"reopened": reopens, "escalated": verdict.escalate}
    end_call(session, call=call, state="done", what="HappyCallDone", reason=why, by=by, now=now, data=data)
    settled = N_("해피콜에서 확인했습니다.")
    close_tickets_of(session, call=call, reason=settled, by=by, now=now, own_too=not verdict.reopen)
    if verdict.escalate:
        escalate_ticket(session, ticket_id=call.ticket_id, reason=why, by=by, now=now)
    if reopens:
        reopen_ticket(
            session,
            ticket_id=call.ticket_id,
            reason=_("해피콜: {why}").format(why=why),
            excluded_technician_id=case.technician_id if case.was_visited else None,
            by=by,
            now=now,
        )


def _try_again(
    session: Session,
    *,
    call: HappyCall,
    case: FollowUpCase,
    company: CompanyRules,
    at: datetime,
    by: Actor,
    now: datetime,
) -> None:
    """Nobody was reached: another half-day, or enough."""
    tries = select(HappyCallAttempt.at).where(
        col(HappyCallAttempt.happy_call_id) == call.id,
        col(HappyCallAttempt.outcome).in_([outcome.value for outcome in UNREACHED]),
    )
    if rules.is_tried_out(session.exec(tries).all(), rules=company):
        reason = _("서로 다른 때에 {count}번 전화했지만 받지 않으셨습니다.").format(
            count=company.happy_call_attempts
        )
        _give_up(session, call=call, state="no_answer", reason=reason, by=by, now=now)
        tries_made = company.happy_call_attempts
        tell_happy_call_missed(
            session, ticket_id=call.ticket_id, generation=call.generation, tries=tries_made, now=now
        )
        return
    elderly = rules.is_elderly(priority_care=case.priority_care, age_band=case.age_band)
    calendar = read_calendar(session, company_id=call.company_id)
    hours = CallingHours.of(company, calendar, elderly=elderly)
    call.due_at = min(rules.next_try(at, hours=hours), call.until_at)
    session.add(call)


def _give_up(session: Session, *, call: HappyCall, state: str, reason: str, by: Actor, now: datetime) -> None:
    end_call(session, call=call, state=state, what="HappyCallClosed", reason=reason, by=by, now=now)
    close_tickets_of(session, call=call, reason=reason, by=by, now=now, own_too=True)


def _result(session: Session, *, call: HappyCall, verdict: Verdict) -> AttemptResult:
    case = cases_to_follow(session, company_id=call.company_id, ticket_ids=[call.ticket_id])[call.ticket_id]
    return AttemptResult(
        id=call_key(call),
        number=case.number,
        state=call.state,
        due_at=call.due_at,
        ticket_status=case.status,
        reopened=call.reopened_ticket,
        escalated=verdict.escalate,
        unhappy=verdict.why,
    )
