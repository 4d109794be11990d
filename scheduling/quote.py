"""Which windows can be offered for a job, what each would cost and whom it touches: answered in a request.

A point's day is a `QuoteBoard`. One question goes to as many boards as there are days and points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scheduling.kernel.quotes import PLACE, Numbers, address_of, question_rows, quote_library
from scheduling.plan import Sequences
from scheduling.problem import Job, PlanningProblem, Window
from scheduling.problem_checks import ProblemError, check_windows
from scheduling.quote_board import QuoteBoard, Touched

HALF_SCORE_COST = 1800
"""The added cost at which the score is one half."""


@dataclass(frozen=True)
class Offer:
    """One window, with its best technician.

    `start` is the start of work then planned, `position` the place on his route (from 0), `added_travel_s`
    seconds, `added_cost` travel, lateness, overtime and departures from the published plan of the whole
    route. `score` falls from 1 (free) to 0. Nobody whom it touches (`touched`) begins outside his own window:
    such a place is none. A window that nobody can reach has no technician, score 0 and `reachable` False.
    """

    window: Window
    technician: str | None
    start: int | None
    added_travel_s: int
    added_cost: int
    score: float
    reachable: bool
    position: int | None = None
    touched: tuple[Touched, ...] = ()


@dataclass(frozen=True)
class Ask:
    """A job and windows for it, asked of one board: a point on a day.

    The job need not be in the board's problem; where its id is on a route (a visit to be moved) it is taken
    off first. Each window bounds the start of work in place of the job's own; skills, pin and capacity hold.
    `location`: where the job is in this board's matrix, if not at `job.location`, so that many boards are
    asked about one job. `familiar`: what it may cost more that these technicians (by id) come. `surcharge`:
    what this board costs beside the others, because it is a later day or another point.
    """

    board: QuoteBoard
    job: Job
    windows: Sequence[Window]
    familiar: Mapping[str, int] = field(default_factory=dict)
    surcharge: int = 0
    location: int | None = None


class BoardOffer(NamedTuple):
    """An offer, and which of the asks it answers."""

    ask: int
    offer: Offer


def rank_windows(
    problem: PlanningProblem,
    sequences: Sequences,
    job: Job,
    windows: Sequence[Window],
    *,
    familiar: Mapping[str, int] | None = None,
) -> list[Offer]:
    """Every window with its cheapest feasible insertion, best first; the unreachable ones last (see `Ask`).

    Whoever asks the same plan again keeps a `QuoteBoard` and asks `rank_on`.
    Raises ProblemError for a job or a window that no planner could read.
    """
    return rank_on(Ask(QuoteBoard(problem, sequences), job, windows, familiar or {}))


def rank_on(ask: Ask) -> list[Offer]:
    """Every window of one board with its cheapest insertion, best first; the unreachable ones last."""
    with _Asked([ask]) as asked:
        reached = [found.offer for found in asked.offers(len(ask.windows))]
        missed = sorted(asked.unreachable())
    return reached + [Offer(window, None, None, 0, 0, 0.0, reachable=False) for window in missed]


def rank_boards(asks: Sequence[Ask], *, most: int) -> list[BoardOffer]:
    """The cheapest windows over many boards, surcharge included, best first: at most so many."""
    with _Asked(asks) as asked:
        return list(asked.offers(most))


class _Asked:
    """The kernel's answers to these asks, while the jobs asked about are off their routes."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._asks = asks
        ordered = {id(ask.windows): sorted(ask.windows) for ask in asks}
        for windows in ordered.values():
            check_windows("windows", windows)
        self._windows = [ordered[id(ask.windows)] for ask in asks]
        self._ends = np.cumsum([len(windows) for windows in self._windows], dtype=np.int64)
        self._stack = ExitStack()

    def __enter__(self) -> _Asked:
        try:
            for ask in self._asks:
                if ask.board.carries(ask.job.id):
                    self._stack.enter_context(ask.board.without(ask.job.id))
            self._places = self._answer()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def offers(self, most: int) -> Iterator[BoardOffer]:
        """The cheapest that somebody can reach; among equal ones the earlier ask and window."""
        surcharge = np.repeat([ask.surcharge for ask in self._asks], [len(w) for w in self._windows])
        reached = np.flatnonzero(self._places["technician"] >= 0)
        order = np.argsort(self._places["cost"][reached] + surcharge[reached], kind="stable")
        for row in reached[order][:most].tolist():
            ask = int(np.searchsorted(self._ends, row, side="right"))
            window = self._windows[ask][row - int(self._ends[ask])]
            yield BoardOffer(ask, self._offer(ask, window, self._places[row]))

    def unreachable(self) -> Iterator[Window]:
        """The windows in which nobody can begin."""
        windows = (window for windows in self._windows for window in windows)
        return (w for w, who in zip(windows, self._places["technician"].tolist(), strict=True) if who < 0)

    def _answer(self) -> npt.NDArray[Any]:
        asks, counts = self._asks, [len(windows) for windows in self._windows]
        places = np.zeros(sum(counts), dtype=PLACE)
        self._questions = questions = question_rows([ask.job for ask in asks])
        questions["location"] = [_location(ask) for ask in asks]
        questions["extra"] = [ask.board.costs_of_coming(ask.job).address for ask in asks]
        favours = [_favour(ask) for ask in asks]
        questions["favour"] = [favour.address for favour in favours]
        ordered = {id(windows): windows for windows in self._windows}
        spans = {key: Numbers(np.array(windows, dtype=np.int32)) for key, windows in ordered.items()}
        spans_of = [ask.board.spans_for(ask.job) for ask in asks]
        questions["span"] = [0 if span is None else span.address for span in spans_of]
        questions["windows"] = counts
        questions["window"] = [spans[id(windows)].address for windows in self._windows]
        questions["place"] = address_of(places) + (self._ends - counts) * PLACE.itemsize
        boards = np.array([ask.board.handle for ask in asks], dtype=np.uint64)
        quote_library().ondol_board_ask(address_of(boards), address_of(questions), len(asks))
        return places

    def _offer(self, ask: int, window: Window, place: Any) -> Offer:
        cost, travel, technician, position = place.tolist()
        board, question = self._asks[ask].board, self._questions[ask : ask + 1]
        question["job"]["opens"], question["job"]["closes"] = window
        timed = board.time_stops(technician, question, position)
        assert timed is not None, "the kernel has timed it"
        start = timed[2].pop(position)[1]
        others = board.present(technician).stops
        shifted = ((before, after[1] - before.start) for before, after in zip(others, timed[2], strict=True))
        return Offer(
            window=window,
            technician=board.problem.technicians[technician].id,
            start=start,
            added_travel_s=travel,
            added_cost=cost,
            score=round(HALF_SCORE_COST / (HALF_SCORE_COST + max(0, cost)), 4),
            reachable=True,
            position=position,
            touched=tuple(Touched(stop.job, seconds) for stop, seconds in shifted if seconds),
        )


def _location(ask: Ask) -> int:
    location = ask.job.location if ask.location is None else ask.location
    if not 0 <= location < len(ask.board.problem.matrix):
        raise ProblemError("job.location", f"0 이상 {len(ask.board.problem.matrix) - 1} 이하여야 합니다")
    return location


def _favour(ask: Ask) -> Numbers:
    if not ask.familiar:
        return ask.board.no_favour
    people = ask.board.problem.technicians
    return Numbers(np.array([ask.familiar.get(person.id, 0) for person in people], dtype=np.int64))
