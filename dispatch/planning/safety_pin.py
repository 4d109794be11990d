"""A safety case is given at once: the nearest qualified technician on duty, in his first free position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from core.actor import SYSTEM
from core.i18n import _
from dispatch.models import Ticket
from dispatch.open_visits import ensure_open_visit
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import load_horizon, planned_days
from dispatch.planning.board_problem import BoardProblem, Freedom, to_problem
from dispatch.planning.board_shapes import BoardVisit, DayBoard
from dispatch.planning.day_locks import lock_days
from dispatch.planning.drafts import DayDraft, read_plan
from dispatch.planning.insertion import best_insertion
from dispatch.planning.moving import drafts_without
from dispatch.planning.publishing import publish
from dispatch.planning.relaxing import relax
from dispatch.planning.retrying import on_fresh_data
from dispatch.planning.solve_requests import request_solve
from dispatch.states import UNDER_WAY_STATES
from dispatch.tickets import has_ended, lock_ticket
from scheduling.evaluator import evaluate_plan


def pin_safety(session: Session, *, ticket_id: int, now: datetime, anew: bool = False) -> bool:
    """Give a safety case to a technician of its point, pinned; False when nobody can be found.

    Whoever is on duty now comes first: nearest by the time at which he could be there, right after what he
    is doing. Promises on his route are kept as far as they can be (what becomes late shows as late, and an
    urgent solve looks for help). With nobody on duty the first technician of the planned days gets it.

    Args:
        anew: whoever has it does not come; without this a case that has a time is left alone.
    """
    seen = session.get_one(Ticket, ticket_id)
    if seen.service_point_id is not None:
        days = planned_days(session, point_id=seen.service_point_id, now=now)
        lock_days(session, point_id=seen.service_point_id, days=days)
    ticket = lock_ticket(session, ticket_id=ticket_id)
    if has_ended(ticket) or ticket.service_point_id is None:
        return False
    point_id = ticket.service_point_id
    visit = ensure_open_visit(session, ticket=ticket, point_id=point_id, now=now)
    if visit.state in UNDER_WAY_STATES or (visit.planned_start is not None and not anew):
        return True
    visit_id = visit.id or 0

    def pin() -> bool:
        boards = load_horizon(session, point_id=point_id, now=now, anew=visit_id)
        seen = next((v for board in boards if (v := board.find(visit_id)) is not None), None)
        if seen is None:
            return False
        nobodys = replace(seen, technician_id=None, planned_start=None, planned_end=None)
        pinned = replace(nobodys, pinned_technician=True)
        draft = _at_once(boards[0], pinned) or _at_all(boards, pinned)
        if draft is None:
            return False
        drafts = [draft, *drafts_without(boards, pinned, but=draft.board.day)]
        author = Authorship(SYSTEM, "insertion", _("안전 접수는 가장 가까운 자격 기사에게 바로 맡깁니다."))
        published = publish(session, drafts=drafts, author=author, now=now)
        for day in published.versions:  # a night's danger may push the morning too
            request_solve(session, point_id=point_id, day=day, now=now, urgent=True)
        return True

    return on_fresh_data(session, pin)


def somebody_reaches(boards: Sequence[DayBoard], visit: BoardVisit) -> bool:
    """Whether anybody who is on duty now can be there before his duty ends.

    `boards` begin with the running day, its night shifts as long as they are.
    """
    return bool(_ready(to_problem(boards[0], freedom=Freedom.FREE, anew=visit), visit))


def _at_once(board: DayBoard, visit: BoardVisit) -> DayDraft | None:
    bp = to_problem(board, freedom=Freedom.FREE, anew=visit)
    ready = _ready(bp, visit)
    if not ready:
        return None
    _, technician = min(ready)
    return _first_in_route(bp, technician, visit)


def _ready(bp: BoardProblem, visit: BoardVisit) -> list[tuple[int, int]]:
    """When who could be there, of those who are on duty now."""
    board = bp.board
    return [
        (arrival, t)
        for t, stretch in enumerate(board.stretches)
        if stretch.start_at <= board.now + timedelta(seconds=board.rules.max_overtime_s)
        and (arrival := _arrival(bp, t, visit)) is not None
    ]


def _arrival(bp: BoardProblem, t: int, visit: BoardVisit) -> int | None:
    """When a technician could be there after what is under way; None when he may not or cannot go.

    For a danger he goes home late: his duty has to last until he is there. Only where he is due elsewhere
    afterwards (another maker, the next day's first visit, an agreed leave) must he be done and back in time.
    """
    problem = bp.problem
    job = problem.job_index[visit.job_id]
    if not problem.may_serve(t, job):
        return None
    person, work = problem.technicians[t], problem.jobs[job]
    ready, place = person.shift[0], person.start
    for under_way in problem.prefixes[t]:
        before = problem.jobs[under_way]
        ready = max(ready + problem.rows[place][before.location], before.window[0]) + before.duration
        place = before.location
    arrival = ready + problem.rows[place][work.location]
    home = arrival + work.duration + problem.rows[work.location][person.end]
    needed = home if bp.board.stretches[t].hard_end else arrival
    return arrival if needed <= person.shift[1] + person.max_overtime else None


def _first_in_route(bp: BoardProblem, t: int, visit: BoardVisit) -> DayDraft:
    """The case right behind the work under way; everything after it gives way as far as it must."""
    problem = bp.problem
    person = problem.technicians[t]
    route = bp.sequences[person.id]
    k = len(problem.prefixes[t])
    sequences = {**bp.sequences, person.id: [*route[:k], visit.job_id, *route[k:]]}
    hard_ends = frozenset(stretch.key for stretch in bp.board.stretches if stretch.hard_end)
    relaxed = relax(problem, sequences, hard_ends=hard_ends)
    late = replace(bp, problem=relaxed.problem, late=bp.late | relaxed.late)
    return read_plan(late, evaluate_plan(relaxed.problem, relaxed.sequences))


def _at_all(boards: Sequence[DayBoard], visit: BoardVisit) -> DayDraft | None:
    found = best_insertion(boards, visit, freedom=Freedom.FREE)
    return None if found is None else found.draft
