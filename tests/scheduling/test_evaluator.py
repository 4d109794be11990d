"""The judge against exhaustive search, and the rules one by one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling import (
    FixedPrefix,
    InfeasibleError,
    Job,
    Lunch,
    PlanningProblem,
    Technician,
    check_plan,
    check_sequences,
    evaluate_plan,
    insert_greedy,
)
from scheduling.board import WorkingRoute
from scheduling.evaluator import time_route

Tiny = Callable[..., PlanningProblem]
Brute = Callable[[PlanningProblem, int, Sequence[int]], int | None]

LUNCH = Lunch(100, 200, 50)


def one_route(*jobs: Job, lunch: Lunch | None = None, shift: tuple[int, int] = (0, 1000)) -> PlanningProblem:
    """A technician at location 0, places 10 s apart from each other."""
    size = len(jobs) + 1
    matrix = (np.ones((size, size), dtype=np.int32) - np.eye(size, dtype=np.int32)) * np.int32(10)
    person = Technician("t", 0, 0, shift, max_overtime=20, overtime_cost=3, lunch=lunch)
    return PlanningProblem((person,), jobs, matrix.astype(np.int32))


def job(number: int, *, window: tuple[int, int] = (0, 1000), duration: int = 30) -> Job:
    return Job(f"j{number}", number, duration, window, drop_cost=500)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_route_cost_equals_exhaustive_search(tiny_problem: Tiny, brute_route: Brute, seed: int) -> None:
    problem = tiny_problem(seed, rich=seed % 2 == 1)
    rng = random.Random(seed)
    jobs = rng.sample(range(4), rng.randint(0, 4))
    if not all(problem.may_serve(0, number) for number in jobs):
        jobs = [number for number in jobs if problem.may_serve(0, number)]
    expected = brute_route(problem, 0, jobs)
    board = WorkingRoute(problem, 0, jobs)
    assert (board.cost if board.feasible else None) == expected
    timed = time_route(problem, 0, jobs)
    demand = sum(problem.jobs[number].demand for number in jobs)
    if demand <= (problem.technicians[0].capacity or 99):
        assert (timed and timed.cost) == expected


def test_lunch_while_waiting_costs_no_time() -> None:
    problem = one_route(job(1, window=(0, 10)), job(2, window=(170, 200)), lunch=LUNCH)
    route = evaluate_plan(problem, {"t": ["j1", "j2"]}).routes[0]
    assert [(stop.arrive, stop.start, stop.end) for stop in route.stops] == [(10, 10, 40), (150, 170, 200)]
    assert route.lunch_start == 100


def test_lunch_interrupts_travel_but_never_a_job() -> None:
    problem = one_route(job(1, duration=140), job(2, duration=60), lunch=LUNCH)
    route = evaluate_plan(problem, {"t": ["j1", "j2"]}).routes[0]
    assert route.lunch_start == 150
    assert route.stops[1].arrive == 150 + 10 + 50


def test_lunch_after_the_day_is_free() -> None:
    problem = one_route(job(1, duration=180), lunch=LUNCH, shift=(0, 200))
    plan = evaluate_plan(problem, {"t": ["j1"]})
    assert (plan.routes[0].lunch_start, plan.overtime, plan.routes[0].finish) == (200, 0, 200)


def test_lunch_too_late_is_infeasible() -> None:
    problem = one_route(job(1, window=(0, 10), duration=191), lunch=LUNCH)
    assert check_sequences(problem, {"t": ["j1"]})
    with pytest.raises(InfeasibleError, match="NO_SCHEDULE"):
        evaluate_plan(problem, {"t": ["j1"]})


def test_window_bounds_the_start_of_work_and_due_is_soft() -> None:
    late = replace(job(1, window=(0, 10), duration=500), due=4, lateness_cost=7)
    plan = evaluate_plan(one_route(late), {"t": ["j1"]})
    assert (plan.lateness, plan.travel, plan.cost) == (42, 20, 62)
    assert check_sequences(one_route(replace(late, window=(0, 9))), {"t": ["j1"]})


def test_overtime_is_paid_up_to_its_limit() -> None:
    assert evaluate_plan(one_route(job(1, duration=80), shift=(0, 90)), {"t": ["j1"]}).overtime == 30
    assert check_sequences(one_route(job(1, duration=91), shift=(0, 90)), {"t": ["j1"]})


def test_idle_technician_costs_nothing_and_drops_are_paid() -> None:
    plan = evaluate_plan(one_route(job(1), lunch=Lunch(0, 0, 900)), {})
    assert (plan.cost, plan.dropped, plan.routes[0].lunch_start) == (500, 500, None)
    assert [left.job for left in plan.unserved] == ["j1"]


def test_prefixes_skills_pins_and_capacity_are_checked() -> None:
    base = one_route(job(1), job(2))
    person = replace(base.technicians[0], capacity=1)
    problem = replace(base, technicians=(person, replace(person, id="u")), fixed=(FixedPrefix("t", ("j1",)),))
    codes = [v.code for v in check_sequences(problem, {"t": ["j2", "j1"]})]
    assert codes == ["PREFIX_BROKEN"]
    assert "PREFIX_BROKEN" in [v.code for v in check_sequences(problem, {"u": ["j1"]})]
    assert "PREFIX_BROKEN" in [v.code for v in check_sequences(problem, {})]
    hard = (replace(job(1), demand=1), replace(job(2), demand=1, skills=frozenset({"GAS"}), technician="u"))
    codes = [v.code for v in check_sequences(replace(problem, jobs=hard), {"t": ["j1", "j2"]})]
    assert codes == ["SKILL_MISSING", "PIN_BROKEN", "OVER_CAPACITY"]
    assert [v.code for v in check_sequences(problem, {"t": ["j1"], "u": ["j1", "x"], "v": []})] == [
        "UNKNOWN_JOB",
        "SERVED_TWICE",
        "UNKNOWN_TECHNICIAN",
    ]


def test_check_plan_sees_forged_times_and_costs(tiny_problem: Tiny) -> None:
    plan = insert_greedy(one_route(job(1), job(2)))
    problem = one_route(job(1), job(2))
    assert check_plan(problem, plan) == []
    route = plan.routes[0]
    moved = replace(route, stops=(replace(route.stops[0], start=99), *route.stops[1:]))
    assert [v.code for v in check_plan(problem, replace(plan, routes=(moved,)))] == ["TIMES_DIFFER"]
    assert [v.code for v in check_plan(problem, replace(plan, travel=1))] == ["COST_DIFFERS"]
    lost = replace(plan, routes=(replace(route, stops=()),))
    assert [v.code for v in check_plan(problem, lost)][:2] == ["UNACCOUNTED", "UNACCOUNTED"]
