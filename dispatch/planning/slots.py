"""Which windows can be offered to a family: only those in which some technician really fits, best first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from sqlmodel import Session

from core.clock import kst
from core.dated import read_rules
from core.errors import ConflictError, InvalidError
from core.i18n import _
from dispatch.candidates import rank_points
from dispatch.cases import current_visit
from dispatch.intake_rules import SAFETY_SYMPTOMS, priority_of
from dispatch.models import Ticket
from dispatch.open_visits import duration_of, find_open_visit, skills_of
from dispatch.planning.board import load_horizon
from dispatch.planning.board_problem import BoardProblem, Freedom, with_and_without_gaps
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Window
from dispatch.planning.board_travel import reckon_with, source_of_visit
from dispatch.planning.duty_slots import duty_slots
from dispatch.planning.idle_time import has_idle_time
from dispatch.planning.insertion import best_insertion, candidate_visit
from dispatch.planning.slot_shapes import Slot, own_window, rounded_up
from dispatch.planning.visiting_hours import may_be_offered
from dispatch.planning.yielding import ways_in
from dispatch.travel import place_at
from dispatch.visit_rules import part_due
from geo.schemas import Point
from scheduling.quote import Ask, Offer, rank_boards
from scheduling.quote_board import QuoteBoard
from workforce.queries import get_point, is_point_closed
from workforce.schemas import PointInfo

AT_ALL_COSTS = 1_000_000_000
GOING_AGAIN = ("ABSENT", "ON_HOLD")
HYPOTHETICAL_POINTS = 3
"""How many of the nearest points are asked for a home that has no ticket yet, until one can come."""


class NoPointYetError(ConflictError):
    """The ticket has no service point, so nobody's time can be offered."""

    code = "no-point-yet"


@dataclass(frozen=True)
class SlotQuestion:
    """A home without a ticket: where it is, what is wrong, and whether somebody frail lives there."""

    lat: float
    lon: float
    area_code: str
    symptom: str
    vulnerable: bool = False


def rank_slots(
    session: Session, *, ticket_id: int, now: datetime, since: datetime | None = None
) -> list[Slot]:
    """Windows for a ticket at its point over today and the planned days, none in the past.

    The one in which its technician is planned now comes first, then who is on standby and the soonest at work
    where no other window would reach a cold home in time, then the best. Whoever a window names is who comes
    when it is agreed (`appointments.fit_window`). While a part is awaited, none begins before its day.

    Args:
        since: none begins before this; for whoever has just ended the wait for a part.

    Raises NoPointYetError while no service point has the ticket.
    """
    ticket = session.get_one(Ticket, ticket_id)
    if ticket.service_point_id is None:
        raise NoPointYetError(
            _("아직 서비스점이 정해지지 않아 시간을 고를 수 없습니다. 잠시 뒤 다시 보아 주세요.")
        )
    open_visit = find_open_visit(session, ticket_id=ticket_id)
    anew = open_visit.id if open_visit else None
    boards = load_horizon(session, point_id=ticket.service_point_id, now=now, anew=anew)
    seen = None
    if open_visit is not None:
        seen = next((v for board in boards if (v := board.find(open_visit.id or 0)) is not None), None)
    if seen is None:
        point = get_point(session, point_id=ticket.service_point_id)
        seen = candidate_visit(session, ticket=ticket, point=point, rules=boards[0].rules, visit=open_visit)
    boards = reckon_with(session, boards, seen.place)  # also on days on which it is not planned
    if since is None and ticket.status == "ON_HOLD":
        since = _part_due(session, ticket)
    slots = rank_days(boards, seen, since=since)
    if ticket.status in GOING_AGAIN and since is None:
        # Before and after the new visit is planned alike: a text, the desk and the phone offer the same.
        slots = [*_later_today(boards[0], seen, slots), *slots]
    planned = _as_planned(boards, seen, slots)
    first = [] if planned is None else [planned]
    rest = [slot for slot in slots if planned is None or slot.start != planned.start]
    earliest = min((slot.start for slot in (*first, *rest)), default=None)
    waits = since is not None or ticket.status in GOING_AGAIN
    called = () if waits else duty_slots(boards, seen, earliest=earliest)
    return [*first, *called, *rest]


