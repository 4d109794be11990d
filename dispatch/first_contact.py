"""The first contact: tries to talk with the family, the window that is agreed, and what stops the clock.

Source: domain.md section 12. The contact clock stops only at a CONNECTED attempt with an agreed window, or at
SOLVED_BY_PHONE; the promise clock at the first window that the family accepts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import Actor, Role
from core.clock import rfc3339_kst
from core.dated import read_rules
from core.errors import ConflictError, ForbiddenError
from core.events import publish
from core.i18n import N_, _
from dispatch import case_notices, clocks, ending, money_notices, notices, placement, staff_ladder, tasks
from dispatch.agreeing import agreed_before, put_into_window, silence_vain_calls, window_of
from dispatch.attempt_checks import BadAttemptError, require_open, require_sense
from dispatch.cases import (
    Case,
    author_of_step,
    current_visit,
    lock_case,
    parties_of,
    require_moment,
)
from dispatch.events import TicketEnded
from dispatch.models import ContactAttempt, Visit
from dispatch.planning.neighbour_slots import takes_over
from dispatch.tickets import note_change, ticket_key
from dispatch.visit_schemas import REACHED, AgreedWindow, AttemptRequest, AttemptResult, Outcome
from dispatch.wrong_numbers import note_right_number, note_wrong_number
from notifications import service as outbox
from notifications.messages import Event, Window
from workforce.queries import technician_of_person

__all__ = ["BadAttemptError", "record_attempt"]

REASON_CHARS = 500
MAY_PROMISE_NEIGHBOURS = (Role.AGENT, Role.DISPATCHER, Role.MANAGER, Role.ADMIN)
CONTACT_TASKS = (tasks.CONTACT_CALL, tasks.REVISIT_CALL, tasks.PART_CALL)


@dataclass(frozen=True)
class _Entry:
    """An attempt under way: the case under lock, when it happened and who is written down for it."""

    case: Case
    attempt: AttemptRequest
    at: datetime
    by: Actor
    late: bool
    now: datetime


def record_attempt(
    session: Session, *, ticket_id: int, attempt: AttemptRequest, by: Actor, now: datetime
) -> AttemptResult:
    """Write down a try to reach the family, and let the ticket follow from it.

    CONNECTED with a window agrees it (APPOINTED, both parties told); without one the ticket is CONTACTED and
    the clock runs on. SOLVED_BY_PHONE closes it, but never a safety case: somebody looks at that. Any other
    outcome is only kept.

    Raises:
        UnknownTicketError: no such ticket (404).
        WrongStateError: the case has ended, or a window cannot be agreed while somebody is there (409).
        BadAttemptError, InvalidError: a field cannot be taken (422).
        NotYourVisitError: a technician records for another technician's visit (403).
        assignment.WindowNotReachableError: nobody can be there in that window; it lists those that work.
    """
    case = lock_case(session, ticket_id=ticket_id)
    at = require_moment(at=attempt.at, not_before=case.ticket.received_at, now=now)
    phones = {role: party.phone for role, party in parties_of(session, ticket_id=ticket_id).items()}
    require_sense(attempt, phones, safety=case.ticket.safety, now=now)
    require_open(case, attempt)
    rules = read_rules(session, company_id=case.ticket.company_id, at=now)
    entry = _Entry(
        case=case,
        attempt=attempt,
        at=at,
        by=author_of_step(session, case=case, by=by),
        late=now - at > timedelta(seconds=rules.late_entry_flag_s),
        now=now,
    )
    attempt_id = _store(session, entry)
    before = agreed_before(case)
    if attempt.outcome in REACHED and attempt.with_role is not None:
        note_right_number(session, ticket=case.ticket, role=attempt.with_role, by=entry.by, now=now)
    if attempt.outcome is Outcome.SOLVED_BY_PHONE:
        _solve_by_phone(session, entry)
    elif attempt.outcome is Outcome.CONNECTED and attempt.window is not None:
        _agree_window(session, entry, attempt.window, before=before)
    elif attempt.outcome is Outcome.CONNECTED:
        _note_contact(session, entry, agreed=before)
    elif attempt.outcome is Outcome.WRONG_NUMBER:
        note_wrong_number(session, ticket=case.ticket, role=attempt.with_role, by=entry.by, now=now)
    elif attempt.outcome in (Outcome.NO_ANSWER, Outcome.BUSY):
        case_notices.tell_contact_failed(session, ticket=case.ticket, at=at, now=now)
    ticket = case.ticket
    note_change(
        session,
        ticket=ticket,
        what="ContactAttempted",
        by=entry.by,
        now=now,
        reason=attempt.note.strip() or None,
        data=_told(entry, attempt_id, before),
    )
    return _result(session, entry, attempt_id)


def _store(session: Session, entry: _Entry) -> int:
    attempt, by = entry.attempt, entry.by
    row = ContactAttempt(
        ticket_id=entry.case.ticket_id,
        visit_id=entry.case.visit_id or None,
        outcome=attempt.outcome.value,
        with_role=attempt.with_role,
        evidence=attempt.evidence,
        at=entry.at,
        recorded_at=entry.now,
        late_entry=entry.late,
        window_start=attempt.window.start if attempt.window else None,
        window_end=attempt.window.end if attempt.window else None,
        call_back_at=attempt.call_back_at,
        note=attempt.note.strip(),
        account_id=by.account_id,
        technician_id=technician_of_person(session, person_id=by.person_id) if by.person_id else None,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def _note_contact(session: Session, entry: _Entry, *, agreed: Window | None) -> None:
    """They talked. A window that the family agreed to on its link is thereby talked over, too."""
    ticket = entry.case.ticket
    silence_vain_calls(session, ticket_id=entry.case.ticket_id, now=entry.now)
    ticket.contacted_at = ticket.contacted_at or entry.at
    if ticket.status == "ASSIGNED":
        ticket.status = "CONTACTED"
    if agreed is not None:
        _end_contact(session, entry)


def _agree_window(session: Session, entry: _Entry, window: AgreedWindow, *, before: Window | None) -> None:
    """Move the visit so that it starts inside the window, then keep the promise on record and tell it."""
    ticket, now = entry.case.ticket, entry.now
    if ticket.service_point_id is not None and window.service_point_id not in (None, ticket.service_point_id):
        _move_to_neighbour(session, entry, window.service_point_id or 0)
    visit = put_into_window(
        session,
        case=entry.case,
        window=window,
        agreed_at=entry.at,
        by=entry.by,
        now=now,
        kept=entry.attempt.kept,
    )
    _note_seen(session, entry, visit)
    ticket.contacted_at = ticket.contacted_at or entry.at
    session.add(ticket)
    session.flush()
    _stop(session, entry, "promise")
    _end_contact(session, entry)
    if before != window_of(visit) and not entry.attempt.kept:
        notices.tell_window(
            session,
            visit_id=visit.id or 0,
            before=before,
            reason=entry.attempt.reason or None,
            now=now,
            wished=entry.attempt.asked_by == "family",
        )
        money_notices.tell_estimate(session, visit_id=visit.id or 0, now=now)


def _end_contact(session: Session, entry: _Entry) -> None:
    _stop(session, entry, "contact")
    outbox.withdraw(
        session,
        ticket_id=entry.case.ticket_id,
        events=[Event.CONTACT_DUE],
        reason=N_("고객과 통화했습니다."),
        now=entry.now,
    )
    tasks.close_tasks_of(
        session,
        ticket_id=entry.case.ticket_id,
        kinds=CONTACT_TASKS,
        outcome=N_("방문 시간을 약속했습니다."),
        by=entry.by,
        now=entry.now,
    )


def _move_to_neighbour(session: Session, entry: _Entry, point_id: int) -> None:
    """The family has chosen a neighbouring point's window: the ticket goes there, and its promise with it."""
    ticket = entry.case.ticket
    if entry.by.role not in MAY_PROMISE_NEIGHBOURS:
        raise ForbiddenError(_("이웃 지점의 시간은 상담이나 배차 담당이 약속합니다."))
    if not takes_over(session, ticket_id=ticket_key(ticket), point_id=point_id, now=entry.now):
        raise ConflictError(_("그 이웃 지점은 이제 맡을 수 없습니다. 시간을 다시 골라 주세요."))
    placement.move_ticket(
        session,
        ticket_id=ticket_key(ticket),
        point_id=point_id,
        reason=_("가족이 더 빨리 올 수 있는 이웃 지점의 시간을 골랐습니다."),
        by=entry.by,
        now=entry.now,
    )
    session.refresh(ticket)
    if entry.case.visit is not None:
        session.refresh(entry.case.visit)


