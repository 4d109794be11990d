"""Prepared rules against trying everything, and each rule by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from scheduling import FixedPrefix, Job, Lunch, PlanningProblem, Technician
from scheduling.planner import SearchOptions
from scheduling.preparation import (
    Call,
    JobRules,
    Licence,
    RichPlan,
    RichProblem,
    TechnicianRules,
    WorkDay,
    judge_plan,
    solve_rich,
)
from scheduling.problem import Published

Draw = Callable[[int], RichProblem]
BruteRich = Callable[[RichProblem], tuple[int, int]]
NO_RULE = TechnicianRules()
DAY = 1000


def solved(rich: RichProblem, steps: int = 300) -> RichPlan:
    """The plan, found sound by the judge."""
    plan = solve_rich(rich, seconds=60, options=SearchOptions(iterations=steps))
    assert judge_plan(rich, plan) == []
    return plan


def rank(rich: RichProblem, plan: RichPlan) -> tuple[int, int]:
    jobs = rich.plain.job_index
    return sum(rich.plain.jobs[jobs[left.job]].mandatory for left in plan.unserved), plan.cost


def who(plan: RichPlan, job: str) -> list[tuple[str, int]]:
    return [(r.technician, r.day) for r in plan.routes for stop in r.stops if stop.job == job]


def codes(plan: RichPlan, job: str) -> list[tuple[str | None, str]]:
    reasons = next(left.reasons for left in plan.unserved if left.job == job)
    return [(reason.technician, reason.code) for reason in reasons]


def rich_problem(
    *work: tuple[Job, JobRules], people: tuple[TechnicianRules, ...] = (NO_RULE, NO_RULE)
) -> RichProblem:
    """`near` starts beside the jobs' places (1, 2, ...), `far` 50 s away; places are 10 s apart."""
    size = len(work) + 2
    matrix = np.full((size, size), 10, dtype=np.int32)
    matrix[-1, :], matrix[:, -1] = 50, 50
    np.fill_diagonal(matrix, 0)
    near = Technician("near", 0, 0, (0, DAY), skills=frozenset({"GAS"}))
    far = Technician("far", size - 1, size - 1, (0, DAY), skills=frozenset({"GAS"}))
    plain = PlanningProblem((near, far), tuple(job for job, _ in work), matrix)
    return RichProblem(plain, people, tuple(rules for _, rules in work))


def job(number: int, *, window: tuple[int, int] = (0, 2 * DAY), duration: int = 30) -> Job:
    return Job(f"j{number}", number, duration, window, drop_cost=5000, skills=frozenset({"GAS"}))


def two_days(*, off: bool = False, licences: tuple[Licence, ...] = ()) -> TechnicianRules:
    second = WorkDay((DAY + 100, 2 * DAY))
    return TechnicianRules(days=(None if off else WorkDay((0, DAY)), second), licences=licences)


@pytest.mark.parametrize("seed", range(12))
def test_days_wishes_licences_and_parts_are_kept_exactly(
    days_problem: Draw, brute_rich: BruteRich, seed: int
) -> None:
    rich = days_problem(seed)
    assert rank(rich, solved(rich)) == brute_rich(rich)


def test_visits_by_two_stock_and_calls_are_sound_and_near_the_best(
    crew_problem: Draw, brute_rich: BruteRich
) -> None:
    best = 0
    for seed in range(14):
        rich = crew_problem(seed)
        found, least = rank(rich, solved(rich)), brute_rich(rich)
        assert found >= least
        best += found == least
    assert best >= 11


def test_a_wish_is_worth_a_detour_up_to_what_it_says() -> None:
    for worth, comes in ((-79, "near"), (-81, "far")):
        plan = solved(rich_problem((job(1), JobRules(prefer={"far": worth}))))
        assert who(plan, "j1") == [(comes, 0)]
        assert (plan.wishes, plan.cost) == ((0, 20) if comes == "near" else (worth, 100 + worth))


def test_whom_the_family_avoids_does_not_come_and_the_reason_says_so() -> None:
    both = solved(rich_problem((job(1), JobRules(avoid=frozenset({"near", "far"})))))
    assert codes(both, "j1") == [("near", "AVOIDED"), ("far", "AVOIDED")]
    assert who(solved(rich_problem((job(1), JobRules(avoid=frozenset({"near"}))))), "j1") == [("far", 0)]