def named_for(boards: Sequence[DayBoard], seen: BoardVisit, window: Window) -> int | None:
    """The technician whom the offer of this very window names; None: nobody can begin in it."""
    for overtime in (False, True):
        for board in boards:
            for slot in _slots_of_day(board, seen, [window], overtime=overtime):
                return slot.technician_id
    return None


def rank_slots_for(session: Session, *, company_id: int, question: SlotQuestion, now: datetime) -> list[Slot]:
    """Windows for a home that has no ticket yet, from the nearest open point that can come.

    Raises InvalidError where a symptom must not wait for a window: it goes into the safety flow.
    """
    if question.symptom in SAFETY_SYMPTOMS:
        raise InvalidError(_("안전 증상은 시간을 고르지 않습니다. 접수하면 바로 기사를 보냅니다."))
    place = place_at(question.lat, question.lon, question.area_code)
    for point in _nearest_points(session, company_id=company_id, place=place, now=now):
        boards = reckon_with(session, load_horizon(session, point_id=point.id, now=now), place)
        slots = rank_days(boards, _hypothetical(question, place, boards[0], now))
        if slots:
            return slots
    return []


def rank_days(boards: Sequence[DayBoard], seen: BoardVisit, *, since: datetime | None = None) -> list[Slot]:
    """Every window of these days that somebody can keep and that may be offered, best first.

    A check-up gets idle time alone, and nobody stays on for it.
    """
    asked = replace(seen, window=None, pinned_time=False)
    boards = [board for board in boards if not seen.yields or has_idle_time(board)]
    ahead = [(board, [w for w in _windows(board) if since is None or w[0] >= since]) for board in boards]
    offered = [(board, [w for w in windows if may_be_offered(board, asked, w)]) for board, windows in ahead]
    for overtime in (False,) if seen.yields else (False, True):
        slots: list[Slot] = [
            s for board, windows in offered for s in _slots_of_day(board, seen, windows, overtime=overtime)
        ]
        if slots:
            break
    return sorted(slots, key=lambda slot: (-slot.score, slot.start))


def _part_due(session: Session, ticket: Ticket) -> datetime | None:
    newest = current_visit(session, ticket_id=ticket.id or 0)
    if newest is None:
        return None
    return part_due(status=ticket.status, hold_reason=newest.hold_reason, hold_due_at=newest.hold_due_at)


def _later_today(today: DayBoard, seen: BoardVisit, slots: Sequence[Slot]) -> list[Slot]:
    """What is left of today once the last of the company's windows has begun: from when somebody is free."""
    if any(slot.start < today.bounds[1] and not slot.overtime for slot in slots):
        return []
    free = {rounded_up(max(today.now, s.start_at)) for s in today.stretches if not s.standby}
    windows = (own_window(today, seen, at) for at in sorted(free) if at < today.bounds[1])
    possible = [w for w in windows if w[0] < w[1] and may_be_offered(today, seen, w)]
    return list(_slots_of_day(today, seen, possible, overtime=False))[:1]


def _slots_of_day(
    board: DayBoard, seen: BoardVisit, windows: Sequence[Window], *, overtime: bool
) -> Iterator[Slot]:
    on_board = any(v.visit_id == seen.visit_id for v in board.visits)
    if not windows or not board.stretches or not (on_board or board.has_room_for(seen)):
        return
    # An unplanned visit has no window of its own: each offered one bounds it in turn.
    asked = replace(seen, window=None, pinned_time=False, wished=())
    left = list(windows)
    for bp in with_and_without_gaps(board, freedom=Freedom.INSERT, anew=asked):
        found = list(_slots_in(bp, seen, left, overtime=overtime))
        yield from found
        begin = {board.seconds(slot.start) for slot in found}
        left = [window for window in left if board.seconds(window[0]) not in begin]
        if not left:
            return


def _slots_in(
    bp: BoardProblem, seen: BoardVisit, windows: Sequence[Window], *, overtime: bool
) -> Iterator[Slot]:
    board, job = bp.board, bp.problem.jobs[bp.problem.job_index[seen.job_id]]
    begins = {s.technician_id: s.start_at for s in reversed(board.stretches)}
    own = [s.key for s in board.stretches if s.technician_id == seen.technician_id]
    by_worth: dict[int, list[tuple[int, int]]] = {}
    for start, end in windows:
        span = board.seconds(start), board.seconds(end)
        by_worth.setdefault(_worth_of_keeping(board, seen, (start, end)), []).append(span)
    offered: set[tuple[int, int]] = set()
    for sequences in ways_in(bp, seen):
        quotes = QuoteBoard(bp.problem, sequences)
        if not overtime:
            quotes.forbid_overtime()
        left = {worth: [s for s in spans if s not in offered] for worth, spans in by_worth.items()}
        asks = [Ask(quotes, job, spans, dict.fromkeys(own, worth)) for worth, spans in left.items() if spans]
        for found in rank_boards(asks, most=len(windows)) if asks else ():
            slot = _slot(bp, found.offer, seen, overtime=overtime)
            # A window that begins before its technician does is half a promise, and its fee a night's.
            if overtime or slot.start >= begins[slot.technician_id]:
                offered.add(found.offer.window)
                yield slot


