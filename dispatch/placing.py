"""How a ticket finds its service point: nearest open, qualified, with capacity; the next when one says no.

Every point that was passed over stays in the table with its reason. Direct points accept by themselves,
designated ones (지정점) are asked and have a limit; the visit is planned tentatively until they answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from core import events
from core.actor import SYSTEM, Actor
from core.dated import CompanyRules, read_rules
from core.i18n import N_, _
from dispatch import assignment, notices, placement_rules, safety
from dispatch.candidates import Candidate, has_qualified, rank_points, why_not
from dispatch.events import PlacementRefused, TicketFiled, TicketPlaced, TicketReopened
from dispatch.models import Placement, Ticket
from dispatch.open_visits import skills_of
from dispatch.placement_rules import Reason
from dispatch.places import address_of, ask_map_pick, is_plannable
from dispatch.planning.board import horizon, load_horizon
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.day_locks import lock_days
from dispatch.planning.insertion import best_insertion, candidate_visit
from dispatch.tasks import PLACE_BY_HAND, close_tasks_of, open_task
from dispatch.tickets import lock_ticket, note_change, ticket_key
from dispatch.travel import place_at
from dispatch.triage import is_triaged

WAITING = ("RECEIVED", "UNASSIGNED", "REOPENED")
SAFETY_LOOKS = 30
"""A safety case looks at this many points for somebody on duty."""


@dataclass(frozen=True)
class _Search:
    """One search for a point: the ticket, what it needs, and who has said no in this round."""

    ticket: Ticket
    rules: CompanyRules
    skills: frozenset[str]
    refused: frozenset[int]
    held_point_id: int | None
    """The point whose days this transaction holds: there the ticket is planned at once."""
    now: datetime
    boards: dict[int, list[DayBoard]] = field(default_factory=dict)
    """What was read of the points that were asked, by their ids."""


def place_ticket(
    session: Session, *, event: TicketFiled | PlacementRefused | TicketReopened, now: datetime
) -> None:
    """Handler: give a waiting ticket to the nearest point that can take it, or ask a named person.

    A ticket that has a point, has ended, or still waits for self-help is left alone.
    """
    seen = session.get_one(Ticket, event.ticket_id)
    rules = read_rules(session, company_id=seen.company_id, at=now)
    candidates = _rank(session, seen, rules=rules, now=now)
    nearest = candidates[0].point.id if candidates and not seen.safety else None
    if nearest is not None:  # held before the ticket, as everywhere: the plan goes on in this transaction
        lock_days(session, point_id=nearest, days=horizon(rules, now))
    ticket = lock_ticket(session, ticket_id=event.ticket_id)
    if isinstance(event, TicketReopened) and ticket.status == "REOPENED":
        _leave_old_point(session, ticket)
    waits = ticket.service_point_id is None and ticket.status in WAITING
    if not waits or not is_triaged(session, ticket_id=event.ticket_id):
        return
    if candidates is None:
        _wait(session, ticket, now=now)
        ask_map_pick(session, ticket=ticket, by=SYSTEM, now=now)
        return
    search = _Search(
        ticket=ticket,
        rules=rules,
        skills=skills_of(rules, ticket.symptom),
        refused=_refused_points(session, ticket),
        held_point_id=nearest,
        now=now,
    )
    if ticket.safety:
        _place_safety(session, search, candidates)
    else:
        _place(session, search, candidates)


def settle(
    session: Session,
    *,
    ticket: Ticket,
    candidate: Candidate,
    reason: Reason,
    rules: CompanyRules,
    by: Actor,
    now: datetime,
) -> None:
    """Write down that a point has the ticket, or is asked. The caller lets planning go on."""
    point = candidate.point
    accepted = point.accepts_by_itself or ticket.safety
    session.add(
        Placement(
            ticket_id=ticket_key(ticket),
            service_point_id=point.id,
            rank=candidate.rank,
            travel_s=candidate.travel_s,
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


def _rank(session: Session, ticket: Ticket, *, rules: CompanyRules, now: datetime) -> list[Candidate] | None:
    """Points by travel time; None where nobody knows yet where the home is."""
    address = address_of(session, ticket)
    if address.lat is None or address.lon is None or not is_plannable(address):
        return None
    place = place_at(address.lat, address.lon, address.area_code)
    return rank_points(session, company_id=ticket.company_id, place=place, rules=rules, now=now)


def _place(session: Session, search: _Search, candidates: list[Candidate]) -> None:
    passed: list[tuple[str, Reason]] = []
    for candidate in candidates[: search.rules.candidate_points]:
        if candidate.point.id in search.refused:
            answer = _answer_of(session, search.ticket, candidate.point.id)
            passed.append((candidate.point.name, Reason(answer.reason_code, answer.reason_text)))
            continue
        why = _why_not_now(session, search, candidate)
        if why is None:
            reason = placement_rules.reason_taken(travel_s=candidate.travel_s, passed=passed, safety=False)
            _take(session, search, candidate, reason)
            return
        passed.append((candidate.point.name, why))
        _pass_over(session, search, candidate, why)
    _ask_person(session, search, passed)


def _place_safety(session: Session, search: _Search, candidates: list[Candidate]) -> None:
    """The nearest point with somebody qualified on duty now; without one, the nearest that has anybody."""
    ticket, fallback = search.ticket, None
    for candidate in candidates[:SAFETY_LOOKS]:
        if safety.has_qualified_on_duty(
            session,
            point_id=candidate.point.id,
            company_id=ticket.company_id,
            skills=search.skills,
            excluded=ticket.excluded_technician_id,
            at=search.now,
        ):
            reason = placement_rules.reason_taken(travel_s=candidate.travel_s, passed=[], safety=True)
            _take(session, search, candidate, reason)
            return
        _pass_over(session, search, candidate, placement_rules.reason_nobody_on_duty())
        fallback = fallback or (candidate if _why_not_now(session, search, candidate) is None else None)
    safety.raise_alarm(session, ticket=ticket, now=search.now)
    if fallback is None:
        _ask_person(session, search, [])
        return
    reason = placement_rules.reason_taken(travel_s=fallback.travel_s, passed=[], safety=False)
    _take(session, search, fallback, reason)


def _why_not_now(session: Session, search: _Search, candidate: Candidate) -> Reason | None:
    ticket, point, rules, now = search.ticket, candidate.point, search.rules, search.now
    why = why_not(session, point=point, rules=rules, now=now)
    if why is not None:
        return why
    boards = search.boards[point.id] = load_horizon(session, point_id=point.id, now=now)
    if best_insertion(boards, candidate_visit(session, ticket=ticket, point=point, rules=rules)) is not None:
        return None
    excluded = ticket.excluded_technician_id
    if has_qualified(
        session, point=point, skills=search.skills, excluded_technician_id=excluded, rules=rules, now=now
    ):
        return placement_rules.reason_full()
    return placement_rules.reason_unqualified(search.skills)


def _take(session: Session, search: _Search, candidate: Candidate, reason: Reason) -> None:
    settle(
        session,
        ticket=search.ticket,
        candidate=candidate,
        reason=reason,
        rules=search.rules,
        by=SYSTEM,
        now=search.now,
    )
    _plan(session, search, candidate.point.id)


def _plan(session: Session, search: _Search, point_id: int) -> None:
    """At once where this transaction holds the point's days; elsewhere in one of its own."""
    ticket, boards = search.ticket, search.boards.get(point_id)
    if point_id != search.held_point_id or boards is None:
        let_plan(session, ticket=ticket, now=search.now)
        return
    try:
        assignment.plan_now(
            session, ticket_id=ticket_key(ticket), point_id=point_id, now=search.now, boards=boards
        )
    except (assignment.StalePlanError, assignment.TechnicianTakenError):  # others were faster every time
        let_plan(session, ticket=ticket, now=search.now)


