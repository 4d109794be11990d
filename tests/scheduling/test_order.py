"""Pins of order and of time: the same rule in the judge, in insertion and in both engines."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from scheduling import (
    FixedPrefix,
    PlanningProblem,
    ProblemError,
    check_plan,
    check_sequences,
    insert_greedy,
    insert_job,
    parse_job,
    parse_problem,
    problem_to_json,
    solve,
)
from scheduling.cli import main
from scheduling.events import Cancelled, apply_event
from scheduling.generate import generate_day
from scheduling.groups import improve_by_groups
from scheduling.kernel.binding import KernelSearch
from scheduling.planner import Engine, SearchOptions
from scheduling.problem import keep_order

Tiny = Callable[..., PlanningProblem]


def with_order(problem: PlanningProblem, seed: int, share: float = 0.5) -> PlanningProblem:
    """Some jobs come after an earlier-numbered one; chains and several behind one occur."""
    rng = random.Random(seed)
    jobs = [
        replace(job, after=f"j{rng.randrange(k)}" if k and rng.random() < share else None)
        for k, job in enumerate(problem.jobs)
    ]
    return replace(problem, jobs=tuple(jobs))


def ordered_day(seed: int, *, people: int = 6, jobs: int = 42) -> PlanningProblem:
    day = generate_day(technicians=people, jobs=jobs, seed=seed)
    rng = random.Random(seed)
    return replace(
        day,
        jobs=tuple(
            replace(job, after=f"j{rng.randint(1, k)}" if k and rng.random() < 0.3 else None)
            for k, job in enumerate(day.jobs)
        ),
    )


def broken(problem: PlanningProblem, sequences: dict[str, Sequence[str]]) -> set[str]:
    """Jobs that stand wrongly, found without the judge."""
    route = {job: names for names in sequences.values() for job in names}
    return {
        job.id
        for job in problem.jobs
        if job.after is not None
        and job.id in route
        and job.after not in route[job.id][: list(route[job.id]).index(job.id)]
    }


def test_the_best_plan_of_all_is_found(
    tiny_problem: Tiny, brute_best: Callable[[PlanningProblem], tuple[int, int]]
) -> None:
    kept = 0
    for seed in range(14):
        problem = with_order(tiny_problem(seed, rich=seed % 2 == 1), seed)
        plan = solve(problem, seconds=60.0, iterations=400)
        assert check_plan(problem, plan) == []
        left = sum(problem.jobs[problem.job_index[u.job]].mandatory for u in plan.unserved)
        assert (left, plan.cost) == brute_best(problem)
        served = {stop.job for route in plan.routes for stop in route.stops}
        kept += sum(job.after is not None and job.id in served for job in problem.jobs)
    assert kept > 3


@pytest.mark.parametrize("engine", list(Engine))
def test_full_days_keep_the_order(engine: Engine) -> None:
    problem = ordered_day(3, people=4, jobs=28)
    steps = 3_000 if engine is Engine.ONDOL else 30
    options = SearchOptions(iterations=steps, engine=engine)
    plan = solve(problem, seconds=60.0, options=options)
    assert check_plan(problem, plan) == [] and broken(problem, dict(plan.sequences)) == set()
    greedy = insert_greedy(problem)
    assert check_plan(problem, greedy) == []
    assert plan.cost <= greedy.cost
    assert all(left.reasons for left in plan.unserved)
    if engine is Engine.ONDOL:
        served = {stop.job for route in plan.routes for stop in route.stops}
        assert sum(job.after is not None and job.id in served for job in problem.jobs) >= 3


def test_the_kernel_never_leaves_the_order() -> None:
    """Whatever is taken out and put back, with chains, at any heat; its places are the judge's."""
    problem = ordered_day(4)
    search = KernelSearch(problem, seed=1)
    tried = 0
    for _ in range(40):
        search.run(steps=200, temperature=3_000.0, pool_share=0.5)
        routes = search.best_routes()
        names = [[problem.jobs[j].id for j in route] for route in routes]
        people = [person.id for person in problem.technicians]
        assert broken(problem, dict(zip(people, names, strict=True))) == set()
        search.return_to_best()
        for job in range(len(problem.jobs)):
            if any(job in route for route in routes):
                continue
            for t, route in enumerate(routes):
                place = search.cheapest_place(t, job)
                if place is not None:
                    longer = [*route[: place[1]], job, *route[place[1] :]]
                    assert broken(problem, {"t": [problem.jobs[j].id for j in longer]}) == set()
                    tried += 1
    assert tried > 0
    for column in search.columns(2_000):
        assert broken(problem, {"t": [problem.jobs[j].id for j in column.jobs]}) == set()
    search.close()


