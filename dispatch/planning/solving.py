"""Improving plans behind the scenes: a wish is claimed, solved in a child without a transaction, published.

A plan that became older than the day's version meanwhile is thrown away and asked for again. One that would
touch a promise, a contacted job's technician or a next stop waits for a named person (`proposals.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlmodel import Session

from core.actor import SYSTEM
from core.db import Database
from core.facts import SOLVE_SECONDS, note_fact
from dispatch.planning.authorship import Authorship
from dispatch.planning.board import horizon, load_board, load_boards
from dispatch.planning.board_problem import BoardProblem, Freedom, with_and_without_gaps
from dispatch.planning.board_shapes import DayBoard
from dispatch.planning.call_times import calls_have_moved
from dispatch.planning.deserted import watch_day
from dispatch.planning.drafts import DayDraft, read_plan
from dispatch.planning.leftovers import may_join, with_later_days
from dispatch.planning.night_work import in_their_days
from dispatch.planning.plan_changes import list_changes, reasons_to_ask
from dispatch.planning.plan_models import Plan as PublishedPlan
from dispatch.planning.proposal_gains import weigh_gain
from dispatch.planning.publishing import (
    StalePlanError,
    TechnicianTakenError,
    publish,
    store_proposal,
)
from dispatch.planning.refusals import was_refused
from dispatch.planning.replans import answer_replan
from dispatch.planning.road_ahead import RoadAhead
from dispatch.planning.solve_requests import (
    TASK_SOLVE,
    Claim,
    ask_for_waiting,
    claim_due,
    defer_due_solves,
    finish_claim,
    request_solve,
)
from dispatch.planning.solver_child import SolverDiedError, SolverPool
from dispatch.planning.yielding import within_limit
from geo.schemas import TravelSource
from scheduling.evaluator import evaluate_plan, plan_rank
from scheduling.insertion import insert_greedy
from scheduling.plan import Plan

__all__ = [
    "TASK_SOLVE",
    "Claim",
    "SolveOutcome",
    "SolverPool",
    "ask_for_waiting",
    "claim_due",
    "defer_due_solves",
    "plan_first",
    "request_solve",
    "run_solve",
]

log = structlog.get_logger(__name__)

REPAIR_SECONDS = 1.0
"""A day on which somebody cannot go is mended at once: the search begins at the published plan."""


@dataclass(frozen=True)
class SolveOutcome:
    """What became of a claim: `published`, `proposed`, `kept` (nothing better), `stale` or `died`."""

    point_id: int
    day: date
    result: str
    cost: int | None = None
    baseline_cost: int | None = None


@dataclass(frozen=True)
class Task:
    """What one solve is given: the board's problem, and what the published plan costs in it."""

    board: DayBoard
    bp: BoardProblem
    baseline: Plan


def run_solve(
    database: Database,
    *,
    solver: SolverPool,
    clock: Callable[[], datetime],
    seconds: float,
    roads: RoadAhead | None = None,
) -> SolveOutcome | None:
    """Claim the next due wish and solve it; None when nothing is due or the child is at work already.

    With `roads` the day is solved with what a road engine tells, asked while no transaction is open.
    """
    with solver.reserved() as free:
        if not free:
            return None
        with database.transaction() as session:
            claim = claim_due(session, now=clock())
        if claim is None:
            return None
        return _solve_claim(database, claim=claim, solver=solver, clock=clock, seconds=seconds, roads=roads)


def prepare(board: DayBoard, *, by_person: bool) -> Task:
    """The problem of a solve: the day's visits, and the waiting ones that it may take.

    Nobody stands still for a call where quick insertion has places for more homes otherwise.
    """
    waiting = sorted(
        (visit for visit in board.waiting if may_join(board, visit)),
        key=lambda visit: (visit.priority, visit.received_at),
    )
    if board.daily_limit is not None:
        waiting = within_limit(board, waiting)
    freedom = Freedom.FREE if by_person else Freedom.IMPROVE
    problems = list(with_and_without_gaps(board, freedom=freedom, waiting=waiting))
    bp = problems[0] if len(problems) == 1 else min(problems, key=_left_out)
    return Task(board, bp, evaluate_plan(bp.problem, bp.sequences))


def _left_out(bp: BoardProblem) -> int:
    return len(insert_greedy(bp.problem, bp.sequences).unserved)


def is_broken(board: DayBoard) -> bool:
    """Whether somebody is planned to go who cannot."""
    return any(v.planned and not v.under_way and not board.can_go(v) for v in board.visits)


