"""Going again: after an absence, and after a hold for a part or on the customer's wish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core.actor import SYSTEM, Actor
from core.clock import KST, rfc3339_kst
from core.dated import read_rules
from core.errors import FieldError, InvalidError
from core.events import publish
from core.i18n import N_, _
from core.sweeping import take_each
from dispatch import assignment, case_notices, notices, tasks
from dispatch.cases import lock_case
from dispatch.events import TicketPlaced
from dispatch.models import Ticket, Visit
from dispatch.planning import slots
from dispatch.stale_notices import is_stale
from dispatch.steps import begin_step, result_of, write_step
from dispatch.tickets import note_change, ticket_key
from dispatch.visit_rules import Step
from dispatch.visit_schemas import HoldReason, StepResult
from notifications.messages import Window

OPTIONS_TOLD = 2
EARLY_DETAIL = N_(
    "약속보다 먼저 찾아갔다가 만나지 못했습니다. 가족에게 사과하고, 다시 방문할 시간을 정해 주세요."
)
RESUME_BATCH = 50
ON_HOLD_TOLD = "보류되었습니다. 지금은 가지 않으셔도 됩니다."
"""To the technician, in his language whatever the screen's."""


class BadHoldError(InvalidError):
    """A hold without a usable reason or date; `errors` names the field (422)."""

    code = "bad-hold"