def test_what_is_under_way_is_finished_by_whom_nobody_wanted() -> None:
    rich = rich_problem((job(1), JobRules(avoid=frozenset({"near"}), parts={"fan": 1})))
    people = (TechnicianRules(parts={}), NO_RULE)
    begun = replace(rich.plain, fixed=(FixedPrefix("near", ("j1",)),))
    assert who(solved(RichProblem(begun, people, rich.work)), "j1") == [("near", 0)]


def test_a_day_of_waiting_costs_and_a_day_that_is_asked_for_is_kept() -> None:
    people = (two_days(), two_days())
    assert who(solved(rich_problem((job(1), JobRules(waiting_cost=1)), people=people)), "j1") == [("near", 0)]
    later = solved(rich_problem((job(1), JobRules(waiting_cost=7, days=(1,))), people=people))
    assert (who(later, "j1"), later.wishes) == ([("near", 1)], 7)
    first = rich_problem((job(1), JobRules(days=(0,))), people=(two_days(off=True), two_days(off=True)))
    assert set(codes(solved(first), "j1")) == {("near", "OTHER_DAY_ONLY"), ("far", "OTHER_DAY_ONLY")}


def test_a_pin_and_the_published_technician_hold_on_all_of_his_days() -> None:
    work = replace(job(1), technician="far")
    assert who(solved(rich_problem((work, JobRules(days=(1,))), people=(two_days(), two_days()))), "j1") == [
        ("far", 1)
    ]


def test_whoever_is_the_same_person_on_another_shift_is_no_stranger() -> None:
    """Shifts of one person: that he comes in the later one costs nothing more."""
    moving = Published("kim", 0, person_cost=500, time_cost=0)
    work = replace(job(1, window=(DAY + 100, 2 * DAY)), published=moving)
    early = rich_problem((work, JobRules(waiting_cost=1)), people=(two_days(), two_days()))
    people = tuple(replace(person, person="kim") for person in early.plain.technicians)
    plan = solved(RichProblem(replace(early.plain, technicians=people), early.people, early.work))
    assert (plan.moved, who(plan, "j1")) == (0, [("near", 1)])
    assert solved(early).moved == 500


def test_an_order_is_kept_on_the_day_of_both_and_the_judge_sees_it() -> None:
    """Worthier without it: the second alone lies on the way, and what must be done is planned first."""
    first = replace(job(1), drop_cost=100)
    second = replace(job(2), after="j1", mandatory=True)
    rules = JobRules(waiting_cost=3, call=Call(900, 20, 30))
    rich = rich_problem(
        (first, JobRules(prefer={"far": -5})), (second, rules), people=(two_days(), two_days())
    )
    plan = solved(rich)
    (route,) = (route for route in plan.routes if route.stops)
    assert [stop.job for stop in route.stops] == ["j1", "j2"]
    turned = replace(rich.plain, jobs=(replace(first, after="j2"), replace(second, after=None)))
    codes_of = {broken.code for broken in judge_plan(RichProblem(turned, rich.people, rich.work), plan)}
    assert "ORDER_BROKEN" in codes_of


def test_a_licence_serves_while_it_holds() -> None:
    def gas(until: int, window: tuple[int, int]) -> RichPlan:
        rich = rich_problem((job(1, window=window), JobRules()))
        bare = tuple(replace(t, skills=frozenset()) for t in rich.plain.technicians)
        licences = (Licence("GAS", until=300), Licence("GAS", since=301, until=until))
        held = TechnicianRules(licences=licences)
        return solved(RichProblem(replace(rich.plain, technicians=bare), (held, NO_RULE), rich.work))

    assert who(gas(500, (200, 500)), "j1") == [("near", 0)]
    assert codes(gas(499, (200, 500)), "j1") == [("near", "LICENCE_ENDS"), ("far", "SKILL_MISSING")]


def test_a_van_serves_as_many_jobs_as_it_carries_parts() -> None:
    fan = JobRules(parts={"fan": 1})
    people = (TechnicianRules(parts={"fan": 1}), TechnicianRules(parts={"pump": 9}))
    rich = rich_problem((job(1), fan), (replace(job(2), drop_cost=9000), fan), people=people)
    plan = solved(rich)
    assert who(plan, "j2") == [("near", 0)]
    assert codes(plan, "j1") == [("near", "PARTS_USED_UP"), ("far", "PART_MISSING")]