def _slot(bp: BoardProblem, offer: Offer, seen: BoardVisit, *, overtime: bool) -> Slot:
    assert offer.technician is not None
    board, stretch = bp.board, bp.stretch_of(offer.technician)
    return Slot(
        start=board.moment(offer.window[0]),
        end=board.moment(offer.window[1]),
        technician_id=stretch.technician_id,
        technician_name=stretch.name,
        service_point_id=board.point_id,
        added_travel_s=offer.added_travel_s,
        travel_source=source_of_visit(board, seen.place, stretch.technician_id),
        score=offer.score,
        overtime=overtime,
        own=stretch.technician_id == seen.technician_id,
        touched=len(offer.touched),
        most_later_s=max((0, *(other.seconds for other in offer.touched))),
    )


def _worth_of_keeping(board: DayBoard, seen: BoardVisit, window: Window) -> int:
    """What it may cost, in seconds of driving, that the visit's technician stays the same."""
    at = seen.planned_start
    if seen.contacted or (at is not None and window[0] <= at < window[1]):
        return AT_ALL_COSTS
    return board.rules.known_face_cost


def _as_planned(boards: Sequence[DayBoard], seen: BoardVisit, slots: Sequence[Slot]) -> Slot | None:
    """The window around the present plan: one of the company's, or one made for it where he can keep it."""
    at, who = seen.planned_start, seen.technician_id
    if at is None or who is None or seen.window is not None or at <= boards[0].now:
        return None
    inside = next((slot for slot in slots if slot.own and slot.start <= at < slot.end), None)
    if inside is not None:
        return replace(inside, score=1.0, as_planned=True)
    board = next((b for b in boards if any(v.visit_id == seen.visit_id for v in b.visits)), None)
    if board is None:
        return None
    asked = replace(seen, pinned_time=False)
    window = own_window(board, asked, at)
    if not may_be_offered(board, asked, window):
        return None
    own = replace(asked, window=window, only_technician_id=who)
    kept = (best_insertion([board], own, freedom=freedom) for freedom in (Freedom.INSERT, Freedom.FREE))
    if not any(kept):
        return None
    source = source_of_visit(board, seen.place, who)
    name = board.names.get(who, "")
    return Slot(*window, who, name, board.point_id, 0, 1.0, source, own=True, as_planned=True)


def _windows(board: DayBoard) -> Iterator[Window]:
    """The company's windows on this operating day that have not begun; before 05:00 is the night after."""
    for written in board.rules.window_starts:
        hour, minute = (int(part) for part in written.split(":"))
        start = kst(board.day, hour if hour >= 5 else hour + 24, minute)
        if start >= board.now:
            yield start, start + timedelta(seconds=board.rules.window_length_s)


def _nearest_points(session: Session, *, company_id: int, place: Point, now: datetime) -> Iterator[PointInfo]:
    rules = read_rules(session, company_id=company_id, at=now)
    ranked = rank_points(session, company_id=company_id, place=place, rules=rules, now=now)
    takes_work = (c.point for c in ranked if is_point_closed(session, point_id=c.point.id, at=now) is None)
    return islice(takes_work, HYPOTHETICAL_POINTS)


def _hypothetical(question: SlotQuestion, place: Point, board: DayBoard, now: datetime) -> BoardVisit:
    return BoardVisit(
        visit_id=0,
        ticket_id=0,
        number="",
        status="RECEIVED",
        state="planned",
        symptom=question.symptom,
        priority=priority_of(symptom=question.symptom, priority_care=question.vulnerable, safety=False),
        safety=False,
        received_at=now,
        place=place,
        duration_s=duration_of(board.rules, question.symptom),
        skills=skills_of(board.rules, question.symptom),
    )
