"""A ticket and its service point: placed by itself (`placing.py`), answered, passed on, moved by hand.

Lock order as everywhere: the point's day, the ticket, its visit, then the placement.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from core import events
from core.actor import SYSTEM, Actor
from core.dated import read_rules
from core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from core.i18n import _
from core.sweeping import EachAlone
from dispatch import assignment, placement_rules
from dispatch.candidates import Candidate, rank_points
from dispatch.cases import Case, lock_case
from dispatch.events import PlacementRefused
from dispatch.models import Placement, Ticket
from dispatch.placement_rows import let_plan, settle
from dispatch.placement_rules import DECLINED, EXPIRED
from dispatch.places import address_of
from dispatch.placing import place_ticket
from dispatch.states import OPEN_VISIT_STATES, UNDER_WAY_STATES
from dispatch.tickets import has_ended, note_change
from dispatch.travel import place_at
from geo.schemas import Point
from workforce.queries import get_point

__all__ = [
    "AlreadyAcceptedError",
    "NotOfferedError",
    "TicketMovingError",
    "answer_placement",
    "expire_unanswered",
    "keep_at_point",
    "move_ticket",
    "place_ticket",
]

SWEEP_BATCH = 20
IN_ACTION = ("CONTACTED", "APPOINTED", "EN_ROUTE", "ARRIVED", "IN_PROGRESS")
"""Work has begun with the family: who called has taken the ticket."""


class NotOfferedError(ConflictError):
    """The ticket is not offered to this point (any more)."""

    code = "not-offered"


class AlreadyAcceptedError(ConflictError):
    """The point has taken it, or has begun to work on it: declining is too late."""

    code = "already-accepted"


class TicketMovingError(ConflictError):
    """A technician is under way or the ticket has ended: it cannot move to another point."""

    code = "cannot-move"


def answer_placement(
    session: Session,
    *,
    ticket_id: int,
    decision: Literal["ACCEPT", "DECLINE"],
    reason: str | None,
    by: Actor,
    now: datetime,
    point_id: int | None = None,
) -> None:
    """The point's desk takes the ticket, or gives it back with a reason. The same answer twice is one.

    Args:
        point_id: the desk's own point; None for somebody who answers for any point.

    Raises:
        UnknownTicketError.
        InvalidError: declined without a reason.
        NotOfferedError: the ticket is with another point, or the limit has run out.
        AlreadyAcceptedError: declined after accepting, or after a visit was agreed.
    """
    why = (reason or "").strip()
    if decision == "DECLINE" and not why:
        message = _("맡을 수 없는 까닭을 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    case = lock_case(session, ticket_id=ticket_id)
    placement = _current(session, ticket_id)
    if placement is None or (point_id is not None and placement.service_point_id != point_id):
        raise NotOfferedError(_("이 서비스점에 맡긴 접수가 아닙니다. 목록을 새로 고쳐 주세요."))
    if placement.state == "ACCEPTED":
        if decision == "ACCEPT":
            return
        raise AlreadyAcceptedError(_("이미 수락한 접수입니다. 다른 곳으로 옮기려면 상황실에 알려 주세요."))
    if placement.answer_due_at is not None and now > placement.answer_due_at:
        raise NotOfferedError(_("답할 시간이 지나 다른 서비스점으로 넘어갑니다."))
    if decision == "ACCEPT":
        _accept(session, case, placement, by=by, now=now)
        return
    if case.ticket.status in IN_ACTION:
        raise AlreadyAcceptedError(_("고객과 이미 연락한 접수입니다. 옮기려면 상황실에 알려 주세요."))
    _refuse(session, case, placement, state="DECLINED", code=DECLINED, why=why, by=by, now=now)


def _find_unanswered(session: Session, *, now: datetime) -> list[tuple[int | None, int]]:
    query = (
        select(Placement.id, Placement.ticket_id)
        .where(col(Placement.state) == "OFFERED", col(Placement.answer_due_at) < now)
        .order_by(col(Placement.answer_due_at))
        .limit(SWEEP_BATCH)
    )
    return list(session.exec(query))


def _expire(session: Session, found: tuple[int | None, int], *, now: datetime) -> int:
    placement_id, ticket_id = found
    case = lock_case(session, ticket_id=ticket_id)
    placement = session.get_one(Placement, placement_id, populate_existing=True)
    if placement.state != "OFFERED":
        return 0
    if has_ended(case.ticket):
        placement.state, placement.answered_at = "WITHDRAWN", now
        session.add(placement)
    elif case.ticket.status in IN_ACTION:
        _accept(session, case, placement, by=SYSTEM, now=now)
    else:
        why = _("정해진 시간 안에 답이 없었음")
        _refuse(session, case, placement, state="EXPIRED", code=EXPIRED, why=why, by=SYSTEM, now=now)
    return 1


expire_unanswered = EachAlone("expire_unanswered", _find_unanswered, _expire)
"""Sweep: points that kept silent beyond their limit lose the ticket, and the next one is asked."""


def move_ticket(
    session: Session, *, ticket_id: int, point_id: int, reason: str, by: Actor, now: datetime
) -> None:
    """A person gives a ticket to a point, or moves it there (이관). Its clocks go on as they are.

    Raises:
        UnknownTicketError; NotFoundError for a point of another company.
        InvalidError: no reason.
        TicketMovingError: ended, or a technician is under way.
    """
    why = reason.strip()
    if not why:
        message = _("서비스점을 바꾸는 까닭을 적어 주세요.")
        raise InvalidError(message, errors=(FieldError("reason", message),))
    case = lock_case(session, ticket_id=ticket_id)
    ticket = case.ticket
    if has_ended(ticket) or (case.visit is not None and case.visit.state in UNDER_WAY_STATES):
        raise TicketMovingError(_("이미 출동했거나 끝난 접수는 옮길 수 없습니다."))
    if ticket.service_point_id == point_id:
        return
    candidate = _candidate(session, ticket, point_id=point_id, now=now)
    before = ticket.service_point_id
    placement = _current(session, ticket_id)
    if placement is not None:
        placement.state, placement.answered_at = "WITHDRAWN", now
        session.add(placement)
    if before is not None:
        ticket.transferred_at = now
        _release(session, case, why=why, by=by, now=now)
        note_change(
            session,
            ticket=ticket,
            what="TicketTransferred",
            by=by,
            now=now,
            reason=why,
            data={"from": before, "to": point_id},
        )
    settle(
        session,
        ticket=ticket,
        candidate=candidate,
        reason=placement_rules.reason_by_hand(travel_s=candidate.travel_s, why=why),
        rules=read_rules(session, company_id=ticket.company_id, at=now),
        by=by,
        now=now,
    )
    let_plan(session, ticket=ticket, now=now)


def keep_at_point(session: Session, *, ticket_id: int, point_id: int, by: Actor, now: datetime) -> None:
    """A ticket that a point took on paper stays with that point, whoever would be nearer.

    It has just been filed, so it has no point yet. One that has ended already (the family helped itself)
    is left alone. Raises UnknownTicketError; NotFoundError for a point that is closed for good.
    """
    ticket = lock_case(session, ticket_id=ticket_id).ticket
    if has_ended(ticket) or ticket.service_point_id is not None:
        return
    candidate = _candidate(session, ticket, point_id=point_id, now=now)
    why = _("서비스점이 종이로 받은 접수")
    settle(
        session,
        ticket=ticket,
        candidate=candidate,
        reason=placement_rules.reason_by_hand(travel_s=candidate.travel_s, why=why),
        rules=read_rules(session, company_id=ticket.company_id, at=now),
        by=by,
        now=now,
        is_theirs=True,
    )
    let_plan(session, ticket=ticket, now=now)


def _accept(session: Session, case: Case, placement: Placement, *, by: Actor, now: datetime) -> None:
    placement.state, placement.answered_at, placement.answered_by_id = "ACCEPTED", now, by.person_id
    session.add(placement)
    data = {"service_point_id": placement.service_point_id}
    note_change(session, ticket=case.ticket, what="PlacementAccepted", by=by, now=now, data=data)
    assignment.confirm_tentative(session, ticket_id=case.ticket_id, now=now)


def _refuse(
    session: Session,
    case: Case,
    placement: Placement,
    *,
    state: str,
    code: str,
    why: str,
    by: Actor,
    now: datetime,
) -> None:
    ticket = case.ticket
    placement.state, placement.reason_code, placement.reason_text = state, code, why
    placement.answered_at, placement.answered_by_id = now, by.person_id
    session.add(placement)
    _release(session, case, why=why, by=by, now=now)
    ticket.service_point_id, ticket.status = None, "UNASSIGNED"
    data = {"service_point_id": placement.service_point_id, "state": state}
    note_change(session, ticket=ticket, what="PlacementRefused", by=by, now=now, reason=why, data=data)
    events.publish(
        session,
        PlacementRefused(
            company_id=ticket.company_id,
            at=now,
            ticket_id=case.ticket_id,
            service_point_id=placement.service_point_id,
        ),
    )


def _release(session: Session, case: Case, *, why: str, by: Actor, now: datetime) -> None:
    visit = case.visit
    if visit is not None and visit.state in OPEN_VISIT_STATES:
        assignment.release_visit(session, visit_id=case.visit_id, why=why, by=by, now=now)


def _current(session: Session, ticket_id: int) -> Placement | None:
    query = (
        select(Placement)
        .where(col(Placement.ticket_id) == ticket_id, col(Placement.state).in_(("OFFERED", "ACCEPTED")))
        .order_by(col(Placement.id).desc())
        .execution_options(populate_existing=True)
    )
    return session.exec(query).first()


def _candidate(session: Session, ticket: Ticket, *, point_id: int, now: datetime) -> Candidate:
    point = get_point(session, point_id=point_id)
    address = address_of(session, ticket)
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    if address.lat is not None and address.lon is not None:
        place = place_at(address.lat, address.lon, address.area_code)
    else:
        place = Point(point.lat, point.lon)
    ranked = rank_points(session, company_id=ticket.company_id, place=place, rules=rules, now=now)
    for candidate in ranked:
        if candidate.point.id == point_id:
            return candidate
    raise NotFoundError(_("그런 서비스점이 없습니다."))
