"""Which rules a plan breaks, and by how much: measured on the schedule that bends it least. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from scheduling.changes import Change, Move, TakeOff
from scheduling.evaluator import check_sequences, time_route
from scheduling.plan import Route, Sequences
from scheduling.problem import Job, PlanningProblem, Technician, open_spans
from scheduling.problem_checks import RATE_LIMIT, TIME_LIMIT
from scheduling.texts import BROKEN_TEXTS

FAR = TIME_LIMIT // 2


@dataclass(frozen=True)
class Broken:
    """One rule that would be broken. `amount`: seconds too late, or units over the capacity; None: a rule
    that is kept or not. `job` and `technician` are those it concerns."""

    code: str
    technician: str | None = None
    job: str | None = None
    amount: int | None = None

    @property
    def text(self) -> str:
        """The Korean sentence."""
        return render_broken(self)


def render_broken(broken: Broken, translate: Callable[[str], str] = str) -> str:
    """The sentence, minutes rounded up; `translate` maps the Korean message id to the reader's language."""
    amount = broken.amount or 0
    text = translate(BROKEN_TEXTS.get(broken.code, BROKEN_TEXTS["OTHER"]))
    names = {"technician": broken.technician or "", "job": broken.job or "", "code": broken.code}
    return text.format(**names, amount=amount, minutes=-(-amount // 60))


def find_broken(
    problem: PlanningProblem, after: PlanningProblem, sequences: Sequences, change: Change
) -> tuple[Broken, ...]:
    """Every rule that these routes break in the changed problem `after`; a time asked for outside what is
    promised in `problem` is one, too, and so is leaving out what must be done."""
    found = _wish_against_promise(problem, change)
    for violation in check_sequences(after, sequences):
        technician = violation.technician
        if violation.code == "NO_SCHEDULE" and technician is not None:
            found += _bent(after, technician, sequences)
        elif violation.code == "OVER_CAPACITY" and technician is not None:
            found.append(Broken("OVER_CAPACITY", technician, amount=_overload(after, technician, sequences)))
        else:
            found.append(Broken(violation.code, technician, violation.job))
    return tuple(dict.fromkeys(found))


def _wish_against_promise(problem: PlanningProblem, change: Change) -> list[Broken]:
    if isinstance(change, TakeOff):
        mandatory = problem.jobs[problem.job_index[change.job]].mandatory
        return [Broken("MANDATORY_LEFT_OUT", job=change.job)] if mandatory else []
    if not isinstance(change, Move) or change.start is None:
        return []
    spans = open_spans(problem.jobs[problem.job_index[change.job]])
    if any(opens <= change.start <= closes for opens, closes in spans):
        return []
    amount = min(max(opens - change.start, change.start - closes) for opens, closes in spans)
    return [Broken("TIME_NOT_PROMISED", change.technician, change.job, amount)]


def _overload(problem: PlanningProblem, technician: str, sequences: Sequences) -> int:
    person = problem.technicians[problem.technician_index[technician]]
    load = sum(problem.jobs[problem.job_index[job]].demand for job in sequences[technician])
    return load - (person.capacity or 0)


def _bent(problem: PlanningProblem, technician: str, sequences: Sequences) -> list[Broken]:
    """Windows and the shift's limit, and by how much they would be overrun."""
    number = problem.technician_index[technician]
    person = problem.technicians[number]
    jobs = [problem.job_index[job] for job in sequences[technician]]
    soft = replace(
        problem,
        technicians=tuple(_endless(other) if other is person else other for other in problem.technicians),
        jobs=tuple(_open(job) for job in problem.jobs),
    )
    timed = time_route(soft, number, jobs)
    if timed is None:  # a break that no schedule has room for
        tired = replace(soft.technicians[number], lunch=None, breaks=())
        people = (*soft.technicians[:number], tired, *soft.technicians[number + 1 :])
        timed = time_route(replace(soft, technicians=people), number, jobs)
        assert timed is not None, "nothing is left that could hinder it"
        return [Broken("BREAK_MISSED", technician), *_overruns(problem, person, timed)]
    return _overruns(problem, person, timed)


def _overruns(problem: PlanningProblem, person: Technician, timed: Route) -> list[Broken]:
    late = [
        Broken("WINDOW_BENT", person.id, stop.job, stop.start - closes)
        for stop in timed.stops
        if stop.start > (closes := open_spans(problem.jobs[problem.job_index[stop.job]])[-1][1])
    ]
    over = timed.finish - person.shift[1] - person.max_overtime
    return late + ([Broken("SHIFT_OVERRUN", person.id, amount=over)] if over > 0 else [])


def _open(job: Job) -> Job:
    """The job with a window that need not be met, at a price that is paid last."""
    *earlier, (opens, closes) = open_spans(job)
    spans = (*earlier, (opens, FAR))
    return replace(
        job, window=(spans[0][0], FAR), windows=spans, due=closes, lateness_cost=RATE_LIMIT, published=None
    )


def _endless(person: Technician) -> Technician:
    return replace(person, max_overtime=FAR, overtime_cost=RATE_LIMIT // 2)
