"""Calls before a deadline: who drives cannot telephone, so his route leaves a gap in which he stands still.

A gap is one more break of his shift. It belongs to whoever is to come, on the last of his days that begins
early enough; nobody calls before his first shift, and a technician without a stop on that day is free anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scheduling.evaluator import time_route
from scheduling.plan import Sequences
from scheduling.preparation.model import Call
from scheduling.preparation.prepare import Prepared
from scheduling.problem import Lunch, PlanningProblem
from scheduling.problem_checks import MOST_BREAKS


def gaps_for(prepared: Prepared, sequences: Sequences) -> dict[str, tuple[Lunch, ...]]:
    """The gaps of each prepared technician for these routes; `prepared` itself has none.

    Each call in turn, the earliest deadline first, gets its gap where that costs no more than missing it.
    """
    found = {}
    for shift, calls in calls_of(prepared, sequences).items():
        technician = prepared.problem.technician_index[shift]
        jobs = [prepared.problem.job_index[name] for name in sequences.get(shift, ())]
        if jobs:
            found[shift] = gaps_of_route(prepared.problem, technician, jobs, [call for _, call in calls])
    return found


def calls_of(prepared: Prepared, sequences: Sequences) -> dict[str, list[tuple[int, Call]]]:
    """(job, call) of each prepared technician for these routes, the earliest deadline first."""
    found: dict[str, list[tuple[int, Call]]] = {}
    for shift, names in sequences.items():
        for name in names:
            job = prepared.jobs[name]
            call = prepared.rich.work[job].call
            if call is None or prepared.is_companion(name):
                continue
            caller = _calling_shift(prepared, shift, call)
            if caller is not None:
                found.setdefault(caller, []).append((job, call))
    return {shift: sorted(calls, key=lambda of: (of[1].by, of[0])) for shift, calls in found.items()}


def gap_for(call: Call, shift_start: int) -> Lunch:
    """Standing still from the shift's start on, ended by the deadline."""
    return Lunch(shift_start, call.by - call.duration, call.duration)


def _calling_shift(prepared: Prepared, shift: str, call: Call) -> str | None:
    technician, day = prepared.shifts[shift]
    found = None
    for name, (other, number) in prepared.shifts.items():
        work_day = prepared.rich.days[other][number]
        if other == technician and number <= day and work_day is not None:
            found = name if work_day.shift[0] + call.duration <= call.by else found
    return found


def gaps_of_route(
    problem: PlanningProblem,
    technician: int,
    jobs: Sequence[int],
    calls: Sequence[Call],
    *,
    since: int | None = None,
) -> tuple[Lunch, ...]:
    """The gaps for these calls, the earliest deadline first, that this route can have for their worth.

    None begins before `since`, or the shift.
    """
    person = problem.technicians[technician]
    room = MOST_BREAKS - len(problem.pauses[technician])
    gaps: tuple[Lunch, ...] = ()
    before = time_route(problem, technician, jobs)
    for call in calls:
        if before is None or len(gaps) == room:
            break
        wished = (*gaps, gap_for(call, person.shift[0] if since is None else since))
        with_gap = with_breaks(problem, technician, (*person.breaks, *wished))
        after = time_route(with_gap, technician, jobs)
        if after is not None and after.cost - before.cost <= call.cost:
            gaps, before = wished, after
    return gaps


def with_breaks(problem: PlanningProblem, technician: int, breaks: tuple[Lunch, ...]) -> PlanningProblem:
    """The problem with these breaks of one technician, beside his lunch."""
    people = list(problem.technicians)
    people[technician] = replace(people[technician], breaks=breaks)
    changed = replace(problem, technicians=tuple(people))
    changed.__dict__["rows"] = problem.rows  # the cached lists of the same matrix
    return changed
