"""The visit on its day: set out, arrived, begun, nobody there, on hold, done. Steps are facts.

A step is never refused as early, late, out of the planned order or because another visit is open; that is
noted in the timeline. Each may be asked twice and gives the same result.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, func, select

from core.actor import Actor
from core.clock import rfc3339_kst
from core.dated import read_rules
from core.errors import InvalidError
from core.i18n import N_, _
from dispatch import assignment, case_notices, notices, revisits, staff_ladder, tasks, travel_estimate
from dispatch.cases import WrongStateError, author_of_step, lock_case
from dispatch.completion import complete_visit
from dispatch.models import ContactAttempt, Ticket, Visit
from dispatch.notice_tasks import NOTICE_FAILED
from dispatch.revisits import hold
from dispatch.stale_notices import is_stale
from dispatch.states import OPEN_VISIT_STATES
from dispatch.steps import Taken, begin_step, result_of, write_step
from dispatch.visit_rules import OtherVisit, Step, absence_errors, early_by, is_told_before, oddities
from dispatch.visit_schemas import REACHED, StepResult
from notifications import service as outbox
from notifications.catalogue import leading_to_a_visit
from notifications.messages import Event

__all__ = ["acknowledge", "arrive", "complete_visit", "depart", "hold", "mark_absent", "start"]


class NotYetAbsentError(InvalidError):
    """Too early to call a family absent: `errors` says how long to wait and how often to ring (422)."""

    code = "not-yet-absent"


def depart(
    session: Session, *, ticket_id: int, by: Actor, now: datetime, at: datetime | None = None
) -> StepResult:
    """The technician has set out; both parties are told, unless it is told much later than it was.

    Who will be there after the hour that was promised says sorry for it, to whom nobody has said so yet.

    Raises as `begin_step`.
    """
    taken = begin_step(session, step=Step.DEPART, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        return taken
    visit = taken.visit
    odd = _oddities(session, taken)
    visit.state, visit.en_route_at = "en_route", taken.at
    taken.case.ticket.status = "EN_ROUTE"
    if visit.acknowledged_at is None:  # who drives there has seen the job
        how = staff_ladder.way_of(by)
        staff_ladder.note_seen(
            session, ticket=taken.case.ticket, visit=visit, how=how, author=taken.by, now=now
        )
    if is_stale(session, taken):  # nobody wants to hear today that somebody set out yesterday
        untold: dict[str, object] = {"untold": [Event.EN_ROUTE.value]} | ({"noted": odd} if odd else {})
        write_step(session, taken, what="TechnicianDeparted", data=untold)
        return result_of(taken.case, visit, at=taken.at)
    result = _finish(session, taken, what="TechnicianDeparted", odd=odd)
    visit.arrives_at = travel_estimate.arrival(session, visit=visit, departed_at=taken.at, now=now)
    session.add(visit)
    arrives_at = visit.arrives_at or taken.at
    early = travel_estimate.early_arrival(session, visit=visit, arrives_at=arrives_at, now=now)
    known = visit.arrives_at is not None
    before = known and is_told_before(arrives_at=arrives_at, window_start=visit.window_start)
    notices.tell_en_route(
        session,
        visit_id=result.visit_id,
        arrives_at=visit.arrives_at,
        early=before or early is not None,
        now=now,
    )
    if known and visit.window_end is not None and arrives_at > visit.window_end:
        case_notices.tell_late(session, visit_id=result.visit_id, arrives_at=arrives_at, now=now)
    return result


def arrive(
    session: Session,
    *,
    ticket_id: int,
    by: Actor,
    now: datetime,
    at: datetime | None = None,
    family_called: bool | None = None,
) -> StepResult:
    """The technician is at the door. Raises as `begin_step`.

    Much earlier than agreed is a fact like any other, and noted.

    Args:
        family_called: whether he had rung before coming early; None when nobody asked him.
    """
    taken = begin_step(session, step=Step.ARRIVE, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        return taken
    odd = _oddities(session, taken)
    taken.visit.state, taken.visit.arrived_at = "arrived", taken.at
    taken.case.ticket.status = "ARRIVED"
    early = early_by(at=taken.at, window_start=taken.visit.window_start)
    told: dict[str, object] = {"noted": odd} if odd else {}
    if early is not None:
        told |= {"early_s": int(early.total_seconds()), "family_called": family_called}
    there = N_("기사가 이미 도착했습니다.")
    moot = list(leading_to_a_visit())
    outbox.withdraw(session, ticket_id=ticket_id, events=moot, reason=there, now=now)
    tasks.close_tasks_of(
        session,
        ticket_id=ticket_id,
        kinds=[tasks.CALL_LANDLINE, NOTICE_FAILED],
        only=lambda data: data.get("event") in moot,
        outcome=there,
        state="void",
        by=taken.by,
        now=now,
    )
    write_step(session, taken, what="TechnicianArrived", data=told)
    return result_of(taken.case, taken.visit, at=taken.at)


def start(
    session: Session, *, ticket_id: int, by: Actor, now: datetime, at: datetime | None = None
) -> StepResult:
    """Work has begun. Raises as `begin_step`."""
    taken = begin_step(session, step=Step.START, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        return taken
    taken.visit.state, taken.visit.started_at = "in_progress", taken.at
    taken.case.ticket.status = "IN_PROGRESS"
    return _finish(session, taken, what="WorkStarted", odd={})


def mark_absent(
    session: Session,
    *,
    ticket_id: int,
    by: Actor,
    now: datetime,
    at: datetime | None = None,
    note: str = "",
    early_confirmed: bool = False,
) -> StepResult:
    """Nobody opened: the family is told with times to come again, and a new visit is planned.

    Before the agreed time a family owes nobody an open door; that it was so is noted with the fact.

    Args:
        early_confirmed: he was asked about the time that had not come, and means it.

    Raises:
        NotYetAbsentError: before the wait and the calls that the company's rules ask for (422).
        Also as `begin_step`.
    """
    taken = begin_step(session, step=Step.ABSENT, ticket_id=ticket_id, by=by, at=at, now=now)
    if isinstance(taken, StepResult):
        return taken
    _require_absence(session, taken)
    visit = taken.visit
    visit.state, visit.ended_at = "absent", taken.at
    visit.note = note.strip() or visit.note
    taken.case.ticket.status = "ABSENT"
    write_step(session, taken, what="FamilyAbsent", data=_before_window(visit, taken.at, early_confirmed))
    result = result_of(taken.case, visit, at=taken.at)
    why = N_("약속보다 먼저 가서 만나지 못했습니다.") if visit.missed_early else N_("집에 아무도 없었습니다.")
    assignment.release_visit(session, visit_id=result.visit_id, why=why, by=taken.by, now=now)
    options = revisits.options_for(session, ticket=taken.case.ticket, now=now)
    notices.tell_absent(session, visit_id=result.visit_id, options=options, now=now)
    revisits.plan_again(session, ticket=taken.case.ticket, after=visit, by=taken.by, now=now)
    return result


def acknowledge(session: Session, *, ticket_id: int, by: Actor, now: datetime) -> datetime:
    """The technician has seen the job or its change; returns when. A second time changes nothing.

    Raises:
        WrongStateError: there is no open visit with a technician (409).
        NotYourVisitError: it is another technician's (403).
    """
    case = lock_case(session, ticket_id=ticket_id)
    visit = case.visit
    if visit is None or visit.technician_id is None or visit.state not in OPEN_VISIT_STATES:
        raise WrongStateError(_("확인할 방문이 없습니다. 목록을 새로 고쳐 주세요."))
    author = author_of_step(session, case=case, by=by)
    how = staff_ladder.way_of(by)
    return staff_ladder.note_seen(session, ticket=case.ticket, visit=visit, how=how, author=author, now=now)


def _finish(session: Session, taken: Taken, *, what: str, odd: dict[str, list[str]]) -> StepResult:
    write_step(session, taken, what=what, data={"noted": odd} if odd else {})
    return result_of(taken.case, taken.visit, at=taken.at)


def _before_window(visit: Visit, at: datetime, confirmed: bool) -> dict[str, object]:
    if visit.window_start is None or at >= visit.window_start:
        return {}
    early_s = int((visit.window_start - at).total_seconds())
    return {"early_s": early_s, "window_start": rfc3339_kst(visit.window_start), "confirmed": confirmed}


def _require_absence(session: Session, taken: Taken) -> None:
    visit = taken.visit
    arrived_at = visit.arrived_at or taken.at
    rules = read_rules(session, company_id=taken.case.ticket.company_id, at=taken.now)
    errors = absence_errors(
        arrived_at=arrived_at,
        at=taken.at,
        tries=_tries_since(session, ticket_id=taken.case.ticket_id, since=arrived_at),
        wait_s=rules.absence_wait_s,
        tries_needed=rules.absence_attempts,
    )
    if errors:
        raise NotYetAbsentError(errors[0].message, errors=errors)


def _tries_since(session: Session, *, ticket_id: int, since: datetime) -> int:
    query = select(func.count()).where(
        col(ContactAttempt.ticket_id) == ticket_id,
        col(ContactAttempt.at) >= since,
        col(ContactAttempt.outcome).not_in([outcome.value for outcome in REACHED]),
    )
    return session.exec(query).one()


def _oddities(session: Session, taken: Taken) -> dict[str, list[str]]:
    visit = taken.visit
    query = (
        select(Ticket.number, Visit.state, Visit.planned_start)
        .join(Ticket, col(Ticket.id) == col(Visit.ticket_id))
        .where(
            col(Visit.technician_id) == visit.technician_id,
            col(Visit.id) != visit.id,
            col(Visit.state).in_(OPEN_VISIT_STATES),
        )
    )
    others = [OtherVisit(number, state, planned) for number, state, planned in session.exec(query)]
    window = (visit.window_start, visit.window_end) if visit.window_start and visit.window_end else None
    return oddities(at=taken.at, window=window, planned_start=visit.planned_start, others=others)