def _note_seen(session: Session, entry: _Entry, visit: Visit) -> None:
    """Who agrees a time for his own job has seen it: nobody asks him to say so again."""
    by = entry.by
    if by.role is not Role.TECHNICIAN or by.person_id is None or visit.acknowledged_at is not None:
        return
    if technician_of_person(session, person_id=by.person_id) in (None, visit.technician_id):
        staff_ladder.note_seen(
            session, ticket=entry.case.ticket, visit=visit, how=staff_ladder.CALL, author=by, now=entry.now
        )


def _solve_by_phone(session: Session, entry: _Entry) -> None:
    ticket, now = entry.case.ticket, entry.now
    reason = _reason_of(entry.attempt)
    _stop(session, entry, "promise")
    _stop(session, entry, "contact")
    _stop(session, entry, "handled")
    ticket.contacted_at = ticket.contacted_at or entry.at
    ticket.solved_by_phone_at = entry.at
    ending.end_case(session, case=entry.case, status="CLOSED", reason=reason, by=entry.by, now=now)
    publish(
        session,
        TicketEnded(
            company_id=ticket.company_id, at=now, ticket_id=ticket_key(ticket), how="solved_by_phone"
        ),
    )


def _stop(session: Session, entry: _Entry, kind: str) -> None:
    clocks.stop_clock(
        session,
        ticket_id=entry.case.ticket_id,
        kind=kind,
        at=entry.at,
        evidence=entry.attempt.evidence,
        by=entry.by,
        now=entry.now,
    )


