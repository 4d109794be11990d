"""A change that somebody would like to make to a plan (`ondol-change/1`), and what it makes of the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from scheduling.fields import read_int, read_list, read_mapping, read_text, required
from scheduling.plan import Sequences
from scheduling.problem import Job, PlanningProblem, Technician
from scheduling.problem_checks import ProblemError

CHANGE_FORMAT = "ondol-change/1"


@dataclass(frozen=True)
class Move:
    """A job goes to a technician: before the stop `position` of his route without it (None: where it costs
    least), and its work begins at `start` (None: when it fits). `pinned`: it stays with him from now on."""

    job: str
    technician: str
    position: int | None = None
    start: int | None = None
    pinned: bool = False


@dataclass(frozen=True)
class TakeOff:
    """A job is left out."""

    job: str


@dataclass(frozen=True)
class Swap:
    """Two jobs change places."""

    jobs: tuple[str, str]


@dataclass(frozen=True)
class AddHours:
    """A technician's shift lasts until `until`, or begins at `since` already (seconds)."""

    technician: str
    since: int | None = None
    until: int | None = None


Change = Move | TakeOff | Swap | AddHours


def parse_change(data: object, problem: PlanningProblem) -> Change:
    """Read a decoded change. Raises ProblemError with the field's path; names must be the problem's."""
    body = read_mapping("change", data)
    if body.get("format") != CHANGE_FORMAT:
        raise ProblemError("format", f"'{CHANGE_FORMAT}'이어야 합니다")
    kind = read_text("kind", required("", body, "kind"))
    if kind not in _READERS:
        raise ProblemError("kind", f"{', '.join(_READERS)} 가운데 하나여야 합니다")
    return _READERS[kind](body, problem)


def changed_problem(problem: PlanningProblem, change: Change) -> PlanningProblem:
    """The problem as the change leaves it: another shift, a pin; otherwise the same."""
    if isinstance(change, AddHours):
        people = tuple(_longer(person, change) for person in problem.technicians)
        return replace(problem, technicians=people)
    if isinstance(change, Move) and (change.pinned or change.start is not None):
        return replace_job(problem, wished(problem, change))
    return problem


def wished(problem: PlanningProblem, change: Move) -> Job:
    """The job as it is asked for: at its time, with its pin."""
    job = problem.jobs[problem.job_index[change.job]]
    if change.pinned:
        job = replace(job, technician=change.technician)
    if change.start is not None:
        job = replace(job, window=(change.start, change.start), windows=())
    return job


def replace_job(problem: PlanningProblem, job: Job) -> PlanningProblem:
    """The problem with this job in place of the one of its name."""
    return replace(problem, jobs=tuple(job if other.id == job.id else other for other in problem.jobs))


def without_job(sequences: Sequences, job: str) -> dict[str, list[str]]:
    """The routes with this job on none of them."""
    return {name: [other for other in jobs if other != job] for name, jobs in sequences.items()}


def swapped(sequences: Sequences, one: str, other: str) -> dict[str, list[str]]:
    """The routes with these two in each other's place."""
    names = {one: other, other: one}
    return {who: [names.get(job, job) for job in jobs] for who, jobs in sequences.items()}


def _longer(person: Technician, change: AddHours) -> Technician:
    if person.id != change.technician:
        return person
    begins, ends = person.shift
    since = begins if change.since is None else min(begins, change.since)
    return replace(person, shift=(since, ends if change.until is None else max(ends, change.until)))


def _read_move(body: Mapping[str, Any], problem: PlanningProblem) -> Move:
    position, start = body.get("position"), body.get("start")
    if position is not None and read_int("position", position) < 0:
        raise ProblemError("position", "0 이상이어야 합니다")
    return Move(
        job=_job(body, "job", problem),
        technician=_technician(body, problem),
        position=position,
        start=None if start is None else read_int("start", start),
        pinned=body["kind"] == "pin",
    )


def _read_take_off(body: Mapping[str, Any], problem: PlanningProblem) -> TakeOff:
    return TakeOff(_job(body, "job", problem))


def _read_swap(body: Mapping[str, Any], problem: PlanningProblem) -> Swap:
    jobs = read_list("jobs", required("", body, "jobs"))
    if len(jobs) != 2 or jobs[0] == jobs[1]:
        raise ProblemError("jobs", "서로 다른 작업 두 개여야 합니다")
    one, other = (_known(f"jobs[{k}]", job, problem.job_index, "작업") for k, job in enumerate(jobs))
    return Swap((one, other))


def _read_hours(body: Mapping[str, Any], problem: PlanningProblem) -> AddHours:
    since, until = body.get("since"), body.get("until")
    if since is None and until is None:
        raise ProblemError("until", "since나 until이 있어야 합니다")
    return AddHours(
        technician=_technician(body, problem),
        since=None if since is None else read_int("since", since),
        until=None if until is None else read_int("until", until),
    )


_READERS: Final[dict[str, Callable[[Mapping[str, Any], PlanningProblem], Change]]] = {
    "move": _read_move,
    "pin": _read_move,
    "take_off": _read_take_off,
    "swap": _read_swap,
    "add_hours": _read_hours,
}


def _job(body: Mapping[str, Any], field: str, problem: PlanningProblem) -> str:
    return _known(field, required("", body, field), problem.job_index, "작업")


def _technician(body: Mapping[str, Any], problem: PlanningProblem) -> str:
    return _known("technician", required("", body, "technician"), problem.technician_index, "기사")


def _known(path: str, value: object, names: Mapping[str, int], what: str) -> str:
    name = read_text(path, value)
    if name not in names:
        raise ProblemError(path, f"'{name}' {what}이(가) 없습니다")
    return name
