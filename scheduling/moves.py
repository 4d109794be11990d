"""What a repair has moved: who went before and who goes now, by how much later, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduling.events import Event, Overrun, TechnicianGone
from scheduling.plan import Plan, Stop
from scheduling.problem import PlanningProblem
from scheduling.texts import MOVE_TEXTS

NOTABLE_S = 900
"""A start that moves by less is the drift of a working day: listed, and not counted as a move."""


@dataclass(frozen=True)
class Place:
    """Who goes, and when work begins (seconds)."""

    technician: str
    start: int


Places = Mapping[str, Place]
"""Where each job of a plan stands, by job id."""


@dataclass(frozen=True)
class Move:
    """One job that stands elsewhere. `before` None: it was in no route; `after` None: it is in none now.

    `because` are the jobs that caused it, where `why` speaks of some.
    """

    job: str
    before: Place | None
    after: Place | None
    why: str
    because: tuple[str, ...] = ()

    @property
    def seconds(self) -> int:
        """How much later work begins; below 0 sooner, 0 where there is no start to compare."""
        if self.before is None or self.after is None:
            return 0
        return self.after.start - self.before.start

    @property
    def notable(self) -> bool:
        """Somebody else or nobody goes, or the start moves by `NOTABLE_S`: what people have to be told."""
        if self.before is None or self.after is None:
            return True
        return self.before.technician != self.after.technician or abs(self.seconds) >= NOTABLE_S

    @property
    def text(self) -> str:
        """The Korean sentence."""
        return render_move(self)


def places_of(plan: Plan) -> dict[str, Place]:
    """Where each served job of a plan stands."""
    return {stop.job: Place(route.technician, stop.start) for route in plan.routes for stop in route.stops}


def list_moves(problem: PlanningProblem, event: Event, before: Places, plan: Plan) -> tuple[Move, ...]:
    """Every job that stands elsewhere than before, the notable ones first, in the order of the plan.

    What is under way stands where it is: only its reckoning changes.
    """
    after = places_of(plan)
    order = {job: k for k, job in enumerate(after)}
    reasons = _Reasons(problem, event, before, plan)
    under_way = {job for prefix in problem.fixed for job in prefix.jobs}
    found = []
    for job in problem.jobs:
        if job.id in under_way:
            continue
        was, now = before.get(job.id), after.get(job.id)
        if was != now:
            why, because = reasons.of(job.id, was, now)
            found.append(Move(job.id, was, now, why, because))
    found.sort(key=lambda move: (not move.notable, order.get(move.job, len(order))))
    return tuple(found)


def render_move(move: Move, translate: Callable[[str], str] = str) -> str:
    """The sentence for a move; `translate` maps the Korean message id to the reader's language."""
    before = move.before.technician if move.before else ""
    return translate(MOVE_TEXTS[move.why]).format(technician=before, jobs=", ".join(move.because))


def move_to_json(move: Move, translate: Callable[[str], str] = str) -> dict[str, Any]:
    """One move as plain JSON values, with its sentence."""
    return {
        "job": move.job,
        "from": _place_json(move.before),
        "to": _place_json(move.after),
        "seconds": move.seconds,
        "notable": move.notable,
        "why": move.why,
        "because": list(move.because),
        "text": render_move(move, translate),
    }


def _place_json(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"technician": place.technician, "start": place.start}


class _Reasons:
    """Why a job stands elsewhere: read off the routes before and after."""

    def __init__(self, problem: PlanningProblem, event: Event, before: Places, plan: Plan) -> None:
        self.problem = problem
        self.event = event
        self.before = before
        self.after: Mapping[str, Sequence[Stop]] = {r.technician: r.stops for r in plan.routes}
        self.old: dict[str, set[str]] = {}
        for job, place in before.items():
            self.old.setdefault(place.technician, set()).add(job)

    def of(self, job: str, was: Place | None, now: Place | None) -> tuple[str, tuple[str, ...]]:
        """The code, and the jobs that it speaks of."""
        if was is None:
            return ("TAKEN_IN" if now is not None else "NO_PLACE"), ()
        if self._cannot_go(job, was.technician):
            return ("TECHNICIAN_GONE" if now is not None else "GONE_NO_PLACE"), ()
        if now is None:
            return "NO_PLACE", ()
        stays = now.technician == was.technician
        route = self.after.get(was.technician, ())
        # Who comes later is pushed by what is before him; who comes sooner makes room for what is behind.
        until = now.start if stays and now.start > was.start else None
        joined = tuple(
            stop.job
            for stop in route
            if stop.job not in self.old[was.technician] and (until is None or stop.start < until)
        )
        if joined:
            return ("MAKES_ROOM" if until is None else "PUSHED"), joined
        if isinstance(self.event, Overrun) and self._behind_overrun(was):
            return "OVERRUN_BEFORE", (self.event.job,)
        here = {stop.job for stop in route}
        left = tuple(sorted(self.old[was.technician] - here - {job}))
        return ("GAP_BEFORE", left) if stays and left else ("CHEAPER", ())

    def _cannot_go(self, job: str, technician: str) -> bool:
        t = self.problem.technician_index.get(technician)
        if t is None or not self.problem.may_serve(t, self.problem.job_index[job]):
            return True
        gone = isinstance(self.event, TechnicianGone) and self.event.technician == technician
        return gone and job not in {stop.job for stop in self.after.get(technician, ())}

    def _behind_overrun(self, was: Place) -> bool:
        assert isinstance(self.event, Overrun)
        longer = self.before.get(self.event.job)
        return longer is not None and longer.technician == was.technician and longer.start < was.start
