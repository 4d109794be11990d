"""The end of the work: checklist, bill and both parties' texts in one transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from billing import queries as billing_queries
from billing import service as billing
from billing.changed_parts import note_parts
from billing.schemas import VISIT_FEE, ChargeInfo
from core.actor import Actor
from core.errors import InvalidError
from core.events import publish
from core.i18n import N_, _
from dispatch import assignment, bill_notices, clocks, ending, tasks
from dispatch.checklist import checklist_for, missing_items
from dispatch.completion_checks import check_bill
from dispatch.events import VisitCompleted
from dispatch.intake_rules import CHECKUP
from dispatch.landline_calls import is_moot_once_ended
from dispatch.models import Ticket
from dispatch.pricing import work_of
from dispatch.steps import Taken, begin_step, result_of, write_step
from dispatch.tickets import ticket_key
from dispatch.visit_rules import Step
from dispatch.visit_schemas import CompletionRequest, StepResult
from notifications import service as outbox
from notifications.catalogue import moot_once_ended


class ChecklistError(InvalidError):
    """Required items of the checklist are not ticked; `errors` names each (422)."""

    code = "checklist-incomplete"


def complete_visit(
    session: Session,
    *,
    ticket_id: int,
    completion: CompletionRequest,
    by: Actor,
    now: datetime,
    at: datetime | None = None,
) -> StepResult:
    """The work is done: bill it, tell both parties what it costs, and let the happy call follow.

    A second asking gives the bill that was written the first time, whatever it carries.

    Raises:
        ChecklistError: required items are missing; after a safety case the flue and leak test too (422).
        billing.rules.BadLinesError: an unknown cost line or a quantity outside 1..99 (422).
        billing.payments.BadPaymentError: a part without its new serial number (422).
        Also as `completion_checks.check_bill` and `visits.begin_step`.
    """
    taken = begin_step(session, step=Step.COMPLETE, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        charge = billing_queries.charge_of_visit(session, visit_id=taken.visit_id)
        return replace(taken, charge=charge)
    _require_checklist(taken.case.ticket, completion)
    visit = taken.visit
    visit.checklist = _known_ticks(taken.case.ticket, completion)
    visit.misuse, visit.note = completion.misuse, completion.note.strip()
    work = work_of(session, taken.case, visit, lines=completion.lines, at=taken.at)
    if completion.misuse:
        work = replace(work, paid_because=completion.misuse_reason.strip())
    check_bill(session, work=work, completion=completion, by=taken.by, now=now)
    charge = billing.charge_visit(session, work=work, by=taken.by, now=now)
    labels = {line.code: line.label for line in charge.lines}
    parts = [replace(part, label=labels.get(part.code, part.code)) for part in completion.parts]
    note_parts(session, work=work, parts=parts, now=now)
    visit.state, visit.ended_at = "completed", taken.at
    _end_ticket(session, taken)
    data: dict[str, object] = {"charge_id": charge.id, "total": charge.total, "misuse": completion.misuse}
    write_step(session, taken, what="VisitCompleted", data=data)
    _follow_up(session, taken, charge)
    return replace(result_of(taken.case, visit, at=taken.at), charge=charge)


def _require_checklist(ticket: Ticket, completion: CompletionRequest) -> None:
    items = checklist_for(safety=ticket.safety or ticket.safety_hold)
    errors = missing_items(items, completion.checklist)
    if errors:
        raise ChecklistError(
            _("‘필수’인 확인 항목을 표시해야 완료할 수 있습니다. 나머지는 확인한 것만 표시하세요."),
            errors=errors,
        )


def _known_ticks(ticket: Ticket, completion: CompletionRequest) -> dict[str, bool]:
    codes = {item.code for item in checklist_for(safety=ticket.safety or ticket.safety_hold)}
    return {code: ticked for code, ticked in completion.checklist.items() if code in codes}


def _end_ticket(session: Session, taken: Taken) -> None:
    ticket = taken.case.ticket
    ticket.status, ticket.completed_at = "COMPLETED", taken.at
    ticket.safety_hold = False
    clocks.stop_clock(
        session,
        ticket_id=taken.case.ticket_id,
        kind="handled",
        at=taken.at,
        evidence="SELF_REPORT",
        by=taken.by,
        now=taken.now,
    )
    why = N_("방문을 마쳤습니다.")
    clocks.void_clocks(session, ticket_id=taken.case.ticket_id, why=why, by=taken.by, now=taken.now)
    tasks.close_tasks_of(
        session,
        ticket_id=taken.case.ticket_id,
        kinds=ending.VISIT_TASKS,
        outcome=why,
        only=is_moot_once_ended,
        state="void",
        by=taken.by,
        now=taken.now,
    )


def _follow_up(session: Session, taken: Taken, charge: ChargeInfo) -> None:
    case, visit_id, now = taken.case, taken.case.visit_id, taken.now
    done = N_("방문을 마쳤습니다.")
    assignment.release_visit(session, visit_id=visit_id, why=done, by=taken.by, now=now)
    outbox.withdraw(session, ticket_id=case.ticket_id, events=moot_once_ended(), reason=done, now=now)
    bill_notices.tell_visit_result(session, visit_id=visit_id, charge=charge, work=None, now=now)
    if case.ticket.symptom != CHECKUP and all(line.code != VISIT_FEE for line in charge.lines):
        tasks.open_task(
            session,
            ticket_id=case.ticket_id,
            kind=tasks.CHECK_BILL,
            detail=N_("가격표에 출장비가 없어 출장비 없이 청구했습니다. 가격표와 청구서를 확인해 주세요."),
            now=now,
        )
    publish(
        session,
        VisitCompleted(
            company_id=case.ticket.company_id, at=now, ticket_id=ticket_key(case.ticket), visit_id=visit_id
        ),
    )
