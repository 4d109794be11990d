"""A region: never worse than its points alone, nothing lost or doubled, no rule of a border broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product
from time import process_time

import pytest

from scheduling import FixedPrefix, InfeasibleError, ProblemError, Unserved
from scheduling.evaluator import MANDATORY_WEIGHT
from scheduling.region import (
    Kind,
    Lending,
    Region,
    RegionOptions,
    RegionPlan,
    RegionProgress,
    check_region,
    judge_region,
    plan_region,
    region_rank,
)
from tests.scheduling.region.regions import line_region, make_tiny_region

LONG = 170.0
"""Searches end with their iterations; the seconds are there for a machine that is busy with other things."""
QUICK = RegionOptions(iterations=100)


def lendings_of(plan: RegionPlan) -> dict[str, Lending]:
    return {lent.technician: Lending(lent.technician, lent.point, lent.kept) for lent in plan.lent}


def codes(region: Region, routes: dict[str, Sequence[str]], *lent: Lending) -> set[str]:
    return {v.code for v in check_region(region, routes, {lending.technician: lending for lending in lent})}


def brute_best(region: Region) -> int:
    """The rank of the best plan: every split of the jobs, every order, every lawful lending."""
    people, jobs = list(region.technicians), list(region.jobs)
    best = 10**30
    for split in product([*people, None], repeat=len(jobs)):
        own = {t: [job for job, chosen in zip(jobs, split, strict=True) if chosen == t] for t in people}
        for orders in product(*(permutations(own[t]) for t in people)):
            routes = dict(zip(people, orders, strict=True))
            for lending in product(*(_choices(region, t, routes[t]) for t in people)):
                lent = {item.technician: item for item in lending if item is not None}
                try:
                    best = min(best, region_rank(region, judge_region(region, routes, lent)))
                except InfeasibleError:
                    continue
    return best


def _choices(region: Region, technician: str, route: Sequence[str]) -> list[Lending | None]:
    homes = {region.home[job] for job in route} - {region.employer[technician]}
    return [
        None,
        *(Lending(technician, region.points[p].id, k) for p in sorted(homes) for k in range(len(route))),
    ]


def test_the_order_of_jobs_holds_across_borders() -> None:
    """Who is lent keeps it too; what stands in an order does not overflow."""
    ordered = 0
    for seed in range(12):
        region = make_tiny_region(seed, jobs=4)
        points = []
        for point in region.points:
            after = [None, *(job.id for job in point.jobs)]
            jobs = [replace(job, after=after[k] if k % 2 else None) for k, job in enumerate(point.jobs)]
            points.append(replace(point, jobs=tuple(jobs)))
        region = replace(region, points=tuple(points))
        plan = plan_region(region, seconds=LONG, options=QUICK)
        assert check_region(region, plan.sequences, lendings_of(plan)) == []
        for route in plan.sequences.values():
            for k, job in enumerate(route):
                first = region.jobs[job].after
                assert first is None or first in route[:k] or job in region.begun
                ordered += first is not None
        loose = {
            job: [name]
            for name in region.technicians
            for job in region.jobs
            if region.jobs[job].after
            and job not in region.begun
            and region.home[job] != region.employer[name]
        }
        for job, (name,) in loose.items():
            assert {"ORDER_BROKEN", "MAY_NOT_LEAVE"} <= codes(region, {name: [job]})
    assert ordered


@pytest.mark.parametrize("seed", range(8))
def test_small_regions_lie_between_the_optimum_and_the_points_alone(seed: int) -> None:
    region = make_tiny_region(seed, jobs=1)
    plan = plan_region(region, seconds=LONG, options=QUICK)
    alone = plan_region(region, seconds=LONG, options=replace(QUICK, borders=False))
    assert brute_best(region) <= region_rank(region, plan) <= region_rank(region, alone)
    assert not alone.overflow
    assert not alone.lent


def test_most_small_regions_are_planned_to_the_optimum() -> None:
    regions = [make_tiny_region(seed, jobs=1) for seed in range(100, 108)]
    plans = [plan_region(region, seconds=LONG, options=QUICK) for region in regions]
    reached = [region_rank(r, plan) == brute_best(r) for r, plan in zip(regions, plans, strict=True)]
    assert sum(reached) >= 7


@pytest.mark.parametrize("seed", [*range(1000, 1012), 1014, 1054, 1162, 1202])
def test_no_job_is_lost_and_no_rule_broken(seed: int) -> None:
    region = make_tiny_region(seed, points=2 + seed % 4, jobs=2 + seed % 4)
    plan = plan_region(region, seconds=LONG, options=replace(QUICK, workers=1 + seed % 2))
    check_whole(region, plan)


def check_whole(region: Region, plan: RegionPlan) -> None:
    served = [job for route in plan.sequences.values() for job in route]
    left = [item.job for own in plan.plans.values() for item in own.unserved]
    assert Counter([*served, *left]) == Counter(list(region.jobs))
    assert check_region(region, plan.sequences, lendings_of(plan)) == []
    assert judge_region(region, plan.sequences, lendings_of(plan)).cost == plan.cost
    assert all(item.reasons for own in plan.plans.values() for item in own.unserved)
    for unserved in (each for own in plan.plans.values() for each in own.unserved):
        check_loan(region, plan, unserved)
    assert {item.job for item in plan.overflow} <= set(served)
    assert all(item.reason is not None for item in (*plan.overflow, *plan.lent))


def test_a_country_gains_over_its_borders(country: Region, country_plan: RegionPlan) -> None:
    check_whole(country, country_plan)
    assert country_plan.alone_cost is not None
    assert country_plan.cost < country_plan.alone_cost
    assert country_plan.overflow
    for item in (*country_plan.overflow, *country_plan.lent):
        assert {item.home, item.point} <= set(country.point_index)
        assert item.home != item.point


def test_what_overflow_saves_is_what_it_costs_to_take_it_back(
    country: Region, country_plan: RegionPlan
) -> None:
    lent = lendings_of(country_plan)
    checked = 0
    for item in country_plan.overflow:
        assert item.reason is not None
        if item.reason.code not in ("OVERFLOW_NO_ROOM", "OVERFLOW_DEAR_AT_HOME"):
            continue
        routes = {t: [job for job in route if job != item.job] for t, route in country_plan.sequences.items()}
        without = judge_region(country, routes, lent)
        assert without.cost - country_plan.cost == item.reason.params["saves"]
        checked += 1
    assert checked


def test_the_same_seed_gives_the_same_plan_whatever_the_workers(
    country: Region, country_plan: RegionPlan
) -> None:
    again = plan_region(country, seconds=LONG, options=RegionOptions(iterations=600, workers=1))
    assert again.sequences == country_plan.sequences
    assert again.lent == country_plan.lent
    assert again.overflow == country_plan.overflow


def test_a_short_point_hands_its_job_to_the_idle_neighbour() -> None:
    plan = plan_region(line_region(), seconds=LONG, options=QUICK)
    (item,) = plan.overflow
    assert (item.home, item.point, item.technician) == ("p0", "p1", "t1")
    assert item.reason is not None
    assert item.reason.code == "OVERFLOW_NO_ROOM"
    # Left out it would cost 50,000; instead the way there and back, and the overflow itself.
    assert item.reason.params["saves"] == 50_000 - 1_200 - 1_000
    assert "47800" in item.reason.text
    assert plan.served == 3


def check_loan(region: Region, plan: RegionPlan, left: Unserved) -> int:
    """Who is offered as a loan may really be lent, and costs what is said. How many there were."""
    loans = [repair for repair in left.repairs if repair.code == "LEND"]
    for repair in loans:
        who = repair.technician or ""
        to = region.points[region.home[left.job]].id
        lent = {**lendings_of(plan), who: Lending(who, to, int(repair.params["kept"]))}
        routes = {**plan.sequences, who: [*plan.sequences[who], left.job]}
        judged = judge_region(region, routes, lent)
        added = judged.cost - plan.cost + region.jobs[left.job].drop_cost
        assert added == repair.params["cost"], repair
    return len(loans)


def test_a_technician_whom_it_does_not_pay_to_lend_is_named() -> None:
    region = line_region(jobs=(4, 0))
    home = replace(region.points[0], staying=frozenset(job.id for job in region.points[0].jobs))
    dear = replace(region.rules, lending_cost=500_000)
    region = replace(region, points=(home, region.points[1]), rules=dear)
    plan = plan_region(region, seconds=LONG, options=QUICK)
    assert not plan.lent and plan.plans["p0"].unserved
    assert sum(check_loan(region, plan, left) for left in plan.plans["p0"].unserved) == 2
    none = replace(region, points=(home, replace(region.points[1], most_lent=0)))
    plan = plan_region(none, seconds=LONG, options=QUICK)
    assert not any(r.code == "LEND" for left in plan.plans["p0"].unserved for r in left.repairs)


def test_promised_jobs_stay_but_a_technician_comes_to_them() -> None:
    region = line_region(jobs=(4, 0))
    home = replace(region.points[0], staying=frozenset(job.id for job in region.points[0].jobs))
    region = replace(region, points=(home, region.points[1]))
    plan = plan_region(region, seconds=LONG, options=QUICK)
    assert not plan.overflow
    (lent,) = plan.lent
    assert (lent.technician, lent.home, lent.point, len(lent.jobs)) == ("t1", "p1", "p0", 2)
    assert lent.reason is not None
    assert lent.reason.code == "LENT"
    assert lent.reason.params["saves"] == 2 * 50_000 - 1_200 - 1_500
    assert plan.served == 4


def test_a_technician_is_lent_for_the_rest_of_a_day() -> None:
    region = line_region(jobs=(3, 1))
    home = replace(region.points[0], staying=frozenset(job.id for job in region.points[0].jobs))
    begun = replace(region.points[1], fixed=(FixedPrefix("t1", ("j10",)),))
    region = replace(region, points=(home, begun))
    plan = plan_region(region, seconds=LONG, options=QUICK)
    (lent,) = plan.lent
    assert (lent.kept, lent.start, len(lent.jobs)) == (1, 90 * 60, 1)
    assert plan.sequences["t1"][0] == "j10"


@pytest.mark.parametrize(
    "second",
    [{"company": "shop"}, {"most_lent": 0}, {"lendable": frozenset()}],
    ids=["another company", "lends nobody", "not this one"],
)
def test_nobody_is_lent_against_a_rule(second: dict[str, object]) -> None:
    region = line_region(jobs=(4, 0), **second)
    home = replace(region.points[0], staying=frozenset(job.id for job in region.points[0].jobs))
    plan = plan_region(replace(region, points=(home, region.points[1])), seconds=LONG, options=QUICK)
    assert not plan.lent
    assert plan.served == 2
    (left, _) = plan.plans["p0"].unserved
    assert "STAYS_AT_POINT" in {reason.code for reason in left.reasons}


@pytest.mark.parametrize(
    ("second", "taken"),
    [
        ({"kind": Kind.DESIGNATED}, 0),
        ({"kind": Kind.DESIGNATED, "most_taken": 1}, 1),
        ({"kind": Kind.DIRECT, "most_taken": 0}, 0),
        ({"kind": Kind.DIRECT}, 2),
    ],
    ids=["designated", "designated takes one", "direct takes none", "direct"],
)
def test_no_point_takes_more_than_it_may(second: dict[str, object], taken: int) -> None:
    region = line_region(jobs=(4, 0), most_lent=0, **second)
    plan = plan_region(region, seconds=LONG, options=QUICK)
    assert len(plan.overflow) == taken
    assert plan.served == 2 + taken


def test_the_judge_names_every_broken_rule_of_a_border() -> None:
    region = line_region(jobs=(2, 1), kind=Kind.DESIGNATED, company="shop", most_lent=0, lendable=frozenset())
    home = region.points[0]
    pinned = replace(home.jobs[0], technician="t0")
    home = replace(home, jobs=(pinned, home.jobs[1]), staying=frozenset({"j01"}))
    region = replace(region, points=(home, region.points[1]))
    assert codes(region, {"t1": ["j00"]}) == {"MAY_NOT_LEAVE", "TOO_MANY_TAKEN"}
    assert codes(region, {"t1": ["j01"]}) == {"MAY_NOT_LEAVE", "TOO_MANY_TAKEN"}
    lent = Lending("t1", "p0")
    assert codes(region, {"t1": ["j01"]}, lent) == {"OTHER_COMPANY", "NOT_LENDABLE", "TOO_MANY_LENT"}
    assert "WORKS_FOR_OTHERS" in codes(region, {"t1": ["j01", "j10"]}, lent)
    assert "WORKS_FOR_OTHERS" in codes(region, {"t1": ["j00"]}, lent)
    assert "SERVED_TWICE" in codes(region, {"t0": ["j01"], "t1": ["j01"]}, lent)
    assert codes(region, {"t9": []}) == {"UNKNOWN_TECHNICIAN"}
    assert codes(region, {"t0": ["j99"]}) == {"UNKNOWN_JOB"}


def test_the_judge_knows_the_hours_and_skills_of_who_is_lent() -> None:
    region = line_region(jobs=(2, 1))
    person = replace(region.points[1].technicians[0], shift=(0, 100 * 60), max_overtime=3_600)
    skilled = tuple(replace(job, skills=frozenset({"gas"})) for job in region.points[0].jobs)
    begun = replace(region.points[1], technicians=(person,), fixed=(FixedPrefix("t1", ("j10",)),))
    region = replace(region, points=(replace(region.points[0], jobs=skilled), begun))
    lent = Lending("t1", "p0")
    assert "SKILL_MISSING" in codes(region, {"t1": ["j00"]}, lent)
    assert "PREFIX_BROKEN" in codes(region, {"t1": ["j00"]}, lent)
    region = replace(region, points=(line_region().points[0], replace(begun, fixed=())))
    assert codes(region, {"t1": ["j00"]}, lent) == {"LENT_OVERTIME"}
    assert codes(region, {"t1": ["j00"]}) == set()


def test_mandatory_jobs_come_first_over_a_border() -> None:
    region = line_region(jobs=(3, 2))
    must = tuple(replace(job, mandatory=True, drop_cost=0) for job in region.points[0].jobs)
    plan = plan_region(
        replace(region, points=(replace(region.points[0], jobs=must), region.points[1])),
        seconds=LONG,
        options=QUICK,
    )
    assert region_rank(region, plan) < MANDATORY_WEIGHT
    (item,) = plan.overflow
    assert item.reason is not None
    assert item.reason.code == "OVERFLOW_MANDATORY"


@pytest.mark.parametrize("shares", [(), (0,), (2,), (0, 2)], ids=str)
def test_points_without_people_or_jobs_are_planned_too(shares: tuple[int, ...]) -> None:
    region = line_region(jobs=(2, 0))
    points = [replace(region.points[p % 2], id=f"q{k}") for k, p in enumerate(shares[:2])]
    if len(points) == 2:
        points = [replace(region.points[0], technicians=()), region.points[1]]
    plan = plan_region(replace(region, points=tuple(points)), seconds=LONG, options=QUICK)
    check_whole(replace(region, points=tuple(points)), plan)


def test_ids_are_the_regions_own() -> None:
    region = line_region()
    twice = replace(region.points[1], technicians=region.points[0].technicians)
    with pytest.raises(ProblemError) as error:
        replace(region, points=(region.points[0], twice))
    assert error.value.path == "points[1].technicians[0].id"


def test_it_stops_at_once_and_has_a_plan(country: Region) -> None:
    seen: list[RegionProgress] = []
    asked: list[float] = []
    began = process_time()

    def stop() -> bool:
        if process_time() - began > 0.5:
            asked.append(process_time())
        return bool(asked)

    options = RegionOptions(workers=2, on_progress=seen.append, cancelled=stop)
    plan = plan_region(country, seconds=LONG, options=options)
    assert asked
    # Processor time of all threads: a busy machine makes the wall's clock say nothing.
    assert process_time() - asked[0] < 0.2
    assert plan.served > 0
    served = [job for route in plan.sequences.values() for job in route]
    left = [item.job for own in plan.plans.values() for item in own.unserved]
    assert Counter([*served, *left]) == Counter(list(country.jobs))
    assert check_region(country, plan.sequences, lendings_of(plan)) == []
    costs = [progress.cost for progress in seen]
    assert costs == sorted(costs, reverse=True)


def test_who_stops_before_it_begins_has_an_empty_plan() -> None:
    region = line_region()
    plan = plan_region(region, seconds=LONG, options=RegionOptions(cancelled=lambda: True))
    assert plan.served == 0
    assert plan.alone_cost is None
    reasons = {reason.code for item in plan.plans["p0"].unserved for reason in item.reasons}
    assert reasons == {"NOT_EXAMINED"}
