"""The planner: sound, never worse than greedy or the given plan, and repeatable where promised."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from scheduling import Plan, PlanningProblem, check_plan, evaluate_plan, insert_greedy, solve
from scheduling.engine import Progress
from scheduling.evaluator import plan_rank
from scheduling.generate import generate_day, with_prefixes
from scheduling.groups import improve_by_groups
from scheduling.planner import Engine, SearchOptions

Tiny = Callable[..., PlanningProblem]
STEPS = {Engine.ONDOL: 2_000, Engine.ORTOOLS: 60}
TINY_SECONDS = {Engine.ONDOL: 60.0, Engine.ORTOOLS: 3.0}
"""OR-Tools' search of a tiny problem can end by time alone: it finds no sixty solutions."""


@pytest.fixture(params=list(Engine), ids=str)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both engines obey the same rules."""
    found: Engine = request.param
    return found


def plan_with(
    problem: PlanningProblem,
    engine: Engine,
    *,
    seconds: float = 60.0,
    steps: int | None = None,
    seed: int = 1,
    initial: dict[str, list[str]] | None = None,
) -> Plan:
    """A plan that repeats, unless time runs out."""
    options = SearchOptions(seed=seed, iterations=steps or STEPS[engine], engine=engine)
    return solve(problem, seconds=seconds, initial=initial, options=options)


@pytest.mark.parametrize("seed", range(25))
def test_tiny_plans_lie_between_optimum_and_greedy(
    tiny_problem: Tiny, brute_best: Callable[[PlanningProblem], tuple[int, int]], seed: int, engine: Engine
) -> None:
    problem = tiny_problem(seed, rich=seed % 2 == 1)
    plan = plan_with(problem, engine, seconds=TINY_SECONDS[engine], steps=30)
    assert check_plan(problem, plan) == []
    assert plan_rank(problem, plan) <= plan_rank(problem, insert_greedy(problem))
    mandatory = sum(problem.jobs[problem.job_index[left.job]].mandatory for left in plan.unserved)
    assert (mandatory, plan.cost) >= brute_best(problem)


@pytest.mark.parametrize("offset", [0, -500, 90_000_000])
@pytest.mark.parametrize("seed", range(1000, 1006))
def test_odd_horizons_and_large_costs_stay_sound(
    tiny_problem: Tiny, seed: int, offset: int, engine: Engine
) -> None:
    base = tiny_problem(seed, jobs=6, technicians=3, prefix=True)

    def moved(window: tuple[int, int]) -> tuple[int, int]:
        return window[0] + offset, window[1] + offset

    problem = replace(
        base,
        technicians=tuple(
            replace(person, shift=moved(person.shift), lunch=None) for person in base.technicians
        ),
        jobs=tuple(
            replace(job, window=moved(job.window), due=offset, lateness_cost=10**6, drop_cost=10**9)
            for job in base.jobs
        ),
    )
    plan = plan_with(problem, engine, steps=10)
    assert check_plan(problem, plan) == []
    assert plan_rank(problem, plan) <= plan_rank(problem, insert_greedy(problem))


def test_tiny_plans_are_mostly_optimal(
    tiny_problem: Tiny, brute_best: Callable[[PlanningProblem], tuple[int, int]], engine: Engine
) -> None:
    hits = 0
    for seed in range(100, 120):
        problem = tiny_problem(seed)
        hits += (
            plan_with(problem, engine, seconds=TINY_SECONDS[engine], steps=60).cost == brute_best(problem)[1]
        )
    assert hits >= 17


def test_a_day_improves_on_greedy_and_keeps_every_rule(engine: Engine) -> None:
    problem = generate_day(technicians=6, jobs=40, seed=5)
    greedy = insert_greedy(problem)
    plan = plan_with(problem, engine)
    assert check_plan(problem, plan) == []
    assert plan.cost < greedy.cost
    assert all(left.reasons for left in plan.unserved)


def test_what_is_under_way_stays_first_and_pins_hold(engine: Engine) -> None:
    base = generate_day(technicians=4, jobs=24, seed=7)
    kept = insert_greedy(base).sequences
    problem = with_prefixes(base, kept, length=2)
    pinned = kept["t2"][2]
    jobs = tuple(replace(job, technician="t2") if job.id == pinned else job for job in problem.jobs)
    problem = replace(problem, jobs=jobs)
    plan = plan_with(problem, engine, initial=kept)
    assert check_plan(problem, plan) == []
    assert all(plan.sequences[name][:2] == names[:2] for name, names in kept.items())
    assert pinned in plan.sequences["t2"] + [left.job for left in plan.unserved]
    assert plan.cost <= evaluate_plan(problem, kept).cost


def test_an_initial_plan_is_never_made_worse(engine: Engine) -> None:
    problem = generate_day(technicians=5, jobs=30, seed=2)
    good = plan_with(problem, engine)
    again = plan_with(problem, engine, steps=1, initial=good.sequences)
    assert again.cost <= good.cost


def test_same_seed_and_iterations_same_plan(engine: Engine) -> None:
    problem = generate_day(technicians=4, jobs=20, seed=3)
    first, second = (plan_with(problem, engine, seed=9) for _ in range(2))
    assert replace(first, seconds=0) == replace(second, seconds=0)


def test_a_region_improves_on_greedy(engine: Engine) -> None:
    problem = generate_day(technicians=22, jobs=100, seed=1)
    greedy = insert_greedy(problem)
    plan = plan_with(problem, engine, steps=500 if engine is Engine.ONDOL else 8)
    assert check_plan(problem, plan) == []
    assert plan.cost < greedy.cost


def test_groups_keep_prefixes() -> None:
    base = generate_day(technicians=8, jobs=40, seed=1)
    kept = insert_greedy(base).sequences
    problem = with_prefixes(base, kept)
    deadline = 1e12
    found = improve_by_groups(problem, kept, deadline=deadline, seed=1, iterations=10)
    assert evaluate_plan(problem, found).cost <= evaluate_plan(problem, kept).cost


def test_nothing_to_do_and_nobody_to_do_it(engine: Engine) -> None:
    day = generate_day(technicians=2, jobs=3, seed=1)
    empty = plan_with(replace(day, jobs=()), engine, seconds=0.5)
    assert (empty.cost, empty.unserved, len(empty.routes)) == (0, (), 2)
    unpinned = tuple(replace(job, technician=None) for job in day.jobs)
    alone = plan_with(replace(day, technicians=(), jobs=unpinned), engine, seconds=0.5)
    assert alone.cost == sum(job.drop_cost for job in day.jobs)
    assert {reason.code for left in alone.unserved for reason in left.reasons} == {"NO_TECHNICIAN"}


def test_an_impossible_day_is_explained(engine: Engine) -> None:
    day = generate_day(technicians=2, jobs=4, seed=1)
    jobs = tuple(
        replace(job, skills=frozenset({"NOBODY"}), technician=None, mandatory=True, drop_cost=10**9)
        for job in day.jobs
    )
    plan = plan_with(replace(day, jobs=jobs), engine, seconds=0.5)
    assert len(plan.unserved) == 4
    assert {(r.code, r.kind) for left in plan.unserved for r in left.reasons} == {
        ("NO_QUALIFIED_TECHNICIAN", "proof")
    }


def test_an_overfull_day_serves_the_urgent_first(engine: Engine) -> None:
    day = generate_day(technicians=2, jobs=40, seed=6)
    plan = plan_with(day, engine)
    assert check_plan(day, plan) == []
    served = {name for names in plan.sequences.values() for name in names}
    costs = [job.drop_cost for job in day.jobs]
    mean_served = sum(job.drop_cost for job in day.jobs if job.id in served) / len(served)
    assert mean_served > sum(costs) / len(costs)
    assert all(reason.text for left in plan.unserved for reason in left.reasons)


def test_no_time_gives_the_greedy_plan() -> None:
    problem = generate_day(technicians=3, jobs=15, seed=1)
    assert solve(problem, seconds=0.0).cost <= insert_greedy(problem).cost


def test_problem_and_plan_cross_to_a_child_process() -> None:
    problem = generate_day(technicians=2, jobs=8, seed=1)
    plan = solve(problem, seconds=5.0, iterations=100)
    copy: PlanningProblem = pickle.loads(pickle.dumps(problem))
    assert evaluate_plan(copy, pickle.loads(pickle.dumps(plan)).sequences).cost == plan.cost


def test_several_workers_repeat_and_are_sound() -> None:
    problem = generate_day(technicians=4, jobs=24, seed=12)
    options = SearchOptions(iterations=3_000, workers=2)
    first, second = (solve(problem, seconds=60.0, options=options) for _ in range(2))
    assert replace(first, seconds=0) == replace(second, seconds=0)
    assert check_plan(problem, first) == []


def test_where_there_is_nothing_to_find_no_time_is_burnt() -> None:
    day = generate_day(technicians=2, jobs=3, seed=1)
    nobody = replace(day, jobs=tuple(replace(job, skills=frozenset({"NOBODY"})) for job in day.jobs))
    for problem in (day, nobody, replace(day, jobs=())):
        plan = solve(problem, seconds=3_600.0)
        assert check_plan(problem, plan) == []
        assert plan.seconds < 60


def test_travel_that_takes_no_time() -> None:
    day = generate_day(technicians=3, jobs=20, seed=4)
    still = replace(day, matrix=day.matrix * 0)
    plan = solve(still, seconds=5.0, iterations=500)
    assert check_plan(still, plan) == []
    assert plan.travel == 0


def test_progress_is_told_and_a_cancel_is_heard_at_once() -> None:
    problem = generate_day(technicians=8, jobs=60, seed=4)
    seen: list[Progress] = []
    asked = 0

    def enough() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    plan = solve(problem, seconds=3_600.0, options=SearchOptions(on_progress=seen.append, cancelled=enough))
    assert check_plan(problem, plan) == []
    assert plan.seconds < 60
    costs = [progress.cost for progress in seen]
    assert costs == sorted(costs, reverse=True)
    assert plan.cost <= costs[-1]