def apply(session: Session, *, task: Task, plan: Plan, claim: Claim, now: datetime) -> SolveOutcome:
    """Publish a solved plan, or propose it, or keep what is there; never anything worse.

    What a person has rejected is proposed again only when a person asks, or the routes have changed.

    Raises:
        StalePlanError, TechnicianTakenError: the day moved on during the solve.
    """
    better = plan_rank(task.bp.problem, plan) < plan_rank(task.bp.problem, task.baseline)
    found = plan if better else task.baseline
    draft = read_plan(task.bp, found, baseline_cost=task.baseline.cost)
    later = [d for d in horizon(task.board.rules, now) if d > task.board.day]
    boards = load_boards(session, point_id=task.board.point_id, days=later, now=now) if later else []
    by_day = with_later_days(draft, boards)
    drafts = in_their_days(session, by_day, now=now)
    changes = list_changes(drafts)

    def outcome(result: str) -> SolveOutcome:
        return SolveOutcome(claim.point_id, claim.day, result, draft.cost, task.baseline.cost)

    if not any(change.notable for change in changes) and not _tells_news(session, draft):
        return outcome("kept")
    asks = reasons_to_ask(drafts, changes, now=now)
    author = Authorship(SYSTEM, "solve", claim.asked_by or None)
    if asks and not claim.by_person and was_refused(session, draft=draft, changes=list_changes([draft])):
        return outcome("kept")
    if asks:
        gain = weigh_gain(task.bp, before=task.baseline, after=found)
        store_proposal(session, draft=by_day[0], reasons=asks, gain=gain, author=author, now=now)
        return outcome("proposed")
    publish(session, drafts=drafts, author=author, now=now)
    for later_draft in drafts[1:]:
        request_solve(session, point_id=claim.point_id, day=later_draft.board.day, now=now, delay_s=30)
    return outcome("published")


def plan_first(session: Session, *, point_id: int, day: date, now: datetime, origin: str = "seed") -> int:
    """A first plan of a day by quick insertion of everything that waits; returns its version.

    Safe to run twice. A point without work gets an empty plan.
    """
    board = load_board(session, point_id=point_id, day=day, now=now)
    task = prepare(board, by_person=False)
    draft = read_plan(task.bp, insert_greedy(task.bp.problem, task.bp.sequences))
    published = publish(session, drafts=[draft], author=Authorship(SYSTEM, origin), now=now)
    return published.versions[day]


def _solve_claim(
    database: Database,
    *,
    claim: Claim,
    solver: SolverPool,
    clock: Callable[[], datetime],
    seconds: float,
    roads: RoadAhead | None,
) -> SolveOutcome:
    with database.reading() as session:
        board = load_board(session, point_id=claim.point_id, day=claim.day, now=clock())
    if roads is not None:
        board = roads.before_solve(database, board)
    began = time.monotonic()
    task = prepare(board, by_person=claim.by_person)
    try:
        given = min(seconds, REPAIR_SECONDS) if is_broken(board) else seconds
        plan = solver.solve(task.bp.problem, task.bp.sequences, seconds=given, seed=board.version + 1)
        with database.transaction() as session:
            outcome = apply(session, task=task, plan=plan, claim=claim, now=clock())
            seconds_taken = round(time.monotonic() - began, 2)
            note_fact(session, name=SOLVE_SECONDS, value=seconds_taken, now=clock())
            if claim.by_person:
                answer_replan(session, claim=claim, result=outcome.result, now=clock())
            finish_claim(session, claim=claim, now=clock(), again=False)
            watch_day(session, point_id=claim.point_id, day=claim.day, now=clock())
    except (StalePlanError, TechnicianTakenError, SolverDiedError) as error:
        result = "died" if isinstance(error, SolverDiedError) else "stale"
        log.info("solve_discarded", point_id=claim.point_id, day=str(claim.day), result=result)
        with database.transaction() as session:
            finish_claim(session, claim=claim, now=clock(), again=True)
            watch_day(session, point_id=claim.point_id, day=claim.day, now=clock())
        return SolveOutcome(claim.point_id, claim.day, result)
    log.info(
        "solved",
        point_id=claim.point_id,
        day=str(claim.day),
        result=outcome.result,
        cost=outcome.cost,
        baseline=outcome.baseline_cost,
        seconds=seconds_taken,
    )
    return outcome


def _tells_news(session: Session, draft: DayDraft) -> bool:
    """Whether other visits are left out than the published plan says, its estimates are road times now, or a
    technician's phone would name another time to call.
    """
    published = session.get(PublishedPlan, draft.board.plan_id) if draft.board.plan_id else None
    if published is not None and TravelSource.ROAD == draft.travel_source != published.travel_source:
        return True
    if calls_have_moved(draft, published.routes if published is not None else []):
        return True
    told = {left["visit_id"] for left in published.unplanned} if published else set()
    return {left.visit.visit_id for left in draft.unplanned} != told
