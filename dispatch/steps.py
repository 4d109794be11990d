"""What every step of a visit has in common: the case under lock, whether it may follow, what is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from core.actor import Actor
from core.clock import rfc3339_kst
from core.dated import read_rules
from core.i18n import _
from dispatch.arrival_checks import settle_arrival
from dispatch.cases import Case, WrongStateError, author_of_step, lock_case, require_moment
from dispatch.models import Visit
from dispatch.tickets import note_change
from dispatch.visit_rules import Step, Verdict, judge_step
from dispatch.visit_schemas import StepResult


@dataclass(frozen=True)
class Taken:
    """A step that is being taken: the case under lock, its visit, when it happened, who is written down."""

    case: Case
    visit: Visit
    at: datetime
    by: Actor
    now: datetime


def begin_step(
    session: Session, *, step: Step, ticket_id: int, by: Actor, at: datetime | None, now: datetime
) -> Taken | StepResult:
    """Lock the case and check that the step may follow; a `StepResult` says that it was taken before.

    Raises:
        UnknownTicketError: no such ticket (404).
        WrongStateError: the ticket or its visit is in a state that this step does not follow (409).
        NotYourVisitError: a technician acts on another technician's visit (403).
        InvalidError: `at` lies ahead, or before the step that came before (422).
    """
    case = lock_case(session, ticket_id=ticket_id)
    visit = case.visit
    verdict = judge_step(
        step,
        ticket_status=case.ticket.status,
        visit_state=visit.state if visit else None,
        has_technician=visit is not None and visit.technician_id is not None,
        on_hold=visit is not None and visit.hold_reason is not None,
    )
    if visit is None or verdict is Verdict.REFUSE:
        raise WrongStateError(_refusal(step, case))
    author = author_of_step(session, case=case, by=by)
    if verdict is Verdict.REPEATED:
        return result_of(case, visit, at=now, repeated=True)
    latest = max(
        moment
        for moment in (case.ticket.received_at, visit.en_route_at, visit.arrived_at, visit.started_at)
        if moment is not None
    )
    moment = require_moment(at=at, not_before=latest, now=now)
    return Taken(case, visit, moment, author, now)


def result_of(case: Case, visit: Visit, *, at: datetime, repeated: bool = False) -> StepResult:
    """Where the case stands."""
    return StepResult(
        ticket_id=case.ticket_id,
        number=case.ticket.number,
        visit_id=visit.id or 0,
        status=case.ticket.status,
        visit_state=visit.state,
        at=at,
        repeated=repeated,
    )


def write_step(
    session: Session, taken: Taken, *, what: str, data: dict[str, object], reason: str | None = None
) -> None:
    """Store the visit and write the step into the ticket's timeline, late entries marked."""
    rules = read_rules(session, company_id=taken.case.ticket.company_id, at=taken.now)
    late = (taken.now - taken.at).total_seconds() > rules.late_entry_flag_s
    session.add(taken.visit)
    settle_arrival(session, ticket_id=taken.case.ticket_id, by=taken.by, now=taken.now)
    note_change(
        session,
        ticket=taken.case.ticket,
        what=what,
        by=taken.by,
        now=taken.now,
        reason=reason,
        data={"visit_id": taken.visit.id, "at": rfc3339_kst(taken.at), "late_entry": late, **data},
    )


def _refusal(step: Step, case: Case) -> str:
    if case.visit is None or case.visit.technician_id is None:
        return _("아직 기사가 배정되지 않은 접수입니다. 배정을 먼저 해 주세요.")
    before = {
        Step.DEPART: _("출발은 방문을 시작하기 전에 한 번만 누를 수 있습니다."),
        Step.ARRIVE: _("도착은 출발한 뒤에 누를 수 있습니다."),
        Step.START: _("작업 시작은 도착한 뒤에 누를 수 있습니다."),
        Step.ABSENT: _("부재는 도착한 뒤에 누를 수 있습니다."),
        Step.HOLD: _("끝난 방문은 보류할 수 없습니다."),
        Step.COMPLETE: _("완료는 도착하거나 작업을 시작한 뒤에 누를 수 있습니다."),
    }
    text = _("지금 상태는 {status}입니다. {hint}")
    return text.format(status=case.ticket.status, hint=before[step])
