"""Repairs: applied to the problem each lets the job in, at the cost it says, and no second less would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from scheduling import (
    FixedPrefix,
    Job,
    Plan,
    PlanningProblem,
    Repair,
    Technician,
    check_sequences,
    evaluate_plan,
    explain_unserved,
    insert_greedy,
    render_repair,
)
from scheduling.board import open_board
from scheduling.repairs import apply_repair
from scheduling.shortfall import Missing, RouteProbe

Tiny = Callable[..., PlanningProblem]
Brute = Callable[[PlanningProblem, int, Sequence[int]], int | None]

LONG = 200
"""More seconds than any tiny problem has."""
TIMED = {"later": "WIDEN_WINDOW", "earlier": "BRING_FORWARD", "overtime": "EXTEND_SHIFT"}
PERSON = Technician("t", 0, 0, (100, 1000), max_overtime=50, overtime_cost=1)
JOB = Job("j", 1, 60, (100, 900), drop_cost=500)


def repaired(problem: PlanningProblem, technician: int, job: int, code: str, seconds: int) -> PlanningProblem:
    """The problem with so many seconds more."""
    name, person = problem.jobs[job].id, problem.technicians[technician].id
    repair = Repair(code, {"seconds": seconds, "cost": 0, "position": 1}, person, tried=True)
    return apply_repair(problem, {}, name, repair)[0]


def has_place(
    brute: Brute, problem: PlanningProblem, technician: int, jobs: Sequence[int], job: int, first: int
) -> bool:
    """Whether the independent judge finds any place for the job, not before the stop `first`."""
    places = range(first, len(jobs) + 1)
    return any(brute(problem, technician, [*jobs[:k], job, *jobs[k:]]) is not None for k in places)


def able(problem: PlanningProblem) -> PlanningProblem:
    """Without pins, skills, capacities, orders and wishes: time alone decides."""
    free = {"technician": None, "skills": frozenset(), "demand": 0, "after": None, "visit_costs": {}}
    jobs = tuple(replace(job, **free) for job in problem.jobs)
    return replace(problem, jobs=jobs)


def test_what_is_missing_is_exact(tiny_problem: Tiny, brute_route: Brute) -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for seed in range(40):
        problem = able(tiny_problem(seed, rich=seed % 2 == 0, prefix=seed % 3 == 0))
        plan = insert_greedy(problem)
        under_way = {job for prefix in problem.prefixes for job in prefix}
        for route in open_board(problem, plan.sequences):
            probe, t = RouteProbe(route), route.technician
            for job in {problem.job_index[left.job] for left in plan.unserved} - under_way:
                stop = problem.jobs[job].location, problem.stops[job]
                found = probe.measure(*stop)
                there = (t, route.jobs, job, route.locked)
                assert found.fits == probe.fits(*stop) == has_place(brute_route, problem, *there)
                for kind, code in TIMED.items() if not found.fits else ():
                    lack: Missing | None = getattr(found, kind)
                    seen[kind, lack is not None] += 1
                    enough = LONG if lack is None else lack.seconds
                    much = repaired(problem, t, job, code, enough)
                    assert has_place(brute_route, much, *there) == (lack is not None), (seed, job, kind)
                    if lack is not None:
                        less = repaired(problem, t, job, code, enough - 1)
                        assert not has_place(brute_route, less, *there), (seed, job, kind, lack)
    assert min(seen[kind, there] for kind in TIMED for there in (True, False)) >= 5, seen


def test_every_repair_that_is_offered_lets_the_job_in(tiny_problem: Tiny, brute_route: Brute) -> None:
    seen: Counter[str] = Counter()
    for seed in range(250):
        problem = tiny_problem(seed, jobs=5, rich=seed % 2 == 0, prefix=seed % 3 == 0)
        plan = explain_unserved(problem, insert_greedy(problem))
        for left in plan.unserved:
            own = [reason.repair for reason in left.reasons if reason.repair and reason.repair.tried]
            for repair in {str(r): r for r in (*left.repairs, *own)}.values():
                assert_lets_in(problem, plan, left.job, repair, brute_route)
                seen[repair.code] += 1
    kinds = {*TIMED.values(), "REPLACE_JOB", "UNPIN", "WITH_SKILL", "ACCEPT_COST"}
    assert min(seen[kind] for kind in kinds) >= 3, seen


def assert_lets_in(problem: PlanningProblem, plan: Plan, job: str, repair: Repair, brute: Brute) -> None:
    """By our judge and by the one that shares no code with it; a time is the least that does."""
    changed, routes = apply_repair(problem, plan.sequences, job, repair)
    assert check_sequences(changed, routes) == [], repair
    added = evaluate_plan(changed, routes).cost - plan.cost + problem.jobs[problem.job_index[job]].drop_cost
    assert added == repair.params["cost"], repair
    t = problem.technician_index[repair.technician or ""]
    assert (
        brute(changed, t, [changed.job_index[name] for name in routes[repair.technician or ""]]) is not None
    )


def idle(job: Job, person: Technician = PERSON, travel: int = 10) -> tuple[PlanningProblem, Plan]:
    """One job left out, beside one technician who has nothing to do."""
    problem = PlanningProblem((person,), (job,), np.array([[0, travel], [travel, 0]], dtype=np.int32))
    return problem, explain_unserved(problem, evaluate_plan(problem, {}))


@pytest.mark.parametrize(
    ("job", "code", "seconds", "told"),
    [
        (replace(JOB, duration=931), "EXTEND_SHIFT", 1, "5분"),
        (replace(JOB, duration=1231), "EXTEND_SHIFT", 301, "10분"),
        (replace(JOB, window=(100, 105)), "WIDEN_WINDOW", 5, "5분"),
        (replace(JOB, window=(1000, 1100)), "BRING_FORWARD", 20, "5분"),
    ],
)
def test_the_least_seconds_are_kept_and_five_minutes_are_told(
    job: Job, code: str, seconds: int, told: str
) -> None:
    _, plan = idle(job)
    found = {repair.code: repair for repair in plan.unserved[0].repairs}
    assert found[code].params["seconds"] == seconds
    assert told in render_repair(found[code])
    assert plan.unserved[0].reasons[0].repair in found.values()


def test_the_least_worthy_job_gives_its_place_up() -> None:
    matrix = np.array([[0, 10], [10, 0]], dtype=np.int32)
    works = tuple(
        replace(JOB, id=name, duration=duration, drop_cost=worth)
        for name, duration, worth in (("a", 300, 400), ("b", 300, 300), ("c", 300, 900), ("j", 280, 500))
    )
    problem = PlanningProblem((PERSON,), works, matrix)
    plan = explain_unserved(problem, evaluate_plan(problem, {"t": ["a", "b", "c"]}))
    repairs = {repair.code: repair.params for repair in plan.unserved[0].repairs}
    assert repairs["REPLACE_JOB"]["job"] == "b"
    assert repairs["REPLACE_JOB"]["cost"] == 300 - 20, "the way is the same, and nobody stays on"
    under_way = replace(problem, fixed=(FixedPrefix("t", ("b",)),))
    plan = explain_unserved(under_way, evaluate_plan(under_way, {"t": ["b", "a", "c"]}))
    repairs = {repair.code: repair.params for repair in plan.unserved[0].repairs}
    assert repairs["REPLACE_JOB"]["job"] == "a", "what is under way stays"


def test_who_has_no_time_left_gives_reasons_without_repairs() -> None:
    problem, _ = idle(replace(JOB, duration=931))
    plan = explain_unserved(problem, evaluate_plan(problem, {}), deadline=0.0)
    left = plan.unserved[0]
    assert left.repairs == ()
    assert [(reason.code, reason.kind) for reason in left.reasons] == [("OUTSIDE_SHIFT", "proof")]
    assert left.reasons[0].repair == Repair("OTHER_DAY", {})
    with pytest.raises(ValueError, match="OTHER_DAY"):
        apply_repair(problem, {}, "j", left.reasons[0].repair)
