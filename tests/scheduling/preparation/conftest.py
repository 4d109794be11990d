"""Tiny rich problems, and their optimum by trying everything; shares no code with the package."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations, product

import pytest

from scheduling import Job, Lunch, PlanningProblem, Technician
from scheduling.preparation import Call, JobRules, Licence, RichProblem, TechnicianRules, WorkDay

NEXT_DAY = 60
Brute = Callable[[PlanningProblem, int, tuple[int, ...]], int | None]
Tiny = Callable[..., PlanningProblem]
Draw = Callable[[int], RichProblem]


@pytest.fixture(scope="session")
def days_problem(tiny_problem: Tiny) -> Draw:
    """Two days, wishes, licences that end between them, single parts: what the preparation keeps exactly."""

    def draw(seed: int) -> RichProblem:
        plain, rng = tiny_problem(seed, jobs=3, rich=seed % 2 == 1), random.Random(seed)
        plain = replace(plain, jobs=tuple(replace(job, visit_costs={}) for job in plain.jobs))
        people = tuple(_people(rng, person) for person in plain.technicians)
        work = tuple(_wishes(rng, plain) for _ in plain.jobs)
        jobs = tuple(_on_both_days(rng, job) for job in plain.jobs)
        return RichProblem(replace(plain, jobs=jobs), people, work)

    return draw


@pytest.fixture(scope="session")
def crew_problem(tiny_problem: Tiny) -> Draw:
    """One day, one visit by two, a part that both vans are short of, a call: what is settled plan by plan."""

    def draw(seed: int) -> RichProblem:
        plain, rng = tiny_problem(seed, jobs=3, prefix=seed % 5 == 0), random.Random(seed)
        stock = tuple(TechnicianRules(parts={"fan": rng.randint(0, 1)}) for _ in plain.technicians)
        call = Call(by=rng.randint(8, 30), duration=rng.randint(1, 4), cost=rng.randint(0, 30))
        work = (
            JobRules(parts={"fan": 1}) if rng.random() < 0.5 else JobRules(),
            JobRules(parts={"fan": 1}) if rng.random() < 0.5 else JobRules(call=call),
            JobRules(crew=2, companion_skills=frozenset(rng.choice([(), ("a",)]))),
        )
        return RichProblem(plain, stock, work)

    return draw


@pytest.fixture(scope="session")
def brute_rich(brute_route: Brute) -> Callable[[RichProblem], tuple[int, int]]:
    """(mandatory jobs left out, cost) of the best plan: every assignment, every order, every second."""

    def best_of(rich: RichProblem) -> tuple[int, int]:
        best = (len(rich.work) + 1, 0)
        cache: dict[tuple[object, ...], int | None] = {}
        routes = [
            (t, d) for t, days in enumerate(_all_days(rich)) for d, day in enumerate(days) if day is not None
        ]
        for chosen in product(*(_choices(rich, k, routes) for k in range(len(rich.work)))):
            cost = 0
            for route in routes:
                visits = tuple(
                    (k, *seat) for k, seats in enumerate(chosen) for seat in seats if seat[0] == route
                )
                key = (route, visits)
                if key not in cache:
                    cache[key] = _route_cost(rich, route, visits, brute_route)
                part = cache[key]
                if part is None:
                    break
                cost += part
            else:
                if not _within_stock(rich, chosen):
                    continue
                left = [rich.plain.jobs[k] for k, seats in enumerate(chosen) if not seats]
                cost += sum(job.drop_cost for job in left)
                best = min(best, (sum(job.mandatory for job in left), cost))
        return best

    return best_of


Route = tuple[int, int]
Seat = tuple[Route, int | None, bool]
"""Whose day, the second at which work must begin (None: free), whether as the companion."""


def _people(rng: random.Random, person: Technician) -> TechnicianRules:
    begins, ends = person.shift
    second = WorkDay((begins + NEXT_DAY, ends + NEXT_DAY), Lunch(NEXT_DAY + 12, NEXT_DAY + 20, 2))
    first = WorkDay(person.shift, person.lunch, person.breaks)
    licence = Licence("a", until=58) if rng.random() < 0.5 else Licence("a", since=58)
    return TechnicianRules(
        days=rng.choice([(first, second), (first, second), (None, second), (first, None)]),
        licences=(licence,) if rng.random() < 0.6 else (),
        parts=rng.choice([None, {"fan": 3}, {"pump": 3}]),
    )


def _wishes(rng: random.Random, plain: PlanningProblem) -> JobRules:
    names = [person.id for person in plain.technicians]
    return JobRules(
        prefer={name: rng.randint(-20, 20) for name in names if rng.random() < 0.6},
        avoid=frozenset(name for name in names if rng.random() < 0.15),
        days=rng.choice([None, None, None, (0,), (1,)]),
        waiting_cost=rng.randint(0, 9),
        parts={"fan": 1} if rng.random() < 0.4 else {},
    )


def _on_both_days(rng: random.Random, job: Job) -> Job:
    opens, closes = job.window
    published = job.published and replace(
        job.published, start=job.published.start + rng.choice([0, NEXT_DAY])
    )
    return replace(job, window=(opens, closes + NEXT_DAY), windows=(), published=published)


def _all_days(rich: RichProblem) -> list[tuple[WorkDay | None, ...]]:
    return [
        rules.days or (WorkDay(person.shift, person.lunch, person.breaks),)
        for rules, person in zip(rich.people, rich.plain.technicians, strict=True)
    ]


def _choices(rich: RichProblem, k: int, routes: list[Route]) -> Iterator[tuple[Seat, ...]]:
    yield ()
    if rich.work[k].crew == 1:
        yield from (((route, None, False),) for route in routes)
        return
    opens, closes = rich.plain.jobs[k].window
    for lead, second in permutations(routes, 2):
        if lead[0] != second[0]:
            yield from (((lead, s, False), (second, s, True)) for s in range(opens, closes + 1))


def _within_stock(rich: RichProblem, chosen: tuple[tuple[Seat, ...], ...]) -> bool:
    for t, rules in enumerate(rich.people):
        begun = {name for prefix in rich.plain.fixed for name in prefix.jobs}
        led = [
            k for k, seats in enumerate(chosen) for (who, _), _, second in seats if who == t and not second
        ]
        for part in ("fan", "pump"):
            first, used = (
                sum(rich.work[k].parts.get(part, 0) for k in led if (rich.plain.jobs[k].id in begun) is here)
                for here in (True, False)
            )
            if rules.parts is not None and used > max(0, rules.parts.get(part, 0) - first):
                return False
    return True


def _route_cost(
    rich: RichProblem, route: Route, visits: tuple[tuple[int, Route, int | None, bool], ...], brute: Brute
) -> int | None:
    t, d = route
    person, rules = rich.plain.technicians[t], rich.people[t]
    day = _all_days(rich)[t][d]
    assert day is not None
    skills = set(person.skills)
    for licence in rules.licences:
        if (licence.since is None or d == 1) and (licence.until is None or d == 0):
            skills.add(licence.skill)
    cost, jobs = 0, []
    for k, _, start, second in visits:
        job, wishes = rich.plain.jobs[k], rich.work[k]
        asked = wishes.companion_skills if second else job.skills
        pinned = None if second else job.technician
        if not asked <= skills or pinned not in (None, person.id) or person.id in wishes.avoid:
            return None
        if wishes.days is not None and d not in wishes.days:
            return None
        cost += wishes.prefer.get(person.id, 0) + wishes.waiting_cost * d
        if second:
            job = replace(job, due=None, published=None, demand=0)
        if start is not None:
            job = replace(job, window=(start, start), windows=())
        jobs.append(replace(job, skills=frozenset(), technician=None))
    first = {name for prefix in rich.plain.fixed if prefix.technician == person.id for name in prefix.jobs}
    foreign = {name for prefix in rich.plain.fixed for name in prefix.jobs} - first
    if any(job.id in foreign for job in jobs):
        return None
    calls = [c for k, _, _, second in visits if (c := rich.work[k].call) is not None and not second]
    calls = [c for c in calls if day.shift[0] + c.duration <= c.by]
    best: int | None = None
    for kept in product((True, False), repeat=len(calls)):
        gaps = tuple(
            Lunch(day.shift[0], c.by - c.duration, c.duration)
            for c, keep in zip(calls, kept, strict=True)
            if keep
        )
        alone = replace(
            person, shift=day.shift, lunch=day.lunch, breaks=(*day.breaks, *gaps), skills=frozenset()
        )
        problem = PlanningProblem((alone,), tuple(jobs), rich.plain.matrix)
        missed = sum(c.cost for c, keep in zip(calls, kept, strict=True) if not keep)
        for order in permutations(range(len(jobs))):
            if first & {job.id for job in jobs} and jobs[order[0]].id not in first:
                continue
            found = brute(problem, 0, order)
            if found is not None and (best is None or found + missed < best):
                best = found + missed
    return None if best is None else best + cost
