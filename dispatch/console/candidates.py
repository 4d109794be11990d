"""Who could take a ticket: each technician of its point, whether he may, when he could, what it adds.

What others lose by it is not guessed here: `preview_assignment` asks the door itself and takes it all back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice

from sqlmodel import Session

from core.actor import Actor
from core.clock import operating_day, operating_day_bounds
from core.dated import read_rules
from dispatch.by_hand import HandAssignment, assign_by_hand
from dispatch.models import Ticket
from dispatch.open_visits import find_open_visit
from dispatch.planning.board import load_horizon
from dispatch.planning.board_problem import Freedom
from dispatch.planning.board_rows import wishes_of
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.board_travel import reckon_with
from dispatch.planning.insertion import best_insertion, candidate_visit
from dispatch.planning.one_technician import place_with
from dispatch.planning.visiting_hours import visiting_hours
from workforce.queries import get_point, list_technicians, qualifications_on

MOST_MOVES = 2
"""So many ways out are named; a list of them all would be a riddle."""


@dataclass(frozen=True)
class Move:
    """A visit in the way: with it elsewhere, the technician could begin at `then`."""

    number: str
    at: datetime
    then: datetime


@dataclass(frozen=True)
class CrewMember:
    """A technician as a choice. `missing` qualifications bar him whoever asks; `earliest` None: no room.

    `jobs` counts his visits on the operating day `jobs_on`: that of `earliest`, or the one that is asked for.
    """

    technician_id: int
    name: str
    missing: tuple[str, ...]
    excluded: bool
    works_on: tuple[date, ...]
    jobs: int
    jobs_on: date
    earliest: datetime | None
    added_travel_s: int
    is_current: bool
    moves: tuple[Move, ...] = ()
    """Without room: his visits of that day of which one, moved away, makes room."""

    @property
    def can_go(self) -> bool:
        """Nothing bars him and he has room without moving what is agreed."""
        return not self.missing and not self.excluded and self.earliest is not None


def list_crew(session: Session, *, ticket_id: int, now: datetime) -> list[CrewMember]:
    """The technicians of a ticket's point, who can come soonest first; empty while it has no point."""
    ticket = session.get_one(Ticket, ticket_id)
    if ticket.service_point_id is None:
        return []
    point = get_point(session, point_id=ticket.service_point_id)
    open_visit = find_open_visit(session, ticket_id=ticket_id)
    boards = load_horizon(session, point_id=point.id, now=now, anew=open_visit.id if open_visit else None)
    visit = next((v for board in boards if open_visit and (v := board.find(open_visit.id or 0))), None)
    if visit is None:  # a visit that is on its way here keeps its own needs
        rules = boards[0].rules
        visit = candidate_visit(session, ticket=ticket, point=point, rules=rules, visit=open_visit)
    boards = reckon_with(session, boards, visit.place)  # also on days on which it is not planned
    crew = list_technicians(session, company_id=ticket.company_id, at=now, point_id=point.id)
    had = qualifications_on(session, technician_ids=[t.id for t in crew], day=operating_day(now))
    members = []
    for technician in crew:
        missing = tuple(sorted(visit.skills - had[technician.id]))
        excluded = ticket.excluded_technician_id == technician.id
        works_on = tuple(_days_of(boards, technician.id))
        found = None
        moves: tuple[Move, ...] = ()
        board = _board_asked_for(boards, visit)
        if works_on and not missing and not excluded:
            found = place_with(boards, visit, technician_id=technician.id)
            if found is None:
                only = replace(visit, only_technician_id=technician.id, excluded_technician_id=None)
                moves = tuple(islice(_moves(board, only, technician.id), MOST_MOVES))
            else:
                board = next(b for b in boards if b.day == found.day)
        members.append(
            CrewMember(
                technician_id=technician.id,
                name=technician.name,
                missing=missing,
                excluded=excluded,
                works_on=works_on,
                jobs=sum(1 for v in board.visits if v.technician_id == technician.id),
                jobs_on=board.day,
                earliest=found.start_at if found else None,
                added_travel_s=found.added_travel_s if found else 0,
                is_current=visit.technician_id == technician.id,
                moves=moves,
            )
        )
    return sorted(members, key=lambda m: (not m.can_go, bool(m.missing), m.earliest or now, m.name))


def preview_assignment(
    session: Session,
    *,
    ticket_id: int,
    technician_id: int,
    start: datetime | None,
    pin: Iterable[str],
    by: Actor,
    now: datetime,
) -> HandAssignment:
    """What an assignment would do, by doing it and taking it back: nothing is left behind.

    Raises what `by_hand.assign_by_hand` raises.
    """
    trial = session.begin_nested()
    try:
        return assign_by_hand(
            session,
            ticket_id=ticket_id,
            technician_id=technician_id,
            start=start,
            reason="-",
            pin=frozenset(pin),
            by=by,
            now=now,
        )
    finally:
        trial.rollback()


def list_alternatives(
    session: Session, *, ticket_id: int, technician_id: int, now: datetime
) -> list[CrewMember]:
    """What would do where a choice was refused: the same technician if he has room, then the next soonest."""
    able = [member for member in list_crew(session, ticket_id=ticket_id, now=now) if member.can_go]
    same = [member for member in able if member.technician_id == technician_id]
    others = [member for member in able if member.technician_id != technician_id]
    return same + others[:1]


def outside_visiting_hours(
    session: Session, *, ticket_id: int, start: datetime, now: datetime
) -> tuple[str, str] | None:
    """The hours of ordinary visits, where a time lies outside them and the family has not agreed to it."""
    ticket, visit = session.get_one(Ticket, ticket_id), find_open_visit(session, ticket_id=ticket_id)
    if ticket.service_point_id is None or (visit is not None and visit.window_start is not None):
        return None
    rules = read_rules(session, company_id=ticket.company_id, at=now)
    point = get_point(session, point_id=ticket.service_point_id)
    seen = candidate_visit(session, ticket=ticket, point=point, rules=rules, visit=visit)
    wished = wishes_of(session, [ticket_id]).get(ticket_id, ())
    hours = visiting_hours(replace(seen, planned_start=start, wished=wished), rules)
    at = int((start - operating_day_bounds(operating_day(start))[0]).total_seconds())
    if hours is None or hours[0] <= at <= hours[1]:
        return None
    return rules.visiting_from, rules.visiting_to


def _board_asked_for(boards: Sequence[DayBoard], visit: BoardVisit) -> DayBoard:
    """The day of the agreed window, else of the present plan, else today."""
    at = visit.window[0] if visit.window is not None else visit.planned_start
    return next((b for b in boards if at is not None and b.day == operating_day(at)), boards[0])


def _moves(board: DayBoard, visit: BoardVisit, technician_id: int) -> Iterator[Move]:
    """His visits of the day, one by one: which of them would make room by going elsewhere."""
    for other in board.visits:
        if other.technician_id != technician_id or other.under_way or other.planned_start is None:
            continue
        if other.visit_id == visit.visit_id:
            continue
        rest = replace(board, visits=tuple(v for v in board.visits if v.visit_id != other.visit_id))
        found = best_insertion([rest], visit, freedom=Freedom.INSERT)
        if found is not None:
            yield Move(other.number, other.planned_start, found.start_at)


def _days_of(boards: Sequence[DayBoard], technician_id: int) -> list[date]:
    return [b.day for b in boards if any(s.technician_id == technician_id for s in b.stretches)]
