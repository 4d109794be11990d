"""What happens to a published day, and the problem as it is then: somebody gone, an overrun, an emergency, a
cancellation (`ondol-event/1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from scheduling.evaluator import time_route, viable_prefix
from scheduling.fields import read_int, read_mapping, read_text, required
from scheduling.problem import Job, PlanningProblem, Technician
from scheduling.problem_checks import TIME_LIMIT, ProblemError
from scheduling.problem_json import job_to_json, parse_job

EVENT_FORMAT = "ondol-event/1"


class EventKind(StrEnum):
    """What has happened."""

    TECHNICIAN_GONE = "technician_gone"
    OVERRUN = "overrun"
    EMERGENCY = "emergency"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class TechnicianGone:
    """Somebody cannot go: he finishes what is under way and takes nothing else, or goes home at `since`.

    Jobs pinned to him are open to others: a pin to somebody who is gone serves nobody.
    """

    technician: str
    since: int | None = None


@dataclass(frozen=True)
class Overrun:
    """A job takes `duration` seconds, reckoned like the problem's own."""

    job: str
    duration: int


@dataclass(frozen=True)
class Emergency:
    """One more job; its location is in the problem's matrix already."""

    job: Job


@dataclass(frozen=True)
class Cancelled:
    """A job that nobody has to go to any more, under way or not."""

    job: str


Event = TechnicianGone | Overrun | Emergency | Cancelled


def apply_event(problem: PlanningProblem, event: Event) -> PlanningProblem:
    """The problem as it is now. What is under way keeps its technician, whatever has to give way for that.

    Raises:
        ProblemError: the event speaks of what the problem does not have.
    """
    if isinstance(event, TechnicianGone):
        return _without(problem, event)
    if isinstance(event, Overrun):
        job = _known(problem, event.job)
        return keep_prefixes(_with_job(problem, replace(job, duration=event.duration)))
    if isinstance(event, Emergency):
        if event.job.id in problem.job_index:
            raise ProblemError("job.id", f"'{event.job.id}' 작업이 이미 있습니다")
        try:
            return replace(problem, jobs=(*problem.jobs, event.job))
        except ProblemError as error:
            raise ProblemError(
                error.path.replace(f"jobs[{len(problem.jobs)}]", "job"), error.message
            ) from error
    gone = _known(problem, event.job)
    fixed = (replace(p, jobs=tuple(job for job in p.jobs if job != gone.id)) for p in problem.fixed)
    return replace(
        problem,
        jobs=tuple(
            replace(job, after=None) if job.after == gone.id else job
            for job in problem.jobs
            if job.id != gone.id
        ),
        fixed=tuple(prefix for prefix in fixed if prefix.jobs),
    )


def keep_prefixes(problem: PlanningProblem) -> PlanningProblem:
    """What is under way is a fact: where a prefix has no schedule its windows open, the day grows as far as
    it needs, and breaks that cannot be kept are left to the technician. Other rules stay as they are."""
    people, jobs = list(problem.technicians), list(problem.jobs)
    for t, person in enumerate(problem.technicians):
        prefix = problem.prefixes[t]
        if len(viable_prefix(problem, t)) == len(prefix):
            continue
        for job in prefix:
            window = (jobs[job].window[0], TIME_LIMIT)
            jobs[job] = replace(jobs[job], window=window, windows=())
        people[t] = _as_long_as_needed(replace(problem, jobs=tuple(jobs)), t, person)
    return replace(problem, technicians=tuple(people), jobs=tuple(jobs))