def _pass_over(session: Session, search: _Search, candidate: Candidate, why: Reason) -> None:
    """Keep a point and its reason once a round, however often the search runs."""
    known = select(Placement.id).where(
        col(Placement.ticket_id) == search.ticket.id,
        col(Placement.service_point_id) == candidate.point.id,
        col(Placement.state) == "PASSED_OVER",
        col(Placement.reason_text) == why.text,
        col(Placement.at) >= _round_start(search.ticket),
    )
    if session.exec(known).first() is not None:
        return
    session.add(
        Placement(
            ticket_id=ticket_key(search.ticket),
            service_point_id=candidate.point.id,
            rank=candidate.rank,
            travel_s=candidate.travel_s,
            state="PASSED_OVER",
            reason_code=why.code,
            reason_text=why.text,
            at=search.now,
        )
    )
    session.flush()


def _ask_person(session: Session, search: _Search, passed: list[tuple[str, Reason]]) -> None:
    ticket, now = search.ticket, search.now
    _wait(session, ticket, now=now)
    if passed:
        listed = " / ".join(f"{name}: {why.text}" for name, why in passed)
        detail = _("맡을 수 있는 서비스점을 찾지 못했습니다. 직접 정해 주세요. {listed}").format(
            listed=listed
        )
    else:
        detail = _("맡을 수 있는 서비스점을 찾지 못했습니다. 직접 정해 주세요.")
    open_task(session, ticket_id=ticket_key(ticket), kind=PLACE_BY_HAND, detail=detail, due_at=now, now=now)


def _wait(session: Session, ticket: Ticket, *, now: datetime) -> None:
    if ticket.status == "UNASSIGNED":
        return
    ticket.status = "UNASSIGNED"
    note_change(session, ticket=ticket, what="PlacementWaits", by=SYSTEM, now=now)


def _leave_old_point(session: Session, ticket: Ticket) -> None:
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


def _refused_points(session: Session, ticket: Ticket) -> frozenset[int]:
    query = select(Placement.service_point_id).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.state).in_(("DECLINED", "EXPIRED")),
        col(Placement.at) >= _round_start(ticket),
    )
    return frozenset(session.exec(query))


def _answer_of(session: Session, ticket: Ticket, point_id: int) -> Placement:
    query = select(Placement).where(
        col(Placement.ticket_id) == ticket.id,
        col(Placement.service_point_id) == point_id,
        col(Placement.state).in_(("DECLINED", "EXPIRED")),
    )
    return session.exec(query.order_by(col(Placement.id).desc()).limit(1)).one()


def _round_start(ticket: Ticket) -> datetime:
    return ticket.reopened_at or ticket.recorded_at