def test_a_case_goes_to_whoever_is_there_first_behind_what_is_under_way() -> None:
    rich = rich_problem(
        (job(1, duration=200), JobRules()), (job(2), JobRules()), (job(3), JobRules(at_once=True))
    )
    assert who(solved(rich), "j3") == [("near", 0)]
    begun = replace(rich.plain, fixed=(FixedPrefix("near", ("j1",)),))
    plan = solved(RichProblem(begun, rich.people, rich.work))
    assert [[stop.job for stop in route.stops][:1] for route in plan.routes] == [["j1"], ["j3"]]


def test_two_begin_together_and_each_has_his_own_skills() -> None:
    wanted = replace(job(1, window=(100, 400), duration=60), drop_cost=900)
    rich = rich_problem(
        (wanted, JobRules(crew=2)), (job(2, window=(90, 95)), JobRules()), (job(3), JobRules())
    )
    people = (rich.plain.technicians[0], replace(rich.plain.technicians[1], skills=frozenset()))
    plan = solved(RichProblem(replace(rich.plain, technicians=people), rich.people, rich.work))
    stops = [(stop, route.technician) for route in plan.routes for stop in route.stops if stop.job == "j1"]
    assert [(stop.companion, name, stop.partner) for stop, name in stops] == [
        (False, "near", "far"),
        (True, "far", "near"),
    ]
    assert len({stop.start for stop, _ in stops}) == 1
    pinned = RichProblem(
        replace(rich.plain, technicians=people),
        rich.people,
        (JobRules(crew=2, companion_skills=frozenset({"GAS"})), *rich.work[1:]),
    )
    assert codes(solved(pinned), "j1") == [(None, "NO_CREW")]


def test_who_drives_leaves_a_gap_before_the_deadline_or_the_call_is_missed() -> None:
    far_away = job(2, window=(0, 500))
    work = [(job(1, duration=90), JobRules()), (far_away, JobRules(call=Call(by=140, duration=20, cost=30)))]
    rich = rich_problem(*work)
    alone = replace(rich.plain, technicians=rich.plain.technicians[:1])
    problem = RichProblem(alone, (NO_RULE,), rich.work)
    plan = solved(problem)
    (call,) = plan.routes[0].calls
    assert call.start + 20 <= 140
    rushed = tuple(replace(each, due=10 * k, lateness_cost=9) for k, each in enumerate(alone.jobs, 1))
    missed = solved(RichProblem(replace(alone, jobs=rushed), (NO_RULE,), rich.work))
    assert (missed.missed_calls, missed.missed) == (("j2",), 30)


def test_the_judge_sees_forged_plans() -> None:
    rules = JobRules(prefer={"far": -10}, crew=2)
    rich = rich_problem((job(1), rules), (job(2), JobRules(call=Call(900, 20, 30))))
    plan = solved(rich)
    first, second = plan.routes
    assert [v.code for v in judge_plan(rich, replace(plan, wishes=0))] == ["COST_DIFFERS"]
    later = replace(second.stops[-1], start=second.stops[-1].start + 1)
    assert {
        v.code for v in judge_plan(rich, replace(plan, routes=(first, replace(second, stops=(later,)))))
    } >= {
        "CREW_BROKEN",
        "TIMES_DIFFER",
    }
    silent = replace(plan, routes=tuple(replace(route, calls=()) for route in plan.routes))
    assert "CALL_FORGOTTEN" in {v.code for v in judge_plan(rich, silent)}
    strict = RichProblem(rich.plain, rich.people, (replace(rules, avoid=frozenset({"far"})), rich.work[1]))
    assert [v.code for v in judge_plan(strict, plan)] == ["AVOIDED"]
    lunch = replace(rich.plain.technicians[0], lunch=Lunch(0, 2 * DAY, 5))
    other = replace(rich.plain, technicians=(lunch, rich.plain.technicians[1]))
    assert "TIMES_DIFFER" in {v.code for v in judge_plan(RichProblem(other, rich.people, rich.work), plan)}
