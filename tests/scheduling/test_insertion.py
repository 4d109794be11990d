"""Insertion and quotes against trying every place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scheduling import (
    FixedPrefix,
    PlanningProblem,
    check_plan,
    check_sequences,
    evaluate_plan,
    insert_greedy,
    insert_job,
    rank_windows,
)
from scheduling.generate import generate_day, with_prefixes

Tiny = Callable[..., PlanningProblem]
Brute = Callable[[PlanningProblem, int, Sequence[int]], int | None]


def brute_insertion(
    problem: PlanningProblem, sequences: dict[str, list[str]], job: int, brute: Brute
) -> int | None:
    """The least added cost over every technician and position behind his prefix."""
    costs = []
    for technician, person in enumerate(problem.technicians):
        route = [problem.job_index[name] for name in sequences.get(person.id, [])]
        before = brute(problem, technician, route)
        assert before is not None
        first = len([number for number in problem.prefixes[technician] if number in route])
        for position in range(first, len(route) + 1):
            after = brute(problem, technician, [*route[:position], job, *route[position:]])
            if after is not None:
                costs.append(after - before)
    return min(costs, default=None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_insertion_is_the_cheapest_of_all_places(tiny_problem: Tiny, brute_route: Brute, seed: int) -> None:
    problem = tiny_problem(seed, prefix=seed % 3 == 0, rich=seed % 2 == 1)
    others = insert_greedy(problem, {}).sequences
    sequences = {name: [job for job in jobs if job != "j3"] for name, jobs in others.items()}
    # Without the triangle inequality a route can need the job that was taken out.
    assume(not check_sequences(problem, sequences))
    expected = brute_insertion(problem, sequences, 3, brute_route)
    found = insert_job(problem, sequences, "j3")
    assert (found.added_cost if found else None) == expected
    if found is not None:
        before, after = evaluate_plan(problem, sequences), evaluate_plan(problem, found.sequences)
        saved = problem.jobs[3].drop_cost
        assert found.displaced == ()
        assert after.cost - before.cost == found.added_cost - saved
        assert after.sequences[found.technician][found.position] == "j3"
        assert found.worthwhile == (problem.jobs[3].mandatory or found.added_cost <= saved)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
def test_quotes_equal_insertion_with_the_offered_window(tiny_problem: Tiny, seed: int) -> None:
    whole = tiny_problem(seed)
    asked = whole.jobs[3]
    problem = replace(whole, jobs=whole.jobs[:3])
    sequences = insert_greedy(problem).sequences
    windows = [(0, 10), (10, 20), (20, 30), (55, 60)]
    offers = rank_windows(problem, sequences, asked, windows)
    assert sorted(offer.window for offer in offers) == windows
    reached = [offer for offer in offers if offer.reachable]
    assert [offer.added_cost for offer in reached] == sorted(offer.added_cost for offer in reached)
    assert offers[: len(reached)] == reached
    for offer in offers:
        trial = replace(whole, jobs=(*whole.jobs[:3], replace(asked, window=offer.window)))
        found = insert_job(trial, sequences, "j3")
        if found is None:
            assert (offer.reachable, offer.technician, offer.score) == (False, None, 0.0)
        else:
            assert (offer.technician, offer.added_cost) == (found.technician, found.added_cost)
            assert (offer.start, offer.added_travel_s) == (found.start, found.added_travel)


def test_a_planned_visit_can_be_quoted_anew_but_not_one_under_way() -> None:
    problem = generate_day(technicians=3, jobs=15, seed=4)
    plan = insert_greedy(problem)
    name = next(route.stops[0].job for route in plan.routes if route.stops)
    job = problem.jobs[problem.job_index[name]]
    assert any(offer.reachable for offer in rank_windows(problem, plan.sequences, job, [(32400, 64800)]))
    under_way = with_prefixes(problem, plan.sequences)
    assert not any(
        offer.reachable for offer in rank_windows(under_way, plan.sequences, job, [(32400, 64800)])
    )
    assert insert_job(under_way, plan.sequences, name) is None


def test_greedy_plans_are_sound_and_extend_what_is_given() -> None:
    for seed in range(3):
        problem = generate_day(technicians=4, jobs=24, seed=seed)
        plan = insert_greedy(problem)
        assert check_plan(problem, plan) == []
        assert len(plan.unserved) < 12
        kept = {name: jobs[:2] for name, jobs in plan.sequences.items()}
        extended = insert_greedy(with_prefixes(problem, kept, length=2), kept)
        assert check_plan(with_prefixes(problem, kept, length=2), extended) == []
        assert all(extended.sequences[name][: len(jobs)] == jobs for name, jobs in kept.items())


def test_unsound_sequences_are_made_sound_first() -> None:
    problem = generate_day(technicians=2, jobs=6, seed=1)
    everything = {"t1": [job.id for job in problem.jobs] * 2, "t2": ["j1", "nobody"], "stranger": ["j2"]}
    assert check_plan(problem, insert_greedy(problem, everything)) == []
    found = insert_job(problem, everything, "j6")
    assert found is not None
    kept = {name for names in found.sequences.values() for name in names}
    assert set(found.displaced) == {"nobody", *(job.id for job in problem.jobs)} - kept
    assert check_sequences(problem, found.sequences) == []


def test_a_blocked_prefix_does_not_stop_the_day() -> None:
    base = generate_day(technicians=2, jobs=6, seed=1)
    jobs = (replace(base.jobs[0], skills=frozenset({"NOBODY"}), technician=None), *base.jobs[1:])
    problem = replace(base, jobs=jobs, fixed=(FixedPrefix("t1", ("j1",)),))
    plan = insert_greedy(problem)
    assert check_plan(problem, plan) == []
    assert "j1" in [left.job for left in plan.unserved]


def test_insertion_takes_only_what_is_worth_its_cost() -> None:
    base = generate_day(technicians=2, jobs=6, seed=1)
    cheap = replace(base, jobs=tuple(replace(job, drop_cost=0) for job in base.jobs))
    assert all(not route.stops for route in insert_greedy(cheap).routes)
    needed = replace(cheap, jobs=tuple(replace(job, mandatory=True) for job in cheap.jobs))
    assert len(insert_greedy(needed).unserved) < len(base.jobs)
