"""What happened on paper, written down afterwards in one go: calls, the agreed time, the visit, the bill.

Every step goes through its own door with the time at which it happened, in the caller's transaction: either
all of it holds or nothing is kept. What was agreed and kept on paper plans nobody any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlmodel import Session

from core.actor import Actor
from core.errors import FieldError, InvalidError
from core.i18n import N_, _
from dispatch import assignment, revisits, visits
from dispatch.cases import Case, WrongStateError, lock_case
from dispatch.first_contact import record_attempt
from dispatch.models import Visit
from dispatch.open_visits import ensure_open_visit
from dispatch.paper_checks import PaperRecord, in_field, moved_up, paper_problems
from dispatch.states import UNDER_WAY_STATES
from dispatch.tickets import has_ended, note_change
from dispatch.visit_schemas import AttemptRequest, Outcome
from workforce.queries import get_technicians

__all__ = ["BadPaperError", "record_paper"]

ALREADY = {"en_route": 1, "arrived": 2, "in_progress": 3}
"""How many of the steps (set out, arrived, begun) the system knew before the paper."""


class BadPaperError(InvalidError):
    """Fields of a paper record that cannot be taken; nothing was stored."""

    code = "bad-paper"


def record_paper(session: Session, *, ticket_id: int, record: PaperRecord, by: Actor, now: datetime) -> None:
    """Write down what was done on paper for a ticket, step by step, each with its own past time.

    Clocks are stopped by when this is written down, as for every late entry; the family gets the result of
    the visit and no text of the way to it.

    Raises:
        UnknownTicketError: no such ticket (404).
        BadPaperError: times out of order, ahead, or missing beside what needs them, by field (422).
        WrongStateError: it has ended, has no point, or another technician is under way (409).
        ChecklistError, billing.rules.BadLinesError: as for a completed visit (422).
        assignment.WindowNotReachableError: a time still to come cannot be kept (409).
    """
    case = lock_case(session, ticket_id=ticket_id)
    if has_ended(case.ticket):
        raise WrongStateError(_("이미 끝난 접수입니다. 다시 방문했다면 먼저 다시 열어 주세요."))
    problems = paper_problems(record, received_at=case.ticket.received_at, now=now)
    visit = case.visit
    if record.was_visited and record.technician_id is None and not (visit and visit.technician_id):
        problems = (*problems, FieldError("technician_id", _("누가 다녀왔는지 골라 주세요.")))
    if problems:
        raise BadPaperError(_("빨간 칸을 고쳐서 다시 보내 주세요."), errors=problems)
    if record.was_visited:
        _put_technician(session, case, record, by=by, now=now)
    _record_calls(session, case, record, by=by, now=now)
    if record.was_visited:
        _record_steps(session, ticket_id, record, by=by, now=now)
    _note(session, ticket_id, record, by=by, now=now)


def _put_technician(session: Session, case: Case, record: PaperRecord, *, by: Actor, now: datetime) -> None:
    """The visit is his who made it: whoever was planned is free again, and is told if he knew of it."""
    ticket = case.ticket
    if ticket.service_point_id is None:
        raise WrongStateError(_("서비스점이 아직 정해지지 않았습니다. 서비스점을 먼저 정해 주세요."))
    if ticket.status == "ON_HOLD" and case.visit is not None:
        revisits.end_hold(session, ticket=ticket, visit=case.visit, by=by, now=now)
    visit = ensure_open_visit(session, ticket=ticket, point_id=ticket.service_point_id, now=now)
    who = record.technician_id
    if who is None or visit.technician_id == who:
        return
    crew = get_technicians(session, technician_ids=[who], company_id=ticket.company_id)
    if who not in crew:
        message = _("이 회사의 기사가 아닙니다. 목록에서 골라 주세요.")
        raise BadPaperError(message, errors=(FieldError("technician_id", message),))
    if visit.state in UNDER_WAY_STATES:
        raise WrongStateError(
            _("다른 기사가 이미 출발한 것으로 적혀 있습니다. 그 방문을 먼저 마치거나 보류해 주세요.")
        )
    if visit.planned_start is not None:
        why = N_("종이 기록에 다른 기사가 다녀온 것으로 적혀 있습니다.")
        assignment.release_visit(session, visit_id=visit.id or 0, why=why, by=by, now=now)
        session.refresh(visit)
    visit.technician_id = who
    session.add(visit)
    session.flush()


def _record_calls(session: Session, case: Case, record: PaperRecord, *, by: Actor, now: datetime) -> None:
    for place, call in enumerate(record.calls):
        kept = call.window is not None and record.was_visited
        attempt = AttemptRequest(
            outcome=call.outcome,
            with_role=call.with_role,
            at=moved_up(call.at, case.ticket.received_at),
            window=call.window if call.outcome is Outcome.CONNECTED else None,
            note=call.note,
            reason=call.note if call.outcome is Outcome.SOLVED_BY_PHONE else "",
            kept=kept,
        )
        with in_field(f"calls.{place}"):
            record_attempt(session, ticket_id=case.ticket_id, attempt=attempt, by=by, now=now)


def _record_steps(session: Session, ticket_id: int, record: PaperRecord, *, by: Actor, now: datetime) -> None:
    """Each step after those that are known already; who wrote no setting out set out when he arrived."""
    case = lock_case(session, ticket_id=ticket_id)
    visit = case.visit
    assert visit is not None and record.arrived_at is not None
    known = ALREADY.get(visit.state, 0)
    floor = max(
        filter(None, (case.ticket.received_at, visit.en_route_at, visit.arrived_at, visit.started_at))
    )

    def take(step: Callable[..., object], field: str, moment: datetime) -> None:
        with in_field(field):
            step(session, ticket_id=ticket_id, at=moved_up(moment, floor), by=by, now=now)

    if known < ALREADY["en_route"]:
        take(visits.depart, "departed_at", record.departed_at or record.arrived_at)
    if known < ALREADY["arrived"]:
        take(visits.arrive, "arrived_at", record.arrived_at)
    if known < ALREADY["in_progress"] and record.started_at is not None:
        take(visits.start, "started_at", record.started_at)
    if record.completed_at is None:
        return
    completion = replace(record.completion, note=record.completion.note.strip(), on_paper=True)
    take(partial(visits.complete_visit, completion=completion), "completed_at", record.completed_at)
    _place_in_day(session, visit)


def _place_in_day(session: Session, visit: Visit) -> None:
    """A visit that no plan knew stands in its technician's day where it was made."""
    session.refresh(visit)
    if visit.planned_start is None:
        visit.planned_start, visit.planned_end = visit.arrived_at, visit.ended_at
        session.add(visit)
        session.flush()


def _note(session: Session, ticket_id: int, record: PaperRecord, *, by: Actor, now: datetime) -> None:
    case = lock_case(session, ticket_id=ticket_id)
    data = {
        "technician_id": case.visit.technician_id if case.visit and record.was_visited else None,
        "calls": len(record.calls),
        "visited": record.was_visited,
        "completed": record.completed_at is not None,
        "late_entry": True,
    }
    note_change(session, ticket=case.ticket, what="PaperRecorded", by=by, now=now, data=data)
