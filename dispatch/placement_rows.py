"""What a search for a service point writes down and reads again: who has the ticket, who was passed over.

A search is one round; a re-opened case begins another.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core import events
from core.actor import Actor
from core.dated import CompanyRules
from core.i18n import N_, _
from dispatch import notices
from dispatch.candidates import Candidate
from dispatch.events import TicketPlaced
from dispatch.models import Placement, Ticket
from dispatch.placement_rules import Reason
from dispatch.tasks import PLACE_BY_HAND, close_tasks_of
from dispatch.tickets import note_change, ticket_key


def settle(
    session: Session,
    *,
    ticket: Ticket,
    candidate: Candidate,
    reason: Reason,
    rules: CompanyRules,
    by: Actor,
    now: datetime,
    is_theirs: bool = False,
) -> None:
    """Write down that a point has the ticket, or is asked. The caller lets planning go on.

    Args:
        is_theirs: the point took it itself, so nobody has to ask.
    """
    point = candidate.point
    accepted = point.accepts_by_itself or ticket.safety or is_theirs
    session.add(
        Placement(
            ticket_id=ticket_key(ticket),
            service_point_id=point.id,
            rank=candidate.rank,
            travel_s=candidate.travel_s,
            travel_source=candidate.travel_source,
            state="ACCEPTED" if accepted else "OFFERED",
            reason_code=reason.code,
            reason_text=reason.text,
            at=now,
            answer_due_at=None if accepted else now + timedelta(seconds=rules.accept_limit_s),
            answered_at=now if accepted else None,
        )
    )
    ticket.service_point_id, ticket.status = point.id, "UNASSIGNED"
    session.add(ticket)
    session.flush()
    done = N_("서비스점을 정했습니다.")
    close_tasks_of(session, ticket_id=ticket_key(ticket), kinds=[PLACE_BY_HAND], outcome=done, by=by, now=now)
    data = {
        "service_point_id": point.id,
        "travel_s": candidate.travel_s,
        "code": reason.code,
        "accepted": accepted,
    }
    note_change(session, ticket=ticket, what="TicketPlaced", by=by, now=now, reason=reason.text, data=data)
    if not accepted:
        why = _("새 접수를 맡을 수 있는지 답해 주세요.")
        notices.tell_point(session, ticket_id=ticket_key(ticket), why=why, now=now)


def let_plan(session: Session, *, ticket: Ticket, now: datetime) -> None:
    """Announce that a ticket has a point: it is planned in a moment, in a transaction of its own."""
    assert ticket.service_point_id is not None
    placed = TicketPlaced(
        company_id=ticket.company_id,
        at=now,
        ticket_id=ticket_key(ticket),
        service_point_id=ticket.service_point_id,
    )
    events.publish(session, placed)


def pass_over(session: Session, *, ticket: Ticket, candidate: Candidate, why: Reason, now: datetime) -> None:
    """Keep a point and its reason once a round, however often the search runs."""
    known = select(Placement.id).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.service_point_id) == candidate.point.id,
        col(Placement.state) == "PASSED_OVER",
        col(Placement.reason_text) == why.text,
        col(Placement.at) >= _round_start(ticket),
    )
    if session.exec(known).first() is not None:
        return
    session.add(
        Placement(
            ticket_id=ticket_key(ticket),
            service_point_id=candidate.point.id,
            rank=candidate.rank,
            travel_s=candidate.travel_s,
            travel_source=candidate.travel_source,
            state="PASSED_OVER",
            reason_code=why.code,
            reason_text=why.text,
            at=now,
        )
    )
    session.flush()


def leave_old_point(session: Session, ticket: Ticket) -> None:
    """A re-opened case starts a new round: the point that had it is one of all again."""
    held = select(Placement).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.state).in_(("ACCEPTED", "OFFERED")),
        col(Placement.at) < _round_start(ticket),
    )
    for placement in session.exec(held):
        placement.state = "WITHDRAWN"
        session.add(placement)
        ticket.service_point_id = None
    session.add(ticket)
    session.flush()


def refused_points(session: Session, ticket: Ticket) -> frozenset[int]:
    """Points that have declined, or kept silent, in this round."""
    query = select(Placement.service_point_id).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.state).in_(("DECLINED", "EXPIRED")),
        col(Placement.at) >= _round_start(ticket),
    )
    return frozenset(session.exec(query))


def answer_of(session: Session, ticket: Ticket, point_id: int) -> Placement:
    """What a point that said no gave as its reason."""
    query = select(Placement).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.service_point_id) == point_id,
        col(Placement.state).in_(("DECLINED", "EXPIRED")),
    )
    return session.exec(query.order_by(col(Placement.id).desc()).limit(1)).one()


def _round_start(ticket: Ticket) -> datetime:
    return ticket.reopened_at or ticket.recorded_at
