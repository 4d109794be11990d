"""The rules beside technicians and jobs in `ondol-problem/1`, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduling.fields import (
    read_counts,
    read_flag,
    read_int,
    read_list,
    read_mapping,
    read_names,
    read_text,
    read_window,
    required,
)
from scheduling.preparation.checks import check_technician_rules
from scheduling.preparation.model import Call, JobRules, Licence, RichProblem, TechnicianRules, WorkDay
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import parse_problem, read_break

TECHNICIAN_RULES = ("days", "licences", "parts")
JOB_RULES = (
    *("prefer", "avoid", "days", "waiting_cost", "parts"),
    *("crew", "companion_skills", "at_once", "call"),
)


def parse_rich(data: object) -> RichProblem:
    """Read the decoded JSON of a problem with its rules. Raises ProblemError with the field's path."""
    body = read_mapping("", data)
    people = read_list("technicians", required("", body, "technicians"))
    work = read_list("jobs", required("", body, "jobs"))
    rules = tuple(_technician(f"technicians[{i}]", item) for i, item in enumerate(people))
    first = [_on_first_day(item, of) for item, of in zip(people, rules, strict=True)]
    return RichProblem(
        plain=parse_problem({**body, "technicians": first}),
        people=rules,
        work=tuple(parse_job_rules(f"jobs[{i}]", item) for i, item in enumerate(work)),
    )


def refuse_rules(data: object, path: str = "") -> None:
    """Where rules are not prepared they are refused: what is asked for is never left out silently.

    `data` is a decoded problem or service point, `path` its own, with a dot at the end. Raises ProblemError.
    """
    for kind, names in (("technicians", TECHNICIAN_RULES), ("jobs", JOB_RULES)):
        items = data.get(kind) if isinstance(data, Mapping) else None
        for k, item in enumerate(items if isinstance(items, list) else []):
            for name in names:
                if isinstance(item, Mapping) and item.get(name) is not None:
                    raise ProblemError(f"{path}{kind}[{k}].{name}", "여기서는 쓸 수 없는 규칙입니다")


def parse_job_rules(path: str, data: object) -> JobRules:
    """Read the rules of one job. Raises ProblemError."""
    body = read_mapping(path, data)
    days, call = body.get("days"), body.get("call")
    return JobRules(
        prefer=read_counts(f"{path}.prefer", body.get("prefer")),
        avoid=read_names(f"{path}.avoid", body.get("avoid")),
        days=None if days is None else _numbers(f"{path}.days", days),
        waiting_cost=_number(path, body, "waiting_cost", 0),
        parts=read_counts(f"{path}.parts", body.get("parts")),
        crew=_number(path, body, "crew", 1),
        companion_skills=read_names(f"{path}.companion_skills", body.get("companion_skills")),
        at_once=read_flag(f"{path}.at_once", body.get("at_once")),
        call=None if call is None else _call(f"{path}.call", call),
    )


def _technician(path: str, data: object) -> TechnicianRules:
    body = read_mapping(path, data)
    days = read_list(f"{path}.days", body.get("days") or [])
    licences = read_list(f"{path}.licences", body.get("licences") or [])
    parts = body.get("parts")
    rules = TechnicianRules(
        days=tuple(None if day is None else _day(f"{path}.days[{k}]", day) for k, day in enumerate(days)),
        licences=tuple(_licence(f"{path}.licences[{k}]", item) for k, item in enumerate(licences)),
        parts=None if parts is None else read_counts(f"{path}.parts", parts),
    )
    check_technician_rules(path, rules)  # by the path of the day, before the first stands for his shift
    return rules


def _on_first_day(data: Any, rules: TechnicianRules) -> Any:
    """The technician with the shift, lunch and breaks of the first working day."""
    k = next((k for k, day in enumerate(rules.days) if day is not None), None)
    if k is None:
        return data
    day = data["days"][k]
    return {**data, **{name: day.get(name) for name in ("shift", "lunch", "breaks")}}


def _day(path: str, data: object) -> WorkDay:
    body = read_mapping(path, data)
    lunch, breaks = body.get("lunch"), read_list(f"{path}.breaks", body.get("breaks") or [])
    return WorkDay(
        shift=read_window(f"{path}.shift", required(path, body, "shift")),
        lunch=None if lunch is None else read_break(f"{path}.lunch", lunch),
        breaks=tuple(read_break(f"{path}.breaks[{k}]", item) for k, item in enumerate(breaks)),
    )


def _licence(path: str, data: object) -> Licence:
    body = read_mapping(path, data)
    since, until = body.get("since"), body.get("until")
    return Licence(
        skill=read_text(f"{path}.skill", required(path, body, "skill")),
        since=None if since is None else read_int(f"{path}.since", since),
        until=None if until is None else read_int(f"{path}.until", until),
    )


def _call(path: str, data: object) -> Call:
    body = read_mapping(path, data)
    by, duration, cost = (
        read_int(f"{path}.{name}", required(path, body, name)) for name in ("by", "duration", "cost")
    )
    return Call(by, duration, cost)


def _number(path: str, body: Mapping[str, Any], name: str, absent: int) -> int:
    value = body.get(name)
    return absent if value is None else read_int(f"{path}.{name}", value)


def _numbers(path: str, value: object) -> tuple[int, ...]:
    return tuple(read_int(f"{path}[{k}]", item) for k, item in enumerate(read_list(path, value)))
