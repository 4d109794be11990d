"""Rules that nobody could follow, refused with the field's path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from scheduling.problem_checks import (
    COST_LIMIT,
    RATE_LIMIT,
    TIME_LIMIT,
    ProblemError,
    check_breaks,
    check_number,
    check_window,
)

if TYPE_CHECKING:
    from scheduling.preparation.model import JobRules, RichProblem, TechnicianRules
    from scheduling.problem import Job

MOST_DAYS = 14
WISH_LIMIT = 100_000_000
MOST_PARTS = 1_000_000


def check_rules(rich: RichProblem) -> None:
    """Every rule of a problem."""
    for i, (rules, person) in enumerate(zip(rich.people, rich.plain.technicians, strict=True)):
        check_technician_rules(f"technicians[{i}]", rules, person.max_overtime)
    days = max((len(of) for of in rich.days), default=1)
    pairs = {job.id for work, job in zip(rich.work, rich.plain.jobs, strict=True) if work.crew > 1}
    for i, (work, job) in enumerate(zip(rich.work, rich.plain.jobs, strict=True)):
        _check_job(f"jobs[{i}]", work, job, set(rich.plain.technician_index), days)
        if job.after is not None and pairs.intersection((job.id, job.after)):
            raise ProblemError(f"jobs[{i}].after", "두 사람이 가는 작업과는 함께 쓸 수 없습니다")
        if job.id in rich.under_way and (work.crew > 1 or work.at_once):
            field = "crew" if work.crew > 1 else "at_once"
            raise ProblemError(f"jobs[{i}].{field}", "이미 진행 중인 작업에는 쓸 수 없습니다")


def check_technician_rules(path: str, rules: TechnicianRules, max_overtime: int = 0) -> None:
    """Days that overlap, licences that end before they begin, numbers out of range."""
    if len(rules.days) > MOST_DAYS:
        raise ProblemError(f"{path}.days", f"{MOST_DAYS}일 이하여야 합니다")
    if rules.days and not any(rules.days):
        raise ProblemError(f"{path}.days", "근무하는 날이 하루는 있어야 합니다")
    before: int | None = None
    for k, day in enumerate(rules.days):
        if day is None:
            continue
        check_window(f"{path}.days[{k}].shift", day.shift)
        if before is not None and day.shift[0] < before:
            raise ProblemError(f"{path}.days[{k}].shift", "앞선 날의 근무와 초과 근무가 끝난 뒤여야 합니다")
        before = day.shift[1] + max_overtime
        check_breaks(f"{path}.days[{k}]", day.lunch, day.breaks)
    for k, licence in enumerate(rules.licences):
        since, until = licence.since, licence.until
        for name, at in (("since", since), ("until", until)):
            if at is not None:
                check_number(f"{path}.licences[{k}].{name}", at, -TIME_LIMIT, TIME_LIMIT)
        if since is not None and until is not None and since > until:
            raise ProblemError(f"{path}.licences[{k}]", "시작이 끝보다 늦습니다")
    _check_parts(f"{path}.parts", rules.parts or {}, 0)


def _check_job(path: str, rules: JobRules, job: Job, technicians: set[str], days: int) -> None:
    _check_known(f"{path}.prefer", rules.prefer, technicians)
    _check_known(f"{path}.avoid", sorted(rules.avoid), technicians)
    for name, cost in rules.prefer.items():
        check_number(f"{path}.prefer.{name}", cost, -WISH_LIMIT, WISH_LIMIT)
    if job.drop_cost - min((0, *rules.prefer.values())) > COST_LIMIT:
        raise ProblemError(f"{path}.prefer", f"drop_cost와 더해 {COST_LIMIT} 이하여야 합니다")
    check_number(f"{path}.waiting_cost", rules.waiting_cost, 0, RATE_LIMIT)
    for k, day in enumerate(rules.days or ()):
        check_number(f"{path}.days[{k}]", day, 0, days - 1)
    _check_parts(f"{path}.parts", rules.parts, 1)
    check_number(f"{path}.crew", rules.crew, 1, 2)
    if rules.companion_skills and rules.crew == 1:
        raise ProblemError(f"{path}.companion_skills", "crew가 2일 때만 쓸 수 있습니다")
    if rules.at_once and rules.crew > 1:
        raise ProblemError(f"{path}.at_once", "crew가 1일 때만 쓸 수 있습니다")
    if rules.call is not None:
        check_number(f"{path}.call.by", rules.call.by, -TIME_LIMIT, TIME_LIMIT)
        check_number(f"{path}.call.duration", rules.call.duration, 1, TIME_LIMIT)
        check_number(f"{path}.call.cost", rules.call.cost, 0, COST_LIMIT)


def _check_known(path: str, names: Iterable[str], technicians: set[str]) -> None:
    for k, name in enumerate(names):
        if name not in technicians:
            where = f"{path}[{k}]" if path.endswith("avoid") else f"{path}.{name}"
            raise ProblemError(where, f"'{name}' 기사가 없습니다")


def _check_parts(path: str, parts: Mapping[str, int], least: int) -> None:
    for name, count in parts.items():
        check_number(f"{path}.{name}", count, least, MOST_PARTS)