def parse_event(data: object) -> Event:
    """Read the decoded JSON of an event. Raises ProblemError with the field's path."""
    body = read_mapping("event", data)
    if body.get("format") != EVENT_FORMAT:
        raise ProblemError("format", f"'{EVENT_FORMAT}'이어야 합니다")
    kind = required("", body, "kind")
    if kind == EventKind.TECHNICIAN_GONE:
        since = body.get("since")
        return TechnicianGone(
            read_text("technician", required("", body, "technician")),
            None if since is None else read_int("since", since),
        )
    if kind == EventKind.OVERRUN:
        return Overrun(_job_name(body), read_int("duration", required("", body, "duration")))
    if kind == EventKind.EMERGENCY:
        return Emergency(parse_job(required("", body, "job"), path="job"))
    if kind == EventKind.CANCELLED:
        return Cancelled(_job_name(body))
    raise ProblemError("kind", f"{', '.join(EventKind)} 가운데 하나여야 합니다")


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as plain JSON values (`ondol-event/1`)."""
    head: dict[str, Any] = {"format": EVENT_FORMAT}
    if isinstance(event, TechnicianGone):
        kind, rest = EventKind.TECHNICIAN_GONE, {"technician": event.technician, "since": event.since}
        return {**head, "kind": kind.value, **rest}
    if isinstance(event, Overrun):
        return {**head, "kind": EventKind.OVERRUN.value, "job": event.job, "duration": event.duration}
    if isinstance(event, Emergency):
        return {**head, "kind": EventKind.EMERGENCY.value, "job": job_to_json(event.job)}
    return {**head, "kind": EventKind.CANCELLED.value, "job": event.job}


def _job_name(body: Mapping[str, Any]) -> str:
    return read_text("job", required("", body, "job"))


def _known(problem: PlanningProblem, name: str) -> Job:
    if name not in problem.job_index:
        raise ProblemError("job", f"'{name}' 작업이 없습니다")
    return problem.jobs[problem.job_index[name]]


def _with_job(problem: PlanningProblem, job: Job) -> PlanningProblem:
    jobs = tuple(job if other.id == job.id else other for other in problem.jobs)
    try:
        return replace(problem, jobs=jobs)
    except ProblemError as error:
        raise ProblemError("duration", error.message) from error


def _without(problem: PlanningProblem, event: TechnicianGone) -> PlanningProblem:
    if event.technician not in problem.technician_index:
        raise ProblemError("technician", f"'{event.technician}' 기사가 없습니다")
    t = problem.technician_index[event.technician]
    person = problem.technicians[t]
    under_way = {problem.jobs[job].id for job in problem.prefixes[t]}
    if event.since is not None:
        until = min(max(event.since, person.shift[0]), person.shift[1])
        cut = replace(person, shift=(person.shift[0], until), max_overtime=0)
        leaving = replace(problem, technicians=_with(problem, t, cut))
        if len(viable_prefix(leaving, t)) == len(under_way):
            return leaving
    jobs = tuple(
        job if job.technician != person.id or job.id in under_way else replace(job, technician=None)
        for job in problem.jobs
    )
    if not under_way:
        people = tuple(other for other in problem.technicians if other is not person)
        fixed = tuple(prefix for prefix in problem.fixed if prefix.technician != person.id)
        return replace(problem, technicians=people, jobs=jobs, fixed=fixed)
    return _finishing_only(replace(problem, jobs=jobs), person, under_way)


def _finishing_only(problem: PlanningProblem, gone: Technician, under_way: set[str]) -> PlanningProblem:
    """He has what is under way; for everything else a private skill is asked that only the others have."""
    token = gone_token(gone.id)
    jobs = tuple(
        job if job.id in under_way else replace(job, skills=job.skills | {token}) for job in problem.jobs
    )
    people = tuple(
        other if other.id == gone.id else replace(other, skills=other.skills | {token})
        for other in problem.technicians
    )
    return replace(problem, technicians=people, jobs=jobs)


def gone_token(technician: str) -> str:
    """The private skill that everybody has but a technician who is gone."""
    return f"!{technician}"


def _as_long_as_needed(problem: PlanningProblem, t: int, person: Technician) -> Technician:
    """Him with the hours that what is under way takes; as he is where not even that helps."""
    for trial in (person, replace(person, lunch=None, breaks=())):
        endless = replace(trial, max_overtime=TIME_LIMIT)
        alone = replace(problem, technicians=_with(problem, t, endless))
        timed = time_route(alone, t, problem.prefixes[t])
        if timed is not None:
            return replace(trial, max_overtime=max(trial.max_overtime, timed.finish - trial.shift[1]))
    return person


def _with(problem: PlanningProblem, t: int, person: Technician) -> tuple[Technician, ...]:
    return (*problem.technicians[:t], person, *problem.technicians[t + 1 :])