def test_the_judge_says_which_job_stands_wrongly(tiny_problem: Tiny) -> None:
    problem = generate_day(technicians=2, jobs=3, seed=1)
    plain = [replace(j, technician=None, skills=frozenset(), window=(0, 90_000)) for j in problem.jobs]
    problem = replace(problem, jobs=(plain[0], replace(plain[1], after="j1"), plain[2]))

    def codes(t1: Sequence[str], t2: Sequence[str] = ()) -> list[tuple[str, str | None]]:
        return [(v.code, v.job) for v in check_sequences(problem, {"t1": t1, "t2": t2})]

    assert codes(["j1", "j3", "j2"]) == []
    assert codes(["j1"]) == [], "without the second the first may be served"
    for wrong in (["j2", "j1"], ["j2"]):
        assert codes(wrong) == [("ORDER_BROKEN", "j2")]
    assert codes(["j1"], ["j2"]) == [("ORDER_BROKEN", "j2")]
    found = insert_job(problem, {"t1": ["j3", "j1"], "t2": []}, "j2")
    assert found is not None and (found.technician, found.position) == ("t1", 2)
    assert insert_job(problem, {"t1": ["j3"], "t2": []}, "j2") is None
    begun = replace(problem, fixed=(FixedPrefix("t2", ("j2",)),))
    assert check_sequences(begun, {"t1": ["j1"], "t2": ["j2"]}) == [], "what is under way knows no order"
    assert apply_event(problem, Cancelled("j1")).jobs[0].after is None


def test_a_part_leaves_out_what_cannot_be_kept_in_it() -> None:
    problem = with_order(generate_day(technicians=2, jobs=6, seed=1), 1, share=0.0)
    first, second, third, *_ = problem.jobs
    second, third = replace(second, after=first.id), replace(third, after=second.id)
    assert keep_order([first, second, third], ()) == [first, second, third]
    assert keep_order([second, third], ()) == []
    assert [job.id for job in keep_order([second, third], {second.id})] == [second.id, third.id]


def test_groups_keep_the_order() -> None:
    problem = ordered_day(5, people=8, jobs=60)
    start = insert_greedy(problem)
    from time import perf_counter

    found = improve_by_groups(problem, start.sequences, deadline=perf_counter() + 60, seed=1, iterations=3)
    assert check_sequences(problem, found) == [] and broken(problem, dict(found)) == set()


def job_json(**fields: Any) -> dict[str, Any]:
    job = {"id": "x", "location": 0, "duration": 60, "window": [100, 200], "drop_cost": 1, "lateness_cost": 0}
    return {**job, **fields}


def test_a_pinned_start_is_exact_and_within_the_windows() -> None:
    assert parse_job(job_json(start=150)).window == (150, 150)
    assert parse_job(job_json(start=150, windows=[[140, 160]])).windows == ()
    for start, windows in ((201, None), (150, [[100, 120], [160, 200]])):
        with pytest.raises(ProblemError, match=r"job\.start"):
            parse_job(job_json(start=start, windows=windows))
    day = problem_to_json(generate_day(technicians=3, jobs=15, seed=3))
    day["jobs"][0] |= {"window": [36_000, 60_000], "start": 40_000, "skills": None, "technician": None}
    day["jobs"][0] |= {"mandatory": True}
    plan = solve(parse_problem(day), seconds=60.0, iterations=300)
    (start,) = [stop.start for route in plan.routes for stop in route.stops if stop.job == "j1"]
    assert start == 40_000


@pytest.mark.parametrize("pins", [{"j1": "nobody"}, {"j1": "j1"}, {"j1": "j2", "j2": "j3", "j3": "j1"}])
def test_an_order_that_cannot_be_is_refused(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], pins: dict[str, str]
) -> None:
    import json

    day = problem_to_json(generate_day(technicians=2, jobs=4, seed=1))
    for job in day["jobs"]:
        job["after"] = pins.get(job["id"])
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(day), encoding="utf-8")
    assert main(["plan", str(path), "--seconds", "1", "--out", str(tmp_path / "plan.json")]) == 2
    assert "jobs[0].after:" in capsys.readouterr().err
