"""The best place for one visit over the planned days: what a new ticket gets at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session

from core.clock import operating_day, rfc3339_kst
from core.dated import CompanyRules
from customers.places import places_of_households
from dispatch.models import Ticket, Visit
from dispatch.open_visits import duration_of, skills_of
from dispatch.planning import yielding
from dispatch.planning.board_problem import BoardProblem, Freedom, to_problem, with_and_without_gaps
from dispatch.planning.board_rows import wishes_of
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.drafts import DayDraft, Unplanned, draft_of, explain, read_plan
from dispatch.planning.reason_words import kept_repair, own_reason
from dispatch.tickets import ticket_key
from dispatch.travel import place_at
from scheduling import insertion as planner
from scheduling.evaluator import evaluate_plan
from scheduling.plan import Params, Repair
from workforce.queries import get_point
from workforce.schemas import PointInfo

WAITING_DAY_COST = 1800
"""A day sooner is worth half an hour of driving, also to those who are not in a hurry."""


@dataclass(frozen=True)
class Insertion:
    """The cheapest feasible place of a visit. `added_cost` is travel, lateness and what others lose."""

    visit: BoardVisit
    day: date
    technician_id: int
    technician_name: str
    start_at: datetime
    added_travel_s: int
    added_cost: int
    draft: DayDraft
    """The day's plan with the visit in it, ready to be published."""


def best_insertion(
    boards: Sequence[DayBoard], visit: BoardVisit, *, freedom: Freedom = Freedom.INSERT
) -> Insertion | None:
    """The cheapest place for a visit on any of these days, or None where no technician can come.

    Lateness counts, so that another day wins only where today would cost more. The family's wished windows
    are tried first; when none of them can be kept, any time of the planned days will do.
    """
    if visit.window is None and visit.only_window is None and visit.wished:
        wishes = [replace(visit, wished=(wish,)) for wish in visit.wished]
        options = [found for wish in wishes if (found := _cheapest(boards, wish, freedom)) is not None]
        if options:
            return min(options, key=lambda option: (option.cost, option.bp.board.day)).insertion()
        visit = replace(visit, wished=())
    option = _cheapest(boards, visit, freedom)
    return None if option is None else option.insertion()


def explain_no_place(boards: Sequence[DayBoard], visit: BoardVisit) -> tuple[DayDraft, tuple[Unplanned, ...]]:
    """Today's plan as it stands, and why the visit has no place: looked at on the first day with people."""
    today = boards[0]
    manned = next((board for board in boards if board.is_manned), None)
    draft = draft_of(to_problem(today, freedom=Freedom.INSERT))
    if manned is None:
        return draft, (Unplanned(visit, (own_reason("NO_SHIFT"),)),)
    if not any(board.has_room_for(visit) for board in boards):
        return draft, (Unplanned(visit, (own_reason("DAILY_LIMIT", limit=today.daily_limit),)),)
    bp = to_problem(manned, freedom=Freedom.INSERT, anew=visit, gaps=False)
    plan = evaluate_plan(bp.problem, bp.sequences)
    return draft, tuple(with_other_time(boards, left) for left in explain(bp, plan))


def with_other_time(boards: Sequence[DayBoard], left: Unplanned) -> Unplanned:
    """A promise that these days cannot keep, with the time at which somebody could come instead."""
    visit = left.visit
    if visit.window is None and visit.only_window is None:
        return left  # every time of the days has been tried
    free = replace(visit, window=None, only_window=None, pinned_time=False)
    found = best_insertion(boards, free)
    if found is None:
        return left
    params: Params = {"at": rfc3339_kst(found.start_at), "cost": found.added_cost}
    repair = kept_repair(Repair("OTHER_TIME", params, tried=True))
    who = {"technician_id": found.technician_id, "technician": found.technician_name}
    return replace(left, repairs=(*left.repairs, {**repair, **who}))


