"""How a ticket finds its service point: nearest open, qualified, with capacity; the next when one says no.

Every point that was passed over stays in the table with its reason. Direct points accept by themselves,
designated ones (지정점) are asked and have a limit; the visit is planned tentatively until they answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import SYSTEM
from core.clock import operating_day
from core.dated import CompanyRules, read_rules
from core.i18n import N_
from dispatch import assignment, placement_rules, safety
from dispatch.candidates import Candidate, has_qualified, rank_points, why_not
from dispatch.events import PlacementRefused, TicketFiled, TicketReopened
from dispatch.models import Ticket, Visit
from dispatch.open_visits import find_open_visit, skills_of
from dispatch.placement_rows import answer_of, leave_old_point, let_plan, pass_over, refused_points, settle
from dispatch.placement_rules import Reason
from dispatch.places import address_of, ask_map_pick, is_plannable
from dispatch.planning.board import horizon, load_boards, load_horizon
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.day_locks import lock_days
from dispatch.planning.insertion import best_insertion, candidate_visit
from dispatch.planning.safety_pin import somebody_reaches
from dispatch.tasks import PLACE_BY_HAND, open_task
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
    visit: Visit | None
    """The open visit that comes back from another point; it keeps its own needs."""
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
        leave_old_point(session, ticket)
    waits = ticket.service_point_id is None and ticket.status in WAITING
    if not waits or not is_triaged(session, ticket_id=event.ticket_id):
        return
    if candidates is None:
        _wait(session, ticket, now=now)
        ask_map_pick(session, ticket=ticket, by=SYSTEM, now=now)
        return
    # A ticket that was just filed has no visit yet: nothing is asked on the way in.
    visit = None if isinstance(event, TicketFiled) else find_open_visit(session, ticket_id=event.ticket_id)
    search = _Search(
        ticket=ticket,
        rules=rules,
        skills=frozenset(visit.skills) if visit is not None else skills_of(rules, ticket.symptom),
        visit=visit,
        refused=refused_points(session, ticket),
        held_point_id=nearest,
        now=now,
    )
    if ticket.safety:
        _place_safety(session, search, candidates)
    else:
        _place(session, search, candidates)


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
            answer = answer_of(session, search.ticket, candidate.point.id)
            passed.append((candidate.point.name, Reason(answer.reason_code, answer.reason_text)))
            continue
        why = _why_not_now(session, search, candidate)
        if why is None:
            reason = placement_rules.reason_taken(travel_s=candidate.travel_s, passed=passed, safety=False)
            _take(session, search, candidate, reason)
            return
        passed.append((candidate.point.name, why))
        pass_over(session, ticket=search.ticket, candidate=candidate, why=why, now=search.now)
    _ask_person(session, search, passed)


def _place_safety(session: Session, search: _Search, candidates: list[Candidate]) -> None:
    """The nearest point with somebody on duty who can go now; without one, the nearest that has anybody."""
    ticket, fallback = search.ticket, None
    for candidate in candidates[:SAFETY_LOOKS]:
        why = _why_nobody_goes(session, search, candidate)
        if why is None:
            reason = placement_rules.reason_taken(travel_s=candidate.travel_s, passed=[], safety=True)
            _take(session, search, candidate, reason)
            return
        pass_over(session, ticket=ticket, candidate=candidate, why=why, now=search.now)
        fallback = fallback or (candidate if _why_not_now(session, search, candidate) is None else None)
    safety.raise_alarm(session, ticket=ticket, now=search.now)
    if fallback is None:
        _ask_person(session, search, [])
        return
    _take(session, search, fallback, placement_rules.reason_responsible(travel_s=fallback.travel_s))


def _why_nobody_goes(session: Session, search: _Search, candidate: Candidate) -> Reason | None:
    """Why nobody of a point can go to a safety case now; None: somebody can."""
    ticket, point, now = search.ticket, candidate.point, search.now
    if not safety.has_qualified_on_duty(
        session,
        point_id=point.id,
        company_id=ticket.company_id,
        skills=search.skills,
        excluded=ticket.excluded_technician_id,
        at=now,
    ):
        return placement_rules.reason_nobody_on_duty()
    today = operating_day(now)
    boards = load_boards(session, point_id=point.id, days=[today, today + timedelta(days=1)], now=now)
    seen = candidate_visit(session, ticket=ticket, point=point, rules=search.rules, visit=search.visit)
    boards = reckon_with(session, boards, seen.place)
    return None if somebody_reaches(boards, seen) else placement_rules.reason_too_far()


def _why_not_now(session: Session, search: _Search, candidate: Candidate) -> Reason | None:
    ticket, point, rules, now = search.ticket, candidate.point, search.rules, search.now
    why = why_not(session, point=point, rules=rules, now=now)
    if why is not None:
        return why
    boards = load_horizon(session, point_id=point.id, now=now)
    seen = candidate_visit(session, ticket=ticket, point=point, rules=rules, visit=search.visit)
    boards = search.boards[point.id] = reckon_with(session, boards, seen.place)
    if best_insertion(boards, seen) is not None:
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


def _ask_person(session: Session, search: _Search, passed: list[tuple[str, Reason]]) -> None:
    ticket, now = search.ticket, search.now
    _wait(session, ticket, now=now)
    if passed:
        listed = " / ".join(f"{name}: {why.text}" for name, why in passed)
        detail = N_("맡을 수 있는 서비스점을 찾지 못했습니다. 직접 정해 주세요. {listed}").format(
            listed=listed
        )
    else:
        detail = N_("맡을 수 있는 서비스점을 찾지 못했습니다. 직접 정해 주세요.")
    open_task(session, ticket_id=ticket_key(ticket), kind=PLACE_BY_HAND, detail=detail, due_at=now, now=now)


def _wait(session: Session, ticket: Ticket, *, now: datetime) -> None:
    if ticket.status == "UNASSIGNED":
        return
    ticket.status = "UNASSIGNED"
    note_change(session, ticket=ticket, what="PlacementWaits", by=SYSTEM, now=now)
