"""Reasons: proofs hold in every plan, and every code has its sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling import (
    FixedPrefix,
    Job,
    Lunch,
    PlanningProblem,
    Reason,
    Technician,
    evaluate_plan,
    explain_unserved,
    insert_greedy,
    render_reason,
    render_repair,
)
from scheduling.explain import find_shortest_travel
from scheduling.texts import REASON_TEXTS

Tiny = Callable[..., PlanningProblem]
Brute = Callable[[PlanningProblem, int, Sequence[int]], int | None]

PERSON = Technician("t", 0, 0, (100, 1000), max_overtime=50, overtime_cost=1)
JOB = Job("j", 1, 60, (100, 900), drop_cost=500)


def reasons(job: Job, *, person: Technician = PERSON, travel: int = 10) -> list[Reason]:
    """The reasons for one job left out with one technician who is idle."""
    matrix = np.array([[0, travel], [travel, 0]], dtype=np.int32)
    problem = PlanningProblem((person, replace(person, id="u", skills=frozenset({"GAS"}))), (job,), matrix)
    plan = explain_unserved(problem, evaluate_plan(problem, {}))
    return list(plan.unserved[0].reasons)


def test_rules_are_named_by_technician() -> None:
    assert [r.code for r in reasons(replace(JOB, skills=frozenset({"GAS"})))] == [
        "SKILL_MISSING",
        "NOT_YET_INSERTED",
    ]
    assert [r.code for r in reasons(replace(JOB, technician="u"))] == ["PINNED_ELSEWHERE", "NOT_YET_INSERTED"]
    nobody = reasons(replace(JOB, skills=frozenset({"GAS", "X"})))
    assert [(r.code, r.kind, r.technician) for r in nobody] == [("NO_QUALIFIED_TECHNICIAN", "proof", None)]


def test_time_proofs() -> None:
    assert reasons(replace(JOB, window=(0, 50)))[0].code == "OUTSIDE_SHIFT"
    assert reasons(replace(JOB, window=(1051, 2000)))[0].code == "OUTSIDE_SHIFT"
    unreachable = reasons(replace(JOB, window=(100, 200)), travel=161)[0]
    assert (unreachable.code, unreachable.kind, dict(unreachable.params)) == (
        "WINDOW_UNREACHABLE",
        "proof",
        {"minutes": 2},
    )
    long = reasons(replace(JOB, duration=931))[0]
    assert (long.code, long.kind, long.repair and long.repair.code) == (
        "OUTSIDE_SHIFT",
        "proof",
        "EXTEND_SHIFT",
    )
    assert reasons(JOB, person=replace(PERSON, lunch=Lunch(0, 50, 10)))[0].code == "NO_LUNCH_LEFT"
    assert reasons(replace(JOB, demand=2), person=replace(PERSON, capacity=1))[0].code == "OVER_CAPACITY"


def test_guesses_carry_the_cost_of_the_cheapest_place() -> None:
    dear = reasons(replace(JOB, drop_cost=5))[0]
    assert (dear.code, dear.kind, dict(dear.params)) == (
        "TOO_EXPENSIVE",
        "best_guess",
        {"cost": 20, "drop_cost": 5},
    )
    assert dear.repair is not None
    assert "20" in dear.text and "1번째" in render_repair(dear.repair)


def test_a_full_day_and_a_blocking_prefix() -> None:
    long = replace(JOB, duration=800)
    matrix = np.array([[0, 10], [10, 0]], dtype=np.int32)
    problem = PlanningProblem((PERSON,), (replace(long, id="a"), long), matrix)
    plan = evaluate_plan(problem, {"t": ["a"]})
    assert explain_unserved(problem, plan).unserved[0].reasons[0].code == "NO_TIME_LEFT"
    fixed = replace(problem, fixed=(FixedPrefix("t", ("a",)),))
    assert explain_unserved(fixed, plan).unserved[0].reasons[0].code == "FIXED_BLOCKED"
    full = replace(
        problem,
        technicians=(replace(PERSON, capacity=0),),
        jobs=(replace(long, id="a"), replace(JOB, demand=1)),
    )
    assert explain_unserved(full, plan).unserved[0].reasons[0].code == "OVER_CAPACITY"
    room = replace(
        full, technicians=(replace(PERSON, capacity=1),), jobs=(replace(long, id="a", demand=1), full.jobs[1])
    )
    assert explain_unserved(room, plan).unserved[0].reasons[0].code == "NO_CAPACITY_LEFT"


def test_a_detour_that_is_faster_than_the_road_is_no_proof() -> None:
    matrix = np.array([[0, 500, 1], [500, 0, 1], [1, 1, 0]], dtype=np.int32)
    near = Job("near", 2, 1, (100, 900), drop_cost=500)
    problem = PlanningProblem((PERSON,), (replace(JOB, window=(100, 200)), near), matrix)
    plan = explain_unserved(problem, evaluate_plan(problem, {}))
    assert (plan.unserved[0].reasons[0].code, plan.unserved[0].reasons[0].kind) == (
        "WINDOW_UNREACHABLE",
        "best_guess",
    )
    assert evaluate_plan(problem, {"t": ["near", "j"]}).unserved == ()
    assert find_shortest_travel(matrix, 0).tolist() == [0, 2, 1]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), rich=st.booleans(), prefix=st.booleans())
def test_proofs_hold_in_every_plan(
    tiny_problem: Tiny, brute_route: Brute, seed: int, rich: bool, prefix: bool
) -> None:
    """Every route that a technician could have, whatever the others do: none has a job he is proved not to
    take, and where only his present route is in the way, some other has it."""
    problem = tiny_problem(seed, rich=rich, prefix=prefix)
    plan = explain_unserved(problem, insert_greedy(problem))
    everybody = range(len(problem.technicians))
    for left in plan.unserved:
        job = problem.job_index[left.job]
        routes = [r for n in (1, 2, 3, 4) for r in permutations(range(len(problem.jobs)), n) if job in r]
        for reason in left.reasons:
            assert reason.text
            t = None if reason.technician is None else problem.technician_index[reason.technician]
            possible = any(
                brute_route(problem, who, route) is not None
                for who in (everybody if t is None else [t])
                for route in routes
            )
            if reason.kind == "proof":
                assert not possible, (left.job, reason)
            elif reason.code in ("NO_TIME_LEFT", "TOO_EXPENSIVE", "NOT_YET_INSERTED"):
                assert possible, (left.job, reason)


def test_sentences_are_translatable() -> None:
    reason = Reason("NO_QUALIFIED_TECHNICIAN", "proof", params={"skills": "GAS"})
    assert "GAS" in reason.text
    assert (
        render_reason(reason, {REASON_TEXTS[reason.code]: "Nobody has {skills}."}.__getitem__)
        == "Nobody has GAS."
    )