def candidate_visit(
    session: Session, *, ticket: Ticket, point: PointInfo, rules: CompanyRules, visit: Visit | None = None
) -> BoardVisit:
    """A ticket as it would stand on a point's board; `visit` is its open one, when it has one elsewhere."""
    home = places_of_households(session, household_ids=[ticket.household_id]).get(ticket.household_id)
    here = place_at(point.lat, point.lon, point.area_code)
    return BoardVisit(
        visit_id=(visit.id if visit else None) or 0,
        ticket_id=ticket_key(ticket),
        number=ticket.number,
        status=ticket.status,
        state="planned",
        symptom=ticket.symptom,
        priority=ticket.priority,
        safety=ticket.safety,
        received_at=ticket.received_at,
        place=here if home is None else place_at(home.lat, home.lon, home.area_code),
        duration_s=visit.duration_s if visit else duration_of(rules, ticket.symptom),
        skills=frozenset(visit.skills) if visit else skills_of(rules, ticket.symptom),
        excluded_technician_id=ticket.excluded_technician_id,
        preferred_technician_id=ticket.preferred_technician_id,
    )


def with_new_visit(
    session: Session, boards: Sequence[DayBoard], *, ticket: Ticket, visit: Visit
) -> list[DayBoard]:
    """Boards that were read before a ticket had its visit, with the visit waiting on them."""
    point, rules = get_point(session, point_id=boards[0].point_id), boards[0].rules
    seen = candidate_visit(session, ticket=ticket, point=point, rules=rules, visit=visit)
    wished = wishes_of(session, [seen.ticket_id]).get(seen.ticket_id, ())
    seen = replace(seen, wished=wished, accepted=point.accepts_by_itself)
    return [replace(board, waiting=(*board.waiting, seen)) for board in boards]


@dataclass(frozen=True)
class _Option:
    bp: BoardProblem
    found: planner.Insertion
    visit: BoardVisit
    waiting_cost: int
    placed_cost: int

    @property
    def cost(self) -> int:
        return self.placed_cost + self.waiting_cost

    def insertion(self) -> Insertion:
        """Times for the whole day, worked out for the winner only."""
        draft = read_plan(self.bp, evaluate_plan(self.bp.problem, self.found.sequences))
        stretch = self.bp.stretch_of(self.found.technician)
        return Insertion(
            visit=self.visit,
            day=self.bp.board.day,
            technician_id=stretch.technician_id,
            technician_name=stretch.name,
            start_at=draft.by_visit[self.visit.visit_id].start_at,
            added_travel_s=self.found.added_travel,
            added_cost=self.found.added_cost,
            draft=draft,
        )


def _cheapest(boards: Sequence[DayBoard], visit: BoardVisit, freedom: Freedom) -> _Option | None:
    best: _Option | None = None
    for board in _days_to_try(boards, visit):
        waiting_cost = WAITING_DAY_COST * (board.day - operating_day(board.now)).days
        if best is not None and _least_lateness(board, visit) + waiting_cost >= best.cost:
            continue
        option = _on_day(board, visit, freedom, waiting_cost)
        if option is not None and (best is None or option.cost < best.cost):
            best = option
    return best


def _on_day(board: DayBoard, visit: BoardVisit, freedom: Freedom, waiting_cost: int) -> _Option | None:
    for bp in with_and_without_gaps(board, freedom=freedom, anew=visit):
        place = yielding.best_place(bp, visit)
        if place is not None:
            return _Option(bp, place.found, visit, waiting_cost, place.cost)
    return None


def _days_to_try(boards: Sequence[DayBoard], visit: BoardVisit) -> Iterator[DayBoard]:
    window = visit.only_window or visit.window
    for board in boards:
        on_board = any(v.visit_id == visit.visit_id for v in board.visits)
        if not board.stretches or not (on_board or board.has_room_for(visit)):
            continue
        spans = [window] if window is not None else visit.wished
        if spans and not any(start < board.bounds[1] and end > board.bounds[0] for start, end in spans):
            continue
        yield board


def _least_lateness(board: DayBoard, visit: BoardVisit) -> int:
    """What waiting for this day costs at least: a later day is not looked at when today is cheaper."""
    if visit.window is not None:
        return 0
    rules = board.rules
    first = min(board.seconds(stretch.start_at) for stretch in board.stretches)
    due = board.seconds(visit.received_at) + rules.visit_target_s[visit.priority]
    if visit.wished:
        due = max(due, board.seconds(visit.wished[0][1]))
    return max(0, first - due) * rules.lateness_cost[visit.priority]