def hold(
    session: Session,
    *,
    ticket_id: int,
    reason: HoldReason,
    due: datetime | None,
    by: Actor,
    now: datetime,
    at: datetime | None = None,
    note: str = "",
) -> StepResult:
    """Break a visit off to wait, for a part or because the customer wants it; it goes on by itself when due.

    A visit that had begun stays on record as done for now; one that had not is called off.

    Raises:
        BadHoldError: an unknown reason, or a due time that is past (422).
        Also as `steps.begin_step`.
    """
    _require_hold(reason, due, now=now)
    taken = begin_step(session, step=Step.HOLD, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        return taken
    visit, visit_id = taken.visit, taken.case.visit_id
    begun = visit.state in ("arrived", "in_progress")
    notices.tell_job_gone(session, visit_id=visit_id, change=ON_HOLD_TOLD, now=now)
    visit.state = "completed" if begun else "cancelled"
    visit.ended_at, visit.hold_reason, visit.hold_due_at = taken.at, reason, due
    visit.note = note.strip() or visit.note
    taken.case.ticket.status = "ON_HOLD"
    data: dict[str, object] = {"hold_reason": reason, "due": rfc3339_kst(due) if due else None}
    write_step(session, taken, what="VisitHeld", data=data, reason=note.strip() or None)
    assignment.release_visit(session, visit_id=visit_id, why=N_("보류"), by=taken.by, now=now)
    _ask_for_call(
        session, ticket=taken.case.ticket, visit=visit, detail=_hold_detail(reason), due=due, now=now
    )
    if not is_stale(session, taken):
        case_notices.tell_on_hold(session, visit=visit, reason=reason, until=due, now=now)
    if reason == "parts_wait":
        _ask_to_tell_of_part(session, ticket=taken.case.ticket, visit=visit, due=due, now=now)
    return result_of(taken.case, visit, at=taken.at)


def plan_again(session: Session, *, ticket: Ticket, after: Visit, by: Actor, now: datetime) -> None:
    """Ask for a new visit after one that came to nothing; the desk is asked to agree a time.

    A family that was promised a later time waits for it: it is rung within the hour.
    """
    if ticket.service_point_id is None:
        return
    detail, due = N_("방문했으나 아무도 없었습니다. 가족과 통화해 다시 방문할 시간을 정해 주세요."), None
    if after.missed_early:
        rules = read_rules(session, company_id=ticket.company_id, at=now)
        detail, due = EARLY_DETAIL, now + timedelta(seconds=rules.contact_limit_s)
    _ask_for_call(session, ticket=ticket, visit=after, detail=detail, due=due, now=now)
    note_change(
        session, ticket=ticket, what="RevisitAsked", by=by, now=now, data={"after_visit_id": after.id}
    )
    publish(
        session,
        TicketPlaced(
            company_id=ticket.company_id,
            at=now,
            ticket_id=ticket_key(ticket),
            service_point_id=ticket.service_point_id,
        ),
    )


def options_for(session: Session, *, ticket: Ticket, now: datetime) -> list[Window]:
    """Up to two windows to offer for coming again, soonest first; empty when planning finds none.

    They are the desk's and the technician's own (`slots.rank_slots`).
    """
    if ticket.service_point_id is None:
        return []
    found = slots.rank_slots(session, ticket_id=ticket_key(ticket), now=now)
    windows = dict.fromkeys(Window(slot.start, slot.end) for slot in found)
    return sorted(windows, key=lambda window: window.start)[:OPTIONS_TOLD]


def resume_due_holds(session: Session, *, now: datetime) -> int:
    """Sweep: plan again what was on hold until now. Returns how many tickets."""
    later = aliased(Visit)
    gone_again = select(later.id).where(
        col(later.ticket_id) == col(Ticket.id), col(later.sequence) > col(Visit.sequence)
    )
    query = (
        select(Ticket.id)
        .join(Visit, col(Visit.ticket_id) == col(Ticket.id))
        .where(
            col(Ticket.status) == "ON_HOLD",
            ~gone_again.exists(),
            col(Visit.hold_reason).is_not(None),
            col(Visit.hold_due_at) <= now,
        )
        .order_by(col(Ticket.id))
        .limit(RESUME_BATCH)
    )

    def step(ticket_id: int) -> bool:
        return resume(session, ticket_id=ticket_id, by=SYSTEM, now=now)

    due = [ticket_id for ticket_id in session.exec(query) if ticket_id is not None]
    return take_each(session, due, step, sweep="resume_due_holds")


def resume(session: Session, *, ticket_id: int, by: Actor, now: datetime) -> bool:
    """Let a ticket on hold be planned again; False when it is not on hold or already has its new visit."""
    case = lock_case(session, ticket_id=ticket_id)
    ticket, visit = case.ticket, case.visit
    if ticket.status != "ON_HOLD" or visit is None or visit.hold_reason is None:
        return False
    if ticket.service_point_id is None:
        return False
    end_hold(session, ticket=ticket, visit=visit, by=by, now=now)
    case_notices.tell_revisit(session, ticket=ticket, after_hold=True, now=now)
    tasks.close_tasks_of(
        session,
        ticket_id=ticket_key(ticket),
        kinds=[tasks.PART_CALL],
        outcome=N_("부품을 기다리는 때가 지나 다시 일정을 잡습니다."),
        state="void",
        by=by,
        now=now,
    )
    publish(
        session,
        TicketPlaced(
            company_id=ticket.company_id,
            at=now,
            ticket_id=ticket_id,
            service_point_id=ticket.service_point_id,
        ),
    )
    return True


def end_hold(session: Session, *, ticket: Ticket, visit: Visit, by: Actor, now: datetime) -> None:
    """Let the case be planned again: its time has come, or a new time was agreed before."""
    visit.hold_due_at = None
    ticket.status = "UNASSIGNED"
    session.add_all([visit, ticket])
    session.flush()
    note_change(session, ticket=ticket, what="HoldEnded", by=by, now=now, data={"visit_id": visit.id})


def _require_hold(reason: str, due: datetime | None, *, now: datetime) -> None:
    errors = []
    if reason not in ("parts_wait", "customer_request"):
        errors.append(FieldError("reason", _("보류하는 이유를 골라 주세요: 부품 대기 또는 고객 요청.")))
    if due is not None and due <= now:
        errors.append(FieldError("due", _("다시 시작할 날은 지금보다 뒤여야 합니다.")))
    if errors:
        raise BadHoldError(errors[0].message, errors=tuple(errors))


def _hold_detail(reason: str) -> str:
    if reason == "parts_wait":
        return N_("부품을 기다리는 접수입니다. 부품이 오면 가족과 통화해 방문할 시간을 정해 주세요.")
    return N_("고객이 미룬 접수입니다. 가족과 통화해 방문할 시간을 정해 주세요.")


def _ask_for_call(
    session: Session, *, ticket: Ticket, visit: Visit, detail: str, due: datetime | None, now: datetime
) -> None:
    tasks.open_task(
        session,
        ticket_id=ticket_key(ticket),
        kind=tasks.REVISIT_CALL,
        detail=detail,
        generation=visit.sequence,
        due_at=due,
        now=now,
    )


def _ask_to_tell_of_part(
    session: Session, *, ticket: Ticket, visit: Visit, due: datetime | None, now: datetime
) -> None:
    """The family has no appointment any more: a text says so, and somebody rings them within the hour."""
    if due is None:
        detail = N_("부품이 언제 오는지 알아보고, 부품 도착 예정일을 가족에게 전화로 알려 주세요.")
    else:
        detail = N_("부품 도착 예정일({date})을 가족에게 전화로 알려 주세요.").format(date=_date_words(due))
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    tasks.open_task(
        session,
        ticket_id=ticket_key(ticket),
        kind=tasks.PART_CALL,
        detail=detail + " " + N_("지난 방문 약속은 없어졌고, 새 시간은 부품이 오면 정한다고 말씀해 주세요."),
        generation=visit.sequence,
        due_at=now + timedelta(seconds=rules.contact_limit_s),
        now=now,
    )


def _date_words(at: datetime) -> str:
    local = at.astimezone(KST)
    return N_("{month}월 {day}일").format(month=local.month, day=local.day)


__all__: Sequence[str] = ("end_hold", "hold", "options_for", "plan_again", "resume", "resume_due_holds")
