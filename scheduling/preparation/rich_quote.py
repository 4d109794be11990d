"""Places for one job in a rich plan, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scheduling.fields import read_list, read_mapping, read_text, required
from scheduling.plan import PLAN_FORMAT, reason_to_json
from scheduling.preparation.calls import gaps_for
from scheduling.preparation.model import RichProblem
from scheduling.preparation.prepare import CrewVisit, Prepared, Settled, prepare, settle
from scheduling.preparation.rich_json import parse_job_rules
from scheduling.preparation.rich_plan import tell_reason, worth_of_wishes
from scheduling.problem_checks import ProblemError
from scheduling.problem_json import parse_job
from scheduling.ranking import insertions_to_json, rank_insertions


def quote_rich(rich: RichProblem, plan: object, data: object) -> dict[str, Any]:
    """The ranking as plain JSON values (`ondol-quote/1`), each place with its `day`.

    `plan` is a decoded plan of the problem, `data` the decoded job, which may be in the problem already.
    Raises ProblemError with the field's path, also for a job by two: a quote has one technician.
    """
    whole = _with_job(rich, data)
    job = parse_job(data)
    number = whole.plain.job_index[job.id]
    if whole.work[number].crew > 1:
        raise ProblemError("job.crew", "두 사람이 가는 작업은 plan으로 계획해 주세요")
    prepared, sequences = read_plan(whole, plan)
    prepared_job = prepared.problem.jobs[prepared.problem.job_index[job.id]]
    ranking = rank_insertions(prepared.problem, sequences, prepared_job)
    body = insertions_to_json(job, ranking)
    worth = worth_of_wishes(prepared, number)
    for place in body["insertions"]:
        technician, place["day"] = prepared.shifts[place["technician"]]
        place["technician"] = rich.plain.technicians[technician].id
        place["added_cost"] += worth
    told = (tell_reason(prepared, number, reason) for reason in ranking.reasons)
    body["reasons"] = [reason_to_json(reason) for reason in told]
    return body


def read_plan(rich: RichProblem, data: object) -> tuple[Prepared, dict[str, list[str]]]:
    """A plan's JSON as routes of the prepared problem; its times are not trusted, but for visits by two.

    Raises ProblemError with the path.
    """
    body = read_mapping("plan", data)
    if body.get("format") != PLAN_FORMAT:
        raise ProblemError("format", f"'{PLAN_FORMAT}'이어야 합니다")
    bare = prepare(rich)
    shift_of = {of: name for name, of in bare.shifts.items()}
    routes: dict[str, list[Mapping[str, Any]]] = {}
    for i, item in enumerate(read_list("routes", required("", body, "routes"))):
        route = read_mapping(f"routes[{i}]", item)
        name = read_text(f"routes[{i}].technician", required(f"routes[{i}]", route, "technician"))
        of = rich.plain.technician_index.get(name, -1), route.get("day", 0)
        if of not in shift_of:
            raise ProblemError(f"routes[{i}]", f"'{name}' 기사가 그날 일하지 않습니다")
        stops = read_list(f"routes[{i}].stops", required(f"routes[{i}]", route, "stops"))
        routes[shift_of[of]] = [read_mapping(f"routes[{i}].stops[{k}]", stop) for k, stop in enumerate(stops)]
    crewed = settle(bare, Settled(crews=_crews(rich, routes)))
    halves: dict[tuple[str, bool], str] = {}
    for half, number in crewed.jobs.items():
        halves[rich.plain.jobs[number].id, crewed.is_companion(half)] = half
    wanted = {
        shift: [halves.get((str(stop.get("job")), bool(stop.get("companion")))) for stop in stops]
        for shift, stops in routes.items()
    }
    sequences = {shift: [half for half in names if half is not None] for shift, names in wanted.items()}
    settled = replace(crewed.settled, gaps=gaps_for(crewed, sequences))
    return settle(crewed, settled), sequences


def _crews(rich: RichProblem, routes: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, CrewVisit]:
    seats: dict[str, dict[bool, tuple[str, int]]] = {}
    for shift, stops in routes.items():
        for stop in stops:
            job = rich.plain.job_index.get(str(stop.get("job")))
            if job is not None and rich.work[job].crew > 1 and type(stop.get("start")) is int:
                name = rich.plain.jobs[job].id
                seats.setdefault(name, {})[bool(stop.get("companion"))] = shift, stop["start"]
    return {
        name: CrewVisit(both[False][0], both[True][0], both[False][1])
        for name, both in seats.items()
        if len(both) == 2
    }


def _with_job(rich: RichProblem, data: object) -> RichProblem:
    job, rules = parse_job(data), replace(parse_job_rules("job", data), at_once=False)
    known = rich.plain.job_index.get(job.id, len(rich.plain.jobs))
    jobs = (*rich.plain.jobs[:known], job, *rich.plain.jobs[known + 1 :])
    work = (*rich.work[:known], rules, *rich.work[known + 1 :])
    try:
        return RichProblem(replace(rich.plain, jobs=jobs), rich.people, work)
    except ProblemError as error:
        raise ProblemError(error.path.replace(f"jobs[{known}]", "job"), error.message) from error
