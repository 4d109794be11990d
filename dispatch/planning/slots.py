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
from dispatch.intake_rules import SAFETY_SYMPTOMS, priority_of
from dispatch.models import Ticket
from dispatch.open_visits import duration_of, find_open_visit, skills_of
from dispatch.planning.board import load_horizon
from dispatch.planning.board_problem import Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard, Window
from dispatch.planning.insertion import candidate_visit
from dispatch.travel import place_at
from geo.schemas import Point
from scheduling.quote import rank_windows, without_overtime
from workforce.queries import get_point, is_point_closed
from workforce.schemas import PointInfo

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


@dataclass(frozen=True)
class Slot:
    """A window that can be promised. `score` falls from 1 (free) to 0; `added_travel_s` is seconds.

    `overtime`: the technician stays on for it. Offered only when there is no other window at all.
    """

    start: datetime
    end: datetime
    technician_id: int
    technician_name: str
    service_point_id: int
    added_travel_s: int
    score: float
    reachable: bool = True
    overtime: bool = False

    @property
    def note(self) -> str:
        """What whoever offers it should know; empty when there is nothing to say."""
        return _("근무 시간이 끝난 뒤까지 일해야 하는 시간입니다.") if self.overtime else ""


def rank_slots(session: Session, *, ticket_id: int, now: datetime) -> list[Slot]:
    """Windows for a ticket at its point over today and the planned days, best first, none in the past.

    Raises NoPointYetError while no service point has the ticket.
    """
    ticket = session.get_one(Ticket, ticket_id)
    if ticket.service_point_id is None:
        raise NoPointYetError(
            _("아직 서비스점이 정해지지 않아 시간을 고를 수 없습니다. 잠시 뒤 다시 보아 주세요.")
        )
    boards = load_horizon(session, point_id=ticket.service_point_id, now=now)
    open_visit = find_open_visit(session, ticket_id=ticket_id)
    seen = None
    if open_visit is not None:
        seen = next((v for board in boards if (v := board.find(open_visit.id or 0)) is not None), None)
    if seen is None:
        point = get_point(session, point_id=ticket.service_point_id)
        seen = candidate_visit(session, ticket=ticket, point=point, rules=boards[0].rules)
    return _rank(boards, replace(seen, window=None, pinned_time=False))


def rank_slots_for(session: Session, *, company_id: int, question: SlotQuestion, now: datetime) -> list[Slot]:
    """Windows for a home that has no ticket yet, from the nearest open point that can come.

    Raises InvalidError where a symptom must not wait for a window: it goes into the safety flow.
    """
    if question.symptom in SAFETY_SYMPTOMS:
        raise InvalidError(_("안전 증상은 시간을 고르지 않습니다. 접수하면 바로 기사를 보냅니다."))
    place = place_at(question.lat, question.lon, question.area_code)
    for point in _nearest_points(session, company_id=company_id, place=place, now=now):
        boards = load_horizon(session, point_id=point.id, now=now)
        slots = _rank(boards, _hypothetical(question, place, boards[0], now))
        if slots:
            return slots
    return []


def _rank(boards: Sequence[DayBoard], visit: BoardVisit) -> list[Slot]:
    slots = [slot for board in boards for slot in _slots_of_day(board, visit, overtime=False)]
    if not slots:
        slots = [slot for board in boards for slot in _slots_of_day(board, visit, overtime=True)]
    return sorted(slots, key=lambda slot: (-slot.score, slot.start))


def _slots_of_day(board: DayBoard, visit: BoardVisit, *, overtime: bool) -> Iterator[Slot]:
    windows = list(_windows(board))
    on_board = any(v.visit_id == visit.visit_id for v in board.visits)
    if not windows or not board.stretches or not (board.has_room or on_board):
        return
    # An unplanned visit has no window of its own: each offered one bounds it in turn.
    bp = to_problem(board, freedom=Freedom.INSERT, anew=replace(visit, wished=()))
    job = bp.problem.jobs[bp.problem.job_index[visit.job_id]]
    spans = [(board.seconds(start), board.seconds(end)) for start, end in windows]
    problem = bp.problem if overtime else without_overtime(bp.problem, bp.sequences)
    for offer in rank_windows(problem, bp.sequences, job, spans):
        if offer.technician is None:
            continue
        stretch = bp.stretch_of(offer.technician)
        yield Slot(
            start=board.moment(offer.window[0]),
            end=board.moment(offer.window[1]),
            technician_id=stretch.technician_id,
            technician_name=stretch.name,
            service_point_id=board.point_id,
            added_travel_s=offer.added_travel_s,
            score=offer.score,
            overtime=overtime,
        )


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