def _reason_of(attempt: AttemptRequest) -> str:
    return (attempt.reason.strip() or attempt.note.strip() or N_("전화로 해결했습니다."))[:REASON_CHARS]


def _told(entry: _Entry, attempt_id: int, before: Window | None) -> dict[str, object]:
    attempt = entry.attempt
    data: dict[str, object] = {
        "attempt_id": attempt_id,
        "outcome": attempt.outcome.value,
        "with": attempt.with_role,
        "evidence": attempt.evidence,
        "at": rfc3339_kst(entry.at),
        "late_entry": entry.late,
        "reached": attempt.outcome in REACHED,
    }
    if attempt.window is not None:
        data["window"] = _written(attempt.window)
        if before is not None and before != Window(attempt.window.start, attempt.window.end):
            data |= {"window_before": _written(before), "asked_by": attempt.asked_by}
    return data


def _written(window: AgreedWindow | Window) -> list[str]:
    return [rfc3339_kst(window.start), rfc3339_kst(window.end)]


def _result(session: Session, entry: _Entry, attempt_id: int) -> AttemptResult:
    ticket = entry.case.ticket
    visit = current_visit(session, ticket_id=entry.case.ticket_id)
    window = window_of(visit) if visit else None
    return AttemptResult(
        attempt_id=attempt_id,
        ticket_id=entry.case.ticket_id,
        number=ticket.number,
        status=ticket.status,
        visit_id=visit.id if visit else None,
        window=AgreedWindow(window.start, window.end) if window else None,
        late_entry=entry.late,
    )
