"""Places for one job as files ask for them: in one problem and plan, or in many, one answer a problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scheduling.fields import read_list
from scheduling.plan import parse_sequences
from scheduling.preparation.model import JobRules
from scheduling.preparation.rich_json import parse_job_rules, parse_rich
from scheduling.preparation.rich_quote import quote_rich
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import parse_job
from scheduling.ranking import insertions_to_json, rank_insertions


def quote_one(problem: object, plan: object, job: object) -> dict[str, Any]:
    """The places for a decoded job in a decoded plan of a decoded problem, as plain JSON values, best first.

    Raises ProblemError: `job…` names a field of the job, every other path one of the problem or the plan.
    """
    return _quote(problem, plan, job, "", "")


def quote_each(problems: Sequence[object], plans: object, job: object) -> list[dict[str, Any]]:
    """The same for each problem with its plan, in their order; all are read, or none is answered.

    Args:
        job: one job for all, or a list with one for each (places are numbered anew in every problem).

    Raises ProblemError, its path beginning with `problems[3]`, `plans[3]` or `jobs[3]`.
    """
    many = read_list("plans", plans)
    jobs = job if isinstance(job, list) else None
    for name, asked in (("plans", many), ("jobs", jobs)):
        if asked is not None and len(asked) != len(problems):
            raise ProblemError(name, f"문제와 같은 수({len(problems)}개)여야 합니다. {len(asked)}개입니다")
    found = []
    for i, problem in enumerate(problems):
        own = job if jobs is None else jobs[i]
        with _within("job", "job" if jobs is None else f"jobs[{i}]"):
            found.append(_quote(problem, many[i], own, f"problems[{i}]", f"plans[{i}]"))
    return found


def _quote(problem: object, plan: object, job: object, of_problem: str, of_plan: str) -> dict[str, Any]:
    with _within("problem", of_problem):
        rich = parse_rich(problem)
    with _within("plan", of_plan):
        if not rich.is_plain or parse_job_rules("job", job) != JobRules():
            return quote_rich(rich, plan, job)
        asked = parse_job(job)
        return insertions_to_json(asked, rank_insertions(rich.plain, parse_sequences(plan), asked))


@contextmanager
def _within(name: str, path: str) -> Iterator[None]:
    """Errors of a file that is one of many, under its own path; a job's own (`job…`) stay its own."""
    try:
        yield
    except ProblemError as error:
        at = error.path
        is_job = at == "job" or at.startswith(("job.", "job["))
        if not path or (at.startswith(("problems[", "plans["))) or is_job != (name == "job"):
            raise
        rest = at.removeprefix(name) if is_job or at == name else f".{at}" if at else ""
        raise ProblemError(path + rest, error.message) from error
