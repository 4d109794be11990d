"""Ruin and recreate: sound, never worse, repeatable, and its running cost is the evaluator's."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pytest

from scheduling import PlanningProblem, check_sequences, evaluate_plan, insert_greedy
from scheduling.evaluator import plan_rank
from scheduling.generate import generate_day, with_prefixes
from scheduling.ruin import MANDATORY_COST, _Search, ruin_and_recreate

FAR = 1e12


def test_it_improves_a_day_and_repeats() -> None:
    problem = generate_day(technicians=5, jobs=35, seed=8)
    greedy = insert_greedy(problem)
    first, second = (
        ruin_and_recreate(problem, greedy.sequences, deadline=FAR, seed=3, iterations=200) for _ in range(2)
    )
    assert first == second
    assert evaluate_plan(problem, first).cost < greedy.cost


def test_what_is_under_way_stays() -> None:
    base = generate_day(technicians=4, jobs=24, seed=7)
    kept = insert_greedy(base).sequences
    problem = with_prefixes(base, kept, length=2)
    found = ruin_and_recreate(problem, kept, deadline=FAR, seed=1, iterations=150)
    assert check_sequences(problem, found) == []
    assert evaluate_plan(problem, found).cost <= evaluate_plan(problem, kept).cost


@pytest.mark.parametrize("seed", range(20))
def test_the_running_cost_is_exact(tiny_problem: Callable[..., PlanningProblem], seed: int) -> None:
    import random

    problem = tiny_problem(seed + 1000, jobs=6, technicians=3, prefix=seed % 2 == 0)
    start = insert_greedy(problem)
    search = _Search(problem, start.sequences, random.Random(seed))
    for step in range(40 if search.movable else 0):
        search.step(step / 40)
    plan = evaluate_plan(problem, search.best)
    mandatory = sum(problem.jobs[problem.job_index[left.job]].mandatory for left in plan.unserved)
    assert search.best_cost == plan.cost + mandatory * MANDATORY_COST
    assert plan_rank(problem, plan) <= plan_rank(problem, start)


def test_nothing_to_move_ends_at_once() -> None:
    problem = generate_day(technicians=1, jobs=0, seed=1)
    assert ruin_and_recreate(problem, {}, deadline=perf_counter() + 60, seed=1) == {"t1": []}
